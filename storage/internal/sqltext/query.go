package sqltext

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tutas/tutas/storage/driver"
)

// An Arg is one argument of a statement, still to be converted to what the database's driver takes.
type Arg struct {
	Kind  driver.Kind
	Value driver.Value
	// List holds the values of an argument that is a list: an array in PostgreSQL, a JSON array in SQLite. It is nil
	// for single values.
	List []driver.Value
}

// A Statement is a text and the arguments for its placeholders, in order.
type Statement struct {
	Text string
	Args []Arg
}

// A Scope says whose rows a statement is about.
type Scope struct {
	Tenant string
	// Across leaves the tenant open: it becomes the last column of each row, and sorts between the order's columns and
	// the key.
	Across bool
}

// Select returns the statement for a query. A query's After must hold a value for each of its order columns and then the
// key, the tenant between the two if the scope is across.
func (d Dialect) Select(q driver.Query, s Scope) Statement {
	b := builder{d: d}
	b.text.Grow(256)
	b.add("SELECT ", d.Columns(q.Table))
	if s.Across {
		b.add(", ", d.Quote(Tenant))
	}
	b.add(" FROM ", d.Table(q.Table.Name))
	b.where(q, s)
	b.after(q, s)
	b.add(" ORDER BY ")
	for i, o := range orderOf(q, s) {
		if i > 0 {
			b.add(", ")
		}
		b.add(o.name(d, q.Table))
		if q.Desc {
			b.add(" DESC")
		}
	}
	if q.Limit > 0 {
		b.limit(q.Limit)
	}
	return Statement{b.text.String(), b.args}
}

// Sum returns the statement that groups and sums: the by columns, the sums (never null), the number of rows, ordered by
// the by columns, nulls first. In PostgreSQL a sum out of range is error 22003; in SQLite it is an error too, already when it
// happens on the way. There, split asks for each sum in two columns instead, the sum of x>>32 and that of x&0xffffffff.
func (d Dialect) Sum(q driver.Query, s Scope, sum, by []int, split bool) Statement {
	b := builder{d: d}
	b.text.Grow(256)
	b.add("SELECT ")
	for _, c := range by {
		b.add(d.Quote(q.Table.Columns[c].Name), ", ")
	}
	for _, c := range sum {
		name := d.Quote(q.Table.Columns[c].Name)
		switch {
		case d.postgres:
			b.add("coalesce(sum(", name, "), 0)::bigint, ")
		case split:
			b.add("coalesce(sum(", name, " >> 32), 0), coalesce(sum(", name, " & 4294967295), 0), ")
		default:
			b.add("coalesce(sum(", name, "), 0), ")
		}
	}
	b.add("count(*) FROM ", d.Table(q.Table.Name))
	b.where(q, s)
	if len(by) > 0 {
		b.add(" GROUP BY ", d.list(q.Table, by), " ORDER BY ")
		for i, c := range by {
			if i > 0 {
				b.add(", ")
			}
			b.add(d.Quote(q.Table.Columns[c].Name))
			if d.postgres && q.Table.Columns[c].Nullable {
				b.add(" NULLS FIRST")
			}
		}
	}
	return Statement{b.text.String(), b.args}
}

// tenantPosition stands for the tenant among the positions of columns.
const tenantPosition = position(-1)

type position int

func (p position) kind(t *driver.Table) driver.Kind {
	if p == tenantPosition {
		return driver.Text
	}
	return t.Columns[p].Kind
}

func (p position) name(d Dialect, t *driver.Table) string {
	if p == tenantPosition {
		return d.Quote(Tenant)
	}
	return d.Quote(t.Columns[p].Name)
}

// orderOf returns the whole order of a query: its own columns, the tenant if it is open, and the key, each once.
func orderOf(q driver.Query, s Scope) []position {
	all := wholeOrder(q, s)
	out := all[:0]
	for i, p := range all {
		if !slices.Contains(all[:i], p) {
			out = append(out, p)
		}
	}
	return out
}

func wholeOrder(q driver.Query, s Scope) []position {
	all := make([]position, 0, len(q.Order)+1+q.Table.Key)
	for _, c := range q.Order {
		all = append(all, position(c))
	}
	if s.Across {
		all = append(all, tenantPosition)
	}
	for k := range q.Table.Key {
		all = append(all, position(k))
	}
	return all
}

type builder struct {
	d    Dialect
	text strings.Builder
	args []Arg
}

