package ledger

import (
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
)

// Shut is which days take no postings, and who may post on them nevertheless: all that is closed, put together so that a
// posting reads it with one row.
type Shut struct {
	// Closed holds the days of closed periods, in order.
	Closed []Stretch `json:"closed,omitempty"`
	// Adjusting holds the adjusting periods that take entries, in order.
	Adjusting []Stretch `json:"adjusting,omitempty"`
	Passes    []Pass    `json:"passes,omitempty"`
}

// A Stretch is days from the first to the last.
type Stretch struct {
	From date.Date `json:"from"`
	To   date.Date `json:"to"`
	// Soft stretches take what a pass allows.
	Soft bool `json:"soft,omitempty"`
}

func (s Stretch) period() date.Period { return date.Period{From: s.From, To: s.To} }

// A Pass lets one actor post where a period is soft closed, or the books are locked by date.
type Pass struct {
	Exception storage.ID[Exception] `json:"exception"`
	Actor     storage.Ref           `json:"actor"`
	From      date.Date             `json:"from"`
	To        date.Date             `json:"to"`
	// Until is when it ends; no instant means that it must be revoked.
	Until time.Time `json:"until,omitzero"`
}

// through is the last day that any of it is about.
func (s *Shut) through() (d date.Date) {
	for _, list := range [][]Stretch{s.Closed, s.Adjusting} {
		for _, one := range list {
			d = date.Later(d, one.To)
		}
	}
	for _, p := range s.Passes {
		d = date.Later(d, p.To)
	}
	return d
}

func (s *Shut) text() string {
	if len(s.Closed)+len(s.Adjusting)+len(s.Passes) == 0 {
		return ""
	}
	b, _ := json.Marshal(s)
	return string(b)
}

// unread is what is shut, as text: few who post ask for days that it is about.
type unread struct {
	text    string
	through date.Date
	once    sync.Once
	read    *Shut
}

// shutOn is what may be shut on a day. What cannot be read is shut for good.
func (r *Rules) shutOn(d date.Date) *Shut {
	u := r.unread
	if r.Shut != nil || u == nil || d.After(u.through) {
		return r.Shut
	}
	u.once.Do(func() {
		u.read = new(Shut)
		if json.Unmarshal([]byte(u.text), u.read) != nil {
			u.read = &Shut{Closed: []Stretch{{To: u.through}}}
		}
	})
	return u.read
}

// reopen makes some days open, for those who close and open them.
func (r *Rules) reopen(p date.Period) { r.Shut = r.shutOn(p.From).without(p) }

// stretchAt finds the stretch that a day is in.
func stretchAt(list []Stretch, d date.Date) (Stretch, bool) {
	for _, s := range list {
		if s.period().Contains(d) {
			return s, true
		}
	}
	return Stretch{}, false
}

// pass finds what lets an actor post on a day.
func (s *Shut) pass(d date.Date, by storage.Ref, now time.Time) storage.ID[Exception] {
	if s == nil || by.IsZero() {
		return storage.ID[Exception]{}
	}
	for _, p := range s.Passes {
		if p.Actor == by && !d.Before(p.From) && !d.After(p.To) && (p.Until.IsZero() || now.Before(p.Until)) {
			return p.Exception
		}
	}
	return storage.ID[Exception]{}
}

// without is the same with some days open, for those who close and open them.
func (s *Shut) without(p date.Period) *Shut {
	if s == nil {
		return nil
	}
	out := *s
	out.Closed = nil
	for _, c := range s.Closed {
		if !c.period().Overlaps(p) {
			out.Closed = append(out.Closed, c)
			continue
		}
		if c.From.Before(p.From) {
			out.Closed = append(out.Closed, Stretch{c.From, p.From.AddDays(-1), c.Soft})
		}
		if c.To.After(p.To) {
			out.Closed = append(out.Closed, Stretch{p.To.AddDays(1), c.To, c.Soft})
		}
	}
	return &out
}

// shut says why an actor may not post on a day, "" if he may, and by which exception he may where others may not.
func (r Rules) shut(d date.Date, adjusting bool, by storage.Ref) (why string, x storage.ID[Exception]) {
	soft, s := false, r.shutOn(d)
	switch {
	case adjusting:
		var adjusting Stretch
		open := false
		if s != nil {
			adjusting, open = stretchAt(s.Adjusting, d)
		}
		if !open {
			return "no adjusting period takes entries on " + d.String(), x
		}
		if soft = adjusting.Soft; soft {
			why = "the adjusting period is soft closed"
		}
	case s != nil:
		if c, closed := stretchAt(s.Closed, d); closed {
			if why, soft = "closed from "+c.From.String()+" through "+c.To.String(), c.Soft; !soft {
				return why, x
			}
			why = "soft " + why
		}
	}
	locked := !r.Locked.IsZero() && !d.After(r.Locked)
	if locked {
		why = "locked through " + r.Locked.String()
	}
	if !locked && !soft {
		return "", x
	}
	if x = s.pass(d, by, r.Now); !x.IsZero() {
		why = ""
	}
	return why, x
}

// shutOf puts together what is closed. A closed year closes its periods whatever their own status.
func shutOf(years []*Year, periods []*Period, exceptions []*Exception, now time.Time) *Shut {
	s := new(Shut)
	closed := map[int]bool{}
	for _, y := range years {
		if closed[y.Number] = y.Status == HardClosed; closed[y.Number] {
			s.Closed = append(s.Closed, Stretch{From: y.From, To: y.To})
		}
	}
	for _, p := range periods {
		stretch := Stretch{From: p.From, To: p.To, Soft: p.Status == SoftClosed}
		switch {
		case closed[p.Year]:
		case p.Adjusting && p.Status != HardClosed:
			s.Adjusting = append(s.Adjusting, stretch)
		case !p.Adjusting && p.Status != PeriodOpen:
			s.Closed = append(s.Closed, stretch)
		}
	}
	s.Closed = merged(s.Closed)
	slices.SortFunc(s.Adjusting, func(a, b Stretch) int { return a.From.Compare(b.From) })
	for _, x := range exceptions {
		if x.inForce(now) {
			s.Passes = append(s.Passes, Pass{Exception: x.ID, Actor: x.Actor, From: x.From, To: x.To, Until: x.Until})
		}
	}
	return s
}

// merged joins stretches of one kind that follow one another.
func merged(list []Stretch) (out []Stretch) {
	slices.SortFunc(list, func(a, b Stretch) int { return a.From.Compare(b.From) })
	for _, s := range list {
		if n := len(out); n > 0 && out[n-1].Soft == s.Soft && out[n-1].To.AddDays(1) == s.From {
			out[n-1].To = s.To
		} else {
			out = append(out, s)
		}
	}
	return out
}
