package date

import (
	"errors"
	"fmt"
	"time"
)

// ErrDate: a text or a number that is no date, month or period of the calendar. Every error of this package wraps it.
var ErrDate = errors.New("no such date")

// A Date is a day of the Gregorian calendar, from 0001-01-01 to 9999-12-31, without a time of day and without a zone. Date{} is
// no date, and comes before all. Dates can be compared with == and used as map keys.
type Date struct {
	n int32 // 0001-01-01 is 1
}

const (
	epoch   = 719_163   // the n of 1970-01-01
	last    = 3_652_059 // the n of 9999-12-31
	maxYear = 9999
)

// New makes a date, and fails with ErrDate if there is no such day.
func New(year int, month time.Month, day int) (Date, error) {
	if year < 1 || year > maxYear || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return Date{}, fmt.Errorf("%d-%d-%d: %w", year, int(month), day, ErrDate)
	}
	return civil(year, month, day), nil
}

// Must is New for days in tests, examples and tables of constants. It panics on an error.
func Must(year int, month time.Month, day int) Date {
	d, err := New(year, month, day)
	if err != nil {
		panic(err)
	}
	return d
}

// FromTime returns the day that it is at an instant in a place. Years outside 1 to 9999, and the zero Time, give no date.
func FromTime(t time.Time, place *time.Location) Date {
	if t.IsZero() {
		return Date{}
	}
	y, m, d := t.In(place).Date()
	if y < 1 || y > maxYear {
		return Date{}
	}
	return civil(y, m, d)
}

// FromDays returns the date a number of days after 1970-01-01, and no date outside the calendar.
func FromDays(days int64) Date {
	if days < 1-epoch || days > last-epoch {
		return Date{}
	}
	return Date{int32(days + epoch)}
}

// Days returns the number of days since 1970-01-01, negative before; for no date it is that of the day before 0001-01-01.
func (d Date) Days() int64 { return int64(d.n) - epoch }

// IsZero reports whether d is no date.
func (d Date) IsZero() bool { return d.n == 0 }

// AddDays returns the date n days later, or earlier if n is negative.
func (d Date) AddDays(n int) Date {
	if d.n == 0 || n < -last || n > last {
		return Date{}
	}
	return FromDays(d.Days() + int64(n))
}

// AddMonths returns the same day n months later, or the last day of that month if it is shorter. For a series always count from
// the first date (see Monthly): what adding to a clamped date gives is a different one.
func (d Date) AddMonths(n int) Date {
	if d.n == 0 || n < -12*maxYear || n > 12*maxYear {
		return Date{}
	}
	y, m, day := d.Date()
	months := y*12 + int(m) - 1 + n
	y, m = months/12, time.Month(months%12+1)
	if months < 12 || y > maxYear {
		return Date{}
	}
	return civil(y, m, min(day, daysIn(y, m)))
}

// AddYears returns the same day n years later; 29 February becomes the 28th in a common year.
func (d Date) AddYears(n int) Date {
	if n < -maxYear || n > maxYear {
		return Date{}
	}
	return d.AddMonths(12 * n)
}

// EndOfMonth returns the last day of the date's month.
func (d Date) EndOfMonth() Date {
	if d.n == 0 {
		return d
	}
	y, m, day := d.Date()
	return Date{d.n + int32(daysIn(y, m)-day)}
}

// Sub returns the number of days from e to d; 0 if either is no date.
func (d Date) Sub(e Date) int {
	if d.n == 0 || e.n == 0 {
		return 0
	}
	return int(d.n - e.n)
}

// Before reports whether d is earlier than e. No date is before all others.
func (d Date) Before(e Date) bool { return d.n < e.n }

// After reports whether d is later than e.
func (d Date) After(e Date) bool { return d.n > e.n }

// Compare returns -1, 0 or 1 as d is earlier than, the same as or later than e.
func (d Date) Compare(e Date) int {
	switch {
	case d.n < e.n:
		return -1
	case d.n > e.n:
		return 1
	}
	return 0
}

// Date returns the year, month and day; zeros for no date.
func (d Date) Date() (year int, month time.Month, day int) {
	if d.n == 0 {
		return 0, 0, 0
	}
	return fromOrdinal(d.n)
}

// Year returns the year.
func (d Date) Year() int { y, _, _ := d.Date(); return y }

// Day returns the day of the month.
func (d Date) Day() int { _, _, day := d.Date(); return day }

// YearDay returns the day of the year, from 1 to 366; 0 for no date.
func (d Date) YearDay() int {
	if d.n == 0 {
		return 0
	}
	return int(d.n-civil(d.Year(), time.January, 1).n) + 1
}

// Quarter returns the calendar quarter, from 1 to 4; 0 for no date.
func (d Date) Quarter() int { _, m, _ := d.Date(); return (int(m) + 2) / 3 }

// Weekday returns the day of the week; Sunday for no date.
func (d Date) Weekday() time.Weekday { return time.Weekday(d.n % 7) } // 0001-01-01 was a Monday

// ISOWeek returns the year and the number, from 1 to 53, of the week as ISO 8601 counts them: weeks begin on Monday and belong
// to the year that their Thursday is in. For the first days of year 1 the year is 1 and for the last of 9999 it may be 10000.
func (d Date) ISOWeek() (year, week int) {
	if d.n == 0 {
		return 0, 0
	}
	thursday := d.n - (d.n+6)%7 + 3
	if thursday > last {
		return maxYear + 1, 1
	}
	year, _, _ = fromOrdinal(thursday)
	return year, int(thursday-civil(year, time.January, 1).n)/7 + 1
}

// Time returns the instant of an hour and minute of the day in a place, by the rules of time.Date; the zero Time for no date.
func (d Date) Time(place *time.Location, hour, minute int) time.Time {
	if d.n == 0 {
		return time.Time{}
	}
	y, m, day := d.Date()
	return time.Date(y, m, day, hour, minute, 0, 0, place)
}

// Earlier returns the earlier of two dates; if one is no date, the other.
func Earlier(a, b Date) Date {
	if a.n == 0 || b.n != 0 && b.n < a.n {
		return b
	}
	return a
}

// Later returns the later of two dates; if one is no date, the other.
func Later(a, b Date) Date {
	if a.n < b.n {
		return b
	}
	return a
}
