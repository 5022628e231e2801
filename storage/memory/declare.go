package memory

import (
	"fmt"
	"maps"
	"slices"

	"github.com/tutas/tutas/storage/driver"
)

// A migration works out the next schema without touching a row.
type migration struct {
	next    *schema
	work    map[int]*rebuilding // by table.ord
	changed bool
}

func newMigration(s *schema) *migration {
	next := &schema{tables: slices.Clone(s.tables), byName: maps.Clone(s.byName), bound: maps.Clone(s.bound), globals: s.globals}
	if next.bound == nil {
		next.byName, next.bound = map[string]int{}, map[*driver.Table]*binding{}
	}
	return &migration{next: next, work: map[int]*rebuilding{}}
}

func schemaError(format string, args ...any) error {
	return fmt.Errorf("memory: %w: %s", driver.ErrSchema, fmt.Sprintf(format, args...))
}

func (m *migration) declare(decl driver.Schema) error {
	seen := map[string]bool{}
	for _, d := range decl.Tables {
		if err := checkTable(d); err != nil {
			return err
		}
		if seen[d.Name] {
			return schemaError("table %s is declared twice", d.Name)
		}
		seen[d.Name] = true
		t := m.table(d)
		b, err := m.columns(t, d)
		if err != nil {
			return err
		}
		m.next.bound[d] = b
		if err := m.indexes(t, b, d); err != nil {
			return err
		}
		if d.Tailed && !t.tailed {
			t.tailed, m.changed = true, true
			m.rebuild(t).tail = true
		}
	}
	for _, d := range decl.Tables {
		if d.Parent != nil {
			if err := m.parent(d); err != nil {
				return err
			}
		}
	}
	return nil
}

// table returns a copy of the stored table, or a new one, to be changed.
func (m *migration) table(d *driver.Table) *table {
	ord, ok := m.next.byName[d.Name]
	if !ok {
		ord = len(m.next.tables)
		m.next.byName[d.Name] = ord
		m.next.tables = append(m.next.tables, &table{ord: ord, name: d.Name, key: d.Key})
		m.changed = true
		return m.next.tables[ord]
	}
	return m.change(ord)
}

func (m *migration) change(ord int) *table {
	c := *m.next.tables[ord]
	c.cols, c.indexes, c.children = slices.Clone(c.cols), slices.Clone(c.indexes), slices.Clone(c.children)
	m.next.tables[ord] = &c
	if w := m.work[ord]; w != nil {
		w.t = &c
	}
	return &c
}

func (m *migration) rebuild(t *table) *rebuilding {
	w := m.work[t.ord]
	if w == nil {
		w = &rebuilding{t: t, indexes: len(t.indexes)}
		m.work[t.ord] = w
	}
	return w
}

// columns finds, renames or adds each declared column.
func (m *migration) columns(t *table, d *driver.Table) (*binding, error) {
	fresh := len(t.cols) == 0
	if !fresh && d.Key != t.key {
		return nil, schemaError("%s has a key of %d columns, not %d", t.name, t.key, d.Key)
	}
	declared := map[string]bool{}
	for _, c := range d.Columns {
		declared[c.Name] = true
	}
	b := &binding{ord: t.ord, inOrder: true, version: -1}
	for i, c := range d.Columns {
		at := t.column(c.Name)
		for _, was := range c.Was {
			if at >= 0 {
				break
			}
			if at = t.column(was); at >= 0 && declared[was] {
				at = -1
			} else if at >= 0 {
				t.cols[at].name, m.changed = c.Name, true
			}
		}
		if (i < t.key || at >= 0 && at < t.key) && at != i && !fresh {
			return nil, schemaError("the key of %s cannot change, but its column %d was not %s", t.name, i, c.Name)
		}
		if at < 0 {
			at = len(t.cols)
			t.cols = append(t.cols, column{name: c.Name, kind: c.Kind, nullable: c.Nullable, def: defaultOf(c)})
			m.changed = true
		}
		col := &t.cols[at]
		if col.kind != c.Kind {
			return nil, schemaError("%s.%s cannot change its kind", t.name, c.Name)
		}
		if c.Nullable && !col.nullable {
			col.nullable, m.changed = true, true
		} else if !c.Nullable && col.nullable {
			col.nullable, m.changed = false, true
			w := m.rebuild(t)
			w.notNull = append(w.notNull, at)
		}
		b.cols, b.nullable = append(b.cols, at), append(b.nullable, c.Nullable)
		b.inOrder = b.inOrder && at == i
		if d.Version == i {
			b.version = at
		}
	}
	return b, nil
}

func (t *table) column(name string) int {
	return slices.IndexFunc(t.cols, func(c column) bool { return c.name == name })
}

