package people_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/erp/people"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

func day(s string) date.Date { return date.MustParse(s) }

func period(from, to string) date.Period { return date.Period{From: day(from), To: day(to)} }

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

func TestCapacityOfAMonth(t *testing.T) {
	march := period("2017-03-01", "2017-03-31") // 23 days from Monday to Friday
	always := date.Period{From: day("2000-01-01")}
	four := people.Week{time.Tuesday: dec("7.5"), time.Saturday: dec("4")}
	for name, c := range map[string]struct {
		week     people.Week
		employed date.Period
		holidays []people.Holiday
		leave    []people.Leave
		during   date.Period
		want     string
	}{
		"full time":                     {people.FullTime(), always, nil, nil, march, "184"},
		"February of a leap year":       {people.FullTime(), always, nil, nil, period("2016-02-01", "2016-02-29"), "168"},
		"four Tuesdays, four Saturdays": {four, always, nil, nil, march, "46"},
		"no week":                       {people.Week{}, always, nil, nil, march, "0"},
		"hired on the 20th":             {people.FullTime(), period("2017-03-20", "9999-12-31"), nil, nil, march, "80"},
		"left on the 3rd":               {people.FullTime(), period("2017-01-01", "2017-03-03"), nil, nil, march, "24"},
		"not yet here":                  {people.FullTime(), period("2018-01-01", "9999-12-31"), nil, nil, march, "0"},
		"a holiday on a Wednesday":      {people.FullTime(), always, []people.Holiday{{Date: day("2017-03-08")}}, nil, march, "176"},
		"a holiday on a Sunday":         {people.FullTime(), always, []people.Holiday{{Date: day("2017-03-05")}}, nil, march, "184"},
		"a week of leave": {people.FullTime(), always, nil, []people.Leave{{From: day("2017-03-06"),
			To: day("2017-03-12")}}, march, "144"},
		"leave over the month's end": {people.FullTime(), always, nil, []people.Leave{{From: day("2017-03-30"),
			To: day("2017-04-20")}}, march, "168"},
		"a holiday within leave counts once": {people.FullTime(), always, []people.Holiday{{Date: day("2017-03-08")}},
			[]people.Leave{{From: day("2017-03-06"), To: day("2017-03-12")}}, march, "144"},
		"an open period":      {people.FullTime(), always, nil, nil, date.Period{From: day("2017-03-01")}, "0"},
		"an empty period":     {people.FullTime(), always, nil, nil, period("2017-03-02", "2017-03-01"), "0"},
		"all of the calendar": {people.FullTime(), always, nil, nil, period("2000-01-03", "9999-12-31"), "16696800"},
	} {
		if got := people.Capacity(c.week, c.employed, c.holidays, c.leave, c.during); !got.Equal(dec(c.want)) {
			t.Errorf("%s: %s hours, want %s", name, got, c.want)
		}
	}
}

// Capacity of a period is the sum of its days, whatever the week, and so of any two parts.
func TestCapacityIsAdditive(t *testing.T) {
	const seed = 7
	rng := rand.New(rand.NewPCG(seed, 7))
	for run := range 500 {
		var w people.Week
		for i := range w {
			w[i] = decimal.New(rng.Int64N(240000), -4)
		}
		from := day("2017-01-01").AddDays(rng.IntN(400))
		p := date.Period{From: from, To: from.AddDays(rng.IntN(100))}
		employed := date.Period{From: day("2017-01-01").AddDays(rng.IntN(200)), To: day("2018-01-01").AddDays(rng.IntN(200))}
		holidays := []people.Holiday{{Date: from.AddDays(3)}, {Date: from.AddDays(50)}}
		leave := []people.Leave{{From: from.AddDays(rng.IntN(20)), To: from.AddDays(20 + rng.IntN(20))}}
		sum := decimal.Zero
		for d := range p.All() {
			sum = sum.Add(people.Capacity(w, employed, holidays, leave, date.On(d)))
		}
		if got := people.Capacity(w, employed, holidays, leave, p); !got.Equal(sum) {
			t.Fatalf("seed %d run %d: %s has %s hours, its days %s", seed, run, p, got, sum)
		}
	}
}

func TestRateAtADate(t *testing.T) {
	rates := []people.Rate{{From: day("2018-01-01"), Hour: money.MustParse("44 USD")},
		{From: day("2017-03-01"), Hour: money.MustParse("42 USD")}}
	for on, want := range map[string]string{"2017-02-28": "", "2017-03-01": "42.00 USD", "2017-12-31": "42.00 USD",
		"2018-01-01": "44.00 USD", "2030-01-01": "44.00 USD"} {
		if got, ok := people.RateAt(rates, day(on)); got.String() != want || ok != (want != "") {
			t.Errorf("%s: %s, %v; want %s", on, got, ok, want)
		}
	}
}

// Worked examples H1 and H2 of the acceptance: leave carried into the next year.
func TestH1H2LeaveIsCarriedUpToItsCap(t *testing.T) {
	for name, c := range map[string]struct {
		rule                            people.Allowance
		unused, granted, carried, total string
	}{
		"H1 cap on what is carried":   {people.Allowance{Carry: dec("10")}, "12", "15", "10", "25"},
		"H2 cap on the total":         {people.Allowance{Carry: dec("10"), Total: dec("30")}, "12", "25", "5", "30"},
		"less than the cap":           {people.Allowance{Carry: dec("10")}, "3.5", "15", "3.5", "18.5"},
		"no cap":                      {people.Allowance{}, "12", "15", "12", "27"},
		"granted more than the total": {people.Allowance{Total: dec("10")}, "4", "15", "0", "15"},
		"overdrawn":                   {people.Allowance{}, "-4", "15", "0", "15"},
	} {
		carried, total := c.rule.Entitle(dec(c.unused), dec(c.granted))
		if !carried.Equal(dec(c.carried)) || !total.Equal(dec(c.total)) {
			t.Errorf("%s: %s, %s", name, carried, total)
		}
	}
}

func TestAChainEnds(t *testing.T) {
	ref := func(i int) storage.Ref { return storage.Ref{Kind: "x", ID: fmt.Sprint(i)} }
	boom := errors.New("boom")
	for name, c := range map[string]struct {
		manager func(storage.Ref) (storage.Ref, error)
		length  int
		err     error
	}{
		"at the top": {func(storage.Ref) (storage.Ref, error) { return storage.Ref{}, nil }, 0, nil},
		"oneself":    {func(storage.Ref) (storage.Ref, error) { return ref(0), nil }, 0, people.ErrCycle},
		"others":     {func(r storage.Ref) (storage.Ref, error) { return ref(1 + len(r.ID)%2), nil }, 1, people.ErrCycle},
		"an endless one": {func(r storage.Ref) (storage.Ref, error) { return storage.Ref{ID: r.ID + "x"}, nil }, people.MaxChain,
			people.ErrTooDeep},
		"a failure": {func(storage.Ref) (storage.Ref, error) { return storage.Ref{}, boom }, 0, boom},
	} {
		chain, err := people.Chain(ref(0), c.manager)
		if len(chain) != c.length || !errors.Is(err, c.err) {
			t.Errorf("%s: %d, %v; want %d, %v", name, len(chain), err, c.length, c.err)
		}
	}
}
