package ledger_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

func from(d string, days int) date.Period {
	return date.Period{From: day(d), To: day(d).AddDays(days - 1)}
}

func TestWER1ARevenueIsSpreadOverMonths(t *testing.T) {
	plan, err := ledger.Defer(eur("300"), date.Period{From: day("2019-01-01"), To: day("2019-03-31")}, ledger.ByMonth)
	require.NoError(t, err)
	var got []string
	for _, part := range plan {
		got = append(got, fmt.Sprint(part.Period.To, " ", part.Amount, " ", part.Left))
	}
	require.Equal(t, []string{"2019-01-31 100.00 EUR 200.00 EUR", "2019-02-28 100.00 EUR 100.00 EUR",
		"2019-03-31 100.00 EUR 0.00 EUR"}, got)
}

func TestWER2AnAmountIsSpreadByDay(t *testing.T) {
	plan, err := ledger.Defer(eur("1000"), from("2017-01-01", 500), ledger.ByDay)
	require.NoError(t, err)
	require.Len(t, plan, 17)
	require.Equal(t, []string{"62.00 EUR", "56.00 EUR"}, []string{plan[0].Amount.String(), plan[1].Amount.String()},
		"31 and 28 of 500 days")
	require.Equal(t, "0.00 EUR", plan[16].Left.String(), "ends at nothing")
}

func TestWETR50AnInvoiceOfFiveHundredDays(t *testing.T) {
	for _, c := range []struct {
		first string
		days  int
		left  string
	}{{"2017-01-01", 500, "270.00"}, {"2017-01-01", 501, "271.46"}} {
		b := ledger.New(open(t))
		cmd := ledger.Deferral{Key: "insurance", Result: ledger.RentExpense, Deferred: ledger.Prepaid, Amount: eur("1000"),
			Period: from(c.first, c.days), Spread: ledger.ByDay, Through: day("2017-12-31"), Dims: ledger.Dims{Department: "sales"}}
		post(t, b, simple(c.first, ledger.RentExpense, ledger.Bank, "1000"))
		year, err := b.PostDeferral(t.Context(), cmd)
		require.NoError(t, err)
		require.Len(t, year, 13, "the move onto the account and twelve from it")
		require.Equal(t, c.left, held(t, b, ledger.Prepaid, "EUR", "2017-12-31"))
		cmd.Through = date.Date{}
		all, err := b.PostDeferral(t.Context(), cmd)
		require.NoError(t, err)
		require.Len(t, all, 18)
		require.Equal(t, year, all[:13], "what was posted is not posted again")
		require.Equal(t, "0.00", held(t, b, ledger.Prepaid, "EUR", "2018-12-31"))
		require.Equal(t, "1000.00", held(t, b, ledger.RentExpense, "EUR", "2018-12-31"))
		n := 0
		for _, err := range b.Entries(t.Context(), ledger.EntryFilter{}) {
			require.NoError(t, err)
			n++
		}
		require.Equal(t, 19, n)
	}
}

func TestIncomeIsDeferredTheOtherWayRound(t *testing.T) {
	b := ledger.New(open(t))
	post(t, b, simple("2017-01-10", ledger.Bank, ledger.DeferredRevenue, "300"))
	_, err := b.PostDeferral(t.Context(), ledger.Deferral{Result: ledger.Revenue, Deferred: ledger.DeferredRevenue,
		Amount: eur("-300"), Period: date.Period{From: day("2017-01-10"), To: day("2017-04-09")}, Waiting: true})
	require.NoError(t, err)
	require.Equal(t, []string{"-100.00", "-200.00"}, []string{held(t, b, ledger.Revenue, "EUR", "2017-02-28"),
		held(t, b, ledger.DeferredRevenue, "EUR", "2017-03-08")})
	require.Equal(t, "-300.00", held(t, b, ledger.Revenue, "EUR", "2017-04-09"))
}

func TestADeferralIsAllOrNothing(t *testing.T) {
	b := ledger.New(open(t))
	openYear(t, b, 2017, false)
	closePeriod(t, b, 2017, 2, true)
	_, err := b.PostDeferral(t.Context(), ledger.Deferral{Key: "k", Result: ledger.RentExpense, Deferred: ledger.Prepaid,
		Amount: eur("300"), Period: date.Period{From: day("2017-01-01"), To: day("2017-03-31")}})
	require.ErrorIs(t, err, ledger.ErrClosedPeriod)
	trial, err := b.TrialBalance(t.Context(), ledger.TrialFilter{})
	require.NoError(t, err)
	require.Empty(t, trial.Rows)
}

func TestWhatCannotBeDeferred(t *testing.T) {
	for path, try := range map[string]func() ([]ledger.Installment, error){
		"amount": func() ([]ledger.Installment, error) {
			return ledger.Defer(money.Amount{}, from("2017-01-01", 5), ledger.ByDay)
		},
		"period": func() ([]ledger.Installment, error) {
			return ledger.Defer(eur("1"), date.Period{From: day("2017-01-01")}, ledger.ByDay)
		},
		"spread": func() ([]ledger.Installment, error) { return ledger.Defer(eur("1"), from("2017-01-01", 5), "weekly") },
	} {
		_, err := try()
		var bad *storage.Invalid
		require.ErrorAs(t, err, &bad)
		require.Equal(t, path, bad.Fields[0].Path)
	}
	for _, by := range []ledger.Spread{ledger.ByDay, ledger.ByMonth} {
		_, err := ledger.Defer(eur("1"), date.Period{From: day("1000-01-01"), To: day("2999-12-31")}, by)
		require.True(t, storage.Has(err, "period", storage.CodeRange))
	}
}

func FuzzDeferSumsToTheAmount(f *testing.F) {
	f.Add(int64(100000), int64(17167), 500, true)
	f.Add(int64(-1), int64(0), 31, false)
	f.Fuzz(func(t *testing.T, units, first int64, days int, byDay bool) {
		by := ledger.ByMonth
		if byDay {
			by = ledger.ByDay
		}
		start := date.FromDays(first % 400_000)
		if start.IsZero() || days < 1 || days > 30_000 {
			return
		}
		p := date.Period{From: start, To: start.AddDays(days - 1)}
		amount, err := money.Minor("EUR", units)
		if err != nil {
			return
		}
		plan, err := ledger.Defer(amount, p, by)
		if err != nil {
			return
		}
		sum, next := money.Zero("EUR"), p.From
		for _, part := range plan {
			require.Equal(t, next, part.Period.From)
			sum, err = sum.Add(part.Amount)
			require.NoError(t, err)
			next = part.Period.To.AddDays(1)
		}
		require.Equal(t, p.To, plan[len(plan)-1].Period.To)
		require.Equal(t, amount, sum)
		require.True(t, plan[len(plan)-1].Left.IsZero())
	})
}
