package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/sqlite"
)

// The tables of these tests: an account, its bookings, and a log.
var (
	accountTable = &driver.Table{
		Name: "account", Key: 1, Version: 2,
		Columns: []driver.Column{
			{Name: "id", Kind: driver.UUID}, {Name: "code", Kind: driver.Text}, {Name: "version", Kind: driver.Int},
			{Name: "opened", Kind: driver.Date}, {Name: "seen", Kind: driver.Instant, Nullable: true}, {Name: "live", Kind: driver.Bool},
			{Name: "rate", Kind: driver.Decimal}, {Name: "fields", Kind: driver.JSON},
		},
		Indexes: []driver.Index{{Name: "code", Columns: []int{1}, Unique: true}, {Name: "by_opened", Columns: []int{3}}},
	}
	sumTable = &driver.Table{
		Name: "total", Key: 2, Version: -1,
		Columns: []driver.Column{{Name: "account", Kind: driver.UUID}, {Name: "line", Kind: driver.Int}, {Name: "n", Kind: driver.Int}},
		Parent:  &driver.ForeignKey{Table: accountTable, Columns: []int{0}},
	}
	logTable = &driver.Table{
		Name: "log", Key: 1, Version: -1, Tailed: true,
		Columns: []driver.Column{{Name: "id", Kind: driver.Int}, {Name: "what", Kind: driver.Text}},
	}
	schema = driver.Schema{Tables: []*driver.Table{sumTable, accountTable, logTable}}
)

func accountRow(n int, code string) driver.Row {
	return driver.Row{driver.UUIDValue([16]byte{15: byte(n)}), driver.TextValue(code), driver.IntValue(1), driver.IntValue(20_000 + int64(n)),
		driver.IntValue(1_700_000_000_123_456), driver.BoolValue(true), driver.TextValue("1.50"), driver.TextValue(`{"a": 1}`)}
}

func sumRow(account, line int, n int64) driver.Row {
	return driver.Row{driver.UUIDValue([16]byte{15: byte(account)}), driver.IntValue(int64(line)), driver.IntValue(n)}
}

func logRow(id int) driver.Row { return driver.Row{driver.IntValue(int64(id)), driver.TextValue("x")} }

func insert(t *driver.Table, rows ...driver.Row) driver.Op {
	return driver.Op{Kind: driver.Insert, Table: t, Rows: rows}
}

func migrated(t testing.TB, opts ...sqlite.Option) *sqlite.Engine {
	t.Helper()
	e := open(t, opts...)
	ok(t, e.Migrate(t.Context(), schema))
	return e
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func is(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got %v, want %v", err, want)
	}
}

func begin(t testing.TB, e *sqlite.Engine) driver.Tx {
	t.Helper()
	tx, err := e.Begin(t.Context(), driver.TxOptions{Tenant: "acme"})
	ok(t, err)
	t.Cleanup(func() { tx.Rollback(context.Background()) })
	return tx
}

func view(t testing.TB, e *sqlite.Engine) driver.Tx {
	t.Helper()
	tx, err := e.Begin(t.Context(), driver.TxOptions{Tenant: "acme", ReadOnly: true})
	ok(t, err)
	t.Cleanup(func() { tx.Rollback(context.Background()) })
	return tx
}

func apply(t testing.TB, e *sqlite.Engine, ops ...driver.Op) {
	t.Helper()
	ok(t, begin(t, e).Commit(t.Context(), ops...))
}

func all(t testing.TB, seq iter.Seq2[driver.Row, error]) (rows []driver.Row) {
	t.Helper()
	for r, err := range seq {
		ok(t, err)
		rows = append(rows, r)
	}
	return rows
}

func count(t testing.TB, e *sqlite.Engine, table string) (n int) {
	t.Helper()
	ok(t, e.DB().QueryRow("SELECT count(*) FROM tutas_"+table).Scan(&n))
	return n
}

