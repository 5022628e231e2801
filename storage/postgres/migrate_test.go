package postgres

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tutas/tutas/storage/driver"
)

// staff is a schema with everything in it: kinds, defaults, a parent, indexes of all sorts, a tail.
func staff() driver.Schema {
	all := &driver.Table{Name: "everything", Key: 2, Version: 2, Tailed: true, Columns: []driver.Column{
		{Name: "id", Kind: driver.UUID}, {Name: "at", Kind: driver.Instant}, {Name: "version", Kind: driver.Int, Default: driver.IntValue(-5)},
		{Name: "name", Kind: driver.Text, Default: driver.TextValue(`it's "so" \ ::text`)}, {Name: "ok", Kind: driver.Bool, Default: driver.BoolValue(true)},
		{Name: "day", Kind: driver.Date, Default: driver.IntValue(-200_000)}, {Name: "due", Kind: driver.Instant, Default: driver.IntValue(1_500_000)},
		{Name: "rate", Kind: driver.Decimal, Default: driver.TextValue("-1.50")}, {Name: "meta", Kind: driver.JSON, Default: driver.TextValue(`{"a": 1}`)},
		{Name: "owner", Kind: driver.UUID, Default: driver.UUIDValue([16]byte{0xab})}, {Name: "select", Kind: driver.Text, Nullable: true},
		{Name: "maybe", Kind: driver.Int, Nullable: true, Default: driver.IntValue(7)}, {Name: "early", Kind: driver.Instant, Default: driver.IntValue(-62_135_596_800_000_000)},
		{Name: "none", Kind: driver.Decimal}, {Name: "nothing", Kind: driver.JSON}, {Name: "empty", Kind: driver.Text},
	}, Indexes: []driver.Index{
		{Name: "by_name", Columns: []int{3}}, {Name: "due", Columns: []int{6}, Global: true}, {Name: "chosen", Columns: []int{10}, Sparse: true},
		{Name: "one", Columns: []int{10, 3}, Unique: true, Sparse: true}, {Name: "world", Columns: []int{9}, Unique: true, Global: true},
	}}
	child := &driver.Table{Name: strings.Repeat("c", 48), Key: 1, Version: -1, Columns: []driver.Column{
		{Name: "no", Kind: driver.Int}, {Name: "up", Kind: driver.UUID}, {Name: "up_at", Kind: driver.Instant}, {Name: strings.Repeat("n", 48), Kind: driver.Int},
	}, Parent: &driver.ForeignKey{Table: all, Columns: []int{1, 2}},
		Indexes: []driver.Index{{Name: strings.Repeat("x", 48), Columns: []int{3}, Unique: true}, {Name: strings.Repeat("x", 47) + "y", Columns: []int{3}}}}
	return driver.Schema{Tables: []*driver.Table{child, all}}
}

func noDrift(t *testing.T, e *Engine, s driver.Schema) {
	t.Helper()
	if drift, err := e.Drift(t.Context(), s); err != nil || len(drift) > 0 {
		t.Errorf("drift: %s (%v)", strings.Join(drift, "; "), err)
	}
}

func TestAFreshSchemaHasNoDrift(t *testing.T) {
	pool := newPool(t)
	for _, opts := range [][]Option{nil, {Schema("with row security"), WithRowSecurity()}, {Schema(`a "quoted" one`)}} {
		e := newEngine(t, pool, opts...)
		if drift, err := e.Drift(t.Context(), staff()); err != nil || len(drift) < 2 {
			t.Errorf("nothing is there, but the drift is %v (%v)", drift, err)
		}
		for range 2 {
			migrated(t, e, staff().Tables...)
			noDrift(t, e, staff())
		}
	}
}

