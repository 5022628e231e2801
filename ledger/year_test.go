package ledger_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/storagetest"
)

func closeYear(t testing.TB, b *ledger.Books, year int, keep ...ledger.Dimension) *ledger.Year {
	t.Helper()
	y, err := b.CloseYear(t.Context(), ledger.CloseYear{By: user("cfo"), Year: year, Keep: keep})
	require.NoError(t, err)
	return y
}

func reopenYear(t testing.TB, b *ledger.Books, year int) *ledger.Year {
	t.Helper()
	y, err := b.ReopenYear(t.Context(), ledger.ReopenYear{By: user("cfo"), Year: year, Why: "the audit found something"})
	require.NoError(t, err)
	return y
}

// held is what an account holds at the end of a day, as text.
func held(t testing.TB, b *ledger.Books, account string, c money.Currency, d string) string {
	t.Helper()
	a, err := b.Balance(t.Context(), account, c, day(d))
	require.NoError(t, err)
	return a.Text()
}

func calendar(year int) date.Period { return date.FiscalYear{}.Period(year) }

func profit(t testing.TB, b *ledger.Books, year int) (out []string) {
	t.Helper()
	s, err := b.IncomeStatement(t.Context(), ledger.IncomeFilter{Period: calendar(year)})
	require.NoError(t, err)
	for _, total := range s.Totals {
		out = append(out, total.Profit.Total.String())
	}
	return out
}

// twoYears is what a company earned and spent in 2016 and 2017, in two currencies.
func twoYears(t testing.TB, b *ledger.Books) {
	t.Helper()
	usd := func(d, debit, credit, amount string) ledger.Entry {
		e := simple(d, debit, credit, amount)
		for i := range e.Legs {
			e.Legs[i].Amount = money.MustParse(e.Legs[i].Amount.Text() + " USD")
		}
		return e
	}
	rent := simple("2016-12-31", ledger.RentExpense, ledger.Bank, "300")
	rent.Legs[0].Dims = ledger.Dims{Department: "sales"}
	post(t, b, simple("2016-02-01", ledger.Bank, ledger.ShareCapital, "10000"),
		simple("2016-03-01", ledger.Bank, ledger.Revenue, "1000"), rent,
		usd("2016-06-01", ledger.Bank, ledger.Revenue, "50"), simple("2017-03-01", ledger.Bank, ledger.Revenue, "70"))
}

func TestLTC9AYearIsClosedAndOpenedAgain(t *testing.T) {
	b := ledger.New(open(t))
	twoYears(t, b)
	openYear(t, b, 2017, false)
	_, err := b.CloseYear(t.Context(), ledger.CloseYear{Year: 2017})
	require.ErrorIs(t, err, ledger.ErrYearOpen, "2016 was never closed")
	openYear(t, b, 2016, false)
	_, err = b.CloseYear(t.Context(), ledger.CloseYear{Year: 2017})
	require.ErrorIs(t, err, ledger.ErrYearOpen)

	y := closeYear(t, b, 2016)
	require.Equal(t, ledger.HardClosed, y.Status)
	require.Len(t, y.Closings, 1)
	for _, account := range []string{ledger.Revenue, ledger.RentExpense} {
		require.Equal(t, "0.00", held(t, b, account, "EUR", "2016-12-31"))
		require.Equal(t, "0.00", held(t, b, account, "USD", "2016-12-31"))
	}
	require.Equal(t, []string{"-700.00", "-50.00"}, []string{held(t, b, ledger.RetainedEarnings, "EUR", "2016-12-31"),
		held(t, b, ledger.RetainedEarnings, "USD", "2016-12-31")})
	require.Equal(t, "1000.00", b2(t, b, ledger.Revenue, "2016-12-30"), "not before the last day")
	require.Equal(t, []string{"700.00 EUR", "50.00 USD"}, profit(t, b, 2016), "the income statement still shows the year")
	_, err = b.Post(t.Context(), simple("2016-12-31", ledger.RentExpense, ledger.Bank, "1"))
	require.ErrorIs(t, err, ledger.ErrClosedPeriod)

	again := closeYear(t, b, 2016)
	require.Equal(t, y, again, "nothing came in since")
	_, err = b.ReopenPeriod(t.Context(), ledger.ReopenPeriod{Year: 2016, Period: 12, Why: "late"})
	require.ErrorIs(t, err, ledger.ErrYearClosed)
	_, err = b.Reverse(t.Context(), ledger.Reverse{Entry: y.Closings[0]})
	require.ErrorIs(t, err, ledger.ErrYearClosed, "a closing entry is not undone by itself")

	closeYear(t, b, 2017)
	_, err = b.ReopenYear(t.Context(), ledger.ReopenYear{Year: 2016, Why: "late"})
	require.ErrorIs(t, err, ledger.ErrYearClosed, "a later one is closed")
	_, err = b.ReopenYear(t.Context(), ledger.ReopenYear{Year: 2017})
	require.True(t, storage.Has(err, "why", storage.CodeRequired))
	reopenYear(t, b, 2017)
	y = reopenYear(t, b, 2016)
	require.Empty(t, y.Closings)
	var dates []date.Date
	entries, err := b.BySource(t.Context(), ledger.YearRef(2016))
	require.NoError(t, err)
	for _, e := range entries {
		require.True(t, e.Closing)
		dates = append(dates, e.Date)
	}
	require.Equal(t, []date.Date{day("2016-12-31"), day("2016-12-31")}, dates, "the reversal is at the date of what it undoes")
	require.Equal(t, "0.00", held(t, b, ledger.RetainedEarnings, "EUR", "2017-12-31"))
	require.Equal(t, y, reopenYear(t, b, 2016))
}

