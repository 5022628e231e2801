package ledger_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/event"
)

func TestReportsAreExactWhileOthersPostAndFold(t *testing.T) {
	db := open(t)
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for i := range 4 {
		wg.Go(func() {
			for n := range 60 {
				e := simple("2017-03-15", ledger.Travel, ledger.Bank, "1")
				e.Legs[0].Dims.Department = fmt.Sprint(i)
				e.Key = storage.Key(fmt.Sprint(i, "-", n))
				if _, err := ledger.New(db).Post(context.Background(), e); err != nil {
					t.Error(err)
				}
			}
		})
	}
	var folders sync.WaitGroup
	for range 2 {
		folders.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					if _, err := ledger.New(db).Fold(context.Background()); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	for _, s := range []string{"whole", "days"} {
		p := date.Period{}
		if s == "days" {
			p = date.Period{From: day("2017-03-02"), To: day("2017-03-20")}
		}
		trial, err := ledger.New(db).TrialBalance(t.Context(), ledger.TrialFilter{Period: p})
		require.NoError(t, err)
		for _, row := range trial.Totals {
			require.Equal(t, row.Debit, row.Credit, s)
		}
		require.NoError(t, db.Update(t.Context(), func(tx *storage.Tx) error {
			got, err := ledger.New(tx).IncomeStatement(t.Context(), ledger.IncomeFilter{Period: p, GroupBy: ledger.Department})
			require.NoError(t, err)
			for _, total := range got.Totals {
				require.Equal(t, got.Expense[0].Total, total.Expense.Total)
			}
			return nil
		}))
	}
	wg.Wait()
	close(stop)
	folders.Wait()
	n, err := ledger.New(db).Fold(t.Context())
	require.NoError(t, err)
	got, err := ledger.New(db).Totals(t.Context(), ledger.TotalsFilter{GroupBy: []ledger.Dimension{ledger.Department},
		Where: ledger.Dims{}, ByAccount: true})
	require.NoError(t, err)
	require.Len(t, got.Rows, 5, "after %d", n)
	require.Equal(t, eur("-240"), got.Rows[0].Amount)
	require.Equal(t, eur("60"), got.Rows[4].Amount)
}

func TestALongTailIsFoldedByTheReportThatMeetsIt(t *testing.T) {
	b := ledger.New(open(t))
	for i := range 10 {
		var list []ledger.Entry
		for j := range 500 {
			list = append(list, simple("2017-01-01", ledger.Travel, ledger.Bank, fmt.Sprint(i*500+j+1)))
		}
		post(t, b, list...)
	}
	trial, err := b.TrialBalance(t.Context(), ledger.TrialFilter{})
	require.NoError(t, err)
	require.Equal(t, eur("12502500"), trial.Totals[0].Debit)
	require.Zero(t, trial.Cost.Tail)
	require.Equal(t, int64(2), trial.Cost.Totals)
}

func TestCostSaysWhereAFigureComesFrom(t *testing.T) {
	b := ledger.New(open(t))
	e := simple("2017-03-15", ledger.Travel, ledger.Bank, "1")
	e.Legs[0].Dims = ledger.Dims{Department: "sales", Project: "p"}
	post(t, b, e)
	for _, c := range []struct {
		f    ledger.TotalsFilter
		cost ledger.Cost
	}{
		{ledger.TotalsFilter{}, ledger.Cost{Totals: 2}},
		{ledger.TotalsFilter{Period: day("2017-03-01").Month().Period()}, ledger.Cost{Totals: 2}},
		{ledger.TotalsFilter{Period: date.Period{To: day("2017-03-20")}}, ledger.Cost{Totals: 2}},
		{ledger.TotalsFilter{Period: date.Period{To: day("2017-03-20")}, Where: ledger.Dims{Project: "p"}}, ledger.Cost{Parts: 1}},
		{ledger.TotalsFilter{Where: e.Legs[0].Dims.With(ledger.Project, "")}, ledger.Cost{Totals: 1}},
		{ledger.TotalsFilter{GroupBy: []ledger.Dimension{ledger.Project}}, ledger.Cost{Totals: 3}},
		{ledger.TotalsFilter{Where: e.Legs[0].Dims}, ledger.Cost{Parts: 1}},
	} {
		_, err := b.Fold(t.Context())
		require.NoError(t, err)
		got, err := b.Totals(t.Context(), c.f)
		require.NoError(t, err)
		require.Equal(t, c.cost, got.Cost, "%+v", c.f)
	}
}

func TestBooksMoveToAnotherEngineAndFoldAnew(t *testing.T) {
	store, db := openOn(t, newEngine(t))
	b := ledger.New(db)
	e := simple("2017-03-15", ledger.Travel, ledger.Bank, "7")
	e.Legs[0].Dims.Department = "sales"
	post(t, b, e)
	_, err := b.Fold(t.Context())
	require.NoError(t, err)
	post(t, b, e)
	var out bytes.Buffer
	require.NoError(t, store.ExportTenant(t.Context(), "acme", &out))
	other := storage.Open(newEngine(t))
	require.NoError(t, other.Migrate(t.Context(), event.Package(), ledger.Package()))
	moved, err := other.ImportTenant(t.Context(), &out, "")
	require.NoError(t, err)
	for range 2 {
		for _, where := range []ledger.Dims{{}, {Department: "sales"}} {
			want, err := b.Totals(t.Context(), ledger.TotalsFilter{Where: where, ByAccount: true})
			require.NoError(t, err)
			got, err := ledger.New(moved).Totals(t.Context(), ledger.TotalsFilter{Where: where, ByAccount: true})
			require.NoError(t, err)
			require.Equal(t, want.Rows, got.Rows)
		}
		_, err = ledger.New(moved).Fold(t.Context())
		require.NoError(t, err)
	}
}

func TestASumBeyond64BitsIsAnError(t *testing.T) {
	b := ledger.New(open(t))
	big := simple("2017-03-15", ledger.Travel, ledger.Bank, "1000000000000000")
	for range 100 {
		post(t, b, big)
	}
	_, err := b.TrialBalance(t.Context(), ledger.TrialFilter{})
	require.ErrorIs(t, err, storage.ErrOverflow)
	_, err = b.Fold(t.Context())
	require.ErrorIs(t, err, storage.ErrOverflow)
}

// meddling runs something before the first sum of a transaction that may write.
type meddling struct {
	driver.Engine
	with func()
}

type meddledTx struct {
	driver.Tx
	e *meddling
}

func (m *meddling) Begin(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	tx, err := m.Engine.Begin(ctx, o)
	if o.ReadOnly {
		return tx, err
	}
	return meddledTx{tx, m}, err
}

func (t meddledTx) Sum(ctx context.Context, q driver.Query, sum, by []int) iter.Seq2[driver.Row, error] {
	if with := t.e.with; with != nil {
		t.e.with = nil
		with()
	}
	return t.Tx.Sum(ctx, q, sum, by)
}

func TestAFoldInTheMiddleOfAReportInsideATransactionCountsNothingTwice(t *testing.T) {
	e := &meddling{Engine: newEngine(t)}
	_, db := openOn(t, e)
	post(t, ledger.New(db), simple("2017-03-15", ledger.Travel, ledger.Bank, "7"))
	e.with = func() {
		n, err := ledger.New(db).Fold(context.Background())
		if errors.Is(err, storage.ErrBusy) { // an engine with one writer at a time: no fold can come between
			return
		}
		require.NoError(t, err)
		require.Equal(t, 2, n)
	}
	require.NoError(t, db.Update(t.Context(), func(tx *storage.Tx) error {
		trial, err := ledger.New(tx).TrialBalance(t.Context(), ledger.TrialFilter{})
		require.NoError(t, err)
		require.Equal(t, eur("7"), trial.Totals[0].Debit)
		return nil
	}))
	require.Nil(t, e.with)
}
