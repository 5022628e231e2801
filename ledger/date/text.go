package date

import (
	"fmt"
	"time"
)

// Parse reads a date as ISO 8601 writes it in full, "2006-01-02", and nothing else. It fails with ErrDate.
func Parse(s string) (Date, error) {
	if len(s) == 10 && s[4] == '-' && s[7] == '-' {
		y, ok1 := number(s[:4])
		m, ok2 := number(s[5:7])
		d, ok3 := number(s[8:])
		if ok1 && ok2 && ok3 && y >= 1 && m >= 1 && m <= 12 && d >= 1 && d <= daysIn(y, time.Month(m)) {
			return civil(y, time.Month(m), d), nil
		}
	}
	return Date{}, fmt.Errorf("%.40q: %w", s, ErrDate)
}

// MustParse is Parse for texts in tests, examples and tables of constants. It panics on an error.
func MustParse(s string) Date {
	d, err := Parse(s)
	if err != nil {
		panic(err)
	}
	return d
}

func number(s string) (int, bool) {
	n := 0
	for i := range len(s) {
		c := s[i] - '0'
		if c > 9 {
			return 0, false
		}
		n = n*10 + int(c)
	}
	return n, true
}

// append2 appends two digits, append4 four.
func append2(b []byte, n int) []byte { return append(b, byte('0'+n/10), byte('0'+n%10)) }

func append4(b []byte, n int) []byte { return append2(append2(b, n/100), n%100) }

// String returns the date as "2006-01-02"; "" for no date.
func (d Date) String() string {
	var buf [10]byte
	return string(d.append(buf[:0]))
}

func (d Date) append(b []byte) []byte {
	if d.n == 0 {
		return b
	}
	y, m, day := d.Date()
	b = append(append4(b, y), '-')
	b = append(append2(b, int(m)), '-')
	return append2(b, day)
}

// AppendText appends what String returns.
func (d Date) AppendText(b []byte) ([]byte, error) { return d.append(b), nil }

// MarshalText returns what String does.
func (d Date) MarshalText() ([]byte, error) { return d.append(make([]byte, 0, 10)), nil }

// UnmarshalText reads what MarshalText writes; an empty text is no date. It fails with ErrDate, and then leaves the date alone.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	parsed, err := Parse(string(text))
	if err == nil {
		*d = parsed
	}
	return err
}

// MarshalJSON writes the date as a text, and no date as null.
func (d Date) MarshalJSON() ([]byte, error) {
	if d.n == 0 {
		return []byte("null"), nil
	}
	return append(d.append(append(make([]byte, 0, 12), '"')), '"'), nil
}

// UnmarshalJSON reads a text as Parse does; null and "" are no date. It fails with ErrDate, and then leaves the date alone.
func (d *Date) UnmarshalJSON(data []byte) error {
	text, err := unquote(data)
	if err != nil {
		return err
	}
	return d.UnmarshalText(text)
}

// unquote strips the quotes of a JSON text, and makes nothing of null. Dates need no escapes, so none are read.
func unquote(data []byte) ([]byte, error) {
	if string(data) == "null" {
		return nil, nil
	}
	if len(data) < 2 || data[0] != '"' || data[len(data)-1] != '"' {
		return nil, fmt.Errorf("%.40q: %w", data, ErrDate)
	}
	return data[1 : len(data)-1], nil
}
