package memory

import (
	"slices"
	"strings"

	"github.com/tutas/tutas/storage/driver"
)

// A condition is a Cond on a stored column, checked and ready to be asked many times.
type condition struct {
	col  int
	kind driver.Kind
	op   driver.CondOp
	val  driver.Value
	in   []driver.Value // sorted, each once
}

// condition checks a Cond. never tells that it is true of no value at all, as comparisons with null are.
func (p pair) condition(d driver.Cond) (c condition, never bool, err error) {
	if c.col, err = p.column(d.Column); err != nil {
		return c, false, err
	}
	c.op, c.kind = d.Op, p.cols[c.col].kind
	wrong := func() (condition, bool, error) {
		return c, false, schemaError("%s.%s cannot be compared that way (%d) with %d values",
			p.name, p.cols[c.col].name, d.Op, len(d.Values))
	}
	switch d.Op {
	case driver.IsNull, driver.NotNull:
		return c, false, nil
	case driver.Eq, driver.Ne, driver.In:
	case driver.Lt, driver.Le, driver.Gt, driver.Ge:
		if c.kind == driver.Bool || c.kind == driver.UUID {
			return wrong()
		}
	case driver.Prefix:
		if c.kind != driver.Text {
			return wrong()
		}
	default:
		return wrong()
	}
	if c.kind == driver.Decimal || c.kind == driver.JSON || d.Op != driver.In && len(d.Values) != 1 {
		return wrong()
	}
	for _, v := range d.Values {
		switch {
		case v.IsNull():
		case !fits(c.kind, v):
			return c, false, schemaError("%s.%s cannot be compared with %s", p.name, p.cols[c.col].name, show(v))
		default:
			c.val, c.in = v, append(c.in, v)
		}
	}
	if d.Op == driver.In {
		slices.SortFunc(c.in, driver.Compare)
		c.in = slices.CompactFunc(c.in, func(a, b driver.Value) bool { return a == b })
		if len(c.in) == 1 {
			c.op = driver.Eq
		}
	}
	return c, len(c.in) == 0, nil
}

// holds tells whether the condition is true of a value.
func (c *condition) holds(v driver.Value) bool {
	if v.IsNull() {
		return c.op == driver.IsNull
	}
	switch c.op {
	case driver.Eq:
		return v == c.val
	case driver.Ne:
		return v != c.val
	case driver.Lt:
		return driver.Compare(v, c.val) < 0
	case driver.Le:
		return driver.Compare(v, c.val) <= 0
	case driver.Gt:
		return driver.Compare(v, c.val) > 0
	case driver.Ge:
		return driver.Compare(v, c.val) >= 0
	case driver.In:
		_, ok := slices.BinarySearchFunc(c.in, v, driver.Compare)
		return ok
	case driver.NotNull:
		return true
	case driver.Prefix:
		return strings.HasPrefix(v.Text(), c.val.Text())
	}
	return false
}

// fixed returns the one value that the condition leaves, if it leaves one.
func (c *condition) fixed() (driver.Value, bool) {
	return c.val, c.op == driver.Eq || c.op == driver.IsNull
}

// between returns the stretch of encoded values for which a comparison holds, or not ok.
func (c *condition) between() (s span, ok bool) {
	notNull := []byte{tagNull + 1}
	enc := func() []byte { return appendValue(nil, c.kind, c.val) }
	switch c.op {
	case driver.Lt:
		return span{notNull, enc()}, true
	case driver.Le:
		return span{notNull, after(enc())}, true
	case driver.Gt:
		return span{after(enc()), nil}, true
	case driver.Ge:
		return span{enc(), nil}, true
	case driver.NotNull:
		return span{notNull, nil}, true
	case driver.Prefix:
		b := appendText([]byte{tagText}, c.val.Text())
		return span{b, after(slices.Clone(b))}, true
	}
	return span{}, false
}
