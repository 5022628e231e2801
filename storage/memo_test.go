package storage_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/memory"
)

// A fee is a settled row; a gate one whose absence means something, too.
type fee struct {
	Code    string
	Version int64
	Percent int
}

func feeFields(f *fee) []storage.Field {
	return []storage.Field{storage.Text("code", &f.Code).Key(), storage.Version(&f.Version), storage.Int("percent", &f.Percent)}
}

type sale struct {
	No, Percent int
}

var (
	fees  = storage.Define("test.fee", feeFields, storage.Settled())
	gates = storage.Define("test.gate", feeFields, storage.Settled(), storage.Absence())
	sales = storage.Define("test.sale", func(s *sale) []storage.Field {
		return []storage.Field{storage.Int("no", &s.No).Key(), storage.Int("percent", &s.Percent)}
	})
)

type feeKey string

// A shop is one process: a store of its own over an engine that others use, too.
type shop struct {
	t     *testing.T
	store *storage.Store
	db    *storage.DB
	made  int // how often a value was made
	runs  int // how often a sale was tried
}

func twoShops(t *testing.T) (*shop, *shop, *counting) {
	t.Helper()
	e := &counting{Engine: memory.New()}
	t.Cleanup(func() { _ = e.Close() })
	a, b := &shop{t: t, store: storage.Open(e)}, &shop{t: t, store: storage.Open(e)}
	for i, s := range []*shop{a, b} {
		require.NoError(t, s.store.Migrate(t.Context(), storage.Package{Name: "test", Tables: []storage.Declaration{fees, gates, sales}}))
		var err error
		if i == 0 {
			s.db, err = s.store.CreateTenant(t.Context(), storage.Tenant{ID: "acme"})
			s.set(fees, "standard", 10)
		} else {
			s.db, err = s.store.Tenant(t.Context(), "acme")
		}
		require.NoError(t, err)
	}
	return a, b, e
}

// percent is the fee, from memory where it can be; -1 where there is none.
func (s *shop) percent(tx *storage.Tx, table *storage.Table[fee], code string) int {
	n, err := storage.Memo(s.t.Context(), tx, feeKey(table.Kind()+code), func() (int, error) {
		s.made++
		f := &fee{Code: code}
		found, err := table.Load(s.t.Context(), tx, f)
		if err == nil && !found[0] {
			f.Percent = -1
		}
		return f.Percent, err
	})
	require.NoError(s.t, err)
	return n
}

// set inserts or changes a fee.
func (s *shop) set(table *storage.Table[fee], code string, percent int) {
	s.t.Helper()
	require.NoError(s.t, s.db.Update(s.t.Context(), func(tx *storage.Tx) error { return s.setIn(tx, table, code, percent) }))
}

func (s *shop) setIn(tx *storage.Tx, table *storage.Table[fee], code string, percent int) error {
	f := &fee{Code: code}
	found, err := table.LoadLocked(s.t.Context(), tx, f)
	if err != nil {
		return err
	}
	if f.Percent = percent; found[0] {
		return table.Update(s.t.Context(), tx, f)
	}
	return table.Insert(s.t.Context(), tx, f)
}

// sell writes a sale with the fee of the moment; between runs after the fee is known.
func (s *shop) sell(no int, between func(tx *storage.Tx) error) error {
	return s.db.Update(s.t.Context(), func(tx *storage.Tx) error {
		s.runs++
		n := s.percent(tx, fees, "standard")
		if between != nil {
			if err := between(tx); err != nil {
				return err
			}
		}
		return sales.Insert(s.t.Context(), tx, &sale{no, n})
	})
}

func (s *shop) sold() (out []sale) {
	for x, err := range sales.All(s.t.Context(), s.db, storage.Query{}) {
		require.NoError(s.t, err)
		out = append(out, *x)
	}
	return out
}

func TestAMemoIsMadeOnceAndReadsNothingAfter(t *testing.T) {
	a, _, e := twoShops(t)
	require.NoError(t, a.sell(1, nil))
	require.Equal(t, 1, a.made)
	e.trips = 0
	for no := range 5 {
		require.NoError(t, a.sell(2+no, nil))
	}
	require.Equal(t, 1, a.made)
	require.Equal(t, 0, e.trips, "all that is sent goes with the commit")
	require.NoError(t, a.db.View(t.Context(), func(tx *storage.Tx) error {
		require.Equal(t, 10, a.percent(tx, fees, "standard"))
		return nil
	}))
	require.Equal(t, 2, a.made, "a view reads its snapshot")
}

