package postgres

import (
	"bytes"
	"context"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tutas/tutas/storage/driver"
)

func TestWhatTheServerSaysBecomesTheContractsErrors(t *testing.T) {
	e := &Engine{schema: "tutas", busy: time.Second}
	e.known.Store(&known{names: map[string]driver.KeyError{
		"lines$key": {Table: "lines"}, "lines$by_no": {Table: "lines", Index: "by_no"}, "lines$by_7": {Table: "lines", Index: "by_7"},
	}})
	lines := about{table: &driver.Table{Name: "lines"}}
	key := func(index string, err error) *driver.KeyError {
		return &driver.KeyError{Table: "lines", Index: index, Err: err}
	}
	for _, c := range []struct {
		pg    pgconn.PgError
		about about
		want  error
		key   *driver.KeyError
	}{
		{pg: pgconn.PgError{Code: "23505", ConstraintName: "lines$key"}, want: driver.ErrExists, key: key("", driver.ErrExists)},
		{pg: pgconn.PgError{Code: "23505", ConstraintName: "lines$key_102008"}, want: driver.ErrExists, key: key("", driver.ErrExists)},
		{pg: pgconn.PgError{Code: "23505", ConstraintName: "lines$by_no_102008"}, want: driver.ErrExists, key: key("by_no", driver.ErrExists)},
		{pg: pgconn.PgError{Code: "23505", ConstraintName: "lines$by_7"}, want: driver.ErrExists, key: key("by_7", driver.ErrExists)},
		{pg: pgconn.PgError{Code: "23505", ConstraintName: "hosts_own"}, want: driver.ErrExists, key: key("hosts_own", driver.ErrExists)},
		{pg: pgconn.PgError{Code: "23503", ConstraintName: "lines$parent"}, want: driver.ErrReference, key: key("", driver.ErrReference)},
		{pg: pgconn.PgError{Code: "40001"}, want: driver.ErrConflict},
		{pg: pgconn.PgError{Code: "40P01"}, want: driver.ErrConflict},
		{pg: pgconn.PgError{Code: "XX000", Message: "could not commit transaction for shard 7 on any active node"}, want: driver.ErrConflict},
		{pg: pgconn.PgError{Code: "22012"}, about: about{table: lines.table, checked: true}, want: driver.ErrConflict},
		{pg: pgconn.PgError{Code: "26000"}, want: driver.ErrConflict},
		{pg: pgconn.PgError{Code: "55P03"}, want: driver.ErrBusy},
		{pg: pgconn.PgError{Code: "57014", Message: "canceling statement due to lock timeout"}, want: driver.ErrBusy},
		{pg: pgconn.PgError{Code: "22003"}, want: driver.ErrOverflow},
		{pg: pgconn.PgError{Code: "25006"}, want: driver.ErrReadOnly},
		{pg: pgconn.PgError{Code: "25P02"}, want: driver.ErrDoomed},
		{pg: pgconn.PgError{Code: "42P01"}, want: driver.ErrSchema},
	} {
		if c.about.table == nil {
			c.about = lines
		}
		err := e.explain(t.Context(), &c.pg, c.about)
		if !errors.Is(err, c.want) {
			t.Errorf("%s %s: %v, want %v", c.pg.Code, c.pg.Message, err, c.want)
		}
		var k *driver.KeyError
		if c.key != nil && (!errors.As(err, &k) || *k != *c.key) {
			t.Errorf("%s %s: %v, want %v", c.pg.Code, c.pg.ConstraintName, err, c.key)
		}
	}
	for _, code := range []string{"22012", "XX000", "57014", "0A000", "23502"} {
		err := e.explain(t.Context(), &pgconn.PgError{Code: code}, lines)
		for _, not := range []error{driver.ErrConflict, driver.ErrBusy, driver.ErrExists} {
			if errors.Is(err, not) {
				t.Errorf("%s: %v is none of ours", code, err)
			}
		}
	}
}

// A cutter is a connection that breaks when COMMIT is about to be sent, or has been sent.
type cutter struct {
	net.Conn
	armed *atomic.Int32 // 1: before it is sent, 2: after
}

func (c cutter) Write(b []byte) (int, error) {
	if !bytes.Contains(b, []byte("tutas_")) || c.armed.Load() == 0 {
		return c.Conn.Write(b)
	}
	n := 0
	var err error
	if c.armed.Load() == 2 {
		n, err = c.Conn.Write(b)
		if err == nil { // the answer is on its way, but will not be read
			one := make([]byte, 1)
			_, _ = c.Conn.Read(one)
		}
	}
	_ = c.Conn.Close()
	if err == nil && c.armed.Load() == 1 {
		err = errors.New("cut")
	}
	return n, err
}

