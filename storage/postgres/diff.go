package postgres

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/internal/sqltext"
)

// A difference is one thing in which what is stored is not what is declared, and what brings it there.
type difference struct {
	say   string   // "" where it is of no interest
	do    []string // in the migration's transaction
	build *build   // afterwards
	check *validation
}

// A build makes an index, without blocking writers where the table has rows.
type build struct {
	table *driver.Table
	index driver.Index
	stale bool // a build that was interrupted left something behind
}

// A validation looks whether rows that were there before a foreign key fulfil it.
type validation struct {
	table *driver.Table
	sql   string
}

// tailIndex orders a tailed table.
const tailIndex = "$tail"

// hidden are the columns of a tailed table, besides the era, with what they hold in new rows and in those that are older than the tail.
var hidden = []struct{ name, kind, value, old string }{
	{txColumn, "xid8", txDefault, "'0'"},
	{placeColumn, "bigint", placeDefault, "0"},
	{timeColumn, "timestamptz", timeDefault, "'1970-01-01T00:00:00Z'"},
}

// typeNames holds what PostgreSQL calls the types that have a shorter name as well.
var typeNames = map[string]string{"timestamptz": "timestamp with time zone"}

func typeName(s string) string {
	if long, ok := typeNames[s]; ok {
		return long
	}
	return s
}

// diff compares. It fails with driver.ErrSchema on a difference that no migration can bridge; then the list ends there.
func (e *Engine) diff(c *catalog, tables []*driver.Table) ([]difference, error) {
	var out []difference
	if !c.schema {
		out = append(out, difference{say: "schema " + e.schema + " is missing", do: []string{"CREATE SCHEMA IF NOT EXISTS " + e.d.Quote(e.schema)}})
	}
	for _, t := range tables {
		stored := c.tables[t.Name]
		if stored == nil {
			out = append(out, e.newTable(c, t)...)
			continue
		}
		more, err := e.diffColumns(t, stored)
		out = append(out, more...)
		if err != nil {
			return out, err
		}
		if more, err = e.diffKeys(t, stored); err != nil {
			return append(out, more...), err
		}
		out = append(out, more...)
		out = append(out, e.diffTail(c, t, stored)...)
		if e.secure && !(stored.secure && stored.policies[tenantPolicy] && stored.policies[acrossPolicy]) {
			out = append(out, difference{say: "table " + t.Name + " is not under row-level security", do: e.secureSQL(t)})
		}
	}
	return out, nil
}

func (e *Engine) newTable(c *catalog, t *driver.Table) []difference {
	var extra []string
	if t.Tailed {
		extra = []string{e.d.Quote(eraColumn) + " bigint NOT NULL DEFAULT 0"}
		for _, h := range hidden {
			extra = append(extra, e.d.Quote(h.name)+" "+h.kind+" NOT NULL DEFAULT "+h.value)
		}
	}
	table := difference{say: "table " + t.Name + " is missing", do: []string{e.d.CreateTable(t, extra...)}}
	for _, ix := range sqltext.Indexes(t) {
		table.do = append(table.do, e.d.CreateIndex(t, ix, false))
	}
	if t.Tailed {
		table.do = append(table.do, e.createTail(t, false))
		if c.cluster != "" {
			table.do = append(table.do, e.noteCluster(t, c.cluster))
		}
	}
	if e.secure {
		table.do = append(table.do, e.secureSQL(t)...)
	}
	return []difference{table}
}

func (e *Engine) diffColumns(t *driver.Table, stored *storedTable) (out []difference, err error) {
	declared := map[string]bool{}
	for _, c := range t.Columns {
		declared[c.Name] = true
	}
	tenant := stored.columns[sqltext.Tenant]
	if tenant.kind != "text" || tenant.collate != "C" {
		return nil, fmt.Errorf("%w: table %s has no tenant column as we know it", driver.ErrSchema, t.Name)
	}
	alter := "ALTER TABLE " + e.d.Table(t.Name) + " ALTER COLUMN "
	for _, c := range t.Columns {
		where := "column " + t.Name + "." + c.Name
		have, ok := stored.columns[c.Name]
		for i := 0; !ok && i < len(c.Was); i++ {
			if was := c.Was[i]; !declared[was] {
				if have, ok = stored.columns[was]; ok {
					out = append(out, difference{say: where + " is still called " + was, do: []string{e.d.RenameColumn(t, was, c.Name)}})
					rename(stored, was, c.Name)
				}
			}
		}
		if !ok {
			out = append(out, difference{say: where + " is missing", do: []string{e.d.AddColumn(t, c)}})
			continue
		}
		want := typeName(e.d.Type(c.Kind))
		if have.kind != want {
			return out, fmt.Errorf("%w: %s is %s, not %s", driver.ErrSchema, where, have.kind, want)
		}
		if c.Kind == driver.Text && have.collate != "C" {
			return out, fmt.Errorf(`%w: %s is not ordered by COLLATE "C"`, driver.ErrSchema, where)
		}
		switch {
		case have.notNull && c.Nullable:
			out = append(out, difference{say: where + " does not take null", do: []string{alter + e.d.Quote(c.Name) + " DROP NOT NULL"}})
		case !have.notNull && !c.Nullable:
			out = append(out, difference{say: where + " takes null", do: []string{alter + e.d.Quote(c.Name) + " SET NOT NULL"}})
		}
		hasDefault := !c.Nullable || !c.Default.IsNull()
		literal := e.d.Literal(c.Kind, c.Default)
		switch {
		case !hasDefault && have.def != "":
			out = append(out, difference{say: where + " has a default", do: []string{alter + e.d.Quote(c.Name) + " DROP DEFAULT"}})
		case hasDefault && plain(c.Kind, have.def) != plain(c.Kind, literal):
			out = append(out, difference{say: where + " has another default", do: []string{alter + e.d.Quote(c.Name) + " SET DEFAULT " + literal}})
		}
	}
	return out, nil
}