func TestNothingIsCommittedThatRestsOnAMemoOfYesterday(t *testing.T) {
	a, b, _ := twoShops(t)
	require.NoError(t, a.sell(1, nil))
	require.NoError(t, b.sell(2, nil))
	t.Run("what changed before it began", func(t *testing.T) {
		b.set(fees, "standard", 20)
		a.runs = 0
		require.NoError(t, a.sell(3, nil))
		require.Equal(t, 2, a.runs)
		require.NoError(t, a.sell(4, nil))
		require.Equal(t, 3, a.runs, "it has been learnt")
	})
	t.Run("what changes while it runs", func(t *testing.T) {
		a.runs = 0
		require.NoError(t, a.sell(5, func(*storage.Tx) error {
			if a.runs == 1 {
				b.set(fees, "standard", 30)
			}
			return nil
		}))
		require.Equal(t, 2, a.runs)
	})
	t.Run("what changes while it is read", func(t *testing.T) {
		c := &shop{t: t, store: storage.Open(a.store.Engine())} // remembers nothing yet
		require.NoError(t, c.store.Migrate(t.Context(), storage.Package{Name: "test", Tables: []storage.Declaration{fees, gates, sales}}))
		var err error
		c.db, err = c.store.Tenant(t.Context(), "acme")
		require.NoError(t, err)
		require.NoError(t, c.sell(6, func(*storage.Tx) error {
			if c.runs == 1 {
				b.set(fees, "standard", 40)
			}
			return nil
		}))
		require.Equal(t, 2, c.runs)
	})
	require.Equal(t, []sale{{1, 10}, {2, 10}, {3, 20}, {4, 20}, {5, 30}, {6, 40}}, a.sold())
}

func TestARefusalThatRestsOnAMemoOfYesterdayIsLookedAtAgain(t *testing.T) {
	a, b, _ := twoShops(t)
	refused := errors.New("refused")
	atMost := func(s *shop, most int) error {
		return s.db.Update(t.Context(), func(tx *storage.Tx) error {
			if s.runs++; s.percent(tx, fees, "standard") > most {
				return refused
			}
			return nil
		})
	}
	require.NoError(t, atMost(a, 15))
	b.set(fees, "standard", 20)
	a.runs = 0
	require.ErrorIs(t, atMost(a, 15), refused, "also where nothing is written")
	require.Equal(t, 2, a.runs)
	b.set(fees, "standard", 12)
	require.NoError(t, atMost(a, 15))
	a.runs = 0
	require.ErrorIs(t, atMost(a, 5), refused)
	require.Equal(t, 2, a.runs, "it cannot know that nothing has changed")
}

func TestARefusalThatWasLookedAtAgainIsNotKeptWithTheKey(t *testing.T) {
	a, b, _ := twoShops(t)
	tooMuch := storage.NewError("test.too_much", "too much")
	buy := func() (int, error) {
		return storage.Once(t.Context(), a.db, "key", "test.buy", 1, func(tx *storage.Tx) (int, error) {
			n := a.percent(tx, fees, "standard")
			if n > 15 {
				return 0, tooMuch
			}
			return n, nil
		})
	}
	b.set(fees, "standard", 20)
	update(t, a.db, func(tx *storage.Tx) error {
		require.Equal(t, 20, a.percent(tx, fees, "standard"))
		return nil
	})
	b.set(fees, "standard", 12)
	for range 2 {
		n, err := buy()
		require.NoError(t, err)
		require.Equal(t, 12, n)
	}
}