func (b *builder) add(parts ...string) {
	for _, p := range parts {
		b.text.WriteString(p)
	}
}

func (b *builder) arg(k driver.Kind, v driver.Value) {
	b.args = append(b.args, Arg{Kind: k, Value: v})
	b.text.WriteString(b.d.Placeholder(len(b.args)))
}

// limit writes the number into the text for PostgreSQL, whose planner needs to know it, and as an argument for SQLite.
func (b *builder) limit(n int) {
	b.add(" LIMIT ")
	if b.d.postgres {
		b.add(strconv.Itoa(n))
		return
	}
	b.arg(driver.Int, driver.IntValue(int64(n)))
}

func (b *builder) where(q driver.Query, s Scope) {
	word := " WHERE "
	if !s.Across {
		b.add(word, b.d.Quote(Tenant), " = ")
		b.arg(driver.Text, driver.TextValue(s.Tenant))
		word = " AND "
	}
	for _, c := range q.Where {
		b.add(word)
		b.cond(q.Table, c)
		word = " AND "
	}
	if s.Across && len(q.Where) == 0 && q.After != nil {
		b.add(" WHERE ", b.truth(true))
	}
}

func (b *builder) truth(v bool) string { return b.d.Literal(driver.Bool, driver.BoolValue(v)) }

var operators = [...]string{
	driver.Eq: " = ", driver.Ne: " <> ", driver.Lt: " < ", driver.Le: " <= ", driver.Gt: " > ", driver.Ge: " >= ",
}

func (b *builder) cond(t *driver.Table, c driver.Cond) {
	col := t.Columns[c.Column]
	name := b.d.Quote(col.Name)
	switch c.Op {
	case driver.IsNull:
		b.add(name, " IS NULL")
	case driver.NotNull:
		b.add(name, " IS NOT NULL")
	case driver.In:
		b.in(col.Kind, name, c.Values)
	case driver.Prefix:
		if c.Values[0].IsNull() {
			b.add(b.truth(false))
			return
		}
		from, to, none := PrefixRange(c.Values[0].Text())
		if none {
			b.add(b.truth(false))
			return
		}
		b.add(name, " >= ")
		b.arg(col.Kind, driver.TextValue(from))
		if to != "" {
			b.add(" AND ", name, " < ")
			b.arg(col.Kind, driver.TextValue(to))
		}
	default:
		b.add(name, operators[c.Op])
		b.arg(col.Kind, c.Values[0])
	}
}

// maxIn is the longest list that SQLite gets as single arguments; a longer one travels as one JSON array.
const maxIn = 64

// in compares with a list. PostgreSQL takes it as one array. SQLite takes single arguments, their number rounded up to
// a power of two by repeating the last one, so that few texts exist.
func (b *builder) in(k driver.Kind, name string, values []driver.Value) {
	some := make([]driver.Value, 0, len(values))
	for _, v := range values {
		if !v.IsNull() {
			some = append(some, v)
		}
	}
	switch {
	case len(some) == 0:
		b.add(b.truth(false))
	case b.d.postgres:
		b.args = append(b.args, Arg{Kind: k, List: some})
		b.add(name, " = ANY (", b.d.Placeholder(len(b.args)), ")")
	case len(some) > maxIn:
		b.args = append(b.args, Arg{Kind: k, List: some})
		b.add(name, " IN (SELECT value FROM json_each(?))")
	default:
		b.add(name, " IN (")
		for n := range ceilPower(len(some)) {
			if n > 0 {
				b.add(", ")
			}
			b.arg(k, some[min(n, len(some)-1)])
		}
		b.add(")")
	}
}

func ceilPower(n int) int {
	p := 1
	for p < n {
		p *= 2
	}
	return p
}

// after writes the keyset: one comparison of rows, which an index can serve as a whole, never the same spelt with OR.
func (b *builder) after(q driver.Query, s Scope) {
	if q.After == nil {
		return
	}
	all := wholeOrder(q, s)
	order := orderOf(q, s)
	b.add(" AND (")
	for i, p := range order {
		if i > 0 {
			b.add(", ")
		}
		b.add(p.name(b.d, q.Table))
	}
	if q.Desc {
		b.add(") < (")
	} else {
		b.add(") > (")
	}
	for i, p := range order {
		if i > 0 {
			b.add(", ")
		}
		b.arg(p.kind(q.Table), q.After[slices.Index(all, p)])
	}
	b.add(")")
}
