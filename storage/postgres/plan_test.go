package postgres

import (
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/postgres/pgtest"
)

// A prepared statement keeps its plan. If that was made while the table was small, and reads all of it, it is a hundred
// times too slow once the table has grown, until the server's own statistics catch up.
func TestPlansMadeOnASmallTableDoNotReadAllOfItWhenItHasGrown(t *testing.T) {
	const small, large = 250, 20_000
	pool := poolOf(t, pgtest.Own(t, pgtest.NoSync(), pgtest.Setting("autovacuum=off")).DSN(),
		func(c *pgxpool.Config) { c.MaxConns = 1 })
	if version(t, pool) < 15 {
		t.Skip("PostgreSQL counts what is read only now and then before version 15")
	}
	e := newEngine(t, pool)
	entries, _ := benchTables()
	migrated(t, e, entries)
	rows := func(from, n int, version int64) (out []driver.Row) {
		for i := range n {
			r := benchEntry(from + i).row()
			r[1] = driver.IntValue(version)
			out = append(out, r)
		}
		return out
	}
	changes := int64(1)
	work := func() {
		for range 10 { // the sixth time, a plan is made that stays
			changes++
			for from, n := range map[int]int{0: 1, 10: 2, 100: 100} {
				found, missing := rows(from, n, changes), rows(large+from, n, changes)
				commit(t, e, driver.Op{Kind: driver.Update, Table: entries, Rows: found})
				commit(t, e, driver.Op{Kind: driver.Get, Table: entries, Rows: found})
				commit(t, e, driver.Op{Kind: driver.Lock, Table: entries, Rows: found})
				for i := range missing {
					missing[i] = missing[i][:1]
				}
				commit(t, e, driver.Op{Kind: driver.Delete, Table: entries, Rows: missing})
			}
		}
	}
	read := func() (n int64) {
		command(t, pool, "SELECT pg_stat_force_next_flush()")
		err := pool.QueryRow(t.Context(), "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_user_tables WHERE relname = 'entries'").Scan(&n)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	commit(t, e, driver.Op{Kind: driver.Insert, Table: entries, Rows: rows(0, small, 1)})
	work()
	for i := small; i < large; i += 250 {
		commit(t, e, driver.Op{Kind: driver.Insert, Table: entries, Rows: rows(i, 250, 1)})
	}
	before := read()
	work()
	if n := read() - before; n > large { // 3,090 are asked for
		t.Errorf("%d rows were read in a table of %d", n, large)
	}
}
