package date_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tutas/tutas/ledger/date"
)

// span reads "2017-03-01/2017-03-31", with ".." for an open end.
func span(s string) (p date.Period) {
	from, to, _ := strings.Cut(s, "/")
	if from != ".." {
		p.From = day(from)
	}
	if to != ".." {
		p.To = day(to)
	}
	return p
}

func TestPeriodsIncludeBothEnds(t *testing.T) {
	for _, c := range []struct {
		period, in, out string
		days            int
	}{
		{"2017-03-01/2017-03-31", "2017-03-01 2017-03-15 2017-03-31", "2017-02-28 2017-04-01", 31},
		{"2017-03-01/2017-03-01", "2017-03-01", "2017-02-28 2017-03-02", 1},
		{"2017-03-02/2017-03-01", "", "2017-03-01 2017-03-02", 0},
		{"2017-03-01/..", "2017-03-01 9999-12-31", "2017-02-28", 0},
		{"../2017-03-01", "2017-03-01 0001-01-01", "2017-03-02", 0},
		{"../..", "0001-01-01 9999-12-31", "", 0},
		{"0001-01-01/9999-12-31", "0001-01-01 9999-12-31", "", 3_652_059},
	} {
		p := span(c.period)
		for _, s := range strings.Fields(c.in) {
			if !p.Contains(day(s)) {
				t.Errorf("%s lacks %s", p, s)
			}
		}
		for _, s := range strings.Fields(c.out) {
			if p.Contains(day(s)) {
				t.Errorf("%s has %s", p, s)
			}
		}
		if p.Contains(date.Date{}) || p.Days() != c.days || p.String() != c.period || p.Empty() != (c.in == "") ||
			p.Closed() == strings.Contains(c.period, "..") {
			t.Errorf("%s: %d days", p, p.Days())
		}
	}
}

func TestIntersections(t *testing.T) {
	for _, c := range [][3]string{
		{"2017-01-01/2017-03-31", "2017-03-31/2017-04-30", "2017-03-31/2017-03-31"},
		{"2017-01-01/2017-03-31", "2017-04-01/2017-04-30", ""},
		{"2017-01-01/..", "../2017-04-30", "2017-01-01/2017-04-30"},
		{"2017-05-01/..", "../2017-04-30", ""},
		{"../..", "../..", "../.."},
		{"../..", "2017-04-30/2017-04-01", ""},
		{"2017-01-01/2017-12-31", "2017-02-01/2017-02-03", "2017-02-01/2017-02-03"},
		{"2017-01-01/..", "2017-02-01/..", "2017-02-01/.."},
	} {
		a, b := span(c[0]), span(c[1])
		for _, both := range []date.Period{a.Intersect(b), b.Intersect(a)} {
			if c[2] == "" && !both.Empty() || c[2] != "" && both != span(c[2]) {
				t.Errorf("%s and %s: %s, want %s", a, b, both, c[2])
			}
		}
		if a.Overlaps(b) != (c[2] != "") || b.Overlaps(a) != (c[2] != "") {
			t.Errorf("%s overlaps %s: %v", a, b, a.Overlaps(b))
		}
	}
}

func TestMakingPeriods(t *testing.T) {
	if p := date.Until(day("2017-01-01"), day("2017-02-01")); p != span("2017-01-01/2017-01-31") {
		t.Error(p)
	}
	if p := date.Until(day("2017-01-01"), date.Date{}); p != span("2017-01-01/..") {
		t.Error(p)
	}
	for _, p := range []date.Period{date.Until(day("2017-01-01"), day("2017-01-01")), date.Until(date.Date{},
		day("0001-01-01")), date.On(date.Date{}),
		date.Month{}.Period()} {
		if !p.Empty() || p.Days() != 0 {
			t.Error(p)
		}
	}
	if p := date.On(day("2017-01-01")); p != span("2017-01-01/2017-01-01") {
		t.Error(p)
	}
}

