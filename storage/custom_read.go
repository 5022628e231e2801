package storage

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage/driver"
)

// take reads the values back with their declared types, where the declarations are at hand.
func (c *customCodec) take(src driver.Row) error {
	*c.p = nil
	text := src[0].Text()
	if text == "" || text == "{}" || text == "null" {
		return nil
	}
	var m Fields
	if err := m.UnmarshalJSON([]byte(text)); err != nil {
		return err
	}
	for name, v := range m {
		if spec, ok := c.specs[name]; ok {
			m[name] = spec.typed(v)
		}
	}
	*c.p = m
	return nil
}

// UnmarshalJSON reads the values as JSON shows them: whole numbers as int64; decimals, dates and instants stay texts, which may be given wherever
// their values may.
func (f *Fields) UnmarshalJSON(b []byte) error {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var m map[string]any
	if err := dec.Decode(&m); err != nil {
		return err
	}
	for name, v := range m {
		if n, ok := v.(json.Number); ok {
			i, err := n.Int64()
			if err != nil {
				return err
			}
			m[name] = i
		}
	}
	*f = m
	return nil
}

func (c *customCodec) literal(any) (driver.Row, bool) { return nil, false }
func (c *customCodec) show() any {
	m := make(map[string]any, len(*c.p))
	for name, v := range *c.p {
		switch v := v.(type) {
		case decimal.Decimal:
			m[name] = v.String()
		case date.Date:
			m[name] = v.String()
		default:
			m[name] = v
		}
	}
	return m
}
func (c *customCodec) clear() { *c.p = nil }

// typed gives a stored value its declared type.
func (f FieldSpec) typed(v any) any {
	s, ok := v.(string)
	if !ok {
		return v
	}
	switch f.Type {
	case DecimalField:
		if d, err := decimal.NewFromString(s); err == nil {
			return d
		}
	case DateField:
		if d, err := date.Parse(s); err == nil {
			return d
		}
	case InstantField:
		if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
			return t.UTC()
		}
	}
	return v
}

// residual is a condition on a custom field that has no column of its own: it is checked on the JSON of each row.
type residual struct {
	Cond
	name string
	spec FieldSpec
	want []driver.Value
	at   int // column of the JSON
}

// compileCustom translates a condition on a tenant's own field: to its slot where it has one.
func (d *declaration) compileCustom(ctx context.Context, tx *Tx, w Cond, c *compiled, faults *Invalid) error {
	name := strings.TrimPrefix(w.field, "fields.")
	byName, err := tx.customSpecs(ctx, d.kind, false)
	if err != nil {
		return err
	}
	spec, ok := byName[name]
	if !ok {
		if byName, err = tx.customSpecs(ctx, d.kind, true); err != nil {
			return err
		}
		if spec, ok = byName[name]; !ok {
			faults.Add(w.field, CodeUnknown, "")
			return nil
		}
	}
	r := residual{Cond: w, name: name, spec: spec, at: d.offsets[d.custom]}
	if w.op == driver.Prefix && spec.Type != TextField && spec.Type != ChoiceField {
		faults.Add(w.field, CodeType, "")
		return nil
	}
	for _, v := range w.values {
		// An unindexed decimal is compared at the scale of an indexed one.
		s := spec
		s.slot = 1
		s.Choices = nil
		if s.Type == ChoiceField {
			s.Type = TextField
		}
		cell, _, code := s.check(v)
		if code != "" {
			faults.Add(w.field, code, "")
			return nil
		}
		r.want = append(r.want, cell)
	}
	if spec.slot > 0 {
		c.Where = append(c.Where, driver.Cond{Column: d.offsets[d.custom] + spec.slot, Op: w.op, Values: r.want})
		return nil
	}
	c.residual = append(c.residual, r)
	return nil
}

// passes reports whether a row fulfils the conditions that no column could check.
func (d *declaration) passes(row driver.Row, rs []residual) bool {
	if len(rs) == 0 {
		return true
	}
	var f Fields
	if err := (&customCodec{p: &f}).take(row[rs[0].at:]); err != nil {
		return false
	}
	for _, r := range rs {
		v := driver.Null
		if stored, ok := f[r.name]; ok {
			s := r.spec
			s.slot = 1
			if cell, _, code := s.check(s.typed(stored)); code == "" {
				v = cell
			}
		}
		if !holds(r.op, v, r.want) {
			return false
		}
	}
	return true
}

// holds decides a condition as an engine would.
func holds(op driver.CondOp, v driver.Value, want []driver.Value) bool {
	if op == driver.IsNull || v.IsNull() {
		return op == driver.IsNull && v.IsNull()
	}
	switch op {
	case driver.NotNull:
		return true
	case driver.In:
		for _, w := range want {
			if driver.Compare(v, w) == 0 {
				return true
			}
		}
		return false
	case driver.Prefix:
		return strings.HasPrefix(v.Text(), want[0].Text())
	}
	c := driver.Compare(v, want[0])
	switch op {
	case driver.Eq:
		return c == 0
	case driver.Ne:
		return c != 0
	case driver.Lt:
		return c < 0
	case driver.Le:
		return c <= 0
	case driver.Gt:
		return c > 0
	}
	return c >= 0
}
