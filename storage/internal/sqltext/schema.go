package sqltext

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tutas/tutas/storage/driver"
)

// Ordered returns the tables of a schema with parents before their children, otherwise in the schema's order. It fails with
// driver.ErrSchema if two tables share a name, a parent is missing or parents form a circle.
func Ordered(s driver.Schema) ([]*driver.Table, error) {
	known := make(map[string]*driver.Table, len(s.Tables))
	for _, t := range s.Tables {
		if known[t.Name] != nil {
			return nil, fmt.Errorf("%w: two tables are named %q", driver.ErrSchema, t.Name)
		}
		known[t.Name] = t
	}
	const visiting, done = 1, 2
	state := make(map[string]int, len(s.Tables))
	out := make([]*driver.Table, 0, len(s.Tables))
	var visit func(t *driver.Table) error
	visit = func(t *driver.Table) error {
		switch state[t.Name] {
		case done:
			return nil
		case visiting:
			return fmt.Errorf("%w: table %q is its own ancestor", driver.ErrSchema, t.Name)
		}
		state[t.Name] = visiting
		if t.Parent != nil && t.Parent.Table != t && t.Parent.Table.Name != t.Name {
			p := known[t.Parent.Table.Name]
			if p == nil {
				return fmt.Errorf("%w: table %q has the parent %q, which is not in the schema",
					driver.ErrSchema, t.Name, t.Parent.Table.Name)
			}
			if err := visit(p); err != nil {
				return err
			}
		}
		state[t.Name] = done
		out = append(out, t)
		return nil
	}
	for _, t := range s.Tables {
		if err := Check(t); err != nil {
			return nil, err
		}
		if err := visit(t); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Check fails with driver.ErrSchema if a declaration cannot be a table: a bad name, a key without columns, a position
// out of range.
func Check(t *driver.Table) error {
	bad := func(format string, a ...any) error {
		return fmt.Errorf("%w: table %q: %s", driver.ErrSchema, t.Name, fmt.Sprintf(format, a...))
	}
	if !validName(t.Name) {
		return bad("a name is 1 to 48 lower-case letters, digits and underscores")
	}
	if t.Key < 1 || t.Key > len(t.Columns) {
		return bad("the key has %d of %d columns", t.Key, len(t.Columns))
	}
	names := map[string]bool{Tenant: true}
	for i, c := range t.Columns {
		switch {
		case !validName(c.Name):
			return bad("column %q: a name is 1 to 48 lower-case letters, digits and underscores", c.Name)
		case names[c.Name]:
			return bad("column %q: the name is taken", c.Name)
		case c.Kind < driver.Bool || c.Kind > driver.JSON:
			return bad("column %q has no kind", c.Name)
		case i < t.Key && (c.Nullable || opaque(c.Kind)):
			return bad("column %q cannot be part of the key", c.Name)
		}
		names[c.Name] = true
	}
	if t.Version >= len(t.Columns) || t.Version >= 0 && t.Columns[t.Version].Kind != driver.Int {
		return bad("the version is not an Int column")
	}
	indexes := map[string]bool{KeyConstraint: true, ParentConstraint: true}
	for _, ix := range t.Indexes {
		if ix.Name == "" || indexes[ix.Name] {
			return bad("index %q: the name is empty or taken", ix.Name)
		}
		indexes[ix.Name] = true
		if len(ix.Columns) == 0 {
			return bad("index %q has no columns", ix.Name)
		}
		for _, c := range ix.Columns {
			if c < 0 || c >= len(t.Columns) || opaque(t.Columns[c].Kind) {
				return bad("index %q: column %d cannot be indexed", ix.Name, c)
			}
		}
	}
	if p := t.Parent; p != nil {
		if p.Table == nil || len(p.Columns) != p.Table.Key {
			return bad("the reference to the parent does not hold its key")
		}
		for i, c := range p.Columns {
			if c < 0 || c >= len(t.Columns) || t.Columns[c].Kind != p.Table.Columns[i].Kind {
				return bad("the reference to the parent does not hold its key")
			}
		}
	}
	return nil
}

func validName(s string) bool {
	return s != "" && len(s) <= 48 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

// Indexes returns the indexes a table needs: those it declares and, where neither the key nor one of them begins with
// the columns that refer to the parent, one named ParentConstraint over those, without which deleting a parent reads
// the whole table.
func Indexes(t *driver.Table) []driver.Index {
	if t.Parent == nil || startsWith(keyPositions(t), t.Parent.Columns) {
		return t.Indexes
	}
	for _, ix := range t.Indexes {
		if !ix.Global && !ix.Sparse && startsWith(ix.Columns, t.Parent.Columns) {
			return t.Indexes
		}
	}
	return append(slices.Clone(t.Indexes), driver.Index{Name: ParentConstraint, Columns: t.Parent.Columns})
}

// startsWith reports whether the first columns of an index are the given ones, in whatever order.
func startsWith(index, columns []int) bool {
	if len(index) < len(columns) {
		return false
	}
	for _, c := range columns {
		if !slices.Contains(index[:len(columns)], c) {
			return false
		}
	}
	return true
}

func keyPositions(t *driver.Table) []int {
	p := make([]int, t.Key)
	for i := range p {
		p[i] = i
	}
	return p
}

// ColumnSQL returns the definition of one column, as it stands in CREATE TABLE and ADD COLUMN. A column that is not nullable
// always has a default, so that a binary that does not know it can still insert.
func (d Dialect) ColumnSQL(c driver.Column) string {
	s := d.Quote(c.Name) + " " + d.Type(c.Kind) + d.Collation(c.Kind)
	if !c.Nullable {
		return s + " NOT NULL DEFAULT " + d.Literal(c.Kind, c.Default)
	}
	if !c.Default.IsNull() {
		s += " DEFAULT " + d.Literal(c.Kind, c.Default)
	}
	return s
}

// TenantSQL returns the definition of the tenant column.
func (d Dialect) TenantSQL() string {
	return d.Quote(Tenant) + " " + d.Type(driver.Text) + d.Collation(driver.Text) + " NOT NULL"
}

// CreateTable returns the statement that creates a table with its primary key and the reference to its parent. Extra
// holds the definitions of columns that the backend adds for itself. In SQLite the table is STRICT and WITHOUT ROWID.
func (d Dialect) CreateTable(t *driver.Table, extra ...string) string {
	var b strings.Builder
	b.WriteString("CREATE TABLE " + d.Table(t.Name) + " (\n\t" + d.TenantSQL())
	for _, c := range t.Columns {
		b.WriteString(",\n\t" + d.ColumnSQL(c))
	}
	for _, e := range extra {
		b.WriteString(",\n\t" + e)
	}
	b.WriteString(",\n\tCONSTRAINT " + d.Quote(d.IndexName(t.Name, KeyConstraint)) +
		" PRIMARY KEY (" + d.Quote(Tenant) + ", " + d.KeyColumns(t) + ")")
	if t.Parent != nil {
		b.WriteString(",\n\t" + d.ParentSQL(t))
	}
	b.WriteString("\n)")
	if !d.postgres {
		b.WriteString(" STRICT, WITHOUT ROWID")
	}
	return b.String()
}

// ParentSQL returns the foreign-key constraint of a table that has a parent, tenant first.
func (d Dialect) ParentSQL(t *driver.Table) string {
	return "CONSTRAINT " + d.Quote(d.IndexName(t.Name, ParentConstraint)) +
		" FOREIGN KEY (" + d.Quote(Tenant) + ", " + d.list(t, t.Parent.Columns) + ") REFERENCES " + d.Table(t.Parent.Table.Name) +
		" (" + d.Quote(Tenant) + ", " + d.KeyColumns(t.Parent.Table) + ")"
}

// AddColumn returns the statement that adds a column to a table that exists.
func (d Dialect) AddColumn(t *driver.Table, c driver.Column) string {
	return "ALTER TABLE " + d.Table(t.Name) + " ADD COLUMN " + d.ColumnSQL(c)
}

// RenameColumn returns the statement that renames a column.
func (d Dialect) RenameColumn(t *driver.Table, from, to string) string {
	return "ALTER TABLE " + d.Table(t.Name) + " RENAME COLUMN " + d.Quote(from) + " TO " + d.Quote(to)
}

// CreateIndex returns the statement that creates an index. Concurrently, in PostgreSQL, lets writers go on meanwhile,
// and cannot be run in a transaction.
//
// The tenant comes first, then the columns, then, unless the index is unique, what is left of the key, so that pages in
// the index's order need no sorting. A global index has the tenant after its columns, or, being unique, not at all.
func (d Dialect) CreateIndex(t *driver.Table, ix driver.Index, concurrently bool) string {
	var b strings.Builder
	b.WriteString("CREATE ")
	if ix.Unique {
		b.WriteString("UNIQUE ")
	}
	b.WriteString("INDEX ")
	if concurrently && d.postgres {
		b.WriteString("CONCURRENTLY ")
	}
	b.WriteString(d.Quote(d.IndexName(t.Name, ix.Name)) + " ON " + d.Table(t.Name))
	b.WriteString(" (" + strings.Join(d.IndexColumns(t, ix), ", ") + ")")
	if ix.Sparse {
		b.WriteString(" WHERE " + d.Quote(t.Columns[ix.Columns[0]].Name) + " IS NOT NULL")
	}
	return b.String()
}

// IndexColumns returns the quoted names of the columns that CreateIndex indexes, in order.
func (d Dialect) IndexColumns(t *driver.Table, ix driver.Index) []string {
	var names []string
	if !ix.Global {
		names = append(names, d.Quote(Tenant))
	}
	for _, c := range ix.Columns {
		names = append(names, d.Quote(t.Columns[c].Name))
	}
	if ix.Unique {
		return names
	}
	if ix.Global {
		names = append(names, d.Quote(Tenant))
	}
	for k := range t.Key {
		if !slices.Contains(ix.Columns, k) {
			names = append(names, d.Quote(t.Columns[k].Name))
		}
	}
	return names
}

func (d Dialect) list(t *driver.Table, columns []int) string {
	var b strings.Builder
	for i, c := range columns {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(d.Quote(t.Columns[c].Name))
	}
	return b.String()
}
