package postgres

import (
	"context"
	"testing"

	"github.com/tutas/tutas/storage/driver"
)

// trips counts the round trips of fn, which works in a transaction of its own that fn ends.
func trips(t *testing.T, e *Engine, o driver.TxOptions, fn func(ctx context.Context, tx driver.Tx) error) int64 {
	t.Helper()
	before := e.trips.Load()
	tx, err := e.Begin(t.Context(), o)
	if err == nil {
		err = fn(t.Context(), tx)
	}
	if err != nil {
		t.Fatal(err)
	}
	return e.trips.Load() - before
}

func TestATransactionTakesAsFewRoundTripsAsItCan(t *testing.T) {
	pool := newPool(t)
	e := newEngine(t, pool)
	entries, balances := benchTables()
	migrated(t, e, entries, balances)
	var rows, keys []driver.Row
	for i := range 50 {
		rows = append(rows, benchEntry(i).row())
		keys = append(keys, rows[i][:1])
	}
	commit(t, e, driver.Op{Kind: driver.Insert, Table: entries, Rows: rows})
	next := func(version int64) driver.Op {
		r := rows[0].Clone()
		r[1] = driver.IntValue(version)
		return driver.Op{Kind: driver.Update, Table: entries, Rows: []driver.Row{r}}
	}
	get := driver.Op{Kind: driver.Get, Table: entries, Rows: keys}
	balance := func(n int64) driver.Row {
		return driver.Row{driver.TextValue("4000"), driver.IntValue(n), driver.IntValue(1), driver.IntValue(0)}
	}
	add := driver.Op{Kind: driver.Add, Table: balances, Sums: []int{2}, Rows: []driver.Row{balance(1), balance(2)}}
	for _, c := range []struct {
		name string
		o    driver.TxOptions
		want int64
		run  func(ctx context.Context, tx driver.Tx) error
	}{
		{"nothing at all", driver.TxOptions{}, 0, func(ctx context.Context, tx driver.Tx) error { return tx.Commit(ctx) }},
		{"rolling nothing back", driver.TxOptions{}, 0, func(ctx context.Context, tx driver.Tx) error { return tx.Rollback(ctx) }},
		{"savepoints around nothing", driver.TxOptions{}, 0, func(ctx context.Context, tx driver.Tx) error {
			outer, _ := tx.Savepoint(ctx)
			inner, _ := tx.Savepoint(ctx)
			if err := inner.RollBack(ctx); err != nil {
				return err
			}
			if err := outer.Release(ctx); err != nil {
				return err
			}
			return tx.Commit(ctx)
		}},
		{"writing to many tables", driver.TxOptions{}, 1, func(ctx context.Context, tx driver.Tx) error {
			return tx.Commit(ctx, next(2), add, get)
		}},
		{"reading, then writing", driver.TxOptions{}, 2, func(ctx context.Context, tx driver.Tx) error {
			if _, err := tx.Do(ctx, get, driver.Op{Kind: driver.Lock, Table: entries, Rows: keys}); err != nil {
				return err
			}
			return tx.Commit(ctx, next(3), add)
		}},
		{"the same in a savepoint", driver.TxOptions{}, 2, func(ctx context.Context, tx driver.Tx) error {
			sp, err := tx.Savepoint(ctx)
			if err != nil {
				return err
			}
			if _, err := tx.Do(ctx, get); err != nil {
				return err
			}
			if err := sp.Release(ctx); err != nil {
				return err
			}
			return tx.Commit(ctx, next(4), add)
		}},
		{"a page in a view", driver.TxOptions{ReadOnly: true}, 2, func(ctx context.Context, tx driver.Tx) error {
			for _, err := range tx.Query(ctx, driver.Query{Table: entries, Limit: 20}) {
				if err != nil {
					return err
				}
			}
			return tx.Commit(ctx)
		}},
		{"all rows, left early", driver.TxOptions{ReadOnly: true}, 2, func(ctx context.Context, tx driver.Tx) error {
			for range tx.Query(ctx, driver.Query{Table: entries}) {
				break
			}
			return tx.Rollback(ctx)
		}},
	} {
		c.o.Tenant = "acme"
		for _, turn := range []string{"first", "prepared"} {
			if c.want > 0 && c.o.ReadOnly == false && turn == "prepared" {
				continue // versions have moved on
			}
			if got := trips(t, e, c.o, c.run); got != c.want {
				t.Errorf("%s (%s): %d round trips, want %d", c.name, turn, got, c.want)
			}
		}
	}
}

func TestAHostsTransactionCarriesOursAlong(t *testing.T) {
	pool := newPool(t)
	e := newEngine(t, pool)
	entries, _ := benchTables()
	migrated(t, e, entries)
	insert := func(n int) driver.Op {
		return driver.Op{Kind: driver.Insert, Table: entries, Rows: []driver.Row{benchEntry(n).row()}}
	}
	command(t, pool, "CREATE TABLE own (n int)")
	ctx := t.Context()
	host, err := pool.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := host.Exec(ctx, "INSERT INTO own VALUES (1)"); err != nil {
		t.Fatal(err)
	}
	before := e.trips.Load()
	bind := func() driver.Tx {
		t.Helper()
		tx, err := e.Join(host).Bind(ctx, "acme")
		if err != nil {
			t.Fatal(err)
		}
		return tx
	}
	if err := bind().Commit(ctx, insert(1)); err != nil {
		t.Fatal(err)
	}
	if got := e.trips.Load() - before; got != 1 {
		t.Errorf("%d round trips, want 1", got)
	}
	tx := bind()
	if err := tx.Commit(ctx, insert(2), insert(1)); err == nil {
		t.Error("a row was inserted twice")
	}
	tx = bind()
	if _, err := tx.Do(ctx, insert(3)); err != nil {
		t.Fatal(err)
	}
	if err := tx.Rollback(ctx); err != nil {
		t.Fatal(err)
	}
	if err := bind().Rollback(ctx); err != nil { // of nothing
		t.Fatal(err)
	}
	if _, err := host.Exec(ctx, "INSERT INTO own VALUES (2)"); err != nil {
		t.Fatalf("the host's transaction has suffered: %v", err)
	}
	late := bind()
	if err := host.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := late.Do(ctx, insert(4)); err == nil {
		t.Error("a transaction that the host has ended still takes writes")
	}
	if _, err := e.Join(host).Bind(ctx, "acme"); err == nil {
		t.Error("a transaction that the host has ended was joined")
	}
	if err := late.Rollback(ctx); err != nil {
		t.Error(err)
	}
	for query, want := range map[string]int{"SELECT count(*) FROM own": 2, "SELECT count(*) FROM tutas.entries": 1} {
		var got int
		if err := pool.QueryRow(ctx, query).Scan(&got); err != nil || got != want {
			t.Errorf("%s: %d, want %d (%v)", query, got, want, err)
		}
	}
}
