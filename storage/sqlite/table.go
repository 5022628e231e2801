package sqlite

import (
	"fmt"
	"maps"
	"strings"

	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/internal/sqltext"
)

// table is a declaration with the statements that write and read it by key, spelt once.
type table struct {
	*driver.Table
	dialect sqltext.Dialect

	insert                      string // with all columns
	inserts                     *inserts
	update, delete, deleteExact string
	count                       string    // takes positions for rows of a tailed table
	gets                        [7]string // reads 1, 2, 4, … 64 rows

	// changing holds the positions of the columns that an update sets: all after the key.
	changing []driver.Column
}

// The column and the table that keep the order of a tailed table.
const (
	tailColumn = "tail_pos"
	tailTable  = "$tail"
)

func newTable(d sqltext.Dialect, t *driver.Table) *table {
	tb := &table{Table: t, dialect: d, changing: t.Columns[t.Key:]}
	name := d.Table(t.Name)
	columns := d.Quote(sqltext.Tenant) + ", " + d.Columns(t)
	n := len(t.Columns) + 1
	if t.Tailed {
		columns += ", " + tailColumn
		n++
		tb.count = "UPDATE " + d.Table(tailTable) + " SET pos = pos + ? WHERE name = ? RETURNING pos"
	}
	into := "INSERT INTO " + name + " (" + columns + ")"
	tb.insert, tb.inserts = into+" VALUES "+marks(n), newInserts(d, t, into)

	key := " WHERE " + d.Quote(sqltext.Tenant) + " = ?"
	for _, c := range t.Columns[:t.Key] {
		key += " AND " + d.Quote(c.Name) + " = ?"
	}
	tb.delete = "DELETE FROM " + name + key
	var set []string
	for _, c := range tb.changing {
		set = append(set, d.Quote(c.Name)+" = ?")
	}
	if set == nil { // a row that is all key: writing it over changes nothing, but finds out whether it exists
		set = []string{d.Quote(t.Columns[0].Name) + " = " + d.Quote(t.Columns[0].Name)}
	}
	tb.update = "UPDATE " + name + " SET " + strings.Join(set, ", ") + key
	if t.Version >= 0 {
		version := " AND " + d.Quote(t.Columns[t.Version].Name) + " = ?"
		tb.update += version
		tb.deleteExact = tb.delete + version
	}
	for i := range tb.gets {
		tb.gets[i] = tb.get(1 << i)
	}
	return tb
}

// add returns the statement that inserts a row, or adds the given columns to the one that exists.
func (tb *table) add(sums []int) string {
	d := tb.dialect
	var b strings.Builder
	b.WriteString(tb.insert + " ON CONFLICT (" + d.Quote(sqltext.Tenant) + ", " + d.KeyColumns(tb.Table) + ") DO ")
	if len(sums) == 0 {
		b.WriteString("NOTHING")
	}
	for i, c := range sums {
		name := d.Quote(tb.Columns[c].Name)
		if i == 0 {
			b.WriteString("UPDATE SET ")
		} else {
			b.WriteString(", ")
		}
		b.WriteString(name + " = " + name + " + excluded." + name)
	}
	return b.String()
}

// get returns the statement that reads n rows by key, in key order. For one row it compares; for several it joins a
// list of keys, which SQLite serves from the primary key.
func (tb *table) get(n int) string {
	d := tb.dialect
	var b strings.Builder
	b.WriteString("SELECT " + d.Columns(tb.Table) + " FROM " + d.Table(tb.Name) + " WHERE " + d.Quote(sqltext.Tenant) + " = ?")
	if n == 1 {
		for _, c := range tb.Columns[:tb.Key] {
			b.WriteString(" AND " + d.Quote(c.Name) + " = ?")
		}
		return b.String()
	}
	b.WriteString(" AND (" + d.KeyColumns(tb.Table) + ") IN (VALUES ")
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(marks(tb.Key))
	}
	b.WriteString(") ORDER BY " + d.KeyColumns(tb.Table))
	return b.String()
}

func marks(n int) string { return "(" + strings.Repeat("?, ", n-1) + "?)" }

// table returns what a declaration was compiled to.
func (e *Engine) table(t *driver.Table) (*table, error) {
	if tb := (*e.tables.Load())[t]; tb != nil {
		return tb, nil
	}
	name := "no table at all"
	if t != nil {
		name = "the table " + t.Name
	}
	return nil, fmt.Errorf("%w: %s was not given to Migrate", driver.ErrSchema, name)
}

// learn makes tables known, after they were brought to their declarations.
func (e *Engine) learn(tables []*driver.Table) {
	e.mu.Lock()
	defer e.mu.Unlock()
	known := maps.Clone(*e.tables.Load())
	for _, t := range tables {
		known[t] = newTable(e.dialect, t)
	}
	e.tables.Store(&known)
}