// Splitting by months, walking day by day and counting agree.
func TestAPeriodIsItsMonthsAndItsDays(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	r := rand.New(rand.NewPCG(seed, 2))
	for range 300 {
		p := date.Period{From: date.FromDays(int64(r.IntN(40_000) - 10_000))}
		p.To = p.From.AddDays(r.IntN(800) - 10)
		days, next := 0, p.From
		for part := range p.Months() {
			if part.Empty() || part.From != next || part.From.Month() != part.To.Month() {
				t.Fatalf("seed %d: %s has a part %s", seed, p, part)
			}
			days, next = days+part.Days(), part.To.AddDays(1)
		}
		all := slices.Collect(p.All())
		if days != p.Days() || len(all) != days || days > 0 && (next != p.To.AddDays(1) || all[0] != p.From || all[days-1] != p.To) {
			t.Fatalf("seed %d: %s has %d days, its months %d", seed, p, p.Days(), days)
		}
	}
	for range span("2017-01-01/..").Months() {
		t.Fatal("an open period has no months")
	}
	for range span("9999-12-01/9999-12-31").Months() {
		break
	}
	if n := len(slices.Collect(span("9999-11-15/9999-12-31").Months())); n != 2 {
		t.Error(n, "months at the end of the calendar")
	}
	for range span("2017-01-01/2017-01-05").All() {
		break
	}
}

func TestMonths(t *testing.T) {
	march, err := date.ParseMonth("2017-03")
	if err != nil || march.String() != "2017-03" || march.Year() != 2017 || march.Month() != time.March ||
		march.Quarter() != 1 || march.Days() != 31 {
		t.Error(march, err)
	}
	if march.First() != day("2017-03-01") || march.Last() != day("2017-03-31") || march.Prev().Last() != day("2017-02-28") ||
		march.Day(30) != day("2017-03-30") ||
		march.Prev().Day(30) != day("2017-02-28") || !march.Day(0).IsZero() || march.Period() != span("2017-03-01/2017-03-31") {
		t.Error("days of", march)
	}
	if march.Next().String() != "2017-04" || march.Add(10).String() != "2018-01" || march.Add(-3).String() != "2016-12" ||
		march.Add(10).Sub(march) != 10 {
		t.Error("arithmetic")
	}
	if !march.Contains(day("2017-03-31")) || march.Contains(day("2017-04-01")) || march.Contains(date.Date{}) ||
		day("2017-03-31").Month() != march {
		t.Error("contains")
	}
	if !march.Before(march.Next()) || !march.After(march.Prev()) || march.Compare(march) != 0 ||
		march.Compare(march.Next()) != -1 || march.Compare(date.Month{}) != 1 {
		t.Error("order")
	}
	var none date.Month
	last, _ := date.NewMonth(9999, time.December)
	if none.String() != "" || none.Year() != 0 || none.Month() != 0 || !none.First().IsZero() || none.Days() != 0 ||
		none.Next() != none || none.Sub(march) != 0 ||
		last.Next() != none || last.Add(-12*9999) != none || last.Add(1<<60) != none || none.Contains(date.Date{}) ||
		(date.Date{}).Month() != none || none.Quarter() != 0 {
		t.Error("no month")
	}
	for _, s := range []string{"", "2017", "2017-3", "2017-00", "2017-13", "0000-01", "2017/03", "2017-03-01", "x017-03",
		"2017-x3"} {
		if m, err := date.ParseMonth(s); !errors.Is(err, date.ErrDate) || !m.IsZero() {
			t.Errorf("%q: %v, %v", s, m, err)
		}
	}
	// Every month of the calendar against its days.
	for m, _ := date.NewMonth(1, time.January); !m.IsZero(); m = m.Next() {
		if m.First().Month() != m || m.Last().Month() != m || m.Last() != m.First().EndOfMonth() ||
			m.Last().AddDays(1) != m.Next().First() {
			t.Fatal(m)
		}
	}
}