func TestWhatATransactionItselfWritesIsNotRemembered(t *testing.T) {
	a, b, _ := twoShops(t)
	refused := errors.New("refused")
	require.NoError(t, a.sell(1, nil))
	update(t, a.db, func(tx *storage.Tx) error {
		_ = tx.Update(t.Context(), func(tx *storage.Tx) error {
			require.NoError(t, a.setIn(tx, fees, "standard", 99))
			require.Equal(t, 99, a.percent(tx, fees, "standard"))
			require.NoError(t, tx.Flush(t.Context()))
			require.NoError(t, a.setIn(tx, fees, "new", 98))
			require.Equal(t, 98, a.percent(tx, fees, "new"))
			return refused
		})
		require.Equal(t, 10, a.percent(tx, fees, "standard"))
		require.Equal(t, -1, a.percent(tx, fees, "new"))
		return sales.Insert(t.Context(), tx, &sale{2, a.percent(tx, fees, "standard")})
	})
	require.ErrorIs(t, a.db.Update(t.Context(), func(tx *storage.Tx) error {
		require.NoError(t, a.setIn(tx, fees, "standard", 97))
		require.Equal(t, 97, a.percent(tx, fees, "standard"))
		return refused
	}), refused)
	for _, s := range []*shop{a, b} {
		update(t, s.db, func(tx *storage.Tx) error {
			require.Equal(t, 10, s.percent(tx, fees, "standard"))
			return nil
		})
	}
	// One that reads, changes and reads again is right all along, and so is who comes after it.
	update(t, a.db, func(tx *storage.Tx) error {
		require.Equal(t, 10, a.percent(tx, fees, "standard"))
		require.NoError(t, a.setIn(tx, fees, "standard", 11))
		require.Equal(t, 11, a.percent(tx, fees, "standard"))
		return nil
	})
	require.NoError(t, a.sell(3, nil))
	require.NoError(t, b.sell(4, nil))
	require.Equal(t, []sale{{1, 10}, {2, 10}, {3, 11}, {4, 11}}, a.sold())
}

func TestOneThatChangesSettledRowsRestsOnNothingOfYesterdayItself(t *testing.T) {
	a, b, _ := twoShops(t)
	a.set(fees, "derived", 0)
	require.NoError(t, a.sell(1, nil))
	a.runs = 0
	update(t, a.db, func(tx *storage.Tx) error {
		n := a.percent(tx, fees, "standard")
		if a.runs++; a.runs == 1 {
			b.set(fees, "standard", 50)
		}
		return a.setIn(tx, fees, "derived", n+1)
	})
	require.Equal(t, 2, a.runs)
	update(t, b.db, func(tx *storage.Tx) error {
		require.Equal(t, 51, b.percent(tx, fees, "derived"))
		return nil
	})
}

func TestAnInsertCountsWhereAbsenceMeansSomething(t *testing.T) {
	a, b, _ := twoShops(t)
	open := func(s *shop) (n int) {
		s.runs = 0
		update(t, s.db, func(tx *storage.Tx) error {
			s.runs++
			n = s.percent(tx, gates, "main")
			return nil
		})
		return n
	}
	require.Equal(t, -1, open(a))
	require.NoError(t, a.sell(1, nil))
	b.set(fees, "other", 5) // of this table a row that is missing says nothing
	a.runs = 0
	require.NoError(t, a.sell(2, nil))
	require.Equal(t, 1, a.runs)
	b.set(gates, "main", 1)
	require.Equal(t, 1, open(a))
	require.Equal(t, 2, a.runs)
	require.NoError(t, b.db.Update(t.Context(), func(tx *storage.Tx) error {
		f := &fee{Code: "main"}
		_, err := gates.LoadLocked(t.Context(), tx, f)
		require.NoError(t, err)
		return gates.Delete(t.Context(), tx, f)
	}))
	require.Equal(t, -1, open(a))
	update(t, b.db, func(tx *storage.Tx) error {
		_, err := gates.InsertNew(t.Context(), tx, &fee{Code: "main", Percent: 3})
		return err
	})
	require.Equal(t, 3, open(a))
}

func TestHoldOffLetsNobodyInWhoReliesOnWhatWas(t *testing.T) {
	a, b, _ := twoShops(t)
	require.NoError(t, a.sell(1, nil))
	a.runs = 0
	done := make(chan error, 1)
	update(t, b.db, func(tx *storage.Tx) error {
		require.NoError(t, tx.HoldOff(t.Context()))
		require.NoError(t, tx.HoldOff(t.Context()))
		go func() { done <- a.sell(2, nil) }() // waits, or comes when it is over: with what was set, in any event
		n, err := sales.Count(t.Context(), tx, storage.Query{})
		require.NoError(t, err)
		require.EqualValues(t, 1, n)
		require.Equal(t, 10, b.percent(tx, fees, "standard"))
		return b.setIn(tx, fees, "standard", 25)
	})
	require.NoError(t, <-done)
	require.Equal(t, []sale{{1, 10}, {2, 25}}, a.sold())
	update(t, b.db, func(tx *storage.Tx) error { // undone, it holds nobody off
		_ = tx.Update(t.Context(), func(tx *storage.Tx) error {
			require.NoError(t, tx.HoldOff(t.Context()))
			return errors.New("refused")
		})
		return sales.Insert(t.Context(), tx, &sale{3, b.percent(tx, fees, "standard")})
	})
	a.runs = 0
	require.NoError(t, a.sell(4, nil))
	require.Equal(t, 1, a.runs)
	require.ErrorIs(t, a.db.View(t.Context(), func(tx *storage.Tx) error { return tx.HoldOff(t.Context()) }), storage.ErrReadOnly)
}

