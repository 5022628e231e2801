package planning_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/erp/planning"
	"github.com/tutas/tutas/ledger/date"
)

func day(s string) date.Date { return date.MustParse(s) }

func period(from, to string) date.Period { return date.Period{From: day(from), To: day(to)} }

func decs(list ...string) (out []decimal.Decimal) {
	for _, s := range list {
		out = append(out, decimal.RequireFromString(s))
	}
	return out
}

func TestLoadIsDemandAgainstCapacity(t *testing.T) {
	march := period("2017-03-01", "2017-03-31")
	for _, c := range []struct {
		capacity, worked, planned, percent string
		over                               bool
	}{
		{"184", "92", "0", "50", false}, {"184", "92", "92", "100", false}, {"184", "184", "0.0001", "100", true},
		{"184", "200", "0", "108.7", true},
		{"0", "0", "0", "0", false}, {"0", "1", "0", "0", true}, {"3", "1", "0", "33.3", false}, {"3", "0", "2", "66.7", false},
	} {
		loads, err := planning.LoadOf([]date.Period{march}, decs(c.capacity), []planning.Demand{{Worked: decs(c.worked)[0],
			Planned: decs(c.planned)[0]}})
		if err != nil || !loads[0].Percent.Equal(decs(c.percent)[0]) || loads[0].Over != c.over || (len(loads.Over()) == 1) != c.over {
			t.Errorf("%+v: %+v, %v", c, loads, err)
		}
	}
	if _, err := planning.LoadOf([]date.Period{march}, nil, nil); !errors.Is(err, planning.ErrUneven) {
		t.Errorf("%v", err)
	}
}

func TestHoursAreSpread(t *testing.T) {
	for name, c := range map[string]struct {
		hours   string
		weights []decimal.Decimal
		want    string
	}{
		"evenly":                     {"10", decs("1", "1", "1"), "[3.3334 3.3333 3.3333]"},
		"by weight":                  {"100", decs("184", "160"), "[53.4884 46.5116]"},
		"none on a holiday":          {"10", decs("0", "8", "0"), "[0 10 0]"},
		"no weight":                  {"10", decs("0", "0"), "[10 0]"},
		"a negative weight is none":  {"10", decs("-5", "1"), "[0 10]"},
		"nothing to spread over":     {"10", nil, "[]"},
		"nothing to spread":          {"0", decs("1", "2"), "[0 0]"},
		"the largest remainder wins": {"0.0001", decs("1", "2"), "[0 0.0001]"},
		"less":                       {"-10", decs("1", "1", "1"), "[-3.3334 -3.3333 -3.3333]"},
	} {
		if got := fmt.Sprint(planning.Spread(decs(c.hours)[0], c.weights)); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestSpreadingLosesNothing(t *testing.T) {
	const seed = 3
	rng := rand.New(rand.NewPCG(seed, 1))
	for run := range 2000 {
		hours, total := decimal.New(rng.Int64N(10_000_000), -4), decimal.Zero
		weights := make([]decimal.Decimal, 1+rng.IntN(20))
		for i := range weights {
			weights[i] = decimal.New(rng.Int64N(2000), -int32(rng.IntN(4)))
			total = total.Add(weights[i])
		}
		sum := decimal.Zero
		for i, p := range planning.Spread(hours, weights) {
			sum = sum.Add(p)
			if !total.IsZero() && p.Sub(hours.Mul(weights[i]).DivRound(total, 12)).Abs().GreaterThan(decimal.New(1, -4)) {
				t.Fatalf("seed %d run %d: part %d is %s of %s by %s", seed, run, i, p, hours, weights)
			}
		}
		if !sum.Equal(hours) {
			t.Fatalf("seed %d run %d: %s became %s", seed, run, hours, sum)
		}
	}
}

func TestPeriodsAreCut(t *testing.T) {
	for want, got := range map[string][]date.Period{
		"[2017-03-01/2017-03-05 2017-03-06/2017-03-12 2017-03-13/2017-03-14]": planning.Weeks(period("2017-03-01", "2017-03-14")),
		"[2017-03-05/2017-03-05]": planning.Weeks(period("2017-03-05", "2017-03-05")), // a Sunday
		"[9999-12-27/9999-12-31]": planning.Weeks(period("9999-12-27", "9999-12-31")),
		"[]":                      planning.Weeks(date.Period{From: day("2017-03-05")}),
		"[2017-02-15/2017-02-28 2017-03-01/2017-03-10]": planning.Months(period("2017-02-15", "2017-03-10")),
		"[2017-02-15/2017-02-28 2017-03-01/2017-03-04 2017-03-05/2017-03-31 2017-04-01/2017-04-02]": planning.Cut(period("2017-02-15", "2017-04-02"),
			[]date.Period{period("2017-03-01", "2017-03-31")}, day("2017-03-05")),
	} {
		if fmt.Sprint(got) != want {
			t.Errorf("%v, want %s", got, want)
		}
	}
	if planning.Cut(date.Period{}, nil, date.Date{}) != nil {
		t.Error("an open period was cut")
	}
}