// b2 is an income account as people read it.
func b2(t testing.TB, b *ledger.Books, account, d string) string {
	a, err := b.Balance(t.Context(), account, "EUR", day(d))
	require.NoError(t, err)
	return a.Neg().Text()
}

func TestClosingAYearAgainPostsTheDifference(t *testing.T) {
	b := ledger.New(open(t))
	twoYears(t, b)
	openYear(t, b, 2016, true)
	for p := range 12 {
		closePeriod(t, b, 2016, p+1, true)
	}
	closeYear(t, b, 2016)
	reopenYear(t, b, 2016)
	_, err := b.Post(t.Context(), simple("2016-12-31", ledger.RentExpense, ledger.Bank, "1"))
	require.ErrorIs(t, err, ledger.ErrClosedPeriod, "its periods are what they were")
	closeYear(t, b, 2016)
	reopenYear(t, b, 2016)
	late := simple("2016-12-31", ledger.RentExpense, ledger.Bank, "1")
	late.Adjusting = true
	post(t, b, late)
	require.Equal(t, []string{"699.00 EUR", "50.00 USD"}, profit(t, b, 2016))
	y := closeYear(t, b, 2016)
	require.Equal(t, "-699.00", held(t, b, ledger.RetainedEarnings, "EUR", "2016-12-31"))
	require.Len(t, y.Closings, 1)
	again := closeYear(t, b, 2016, ledger.Department)
	require.Len(t, again.Closings, 2, "what the department spent moves under its name")
	got, err := b.Totals(t.Context(), ledger.TotalsFilter{Chosen: ledger.Chosen{Types: []ledger.Type{ledger.Income, ledger.Expense}},
		GroupBy: []ledger.Dimension{ledger.Department}, ByAccount: true, Closing: true, Period: date.Period{To: day("2016-12-31")}})
	require.NoError(t, err)
	for _, row := range got.Rows {
		require.True(t, row.Amount.IsZero(), "%+v", row)
	}
	require.Equal(t, "-699.00", held(t, b, ledger.RetainedEarnings, "EUR", "2016-12-31"))
	require.Equal(t, []string{"699.00 EUR", "50.00 USD"}, profit(t, b, 2016))
	require.Equal(t, again, closeYear(t, b, 2016))
	reopenYear(t, b, 2016)
	require.Equal(t, "0.00", held(t, b, ledger.RetainedEarnings, "EUR", "2016-12-31"))
}

func TestClosingAYearRespectsTheLockByDate(t *testing.T) {
	b := ledger.New(open(t))
	twoYears(t, b)
	openYear(t, b, 2016, false)
	require.NoError(t, b.Lock(t.Context(), ledger.Lock{Through: day("2016-12-31")}))
	_, err := b.CloseYear(t.Context(), ledger.CloseYear{Year: 2016})
	require.ErrorIs(t, err, ledger.ErrClosedPeriod)
	_, err = b.Permit(t.Context(), ledger.Permit{Actor: user("cfo"), Why: "year end", Period: date.On(day("2016-12-31"))})
	require.NoError(t, err)
	closeYear(t, b, 2016)
	_, err = b.ReopenYear(t.Context(), ledger.ReopenYear{Year: 2016, Why: "w"})
	require.ErrorIs(t, err, ledger.ErrClosedPeriod)
	reopenYear(t, b, 2016)
}

func TestAYearIsClosedWhateverItsAccountsDemand(t *testing.T) {
	b := ledger.New(open(t))
	require.NoError(t, b.OpenAccounts(t.Context(), storage.Ref{},
		ledger.OpenAccount{Code: "7000", Name: "Campaigns", Type: ledger.Expense, Requires: []ledger.Dimension{ledger.Campaign}},
		ledger.OpenAccount{Code: "7001", Name: "Fees", Type: ledger.Income, Control: "billing"}))
	e := simple("2016-03-01", "7000", "7001", "5")
	e.Source = storage.Ref{Kind: "billing.invoice", ID: "1"}
	e.Legs[0].Dims = ledger.Dims{Campaign: "spring", Department: "sales"}
	post(t, b, e)
	for _, code := range []string{"7000", "7001"} {
		_, err := b.CloseAccount(t.Context(), ledger.CloseAccount{Code: code, Date: day("2016-06-30")})
		require.NoError(t, err)
	}
	openYear(t, b, 2016, false)
	y := closeYear(t, b, 2016)
	p, err := b.Entry(t.Context(), y.Closings[0])
	require.NoError(t, err)
	require.Equal(t, []string{"7000 -5.00 EUR spring", "7001 5.00 EUR ", "3100 -5.00 EUR ", "3100 5.00 EUR spring"}, lines(p))
	reopenYear(t, b, 2016)
	require.Equal(t, "5.00", held(t, b, "7000", "EUR", "2016-12-31"))
}