func TestTheSessionsTimeZoneMakesNoDrift(t *testing.T) {
	pool := newPool(t)
	command(t, pool, `DO $$ BEGIN EXECUTE 'ALTER DATABASE "' || current_database() || '" SET timezone = ''Asia/Almaty'''; END $$`)
	pool.Reset()
	e := newEngine(t, pool)
	migrated(t, e, staff().Tables...)
	noDrift(t, e, staff())
}

func TestThePrintedSchemaIsTheMigratedOne(t *testing.T) {
	pool := newPool(t)
	e := newEngine(t, pool, WithRowSecurity())
	for _, sql := range e.SQL(staff()) {
		command(t, pool, sql)
	}
	noDrift(t, e, staff())
	migrated(t, e, staff().Tables...)
}

func TestAnErrorNamesTheIndexHoweverLongItsName(t *testing.T) {
	e := newEngine(t, newPool(t))
	s := staff()
	migrated(t, e, s.Tables...)
	child, all := s.Tables[0], s.Tables[1]
	parent := driver.Row{driver.UUIDValue(benchID(1)), driver.IntValue(0), driver.IntValue(1), driver.TextValue(""), driver.BoolValue(true), driver.IntValue(0),
		driver.IntValue(0), driver.TextValue("0"), driver.TextValue("1"), driver.UUIDValue(benchID(2)), driver.Null, driver.Null, driver.IntValue(0),
		driver.TextValue("0"), driver.TextValue("1"), driver.TextValue("")}
	line := func(no, n int64) driver.Row {
		return driver.Row{driver.IntValue(no), driver.UUIDValue(benchID(1)), driver.IntValue(0), driver.IntValue(n)}
	}
	commit(t, e, driver.Op{Kind: driver.Insert, Table: all, Rows: []driver.Row{parent}},
		driver.Op{Kind: driver.Insert, Table: child, Rows: []driver.Row{line(1, 1)}})
	for index, row := range map[string]driver.Row{"": line(1, 2), child.Indexes[0].Name: line(2, 1)} {
		tx := begun(t, e)
		err := tx.Commit(t.Context(), driver.Op{Kind: driver.Insert, Table: child, Rows: []driver.Row{row}})
		var k *driver.KeyError
		if !errors.As(err, &k) || k.Table != child.Name || k.Index != index {
			t.Errorf("%v does not name the index %q", err, index)
		}
	}
}

func TestDriftNamesEachDifference(t *testing.T) {
	pool := newPool(t)
	e := newEngine(t, pool)
	migrated(t, e, staff().Tables...)
	command(t, pool, "ALTER TABLE tutas.everything ADD COLUMN hosts_own text, DROP COLUMN empty")
	command(t, pool, "CREATE INDEX hosts_own ON tutas.everything (hosts_own)")
	command(t, pool, "ALTER TABLE tutas.everything ALTER COLUMN ok SET DEFAULT false, ALTER COLUMN day DROP NOT NULL, ALTER COLUMN day DROP DEFAULT")
	command(t, pool, `DROP INDEX tutas."everything$by_name"`)
	drift, err := e.Drift(t.Context(), staff())
	want := []string{
		"column everything.day has another default", "column everything.day takes null", "column everything.empty is missing",
		"column everything.ok has another default", "index everything.by_name is missing",
	}
	if err != nil || !slices.Equal(drift, want) {
		t.Errorf("drift:\n%s\nwant:\n%s\n(%v)", strings.Join(drift, "\n"), strings.Join(want, "\n"), err)
	}
	migrated(t, e, staff().Tables...)
	noDrift(t, e, staff())
	command(t, pool, "ALTER TABLE tutas.everything ALTER COLUMN maybe TYPE numeric")
	if drift, err := e.Drift(t.Context(), staff()); err != nil || len(drift) != 1 || !strings.Contains(drift[0], "numeric") {
		t.Errorf("drift: %v (%v)", drift, err)
	}
	if err := e.Migrate(t.Context(), staff()); !errors.Is(err, driver.ErrSchema) {
		t.Errorf("a column of another type was taken: %v", err)
	}
}

