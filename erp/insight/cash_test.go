package insight_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/crm/pipeline"
	"github.com/tutas/tutas/erp"
	"github.com/tutas/tutas/erp/billing"
	"github.com/tutas/tutas/erp/insight"
	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
)

func flow(on string, kind insight.FlowKind, amount string) insight.Flow {
	return insight.Flow{Date: day(on), Kind: kind, Amount: usd(amount)}
}

func TestEachScenarioCountsOnWhatItBelieves(t *testing.T) {
	dates := []date.Date{day("2018-01-31"), day("2018-02-28"), day("2018-03-31")}
	o, err := insight.Outlook(usd("1000"), day("2017-12-31"), dates, []insight.Flow{
		flow("2018-01-15", insight.FlowInvoice, "500"), flow("2017-12-01", insight.FlowInvoice, "50"), flow("2018-02-10",
			insight.FlowDeal, "400"),
		flow("2018-02-10", insight.FlowDeadDeal, "9000"), flow("2018-01-10", insight.FlowCost, "-100"), flow("2018-01-10",
			insight.FlowDeadCost, "-3000"),
		flow("2018-01-31", insight.FlowRunning, "-1200"), flow("2018-02-28", insight.FlowRunning, "-1200"), flow("2018-02-01",
			insight.FlowOwed, "-50"),
	}, insight.Scenarios()...)
	require.NoError(t, err)
	got := map[string][]string{}
	for _, s := range o.Scenarios {
		for _, b := range s.Balances {
			got[s.Name] = append(got[s.Name], b.Text())
		}
		got[s.Name] = append(got[s.Name], s.Below.String(), s.Lowest.Text(), s.LowestOn.String())
	}
	require.Equal(t, map[string][]string{
		"planned": {"250.00", "-600.00", "-600.00", "2018-02-28", "-600.00", "2018-02-28"},
		"late":    {"-250.00", "-1000.00", "-600.00", "2018-01-31", "-1000.00", "2018-02-28"},
		// what was overdue comes on 31 January as well
		"hoped": {"-2750.00", "5400.00", "5400.00", "2018-01-10", "-2800.00", "2018-02-01"},
	}, got)
	require.Equal(t, []money.Amount{usd("3000"), usd("6400"), usd("6000")}, o.Gaps)
	require.Equal(t, usd("6000"), o.Risk)
	require.Equal(t, day("2018-01-01"), o.Flows[0].Date, "what should have come is taken for tomorrow")
}

func TestAnOutlookLosesNothing(t *testing.T) {
	const seed = 20260301
	r := rand.New(rand.NewPCG(seed, 1))
	kinds := []insight.FlowKind{insight.FlowInvoice, insight.FlowDeal, insight.FlowDeadDeal, insight.FlowCost, insight.FlowDeadCost,
		insight.FlowRunning,
		insight.FlowOwed, insight.FlowOther}
	for round := range 200 {
		from := day("2018-01-01").AddDays(r.IntN(700))
		dates := []date.Date{from.AddDays(1 + r.IntN(40)), from.AddDays(60), from.AddDays(300)}
		s := insight.Scenario{Late: r.IntN(40), Deals: []insight.Belief{insight.LiveDeals, insight.NoDeals,
			insight.AllDeals}[r.IntN(3)]}
		opening, err := money.Minor("USD", r.Int64N(1_000_000)-200_000)
		require.NoError(t, err)
		var flows []insight.Flow
		want := opening
		for range r.IntN(60) {
			a, err := money.Minor("USD", r.Int64N(400_000)-200_000)
			require.NoError(t, err)
			f := insight.Flow{Date: from.AddDays(r.IntN(260) - 30), Kind: kinds[r.IntN(len(kinds))], Amount: a}
			flows = append(flows, f)
			if s.Counts(f) {
				want, err = want.Add(a)
				require.NoError(t, err)
			}
		}
		o, err := insight.Outlook(opening, from, dates, flows, s)
		require.NoError(t, err)
		what := fmt.Sprintf("seed %d, round %d", seed, round)
		played := o.Scenarios[0]
		require.Equal(t, want, played.Balances[2], what)
		sum := opening
		for _, part := range played.Sums {
			sum, err = sum.Add(part.Amount)
			require.NoError(t, err)
		}
		require.Equal(t, want, sum, what)
		require.True(t, o.Risk.IsZero(), "one scenario has no gap")
		require.Equal(t, played.Below.IsZero(), played.Lowest.Sign() >= 0, what)
		for _, b := range played.Balances {
			require.False(t, b.Decimal().LessThan(played.Lowest.Decimal()), what)
		}
	}
}

func TestFlowsOfOtherCurrenciesAreRefused(t *testing.T) {
	_, err := insight.Outlook(usd("1"), day("2018-01-01"), []date.Date{day("2018-02-01")},
		[]insight.Flow{{Date: day("2018-01-05"), Amount: money.MustParse("1 EUR")}}, insight.Scenario{})
	require.ErrorIs(t, err, money.ErrCurrency)
}

func TestADealClosesAtTheUsualAge(t *testing.T) {
	pace := insight.Pace{Won: 10, Usual: 57, Longest: 138}
	now := day("2017-12-31")
	for _, c := range []struct {
		name, engaged, expected, want string
		pace                          insight.Pace
		dead                          bool
	}{
		{"when it is expected", "2017-01-01", "2018-05-01", "2018-05-01", pace, true},
		{"an expectation in the past is none", "2017-12-21", "2017-12-25", "2018-02-16", pace, false},
		{"young", "2017-12-21", "", "2018-02-16", pace, false},
		{"past the usual age: halfway to the oldest", "2017-09-22", "", "2018-01-19", pace, false},
		{"as old as the oldest", "2017-08-15", "", "2018-01-01", pace, false},
		{"dead", "2017-08-14", "", "2018-02-26", pace, true},
		{"of unknown age", "", "", "2018-02-26", pace, false},
		{"nothing was ever won", "2016-01-01", "", "2018-03-31", insight.Pace{}, false},
	} {
		d := &pipeline.Deal{}
		if c.engaged != "" {
			d.Engaged = day(c.engaged)
		}
		if c.expected != "" {
			d.Expected = day(c.expected)
		}
		require.Equal(t, c.want, c.pace.Closes(d, now).String(), c.name)
		require.Equal(t, c.dead, c.pace.Dead(d, now), c.name)
	}
}

