package insight_test

import (
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/crm/pipeline"
	"github.com/tutas/tutas/erp/billing"
	"github.com/tutas/tutas/erp/insight"
	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/money"
)

// seller is a company whose forecast is mostly dead; the figures of its pipeline are those of the public data set of the quick
// start.
func seller() insight.Facts {
	return insight.Facts{
		Period: period("2017-03-01", "2017-12-31"), Currency: "USD",
		Result:   insight.Figures{Revenue: usd("10005534"), Gross: usd("3028354")},
		Forecast: pipeline.Worth{Count: 2089, Weighted: usd("1664290.20")}, Dead: pipeline.Worth{Count: 1291,
			Weighted: usd("1279465.60")}, Longest: 138,
		Quarters: []insight.Quarter{{Name: "2017-Q2", Won: 1254, Lost: 778, Value: usd("3086111")}, {Name: "2017-Q3", Won: 1257,
			Lost: 790, Value: usd("2982255")},
			{Name: "2017-Q4", Won: 1196, Lost: 789, Value: usd("2802496")}},
		Customers: 85, Again: 85,
		Fading: []insight.Fading{{Name: "Massive Dynamic", Before: usd("57461"), After: usd("9978"), Gone: usd("47483")},
			{Name: "Sonron", Before: usd("37070"), After: usd("2633"), Gone: usd("34437")}},
		Over: dec("10"), Discounts: 709, Given: usd("242506"),
		Losses: []insight.Loss{{Per: ledger.Product, Name: "MG Special", Revenue: usd("43768"), Gross: usd("-13328")},
			{Per: ledger.Customer, Name: "Nobody", Revenue: usd("10"), Gross: usd("-5")}},
		Months: 10, OverMonths: 2, OverHours: dec("120.5"), Hours: dec("16805.5"),
		Owed: billing.Ageing{Total: usd("900000"), To30: usd("100000"), To60: usd("20000"), To90: usd("5000"), Over90: usd("3000")},
	}
}

func TestADiagnosisWeighsBothSidesInKeptMoney(t *testing.T) {
	d, err := insight.Diagnose(seller(), insight.Policy{})
	require.NoError(t, err)
	// 3,028,354 / 10,005,534 of 1,279,465.60; of 2,982,255 - 2,802,496; of 47,483 + 34,437 (the same money, so only the larger
	// counts).
	growth := map[string]string{insight.DeadDeals: "387253.17", insight.FallingWins: "54407.28", insight.FadingCustomers: "24794.55"}
	// 3,028,354 * 120.5 / 16,805.5; 1 % of 100,000, 5 % of 20,000, 20 % of 5,000, 50 % of 3,000.
	structure := map[string]string{insight.GivenAway: "242506.00", insight.LossMakers: "13328.00", insight.Overload: "21714.12",
		insight.LatePayment: "4500.00"}
	for _, side := range []struct {
		w    insight.Weight
		want map[string]string
	}{{d.Growth, growth}, {d.Structure, structure}} {
		sum := usd("0")
		require.Len(t, side.w.Tensions, len(side.want))
		for i, one := range side.w.Tensions {
			require.Equal(t, side.want[one.Code], one.AtStake.Text(), one.Code)
			require.Equal(t, one.Code != insight.FadingCustomers, one.Counted)
			if one.Counted {
				sum, err = sum.Add(one.AtStake)
				require.NoError(t, err)
			}
			if i > 0 {
				require.False(t, one.AtStake.Decimal().GreaterThan(side.w.Tensions[i-1].AtStake.Decimal()), "the largest first")
			}
		}
		require.Equal(t, sum, side.w.AtStake)
	}
	require.Equal(t, insight.Growth, d.First)
	require.Equal(t, "Growth first: 441,660 of kept money is at stake in winning customers, 282,048 in running what was won.",
		d.Text)
	require.Len(t, d.Steps, 3)
	require.Equal(t, "Close or revive the 1,291 deals older than 138 days, and plan with 384,825 instead of 1,664,290.",
		d.Steps[0].Do)
	require.Equal(t, "Give less away below list: 342 on average in 709 deals.", d.Steps[1].Do)
	require.Equal(t, "From 2017-Q3 to 2017-Q4 won value went from 2,982,255 to 2,802,496 and the win rate from 61.4 % to 60.3 %, "+
		"the second quarter of decline in a row; that is 54,407 of kept money.", d.Steps[2].Text)
}

func TestTheSameFactsGiveTheSameWords(t *testing.T) {
	first, err := insight.Diagnose(seller(), insight.Policy{})
	require.NoError(t, err)
	for range 20 {
		again, err := insight.Diagnose(seller(), insight.Policy{})
		require.NoError(t, err)
		require.Equal(t, first, again)
	}
}

