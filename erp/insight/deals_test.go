package insight_test

import (
	"context"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/crm/activity"
	"github.com/tutas/tutas/crm/pipeline"
	"github.com/tutas/tutas/erp"
	"github.com/tutas/tutas/erp/billing"
	"github.com/tutas/tutas/erp/insight"
	"github.com/tutas/tutas/erp/sales"
	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow/approval"
)

// way makes the usual pipeline.
func (d *desk) way() storage.ID[pipeline.Pipeline] {
	d.t.Helper()
	p, err := d.Deals.CreatePipeline(d.t.Context(), pipeline.CreatePipeline{Name: "Sales", Stages: pipeline.Usual()})
	d.ok(err)
	return p.ID
}

// deal opens a deal that engages at once, at a list price, and wins it unless it has no closing day.
func (d *desk) deal(way storage.ID[pipeline.Pipeline], customer, engaged, list, closed, value string) *pipeline.Deal {
	d.t.Helper()
	ctx, c := d.t.Context(), pipeline.Open{Name: customer, Pipeline: way, Stage: "engaging", At: day(engaged),
		Lines: []pipeline.Line{{Product: storage.Ref{Kind: "shop.product", ID: "p"}, ListPrice: usd(list)}}}
	if customer != "" {
		c.Customer = shop(customer)
	} else {
		c.Name = "nobody"
	}
	one, err := d.Deals.Open(ctx, c)
	d.ok(err)
	if closed != "" && value != "" {
		one, err = d.Deals.Win(ctx, pipeline.Win{ID: one.ID, Value: usd(value), At: day(closed)})
		d.ok(err)
	} else if closed != "" {
		one, err = d.Deals.Lose(ctx, pipeline.Lose{ID: one.ID, Reason: "price", At: day(closed)})
		d.ok(err)
	}
	return one
}

func TestAForecastIsHeldAgainstWhatCame(t *testing.T) {
	d := open(t)
	w := d.way()
	d.deal(w, "a", "2017-06-01", "1000", "2017-07-31", "900") // open at the end of June, won in time: 60 days
	d.deal(w, "b", "2017-06-01", "1000", "2017-10-02", "800") // won too late for the first test; 123 days, the longest
	d.deal(w, "c", "2017-06-10", "500", "2017-08-01", "")     // lost
	d.deal(w, "d", "2017-12-01", "2000", "", "")              // alive
	d.deal(w, "", "2017-02-01", "3000", "", "")               // dead
	d.post("2017-08-01", ledger.Bank, ledger.Revenue, "1234", ledger.Dims{})

	f, err := d.look.Forecast(t.Context(), insight.ForecastFilter{AsOf: day("2017-12-31")})
	d.ok(err)
	require.Equal(t, usd("2000"), f.Total.Weighted)
	require.Equal(t, usd("1200"), f.Stale.Weighted)
	require.Equal(t, usd("800"), f.Alive.Weighted)
	require.Equal(t, "40", f.AliveRate.String())
	require.Equal(t, 123, f.Longest)
	require.Len(t, f.Tests, 2)
	june := f.Tests[0]
	require.Equal(t, "2017-06-30 2017-09-30", june.At.String()+" "+june.Until.String())
	require.Equal(t, usd("2200"), june.Promised.Weighted) // 40 % of 5,500
	require.Equal(t, usd("900"), june.Came)
	require.Equal(t, "40.91", june.Rate.String())
	require.Equal(t, usd("1234"), june.Booked)
	row, ok := june.Stage("engaging")
	require.True(t, ok)
	require.EqualValues(t, 4, row.Count)
}

func TestQuarterEndsHaveHadAQuarterSince(t *testing.T) {
	for asOf, want := range map[string][]date.Date{
		"2017-12-31": {day("2017-06-30"), day("2017-09-30")}, "2017-12-30": {day("2017-03-31"), day("2017-06-30")},
		"2018-02-28": {day("2017-06-30"), day("2017-09-30")}, "2018-01-01": {day("2017-06-30"), day("2017-09-30")},
	} {
		require.Equal(t, want, insight.QuarterEnds(day(asOf), 2), asOf)
	}
	require.Empty(t, insight.QuarterEnds(date.Date{}, 2))
	require.Empty(t, insight.QuarterEnds(day("2017-12-31"), -1))
}

