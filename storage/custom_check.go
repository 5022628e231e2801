package storage

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage/driver"
)

// customCodec writes the JSON that holds the truth and mirrors indexed fields into the slots.
type customCodec struct {
	p      *Fields
	specs  map[string]FieldSpec
	faults []Fault
}

// prepare fetches the declarations that the values are checked against.
func (c *customCodec) prepare(ctx context.Context, tx *Tx, kind string) (err error) {
	if c.specs, err = tx.customSpecs(ctx, kind, false); err != nil {
		return err
	}
	for name := range *c.p {
		if _, ok := c.specs[name]; !ok { // perhaps another process declared it meanwhile
			c.specs, err = tx.customSpecs(ctx, kind, true)
			return err
		}
	}
	return nil
}

func (c *customCodec) columns(string) []driver.Column {
	cols := []driver.Column{{Name: "fields", Kind: driver.JSON}}
	for _, s := range slots {
		for i := range s.count {
			cols = append(cols, driver.Column{Name: "slot_" + s.letter + string(rune('1'+i)), Kind: s.kind, Nullable: true})
		}
	}
	return cols
}

// slotIndexes indexes each slot, leaving out the rows that do not use it.
func slotIndexes(first int) []driver.Index {
	var ix []driver.Index
	for i, c := range (&customCodec{}).columns("")[1:] {
		ix = append(ix, driver.Index{Name: c.Name, Columns: []int{first + 1 + i}, Sparse: true})
	}
	return ix
}

func (c *customCodec) put(dst driver.Row) string {
	c.faults = nil
	if len(*c.p)+len(c.specs) == 0 {
		dst[0] = driver.TextValue("{}")
		return ""
	}
	out := make(map[string]any, len(*c.p))
	for name, v := range *c.p {
		spec, ok := c.specs[name]
		if !ok {
			c.faults = append(c.faults, Fault{Path: "fields." + name, Code: CodeUnknown})
			continue
		}
		if v == nil {
			continue
		}
		cell, shown, code := spec.check(v)
		if code != "" {
			c.faults = append(c.faults, Fault{Path: "fields." + name, Code: code})
			continue
		}
		out[name] = shown
		if spec.slot > 0 {
			dst[spec.slot] = cell
		}
	}
	for name, spec := range c.specs {
		if _, ok := out[name]; spec.Required && !ok && len(c.faults) == 0 {
			c.faults = append(c.faults, Fault{Path: "fields." + name, Code: CodeRequired})
		}
	}
	slices.SortFunc(c.faults, func(a, b Fault) int { return strings.Compare(a.Path, b.Path) })
	b, _ := json.Marshal(out) // texts, bools, integers only
	dst[0] = driver.TextValue(string(b))
	if len(c.faults) > 0 {
		return CodeType
	}
	return ""
}

// check turns a value into the cell of its slot and into what JSON shows: decimals, dates and instants as text, which is also taken for the value.
func (f FieldSpec) check(v any) (cell driver.Value, shown any, fault string) {
	v = f.typed(v)
	bad := func(code string) (driver.Value, any, string) { return driver.Null, nil, code }
	switch f.Type {
	case TextField, ChoiceField:
		s, ok := v.(string)
		switch {
		case !ok:
			return bad(CodeType)
		case textFault(s) != "":
			return bad(textFault(s))
		case f.slot > 0 && len(s) > maxIndexed:
			return bad(CodeTooLong)
		case f.Type == ChoiceField && !slices.Contains(f.Choices, s):
			return bad(CodeChoice)
		}
		return driver.TextValue(s), s, ""
	case BoolField:
		b, ok := v.(bool)
		if !ok {
			return bad(CodeType)
		}
		return driver.IntValue(driver.BoolValue(b).Int()), b, ""
	case IntField:
		switch n := v.(type) {
		case int:
			return driver.IntValue(int64(n)), int64(n), ""
		case int64:
			return driver.IntValue(n), n, ""
		}
	case DecimalField:
		d, ok := v.(decimal.Decimal)
		if !ok {
			return bad(CodeType)
		}
		if f.slot == 0 {
			return driver.Null, d.String(), ""
		}
		n, code := scaled(d, 4)
		return driver.IntValue(n), d.String(), code
	case DateField:
		if d, ok := v.(date.Date); ok && !d.IsZero() {
			return driver.IntValue(d.Days()), d.String(), ""
		}
	case InstantField:
		if t, ok := v.(time.Time); ok {
			if t.Before(firstInstant) || !t.Before(lastInstant) {
				return bad(CodeRange)
			}
			t = t.UTC().Truncate(time.Microsecond)
			return driver.IntValue(t.UnixMicro()), t.Format(time.RFC3339Nano), ""
		}
	}
	return bad(CodeType)
}
