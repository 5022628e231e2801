package memory

import (
	"fmt"
	"slices"

	"github.com/tutas/tutas/storage/driver"
)

// A schema is what is stored, and how each declaration that was given to Migrate maps to it. A published schema never changes.
type schema struct {
	tables  []*table
	byName  map[string]int
	bound   map[*driver.Table]*binding
	globals int // how many global indexes there are
}

// A table is stored under one name. Its columns are never dropped or reordered, only added at the end and renamed; so a row that is
// shorter than the table is simply an older one.
type table struct {
	ord      int
	name     string
	cols     []column
	key      int
	indexes  []*index
	parent   *reference
	children []reference
	tailed   bool
}

type column struct {
	name     string
	kind     driver.Kind
	nullable bool
	def      driver.Value
}

// An index without a name was not declared: it serves a foreign key.
type index struct {
	name           string
	cols           []int
	unique, sparse bool
	global         int // its place among the global indexes, or -1
}

// A reference joins two tables. In table.parent it names the parent and the columns that hold its key; in table.children the child,
// and index tells which of the child's indexes begins with those columns, -1 for the primary key.
type reference struct {
	table int
	cols  []int
	index int
}

// A binding maps the columns of one declaration to the stored ones.
type binding struct {
	ord      int
	cols     []int
	inOrder  bool // cols counts 0, 1, 2 and so on
	version  int  // stored column, or -1
	nullable []bool
}

// tenantColumn stands for the tenant of a row where rows of all tenants are ordered.
const tenantColumn = -1

func (t *table) kind(c int) driver.Kind {
	if c == tenantColumn {
		return driver.Text
	}
	return t.cols[c].kind
}

// keyOf encodes the primary key at the beginning of a row that was checked.
func (t *table) keyOf(b []byte, row driver.Row) []byte {
	for c := range t.key {
		b = appendValue(b, t.cols[c].kind, row[c])
	}
	return b
}

// pair is a stored table together with the declaration through which it is used.
type pair struct {
	*table
	b *binding
}

func (s *schema) use(t *driver.Table) (pair, error) {
	if t == nil {
		return pair{}, fmt.Errorf("memory: %w: no table given", driver.ErrSchema)
	}
	b := s.bound[t]
	if b == nil {
		return pair{}, fmt.Errorf("memory: %w: Migrate was not given table %s", driver.ErrSchema, t.Name)
	}
	return pair{s.tables[b.ord], b}, nil
}

// column returns the stored column of a declared one.
func (p pair) column(c int) (int, error) {
	if c < 0 || c >= len(p.b.cols) {
		return 0, fmt.Errorf("memory: %w: %s has no column %d", driver.ErrSchema, p.name, c)
	}
	return p.b.cols[c], nil
}

// checkKey refuses what cannot be a key.
func (p pair) checkKey(row driver.Row) error {
	if len(row) < p.key {
		return fmt.Errorf("memory: %w: a key of %s has %d values, not %d", driver.ErrSchema, p.name, p.key, len(row))
	}
	for c := range p.key {
		if row[c].IsNull() || !fits(p.cols[c].kind, row[c]) {
			return fmt.Errorf("memory: %w: %s.%s cannot be %s", driver.ErrSchema, p.name, p.cols[c].name, show(row[c]))
		}
	}
	return nil
}

// checkRow refuses what cannot be a whole row.
func (p pair) checkRow(row driver.Row) error {
	if len(row) != len(p.b.cols) {
		return fmt.Errorf("memory: %w: a row of %s has %d values, not %d", driver.ErrSchema, p.name, len(p.b.cols), len(row))
	}
	for i, v := range row {
		col := &p.cols[p.b.cols[i]]
		if v.IsNull() && !p.b.nullable[i] || !v.IsNull() && !fits(col.kind, v) {
			return fmt.Errorf("memory: %w: %s.%s cannot be %s", driver.ErrSchema, p.name, col.name, show(v))
		}
	}
	return nil
}

func show(v driver.Value) string {
	switch {
	case v.IsNull():
		return "null"
	case fits(driver.Int, v):
		return fmt.Sprint(v.Int())
	}
	return fmt.Sprintf("%.40q", v.Text())
}

// inOrder tells that a declared row is as rows are stored.
func (p pair) inOrder(row driver.Row) bool { return p.b.inOrder && len(row) == len(p.cols) }

// in appends a declared row in the stored order; where the declaration knows less than the store, base or else the defaults fill in.
func (p pair) in(buf, row driver.Row, base *record) driver.Row {
	if base != nil {
		buf = p.cells(buf, base)
	} else {
		for c := range p.cols {
			buf = append(buf, p.cols[c].def)
		}
	}
	for i, v := range row {
		buf[p.b.cols[i]] = v
	}
	return buf
}

// out brings a record to the declared order, in a row of its own, with room for one more value.
func (p pair) out(r *record) driver.Row {
	row := make(driver.Row, 0, max(len(p.b.cols), len(p.cols))+1)
	if p.b.inOrder {
		return p.cells(row, r)[:len(p.b.cols)]
	}
	for _, c := range p.b.cols {
		row = append(row, p.cell(r, c))
	}
	return row
}

// serving returns the index of t whose first columns are cols, -1 for the primary key, -2 if there is none.
func (t *table) serving(cols []int) int {
	begins := func(all []int) bool { return len(all) >= len(cols) && slices.Equal(all[:len(cols)], cols) }
	if begins(t.keyColumns()) {
		return -1
	}
	if i := slices.IndexFunc(t.indexes, func(ix *index) bool { return begins(ix.cols) }); i >= 0 {
		return i
	}
	return -2
}

func (t *table) keyColumns() []int {
	cols := make([]int, t.key)
	for c := range cols {
		cols[c] = c
	}
	return cols
}
