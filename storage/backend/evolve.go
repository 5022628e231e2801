package backend

import (
	"fmt"
	"slices"

	"github.com/tutas/tutas/storage/driver"
)

// Evolve brings a stored table, nil for none yet, to a declaration, and returns a new one, how the declaration sees it,
// and the indexes to be filled. It adds and renames; what else differs is ErrSchema. A table does not become tailed and
// gets no other parent once it is there.
func Evolve(old *Table, d *driver.Table) (now View, added []Index, err error) {
	refuse := func(what string) (View, []Index, error) {
		return View{}, nil, fmt.Errorf("%w: %s: %s cannot be brought to the declaration", driver.ErrSchema, d.Name, what)
	}
	t := &Table{Name: d.Name, Key: d.Key, Tailed: d.Tailed}
	if d.Parent != nil {
		t.Parent = d.Parent.Table.Name
	}
	if old != nil {
		if t.Key != old.Key || t.Tailed && !old.Tailed || t.Parent != "" && t.Parent != old.Parent {
			return refuse("its key, tail or parent")
		}
		*t = *old
		t.Columns, t.Indexes = slices.Clone(old.Columns), slices.Clone(old.Indexes)
	}
	slots := make([]int, len(d.Columns))
	for i, c := range d.Columns {
		slots[i] = t.evolveColumn(c)
		if at := slots[i]; t.Columns[at].Kind != c.Kind || (i < t.Key || at < t.Key) && at != i {
			return refuse(c.Name)
		}
	}
	for _, ix := range t.wanted(d, slots, old == nil) {
		at := slices.IndexFunc(t.Indexes, func(o Index) bool { return o.Name == ix.Name })
		switch {
		case at < 0:
			t.Indexes, added = append(t.Indexes, ix), append(added, ix)
		case !t.Indexes[at].equals(ix):
			return refuse(ix.Name)
		}
	}
	return View{t, d, slots}, added, nil
}

// evolveColumn finds a column's slot, by its name or an earlier one, or adds it.
func (t *Table) evolveColumn(c driver.Column) (slot int) {
	for _, name := range append([]string{c.Name}, c.Was...) {
		if slot = t.Slot(name); slot >= 0 {
			t.Columns[slot].Name = c.Name
			return slot
		}
	}
	t.Columns = append(t.Columns, Column{c.Name, c.Kind, AppendValue(nil, c.Kind, Missing(c))})
	return len(t.Columns) - 1
}

func (t *Table) wanted(d *driver.Table, slots []int, isNew bool) (all []Index) {
	for _, ix := range d.Indexes {
		all = append(all, Index{ix.Name, Pick(slots, ix.Columns), ix.Unique, ix.Sparse, ix.Global})
	}
	if d.Parent != nil {
		all = append(all, Index{Name: ParentIndex, Columns: Pick(slots, d.Parent.Columns)})
	}
	if d.Tailed && isNew {
		all = append(all, Index{Name: NumberColumn, Columns: []int{len(t.Columns)}})
		t.Columns = append(t.Columns, Column{NumberColumn, driver.Int, AppendValue(nil, driver.Int, driver.IntValue(0))})
	}
	return all
}

// Missing is what a column holds in rows that do not know it: its Default, null where that is allowed, or the kind's zero.
func Missing(c driver.Column) driver.Value {
	switch {
	case !c.Default.IsNull() || c.Nullable:
		return c.Default
	case c.Kind == driver.UUID:
		return driver.UUIDValue([16]byte{})
	case c.Kind == driver.Decimal:
		return driver.TextValue("0")
	case c.Kind == driver.JSON:
		return driver.TextValue("null")
	case c.Kind == driver.Text:
		return driver.TextValue("")
	}
	return driver.IntValue(0)
}
