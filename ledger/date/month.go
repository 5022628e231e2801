package date

import (
	"fmt"
	"iter"
	"time"
)

// A Month is a month of a year: 2017-03. Month{} is no month, and comes before all. Months can be compared with == and used as
// map keys.
type Month struct {
	n int32 // 0001-01 is 1
}

const lastMonth = 12 * maxYear

// NewMonth makes a month, and fails with ErrDate if there is no such month.
func NewMonth(year int, month time.Month) (Month, error) {
	if year < 1 || year > maxYear || month < 1 || month > 12 {
		return Month{}, fmt.Errorf("%d-%d: %w", year, int(month), ErrDate)
	}
	return Month{int32(year-1)*12 + int32(month)}, nil
}

// ParseMonth reads a month as "2006-01", and nothing else. It fails with ErrDate.
func ParseMonth(s string) (Month, error) {
	if len(s) == 7 && s[4] == '-' {
		y, ok1 := number(s[:4])
		m, ok2 := number(s[5:])
		if ok1 && ok2 {
			return NewMonth(y, time.Month(m))
		}
	}
	return Month{}, fmt.Errorf("%.40q: %w", s, ErrDate)
}

// Month returns the month of the date; no month for no date.
func (d Date) Month() Month {
	if d.n == 0 {
		return Month{}
	}
	y, m, _ := d.Date()
	return Month{int32(y-1)*12 + int32(m)}
}

// IsZero reports whether m is no month.
func (m Month) IsZero() bool { return m.n == 0 }

// Year returns the year; 0 for no month.
func (m Month) Year() int {
	if m.n == 0 {
		return 0
	}
	return int(m.n-1)/12 + 1
}

// Month returns the month of the year; 0 for no month.
func (m Month) Month() time.Month {
	if m.n == 0 {
		return 0
	}
	return time.Month((m.n-1)%12 + 1)
}

// Add returns the month n months later; no month outside the calendar.
func (m Month) Add(n int) Month {
	if m.n == 0 || n < -lastMonth || n > lastMonth {
		return Month{}
	}
	if n += int(m.n); n >= 1 && n <= lastMonth {
		return Month{int32(n)}
	}
	return Month{}
}

// Next returns the month after.
func (m Month) Next() Month { return m.Add(1) }

// Prev returns the month before.
func (m Month) Prev() Month { return m.Add(-1) }

// Sub returns the number of months from o to m; 0 if either is no month.
func (m Month) Sub(o Month) int {
	if m.n == 0 || o.n == 0 {
		return 0
	}
	return int(m.n - o.n)
}

// First returns the first day.
func (m Month) First() Date { return m.Day(1) }

// Last returns the last day.
func (m Month) Last() Date { return m.Day(31) }

// Day returns a day of the month, the last if the month is shorter; no date for a day below 1.
func (m Month) Day(day int) Date {
	if m.n == 0 || day < 1 {
		return Date{}
	}
	return civil(m.Year(), m.Month(), min(day, m.Days()))
}

// Days returns the number of days; 0 for no month.
func (m Month) Days() int {
	if m.n == 0 {
		return 0
	}
	return daysIn(m.Year(), m.Month())
}

// Period returns the days of the month. No month has none.
func (m Month) Period() Period {
	if m.n == 0 {
		return none
	}
	return Period{From: m.First(), To: m.Last()}
}

// Contains reports whether the date is in the month.
func (m Month) Contains(d Date) bool { return m.n != 0 && d.Month() == m }

// Quarter returns the calendar quarter, from 1 to 4; 0 for no month.
func (m Month) Quarter() int { return (int(m.Month()) + 2) / 3 }

// Before reports whether m is earlier than o.
func (m Month) Before(o Month) bool { return m.n < o.n }

// After reports whether m is later than o.
func (m Month) After(o Month) bool { return m.n > o.n }

// Compare returns -1, 0 or 1 as m is earlier than, the same as or later than o.
func (m Month) Compare(o Month) int { return Date(m).Compare(Date(o)) }

// String returns the month as "2006-01"; "" for no month.
func (m Month) String() string {
	if m.n == 0 {
		return ""
	}
	var buf [7]byte
	return string(append2(append(append4(buf[:0], m.Year()), '-'), int(m.Month())))
}

// MarshalText returns what String does.
func (m Month) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads what MarshalText writes; an empty text is no month. It fails with ErrDate, and then leaves the month alone.
func (m *Month) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*m = Month{}
		return nil
	}
	parsed, err := ParseMonth(string(text))
	if err == nil {
		*m = parsed
	}
	return err
}

// MarshalJSON writes the month as a text, and no month as null.
func (m Month) MarshalJSON() ([]byte, error) {
	if m.n == 0 {
		return []byte("null"), nil
	}
	return []byte(`"` + m.String() + `"`), nil
}

// UnmarshalJSON reads a text as ParseMonth does; null and "" are no month. It fails with ErrDate, and then leaves the month
// alone.
func (m *Month) UnmarshalJSON(data []byte) error {
	text, err := unquote(data)
	if err != nil {
		return err
	}
	return m.UnmarshalText(text)
}

// Monthly yields a date and then, every so many months, the same day of the month, or the last one where the month is shorter.
// Each is counted from the first date, so that a series from the 31st returns to it. It ends with the calendar; a step below 1
// gives the first date alone.
func Monthly(first Date, step int) iter.Seq[Date] {
	return func(yield func(Date) bool) {
		for i, d := 0, first; !d.IsZero() && yield(d) && step > 0; d = first.AddMonths(i) {
			i += min(step, lastMonth)
		}
	}
}