func TestAFileThatCannotServeIsRefusedWhenOpened(t *testing.T) {
	text := filepath.Join(t.TempDir(), "notes.txt")
	ok(t, os.WriteFile(text, []byte(strings.Repeat("This is no database. ", 100)), 0o600))
	for path, want := range map[string]string{
		":memory:": "memory", "": "memory", "file::memory:?cache=shared": "memory",
		filepath.Join(t.TempDir(), "no", "such", "folder.db"): "unable to open", text: "not a database",
	} {
		e, err := sqlite.Open(t.Context(), path)
		if err == nil {
			e.Close()
			t.Errorf("%q was opened", path)
		} else if !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", path, err)
		}
	}
	for _, o := range []sqlite.Option{sqlite.Prefix(`x"; DROP TABLE y; --`), sqlite.Prefix("sqlite_"), sqlite.Synchronous("FULL); DROP")} {
		if e, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "a.db"), o); err == nil {
			e.Close()
			t.Error("a harmful option was taken")
		}
	}
}

func TestAnyToolCanReadTheColumns(t *testing.T) {
	e := migrated(t)
	apply(t, e, insert(accountTable, accountRow(7, "Қарыз")))
	var got [9]string
	ok(t, e.DB().QueryRow(`SELECT tenant, id, code, version, opened, seen, live, rate, fields FROM tutas_account`).Scan(
		&got[0], &got[1], &got[2], &got[3], &got[4], &got[5], &got[6], &got[7], &got[8]))
	want := [9]string{"acme", "00000000-0000-0000-0000-000000000007", "Қарыз", "1", "2024-10-11", "2023-11-14T22:13:20.123456Z", "1", "1.50", `{"a": 1}`}
	if got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestValuesThatTheFileCannotHoldAreRefused(t *testing.T) {
	e := migrated(t)
	for what, change := range map[string]func(driver.Row){
		"a date before year 1":    func(r driver.Row) { r[3] = driver.IntValue(-719163) },
		"a date after year 9999":  func(r driver.Row) { r[3] = driver.IntValue(2932897) },
		"an instant too late":     func(r driver.Row) { r[4] = driver.IntValue(math.MaxInt64) },
		"an instant too early":    func(r driver.Row) { r[4] = driver.IntValue(math.MinInt64) },
		"text that is not UTF-8":  func(r driver.Row) { r[1] = driver.TextValue("\xff") },
		"text with a NUL":         func(r driver.Row) { r[1] = driver.TextValue("a\x00b") },
		"null where there is one": func(r driver.Row) { r[1] = driver.Null },
	} {
		row := accountRow(1, "a")
		change(row)
		if err := begin(t, e).Commit(t.Context(), insert(accountTable, row)); err == nil {
			t.Errorf("%s was stored", what)
		}
	}
	if n := count(t, e, "account"); n != 0 {
		t.Errorf("%d rows were written", n)
	}
}

func TestADateOutsideTheCalendarStillComparesInAQuery(t *testing.T) {
	e := migrated(t)
	apply(t, e, insert(accountTable, accountRow(1, "a")))
	tx := begin(t, e)
	for _, c := range []struct {
		column int
		op     driver.CondOp
		bound  int64
		want   int
	}{
		{3, driver.Lt, math.MaxInt64, 1}, {3, driver.Gt, math.MaxInt64, 0}, {3, driver.Ge, math.MinInt64, 1}, {3, driver.Eq, math.MaxInt64, 0},
		{4, driver.Lt, math.MaxInt64, 1}, {4, driver.Gt, math.MinInt64, 1}, {4, driver.Le, math.MinInt64, 0}, {4, driver.Ne, math.MinInt64, 1},
	} {
		rows := all(t, tx.Query(t.Context(), driver.Query{Table: accountTable,
			Where: []driver.Cond{{Column: c.column, Op: c.op, Values: []driver.Value{driver.IntValue(c.bound)}}}}))
		if len(rows) != c.want {
			t.Errorf("%+v: %d rows", c, len(rows))
		}
	}
}

func TestALongListOfValuesIsOneArgument(t *testing.T) {
	e := migrated(t)
	hard := []string{"", `"`, `\`, "\n", "\x01", "\u2028", "ә", "'", "\U0001f600", "\x7f"}
	for i, c := range hard {
		apply(t, e, insert(accountTable, accountRow(i+1, c)))
	}
	var codes, ids, dates []driver.Value
	for i := range 5000 {
		codes = append(codes, driver.TextValue(fmt.Sprintf("no %d", i)))
		dates = append(dates, driver.IntValue(int64(i)))
		ids = append(ids, driver.UUIDValue([16]byte{0: 1, 14: byte(i >> 8), 15: byte(i)}))
	}
	for i, c := range hard {
		codes = append(codes, driver.TextValue(c))
		dates = append(dates, driver.IntValue(20_001+int64(i)))
		ids = append(ids, driver.UUIDValue([16]byte{15: byte(i + 1)}))
	}
	tx := begin(t, e)
	for column, values := range map[int][]driver.Value{0: ids, 1: codes, 3: dates} {
		rows := all(t, tx.Query(t.Context(), driver.Query{Table: accountTable, Where: []driver.Cond{{Column: column, Op: driver.In, Values: values}}}))
		if len(rows) != len(hard) {
			t.Errorf("column %d: %d of %d rows", column, len(rows), len(hard))
		}
	}
	ints := []driver.Value{driver.IntValue(math.MinInt64), driver.IntValue(math.MaxInt64)}
	for i := range 100 {
		ints = append(ints, driver.IntValue(int64(i)))
	}
	ok(t, tx.Commit(t.Context(), insert(sumTable, sumRow(1, 1, math.MinInt64), sumRow(1, 2, math.MaxInt64), sumRow(1, 3, -1))))
	rows := all(t, view(t, e).Query(t.Context(), driver.Query{Table: sumTable, Where: []driver.Cond{{Column: 2, Op: driver.In, Values: ints}}}))
	if len(rows) != 2 {
		t.Errorf("the ends of 64 bits: %v", rows)
	}
}

func TestASumIsExactToTheLastBit(t *testing.T) {
	e := migrated(t)
	apply(t, e, insert(accountTable, accountRow(1, "a"), accountRow(2, "b"), accountRow(3, "c")))
	apply(t, e, insert(sumTable,
		sumRow(1, 1, 5), sumRow(1, 2, 6),
		sumRow(2, 1, math.MaxInt64), sumRow(2, 2, math.MaxInt64), sumRow(2, 3, math.MinInt64), sumRow(2, 4, -math.MaxInt64), // overflows on the way
		sumRow(3, 1, math.MinInt64)))
	tx := begin(t, e)
	got := all(t, tx.Sum(t.Context(), driver.Query{Table: sumTable}, []int{2}, []int{0}))
	for i, want := range []int64{11, -1, math.MinInt64} {
		if got[i][1].Int() != want {
			t.Errorf("sum %d is %d, want %d", i, got[i][1].Int(), want)
		}
	}
	_, _ = tx.Do(t.Context(), insert(sumTable, sumRow(3, 2, -1)))
	var err error
	for _, err = range tx.Sum(t.Context(), driver.Query{Table: sumTable}, []int{2}, []int{0}) {
	}
	is(t, err, driver.ErrOverflow)
}

func TestAddRefusesToLeave64Bits(t *testing.T) {
	e := migrated(t)
	apply(t, e, insert(accountTable, accountRow(1, "a")))
	for _, c := range []struct{ stored, add int64 }{
		{math.MaxInt64, 1}, {math.MinInt64, -1}, {math.MinInt64, math.MinInt64}, {math.MaxInt64, math.MaxInt64}, {math.MinInt64 + 1, -2},
	} {
		apply(t, e, driver.Op{Kind: driver.Delete, Table: sumTable, Rows: []driver.Row{sumRow(1, 1, 0)}})
		apply(t, e, insert(sumTable, sumRow(1, 1, c.stored)))
		is(t, begin(t, e).Commit(t.Context(), driver.Op{Kind: driver.Add, Table: sumTable, Rows: []driver.Row{sumRow(1, 1, c.add)}, Sums: []int{2}}),
			driver.ErrOverflow)
		if got := all(t, view(t, e).Query(t.Context(), driver.Query{Table: sumTable}))[0][2].Int(); got != c.stored {
			t.Errorf("%d + %d left %d", c.stored, c.add, got)
		}
	}
}

func TestARefusedRowNamesTableAndIndex(t *testing.T) {
	e := migrated(t)
	apply(t, e, insert(accountTable, accountRow(1, "a")), insert(sumTable, sumRow(1, 1, 1)))
	for _, c := range []struct {
		op   driver.Op
		want driver.KeyError
	}{
		{insert(accountTable, accountRow(1, "b")), driver.KeyError{Table: "account", Err: driver.ErrExists}},
		{insert(accountTable, accountRow(2, "a")), driver.KeyError{Table: "account", Index: "code", Err: driver.ErrExists}},
		{insert(sumTable, sumRow(9, 1, 1)), driver.KeyError{Table: "total", Err: driver.ErrReference}},
		{driver.Op{Kind: driver.Delete, Table: accountTable, Rows: []driver.Row{accountRow(1, "a")[:1]}},
			driver.KeyError{Table: "account", Err: driver.ErrReference}},
	} {
		var got *driver.KeyError
		if err := begin(t, e).Commit(t.Context(), c.op); !errors.As(err, &got) || *got != c.want {
			t.Errorf("got %v, want %v", err, &c.want)
		}
	}
}

func TestAnUpdateInsideAnUpdateIsBusyAndSaysWhy(t *testing.T) {
	e := migrated(t, sqlite.BusyTimeout(50*time.Millisecond))
	outer := begin(t, e)
	_, err := outer.Do(t.Context(), insert(accountTable, accountRow(1, "a")))
	ok(t, err)
	inner := begin(t, e)
	err = inner.Commit(t.Context(), insert(accountTable, accountRow(2, "b")))
	is(t, err, driver.ErrBusy)
	if !strings.Contains(err.Error(), "Update inside an Update") {
		t.Errorf("the text does not name the cause: %v", err)
	}
	ok(t, outer.Commit(t.Context()))
}

func TestAnotherProcessThatHoldsTheFileIsBusy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "company.db")
	a := openFile(t, path)
	ok(t, a.Migrate(t.Context(), schema))
	b := openFile(t, path, sqlite.BusyTimeout(50*time.Millisecond))
	ok(t, b.Migrate(t.Context(), schema))
	holder := begin(t, a)
	_, err := holder.Do(t.Context(), insert(accountTable, accountRow(1, "a")))
	ok(t, err)
	err = begin(t, b).Commit(t.Context(), insert(accountTable, accountRow(2, "b")))
	is(t, err, driver.ErrBusy)
	if !strings.Contains(err.Error(), "another process") {
		t.Errorf("the text does not name the cause: %v", err)
	}
	ok(t, holder.Commit(t.Context()))
	apply(t, b, insert(accountTable, accountRow(2, "b")))
}

func TestAWriterThatWaitsGivesUpWithItsContext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "company.db")
	a, b := openFile(t, path), openFile(t, path)
	ok(t, a.Migrate(t.Context(), schema))
	ok(t, b.Migrate(t.Context(), schema))
	holder := begin(t, a)
	_, err := holder.Do(t.Context(), insert(accountTable, accountRow(1, "a")))
	ok(t, err)
	for what, e := range map[string]*sqlite.Engine{"in line": a, "at the file's lock": b} {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		start := time.Now()
		is(t, begin(t, e).Commit(ctx, insert(accountTable, accountRow(2, "b"))), context.DeadlineExceeded)
		if d := time.Since(start); d > 3*time.Second {
			t.Errorf("%s: it gave up after %v", what, d)
		}
		cancel()
	}
	ok(t, holder.Commit(t.Context()))
	apply(t, a, insert(accountTable, accountRow(2, "b")))
	apply(t, b, insert(accountTable, accountRow(3, "c")))
}

func TestACancelledContextLeavesTheConnectionUsable(t *testing.T) {
	e := migrated(t)
	for i := range 20 {
		ctx, cancel := context.WithCancel(t.Context())
		tx := begin(t, e)
		_, err := tx.Do(ctx, insert(accountTable, accountRow(1, "a")))
		ok(t, err)
		point, err := tx.Savepoint(ctx)
		ok(t, err)
		cancel()
		_, err = tx.Do(ctx, insert(accountTable, accountRow(2, "b")))
		is(t, err, context.Canceled)
		_, err = tx.Do(t.Context(), insert(accountTable, accountRow(3, "c")))
		is(t, err, driver.ErrDoomed)
		ok(t, point.RollBack(ctx))
		if i%2 == 0 {
			ok(t, tx.Rollback(ctx))
		} else {
			ok(t, tx.Commit(t.Context(), driver.Op{Kind: driver.Delete, Table: accountTable, Rows: []driver.Row{accountRow(1, "a")}}))
		}
		if n := count(t, e, "account"); n != 0 {
			t.Fatalf("%d rows are left", n)
		}
	}
}

func TestACloseEndsWhatIsOpen(t *testing.T) {
	e := migrated(t)
	w, r := begin(t, e), begin(t, e)
	_, err := w.Do(t.Context(), insert(accountTable, accountRow(1, "a")))
	ok(t, err)
	ok(t, e.Close())
	ok(t, e.Close())
	_, err = w.Do(t.Context(), insert(accountTable, accountRow(2, "b")))
	is(t, err, driver.ErrClosed)
	is(t, w.Commit(t.Context()), driver.ErrClosed)
	is(t, r.Commit(t.Context(), insert(accountTable, accountRow(2, "b"))), driver.ErrClosed)
	_, err = e.Begin(t.Context(), driver.TxOptions{})
	is(t, err, driver.ErrClosed)
	is(t, e.Migrate(t.Context(), schema), driver.ErrClosed)
}

func TestKeysetPagesAndKeysAreServedByIndexesAlone(t *testing.T) {
	e := migrated(t)
	for _, c := range []struct{ query, want string }{
		{`SELECT * FROM tutas_account WHERE tenant = ? AND (opened, id) > (?, ?) ORDER BY opened, id LIMIT ?`,
			"SEARCH tutas_account USING INDEX tutas_account$by_opened (tenant=? AND (opened,id)>(?,?))"},
		{`SELECT * FROM tutas_account WHERE tenant = ? AND (opened, id) < (?, ?) ORDER BY opened DESC, id DESC LIMIT ?`,
			"SEARCH tutas_account USING INDEX tutas_account$by_opened (tenant=? AND (opened,id)<(?,?))"},
		{`SELECT * FROM tutas_total WHERE tenant = ? AND (account, line) IN (VALUES (?, ?), (?, ?))`,
			"SEARCH tutas_total USING PRIMARY KEY (tenant=? AND account=? AND line=?)"},
		{`SELECT * FROM tutas_log WHERE tenant = ? AND tail_pos > ? AND tail_pos < ? ORDER BY tail_pos LIMIT ?`,
			"SEARCH tutas_log USING INDEX tutas_log$tail_pos (tenant=? AND tail_pos>? AND tail_pos<?)"},
	} {
		args := make([]any, strings.Count(c.query, "?"))
		for i := range args {
			args[i] = 1
		}
		rows, err := e.DB().Query("EXPLAIN QUERY PLAN "+c.query, args...)
		ok(t, err)
		var plan []string
		for rows.Next() {
			var a, b, d int
			var text string
			ok(t, rows.Scan(&a, &b, &d, &text))
			plan = append(plan, text)
		}
		ok(t, rows.Close())
		if len(plan) == 0 || plan[0] != c.want || strings.Contains(strings.Join(plan, " "), "TEMP B-TREE") {
			t.Errorf("%s\n  %s", c.query, strings.Join(plan, "\n  "))
		}
	}
}
