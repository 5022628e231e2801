package storagetest_test

import (
	"context"
	"errors"
	"testing"

	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/memory"
	"github.com/tutas/tutas/storage/storagetest"
)

var purses = &driver.Table{Name: "purses", Key: 1, Version: -1, Tailed: true,
	Columns: []driver.Column{{Name: "id", Kind: driver.Text}, {Name: "coins", Kind: driver.Int}}}

func purse(id string, coins int64) driver.Row {
	return driver.Row{driver.TextValue(id), driver.IntValue(coins)}
}

// moveCoin makes each kind of call once or more, and moves one coin from a to b in all.
func moveCoin(ctx context.Context, e driver.Engine) error {
	tx, err := e.Begin(ctx, driver.TxOptions{})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(ctx) }()
	if _, err := tx.Do(ctx, driver.Op{Kind: driver.Lock, Table: purses, Rows: []driver.Row{purse("a", 0)[:1], purse("b", 0)[:1]}}); err != nil {
		return err
	}
	for _, err := range tx.Query(ctx, driver.Query{Table: purses}) {
		if err != nil {
			return err
		}
	}
	for _, err := range tx.Sum(ctx, driver.Query{Table: purses}, []int{1}, nil) {
		if err != nil {
			return err
		}
	}
	if _, err := tx.Tail(ctx, driver.TailQuery{Table: purses, Limit: 5}); err != nil {
		return err
	}
	for _, keep := range []bool{false, true} {
		sp, err := tx.Savepoint(ctx)
		if err != nil {
			return err
		}
		if _, err := tx.Do(ctx, driver.Op{Kind: driver.Add, Table: purses, Rows: []driver.Row{purse("a", -1)}, Sums: []int{1}}); err != nil {
			return err
		}
		if keep {
			err = sp.Release(ctx)
		} else {
			err = sp.RollBack(ctx)
		}
		if err != nil {
			return err
		}
	}
	return tx.Commit(ctx, driver.Op{Kind: driver.Add, Table: purses, Rows: []driver.Row{purse("b", 1)}, Sums: []int{1}})
}

func coins(t *testing.T, e driver.Engine) (a, b int64) {
	t.Helper()
	tx, err := e.Begin(t.Context(), driver.TxOptions{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(t.Context()) }()
	for r, err := range tx.Query(t.Context(), driver.Query{Table: purses}) {
		switch {
		case err != nil:
			t.Fatal(err)
		case r[0].Text() == "a":
			a = r[1].Int()
		default:
			b = r[1].Int()
		}
	}
	return a, b
}

func filled(t *testing.T) driver.Engine {
	t.Helper()
	e := memory.New()
	if err := e.Migrate(t.Context(), driver.Schema{Tables: []*driver.Table{purses}}); err != nil {
		t.Fatal(err)
	}
	tx, err := e.Begin(t.Context(), driver.TxOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(t.Context(), driver.Op{Kind: driver.Insert, Table: purses, Rows: []driver.Row{purse("a", 100), purse("b", 100)}}); err != nil {
		t.Fatal(err)
	}
	return e
}

func TestAFaultInEachCallLeavesAllOrNothing(t *testing.T) {
	const calls = 13 // Begin, Lock, Query, Sum, Tail, twice savepoint and Do and its end, Commit, and Rollback after it
	for _, after := range []bool{false, true} {
		for n := 1; ; n++ {
			inner := filled(t)
			e := storagetest.Faulty(inner, storagetest.Plan{N: n, After: after})
			err := moveCoin(t.Context(), e)
			failed := e.Failed()
			if len(failed) == 0 {
				if n != calls+1 || err != nil {
					t.Fatalf("after: %v: the deed makes %d calls and ends with %v", after, n-1, err)
				}
				break
			}
			kind := failed[0].Kind
			if kind != storagetest.CallRollback && !errors.Is(err, storagetest.ErrFault) {
				t.Fatalf("call %d: got %v", n, err)
			}
			unknown := kind == storagetest.CallCommit && after
			if errors.Is(err, driver.ErrUnknown) != unknown {
				t.Errorf("call %d, %s: got %v", n, kind, err)
			}
			moved := int64(0)
			if unknown || kind == storagetest.CallRollback { // the one after the commit
				moved = 1
			}
			if a, b := coins(t, inner); a != 100-moved || b != 100+moved {
				t.Errorf("call %d (%s), after: %v, left %d and %d", n, kind, after, a, b)
			}
			if err := moveCoin(t.Context(), inner); err != nil { // nothing stays locked
				t.Errorf("call %d (%s): the next deed fails: %v", n, kind, err)
			}
		}
	}
}

func TestAFaultDoomsTheTransaction(t *testing.T) {
	e := storagetest.Faulty(filled(t), storagetest.Plan{N: 1, Kinds: []storagetest.CallKind{storagetest.CallQuery}, Err: driver.ErrConflict})
	tx, err := e.Begin(t.Context(), driver.TxOptions{})
	if err != nil {
		t.Fatal(err)
	}
	sp, err := tx.Savepoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	fails := func(want error) {
		t.Helper()
		for _, err := range tx.Query(t.Context(), driver.Query{Table: purses}) {
			if !errors.Is(err, want) {
				t.Fatalf("got %v, want %v", err, want)
			}
		}
	}
	fails(driver.ErrConflict)
	fails(driver.ErrDoomed)
	if err := sp.RollBack(t.Context()); err != nil {
		t.Fatal(err)
	}
	fails(nil)
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestRandomFaultsRepeatWithTheirSeed(t *testing.T) {
	play := func(seed uint64) []storagetest.Call {
		inner := filled(t)
		e := storagetest.Faulty(inner, storagetest.Plan{Rate: 10, Seed: seed})
		for range 20 {
			_ = moveCoin(t.Context(), e)
		}
		if a, b := coins(t, inner); a+b != 200 {
			t.Fatalf("seed %d: coins came or went: %d and %d", seed, a, b)
		}
		return e.Failed()
	}
	first, again, other := play(1), play(1), play(2)
	if len(first) == 0 || len(first) != len(again) || first[len(first)-1] != again[len(again)-1] {
		t.Fatalf("the same seed gave %v and %v", first, again)
	}
	if len(first) == len(other) && first[0] == other[0] && first[len(first)-1] == other[len(other)-1] {
		t.Fatalf("two seeds gave the same faults: %v", first)
	}
}
