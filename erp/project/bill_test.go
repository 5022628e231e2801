package project_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/erp/project"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

func day(s string) date.Date { return date.MustParse(s) }

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

func usd(s string) money.Amount { return money.MustParse(s + " USD") }

// entry is billable hours at a price, on a day of March.
func entry(n byte, d int, hours, price string) project.Time {
	return project.Time{ID: storage.ID[project.Time]{15: n}, Date: day("2017-03-01").AddDays(d - 1), Hours: dec(hours),
		Price: usd(price), Billable: true}
}

func TestWorkedExamplesOfHoursAndPrices(t *testing.T) {
	for name, c := range map[string]struct{ hours, price, want string }{
		"J1 3 h + 2 h at 20":       {"5", "20", "100.00 USD"},
		"J5 2 h billed at 50":      {"2", "50", "100.00 USD"},
		"J5 2 h that cost 20":      {"2", "20", "40.00 USD"},
		"J9 10.5 h":                {"10.5", "13.37", "140.39 USD"}, // 140.385
		"J11 30 min at 13.44":      {"0.5", "13.44", "6.72 USD"},
		"a third of an hour":       {"0.3333", "30", "10.00 USD"},
		"16,805.5 h at 42 an hour": {"16805.5", "42", "705831.00 USD"},
	} {
		if got := project.Cost(usd(c.price), dec(c.hours)); got.String() != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestABillSumsHoursOfOnePriceAndRoundsOnce(t *testing.T) {
	fixed := entry(5, 1, "0.5", "13.44")
	fixed.Fixed = usd("25")
	billed, free := entry(6, 1, "8", "20"), entry(7, 1, "8", "20")
	billed.Billed, free.Billable = true, false
	bill, err := project.ToBill([]project.Time{entry(3, 3, "0.3333", "10.01"), entry(1, 1, "2", "20"),
		entry(2, 2, "0.3333", "10.01"),
		entry(4, 4, "3", "20"), fixed, billed, free})
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, l := range bill.Lines {
		got += fmt.Sprintf("%s h %s fixed=%v = %s; ", l.Hours, l.Price, l.Fixed, l.Amount)
	}
	want := "5 h 20.00 USD fixed=false = 100.00 USD; 0.5 h 25.00 USD fixed=true = 25.00 USD; 0.6666 h 10.01 USD fixed=false = 6.67 USD; "
	if got != want || bill.Amount != usd("131.67") || !bill.Hours.Equal(dec("6.1666")) || len(bill.Times) != 5 {
		t.Errorf("J11, a fixed price beats an hourly one:\n%s%s, %s h, %d\nwant\n%s", got, bill.Amount, bill.Hours,
			len(bill.Times), want)
	}
	other := entry(9, 1, "1", "1")
	other.Price = money.MustParse("1 EUR")
	if _, err := project.ToBill([]project.Time{entry(1, 1, "1", "1"), other}); !errors.Is(err, project.ErrCurrency) {
		t.Errorf("two currencies: %v", err)
	}
	if bill, err := project.ToBill(nil); err != nil || len(bill.Lines) != 0 || bill.Amount != (money.Amount{}) {
		t.Errorf("nothing: %+v, %v", bill, err)
	}
}

// Whatever the hours, each billable one is on exactly one line, and lines sum to the bill.
func TestABillLosesNothing(t *testing.T) {
	const seed = 11
	rng := rand.New(rand.NewPCG(seed, 1))
	for run := range 300 {
		var list []project.Time
		hours, count := decimal.Zero, 0
		for i := range rng.IntN(40) {
			e := entry(byte(i), 1+rng.IntN(28), decimal.New(1+rng.Int64N(240000), -4).String(), fmt.Sprint(rng.IntN(4)))
			e.Billable, e.Billed = rng.IntN(4) > 0, rng.IntN(4) == 0
			if rng.IntN(5) == 0 {
				e.Fixed = usd("7.77")
			}
			if e.Billable && !e.Billed {
				hours, count = hours.Add(e.Hours), count+1
			}
			list = append(list, e)
		}
		bill, err := project.ToBill(list)
		if err != nil {
			t.Fatal(err)
		}
		sum, seen := money.Amount{}, map[storage.ID[project.Time]]bool{}
		for _, l := range bill.Lines {
			sum, _ = sum.Add(l.Amount)
			for _, id := range l.Times {
				seen[id] = true
			}
		}
		if sum != bill.Amount || !bill.Hours.Equal(hours) || len(seen) != count || len(bill.Times) != count {
			t.Fatalf("seed %d run %d: %s of %s, %s h of %s, %d of %d", seed, run, sum, bill.Amount, bill.Hours, hours, len(seen), count)
		}
	}
}

func TestTheLifeOfAProject(t *testing.T) {
	for _, c := range []struct {
		from project.Status
		step project.Step
		to   project.Status
	}{
		{project.Planned, project.StepStart, project.Active}, {project.Planned, project.StepComplete, ""},
		{project.Planned, project.StepReopen, ""},
		{project.Planned, project.StepClose, project.Closed}, {project.Active, project.StepStart, ""},
		{project.Active, project.StepComplete, project.Done},
		{project.Active, project.StepClose, ""}, {project.Done, project.StepReopen, project.Active},
		{project.Done, project.StepClose, project.Closed},
		{project.Done, project.StepComplete, ""}, {project.Closed, project.StepReopen, ""},
		{project.Closed, project.StepStart, ""}, {project.Active, "dance", ""},
	} {
		p, events, err := project.Advance(project.Project{Status: c.from}, c.step, day("2017-03-01"))
		if c.to == "" {
			if !errors.Is(err, project.ErrStatus) || p.Status != c.from || events != nil {
				t.Errorf("%s of %s: %s, %v", c.step, c.from, p.Status, err)
			}
		} else if err != nil || p.Status != c.to || len(events) != 1 {
			t.Errorf("%s of %s: %s, %v", c.step, c.from, p.Status, err)
		}
	}
}
