package journal

import (
	"strings"
	"time"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
)

// A lexer stands in a line.
type lexer struct {
	s string
	i int
}

func (x *lexer) skip() {
	for x.i < len(x.s) && (x.s[x.i] == ' ' || x.s[x.i] == '\t') {
		x.i++
	}
}

// peek is the byte ahead, 0 at the end of the line.
func (x *lexer) peek() byte {
	if x.i < len(x.s) {
		return x.s[x.i]
	}
	return 0
}

// has steps over a text if it is ahead.
func (x *lexer) has(text string) bool {
	if strings.HasPrefix(x.s[x.i:], text) {
		x.i += len(text)
		return true
	}
	return false
}

// word steps over what stands before the next blank.
func (x *lexer) word() string {
	from := x.i
	for x.i < len(x.s) && x.s[x.i] != ' ' && x.s[x.i] != '\t' {
		x.i++
	}
	return x.s[from:x.i]
}

// rest is what is left of the line.
func (x *lexer) rest() string { return x.s[x.i:] }

// fault is an error at a byte of the line that the reader stands in.
func (r *reader) fault(at int, err *storage.Error, detail string) error {
	return &Error{Position{r.j.Files[r.file], int(r.line), at + 1}, err, detail}
}

// faultAt is an error at another place of the file.
func (r *reader) faultAt(line int32, column int, err *storage.Error, detail string) error {
	return &Error{Position{r.j.Files[r.file], int(line), column}, err, detail}
}

// near cuts a text for a message.
func near(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}

func isDigit(c byte) bool { return c-'0' <= 9 }

// number reads digits, at most so many.
func (x *lexer) number(most int) (n, digits int) {
	for x.i < len(x.s) && digits < most && isDigit(x.s[x.i]) {
		n = n*10 + int(x.s[x.i]-'0')
		x.i++
		digits++
	}
	return n, digits
}

// date reads a date with any of the separators -, / and ., with or without a year.
func (r *reader) date(x *lexer, year int) (date.Date, error) {
	from := x.i
	bad := func(detail string) (date.Date, error) { return date.Date{}, r.fault(from, ErrDate, detail) }
	a, n := x.number(9)
	c := x.peek()
	if n == 0 || c != '-' && c != '/' && c != '.' {
		return bad("a date has the form 2006-01-02")
	}
	x.i++
	b, m := x.number(2)
	if m == 0 {
		return bad("a date has the form 2006-01-02")
	}
	y, month, day := a, b, 0
	if x.peek() == c && x.i+1 < len(x.s) && isDigit(x.s[x.i+1]) {
		if n != 4 {
			return bad("a year has four digits")
		}
		x.i++
		day, _ = x.number(2)
	} else {
		if year == 0 {
			return bad("no year, and no default year before it")
		}
		if n > 2 {
			return bad("a date has the form 2006-01-02")
		}
		y, month, day = year, a, b
	}
	if isDigit(x.peek()) {
		return bad("a date has the form 2006-01-02")
	}
	if month > 0 && y == r.dayYear && month == r.dayMonth && day <= 28 && day > 0 { // most dates are near the one before
		return r.dayFirst.AddDays(day - 1), nil
	}
	d, err := date.New(y, time.Month(month), day)
	if err != nil {
		return bad(near(x.s[from:x.i]))
	}
	if first, err := date.New(y, time.Month(month), 1); err == nil {
		r.dayYear, r.dayMonth, r.dayFirst = y, month, first
	}
	return d, nil
}

// clock steps over a time of day, "12:30" or "12:30:15", if it is ahead.
func (x *lexer) clock() {
	from := x.i
	for part := range 3 {
		if _, n := x.number(2); n == 0 || part == 0 && x.peek() != ':' {
			x.i = from
			return
		}
		if x.peek() != ':' {
			break
		}
		x.i++
	}
	if c := x.peek(); c != 0 && c != ' ' && c != '\t' {
		x.i = from
	}
}
