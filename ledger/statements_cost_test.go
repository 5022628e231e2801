package ledger_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
)

// grown are books with so many entries over a year, on four accounts.
func grown(t *testing.T, entries int) *ledger.Books {
	t.Helper()
	b := ledger.New(open(t))
	var list []ledger.Entry
	for i := range entries {
		d := ledger.Dims{Department: fmt.Sprint("d", i%3)}
		e := ledger.Entry{Date: day("2017-01-01").AddDays(i % 365), Legs: []ledger.Leg{
			ledger.Debit([]string{ledger.Bank, ledger.Receivables}[i%2], eur("1"), d), ledger.Credit(ledger.Revenue, eur("1"), d)}}
		if i%2 == 1 {
			e.Source.Kind, e.Source.ID = "billing.invoice", "1"
		}
		if list = append(list, e); len(list) == 1000 {
			post(t, b, list...)
			list = list[:0]
		}
	}
	if len(list) > 0 {
		post(t, b, list...)
	}
	_, err := b.Fold(t.Context())
	require.NoError(t, err)
	return b
}

// What a report reads grows with accounts, months and at most the days of two months, never with entries.
func TestReportsReadRowsByAccountAndTime(t *testing.T) {
	small, large := grown(t, 730), grown(t, 7300)
	ctx := t.Context()
	year := date.FiscalYear{}.Period(2017)
	var months []date.Period
	for m := range year.Months() {
		months = append(months, m)
	}
	odd := date.Period{From: day("2017-02-10"), To: day("2017-11-17")}
	for name, c := range map[string]struct {
		ask  func(b *ledger.Books) (ledger.Cost, error)
		most int64
	}{
		"LT-P11 trial balance now": {func(b *ledger.Books) (ledger.Cost, error) {
			got, err := b.TrialBalance(ctx, ledger.TrialFilter{})
			return got.Cost, err
		}, 3 * 12},
		"LT-P12 trial balance of any days": {func(b *ledger.Books) (ledger.Cost, error) {
			got, err := b.TrialBalance(ctx, ledger.TrialFilter{Period: odd})
			return got.Cost, err
		}, 3*11 + 3*(28+30)},
		"LT-P12 balances as of any day": {func(b *ledger.Books) (ledger.Cost, error) {
			got, err := b.Balances(ctx, ledger.BalanceFilter{AsOf: day("2017-07-21")})
			return got.Cost, err
		}, 3 * (6 + 21)},
		"twelve months and a year read as much as the year": {func(b *ledger.Books) (ledger.Cost, error) {
			got, err := b.IncomeStatement(ctx, ledger.IncomeFilter{Period: year, Layout: ledger.Layout{Further: months}})
			return got.Cost, err
		}, 12},
		"balance sheets of twelve months": {func(b *ledger.Books) (ledger.Cost, error) {
			got, err := b.BalanceSheet(ctx, ledger.SheetFilter{Date: year.To, Layout: ledger.Layout{Further: months}})
			return got.Cost, err
		}, 3 * 12},
		"a balance sheet by department": {func(b *ledger.Books) (ledger.Cost, error) {
			got, err := b.BalanceSheet(ctx, ledger.SheetFilter{Date: year.To, Where: ledger.Dims{Department: "d1"}})
			return got.Cost, err
		}, 3 * 12},
		"cash flow from the profit": {func(b *ledger.Books) (ledger.Cost, error) {
			got, err := b.CashFlow(ctx, ledger.CashFilter{Period: year, Indirect: true})
			return got.Cost, err
		}, 5 * 12},
		"what a year's revenue is made of, by month": {func(b *ledger.Books) (ledger.Cost, error) {
			got, err := b.ExplainGroups(ctx, ledger.ExplainFilter{Chosen: ledger.Chosen{Accounts: []string{ledger.Revenue}}, Period: year},
				ledger.ExplainMonth)
			return got.Cost, err
		}, 12},
		"a party ledger": {func(b *ledger.Books) (ledger.Cost, error) {
			got, err := b.PartyLedger(ctx, ledger.PartyFilter{Dimension: ledger.Department, Period: year})
			return got.Cost, err
		}, 3*12 + 3*3*12},
	} {
		t.Run(name, func(t *testing.T) {
			few, err := c.ask(small)
			require.NoError(t, err)
			many, err := c.ask(large)
			require.NoError(t, err)
			require.Equal(t, few, many, "ten times the entries")
			require.LessOrEqual(t, many.Totals, c.most)
			require.Zero(t, many.Parts+many.Tail)
		})
	}
}

func BenchmarkStatements(b *testing.B) {
	books := ledger.New(open(b))
	for n := 0; n < 100_000; {
		var list []ledger.Entry
		for range 500 {
			list = append(list, keyed(n))
			n++
		}
		post(b, books, list...)
	}
	if _, err := books.Fold(b.Context()); err != nil {
		b.Fatal(err)
	}
	layout := ledger.Layout{Compare: ledger.Compare{Months: 1}}
	for name, ask := range map[string]func() error{
		"sheet": func() error {
			_, err := books.BalanceSheet(b.Context(), ledger.SheetFilter{Date: day("2017-04-10"), Layout: layout})
			return err
		},
		"trial": func() error {
			_, err := books.TrialBalance(b.Context(), ledger.TrialFilter{Period: date.Period{To: day("2017-04-10")}})
			return err
		},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := ask(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