func TestTheOutlookIsMadeFromTheBooks(t *testing.T) {
	d := open(t)
	d.post("2017-01-02", ledger.Bank, ledger.ShareCapital, "10000", ledger.Dims{})
	for _, m := range []string{"2017-10", "2017-11", "2017-12"} {
		d.post(m+"-10", ledger.Bank, ledger.Revenue, "2000", ledger.Dims{})
		d.post(m+"-11", ledger.GoodsCost, ledger.Bank, "800", ledger.Dims{})
		d.post(m+"-28", ledger.Commission, ledger.Bank, "100", ledger.Dims{})
		d.post(m+"-28", ledger.Payroll, ledger.Bank, "600", ledger.Dims{})
		d.post(m+"-28", ledger.DepreciationCosts, ledger.Equipment, "50", ledger.Dims{})
	}
	d.post("2017-10-28", ledger.RentExpense, ledger.Bank, "100", ledger.Dims{})
	d.post("2017-12-20", ledger.Software, ledger.Accrued, "70", ledger.Dims{})
	start := d.now
	bill := func(on, price string) {
		d.now = day(on).Time(start.Location(), 9, 0)
		_, err := d.Invoices.IssueNew(t.Context(), billing.Draft{Customer: shop("42"), Currency: "USD", Terms: erp.Terms{Days: 30},
			Lines: []erp.Line{{Text: "x", Quantity: dec("1"), Price: dec(price)}}})
		d.ok(err)
	}
	bill("2017-06-01", "77")  // so late that nobody counts on it
	bill("2017-11-20", "300") // late
	bill("2017-12-15", "500") // due on 14 January
	d.now = start
	w := d.way()
	d.deal(w, "a", "2017-08-01", "1000", "2017-10-30", "1000") // won in 90 days
	d.deal(w, "live", "2017-12-01", "1000", "", "")            // 400 on 1 March and 30 days
	d.deal(w, "dead", "2017-02-01", "5000", "", "")            // 2000, from 31 March on

	o, err := d.look.Cash(t.Context(), insight.CashPlan{From: day("2017-12-31"), Months: 4})
	d.ok(err)
	require.True(t, o.Tie.Holds(), o.Tie)
	// 10,000 and three months of 2,000 less 800, 100 and 600; less 100 of rent.
	require.Equal(t, usd("11400"), o.Opening)
	require.Equal(t, usd("77"), o.Doubtful)
	require.Equal(t, "[2018-01-31 2018-02-28 2018-03-31 2018-04-30]", fmt.Sprint(o.Dates))
	// A month costs (600*3 + 100 + 70) / 3: 600 of payroll and 56.67 of overhead. Winning costs 900 of what is won in the three
	// months with invoices of 300 and 500, in percent: (2,400 + 300) / 6,800 = 39.71.
	planned, hoped := o.Scenarios[0], o.Scenarios[2]
	require.Equal(t, usd("11473.33"), planned.Balances[0]) // + 300 + 500 - 70 - 656.67
	require.Equal(t, usd("10816.66"), planned.Balances[1])
	require.Equal(t, usd("10401.15"), planned.Balances[2]) // + 400 - 158.84 - 656.67
	require.Equal(t, usd("10950.28"), hoped.Balances[3])   // a month of running costs more, and 2,000 - 794.20 of the dead deal
	require.NotEmpty(t, o.Assumed)
}

func TestAPlanSaysWhatTheBooksCannot(t *testing.T) {
	d := open(t)
	d.post("2017-06-01", ledger.Bank, ledger.ShareCapital, "1000", ledger.Dims{})
	d.deal(d.way(), "live", "2017-12-01", "1000", "", "")
	half := dec("50")
	o, err := d.look.Cash(t.Context(), insight.CashPlan{From: day("2018-01-15"), Months: 2, Terms: 10, Variable: &half,
		Running: []insight.Running{{Text: "rent", Amount: usd("100"), Day: 1}, {Text: "pay", Amount: usd("300")}},
		Further: []insight.Flow{{Date: day("2018-02-10"), Kind: insight.FlowOther, Amount: usd("40")}}})
	d.ok(err)
	require.Equal(t, "[2018-01-31 2018-02-28]", fmt.Sprint(o.Dates))
	require.Equal(t, []money.Amount{usd("700"), usd("340")},
		o.Scenarios[0].Balances) // nothing was ever won: the deal waits a quarter
	o, err = d.look.Cash(t.Context(), insight.CashPlan{From: day("2018-01-15"), Dates: []date.Date{day("2018-05-31")}, Terms: 10,
		Variable: &half,
		Running:  []insight.Running{{Amount: usd("1")}}})
	d.ok(err)
	require.Equal(t, []money.Amount{usd("1195")}, o.Scenarios[0].Balances) // 40 % of 1,000, half of it spent, five month ends
	_, err = d.look.Cash(t.Context(), insight.CashPlan{Dates: []date.Date{day("2018-05-31"), day("2018-05-31"), {}}})
	require.ErrorContains(t, err, "dates.1")
}