func TestAnInterruptedIndexIsBuiltAnew(t *testing.T) {
	pool := newPool(t)
	e := newEngine(t, pool)
	box := outbox()
	migrated(t, e, box)
	commit(t, e, driver.Op{Kind: driver.Insert, Table: box, Rows: []driver.Row{
		{driver.UUIDValue(benchID(1)), driver.TextValue("twice")}, {driver.UUIDValue(benchID(2)), driver.TextValue("twice")}}})
	better := outbox()
	better.Indexes = []driver.Index{{Name: "what", Columns: []int{1}, Unique: true}}
	if err := e.Migrate(t.Context(), driver.Schema{Tables: []*driver.Table{better}}); !errors.Is(err, driver.ErrSchema) {
		t.Errorf("a unique index over equal rows gave %v", err)
	}
	commit(t, e, insertEvents(box, 3)) // and the store works on
	// The server died in the middle: the index is there, and invalid.
	if _, err := pool.Exec(t.Context(), e.d.CreateIndex(better, better.Indexes[0], true)); err == nil {
		t.Fatal("the index was built")
	}
	schema := driver.Schema{Tables: []*driver.Table{better}}
	if drift, err := e.Drift(t.Context(), schema); err != nil || len(drift) != 1 || !strings.Contains(drift[0], "not built to the end") {
		t.Errorf("drift: %v (%v)", drift, err)
	}
	commit(t, e, driver.Op{Kind: driver.Delete, Table: box, Rows: []driver.Row{{driver.UUIDValue(benchID(2))}}})
	migrated(t, e, better)
	noDrift(t, e, schema)
}

func TestManyProcessesMayMigrateAtOnce(t *testing.T) {
	pool := newPool(t)
	first := outbox()
	migrated(t, newEngine(t, pool), first)
	commitTo := newEngine(t, pool)
	commitTo.learn([]*driver.Table{first})
	commit(t, commitTo, insertEvents(first, 1, 2, 3))
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			next := outbox()
			next.Columns = append(next.Columns, driver.Column{Name: "extra", Kind: driver.Int})
			next.Indexes = []driver.Index{{Name: "what", Columns: []int{1}}, {Name: "extra", Columns: []int{2}}}
			e := newEngine(t, pool)
			if err := e.Migrate(t.Context(), driver.Schema{Tables: []*driver.Table{next, staff().Tables[1]}}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

func TestAnAddedColumnDoesNotRewriteTheTable(t *testing.T) {
	pool := newPool(t)
	e := newEngine(t, pool)
	plain := outbox()
	plain.Tailed = false
	migrated(t, e, plain)
	commit(t, e, insertEvents(plain, 1, 2, 3))
	file := func() (n int64) {
		t.Helper()
		if err := pool.QueryRow(t.Context(), "SELECT pg_relation_filenode('tutas.outbox')::bigint").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := file()
	more := outbox()
	more.Columns = append(more.Columns, staff().Tables[1].Columns[3:]...)
	migrated(t, e, more)
	if file() != before {
		t.Error("the table was rewritten")
	}
	noDrift(t, e, driver.Schema{Tables: []*driver.Table{more}})
}

func TestAMigrationDoesNotWaitForeverBehindAnOpenTransaction(t *testing.T) {
	pool := newPool(t)
	e := newEngine(t, pool, BusyTimeout(100*time.Millisecond))
	box := outbox()
	migrated(t, e, box)
	holder := begun(t, e, insertEvents(box, 1))
	more := outbox()
	more.Columns = append(more.Columns, driver.Column{Name: "extra", Kind: driver.Int})
	schema := driver.Schema{Tables: []*driver.Table{more}}
	if err := e.Migrate(t.Context(), schema); !errors.Is(err, driver.ErrBusy) {
		t.Errorf("behind an open transaction, Migrate gave %v", err)
	}
	if err := holder.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	migrated(t, e, more)
}