// defaultOf is what older rows hold in a new column: its Default, null where that is allowed, else the kind's zero.
func defaultOf(c driver.Column) driver.Value {
	if !c.Default.IsNull() || c.Nullable {
		return c.Default
	}
	switch c.Kind {
	case driver.Text:
		return driver.TextValue("")
	case driver.UUID:
		return driver.UUIDValue([16]byte{})
	case driver.Decimal:
		return driver.TextValue("0")
	case driver.JSON:
		return driver.TextValue("null")
	default:
		return driver.IntValue(0)
	}
}

func (m *migration) indexes(t *table, b *binding, d *driver.Table) error {
	for _, x := range d.Indexes {
		ix := &index{name: x.Name, unique: x.Unique, sparse: x.Sparse, global: -1}
		for _, c := range x.Columns {
			ix.cols = append(ix.cols, b.cols[c])
		}
		if at := slices.IndexFunc(t.indexes, func(o *index) bool { return o.name == x.Name }); at >= 0 {
			if !t.indexes[at].is(x, ix.cols) {
				return schemaError("index %s.%s is stored in another form", t.name, x.Name)
			}
			continue
		}
		if x.Global {
			ix.global = m.next.globals
			m.next.globals++
		}
		m.addIndex(t, ix)
	}
	return nil
}

func (m *migration) addIndex(t *table, ix *index) {
	m.rebuild(t)
	t.indexes = append(t.indexes, ix)
	m.changed = true
}

// parent declares a reference, and makes an index for it where no other one serves.
func (m *migration) parent(d *driver.Table) error {
	ours := m.next.bound[d]
	theirs := m.next.bound[d.Parent.Table]
	if theirs == nil {
		return schemaError("Migrate was not given the parent of table %s", d.Name)
	}
	t, up := m.next.tables[ours.ord], m.next.tables[theirs.ord]
	if len(d.Parent.Columns) != up.key {
		return schemaError("%s refers to %s by %d columns, not %d", t.name, up.name, len(d.Parent.Columns), up.key)
	}
	ref := &reference{table: up.ord}
	for i, c := range d.Parent.Columns {
		if c < 0 || c >= len(ours.cols) || t.cols[ours.cols[c]].kind != up.cols[i].kind {
			return schemaError("%s refers to %s by a column of another kind", t.name, up.name)
		}
		ref.cols = append(ref.cols, ours.cols[c])
	}
	if t.parent != nil {
		if t.parent.table != ref.table || !slices.Equal(t.parent.cols, ref.cols) {
			return schemaError("%s already refers to another parent", t.name)
		}
		return nil
	}
	m.changed = true
	m.rebuild(t).parent = true
	t.parent = ref
	child := reference{table: t.ord, cols: ref.cols, index: t.serving(ref.cols)}
	if child.index == -2 {
		child.index = len(t.indexes)
		m.addIndex(t, &index{cols: ref.cols, global: -1})
	}
	up = m.change(up.ord)
	up.children = append(up.children, child)
	return nil
}

// checkTable refuses a declaration that makes no sense in itself.
func checkTable(d *driver.Table) error {
	if d == nil || !isName(d.Name) {
		return schemaError("a table needs a name of lower-case letters, digits and underscores")
	}
	if d.Key < 1 || d.Key > len(d.Columns) {
		return schemaError("the key of %s has %d of %d columns", d.Name, d.Key, len(d.Columns))
	}
	names := map[string]bool{}
	for i, c := range d.Columns {
		switch {
		case !isName(c.Name) || names[c.Name]:
			return schemaError("column %d of %s needs a name of its own", i, d.Name)
		case c.Kind < driver.Bool || c.Kind > driver.JSON:
			return schemaError("%s.%s needs a kind", d.Name, c.Name)
		case c.Nullable && i < d.Key:
			return schemaError("%s.%s belongs to the key and cannot be nullable", d.Name, c.Name)
		case !c.Default.IsNull() && !fits(c.Kind, c.Default):
			return schemaError("%s.%s cannot be %s by default", d.Name, c.Name, show(c.Default))
		}
		names[c.Name] = true
	}
	if v := d.Version; v < -1 || v >= len(d.Columns) || v >= 0 && d.Columns[v].Kind != driver.Int {
		return schemaError("the version of %s is no Int column", d.Name)
	}
	for _, x := range d.Indexes {
		if !isName(x.Name) || names["."+x.Name] || len(x.Columns) == 0 {
			return schemaError("an index of %s needs columns and a name of its own", d.Name)
		}
		names["."+x.Name] = true
		for _, c := range x.Columns {
			if c < 0 || c >= len(d.Columns) {
				return schemaError("index %s.%s has no column %d", d.Name, x.Name, c)
			}
		}
	}
	return nil
}

func isName(s string) bool {
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return s != "" && len(s) <= 48
}
