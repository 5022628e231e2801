package pipeline_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/crm/pipeline"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

func TestCycleDays(t *testing.T) {
	for name, x := range map[string]struct {
		days         []int
		mean, median string
		min, max     int
	}{
		"none":       {nil, "0", "0", 0, 0},
		"one":        {[]int{7}, "7", "7", 7, 7},
		"even":       {[]int{4, 1, 3, 2}, "2.5", "2.5", 1, 4},
		"odd":        {[]int{9, 1, 5}, "5", "5", 1, 9},
		"a tie":      {[]int{0, 0, 0, 0, 0, 0, 0, 1}, "0.13", "0", 0, 1}, // 0.125
		"repeated":   {[]int{2, 2, 2, 10}, "4", "2", 2, 10},
		"two thirds": {[]int{1, 1, 0}, "0.67", "1", 0, 1},
	} {
		got := pipeline.CycleDays(x.days...)
		if got.Mean.String() != x.mean || got.Median.String() != x.median || got.Min != x.min || got.Max != x.max || got.Count != int64(len(x.days)) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestWinRate(t *testing.T) {
	for want, r := range map[string]pipeline.Rate{"63.15": pipeline.WinRate(4238, 2473), "0.00": pipeline.WinRate(0, 0), "100.00": pipeline.WinRate(3, 0),
		"66.67": pipeline.WinRate(2, 1), "0.13": pipeline.WinRate(1, 799)} { // 0.125 goes up
		if got := r.Percent(2).StringFixed(2); got != want {
			t.Errorf("%+v: %s, want %s", r, got, want)
		}
	}
}

func TestDiscounts(t *testing.T) {
	for name, x := range map[string]struct {
		list, value, given, percent string
		over                        bool
	}{
		"none":        {"100.00", "100.00", "0.00", "0", false},
		"ten percent": {"100.00", "90.00", "10.00", "10", false},
		"a cent more": {"100.00", "89.99", "10.01", "10.01", true},
		"surcharge":   {"100.00", "120.00", "-20.00", "-20", false},
		"no list":     {"0.00", "5.00", "0.00", "0", false},
		"by thirds":   {"3.00", "2.00", "1.00", "33.33", true},
	} {
		d := pipeline.DiscountOf(usd(x.list), usd(x.value))
		if d.Given != usd(x.given) || d.Percent.String() != x.percent || pipeline.Over(usd(x.list), usd(x.value), decimal.New(10, 0)) != x.over {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

// WE-F1: 100k at 50 %, 100k at 50 %, 100k at 100 %, by month.
func TestWE_F1_AForecastByMonth(t *testing.T) {
	way := &pipeline.Pipeline{ID: storage.ID[pipeline.Pipeline]{1}, Name: "P", Stages: []pipeline.Stage{
		{Name: "half", Probability: pipeline.Percent("50")}, {Name: "sure", Probability: pipeline.Percent("100")},
		{Name: "won", Status: pipeline.StatusWon}, {Name: "lost", Status: pipeline.StatusLost}}}
	if err := way.Check(); err != nil {
		t.Fatal(err)
	}
	deal := func(stage, month string) *pipeline.Deal {
		return &pipeline.Deal{Pipeline: way.ID, Stage: stage, Status: pipeline.StatusOpen, Amount: usd("100000.00"), Expected: date.MustParse(month + "-15")}
	}
	list := []*pipeline.Deal{deal("half", "2026-01"), deal("half", "2026-02"), deal("sure", "2026-03"), {Status: pipeline.StatusWon, Amount: usd("1.00")}}
	f := pipeline.Project(slices.Values(list), []*pipeline.Pipeline{way}, nil, date.MustParse("2026-02-01"), "USD")
	want := []string{"2026-01 50000.00 USD", "2026-02 50000.00 USD", "2026-03 100000.00 USD"}
	for i, row := range f.Months {
		if got := row.Month.String() + " " + row.Weighted.String(); got != want[i] {
			t.Errorf("%s, want %s", got, want[i])
		}
	}
	if len(f.Months) != 3 || f.Total.Weighted != usd("200000.00") || f.Overdue.Weighted != usd("50000.00") || f.Alive != f.Total {
		t.Errorf("%+v", f)
	}
}

// WE-F4: an opportunity of 100; a quotation of 90 is linked; it is cancelled; there is a new one.
func TestWE_F4_TheQuotedAmountGoesBeforeTheEstimate(t *testing.T) {
	_, deals, way := sales(t)
	d := must(deals.Open(ctx, pipeline.Open{Name: "A", Pipeline: way.ID, Stage: "engaging", Amount: usd("100.00")}))(t)
	got := []string{d.Amount.Text()}
	for _, quoted := range []money.Amount{usd("90.00"), {}, usd("90.00")} {
		d = must(deals.Quote(ctx, pipeline.Quote{ID: d.ID, Amount: quoted}))(t)
		got = append(got, d.Amount.Text())
	}
	if !slices.Equal(got, []string{"100.00", "90.00", "100.00", "90.00"}) {
		t.Errorf("got %v", got)
	}
	if f := must(deals.Forecast(ctx, pipeline.Filter{}, date.Date{}))(t); f.Total.Weighted != usd("36.00") {
		t.Errorf("forecast %+v", f.Total)
	}
}

// WE-F5: the stage map 10, 20, 50, 80, 100, 0; weighted is the amount times the probability, rounded to cents.
func TestWE_F5_WeightedIsRoundedToCents(t *testing.T) {
	for _, x := range []struct{ amount, percent, want string }{
		{"1000.00", "10", "100.00"}, {"1000.00", "20", "200.00"}, {"1000.00", "50", "500.00"}, {"1000.00", "80", "800.00"}, {"1000.00", "100", "1000.00"},
		{"1000.00", "0", "0.00"}, {"0.05", "50", "0.03"}, {"0.05", "10", "0.01"}, {"33.33", "10", "3.33"}, {"99.99", "12.5", "12.50"}, {"0.01", "49.99", "0.00"},
	} {
		if got := pipeline.Weighted(usd(x.amount), pipeline.Percent(x.percent)); got != usd(x.want) {
			t.Errorf("%s at %s %%: %s, want %s", x.amount, x.percent, got, x.want)
		}
	}
	if got := pipeline.Weighted(money.MustParse("5 JPY"), pipeline.Percent("50")); got != money.MustParse("3 JPY") {
		t.Errorf("yen: %s", got)
	}
}

func TestEveryGroupingOfAForecastAddsUpToTheSameTotal(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	way := &pipeline.Pipeline{ID: storage.ID[pipeline.Pipeline]{1}, Name: "P", Stages: append(pipeline.Usual(), pipeline.Stage{Name: "x", Probability: pipeline.Percent("33.33")})}
	if err := way.Check(); err != nil {
		t.Fatal(err)
	}
	asOf := date.MustParse("2026-06-30")
	for range 200 {
		var list []*pipeline.Deal
		for range r.IntN(50) {
			a := must(money.Minor("USD", r.Int64N(1_000_000)))(t)
			d := &pipeline.Deal{Pipeline: way.ID, Stage: []string{"prospecting", "engaging", "x"}[r.IntN(3)], Status: pipeline.StatusOpen, Amount: a}
			if r.IntN(2) == 0 {
				d.Engaged = asOf.AddDays(-r.IntN(300))
			}
			if r.IntN(2) == 0 {
				d.Expected = asOf.AddDays(r.IntN(200) - 100)
			}
			list = append(list, d)
		}
		f := pipeline.Project(slices.Values(list), []*pipeline.Pipeline{way}, map[storage.ID[pipeline.Pipeline]]int{way.ID: 138}, asOf, "USD")
		sum := func(rows []pipeline.ForecastRow) (w pipeline.Worth) {
			for _, row := range rows {
				w.Count += row.Count
				w.Amount, _ = w.Amount.Add(row.Amount)
				w.Weighted, _ = w.Weighted.Add(row.Weighted)
			}
			return w
		}
		parts := sum([]pipeline.ForecastRow{{Worth: f.Stale}, {Worth: f.Alive}})
		if len(list) > 0 && (sum(f.Stages) != f.Total || sum(f.Months) != f.Total || parts != f.Total || f.Total.Count != int64(len(list))) {
			t.Fatalf("seed %d: %+v", seed, f)
		}
	}
}

func TestTheSharesOfTheLinesAddUpToTheWhole(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for range 500 {
		d := pipeline.Deal{Lines: make([]pipeline.Line, 1+r.IntN(9))}
		for i := range d.Lines {
			d.Lines[i].Amount = must(money.Minor("USD", r.Int64N(3)*r.Int64N(100_000)))(t)
		}
		total := must(money.Minor("USD", r.Int64N(1_000_000)))(t)
		shares := must(d.Shares(total))(t)
		if sum := must(money.Sum(shares...))(t); sum != total || len(shares) != len(d.Lines) {
			t.Fatalf("seed %d: %v of %s", seed, shares, total)
		}
	}
}

func TestFunnelCountsByAnyKey(t *testing.T) {
	list := []*pipeline.Deal{{Stage: "b"}, {Stage: "a"}, {Stage: "b"}}
	got := pipeline.Funnel(slices.Values(list), func(d *pipeline.Deal) string { return d.Stage })
	if !slices.Equal(got, []pipeline.Count[string]{{Key: "a", N: 1}, {Key: "b", N: 2}}) {
		t.Errorf("got %v", got)
	}
}

func TestABackTestSeesADealAsItWasThen(t *testing.T) {
	_, deals, way := sales(t)
	day := date.MustParse
	opened := func(name string) *pipeline.Deal {
		return must(deals.Open(ctx, pipeline.Open{Name: name, Pipeline: way.ID, Stage: "engaging", Amount: usd("100.00"), At: day("2026-01-05")}))(t)
	}
	won, late, early := opened("won in time"), opened("won too late"), opened("won before")
	raised, back := opened("raised later"), opened("went back to the first stage")
	must(deals.Win(ctx, pipeline.Win{ID: early.ID, At: day("2026-01-31")}))(t)
	must(deals.Win(ctx, pipeline.Win{ID: won.ID, Value: usd("80.00"), At: day("2026-02-01")}))(t)
	must(deals.Win(ctx, pipeline.Win{ID: late.ID, At: day("2026-03-01")}))(t)
	must(deals.Quote(ctx, pipeline.Quote{ID: raised.ID, Amount: usd("900.00"), At: day("2026-02-02")}))(t)
	must(deals.Advance(ctx, pipeline.Advance{ID: back.ID, Stage: "prospecting", At: day("2026-01-31")}))(t)
	got := must(deals.BackTest(ctx, pipeline.Filter{}, day("2026-01-31"), day("2026-02-28")))(t)
	if got.Promised.Count != 4 || got.Promised.Weighted != usd("130.00") || got.Won != 1 || got.Came != usd("80.00") || len(got.Stages) != 2 {
		t.Errorf("%+v", got)
	}
	history := must(deals.History(ctx, raised.ID))(t)
	if c, ok := pipeline.StageAt(history, day("2026-02-02")); !ok || c.Amount != usd("900.00") {
		t.Errorf("%+v", c)
	}
	if _, ok := pipeline.StageAt(history, day("2026-01-04")); ok {
		t.Error("it stood somewhere before it was opened")
	}
}

func TestOtherCurrenciesAreCountedAndLeftOut(t *testing.T) {
	_, deals, way := sales(t)
	for _, a := range []string{"100.00 USD", "70.00 EUR", "30.00 EUR"} {
		must(deals.Open(ctx, pipeline.Open{Name: a, Pipeline: way.ID, Stage: "engaging", Amount: money.MustParse(a)}))(t)
	}
	f := must(deals.Forecast(ctx, pipeline.Filter{}, date.Date{}))(t)
	if f.Skipped != 2 || f.Total.Weighted != usd("40.00") {
		t.Errorf("forecast %+v", f)
	}
	s := must(deals.Stats(ctx, pipeline.StatsFilter{}))(t)
	if len(s) != 2 || s[0].Pending != money.MustParse("100 EUR") || s[1].Pending != usd("100.00") {
		t.Errorf("stats %+v", s)
	}
	b := must(deals.BackTest(ctx, pipeline.Filter{}, date.MustParse("2026-03-02"), date.MustParse("2026-03-02")))(t)
	if b.Skipped != 2 || b.Promised.Count != 1 {
		t.Errorf("back-test %+v", b)
	}
}
