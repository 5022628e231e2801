package storage

import (
	"context"
	"strings"

	"github.com/tutas/tutas/storage/driver"
)

// A Description tells a UI what an aggregate is made of.
type Description struct {
	Kind   string             `json:"kind"`
	Fields []FieldDescription `json:"fields"`
	// Verbs is filled by the package that owns the aggregate: what may be done with it now.
	Verbs []Verb `json:"verbs,omitempty"`
}

// A FieldDescription tells a UI about one field.
type FieldDescription struct {
	Name  string `json:"name"`
	Label string `json:"label"`
	// Type is id, text, choice, bool, int, decimal, money, date, instant, ref, json.
	Type    string   `json:"type"`
	Choices []string `json:"choices,omitempty"`
	// Optional fields may be empty; Own ones were declared by the tenant; Sortable ones can order a list.
	Optional bool `json:"optional,omitempty"`
	Own      bool `json:"own,omitempty"`
	Sortable bool `json:"sortable,omitempty"`
}

// A Verb is something that can be done with an aggregate, or not now.
type Verb struct {
	Name string `json:"name"`
	// Why is the reason for a no; "" means it is permitted.
	Why string `json:"why,omitempty"`
}

// Describe lists the fields of the table, the tenant's own included.
func (t *Table[T]) Describe(ctx context.Context, s Session) (Description, error) {
	return t.describe(ctx, s)
}

func (d *declaration) describe(ctx context.Context, s Session) (Description, error) {
	out := Description{Kind: d.kind}
	for i, f := range d.fields {
		if f.custom != nil {
			continue
		}
		col := d.table.Columns[d.offsets[i]]
		label := f.label
		if label == "" {
			label = f.name
		}
		out.Fields = append(out.Fields, FieldDescription{Name: f.name, Label: label, Type: f.kind, Choices: f.choices, Optional: f.optional,
			Sortable: !col.Nullable && col.Kind != driver.JSON && col.Kind != driver.Decimal && f.kind != "ref" && f.kind != "money"})
	}
	if d.custom < 0 {
		return out, nil
	}
	own, err := DeclaredFields(ctx, s, d.kind)
	for _, f := range own {
		label := f.Label
		if label == "" {
			label = f.Name
		}
		out.Fields = append(out.Fields, FieldDescription{Name: "fields." + f.Name, Label: label, Type: string(f.Type), Choices: f.Choices,
			Optional: !f.Required, Own: true})
	}
	return out, err
}

// find reads one row by the text of its key, as the actor may see it; nil if there is none.
func (d *declaration) find(ctx context.Context, tx *Tx, by Ref, id string) (driver.Row, error) {
	row, ok := d.fields[0].codec.literal(id)
	if !ok || d.table.Key != 1 {
		return nil, nil
	}
	if by.IsZero() {
		rows, err := d.read(ctx, tx, driver.Get, row)
		if err != nil {
			return nil, err
		}
		return rows[0], nil
	}
	c, err := d.compile(ctx, tx, Query{By: by, Limit: 1})
	if err != nil || c.none {
		return nil, err
	}
	c.Where = append(c.Where, driver.Cond{Column: 0, Op: driver.Eq, Values: row})
	rows, err := tx.rows(ctx, &c)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return rows[0], nil
}

// Look reads the fields of whatever a Ref points to, by name and as JSON shows them, as the actor may see it. It serves what does not know the type: rules,
// lineage, exports.
//
// Errors: ErrNotFound.
func (tx *Tx) Look(ctx context.Context, by, to Ref) (map[string]any, error) {
	d := tx.store.declaration(to.Kind)
	if d == nil {
		return nil, ErrNotFound.With("%s", to)
	}
	row, err := d.find(ctx, tx, by, to.ID)
	if err != nil {
		return nil, err
	}
	if row == nil {
		return nil, ErrNotFound.With("%s", to)
	}
	m, err := d.show(row)
	if err == nil {
		for _, name := range tx.Hidden(by, d.kind) {
			delete(m, name)
			if own, ok := strings.CutPrefix(name, "fields."); ok {
				switch f := m["fields"].(type) {
				case Fields:
					delete(f, own)
				case map[string]any:
					delete(f, own)
				}
			}
		}
	}
	return m, err
}
