package memory

import (
	"context"
	"fmt"
	"slices"

	"github.com/tutas/tutas/storage/driver"
)

// Drift names each way in which the store is not, or not yet, what was declared.
func (e *Engine) Drift(ctx context.Context, decl driver.Schema) ([]string, error) {
	if e.isClosed() {
		return nil, closedError("the engine")
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s := e.schema.Load()
	found := []string{}
	for _, d := range decl.Tables {
		if err := checkTable(d); err != nil {
			return nil, err
		}
		if ord, ok := s.byName[d.Name]; ok {
			found = append(found, s.drift(s.tables[ord], d)...)
		} else {
			found = append(found, fmt.Sprintf("Table %s is missing.", d.Name))
		}
	}
	slices.Sort(found)
	return found, nil
}

func (s *schema) drift(t *table, d *driver.Table) (found []string) {
	say := func(format string, args ...any) {
		found = append(found, "Table "+t.name+": "+fmt.Sprintf(format, args...)+".")
	}
	if d.Key != t.key {
		say("the key has %d columns, not %d", t.key, d.Key)
	}
	if d.Tailed && !t.tailed {
		say("it is not tailed")
	}
	stored := make([]int, len(d.Columns))
	for i, c := range d.Columns {
		stored[i] = t.column(c.Name)
		if stored[i] < 0 {
			say("column %s is missing", c.Name)
			continue
		}
		if col := t.cols[stored[i]]; col.kind != c.Kind || col.nullable != c.Nullable {
			say("column %s has another kind, or another opinion of nulls", c.Name)
		}
	}
	at := func(declared []int) (cols []int) {
		for _, c := range declared {
			cols = append(cols, stored[c])
		}
		return cols
	}
	for _, x := range d.Indexes {
		i := slices.IndexFunc(t.indexes, func(o *index) bool { return o.name == x.Name })
		if i < 0 {
			say("index %s is missing", x.Name)
		} else if !t.indexes[i].is(x, at(x.Columns)) {
			say("index %s has another form", x.Name)
		}
	}
	if f := d.Parent; f != nil {
		p := t.parent
		if p == nil || f.Table == nil || s.tables[p.table].name != f.Table.Name || !slices.Equal(p.cols, at(f.Columns)) {
			say("the reference to its parent is missing")
		}
	}
	return found
}

// is tells whether a stored index is the declared one, on these stored columns.
func (ix *index) is(d driver.Index, cols []int) bool {
	return slices.Equal(ix.cols, cols) && ix.unique == d.Unique && ix.sparse == d.Sparse && ix.global >= 0 == d.Global
}
