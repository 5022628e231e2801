package date_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/tutas/tutas/ledger/date"
)

func TestFiscalYears(t *testing.T) {
	calendar := date.FiscalYear{}
	uk := date.FiscalYear{Month: time.April, Day: 6}
	us := date.FiscalYear{Month: time.October, ByEnd: true}
	for _, c := range []struct {
		rule          date.FiscalYear
		day           string
		year, quarter int
		period        int
		label, whole  string
	}{
		{calendar, "2017-03-31", 2017, 1, 3, "2017", "2017-01-01/2017-12-31"},
		{calendar, "2017-12-31", 2017, 4, 12, "2017", "2017-01-01/2017-12-31"},
		{date.FiscalYear{ByEnd: true}, "2017-12-31", 2017, 4, 12, "2017", "2017-01-01/2017-12-31"},
		{uk, "2019-04-05", 2018, 4, 12, "2018/19", "2018-04-06/2019-04-05"},
		{uk, "2019-04-06", 2019, 1, 1, "2019/20", "2019-04-06/2020-04-05"},
		{uk, "2019-07-05", 2019, 1, 3, "2019/20", "2019-04-06/2020-04-05"},
		{uk, "2099-12-31", 2099, 3, 9, "2099/00", "2099-04-06/2100-04-05"},
		{us, "2024-09-30", 2024, 4, 12, "2023/24", "2023-10-01/2024-09-30"}, // the US government's year 2025 began on 1 October 2024
		{us, "2024-10-01", 2025, 1, 1, "2024/25", "2024-10-01/2025-09-30"},
		{us, "2025-02-28", 2025, 2, 5, "2024/25", "2024-10-01/2025-09-30"},
	} {
		d := day(c.day)
		year, period := c.rule.Index(d)
		if c.rule.Check() != nil || c.rule.Year(d) != c.year || year != c.year || period != c.period ||
			c.rule.Quarter(d) != c.quarter ||
			c.rule.Label(d) != c.label || c.rule.Period(year) != span(c.whole) {
			t.Errorf("%s: %d %d %d %s %s, want %+v", d, year, period, c.rule.Quarter(d), c.rule.Label(d), c.rule.Period(year), c)
		}
	}
}

// The retail calendar of the National Retail Federation: 4-5-4 weeks from the Sunday nearest 1 February. 2017 and 2023 had 53
// weeks.
func TestRetailYears(t *testing.T) {
	retail := date.FiscalYear{Month: time.February, Weeks: date.Weeks454, Weekday: time.Sunday}
	for year, want := range map[int]string{
		2017: "2017-01-29/2018-02-03", 2018: "2018-02-04/2019-02-02", 2022: "2022-01-30/2023-01-28", 2023: "2023-01-29/2024-02-03",
		2024: "2024-02-04/2025-02-01", 2025: "2025-02-02/2026-01-31",
	} {
		if have := retail.Period(year); have != span(want) {
			t.Errorf("%d: %s, want %s", year, have, want)
		}
	}
	if year, period := retail.Index(day("2023-01-29")); year != 2023 || period != 1 {
		t.Error(year, period)
	}
	if year, period := retail.Index(day("2024-02-03")); year != 2023 || period != 12 || retail.Quarter(day("2024-02-03")) != 4 {
		t.Error(year, period)
	}
}

func TestPeriodsOfAYearAreItsDays(t *testing.T) {
	seconds := map[int]int{} // lengths of years by weeks
	for _, rule := range []date.FiscalYear{
		{}, {Month: time.April, Day: 6}, {Month: time.July, ByEnd: true}, {Month: time.March, Day: 28},
		{Weeks: date.Weeks445}, {Weeks: date.Weeks544, Weekday: time.Monday},
		{Month: time.September, Day: 1, Weeks: date.Weeks13, Weekday: time.Thursday, ByEnd: true},
		{Month: time.February, Weeks: date.Weeks454, Weekday: time.Saturday}, {Month: time.December, Day: 28, Weeks: date.Weeks445},
	} {
		for year := 1990; year < 2060; year++ {
			whole, periods := rule.Period(year), rule.Periods(year)
			if len(periods) != 12 && (rule.Weeks != date.Weeks13 || len(periods) != 13) {
				t.Fatalf("%+v %d: %d periods", rule, year, len(periods))
			}
			next := whole.From
			for i, p := range periods {
				if p.From != next || p.Empty() {
					t.Fatalf("%+v %d: %s follows %s", rule, year, p, next)
				}
				for _, d := range []date.Date{p.From, p.To} {
					if y, n := rule.Index(d); y != year || n != i+1 {
						t.Fatalf("%+v: %s is in %d of %d, want %d of %d", rule, d, n, y, i+1, year)
					}
				}
				next = p.To.AddDays(1)
			}
			if next != whole.To.AddDays(1) || next != rule.Period(year+1).From {
				t.Fatalf("%+v %d: a gap before %s", rule, year, next)
			}
			if rule.Weeks != date.NoWeeks {
				seconds[whole.Days()]++
			}
		}
	}
	if len(seconds) != 2 || seconds[364] == 0 || seconds[371] == 0 {
		t.Error("years by weeks have 52 or 53 of them:", seconds)
	}
}

func TestFiscalYearsAtTheEdgesOfTheCalendar(t *testing.T) {
	uk := date.FiscalYear{Month: time.April, Day: 6}
	if uk.Year(day("0001-04-05")) != 0 || uk.Label(day("0001-04-05")) != "" || uk.Quarter(day("0001-04-05")) != 0 ||
		uk.Year(day("0001-04-06")) != 1 {
		t.Error("the first year")
	}
	if year, period := uk.Index(day("9999-12-31")); year != 9999 || period != 9 {
		t.Error(year, period)
	}
	for _, year := range []int{-5, 0, 10_000, 10_001, 1 << 40} {
		if !uk.Period(year).Empty() || uk.Periods(year) != nil {
			t.Error(year, uk.Periods(year))
		}
	}
	if uk.Year(date.Date{}) != 0 {
		t.Error("no date has no year")
	}
}

func TestFiscalYearsAreCheckedAndStored(t *testing.T) {
	for _, f := range []date.FiscalYear{{Month: 13}, {Month: -1}, {Day: 29}, {Day: -1}, {Weeks: 9}, {Weekday: 7}, {Weekday: -1}} {
		if err := f.Check(); !errors.Is(err, date.ErrDate) {
			t.Errorf("%+v: %v", f, err)
		}
		if f.Year(day("2017-03-01")) == 0 { // and used all the same, it gives some year
			t.Errorf("%+v", f)
		}
	}
	f := date.FiscalYear{Month: time.February, Weeks: date.Weeks454, ByEnd: true}
	data, err := json.Marshal(f)
	if err != nil || string(data) != `{"month":2,"byEnd":true,"weeks":"4-5-4"}` {
		t.Errorf("%s, %v", data, err)
	}
	var back date.FiscalYear
	if err := json.Unmarshal(data, &back); err != nil || back != f {
		t.Error(back, err)
	}
	if err := back.Weeks.UnmarshalText([]byte("4-4-4")); !errors.Is(err, date.ErrDate) || back != f {
		t.Error(err)
	}
	if _, err := date.Weeks(9).MarshalText(); !errors.Is(err, date.ErrDate) {
		t.Error(err)
	}
}