func TestInAHostsTransactionMemoryIsComparedFirst(t *testing.T) {
	a, b, e := twoShops(t)
	require.NoError(t, a.sell(1, nil))
	ctx := t.Context()
	sellIn := func(tx *storage.Tx, no int) error {
		return tx.Update(ctx, func(tx *storage.Tx) error {
			return sales.Insert(ctx, tx, &sale{no, a.percent(tx, fees, "standard")})
		})
	}
	join := func(h *memory.HostTx) *storage.Tx {
		tx, err := a.db.Join(ctx, h)
		require.NoError(t, err)
		return tx
	}
	host := func(fn func(h *memory.HostTx) error, keep bool) error {
		h, err := e.Engine.(*memory.Engine).Host(ctx)
		require.NoError(t, err)
		if err := fn(h); err != nil || !keep {
			require.NoError(t, h.Rollback(ctx))
			return err
		}
		return h.Commit(ctx)
	}
	made := a.made
	require.NoError(t, host(func(h *memory.HostTx) error { return sellIn(join(h), 2) }, true))
	require.Equal(t, made, a.made)
	b.set(fees, "standard", 20)
	require.NoError(t, host(func(h *memory.HostTx) error { return sellIn(join(h), 3) }, true))
	// What the host's transaction changes is nobody else's before it commits, whoever reads it there.
	require.NoError(t, host(func(h *memory.HostTx) error {
		require.NoError(t, a.setIn(join(h), fees, "standard", 66))
		for no := range 3 {
			require.NoError(t, sellIn(join(h), 90+no))
		}
		return nil
	}, false))
	require.NoError(t, a.sell(4, nil))
	require.NoError(t, host(func(h *memory.HostTx) error {
		tx := join(h)
		require.NoError(t, a.setIn(tx, fees, "standard", 30))
		return sellIn(tx, 5)
	}, true))
	require.NoError(t, a.sell(6, nil))
	require.NoError(t, b.sell(7, nil))
	require.Equal(t, []sale{{1, 10}, {2, 10}, {3, 20}, {4, 20}, {5, 30}, {6, 30}, {7, 30}}, a.sold())
}

func TestATenantThatComesBackIsNotWhatIsRemembered(t *testing.T) {
	a, b, _ := twoShops(t)
	require.NoError(t, b.sell(1, nil))
	var out bytes.Buffer
	require.NoError(t, a.store.ExportTenant(t.Context(), "acme", &out))
	require.NotContains(t, out.String(), "storage_stamp")
	text := bytes.Replace(out.Bytes(), []byte(`["standard",1,10]`), []byte(`["standard",1,15]`), 1)
	require.NotEqual(t, out.Bytes(), text)
	require.NoError(t, a.store.DropTenant(t.Context(), "acme"))
	var err error
	a.db, err = a.store.ImportTenant(t.Context(), bytes.NewReader(text), "")
	require.NoError(t, err)
	require.NoError(t, b.sell(2, nil))
	require.NoError(t, a.sell(3, nil))
	require.Equal(t, []sale{{1, 10}, {2, 15}, {3, 15}}, a.sold())
}

func TestMemoryHasBounds(t *testing.T) {
	a, b, _ := twoShops(t)
	for i := range 12 {
		update(t, a.db, func(tx *storage.Tx) error {
			for k := range 1000 {
				key := feeKey(fmt.Sprint("any ", 1000*i+k))
				if _, ok, err := storage.Recall[int](t.Context(), tx, key); err != nil || ok {
					t.Error(ok, err)
				}
				a.percent(tx, fees, "standard")
				storage.Remember(tx, key, k)
			}
			return nil
		})
	}
	require.LessOrEqual(t, a.store.Remembered(), 5000)
	require.NoError(t, a.sell(1, nil))
	for i := range 30 {
		db, err := b.store.CreateTenant(t.Context(), storage.Tenant{ID: fmt.Sprint("t", i)})
		require.NoError(t, err)
		update(t, db, func(tx *storage.Tx) error {
			b.percent(tx, fees, "standard")
			for k := range 4000 {
				storage.Remember(tx, feeKey(fmt.Sprint("any ", k)), k)
			}
			return nil
		})
	}
	require.LessOrEqual(t, b.store.Remembered(), 50_000)
	require.NoError(t, b.sell(2, nil))
}