func TestADiagnosisSaysOnlyWhatTheFactsSay(t *testing.T) {
	none, err := insight.Diagnose(insight.Facts{Currency: "USD", Missing: []string{"deals"}}, insight.Policy{})
	require.NoError(t, err)
	require.Equal(t, insight.Side(""), none.First)
	require.Empty(t, none.Steps)
	require.Equal(t, "No tension in what could be seen. Not looked at: deals.", none.Text)
	require.Equal(t, usd("0"), none.Growth.AtStake)

	// A company that loses on every sale has no kept money in its pipeline, and still loses by what it gives away.
	f := seller()
	f.Result.Gross = usd("-1")
	d, err := insight.Diagnose(f, insight.Policy{})
	require.NoError(t, err)
	require.Empty(t, d.Growth.Tensions)
	require.Equal(t, insight.Structure, d.First)

	// Won value rose, but by the win rate of before it would have risen more: 50 of 100 were won for 100 each, now 60 of 150.
	f = insight.Facts{Currency: "USD", Result: insight.Figures{Revenue: usd("100"), Gross: usd("50")}, Quarters: []insight.Quarter{
		{Name: "Q1", Won: 50, Lost: 50, Value: usd("5000")}, {Name: "Q2", Won: 60, Lost: 90, Value: usd("6000")}}}
	d, err = insight.Diagnose(f, insight.Policy{})
	require.NoError(t, err)
	require.Equal(t, usd("1500"), d.Growth.Tensions[0].Amount) // 75 instead of 60
	require.Equal(t, usd("750"), d.Growth.AtStake)
	require.False(t, strings.Contains(d.Growth.Tensions[0].Text, "in a row"))
}

func TestAPolicyIsChecked(t *testing.T) {
	_, err := insight.Diagnose(seller(), insight.Policy{Provision: []decimal.Decimal{dec("1")}})
	require.ErrorContains(t, err, "provision")
	_, err = insight.Diagnose(seller(), insight.Policy{Provision: []decimal.Decimal{dec("1"), dec("2"), dec("3"), dec("101")}})
	require.ErrorContains(t, err, "provision.3")
	d, err := insight.Diagnose(seller(), insight.Policy{Steps: 1})
	require.NoError(t, err)
	require.Len(t, d.Steps, 1)
	f := seller()
	f.Given = money.MustParse("1 EUR")
	_, err = insight.Diagnose(f, insight.Policy{})
	require.ErrorIs(t, err, money.ErrCurrency)
}

func TestFactsComeFromAllSources(t *testing.T) {
	d := open(t)
	d.crew()
	w := d.way()
	d.deal(w, "a", "2017-08-01", "1000", "2017-09-01", "1000")
	d.deal(w, "b", "2017-08-01", "1000", "2017-09-01", "700")
	d.deal(w, "a", "2017-10-01", "1000", "2017-11-01", "400")
	d.deal(w, "c", "2017-10-01", "1000", "2017-11-01", "")
	d.deal(w, "c", "2017-07-01", "1000", "", "")
	d.post("2017-09-01", ledger.Bank, ledger.Revenue, "2100", ledger.Dims{Customer: "a", Product: "p"})
	d.post("2017-09-01", ledger.GoodsCost, ledger.Bank, "1000", ledger.Dims{Customer: "a", Product: "p"})
	d.post("2017-09-01", ledger.GoodsCost, ledger.Bank, "50", ledger.Dims{Customer: "b", Product: "q"})
	f, err := d.look.Facts(t.Context(), insight.DiagnosisFilter{Period: period("2017-07-01", "2017-12-31")})
	d.ok(err)
	require.Equal(t, usd("1050"), f.Result.Gross)
	require.Equal(t, usd("400"), f.Dead.Weighted)
	require.Equal(t, 31, f.Longest)
	require.Equal(t, []insight.Quarter{{Name: "2017-Q3", Won: 2, Value: usd("1700")}, {Name: "2017-Q4", Won: 1, Lost: 1,
		Value: usd("400")}}, f.Quarters)
	require.Len(t, f.Fading, 2) // a bought less, b nothing
	require.EqualValues(t, 2, f.Discounts)
	require.EqualValues(t, 2, f.Unapproved)
	require.Equal(t, usd("900"), f.Given)
	require.Equal(t, []insight.Loss{{Per: ledger.Product, Name: "q", Revenue: usd("0"), Gross: usd("-50")},
		{Per: ledger.Customer, Name: "b", Revenue: usd("0"), Gross: usd("-50")}}, f.Losses)
	require.Equal(t, []int{6, 1}, []int{f.Months, f.OverMonths})
	require.Equal(t, "24", f.OverHours.String())
	got, err := d.look.Diagnose(t.Context(), insight.DiagnosisFilter{Period: period("2017-07-01", "2017-12-31")})
	d.ok(err)
	require.Equal(t, insight.Structure, got.First)
	require.Equal(t, insight.GivenAway, got.Steps[0].Code)
}
