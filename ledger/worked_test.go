package ledger_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
)

// The worked examples that this package can answer, by their names.

func share(weight string, d ledger.Dims) ledger.Share {
	return ledger.Share{Weight: decimal.RequireFromString(weight), Dims: d}
}

func TestWETR40ALegSplitByWeightsSumsExactly(t *testing.T) {
	b := ledger.New(open(t))
	posted := post(t, b, ledger.Entry{Date: day("2017-03-31"), Legs: []ledger.Leg{
		{Account: ledger.OfficeExpense, Amount: eur("100.03"), Dims: ledger.Dims{Supplier: "paper"}, Split: []ledger.Share{
			share("0.7", ledger.Dims{Department: "sales"}), share("0.3", ledger.Dims{Department: "delivery"})}},
		ledger.Credit(ledger.Bank, eur("100.03"), ledger.Dims{})}})
	e, err := b.Entry(t.Context(), posted[0].ID)
	require.NoError(t, err)
	require.Equal(t, []ledger.Part{
		{Amount: eur("70.02"), Dims: ledger.Dims{Department: "sales", Supplier: "paper"}},
		{Amount: eur("30.01"), Dims: ledger.Dims{Department: "delivery", Supplier: "paper"}}}, e.Legs[0].Parts)
	require.Equal(t, eur("100.03"), e.Legs[0].Amount)
	for _, fold := range []bool{false, true} {
		if fold {
			_, err := b.Fold(t.Context())
			require.NoError(t, err)
		}
		s, err := b.IncomeStatement(t.Context(), ledger.IncomeFilter{GroupBy: ledger.Department})
		require.NoError(t, err)
		require.Equal(t, []string{"delivery", "sales"}, s.Columns)
		require.Equal(t, "30.01 EUR", s.Expense[0].Values[0].String())
		require.Equal(t, "70.02 EUR", s.Expense[0].Values[1].String())
		require.Equal(t, "-100.03 EUR", s.Totals[0].Profit.Total.String())
	}
}

func TestWETR42ADimensionHasDebitCreditAndBalance(t *testing.T) {
	b := ledger.New(open(t))
	p := ledger.Dims{Project: "p1"}
	post(t, b,
		ledger.Entry{Date: day("2017-03-01"), Legs: []ledger.Leg{ledger.Debit(ledger.Bank, eur("100"), ledger.Dims{}),
			ledger.Credit(ledger.Revenue, eur("100"), p)}},
		ledger.Entry{Date: day("2017-03-02"), Legs: []ledger.Leg{ledger.Debit(ledger.Travel, eur("30"), p),
			ledger.Credit(ledger.Bank, eur("30"), ledger.Dims{})}})
	for range 2 {
		got, err := b.Totals(t.Context(), ledger.TotalsFilter{Where: p})
		require.NoError(t, err)
		require.Len(t, got.Rows, 1)
		require.Equal(t, "30.00 EUR", got.Rows[0].Debit.String())
		require.Equal(t, "100.00 EUR", got.Rows[0].Credit.String())
		require.Equal(t, "70.00 EUR", got.Rows[0].Amount.Neg().String(), "as income is read")
		_, err = b.Fold(t.Context())
		require.NoError(t, err)
	}
}

func TestWETR43CancellingAMoveDebitsTheDimensionToo(t *testing.T) {
	b := ledger.New(open(t))
	line := ledger.Dims{Spare1: "analytic"}
	posted := post(t, b, ledger.Entry{Date: day("2017-03-01"), Legs: []ledger.Leg{
		ledger.Debit(ledger.Bank, eur("42"), ledger.Dims{}), ledger.Credit(ledger.Revenue, eur("42"), line)}})
	check := func(debit, credit string) {
		t.Helper()
		got, err := b.Totals(t.Context(), ledger.TotalsFilter{Where: line})
		require.NoError(t, err)
		require.Equal(t, debit+" EUR", got.Rows[0].Debit.String())
		require.Equal(t, credit+" EUR", got.Rows[0].Credit.String())
	}
	check("0.00", "42.00")
	_, err := b.Reverse(t.Context(), ledger.Reverse{Entry: posted[0].ID, Date: day("2017-03-05"), Why: "cancelled"})
	require.NoError(t, err)
	check("42.00", "42.00")
}

