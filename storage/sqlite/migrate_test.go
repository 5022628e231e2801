package sqlite_test

import (
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tutas/tutas/storage/driver"
)

func drift(t *testing.T, e driver.Inspector, s driver.Schema) []string {
	t.Helper()
	d, err := e.Drift(t.Context(), s)
	ok(t, err)
	return d
}

func TestTwoProcessesMayMigrateAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "company.db")
	var wg sync.WaitGroup
	for range 4 {
		e := openFile(t, path)
		wg.Go(func() {
			for range 3 {
				if err := e.Migrate(t.Context(), schema); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if d := drift(t, openFile(t, path), schema); len(d) != 0 {
		t.Error(d)
	}
}

func TestThePrintedSchemaIsTheOneThatMigrateMakes(t *testing.T) {
	printed, made := open(t), open(t)
	for _, text := range printed.SQL(schema) {
		if _, err := printed.DB().Exec(text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	if d := drift(t, printed, schema); len(d) != 0 {
		t.Error(d)
	}
	ok(t, printed.Migrate(t.Context(), schema))
	ok(t, made.Migrate(t.Context(), schema))
	apply(t, printed, insert(logTable, logRow(1)))
	apply(t, made, insert(logTable, logRow(1)))
	const all = `SELECT group_concat(sql, char(10)) FROM (SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name)`
	var a, b string
	ok(t, printed.DB().QueryRow(all).Scan(&a))
	ok(t, made.DB().QueryRow(all).Scan(&b))
	if a != b {
		t.Errorf("printed:\n%s\nmade:\n%s", a, b)
	}
}

func TestATableThatComesToBeTailedKeepsItsRows(t *testing.T) {
	e := open(t)
	before := *logTable
	before.Tailed = false
	ok(t, e.Migrate(t.Context(), driver.Schema{Tables: []*driver.Table{&before}}))
	apply(t, e, insert(&before, logRow(2), logRow(1), logRow(3)))
	after := driver.Schema{Tables: []*driver.Table{logTable}}
	if d := drift(t, e, after); len(d) != 1 || !strings.Contains(d[0], "tail_pos") {
		t.Errorf("drift: %q", d)
	}
	for range 2 {
		ok(t, e.Migrate(t.Context(), after))
	}
	apply(t, e, insert(logTable, logRow(0)))
	page, err := view(t, e).Tail(t.Context(), driver.TailQuery{Table: logTable})
	ok(t, err)
	var ids []int64
	for _, r := range page.Rows {
		ids = append(ids, r[0].Int())
	}
	if !slices.Equal(ids, []int64{1, 2, 3, 0}) || page.Next != "4" {
		t.Errorf("the tail is %v up to %s", ids, page.Next)
	}
	if d := drift(t, e, after); len(d) != 0 {
		t.Error(d)
	}
}

func TestWhatSQLiteCannotAlterIsRefusedAndNamed(t *testing.T) {
	for what, change := range map[string]func(t *driver.Table){
		"stored as TEXT, declared as INTEGER": func(t *driver.Table) { t.Columns[1].Kind = driver.Int; t.Indexes = nil },
		"declared as nullable":                func(t *driver.Table) { t.Columns[1].Nullable = true; t.Indexes = nil },
		"declared as never null":              func(t *driver.Table) { t.Columns[4].Nullable = false },
		"stored with the key":                 func(t *driver.Table) { t.Key = 2 },
		"give it a new name":                  func(t *driver.Table) { t.Indexes[0].Columns = []int{1, 3} },
		"without its parent":                  func(t *driver.Table) { t.Parent = &driver.ForeignKey{Table: logTable, Columns: []int{2}} },
	} {
		e := migrated(t)
		evolved := *accountTable
		evolved.Columns, evolved.Indexes = slices.Clone(accountTable.Columns), slices.Clone(accountTable.Indexes)
		change(&evolved)
		s := driver.Schema{Tables: []*driver.Table{&evolved, logTable}}
		if d := drift(t, e, s); len(d) == 0 {
			t.Errorf("%s: no drift", what)
		}
		err := e.Migrate(t.Context(), s)
		is(t, err, driver.ErrSchema)
		if !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
		if d := drift(t, e, schema); len(d) != 0 {
			t.Errorf("%s: a refused migration left %v", what, d)
		}
	}
}

func TestAUniqueIndexOverRowsThatAreNotIsRefused(t *testing.T) {
	e := open(t)
	before := *accountTable
	before.Indexes = nil
	ok(t, e.Migrate(t.Context(), driver.Schema{Tables: []*driver.Table{&before}}))
	apply(t, e, insert(&before, accountRow(1, "a"), accountRow(2, "a")))
	is(t, e.Migrate(t.Context(), driver.Schema{Tables: []*driver.Table{accountTable}}), driver.ErrSchema)
	apply(t, e, insert(&before, accountRow(3, "a")))
}

func TestWhatTheHostAddedIsNoDrift(t *testing.T) {
	e := migrated(t)
	for _, text := range []string{
		`ALTER TABLE tutas_account ADD COLUMN host_note TEXT`,
		`CREATE INDEX host_index ON tutas_account (lower(code))`,
		`CREATE TABLE tutas_report (x INTEGER)`,
	} {
		_, err := e.DB().Exec(text)
		ok(t, err)
	}
	if d := drift(t, e, schema); len(d) != 0 {
		t.Error(d)
	}
	ok(t, e.Migrate(t.Context(), schema))
	apply(t, e, insert(accountTable, accountRow(1, "a")))
	_, err := e.DB().Exec(`DROP INDEX "tutas_account$code"`)
	ok(t, err)
	_, err = e.DB().Exec(`ALTER TABLE tutas_total DROP COLUMN n`)
	ok(t, err)
	want := []string{"table account: index code is not stored", "table total: column n is not stored"}
	if d := drift(t, e, schema); !slices.Equal(d, want) {
		t.Errorf("got %q, want %q", d, want)
	}
}
