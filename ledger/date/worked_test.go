package date_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/tutas/tutas/ledger/date"
)

// The names carry the numbers of the worked examples that established systems publish in their tests.

func TestWE_P3_DaysAfterTheEndOfTheMonth(t *testing.T) {
	for _, issued := range []string{"2019-01-01", "2019-01-15", "2019-01-31"} {
		if due := day(issued).EndOfMonth().AddDays(45); due != day("2019-03-17") {
			t.Errorf("%s: %s", issued, due)
		}
	}
}

func series(t *testing.T, first string, want ...string) {
	t.Helper()
	i := 0
	for d := range date.Monthly(day(first), 1) {
		if i == len(want) {
			return
		}
		if d != day(want[i]) {
			t.Errorf("from %s: %s, want %s", first, d, want[i])
		}
		i++
	}
}

func TestWE_S18_MonthlyFromTheLastDayOfJanuary(t *testing.T) {
	series(t, "2020-01-31", "2020-01-31", "2020-02-29", "2020-03-31")
	series(t, "2019-01-31", "2019-01-31", "2019-02-28")
}

func TestWE_W26_AnchoredSeries(t *testing.T) {
	series(t, "2026-01-31", "2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31")
}

func TestWE_S4_RealDaysOfAMonth(t *testing.T) {
	for _, c := range []struct {
		from, before string
		days, of     int
	}{
		{"2012-02-01", "2012-02-15", 14, 29},
		{"2011-02-01", "2011-02-14", 13, 28},
		{"2011-02-10", "2011-02-24", 14, 28}, // a half
	} {
		month := day(c.from).Month().Period()
		if days, of := date.Until(day(c.from), day(c.before)).Share(month); days != c.days || of != c.of {
			t.Errorf("%s to %s: %d/%d, want %d/%d", c.from, c.before, days, of, c.days, c.of)
		}
	}
	if days, of := span("2011-02-01/..").Share(span("2011-02-15/2011-02-28")); days != 14 || of != 14 {
		t.Error(days, of)
	}
	for _, whole := range []string{"2011-02-01/..", "2011-02-02/2011-02-01"} {
		if days, of := span("2011-02-01/2011-02-28").Share(span(whole)); days != 0 || of != 0 {
			t.Error(whole, days, of)
		}
	}
}

func TestWE_S6_TwoPeriodsOfThirtyDays(t *testing.T) {
	if end := day("2016-04-08").AddDays(2 * 30); end != day("2016-06-07") {
		t.Error(end)
	}
}

func TestWE_S7_S11_DaysOfSubscriptions(t *testing.T) {
	if n := span("2022-05-20/2022-06-20").Days(); n != 32 {
		t.Error(n)
	}
	if n := span("2024-01-01/2024-12-31").Days(); n != 366 {
		t.Error(n)
	}
}

// Due dates that an established system's tests assert.
func TestDueDatesOfPaymentTerms(t *testing.T) {
	raw, err := os.ReadFile("testdata/expected-terms.json")
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		Terms []struct {
			ID    string
			Lines []struct {
				Rule string
				Days int
			}
			Invoiced date.Date   `json:"invoice_date"`
			Due      []date.Date `json:"expected_due_dates"`
		} `json:"payment_terms"`
	}
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, term := range want.Terms {
		for i, line := range term.Lines {
			if line.Rule != "days_after" {
				continue // rules of the commercial documents
			}
			due := term.Invoiced.AddDays(line.Days)
			if checked++; due != term.Due[i] {
				t.Errorf("%s from %s: %s, want %s", term.ID, term.Invoiced, due, term.Due[i])
			}
		}
	}
	if checked == 0 {
		t.Error("no term was checked")
	}
}
