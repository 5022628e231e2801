package storage

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"strings"

	"github.com/tutas/tutas/storage/driver"
)

// A Query narrows and orders a list. The zero Query is everything, by key.
type Query struct {
	// By is on whose behalf the list is read; scopes narrow it. Zero is the system, which sees all.
	By Ref
	// Where holds conditions; all must be true.
	Where []Cond
	// Order names fields to sort by, none of them optional; the key breaks ties.
	Order []string
	// Desc turns the order around.
	Desc bool
	// Limit is the most rows; 0 is all (for a page: 50).
	Limit int
}

// A Cond compares a field with constants. Make one with Eq, In, Lt and so on; a field of the tenant's own is named "fields.x".
type Cond struct {
	field  string
	op     driver.CondOp
	values []any
}

// Eq is true where the field equals v.
func Eq(field string, v any) Cond { return Cond{field, driver.Eq, []any{v}} }

// Ne is true where the field is present and differs from v.
func Ne(field string, v any) Cond { return Cond{field, driver.Ne, []any{v}} }

// Lt is true where the field is less than v.
func Lt(field string, v any) Cond { return Cond{field, driver.Lt, []any{v}} }

// Le is true where the field is at most v.
func Le(field string, v any) Cond { return Cond{field, driver.Le, []any{v}} }

// Gt is true where the field is greater than v.
func Gt(field string, v any) Cond { return Cond{field, driver.Gt, []any{v}} }

// Ge is true where the field is at least v.
func Ge(field string, v any) Cond { return Cond{field, driver.Ge, []any{v}} }

// In is true where the field equals one of the values; never for none.
func In[V any](field string, values ...V) Cond {
	c := Cond{field: field, op: driver.In}
	for _, v := range values {
		c.values = append(c.values, v)
	}
	return c
}

// Absent is true where an optional field has no value.
func Absent(field string) Cond { return Cond{field: field, op: driver.IsNull} }

// Present is true where an optional field has a value.
func Present(field string) Cond { return Cond{field: field, op: driver.NotNull} }

// Prefix is true where the text begins with p, bytewise.
func Prefix(field, p string) Cond { return Cond{field, driver.Prefix, []any{p}} }

// compiled is a query in the driver's terms, plus what only we can check.
type compiled struct {
	driver.Query
	residual []residual // conditions on custom fields that no column mirrors
	hidden   []string
	none     bool
}

// compile translates a query; scopes are applied here, in one place for get, list, page and sum.
func (d *declaration) compile(ctx context.Context, tx *Tx, q Query) (c compiled, err error) {
	c.Query = driver.Query{Table: d.table, Desc: q.Desc, Limit: q.Limit}
	where := q.Where
	if !q.By.IsZero() {
		narrowed, hidden, none := tx.store.narrow(tx.Tenant().ID, q.By, d.kind)
		where = append(append([]Cond(nil), where...), narrowed...)
		c.hidden, c.none = hidden, none
	}
	var faults Invalid
	for i, w := range where {
		if i < len(q.Where) && hides(c.hidden, w.field) { // to answer would be to tell
			faults.Add(w.field, CodeUnknown, "")
			continue
		}
		if strings.HasPrefix(w.field, "fields.") && d.custom >= 0 {
			if err := d.compileCustom(ctx, tx, w, &c, &faults); err != nil {
				return c, err
			}
			continue
		}
		conds, code := d.compileCond(w)
		if code != "" {
			faults.Add(w.field, code, "")
		}
		c.Where = append(c.Where, conds...)
	}
	for _, name := range q.Order {
		i, ok := d.byName[name]
		if !ok || hides(c.hidden, name) {
			faults.Add(name, CodeUnknown, "there is no such field to sort by")
			continue
		}
		col := d.table.Columns[d.offsets[i]]
		if col.Nullable || col.Kind == driver.JSON || col.Kind == driver.Decimal {
			faults.Add(name, CodeNotSorted, "")
			continue
		}
		for at := d.offsets[i]; at < d.offsets[i+1]; at++ {
			c.Order = append(c.Order, at)
		}
	}
	return c, faults.Err()
}

// constantFault says why a constant was not taken: for a text that cannot be stored, what storing it would say; else it is of another type.
func constantFault(v any) (code string) {
	switch v := v.(type) {
	case string:
		code = textFault(v)
	case Ref:
		code = v.fault()
	}
	if code == "" {
		return CodeType
	}
	return code
}

