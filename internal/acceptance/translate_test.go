package acceptance_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
)

// setRates gives USD in EUR directly, and JPY as what a euro costs, about every week of three years.
func (w *bookworm) setRates() {
	cmd := ledger.SetRates{Source: "test"}
	for d := bookStart.AddDays(-400); d.Before(bookStart.AddDays(720)); d = d.AddDays(1 + w.rng.IntN(12)) {
		cmd.Rates = append(cmd.Rates,
			ledger.Rate{From: "USD", To: "EUR", Date: d, Value: decimal.New(8000+w.rng.Int64N(2000), -4)},
			ledger.Rate{From: "EUR", To: "JPY", Date: d, Value: decimal.New(11000+w.rng.Int64N(3000), -2)})
	}
	_, err := w.b.SetRates(w.t.Context(), cmd)
	require.NoError(w.t, err)
}

// worth is a currency in another on a day, as the books say.
func (w *bookworm) worth(from, to money.Currency, d date.Date) decimal.Decimal {
	r, err := w.b.Rate(w.t.Context(), from, to, d)
	require.NoError(w.t, err)
	value, err := r.Money().Decimal(18, money.HalfUp)
	require.NoError(w.t, err)
	return value
}

// inOne translates a sum of moves, each with the rate of a day, and rounds once.
func (w *bookworm) inOne(to money.Currency, keep func(m motion) bool, rate func(m motion) decimal.Decimal) money.Amount {
	var sum decimal.Decimal
	for _, m := range w.moves {
		if keep(m) {
			a, err := money.Minor(m.currency, m.units)
			require.NoError(w.t, err)
			sum = sum.Add(a.Decimal().Mul(rate(m)))
		}
	}
	a, err := money.FromDecimal(to, sum)
	require.NoError(w.t, err)
	return a.Round(money.HalfUp)
}

