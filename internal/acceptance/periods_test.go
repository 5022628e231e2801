package acceptance_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/storagetest"
)

// booksOn opens the books of a tenant on an engine.
func booksOn(t testing.TB, e driver.Engine, tenant string) *ledger.Books {
	t.Helper()
	store := storage.Open(e)
	require.NoError(t, store.Migrate(t.Context(), event.Package(), ledger.Package()))
	db, err := store.CreateTenant(t.Context(), storage.Tenant{ID: tenant, Currency: "EUR"}, ledger.Template(ledger.ServicesChart()))
	require.NoError(t, err)
	return ledger.New(db)
}

func closable(key, d, debit, credit, amount string) ledger.Entry {
	a := money.MustParse(amount)
	return ledger.Entry{Key: storage.Key(key), Date: date.MustParse(d), Exchange: ledger.Exchange, Legs: []ledger.Leg{
		ledger.Debit(debit, a, ledger.Dims{Department: "sales"}), ledger.Credit(credit, a, ledger.Dims{})}}
}

// yearEnd is a year from its first entry to its end, opened again once and closed for good: each step under its key.
func yearEnd(ctx context.Context, b *ledger.Books) error {
	abroad := closable("usd", "2025-11-01", ledger.Bank, ledger.Revenue, "100 USD")
	abroad.Legs[1].Amount = money.MustParse("-80 EUR")
	rates := map[money.Currency]decimal.Decimal{"USD": decimal.RequireFromString("0.85")}
	steps := []func() error{
		func() error {
			_, err := b.OpeningBalances(ctx, ledger.Opening{Key: "begin", Date: date.Must(2024, 12, 31), Legs: []ledger.OpeningLeg{
				{Account: ledger.Bank, Amount: money.MustParse("1000 EUR")}}})
			return err
		},
		func() error {
			_, err := b.OpenYear(ctx, ledger.OpenYear{Key: "open", Year: 2025, Adjusting: true})
			return err
		},
		func() error {
			_, err := b.Post(ctx, closable("rent", "2025-03-01", ledger.RentExpense, ledger.Bank, "300 EUR"),
				closable("sale", "2025-04-01", ledger.Bank, ledger.Revenue, "900 EUR"), abroad)
			return err
		},
		func() error {
			_, err := b.Revalue(ctx, ledger.Revalue{Key: "revalue", Date: date.Must(2025, 11, 30), Rates: rates})
			return err
		},
		func() error {
			_, err := b.ClosePeriod(ctx, ledger.ClosePeriod{Key: "soft", Year: 2025, Period: 3})
			return err
		},
		func() error {
			_, err := b.CloseYear(ctx, ledger.CloseYear{Key: "close", Year: 2025})
			return err
		},
		func() error {
			_, err := b.ReopenYear(ctx, ledger.ReopenYear{Key: "reopen", Year: 2025, Why: "the audit found something"})
			return err
		},
		func() error {
			late := closable("late", "2025-12-31", ledger.Travel, ledger.Bank, "50 EUR")
			late.Adjusting = true
			_, err := b.Post(ctx, late)
			return err
		},
		func() error {
			_, err := b.CloseYear(ctx, ledger.CloseYear{Key: "close again", Year: 2025, Keep: []ledger.Dimension{ledger.Department}})
			return err
		},
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// closedBooks is what the books show after it.
func closedBooks(t testing.TB, b *ledger.Books) (out []string) {
	t.Helper()
	trial, err := b.TrialBalance(t.Context(), ledger.TrialFilter{})
	require.NoError(t, err)
	for _, row := range trial.Totals {
		require.True(t, row.Closing.IsZero(), "%+v", row)
	}
	for _, row := range trial.Rows {
		if !row.Closing.IsZero() {
			out = append(out, row.Account+" "+row.Closing.String())
		}
	}
	n := 0
	for _, err := range b.Entries(t.Context(), ledger.EntryFilter{}) {
		require.NoError(t, err)
		n++
	}
	y, err := b.Year(t.Context(), 2025)
	require.NoError(t, err)
	return append(out, fmt.Sprint(n, " entries, ", y.Status, ", ", len(y.Closings), " closing"))
}

var closedBooksWant = []string{"1010 1550.00 EUR", "1010 100.00 USD", "3100 -630.00 EUR", "3900 -1000.00 EUR", "3950 80.00 EUR",
	"3950 -100.00 USD", "10 entries, hard_closed, 1 closing"}

func TestLTC9AndC10AYearEndsTheSameOnEachEngine(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		b := booksOn(t, e.open(t), "acme")
		for range 2 { // each step has its key
			require.NoError(t, yearEnd(t.Context(), b))
			require.Equal(t, closedBooksWant, closedBooks(t, b))
		}
		_, err := b.CloseYear(t.Context(), ledger.CloseYear{Year: 2025})
		require.NoError(t, err)
		require.Equal(t, closedBooksWant, closedBooks(t, b), "nothing came in since")
		for _, d := range []string{"2025-01-01", "2025-12-31"} {
			_, err := b.Post(t.Context(), closable("", d, ledger.Travel, ledger.Bank, "1 EUR"))
			require.ErrorIs(t, err, ledger.ErrClosedPeriod)
		}
		s, err := b.IncomeStatement(t.Context(), ledger.IncomeFilter{Period: date.FiscalYear{}.Period(2025)})
		require.NoError(t, err)
		require.Equal(t, "630.00 EUR", s.Totals[0].Profit.Total.String())
	})
}

