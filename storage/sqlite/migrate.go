package sqlite

import (
	"context"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/internal/sqltext"
)

// Migrate brings the file to the declarations, in one transaction under the write lock. What SQLite cannot alter in
// place (the type of a column, whether it may be null, the key, the parent of a table that exists, the columns of an
// index that exists) is refused with driver.ErrSchema.
func (e *Engine) Migrate(ctx context.Context, s driver.Schema) error {
	tables, err := sqltext.Ordered(s)
	if err != nil {
		return err
	}
	if e.closed.Load() {
		return driver.ErrClosed
	}
	t := &tx{engine: e}
	if err := t.ready(ctx); err != nil {
		return err
	}
	defer t.Rollback(ctx)
	m := migration{ctx: ctx, dialect: e.dialect, session: t.session}
	m.run(e.tailSQL())
	for _, tb := range tables {
		m.table(tb)
	}
	if m.err != nil {
		return e.explain(m.err)
	}
	if err := t.Commit(ctx); err != nil {
		return err
	}
	e.learn(tables)
	return nil
}

// SQL returns the statements that create the schema in an empty database.
func (e *Engine) SQL(s driver.Schema) []string {
	tables, err := sqltext.Ordered(s)
	if err != nil {
		tables = s.Tables // what is wrong with it, Migrate says
	}
	out := []string{e.tailSQL()}
	for _, t := range tables {
		out = append(out, creation(e.dialect, t)...)
	}
	return out
}

func (e *Engine) tailSQL() string {
	return "CREATE TABLE IF NOT EXISTS " + e.dialect.Table(tailTable) +
		" (\n\tname TEXT PRIMARY KEY,\n\tpos INTEGER NOT NULL\n) STRICT, WITHOUT ROWID"
}

// creation returns the statements that create one table.
func creation(d sqltext.Dialect, t *driver.Table) []string {
	var extra []string
	if t.Tailed {
		extra = []string{tailColumnSQL}
	}
	out := []string{d.CreateTable(t, extra...)}
	for _, ix := range sqltext.Indexes(t) {
		out = append(out, d.CreateIndex(t, ix, false))
	}
	if t.Tailed {
		out = append(out, tailIndexSQL(d, t),
			"INSERT INTO "+d.Table(tailTable)+" (name, pos) VALUES ('"+t.Name+"', 0) ON CONFLICT DO NOTHING")
	}
	return out
}

const tailColumnSQL = tailColumn + " INTEGER NOT NULL DEFAULT 0"

func tailIndexSQL(d sqltext.Dialect, t *driver.Table) string {
	return "CREATE INDEX IF NOT EXISTS " + d.Quote(d.IndexName(t.Name, tailColumn)) + " ON " + d.Table(t.Name) +
		" (" + d.Quote(sqltext.Tenant) + ", " + tailColumn + ")"
}

// migration runs statements until the first error.
type migration struct {
	ctx     context.Context
	dialect sqltext.Dialect
	session session
	err     error
}

func (m *migration) run(text string, args ...sqldriver.Value) {
	if m.err == nil {
		_, m.err = m.session.exec(m.ctx, text, named(args))
	}
}

func (m *migration) rows(columns int, text string, args ...sqldriver.Value) [][]sqldriver.Value {
	if m.err != nil {
		return nil
	}
	cur, err := m.session.query(m.ctx, text, named(args))
	if err != nil {
		m.err = err
		return nil
	}
	defer cur.Close()
	var out [][]sqldriver.Value
	for {
		row := make([]sqldriver.Value, columns)
		if err := cur.Next(row); err != nil {
			if !errors.Is(err, io.EOF) {
				m.err = err
			}
			return out
		}
		out = append(out, row)
	}
}

func named(values []sqldriver.Value) arguments {
	var a arguments
	for _, v := range values {
		a.raw(v)
	}
	return a
}

func (m *migration) refuse(format string, a ...any) {
	if m.err == nil {
		m.err = fmt.Errorf("%w: %s", driver.ErrSchema, fmt.Sprintf(format, a...))
	}
}

func (m *migration) table(t *driver.Table) {
	have := m.columns(t)
	if m.err != nil {
		return
	}
	if len(have) == 0 {
		for _, text := range creation(m.dialect, t) {
			m.run(text)
		}
		return
	}
	for i, c := range t.Columns {
		m.column(t, i, c, have)
	}
	if got := keyOf(have); m.err == nil && !slices.Equal(got, declaredKey(t)) {
		m.refuse("table %s is stored with the key (%s)", t.Name, strings.Join(got, ", "))
	}
	if t.Parent != nil && m.err == nil && !m.hasParent(t) {
		m.refuse("table %s is stored without its parent %s", t.Name, t.Parent.Table.Name)
	}
	if t.Tailed {
		m.tail(t, have)
	}
	stored := m.indexes(t)
	for _, ix := range sqltext.Indexes(t) {
		name := m.dialect.IndexName(t.Name, ix.Name)
		if s, ok := stored[name]; !ok {
			m.run(m.dialect.CreateIndex(t, ix, false))
			if m.err != nil && ix.Unique {
				m.err = fmt.Errorf("%w: index %s of table %s: %w", driver.ErrSchema, ix.Name, t.Name, m.err)
			}
		} else if want := m.wanted(t, ix); s != want {
			m.refuse("index %s of table %s is stored as %s, declared as %s: give it a new name", ix.Name, t.Name, s, want)
		}
	}
}

// column renames, adds or checks one column.
func (m *migration) column(t *driver.Table, i int, c driver.Column, have map[string]stored) {
	if m.err != nil {
		return
	}
	s, ok := have[c.Name]
	for _, was := range c.Was {
		if ok {
			break
		}
		if slices.ContainsFunc(t.Columns, func(o driver.Column) bool { return o.Name == was }) {
			continue // another column bears that name today
		}
		if s, ok = have[was]; ok {
			m.run(m.dialect.RenameColumn(t, was, c.Name))
			delete(have, was)
			have[c.Name] = s
		}
	}
	if !ok {
		if i < t.Key {
			m.refuse("table %s is stored without the key column %s", t.Name, c.Name)
			return
		}
		m.run(m.dialect.AddColumn(t, c))
		return
	}
	if d := differs(m.dialect, t, c, s); d != "" {
		m.refuse("%s", d)
	}
}

// tail gives a table that exists its order, its rows so far in the order of their keys.
func (m *migration) tail(t *driver.Table, have map[string]stored) {
	name := m.dialect.Table(t.Name)
	m.run("INSERT INTO "+m.dialect.Table(tailTable)+" (name, pos) VALUES (?, 0) ON CONFLICT DO NOTHING", t.Name)
	if _, ok := have[tailColumn]; !ok {
		key := m.dialect.Quote(sqltext.Tenant) + ", " + m.dialect.KeyColumns(t)
		m.run("ALTER TABLE " + name + " ADD COLUMN " + tailColumnSQL)
		m.run("UPDATE " + name + " SET " + tailColumn + " = o.n FROM (SELECT " + key +
			", row_number() OVER (ORDER BY " + key + ") AS n FROM " + name + ") AS o WHERE (" + qualified(name, key) + ") = (" + qualified("o", key) + ")")
		m.run("UPDATE "+m.dialect.Table(tailTable)+" SET pos = (SELECT count(*) FROM "+name+") WHERE name = ?", t.Name)
	}
	m.run(tailIndexSQL(m.dialect, t))
}

func qualified(table, list string) string {
	return table + "." + strings.ReplaceAll(list, ", ", ", "+table+".")
}
