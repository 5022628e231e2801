package sqlite_test

import (
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/sqlite"
)

func hostDB(t *testing.T, path, more string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(50)"+more)
	ok(t, err)
	t.Cleanup(func() { db.Close() })
	return db
}

func joined(t *testing.T) (*sqlite.Engine, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "company.db")
	e := openFile(t, path)
	ok(t, e.Migrate(t.Context(), schema))
	_, err := e.DB().Exec(`CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT)`)
	ok(t, err)
	return e, path
}

func TestTheHostsTransactionDecides(t *testing.T) {
	e, _ := joined(t)
	for _, commit := range []bool{false, true} {
		host, err := e.DB().BeginTx(t.Context(), nil)
		ok(t, err)
		_, err = host.Exec(`INSERT INTO customer (name) VALUES ('Asel')`)
		ok(t, err)
		h := e.Join(host)
		tx, err := h.Bind(t.Context(), "acme")
		ok(t, err)
		_, err = tx.Do(t.Context(), insert(accountTable, accountRow(1, "refused")))
		ok(t, err)
		is(t, tx.Commit(t.Context(), insert(sumTable, sumRow(9, 9, 9))), driver.ErrReference) // a refusal leaves only the host's work
		tx, err = h.Bind(t.Context(), "other")
		ok(t, err)
		ok(t, tx.Commit(t.Context(), insert(accountTable, accountRow(2, "b")), insert(logTable, logRow(1))))
		want := 0
		if commit {
			ok(t, host.Commit())
			want = 1
		} else {
			ok(t, host.Rollback())
		}
		if c, a, l := count2(t, e, "customer"), count(t, e, "account"), count(t, e, "log"); c != want || a != want || l != want {
			t.Errorf("commit %v: %d customers, %d accounts, %d log rows", commit, c, a, l)
		}
		_, err = h.Bind(t.Context(), "acme")
		is(t, err, driver.ErrClosed)
	}
}

func count2(t *testing.T, e *sqlite.Engine, table string) (n int) {
	t.Helper()
	ok(t, e.DB().QueryRow("SELECT count(*) FROM "+table).Scan(&n))
	return n
}

func TestAHostWithoutForeignKeysIsRefused(t *testing.T) {
	e, path := joined(t)
	host, err := hostDB(t, path, "").BeginTx(t.Context(), nil)
	ok(t, err)
	defer host.Rollback()
	_, err = e.Join(host).Bind(t.Context(), "acme")
	is(t, err, driver.ErrSchema)
}

func TestAHostThatReadBeforeOthersWroteIsAConflict(t *testing.T) {
	e, path := joined(t)
	host, err := hostDB(t, path, "&_pragma=foreign_keys(1)").BeginTx(t.Context(), nil) // deferred: no lock yet
	ok(t, err)
	defer host.Rollback()
	var n int
	ok(t, host.QueryRow(`SELECT count(*) FROM customer`).Scan(&n))
	apply(t, e, insert(accountTable, accountRow(1, "a")))
	_, err = e.Join(host).Bind(t.Context(), "acme")
	is(t, err, driver.ErrConflict)
	ok(t, host.QueryRow(`SELECT count(*) FROM customer`).Scan(&n)) // the host's transaction goes on
}

func TestAnUpdateBesideTheHostsTransactionIsBusy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "company.db")
	e := openFile(t, path, sqlite.BusyTimeout(50_000_000))
	ok(t, e.Migrate(t.Context(), schema))
	host, err := e.DB().BeginTx(t.Context(), nil)
	ok(t, err)
	is(t, begin(t, e).Commit(t.Context(), insert(accountTable, accountRow(1, "a"))), driver.ErrBusy)
	ok(t, host.Rollback())
	apply(t, e, insert(accountTable, accountRow(1, "a")))
}

func TestOwnRowsAreInATailOnlyWhenUnsettled(t *testing.T) {
	e, _ := joined(t)
	apply(t, e, insert(logTable, logRow(1)))
	tx := begin(t, e)
	_, err := tx.Do(t.Context(), insert(logTable, logRow(2)))
	ok(t, err)
	for unsettled, want := range map[bool]int{false: 1, true: 2} {
		page, err := tx.Tail(t.Context(), driver.TailQuery{Table: logTable, Unsettled: unsettled})
		ok(t, err)
		if len(page.Rows) != want || page.Behind {
			t.Errorf("unsettled %v: %d rows, behind %v", unsettled, len(page.Rows), page.Behind)
		}
	}
}

func TestADeletedLastRowDoesNotGiveItsPlaceAway(t *testing.T) {
	e, _ := joined(t)
	apply(t, e, insert(logTable, logRow(1), logRow(2)))
	page, err := view(t, e).Tail(t.Context(), driver.TailQuery{Table: logTable})
	ok(t, err)
	apply(t, e, driver.Op{Kind: driver.Delete, Table: logTable, Rows: []driver.Row{logRow(2)[:1]}})
	apply(t, e, insert(logTable, logRow(3)))
	page, err = view(t, e).Tail(t.Context(), driver.TailQuery{Table: logTable, After: page.Next})
	ok(t, err)
	if len(page.Rows) != 1 || page.Rows[0][0].Int() != 3 {
		t.Errorf("after a deletion the tail holds %v", page.Rows)
	}
	for _, bad := range []driver.Position{"x", "-1", "1.5", "99999999999999999999"} {
		if _, err := view(t, e).Tail(t.Context(), driver.TailQuery{Table: logTable, After: bad}); err == nil {
			t.Errorf("the position %q was taken", bad)
		}
	}
}

func TestAnAbsentValueIsReadInTheHostsTransactionToo(t *testing.T) {
	e, _ := joined(t)
	row := accountRow(1, "a")
	row[4] = driver.Null
	host, err := e.DB().BeginTx(t.Context(), nil)
	ok(t, err)
	defer host.Rollback()
	tx, err := e.Join(host).Bind(t.Context(), "acme")
	ok(t, err)
	_, err = tx.Do(t.Context(), insert(accountTable, row))
	ok(t, err)
	for got, err := range tx.Query(t.Context(), driver.Query{Table: accountTable}) {
		ok(t, err)
		if !got[4].IsNull() || got[1] != row[1] {
			t.Errorf("read %v", got)
		}
	}
}