func TestAFaultAtAnyStorageCallOfAYearEndIsMadeGoodByDoingItAgain(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		board := &switchboard{Engine: e.open(t)}
		sound := booksOn(t, board, "sound")
		counting := storagetest.Faulty(board.Engine, storagetest.Plan{})
		board.plugged.Store(counting)
		require.NoError(t, yearEnd(t.Context(), sound))
		board.plugged.Store(nil)
		blows := blowsFor(counting.Calls())
		all, most := len(blows), 25
		if e.fast {
			most = 80
		}
		if testing.Short() {
			most = 12
		}
		if seed := storagetest.Seed(t); !storagetest.Long() {
			blows = sample(blows, most, seed)
		}
		t.Logf("%d of %d faults", len(blows), all)
		for i, x := range blows {
			b := booksOn(t, board, fmt.Sprint("t", i))
			board.plugged.Store(storagetest.Faulty(board.Engine, x.plan))
			struck := yearEnd(t.Context(), b)
			board.plugged.Store(nil)
			require.NoError(t, yearEnd(t.Context(), b), "%s: after %v", x.where, struck)
			require.Equal(t, closedBooksWant, closedBooks(t, b), "%s: after %v", x.where, struck)
		}
	})
}

func TestClosingWhileOthersPost(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		b := booksOn(t, e.open(t), "acme")
		_, err := b.OpenYear(t.Context(), ledger.OpenYear{Year: 2025})
		require.NoError(t, err)
		var wait sync.WaitGroup
		fail := make(chan error, 4)
		for w := range 4 {
			wait.Go(func() {
				for i := range 20 {
					_, err := b.Post(t.Context(), closable(fmt.Sprint(w, "/", i), "2025-06-01", ledger.Bank, ledger.Revenue, "1 EUR"))
					if err != nil && !errors.Is(err, ledger.ErrClosedPeriod) {
						fail <- err
						return
					}
				}
			})
		}
		y, err := b.CloseYear(t.Context(), ledger.CloseYear{Year: 2025})
		require.NoError(t, err)
		wait.Wait()
		close(fail)
		require.NoError(t, <-fail)
		revenue, err := b.Balance(t.Context(), ledger.Revenue, "EUR", date.Date{})
		require.NoError(t, err)
		require.True(t, revenue.IsZero())
		again, err := b.CloseYear(t.Context(), ledger.CloseYear{Year: 2025})
		require.NoError(t, err)
		require.Equal(t, y.Closings, again.Closings)
		_, err = b.ReopenYear(t.Context(), ledger.ReopenYear{Year: 2025, Why: "w"})
		require.NoError(t, err)
		retained, err := b.Balance(t.Context(), ledger.RetainedEarnings, "EUR", date.Date{})
		require.NoError(t, err)
		require.True(t, retained.IsZero())
	})
}