func TestCustomersWhoFadeAreNamedByBothBases(t *testing.T) {
	d := open(t)
	w := d.way()
	for customer, values := range map[string][2]string{"stays": {"100", "90"}, "half": {"100", "50"}, "fades": {"1000", "499"},
		"worse": {"2000", "1"},
		"lost":  {"700", ""}, "new": {"", "80"}} {
		for i, on := range []string{"2017-08-15", "2017-11-15"} {
			if values[i] != "" {
				d.deal(w, customer, "2017-07-01", "2000", on, values[i])
				d.post(on, ledger.Bank, ledger.Revenue, values[i], ledger.Dims{Customer: customer})
			}
		}
	}
	d.deal(w, "", "2017-07-01", "2000", "2017-08-15", "66")
	d.post("2017-08-15", ledger.Bank, ledger.Revenue, "66", ledger.Dims{})
	for _, basis := range []insight.Basis{insight.FromBooks, insight.FromDeals} {
		r, err := d.look.Retention(t.Context(), insight.RetentionFilter{Before: period("2017-07-01", "2017-09-30"),
			After: period("2017-10-01", "2017-12-31"),
			Basis: basis})
		d.ok(err)
		require.Equal(t, []any{5, 4, 1, "80"}, []any{r.Customers, r.Again, r.New, r.Rate.String()}, basis)
		require.Len(t, r.Fallen, 2, basis)
		require.Equal(t, "worse", r.Fallen[0].Name)
		require.Equal(t, "fades", r.Fallen[1].Name)
		require.Equal(t, usd("501"), r.Fallen[1].Gone)
		require.Len(t, r.Lost, 1)
		require.Equal(t, usd("700"), r.Lost[0].Gone)
		require.Equal(t, usd("66"), r.Unknown)
	}
}

func TestADiscountIsApprovedOrNot(t *testing.T) {
	d := open(t)
	w := d.way()
	d.deal(w, "a", "2017-05-01", "1000", "2017-06-01", "900") // 10 % is not over 10 %
	asked := d.deal(w, "b", "2017-05-01", "1000", "2017-06-01", "800")
	d.deal(w, "c", "2017-05-01", "1000", "2017-06-01", "899.99")
	d.deal(w, "d", "2017-05-01", "1000", "2017-06-01", "1200")
	anna, boss := storage.Ref{Kind: "user", ID: "anna"}, storage.Ref{Kind: "user", ID: "boss"}
	_, err := d.Approvals.SetPolicy(t.Context(), approval.SetPolicy{Policy: approval.Policy{Name: "discount",
		Measure: approval.Always,
		Stages:  []approval.Stage{{Who: approval.People, People: []storage.Ref{boss}}}}})
	d.ok(err)
	request, err := d.Approvals.Submit(t.Context(), approval.Submit{By: anna, Policy: "discount", Subject: asked.Ref()})
	d.ok(err)
	look := func() insight.Discounts {
		got, err := d.look.Discounts(t.Context(), insight.DiscountFilter{Period: year})
		d.ok(err)
		require.EqualValues(t, 4, got.Won)
		require.EqualValues(t, 2, got.Deals)
		require.Equal(t, usd("300.01"), got.Given)
		return got
	}
	require.EqualValues(t, 0, look().Approved)
	require.Equal(t, approval.Pending, look().List[0].State)
	_, err = d.Approvals.Approve(t.Context(), approval.Vote{By: boss, Request: request.ID})
	d.ok(err)
	got := look()
	require.EqualValues(t, 1, got.Approved)
	require.Equal(t, usd("200"), got.ApprovedGiven)
	require.Equal(t, usd("100.01"), got.UnapprovedGiven)
	require.Equal(t, "20", got.List[0].Percent.String())
}