// rename follows a renamed column through what else is known of the table, which the database renames along.
func rename(t *storedTable, from, to string) {
	t.columns[to] = t.columns[from]
	delete(t.columns, from)
	for name, ix := range t.indexes {
		for i, c := range ix.columns {
			if c == from {
				ix.columns[i] = to
			}
		}
		ix.where = strings.Replace(ix.where, from+" IS NOT NULL", to+" IS NOT NULL", 1)
		t.indexes[name] = ix
	}
	for _, f := range t.foreign {
		for i, c := range f.columns {
			if c == from {
				f.columns[i] = to
			}
		}
	}
}

// plain takes the quotes and the type off a literal, so that the ways in which it can be spelt compare equal.
func plain(k driver.Kind, s string) string {
	if strings.HasPrefix(s, "'") {
		if end := strings.LastIndexByte(s, '\''); end > 0 {
			s = strings.ReplaceAll(s[1:end], "''", "'")
		}
	} else if i := strings.Index(s, "::"); i >= 0 {
		s = strings.Trim(s[:i], "()")
	}
	if k == driver.Instant {
		// PostgreSQL writes the session's zone, which Migrate sets to UTC, and leaves out zeros at the end.
		s = strings.TrimSuffix(strings.TrimSuffix(strings.Replace(s, "T", " ", 1), "+00"), "Z")
		if strings.Contains(s, ".") {
			s = strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
		}
	}
	return s
}

// diffKeys compares the key, the indexes and the reference to the parent.
func (e *Engine) diffKeys(t *driver.Table, stored *storedTable) (out []difference, err error) {
	key := []string{sqltext.Tenant}
	for _, c := range t.Columns[:t.Key] {
		key = append(key, c.Name)
	}
	primary := stored.indexes[e.d.IndexName(t.Name, sqltext.KeyConstraint)]
	if !primary.primary || !slices.Equal(primary.columns, key) {
		return nil, fmt.Errorf("%w: table %s does not have the primary key (%s)", driver.ErrSchema, t.Name, strings.Join(key, ", "))
	}
	for _, ix := range sqltext.Indexes(t) {
		where := "index " + t.Name + "." + ix.Name
		have, ok := stored.indexes[e.d.IndexName(t.Name, ix.Name)]
		switch {
		case !ok:
			out = append(out, difference{say: where + " is missing", build: &build{table: t, index: ix}})
		case !slices.Equal(have.columns, e.indexColumns(t, ix)) || have.unique != ix.Unique || have.where != sparseOf(t, ix):
			return out, fmt.Errorf("%w: %s is stored in another form: give the new one another name", driver.ErrSchema, where)
		case !have.valid:
			out = append(out, difference{say: where + " was not built to the end", build: &build{table: t, index: ix, stale: true}})
		}
	}
	return append(out, e.diffParent(t, stored)...), nil
}

func (e *Engine) indexColumns(t *driver.Table, ix driver.Index) []string {
	names := e.d.IndexColumns(t, ix)
	for i, n := range names {
		names[i] = strings.Trim(n, `"`) // names hold no quotes
	}
	return names
}

// sparseOf spells the condition of a sparse index as we keep it from the catalog.
func sparseOf(t *driver.Table, ix driver.Index) string {
	if !ix.Sparse {
		return ""
	}
	return t.Columns[ix.Columns[0]].Name + " IS NOT NULL"
}