func (d *declaration) compileCond(w Cond) ([]driver.Cond, string) {
	i, ok := d.byName[w.field]
	if !ok {
		return nil, CodeUnknown
	}
	at, width := d.offsets[i], d.offsets[i+1]-d.offsets[i]
	if w.op == driver.IsNull || w.op == driver.NotNull {
		return []driver.Cond{{Column: at, Op: w.op}}, ""
	}
	if k := d.table.Columns[at].Kind; k == driver.JSON || k == driver.Decimal {
		return nil, CodeNotSorted
	}
	if w.op == driver.Prefix && d.table.Columns[at].Kind != driver.Text {
		return nil, CodeType
	}
	rows := make([]driver.Row, len(w.values))
	for j, v := range w.values {
		if rows[j], ok = d.fields[i].codec.literal(v); !ok {
			return nil, constantFault(v)
		}
	}
	if width == 1 {
		c := driver.Cond{Column: at, Op: w.op}
		for _, r := range rows {
			c.Values = append(c.Values, r[0])
		}
		return []driver.Cond{c}, ""
	}
	// A field of two columns: money compares its units within one currency, a Ref only for equality.
	money := d.fields[i].kind == "money"
	switch {
	case w.op == driver.Eq || (money && len(rows) == 1 && w.op != driver.Ne):
		return []driver.Cond{{Column: at, Op: opOf(w.op, money), Values: driver.Row{rows[0][0]}},
			{Column: at + 1, Op: driver.Eq, Values: driver.Row{rows[0][1]}}}, ""
	case w.op == driver.In && len(rows) > 0 && !money:
		ids := driver.Cond{Column: at + 1, Op: driver.In}
		for _, r := range rows {
			if r[0] != rows[0][0] {
				return nil, CodeType // Refs of one kind only
			}
			ids.Values = append(ids.Values, r[1])
		}
		return []driver.Cond{{Column: at, Op: driver.Eq, Values: driver.Row{rows[0][0]}}, ids}, ""
	case w.op == driver.In && len(rows) == 0:
		return []driver.Cond{{Column: at, Op: driver.In}}, ""
	}
	return nil, CodeType
}

func opOf(op driver.CondOp, money bool) driver.CondOp {
	if money {
		return op
	}
	return driver.Eq
}

// A Cursor is where a page ended: opaque text, good only for the list and filter that it came from. "" is the beginning.
type Cursor string

// A Page is a stretch of a list.
type Page[T any] struct {
	Items []*T
	// Next continues after the last item; "" at the end.
	Next Cursor
}

// fingerprint tells one list from another.
func (c *compiled) fingerprint() uint64 {
	h := fnv.New64a()
	fmt.Fprint(h, c.Table.Name, c.Order, c.Desc, c.none)
	for _, w := range c.Where {
		fmt.Fprintf(h, "|%d %d %v", w.Column, w.Op, w.Values)
	}
	for _, r := range c.residual {
		fmt.Fprintf(h, "|%s %d %v", r.name, r.op, r.values)
	}
	return h.Sum64()
}

// place is what Query.After needs of a row.
func (c *compiled) place(row driver.Row) driver.Row {
	after := make(driver.Row, 0, len(c.Order)+c.Table.Key)
	for _, col := range c.Order {
		after = append(after, row[col])
	}
	return append(after, row[:c.Table.Key]...)
}

func (c *compiled) cursor(row driver.Row) Cursor {
	b := binary.BigEndian.AppendUint64(nil, c.fingerprint())
	for i, v := range c.place(row) {
		switch c.kindAt(i) {
		case driver.Text, driver.UUID:
			b = binary.AppendUvarint(b, uint64(len(v.Text())))
			b = append(b, v.Text()...)
		default:
			b = binary.AppendVarint(b, v.Int())
		}
	}
	return Cursor(base64.RawURLEncoding.EncodeToString(b))
}

func (c *compiled) kindAt(i int) driver.Kind {
	if i < len(c.Order) {
		return c.Table.Columns[c.Order[i]].Kind
	}
	return c.Table.Columns[i-len(c.Order)].Kind
}

// resume sets After from a cursor of the same list.
func (c *compiled) resume(cur Cursor) error {
	if cur == "" {
		return nil
	}
	b, err := base64.RawURLEncoding.DecodeString(string(cur))
	if err != nil || len(b) < 8 || binary.BigEndian.Uint64(b) != c.fingerprint() {
		return ErrBadCursor
	}
	b = b[8:]
	for i := range len(c.Order) + c.Table.Key {
		switch k := c.kindAt(i); k {
		case driver.Text, driver.UUID:
			n, used := binary.Uvarint(b)
			if used <= 0 || n > uint64(len(b)-used) || (k == driver.UUID && n != 16) {
				return ErrBadCursor
			}
			text := string(b[used : used+int(n)])
			if k == driver.Text && textFault(text) != "" {
				return ErrBadCursor
			}
			c.After, b = append(c.After, driver.TextValue(text)), b[used+int(n):]
		default:
			v, used := binary.Varint(b)
			if used <= 0 {
				return ErrBadCursor
			}
			c.After, b = append(c.After, driver.IntValue(v)), b[used:]
		}
	}
	if len(b) > 0 {
		return ErrBadCursor
	}
	return nil
}