func (w *bookworm) checkTranslated(in ledger.Translation) {
	t, ctx, to := w.t, w.t.Context(), in.Currency
	rates := map[string]decimal.Decimal{}
	rate := func(c money.Currency, d date.Date) decimal.Decimal {
		key := string(c) + d.String()
		if _, known := rates[key]; !known {
			rates[key] = w.worth(c, to, d)
		}
		return rates[key]
	}
	closing := func(d date.Date) func(m motion) decimal.Decimal {
		return func(m motion) decimal.Decimal { return rate(m.currency, d) }
	}
	day := w.day()
	sheet, err := w.b.BalanceSheet(ctx, ledger.SheetFilter{Date: day, Layout: ledger.Layout{In: in}})
	require.NoError(t, err)
	require.True(t, sheet.Ties())
	posted := slices.ContainsFunc(w.moves, func(m motion) bool { return !m.day.After(day) })
	if !posted { // nothing had been posted by that day
		require.Empty(t, sheet.Parts)
		return
	}
	require.Len(t, sheet.Parts, 1)
	var result money.Amount
	for _, r := range sheet.Parts[0].Rows {
		switch r.Kind {
		case ledger.AccountRow:
			want := w.inOne(to, func(m motion) bool { return m.account == r.Account && !m.day.After(day) }, closing(day))
			if bookTypes[r.Account].Sign() < 0 {
				want = want.Neg()
			}
			require.Equal(t, want, r.Cells[0].Amount, r.Account)
		case ledger.ResultRow:
			result = r.Cells[0].Amount
		case ledger.TranslationRow: // at closing rates the exchange account leaves cents only
			if in.Income == ledger.AtClosing {
				most := decimal.New(int64(len(sheet.Parts[0].Rows)), -int32(digits(to)))
				require.LessOrEqual(t, r.Cells[0].Amount.Decimal().Abs().Cmp(most), 0, "%+v", r)
			}
		}
	}
	year := date.Period{From: date.Must(day.Year(), 1, 1), To: day}
	income, err := w.b.IncomeStatement(ctx, ledger.IncomeFilter{Period: year, Layout: ledger.Layout{In: in}})
	require.NoError(t, err)
	closed := false
	for _, m := range w.moves {
		closed = closed || m.closing && year.Contains(m.day)
	}
	if len(income.Totals) > 0 && !closed {
		require.Equal(t, income.Totals[0].Profit.Total, result, "the result is the profit of the income statement")
	}
	for _, l := range append(income.Income, income.Expense...) {
		keep := func(m motion) bool { return m.account == l.Account && year.Contains(m.day) && !m.closing }
		of := closing(day)
		switch in.Income {
		case ledger.AtTransaction:
			of = func(m motion) decimal.Decimal { return rate(m.currency, m.day) }
		case ledger.AtAverage:
			of = func(m motion) decimal.Decimal {
				if m.currency == to {
					return decimal.NewFromInt(1)
				}
				var sum decimal.Decimal
				for d := range year.All() {
					sum = sum.Add(rate(m.currency, d))
				}
				return sum.DivRound(decimal.NewFromInt(int64(year.Days())), 18)
			}
		}
		want := w.inOne(to, keep, of)
		if bookTypes[l.Account].Sign() < 0 {
			want = want.Neg()
		}
		require.Equal(t, want, l.Values[0], "%s %s", in.Income, l.Account)
	}
	p := w.period()
	if in.Income == ledger.AtAverage && p.From.IsZero() {
		p.From = date.Must(2016, 1, 1)
	}
	trial, err := w.b.TrialBalance(ctx, ledger.TrialFilter{Period: p, Layout: ledger.Layout{In: in}})
	require.NoError(t, err)
	for _, r := range trial.Totals {
		require.True(t, r.Opening.IsZero() && r.Closing.IsZero() && r.Debit.Equal(r.Credit), "%+v", r)
	}
	for _, r := range trial.Rows {
		sum, err := money.Sum(r.Opening, r.Debit, r.Credit.Neg(), r.Translation)
		require.NoError(t, err)
		require.Equal(t, r.Closing, sum)
	}
	for _, indirect := range []bool{false, true} {
		flow, err := w.b.CashFlow(ctx, ledger.CashFilter{Period: p, Indirect: indirect, Layout: ledger.Layout{In: in}})
		require.NoError(t, err)
		require.True(t, flow.Ties())
		if len(flow.Parts) == 0 {
			continue // no cash by the end of the period
		}
		sum := money.Zero(to)
		for _, r := range flow.Parts[0].Rows {
			if r.Kind == ledger.TotalRow && r.Section != "" || r.Kind == ledger.TranslationRow || r.Kind == ledger.ClosingEntryRow ||
				r.Kind == ledger.OpeningRow {
				sum, err = sum.Add(r.Cells[0].Amount)
				require.NoError(t, err)
			}
		}
		require.Equal(t, flow.Parts[0].Closing[0], sum)
	}
	balances, err := w.b.Balances(ctx, ledger.BalanceFilter{AsOf: day, In: in})
	require.NoError(t, err)
	sum := balances.Rounding
	for _, r := range balances.Rows {
		sum, err = sum.Add(r.Amount)
		require.NoError(t, err)
	}
	require.True(t, sum.IsZero())
}

func digits(c money.Currency) int { n, _ := c.Digits(); return n }

func TestReportsInOneCurrencyTie(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		seeds := []uint64{5}
		if e.fast {
			seeds = []uint64{5, 6, rand.Uint64()}
		}
		for _, seed := range seeds {
			t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
				w := newBookworm(t, e, seed)
				w.setRates()
				w.post(60)
				for _, basis := range []ledger.Basis{ledger.AtClosing, ledger.AtAverage, ledger.AtTransaction} {
					for _, c := range []money.Currency{"EUR", "JPY"} {
						w.checkTranslated(ledger.Translation{Currency: c, Income: basis})
					}
				}
			})
		}
	})
}
