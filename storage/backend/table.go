package backend

import (
	"fmt"
	"slices"

	"github.com/tutas/tutas/storage/driver"
)

// A Table is what a store remembers of a table: each column that any declaration ever named, in the order in which they
// came, the key first. A column's place here is its slot. It can be kept as JSON.
type Table struct {
	Name    string
	Key     int
	Columns []Column
	// Indexes name slots. Besides the declared ones, there is one of the name ParentIndex if the table has a parent.
	Indexes []Index
	Parent  string
	Tailed  bool
}

// A Column is one stored column. Default is as AppendValue writes it.
type Column struct {
	Name    string
	Kind    driver.Kind
	Default []byte
}

// An Index is one stored index, by slots.
type Index struct {
	Name                   string
	Columns                []int
	Unique, Sparse, Global bool
}

// Names that no declaration can use.
const (
	// ParentIndex has the columns that hold the parent's key, and so finds a row's children.
	ParentIndex = "@parent"
	// NumberColumn is a hidden column of each tailed table, an Int, and the index over it. What it holds is the store's
	// affair: a running number, say.
	NumberColumn = "@number"
)

// Refuses reports whether a unique index refuses a second row with the values of this stored one.
func (ix Index) Refuses(stored driver.Row) bool {
	return ix.Unique && !slices.ContainsFunc(ix.Columns, func(c int) bool { return stored[c].IsNull() })
}

func (ix Index) equals(o Index) bool {
	return ix.Name == o.Name && slices.Equal(ix.Columns, o.Columns) &&
		ix.Unique == o.Unique && ix.Sparse == o.Sparse && ix.Global == o.Global
}

// Slot finds a column by its name; -1 if there is none.
func (t *Table) Slot(name string) int {
	return slices.IndexFunc(t.Columns, func(c Column) bool { return c.Name == name })
}

// AppendKey appends columns of a stored row to a key.
func (t *Table) AppendKey(key []byte, columns []int, stored driver.Row) []byte {
	for _, c := range columns {
		key = AppendValue(key, t.Columns[c].Kind, stored[c])
	}
	return key
}

// Encode writes a stored row as bytes.
func (t *Table) Encode(stored driver.Row) (b []byte) {
	for i, c := range t.Columns {
		b = AppendValue(b, c.Kind, stored[i])
	}
	return b
}

// Decode reads a stored row; nil of nil. Columns that were added after it was written hold their default.
func (t *Table) Decode(b []byte) driver.Row {
	if b == nil {
		return nil
	}
	stored := make(driver.Row, len(t.Columns))
	for i, c := range t.Columns {
		if len(b) == 0 {
			stored[i], _ = CutValue(c.Default, c.Kind)
		} else {
			stored[i], b = CutValue(b, c.Kind)
		}
	}
	return stored
}

// A View is a Table as one declaration sees it.
type View struct {
	*Table
	Declared *driver.Table
	Slots    []int // of the declared columns
}

// Check returns ErrSchema for a row that has not as many values as an operation wants.
func (v View) Check(k driver.OpKind, r driver.Row) error {
	least := v.Key
	if k == driver.Insert || k == driver.Update || k == driver.Add || k == driver.Check {
		least = len(v.Slots)
	}
	if len(r) < least || len(r) > len(v.Slots) {
		return fmt.Errorf("%w: a row of %s has %d columns, not %d", driver.ErrSchema, v.Name, len(v.Slots), len(r))
	}
	if k == driver.Check && v.Declared.Version < 0 {
		return fmt.Errorf("%w: %s has no version to check", driver.ErrSchema, v.Name)
	}
	return nil
}

// Match returns ErrConflict unless a stored row, nil for none, is there in the version of a row given to Check: all that an engine
// with one writer at a time has to do for it.
func (v View) Match(r, stored driver.Row) error {
	if version := v.Declared.Version; stored == nil || stored[v.Slots[version]] != r[version] {
		return driver.ErrConflict
	}
	return nil
}

// Cut leaves of a stored row what the declaration knows; nil of nil.
func (v View) Cut(stored driver.Row) driver.Row {
	if stored == nil {
		return nil
	}
	return Pick(stored, v.Slots)
}

// Fill completes a row by what the declaration does not know: from the old stored row, or the defaults.
func (v View) Fill(r, old driver.Row) driver.Row {
	stored := old.Clone()
	if stored == nil {
		stored = v.Decode([]byte{})
	}
	for i, s := range v.Slots {
		stored[s] = r[i]
	}
	return stored
}