func lines(p *ledger.Posted) (out []string) {
	for _, l := range p.Legs {
		out = append(out, fmt.Sprint(l.Account, " ", l.Amount, " ", l.Parts[0].Dims.Campaign))
	}
	return out
}

// Closing and opening years and periods in any order leaves every report tied, and undoing it in reverse leaves nothing.
func TestClosingAndReopeningInAnyOrderTies(t *testing.T) {
	seed := storagetest.Seed(t)
	for i := range uint64(12) {
		rng := rand.New(rand.NewPCG(seed, i))
		b := ledger.New(open(t))
		for year := 2015; year <= 2017; year++ {
			openYear(t, b, year, rng.IntN(2) == 0)
		}
		list := []string{ledger.Bank, ledger.ShareCapital, ledger.Revenue, ledger.RentExpense, ledger.Travel}
		currencies := []money.Currency{"EUR", "JPY", "KWD"}
		earned := map[string]int64{} // of a year and currency, in minor units
		entry := func() (ledger.Entry, func()) {
			c := currencies[rng.IntN(3)]
			units := 1 + rng.Int64N(1_000_000)
			amount, err := money.Minor(c, units)
			require.NoError(t, err)
			d, x := date.Must(2015, 1, 1).AddDays(rng.IntN(3*365+1)), rng.IntN(len(list))
			y := (x + 1 + rng.IntN(len(list)-1)) % len(list)
			dims := ledger.Dims{}
			if rng.IntN(2) == 0 {
				dims.Department = fmt.Sprint(rng.IntN(3))
			}
			e := ledger.Entry{Date: d, Legs: []ledger.Leg{ledger.Debit(list[x], amount, dims), ledger.Credit(list[y], amount, dims)}}
			return e, func() {
				key := fmt.Sprint(d.Year(), c)
				if x >= 2 {
					earned[key] -= units
				}
				if y >= 2 {
					earned[key] += units
				}
			}
		}
		var undo []func()
		closed := map[int]bool{}
		for range 60 {
			year := 2015 + rng.IntN(3)
			switch rng.IntN(5) {
			case 0:
				keep := [][]ledger.Dimension{nil, {ledger.Department}}[rng.IntN(2)]
				_, err := b.CloseYear(t.Context(), ledger.CloseYear{Year: year, Keep: keep})
				if year > 2015 && !closed[year-1] {
					require.ErrorIs(t, err, ledger.ErrYearOpen)
					continue
				}
				require.NoError(t, err)
				closed[year] = true
			case 1:
				_, err := b.ReopenYear(t.Context(), ledger.ReopenYear{Year: year, Why: "w"})
				if closed[year] && closed[year+1] {
					require.ErrorIs(t, err, ledger.ErrYearClosed)
					continue
				}
				require.NoError(t, err)
				closed[year] = false
			default:
				e, count := entry()
				posted, err := b.Post(t.Context(), e)
				if closed[e.Date.Year()] {
					require.ErrorIs(t, err, ledger.ErrClosedPeriod)
					continue
				}
				require.NoError(t, err)
				count()
				undo = append(undo, func() {
					_, err := b.Reverse(t.Context(), ledger.Reverse{Entry: posted[0].ID, Date: e.Date})
					require.NoError(t, err)
				})
			}
			tied(t, b)
		}
		for year := 2015; year <= 2017; year++ {
			s, err := b.IncomeStatement(t.Context(), ledger.IncomeFilter{Period: calendar(year)})
			require.NoError(t, err)
			for _, total := range s.Totals {
				want, err := money.Minor(total.Currency, earned[fmt.Sprint(year, total.Currency)])
				require.NoError(t, err)
				require.Equal(t, want, total.Profit.Total, "closing shows in no income statement")
				if closed[year] {
					c := total.Currency
					for _, account := range list[2:] {
						a, err := b.Balance(t.Context(), account, c, date.Must(year, 12, 31))
						require.NoError(t, err)
						require.True(t, a.IsZero(), "a closed year leaves nothing on %s", account)
					}
				}
			}
		}
		for year := 2017; year >= 2015; year-- {
			reopenYear(t, b, year)
		}
		for i := len(undo) - 1; i >= 0; i-- {
			undo[i]()
		}
		trial, err := b.TrialBalance(t.Context(), ledger.TrialFilter{})
		require.NoError(t, err)
		for _, row := range trial.Rows {
			require.True(t, row.Closing.IsZero(), "%+v", row)
		}
	}
}

// tied checks that the books balance.
func tied(t testing.TB, b *ledger.Books) {
	t.Helper()
	trial, err := b.TrialBalance(t.Context(), ledger.TrialFilter{})
	require.NoError(t, err)
	for _, row := range trial.Totals {
		require.True(t, row.Closing.IsZero(), "%+v", row)
	}
}
