package ledger_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

func TestAPostOnLiveAccountsTakesAtMostThreeRoundTrips(t *testing.T) {
	e := &counting{Engine: newEngine(t)}
	_, db := openOn(t, e)
	b := ledger.New(db)
	wallet(t, b, "w", limits(ledger.NonNegative()))
	wallet(t, b, "v", ledger.Bounds{Live: true})
	var batch []ledger.Entry
	for i := range 100 {
		batch = append(batch, simple(fmt.Sprintf("2017-%02d-01", 1+i%12), "w", "v", "0.01"))
	}
	keyed := simple("2017-03-01", "w", "v", "1")
	keyed.Key = "k"
	for _, c := range []struct {
		name string
		list []ledger.Entry
	}{{"the first", []ledger.Entry{fill("2016-03-01", "w", "100")}}, {"with a key", []ledger.Entry{keyed}},
		{"one", []ledger.Entry{simple("2017-03-01", "w", "v", "1")}}, {"a batch", batch}} {
		e.trips.Store(0)
		post(t, b, c.list...)
		require.LessOrEqual(t, e.trips.Load(), int64(3), c.name)
	}
	require.NoError(t, db.Update(t.Context(), func(tx *storage.Tx) error {
		in := b.In(tx)
		post(t, in, fill("2017-03-01", "w", "1"))
		e.trips.Store(0)
		post(t, in, spend("2017-03-02", "w", "1"))
		require.LessOrEqual(t, e.trips.Load(), int64(0), "what is locked and read is known")
		return nil
	}))
}

func TestWhatANestedTransactionUndidIsNotInTheLiveBalance(t *testing.T) {
	db := open(t)
	b := ledger.New(db)
	wallet(t, b, "w", limits(ledger.NonNegative()))
	require.NoError(t, db.Update(t.Context(), func(tx *storage.Tx) error {
		in := b.In(tx)
		post(t, in, fill("2017-03-01", "w", "10"))
		require.ErrorIs(t, tx.Update(t.Context(), func(tx *storage.Tx) error {
			post(t, b.In(tx), fill("2017-03-01", "w", "90"))
			return errUndone
		}), errUndone)
		_, err := in.Post(t.Context(), spend("2017-03-01", "w", "11"))
		require.ErrorIs(t, err, ledger.ErrBelowFloor)
		post(t, in, spend("2017-03-01", "w", "4"))
		return nil
	}))
	l, err := b.LiveBalance(t.Context(), "w", "EUR", day("2017-03-01"))
	require.NoError(t, err)
	require.Equal(t, eur("6"), l.Booked)
}

func TestOfAGroupOfAWriterTheRefusedOneLeavesItsNeighbours(t *testing.T) {
	db := open(t)
	b := ledger.New(db)
	wallet(t, b, "w", limits(ledger.NonNegative()))
	post(t, b, fill("2017-03-01", "w", "10"))
	w := ledger.NewWriter(db, ledger.WriterOptions{})
	var mu sync.Mutex
	var wg sync.WaitGroup
	done, refused := 0, 0
	for i := range 40 { // each takes 1; every fourth asks for more than there can be
		wg.Go(func() {
			amount := "1"
			if i%4 == 0 {
				amount = "11"
			}
			e := spend("2017-03-02", "w", amount)
			e.Key = storage.Key(fmt.Sprint("k", i))
			list := []ledger.Entry{e}
			if i%3 == 0 {
				other := simple("2017-03-02", ledger.Travel, ledger.Bank, "1")
				other.Key = e.Key + "-other"
				list = append(list, other)
			}
			posted, err := w.Post(t.Context(), list...)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				require.ErrorIs(t, err, ledger.ErrBelowFloor)
				require.Zero(t, limitError(t, err).Entry)
				refused++
				return
			}
			require.Len(t, posted[0].Balances, 1)
			done++
		})
	}
	wg.Wait()
	require.Equal(t, [2]int{10, 30}, [2]int{done, refused})
	l, err := b.LiveBalance(t.Context(), "w", "EUR", day("2017-03-02"))
	require.NoError(t, err)
	require.True(t, l.Booked.IsZero())
}

func TestAWriterPassesValueBetweenCurrenciesAsPostDoes(t *testing.T) {
	db := open(t)
	e := ledger.Entry{Key: "fx", Date: day("2017-03-01"), Exchange: ledger.Exchange, Legs: []ledger.Leg{
		ledger.Debit(ledger.Bank, eur("100"), ledger.Dims{}), ledger.Credit(ledger.Bank, money.MustParse("110 USD"), ledger.Dims{})}}
	posted, err := ledger.NewWriter(db, ledger.WriterOptions{}).Post(t.Context(), e)
	require.NoError(t, err)
	full, err := ledger.New(db).Entry(t.Context(), posted[0].ID)
	require.NoError(t, err)
	require.Len(t, full.Legs, 4)
	require.Equal(t, posted, post(t, ledger.New(db), e))
}