func TestWETR30ATrialBalanceStartsWithWhatCameBefore(t *testing.T) {
	b := ledger.New(open(t))
	invoice := storage.Ref{Kind: "billing.invoice", ID: "1"}
	party := ledger.Dims{Customer: "c1"}
	post(t, b,
		ledger.Entry{Date: day("2017-01-10"), Source: invoice,
			Legs: []ledger.Leg{ledger.Debit(ledger.Receivables, eur("10"), party), ledger.Credit(ledger.Revenue, eur("10"), party)}},
		ledger.Entry{Date: day("2017-01-20"), Source: storage.Ref{Kind: "billing.payment", ID: "1"}, Legs: []ledger.Leg{
			ledger.Debit(ledger.Bank, eur("10"), ledger.Dims{}), ledger.Credit(ledger.Receivables, eur("10"), party)}})
	row := func(f ledger.TrialFilter, account string) ledger.TrialRow {
		got, err := b.TrialBalance(t.Context(), f)
		require.NoError(t, err)
		for _, r := range got.Rows {
			if r.Account == account {
				return r
			}
		}
		t.Fatalf("no row of %s", account)
		return ledger.TrialRow{}
	}
	first := ledger.TrialFilter{Period: day("2017-01-01").Month().Period()}
	r := row(first, ledger.Revenue)
	require.Equal(t, []string{"0.00 EUR", "0.00 EUR", "10.00 EUR", "-10.00 EUR"},
		[]string{r.Opening.String(), r.Debit.String(), r.Credit.String(), r.Closing.String()})
	first.Where = party
	r = row(first, ledger.Receivables)
	require.Equal(t, []string{"10.00 EUR", "10.00 EUR", "0.00 EUR"},
		[]string{r.Debit.String(), r.Credit.String(), r.Closing.String()})
	r = row(ledger.TrialFilter{Period: date.Period{From: day("2017-02-01")}}, ledger.Revenue)
	require.Equal(t, []string{"-10.00 EUR", "0.00 EUR", "0.00 EUR", "-10.00 EUR"},
		[]string{r.Opening.String(), r.Debit.String(), r.Credit.String(), r.Closing.String()})
}

func TestWER1DeferredRevenueIsReleasedInEqualMonths(t *testing.T) {
	b := ledger.New(open(t))
	post(t, b, simple("2017-01-01", ledger.Bank, ledger.DeferredRevenue, "300"))
	amounts, err := eur("300").Split(3)
	require.NoError(t, err)
	i := 0
	for d := range date.Monthly(day("2017-01-31"), 1) {
		if i == 3 {
			break
		}
		post(t, b, ledger.Entry{Date: d, Legs: []ledger.Leg{
			ledger.Debit(ledger.DeferredRevenue, amounts[i], ledger.Dims{}), ledger.Credit(ledger.Revenue, amounts[i], ledger.Dims{})}})
		i++
	}
	got, err := b.Totals(t.Context(), ledger.TotalsFilter{Chosen: ledger.Chosen{Types: []ledger.Type{ledger.Income}}, ByMonth: true})
	require.NoError(t, err)
	require.Len(t, got.Rows, 3)
	for i, m := range []string{"2017-01", "2017-02", "2017-03"} {
		require.Equal(t, m, got.Rows[i].Month.String())
		require.Equal(t, "-100.00 EUR", got.Rows[i].Amount.String())
	}
	left, err := b.Balance(t.Context(), ledger.DeferredRevenue, "EUR", date.Date{})
	require.NoError(t, err)
	require.True(t, left.IsZero())
}
