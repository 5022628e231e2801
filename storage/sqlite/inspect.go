package sqlite

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/internal/sqltext"
)

// Drift names each difference between the file and the declarations.
func (e *Engine) Drift(ctx context.Context, s driver.Schema) ([]string, error) {
	tables, err := sqltext.Ordered(s)
	if err != nil {
		return nil, err
	}
	t := &tx{engine: e, options: driver.TxOptions{ReadOnly: true}}
	if err := t.ready(ctx); err != nil {
		return nil, err
	}
	defer t.Rollback(ctx)
	m := migration{ctx: ctx, dialect: e.dialect, session: t.session}
	drift := []string{}
	for _, tb := range tables {
		drift = append(drift, m.drift(tb)...)
	}
	if m.err != nil {
		return nil, e.explain(m.err)
	}
	slices.Sort(drift)
	return drift, nil
}

func (m *migration) drift(t *driver.Table) (out []string) {
	have := m.columns(t)
	if len(have) == 0 {
		return []string{fmt.Sprintf("table %s is not stored", t.Name)}
	}
	for _, c := range t.Columns {
		s, ok := have[c.Name]
		if !ok {
			out = append(out, fmt.Sprintf("table %s: column %s is not stored", t.Name, c.Name))
			continue
		}
		if d := differs(m.dialect, t, c, s); d != "" {
			out = append(out, d)
		}
		if want := defaultOf(m.dialect, c); s.def != want {
			out = append(out, fmt.Sprintf("table %s: column %s has the default %s, declared is %s",
				t.Name, c.Name, word(s.def), word(want)))
		}
	}
	if got := keyOf(have); !slices.Equal(got, declaredKey(t)) {
		out = append(out, fmt.Sprintf("table %s is stored with the key (%s)", t.Name, strings.Join(got, ", ")))
	}
	if t.Parent != nil && !m.hasParent(t) {
		out = append(out, fmt.Sprintf("table %s is stored without its parent %s", t.Name, t.Parent.Table.Name))
	}
	if _, ok := have[tailColumn]; t.Tailed && !ok {
		out = append(out, fmt.Sprintf("table %s: column %s, which a tailed table has, is not stored", t.Name, tailColumn))
	}
	indexes := m.indexes(t)
	for _, ix := range sqltext.Indexes(t) {
		s, ok := indexes[m.dialect.IndexName(t.Name, ix.Name)]
		if !ok {
			out = append(out, fmt.Sprintf("table %s: index %s is not stored", t.Name, ix.Name))
		} else if want := m.wanted(t, ix); s != want {
			out = append(out, fmt.Sprintf("table %s: index %s is stored as %s, declared as %s", t.Name, ix.Name, s, want))
		}
	}
	return out
}

func word(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// stored is a column as it is in the file.
type stored struct {
	kind    string
	notNull bool
	def     string
	key     int // its place in the primary key, counting from 1, or 0
}

// columns returns the columns of a stored table by name; none if there is no such table.
func (m *migration) columns(t *driver.Table) map[string]stored {
	rows := m.rows(5, `SELECT name, type, "notnull", coalesce(dflt_value, ''), pk FROM pragma_table_info(?)`,
		m.dialect.TableName(t.Name))
	have := make(map[string]stored, len(rows))
	for _, r := range rows {
		have[r[0].(string)] = stored{kind: r[1].(string), notNull: r[2] == int64(1), def: r[3].(string), key: int(r[4].(int64))}
	}
	return have
}

func keyOf(have map[string]stored) []string {
	var names []string
	for n, s := range have {
		if s.key > 0 {
			names = append(names, n)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return have[a].key - have[b].key })
	return names
}

func declaredKey(t *driver.Table) []string {
	names := []string{sqltext.Tenant}
	for _, c := range t.Columns[:t.Key] {
		names = append(names, c.Name)
	}
	return names
}

func defaultOf(d sqltext.Dialect, c driver.Column) string {
	if c.Nullable && c.Default.IsNull() {
		return ""
	}
	return d.Literal(c.Kind, c.Default)
}

// differs says how a stored column differs from its declaration in a way that Migrate cannot mend, or "".
func differs(d sqltext.Dialect, t *driver.Table, c driver.Column, s stored) string {
	switch {
	case s.kind != d.Type(c.Kind):
		return fmt.Sprintf("table %s: column %s is stored as %s, declared as %s", t.Name, c.Name, s.kind, d.Type(c.Kind))
	case s.notNull && c.Nullable:
		return fmt.Sprintf("table %s: column %s is stored as never null, declared as nullable", t.Name, c.Name)
	case !s.notNull && !c.Nullable:
		return fmt.Sprintf("table %s: column %s is stored as nullable, declared as never null", t.Name, c.Name)
	}
	return ""
}

// hasParent reports whether the stored table refers to its parent by the declared columns.
func (m *migration) hasParent(t *driver.Table) bool {
	rows := m.rows(2, `SELECT id, "from" FROM pragma_foreign_key_list(?) WHERE "table" = ? ORDER BY id, seq`,
		m.dialect.TableName(t.Name), m.dialect.TableName(t.Parent.Table.Name))
	want := []string{sqltext.Tenant}
	for _, c := range t.Parent.Columns {
		want = append(want, t.Columns[c].Name)
	}
	keys := map[int64][]string{}
	for _, r := range rows {
		id := r[0].(int64)
		keys[id] = append(keys[id], r[1].(string))
	}
	for _, k := range keys {
		if slices.Equal(k, want) {
			return true
		}
	}
	return false
}

// indexes returns the indexes of a stored table by their bare name, each in the words that wanted uses.
func (m *migration) indexes(t *driver.Table) map[string]string {
	rows := m.rows(4, `SELECT l.name, l."unique", l.partial, x.name
		FROM pragma_index_list(?) AS l, pragma_index_xinfo(l.name) AS x
		WHERE x.key = 1 AND l.origin = 'c' ORDER BY l.name, x.seqno`, m.dialect.TableName(t.Name))
	type index struct {
		unique, partial bool
		columns         []string
	}
	found := map[string]index{}
	for _, r := range rows {
		name := r[0].(string)
		ix := found[name]
		ix.unique, ix.partial = r[1] == int64(1), r[2] == int64(1)
		column, _ := r[3].(string) // an expression, of an index of the host's, has no name
		ix.columns = append(ix.columns, m.dialect.Quote(column))
		found[name] = ix
	}
	out := make(map[string]string, len(found))
	for name, ix := range found {
		out[name] = describe(ix.unique, ix.partial, ix.columns)
	}
	return out
}

func (m *migration) wanted(t *driver.Table, ix driver.Index) string {
	return describe(ix.Unique, ix.Sparse, m.dialect.IndexColumns(t, ix))
}

func describe(unique, partial bool, columns []string) string {
	s := "(" + strings.ReplaceAll(strings.Join(columns, ", "), `"`, "") + ")"
	if unique {
		s = "unique " + s
	}
	if partial {
		s += " sparse"
	}
	return s
}