func TestACommitWhoseAnswerIsLostIsUnknown(t *testing.T) {
	var armed atomic.Int32
	pool := newPool(t, func(c *pgxpool.Config) {
		dial := c.ConnConfig.DialFunc
		c.ConnConfig.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := dial(ctx, network, addr)
			return cutter{conn, &armed}, err
		}
	})
	e := newEngine(t, pool)
	entries, _ := benchTables()
	migrated(t, e, entries)
	insert := func(n int) driver.Op {
		return driver.Op{Kind: driver.Insert, Table: entries, Rows: []driver.Row{benchEntry(n).row()}}
	}
	commit(t, e, insert(0))
	for n, reached := range map[int]bool{1: false, 2: true} {
		tx, err := e.Begin(t.Context(), driver.TxOptions{Tenant: "acme"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Do(t.Context(), insert(10*n)); err != nil {
			t.Fatal(err)
		}
		armed.Store(int32(n))
		err = tx.Commit(t.Context(), insert(10*n+1))
		armed.Store(0)
		if err == nil || errors.Is(err, driver.ErrUnknown) != reached {
			t.Errorf("a commit that was cut off gave %v; did it reach the server: %v", err, reached)
		}
		var there int
		err = pool.QueryRow(t.Context(), "SELECT count(*) FROM tutas.entries WHERE amount IN ($1, $2)", 10*n, 10*n+1).Scan(&there)
		if want := map[bool]int{false: 0, true: 2}[reached]; err != nil || there != want {
			t.Errorf("%d rows are there, want %d (%v)", there, want, err)
		}
	}
	// An error that the server did give, before COMMIT was reached, is no riddle.
	tx, err := e.Begin(t.Context(), driver.TxOptions{Tenant: "acme"})
	if err == nil {
		err = tx.Commit(t.Context(), insert(30), insert(0))
	}
	if !errors.Is(err, driver.ErrExists) || errors.Is(err, driver.ErrUnknown) {
		t.Errorf("a refused commit gave %v", err)
	}
}

func TestALostConnectionBeforeTheCommitIsNoRiddle(t *testing.T) {
	pool := newPool(t)
	e := newEngine(t, pool)
	entries, _ := benchTables()
	migrated(t, e, entries)
	insert := func(n int) driver.Op {
		return driver.Op{Kind: driver.Insert, Table: entries, Rows: []driver.Row{benchEntry(n).row()}}
	}
	tx, err := e.Begin(t.Context(), driver.TxOptions{Tenant: "acme"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Do(t.Context(), insert(1)); err != nil {
		t.Fatal(err)
	}
	sp, err := tx.Savepoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	command(t, pool, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
	_, err = tx.Do(t.Context(), insert(2))
	if err == nil || errors.Is(err, driver.ErrUnknown) {
		t.Errorf("a statement on a dead connection gave %v", err)
	}
	if err := sp.RollBack(t.Context()); !errors.Is(err, driver.ErrDoomed) {
		t.Errorf("returning to a savepoint that died with its connection gave %v", err)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Errorf("rolling back what the server has undone already gave %v", err)
	}
	commit(t, e, insert(3))
}

func TestAConnectionThatForgotItsStatementsRecovers(t *testing.T) {
	pool := newPool(t, func(c *pgxpool.Config) { c.MaxConns = 1 })
	e := newEngine(t, pool)
	entries, _ := benchTables()
	migrated(t, e, entries)
	insert := func(n int) driver.Op {
		return driver.Op{Kind: driver.Insert, Table: entries, Rows: []driver.Row{benchEntry(n).row()}}
	}
	commit(t, e, insert(1))
	command(t, pool, "DEALLOCATE ALL")
	tx, err := e.Begin(t.Context(), driver.TxOptions{Tenant: "acme"})
	if err == nil {
		err = tx.Commit(t.Context(), insert(2))
	}
	if !errors.Is(err, driver.ErrConflict) {
		t.Errorf("a forgotten statement gave %v, want ErrConflict, which is tried again", err)
	}
	commit(t, e, insert(2))
}

func TestBadValuesAreRefusedAndTheConnectionLivesOn(t *testing.T) {
	pool := newPool(t)
	e := newEngine(t, pool)
	entries, _ := benchTables()
	migrated(t, e, entries)
	ctx := t.Context()
	host, err := pool.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(r driver.Row) driver.Row{
		"a date after the year 9999":    func(r driver.Row) driver.Row { r[5] = driver.IntValue(2932897); return r },
		"an instant before the year 1":  func(r driver.Row) driver.Row { r[6] = driver.IntValue(-62135596800000001); return r },
		"a text with NUL":               func(r driver.Row) driver.Row { r[2] = driver.TextValue("a\x00b"); return r },
		"a text that is not UTF-8":      func(r driver.Row) driver.Row { r[2] = driver.TextValue("a\xff"); return r },
		"a decimal that is none":        func(r driver.Row) driver.Row { r[7] = driver.TextValue(`1","2`); return r },
		"JSON that is none":             func(r driver.Row) driver.Row { r[8] = driver.TextValue(`{"a"`); return r },
		"null where it is not allowed":  func(r driver.Row) driver.Row { r[3] = driver.Null; return r },
		"a row that is too short":       func(r driver.Row) driver.Row { return r[:4] },
		"a row without even half a key": func(driver.Row) driver.Row { return driver.Row{} },
	} {
		for _, rows := range [][]driver.Row{{change(benchEntry(1).row())}, {benchEntry(2).row(), change(benchEntry(1).row())}} {
			tx, err := e.Join(host).Bind(ctx, "acme")
			if err != nil {
				t.Fatal(err)
			}
			sp, err := tx.Savepoint(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := tx.Do(ctx, driver.Op{Kind: driver.Insert, Table: entries, Rows: rows}); err == nil {
				t.Errorf("%s was taken", name)
			}
			if err := sp.RollBack(ctx); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if err := tx.Commit(ctx, driver.Op{Kind: driver.Delete, Table: entries, Rows: []driver.Row{benchEntry(1).row()[:1]}}); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if err := host.Commit(ctx); err != nil {
		t.Fatalf("the host's transaction has suffered: %v", err)
	}
}