func (e *Engine) diffParent(t *driver.Table, stored *storedTable) []difference {
	if t.Parent == nil {
		return nil
	}
	name := e.d.IndexName(t.Name, sqltext.ParentConstraint)
	have, ok := stored.foreign[name]
	validate := &validation{table: t, sql: "ALTER TABLE " + e.d.Table(t.Name) + " VALIDATE CONSTRAINT " + e.d.Quote(name)}
	switch {
	case !ok:
		return []difference{{
			say:   "table " + t.Name + " does not refer to " + t.Parent.Table.Name,
			do:    []string{"ALTER TABLE " + e.d.Table(t.Name) + " ADD " + e.d.ParentSQL(t) + " NOT VALID"},
			check: validate,
		}}
	case !have.valid:
		return []difference{{say: "the reference of " + t.Name + " to " + t.Parent.Table.Name + " was never checked", check: validate}}
	}
	return nil
}

func (e *Engine) diffTail(c *catalog, t *driver.Table, stored *storedTable) []difference {
	if !t.Tailed {
		return nil
	}
	var out []difference
	era, ok := stored.columns[eraColumn]
	alter := "ALTER TABLE " + e.d.Table(t.Name)
	switch {
	case !ok: // rows that are there already count as old, in key order; constants, so that the table is not written anew
		out = append(out, difference{say: "table " + t.Name + " is not tailed",
			do: append([]string{alter + " ADD COLUMN " + e.d.Quote(eraColumn) + " bigint NOT NULL DEFAULT 0"}, e.addHidden(t, stored)...)})
		if c.cluster != "" {
			out = append(out, difference{do: []string{e.noteCluster(t, c.cluster)}})
		}
	case c.cluster != "" && era.comment == "":
		out = append(out, difference{do: []string{e.noteCluster(t, c.cluster)}})
	case c.cluster != "" && era.comment != clusterNote(c.cluster):
		out = append(out, e.rebase(c, t, era))
	}
	if _, placed := stored.columns[placeColumn]; ok && !placed {
		out = append(out, e.oldTail(t, stored))
	}
	have, ok := stored.indexes[e.d.IndexName(t.Name, tailIndex)]
	if !ok || !have.valid || !slices.Contains(have.columns, placeColumn) {
		out = append(out, difference{say: "the tail of " + t.Name + " has no index",
			build: &build{table: t, index: driver.Index{Name: tailIndex}, stale: ok}})
	}
	return out
}

// addHidden adds the hidden columns that are missing.
func (e *Engine) addHidden(t *driver.Table, stored *storedTable) (do []string) {
	for _, h := range hidden {
		if _, ok := stored.columns[h.name]; ok {
			continue
		}
		alter := "ALTER TABLE " + e.d.Table(t.Name)
		do = append(do, alter+" ADD COLUMN "+e.d.Quote(h.name)+" "+h.kind+" NOT NULL DEFAULT "+h.old,
			alter+" ALTER COLUMN "+e.d.Quote(h.name)+" SET DEFAULT "+h.value)
	}
	return do
}

// oldTail gives places to rows of a table from before places were kept: those of their transactions, so that the order and the readers' positions
// stay. It writes each row once, and rows cannot be added meanwhile.
func (e *Engine) oldTail(t *driver.Table, stored *storedTable) difference {
	return difference{say: "the tail of " + t.Name + " has no places", do: append(e.addHidden(t, stored),
		"UPDATE "+e.d.Table(t.Name)+" SET "+e.d.Quote(placeColumn)+" = 2 * ("+e.d.Quote(txColumn)+"::text)::bigint")}
}

// rebase begins a new era. The rows were dumped in one cluster and restored in another, which counts its transactions from
// a lower number: without an era in front, what comes next would sort before what is there, and readers would miss it.
func (e *Engine) rebase(c *catalog, t *driver.Table, era storedColumn) difference {
	n, _ := strconv.ParseInt(strings.Trim(plain(driver.Int, era.def), "'"), 10, 64) // a default that is no number counts as 0
	return difference{say: "the rows of " + t.Name + " come from another cluster", do: []string{
		"ALTER TABLE " + e.d.Table(t.Name) + " ALTER COLUMN " + e.d.Quote(eraColumn) + " SET DEFAULT " + strconv.FormatInt(n+1, 10),
		e.noteCluster(t, c.cluster),
	}}
}

func clusterNote(cluster string) string { return "cluster " + cluster }

func (e *Engine) noteCluster(t *driver.Table, cluster string) string {
	return "COMMENT ON COLUMN " + e.d.Table(t.Name) + "." + e.d.Quote(eraColumn) + " IS '" + clusterNote(cluster) + "'"
}

func (e *Engine) createTail(t *driver.Table, concurrently bool) string {
	word := ""
	if concurrently {
		word = "CONCURRENTLY "
	}
	return "CREATE INDEX " + word + e.d.Quote(e.d.IndexName(t.Name, tailIndex)) + " ON " + e.d.Table(t.Name) +
		" (" + e.d.Quote(sqltext.Tenant) + ", " + compile(e.d, t).tailColumns() + ")"
}