func TestBlindSpotsAreCounted(t *testing.T) {
	d := open(t)
	w := d.way()
	d.deal(w, "", "2017-12-01", "100", "", "")
	planned := d.deal(w, "a", "2017-12-01", "50", "", "")
	d.deal(w, "b", "2017-05-01", "10", "2017-06-01", "10")
	_, err := d.Activities.Plan(t.Context(), activity.Plan{Subject: planned.Ref(), Title: "Call"})
	d.ok(err)
	d.post("2017-05-01", ledger.Bank, ledger.Revenue, "30", ledger.Dims{Customer: "b"})
	d.post("2017-05-01", ledger.GoodsCost, ledger.Bank, "7", ledger.Dims{Product: "p"})
	spots, err := d.look.BlindSpots(t.Context(), insight.SpotFilter{Period: year})
	d.ok(err)
	got := map[string]insight.Spot{}
	for _, s := range spots {
		got[s.Code] = s
	}
	count := func(code string, n, of int64) {
		t.Helper()
		require.Equal(t, []int64{n, of}, []int64{got[code].Count, got[code].Of}, code)
	}
	count("deal_customer", 1, 2)
	count("deal_step", 1, 2)
	count("deal_expected", 2, 2)
	count("deal_age", 0, 2)
	count("deal_source", 3, 3)
	count("deal_origin", 3, 3)
	require.Equal(t, usd("100"), got["deal_customer"].Amount)
	require.Equal(t, usd("30"), got["revenue_product"].Amount)
	require.True(t, got["revenue_customer"].Amount.IsZero())
	require.Equal(t, usd("7"), got["direct_customer"].Amount)
	require.True(t, got["deal_customer"].Blind())
	require.False(t, got["deal_age"].Blind())
}

func TestTheApprovalOfAnOrderCountsForItsDeal(t *testing.T) {
	d := open(t)
	one := d.deal(d.way(), "a", "2017-05-01", "1000", "2017-06-01", "800")
	allowed := storage.Ref{Kind: "approval.request", ID: "by hand"}
	orders := sales.New(d.db, sales.Ports{Limit: dec("10"), Approvals: allows{allowed}})
	place := sales.Draft{Customer: shop("a"), Origin: one.Ref(), Currency: "USD", Date: day("2017-06-01"),
		Lines: []erp.Line{{Text: "x", Quantity: dec("1"), Price: dec("800")}}, List: []decimal.Decimal{dec("1000")}}
	_, err := orders.Draft(t.Context(), place)
	d.ok(err)
	got, err := d.look.Discounts(t.Context(), insight.DiscountFilter{})
	d.ok(err)
	require.EqualValues(t, 1, got.Unapproved, "a draft allows nothing")
	_, err = orders.Place(t.Context(), place)
	d.ok(err)
	got, err = d.look.Discounts(t.Context(), insight.DiscountFilter{})
	d.ok(err)
	require.EqualValues(t, 1, got.Approved)
	require.Equal(t, allowed, got.List[0].Approval)
}

// allows is a host that approves everything.
type allows struct{ ref storage.Ref }

func (a allows) Approval(context.Context, *storage.Tx, string, storage.Ref, string) (storage.Ref, error) {
	return a.ref, nil
}

func TestDraftsAndAHostsOwnSpotsAreBlindSpots(t *testing.T) {
	d := open(t)
	_, err := d.Invoices.Draft(t.Context(), billing.Draft{Customer: shop("a"), Currency: "USD",
		Lines: []erp.Line{{Text: "x", Quantity: dec("1"), Price: dec("12")}}})
	d.ok(err)
	d.Sources.Spots = []insight.Spotter{ownSpots{}}
	spots, err := insight.New(d.db, d.Sources).BlindSpots(t.Context(), insight.SpotFilter{Period: year})
	d.ok(err)
	codes := map[string]insight.Spot{}
	for _, s := range spots {
		codes[s.Code] = s
	}
	require.Equal(t, usd("12"), codes["invoice_draft"].Amount)
	require.EqualValues(t, 3, codes["own"].Count)
	require.Contains(t, codes, "approval_pending")
}

type ownSpots struct{}

func (ownSpots) Spots(context.Context, *storage.Tx, storage.Ref, date.Period) ([]insight.Spot, error) {
	return []insight.Spot{{Code: "own", Count: 3}}, nil
}
