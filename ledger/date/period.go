package date

import (
	"fmt"
	"iter"
)

// A Period is the days from one to another, both included. A From or To that is no date is open: Period{} is all of time. A
// period that ends before it begins is empty.
type Period struct {
	From Date `json:"from"`
	To   Date `json:"to"`
}

// none is the empty period that functions return; it is never changed.
var none = Period{From: Date{last}, To: Date{1}}

// Until makes the period of the days from one to the day before another. If the other does not come after, the period is empty;
// if it is no date, open.
func Until(from, before Date) Period {
	if before == (Date{1}) {
		return none
	}
	return Period{From: from, To: before.AddDays(-1)}
}

// On makes the period of one day; of no date, none.
func On(d Date) Period {
	if d.IsZero() {
		return none
	}
	return Period{From: d, To: d}
}

// Empty reports whether the period has no day.
func (p Period) Empty() bool { return !p.To.IsZero() && p.To.Before(p.From) }

// Closed reports whether the period has both ends.
func (p Period) Closed() bool { return !p.From.IsZero() && !p.To.IsZero() }

// Contains reports whether a date is in the period. No date is in none.
func (p Period) Contains(d Date) bool {
	return d.n != 0 && p.From.n <= d.n && (p.To.n == 0 || d.n <= p.To.n)
}

// Overlaps reports whether the periods share a day.
func (p Period) Overlaps(q Period) bool { return !p.Intersect(q).Empty() }

// Intersect returns the days that are in both.
func (p Period) Intersect(q Period) Period {
	if p.Empty() || q.Empty() {
		return none
	}
	both := Period{From: Later(p.From, q.From), To: Earlier(p.To, q.To)}
	if both.Empty() {
		return none
	}
	return both
}

// Days returns the number of days; 0 if the period is empty or has an open end.
func (p Period) Days() int {
	if !p.Closed() || p.Empty() {
		return 0
	}
	return p.To.Sub(p.From) + 1
}

// Share returns how many of another period's days are in this one, and how many it has: the fraction by which a charge for the
// other period is prorated. Both are 0 when the other is empty or open.
func (p Period) Share(of Period) (days, total int) {
	return p.Intersect(of).Days() * min(of.Days(), 1), of.Days()
}

// Months yields the parts of the period in each of its months, in order: whole months, and what there is of the first and last.
// An open period yields nothing.
func (p Period) Months() iter.Seq[Period] {
	return func(yield func(Period) bool) {
		if p.Days() == 0 {
			return
		}
		for from := p.From; !from.IsZero() && !from.After(p.To); from = from.EndOfMonth().AddDays(1) {
			if !yield(Period{From: from, To: Earlier(from.EndOfMonth(), p.To)}) {
				return
			}
		}
	}
}

// All yields the days of the period in order. An open period yields nothing.
func (p Period) All() iter.Seq[Date] {
	return func(yield func(Date) bool) {
		for i := range p.Days() {
			if !yield(p.From.AddDays(i)) {
				return
			}
		}
	}
}

// String returns the ends with a slash between, as ISO 8601 does, and ".." for an open one: "2017-03-01/2017-03-31",
// "2017-03-01/..".
func (p Period) String() string {
	end := func(d Date) string {
		if d.IsZero() {
			return ".."
		}
		return d.String()
	}
	return fmt.Sprintf("%s/%s", end(p.From), end(p.To))
}
