package ledger

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/tutas/tutas/ledger/date"
)

// A span is whole numbers from one to another, both included: months or days.
type span struct{ from, to int64 }

func (s span) holds(n int64) bool { return s.from <= n && n <= s.to }

// whole is a span without ends.
var whole = span{math.MinInt64, math.MaxInt64}

// runs cuts spans wherever any of them begins or ends, and lists together what touches: each piece is in any of the spans
// wholly or not at all.
func runs(list []span) (out [][]span) {
	var cuts []int64
	for _, s := range list {
		cuts = append(cuts, s.from)
		if s.to < math.MaxInt64 {
			cuts = append(cuts, s.to+1)
		}
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	for i, from := range cuts {
		piece := span{from, math.MaxInt64}
		if i+1 < len(cuts) {
			piece.to = cuts[i+1] - 1
		}
		if !slices.ContainsFunc(list, func(s span) bool { return s.holds(from) }) {
			continue
		}
		if n := len(out); n > 0 && out[n-1][len(out[n-1])-1].to == from-1 {
			out[n-1] = append(out[n-1], piece)
		} else {
			out = append(out, []span{piece})
		}
	}
	return out
}

// stretch is what a period is made of: whole months, and the days before and after them.
type stretch struct {
	months []span // at most one
	days   []span
}

func monthNumber(m date.Month) int64 { return int64(m.Year())*12 + int64(m.Month()) - 1 }

// monthWord is how totals keep the month with a number.
func monthWord(n int64) int { return int(n/12*100 + n%12 + 1) }

func numberOfWord(w int) int64 { return int64(w/100)*12 + int64(w%100) - 1 }

// months is a span of months as a period.
func (s span) months() (p date.Period) {
	if m, err := date.NewMonth(int(s.from/12), time.Month(s.from%12+1)); err == nil && s.from != math.MinInt64 {
		p.From = m.First()
	}
	if m, err := date.NewMonth(int(s.to/12), time.Month(s.to%12+1)); err == nil && s.to != math.MaxInt64 {
		p.To = m.Last()
	}
	return p
}

// daySpan is a period as a span of days.
func daySpan(p date.Period) span {
	s := whole
	if !p.From.IsZero() {
		s.from = p.From.Days()
	}
	if !p.To.IsZero() {
		s.to = p.To.Days()
	}
	return s
}

// period is a span of days as a period.
func (s span) period() (p date.Period) {
	if s.from != math.MinInt64 {
		p.From = date.FromDays(s.from)
	}
	if s.to != math.MaxInt64 {
		p.To = date.FromDays(s.to)
	}
	return p
}

// stretchOf divides a period.
func stretchOf(p date.Period) (s stretch) {
	if p.Empty() {
		return s
	}
	days := func(p date.Period) { s.days = append(s.days, daySpan(p)) }
	from, to, months := p.From, p.To, whole
	if p.Closed() && from.Month() == to.Month() && p != from.Month().Period() {
		days(p)
		return s
	}
	if !from.IsZero() {
		m := from.Month()
		if from != m.First() {
			days(date.Period{From: from, To: m.Last()})
			if m = m.Next(); m.IsZero() { // the calendar ends here
				return s
			}
		}
		months.from = monthNumber(m)
	}
	if !to.IsZero() {
		m := to.Month()
		if to != m.Last() {
			days(date.Period{From: m.First(), To: to})
			if m = m.Prev(); m.IsZero() {
				return s
			}
		}
		months.to = monthNumber(m)
	}
	if months.from <= months.to {
		s.months = []span{months}
	}
	return s
}

func anyHolds(list []span, n int64) bool {
	return slices.ContainsFunc(list, func(s span) bool { return s.holds(n) })
}

// gather finds the figures of a cut.
func (r *report) gather(ctx context.Context, c cut) (figures, error) {
	got, err := r.columns(ctx, c, []date.Period{c.period})
	if err != nil {
		return nil, err
	}
	return got[0], nil
}

// columns finds the figures of a cut in several periods, which may overlap, and reads each month and day once: by one
// dimension or none from totals and the tail, by several from the parts.
func (r *report) columns(ctx context.Context, c cut, periods []date.Period) ([]figures, error) {
	out := make([]figures, len(periods))
	made := make([]stretch, len(periods))
	var months, days []span
	for i, p := range periods {
		if out[i] = (figures{}); p.Empty() {
			continue
		}
		if made[i] = stretchOf(p); c.daily {
			made[i] = stretch{days: []span{daySpan(p)}}
		}
		months, days = append(months, made[i].months...), append(days, made[i].days...)
	}
	from := r.sourceOf(&c)
	if err := r.addTail(&c, from, made, out); err != nil {
		return nil, err
	}
	err := eachRun(months, func(s span, grouped bool) error {
		k := c
		k.monthly = c.monthly || grouped
		got := figures{}
		if err := r.addMonths(ctx, &k, from, s, got); err != nil {
			return err
		}
		return got.spread(&c, out, func(i int, at place) bool {
			if k.monthly {
				return anyHolds(made[i].months, numberOfWord(at.month))
			}
			return anyHolds(made[i].months, s.from)
		})
	})
	if err != nil {
		return nil, err
	}
	return out, eachRun(days, func(s span, grouped bool) error {
		k := c
		k.daily = c.daily || grouped
		got := figures{}
		if err := r.addDays(ctx, &k, from, s, got); err != nil {
			return err
		}
		return got.spread(&c, out, func(i int, at place) bool {
			if k.daily {
				return anyHolds(made[i].days, at.day.Days())
			}
			return anyHolds(made[i].days, s.from)
		})
	})
}

// eachRun asks for the pieces of each run: one or two by themselves, more of them in one go, each unit a group. What is
// before everything else is always asked for as a whole.
func eachRun(list []span, ask func(s span, grouped bool) error) error {
	for _, run := range runs(list) {
		for len(run) > 0 && (len(run) <= 2 || run[0].from == math.MinInt64) {
			if err := ask(run[0], false); err != nil {
				return err
			}
			run = run[1:]
		}
		if len(run) > 0 {
			if err := ask(span{run[0].from, run[len(run)-1].to}, true); err != nil {
				return err
			}
		}
	}
	return nil
}

// spread adds figures to the columns that hold them, without the groups that only told which.
func (f figures) spread(c *cut, out []figures, holds func(i int, at place) bool) error {
	for at, x := range f {
		key := at
		if !c.monthly {
			key.month = 0
		}
		if !c.daily {
			key.day = date.Date{}
		}
		for i := range out {
			if holds(i, at) {
				if err := out[i].add(key, x.debit, x.credit, x.count); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// source is where the figures of a cut are read.
type source struct {
	byParts bool // everything from the parts
	byDays  bool // days from the totals of days
	dims    []Dimension
}

func (r *report) sourceOf(c *cut) source {
	s := source{dims: c.wanted()}
	s.byParts = len(s.dims) > 1 || parts.Narrowed(r.tx, r.by)
	s.byDays = len(s.dims) == 0 && !s.byParts && r.daily
	return s
}

// addTail adds the parts that are not folded yet, where the rest is read from totals.
func (r *report) addTail(c *cut, from source, made []stretch, out []figures) error {
	if from.byParts {
		return nil
	}
	r.cost.Tail += int64(len(r.tail))
	for _, p := range r.tail {
		if p.Closing && !c.closing || !p.Dims.has(c.where) || c.chosen != nil && !c.chosen(p.Account) {
			continue
		}
		at := place{account: p.Account, currency: p.Currency}
		if c.monthly {
			at.month = p.Month
		}
		if c.daily {
			at.day = p.Date
		}
		for _, d := range c.group {
			at.dims = at.dims.With(d, p.Dims.Of(d))
		}
		debit, credit := p.Amount, int64(0)
		if p.Credit {
			debit, credit = 0, -p.Amount
		}
		month, day := numberOfWord(p.Month), p.Date.Days()
		for i := range out {
			if anyHolds(made[i].months, month) || from.byDays && anyHolds(made[i].days, day) {
				if err := out[i].add(at, debit, credit, 1); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
