package date

import (
	"fmt"
	"time"
)

// A FiscalYear is the rule by which a company cuts time into years and periods. The zero rule is the calendar year in twelve
// months.
//
// With Weeks set, years are 52 or 53 whole weeks: each begins on the Weekday that is nearest to Month and Day, and the 53rd
// week, where there is one, belongs to the last period.
type FiscalYear struct {
	// Month and Day are where the year begins; zero stands for January and for the 1st. Day is at most 28.
	Month time.Month `json:"month,omitempty"`
	Day   int        `json:"day,omitempty"`
	// ByEnd numbers a year by the calendar year in which it ends by the calendar, not by the one in which it begins.
	ByEnd bool `json:"byEnd,omitempty"`
	// Weeks cuts the year by weeks instead of months.
	Weeks Weeks `json:"weeks,omitempty"`
	// Weekday is the first day of a year by weeks; the zero Weekday is Sunday.
	Weekday time.Weekday `json:"weekday,omitempty"`
}

// Check fails with ErrDate if the rule is none.
func (f FiscalYear) Check() error {
	if f.Month < 0 || f.Month > 12 || f.Day < 0 || f.Day > 28 || f.Weeks > Weeks13 || f.Weekday < 0 || f.Weekday > 6 {
		return fmt.Errorf("fiscal year %+v: %w", f, ErrDate)
	}
	return nil
}

// begin returns the month and day on which years begin.
func (f FiscalYear) begin() (time.Month, int) {
	return min(max(f.Month, 1), 12), min(max(f.Day, 1), 28)
}

// calendar returns the calendar year in which, by the calendar, the fiscal year with a number begins.
func (f FiscalYear) calendar(year int) int {
	if m, d := f.begin(); f.ByEnd && (m > 1 || d > 1) {
		return year - 1
	}
	return year
}

// first returns the first day of the fiscal year that begins in a calendar year.
func (f FiscalYear) first(calendar int) Date {
	m, d := f.begin()
	day, err := New(calendar, m, d)
	if err != nil || f.Weeks == NoWeeks {
		return day
	}
	ahead := (int(f.Weekday) - int(day.Weekday()) + 7) % 7
	if ahead > 3 {
		ahead -= 7
	}
	return day.AddDays(ahead)
}

// Year returns the number of the fiscal year that a date is in; 0 for no date, and for a date whose year the calendar cuts off.
func (f FiscalYear) Year(d Date) int {
	if d.IsZero() {
		return 0
	}
	for y := d.Year() + 1; y >= d.Year()-1; y-- { // a year by weeks may begin a few days into the neighbouring one
		if from := f.first(y); !from.IsZero() && !d.Before(from) {
			return y + f.shift()
		}
	}
	return 0
}

// shift is what the number of a year is above the calendar year in which it begins.
func (f FiscalYear) shift() int { return -f.calendar(0) }

// Period returns the days of the fiscal year with a number; the empty period outside the calendar.
func (f FiscalYear) Period(year int) Period {
	if year < 0 || year > maxYear+1 {
		return none
	}
	from, next := f.first(f.calendar(year)), f.first(f.calendar(year)+1)
	switch {
	case from.IsZero():
		return none
	case next.IsZero():
		return Period{From: from, To: Date{last}}
	}
	return Until(from, next)
}

// Periods returns the twelve or thirteen periods of the fiscal year with a number, in order; none outside the calendar.
func (f FiscalYear) Periods(year int) []Period {
	whole := f.Period(year)
	if whole.Empty() {
		return nil
	}
	count := 12
	if f.Weeks == Weeks13 {
		count = 13
	}
	all := make([]Period, count)
	from, pattern := whole.From, f.Weeks.pattern()
	for i := range all {
		next := whole.From.AddMonths(i + 1)
		if f.Weeks != NoWeeks {
			next = from.AddDays(7 * pattern[i%len(pattern)])
		}
		all[i] = Period{From: from, To: next.AddDays(-1)}
		from = next
	}
	all[count-1].To = whole.To
	return all
}

// Index returns the number of the fiscal year and of the period, from 1 to 12 or 13, that a date is in; zeros where Year is 0.
func (f FiscalYear) Index(d Date) (year, period int) {
	year = f.Year(d)
	if year != 0 && f.Weeks == NoWeeks {
		first := f.first(f.calendar(year))
		months := d.Month().Sub(first.Month())
		if d.Day() < first.Day() {
			months--
		}
		return year, months + 1
	}
	for i, p := range f.Periods(year) {
		if p.Contains(d) {
			return year, i + 1
		}
	}
	return 0, 0
}

// Quarter returns the fiscal quarter, from 1 to 4, that a date is in; 0 where Year is 0.
func (f FiscalYear) Quarter(d Date) int {
	_, period := f.Index(d)
	return min((period+2)/3, 4)
}

// Label returns how people write the fiscal year of a date: "2025" if it is that of the calendar, else both years, "2025/26";
// "" where Year is 0.
func (f FiscalYear) Label(d Date) string {
	year := f.Year(d)
	if year == 0 {
		return ""
	}
	from := f.calendar(year)
	if m, day := f.begin(); m == 1 && day == 1 {
		return fmt.Sprintf("%04d", from)
	}
	return fmt.Sprintf("%04d/%02d", from, (from+1)%100)
}
