package people

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
)

// A Calendar names the days on which those who follow it do not work, whatever their week says.
type Calendar struct {
	ID       storage.ID[Calendar] `json:"id"`
	Version  int64                `json:"version"`
	Name     string               `json:"name"`
	Holidays []Holiday            `json:"holidays"`
	Created  time.Time            `json:"created"`
}

// A Holiday is a day off for everyone.
type Holiday struct {
	Date date.Date `json:"date"`
	Name string    `json:"name,omitempty"`
}

// A Leave is a stretch of days on which a person is away.
type Leave struct {
	ID      storage.ID[Leave]  `json:"id"`
	Version int64              `json:"version"`
	Person  storage.ID[Person] `json:"person"`
	// From and To are the first and the last day.
	From date.Date `json:"from"`
	To   date.Date `json:"to"`
	// Kind is the company's own word: "vacation", "sick".
	Kind    string    `json:"kind"`
	Created time.Time `json:"created"`
}

// Capacity returns the hours that someone with this week can work in a period: those of each day that is between hire and
// departure and is neither a holiday nor a day of leave. An open period has none.
func Capacity(w Week, employed date.Period, holidays []Holiday, leave []Leave, during date.Period) decimal.Decimal {
	span := during.Intersect(employed)
	off := map[date.Date]bool{}
	for _, h := range holidays {
		off[h.Date] = true
	}
	for _, l := range leave {
		for d := range span.Intersect(date.Period{From: l.From, To: l.To}).All() {
			off[d] = true
		}
	}
	hours := decimal.Zero
	for _, stretch := range wholeWeeks(span) {
		if stretch.weeks > 0 {
			hours = hours.Add(w.Hours().Mul(decimal.NewFromInt(int64(stretch.weeks))))
			continue
		}
		for d := range stretch.days.All() {
			hours = hours.Add(w[d.Weekday()])
		}
	}
	for d := range off {
		if span.Contains(d) {
			hours = hours.Sub(w[d.Weekday()])
		}
	}
	return hours
}

type stretch struct {
	days  date.Period
	weeks int
}

// wholeWeeks cuts a period into whole weeks and the days that are left, so that a long period costs no more than a short one.
func wholeWeeks(p date.Period) []stretch {
	if !p.Closed() || p.Empty() {
		return nil
	}
	weeks := p.Days() / 7
	if weeks == 0 {
		return []stretch{{days: p}}
	}
	return []stretch{{weeks: weeks}, {days: date.Period{From: p.From.AddDays(7 * weeks), To: p.To}}}
}

// An Allowance says how much leave may be carried into the next year.
type Allowance struct {
	// Carry is the most days that are carried over, Total the most that someone may have altogether; 0 does not bound.
	Carry, Total decimal.Decimal
}

// Entitle returns how many of last year's unused days are carried over, and what there is with the newly granted ones.
func (a Allowance) Entitle(unused, granted decimal.Decimal) (carried, total decimal.Decimal) {
	carried = decimal.Max(unused, decimal.Zero)
	if a.Carry.Sign() > 0 {
		carried = decimal.Min(carried, a.Carry)
	}
	if a.Total.Sign() > 0 {
		carried = decimal.Max(decimal.Zero, decimal.Min(carried, a.Total.Sub(granted)))
	}
	return carried, carried.Add(granted)
}
