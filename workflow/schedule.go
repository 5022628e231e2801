package workflow

import (
	"strings"
	"time"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
)

// A Schedule says when something recurs. Exactly one of Every, Cron and Months is given.
type Schedule struct {
	// Name is in the keys of the runs, which tell one run from another for good.
	Name string `json:"name"`
	// Zone is the name of a time zone, as "Europe/Berlin"; "" is UTC. It is of no concern to Every.
	Zone string `json:"zone,omitempty"`
	// Every is an interval of elapsed time from Anchor on: it does not know days or clocks.
	Every  time.Duration `json:"every,omitempty"`
	Anchor time.Time     `json:"anchor"`
	// Cron is five fields: minute, hour, day of month, month, day of week, with lists, ranges, steps and English names; or one
	// of @hourly, @daily, @weekly, @monthly, @yearly. If both days are restricted, either will do.
	Cron string `json:"cron,omitempty"`
	// Months is every how many months something happens, counted from Start, whose day it has if Day and Nth are not given:
	// from 31 January on it is the last of shorter months, and the 31st again in longer ones.
	Months int       `json:"months,omitempty"`
	Start  date.Date `json:"start"`
	// Day is the day of the month, -1 for the last, -2 for the one before it; too late a day is the last.
	Day int `json:"day,omitempty"`
	// Nth with Weekday is the first to fifth, or -1 for the last, such day of the month; a month without a fifth is left out.
	Nth     int          `json:"nth,omitempty"`
	Weekday time.Weekday `json:"weekday,omitempty"`
	// Time is when, by the clocks of the zone, it happens on the days that Months finds.
	Time Clock `json:"time,omitempty"`
	// Roll moves days on which no business is done; it demands a calendar.
	Roll Roll `json:"roll,omitempty"`
	// CatchUp says what becomes of runs that were missed, Overlap of a run that is due while another goes on.
	CatchUp CatchUp `json:"catch_up"`
	Overlap Overlap `json:"overlap,omitempty"`
}

// A Timetable is a compiled schedule. It is immutable and safe for concurrent use.
type Timetable struct {
	s     Schedule
	zone  *time.Location
	hours *Hours
	cron  *cron
}

// ErrNever: the schedule names times that never come.
var ErrNever = storage.NewError("workflow.never", "the schedule never comes due")

// Compile checks a schedule. The calendar is needed for rolling only, and may be nil.
//
// Errors: *storage.Invalid, ErrNever for one that cannot come due, as "0 0 31 2 *".
func (s Schedule) Compile(calendar *Hours) (*Timetable, error) {
	t := &Timetable{s: s, hours: calendar}
	var bad storage.Invalid
	bad.Check(s.Name != "", "name", storage.CodeRequired, "")
	bad.Text("name", s.Name, 200)
	t.zone = zone(&bad, "zone", s.Zone)
	given := 0
	for _, yes := range []bool{s.Every != 0, s.Cron != "", s.Months != 0} {
		if yes {
			given++
		}
	}
	bad.Check(given == 1, "every", storage.CodeRequired, "one of every, cron and months")
	bad.Check(s.Every == 0 || s.Every >= time.Second, "every", storage.CodeRange, "at least a second")
	bad.Check(s.Every == 0 || !s.Anchor.IsZero(), "anchor", storage.CodeRequired, "")
	year := s.Anchor.UTC().Year()
	bad.Check(year >= 1 && year <= 9999, "anchor", storage.CodeRange, "")
	s.checkMonths(&bad)
	switch s.Roll {
	case NoRoll, Following, Preceding, ModifiedFollowing, ModifiedPreceding:
		bad.Check(s.Roll == NoRoll || calendar != nil, "roll", storage.CodeRequired, "rolling demands a calendar")
		bad.Check(s.Roll == NoRoll || s.Every == 0, "roll", storage.CodeChoice, "an interval does not roll")
	default:
		bad.Add("roll", storage.CodeChoice, "")
	}
	s.CatchUp.check(&bad)
	s.Overlap.check(&bad)
	var never error
	if s.Cron != "" {
		t.cron, never = parseCron(&bad, s.Cron)
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	return t, never
}

func (s *Schedule) checkMonths(bad *storage.Invalid) {
	bad.Check(s.Months >= 0 && s.Months <= 1200, "months", storage.CodeRange, "")
	bad.Check(s.Months == 0 || !s.Start.IsZero(), "start", storage.CodeRequired, "")
	bad.Check(s.Day >= -28 && s.Day <= 31, "day", storage.CodeRange, "")
	bad.Check(s.Nth >= -1 && s.Nth <= 5, "nth", storage.CodeRange, "")
	bad.Check(s.Nth == 0 || s.Day == 0, "nth", storage.CodeChoice, "either day or nth")
	bad.Check(s.Weekday >= time.Sunday && s.Weekday <= time.Saturday, "weekday", storage.CodeRange, "")
	bad.Check(s.Time >= 0 && s.Time < 24*3600, "time", storage.CodeRange, "")
}

// An Occurrence is one time that a schedule comes due.
type Occurrence struct {
	// Nominal is the time that the schedule names, which is what the key is made of; At is when it is, after rolling.
	Nominal time.Time `json:"nominal"`
	At      time.Time `json:"at"`
}

// Key names a run for good: two schedulers, or a replay, that know the same occurrence make the same key.
func (t *Timetable) Key(o Occurrence) storage.Key {
	return storage.Key(t.s.Name + "/" + o.Nominal.UTC().Format("2006-01-02T15:04:05Z"))
}

// Next finds the first occurrence after an instant.
//
// Errors: ErrNever where there is none within two centuries, ErrNeverOpen.
func (t *Timetable) Next(after time.Time) (Occurrence, error) {
	if t.s.Every > 0 {
		return t.interval(after), nil
	}
	if t.s.Months > 0 {
		return t.monthly(after)
	}
	return t.byCron(after)
}

// interval counts from the anchor, also backwards. A Duration is three centuries at most, so it may take some leaps.
func (t *Timetable) interval(after time.Time) Occurrence {
	at := t.s.Anchor
	for n := after.Sub(at) / t.s.Every; n != 0; n = after.Sub(at) / t.s.Every {
		at = at.Add(n * t.s.Every)
	}
	if !at.After(after) {
		at = at.Add(t.s.Every)
	}
	return Occurrence{at.UTC(), at.UTC()}
}

// monthly goes through the months that count. Rolling may move a day back or forth by some weeks, so it begins early and
// keeps the earliest that is late enough.
func (t *Timetable) monthly(after time.Time) (best Occurrence, err error) {
	first := t.s.Start.Month()
	m := date.FromTime(after, t.zone).Month().Add(-2)
	k := max(0, (m.Sub(first)+t.s.Months-1)/t.s.Months)
	for tries, found := 0, 0; found < 3 && tries < 2400; k, tries = k+1, tries+1 {
		d, ok := t.dayIn(first.Add(k * t.s.Months))
		if !ok || d.Before(t.s.Start) {
			continue
		}
		o, err := t.occurrence(d, t.s.Time)
		if err != nil {
			return o, err
		}
		if !o.At.After(after) {
			continue
		}
		if found++; best.At.IsZero() || o.At.Before(best.At) {
			best = o
		}
	}
	if best.At.IsZero() {
		return best, ErrNever
	}
	return best, nil
}

// dayIn is the day on which something happens in a month.
func (t *Timetable) dayIn(m date.Month) (date.Date, bool) {
	s := &t.s
	switch {
	case s.Nth < 0:
		last := m.Last()
		return last.AddDays(-((int(last.Weekday()) - int(s.Weekday) + 7) % 7)), true
	case s.Nth > 0:
		d := m.First()
		d = d.AddDays((int(s.Weekday)-int(d.Weekday())+7)%7 + 7*(s.Nth-1))
		return d, d.Month() == m
	case s.Day < 0:
		return m.Last().AddDays(s.Day + 1), true
	case s.Day > 0:
		return m.Day(s.Day), true
	}
	return m.Day(s.Start.Day()), true
}

// occurrence is a time on a day: where clocks skip it, the end of the gap; where they show it twice, the first. So there is
// one on each civil day.
func (t *Timetable) occurrence(d date.Date, at Clock) (o Occurrence, err error) {
	o.Nominal = Resolve(t.zone, d, at).First
	o.At = o.Nominal
	if t.s.Roll == NoRoll {
		return o, nil
	}
	rolled, err := t.hours.Roll(d, t.s.Roll)
	if err == nil && rolled != d {
		o.At = Resolve(t.zone, rolled, at).First
	}
	return o, err
}

// String says what the schedule is, for logs.
func (t *Timetable) String() string {
	switch {
	case t.s.Every > 0:
		return t.s.Name + ": every " + t.s.Every.String()
	case t.s.Cron != "":
		return t.s.Name + ": " + strings.Join(strings.Fields(t.s.Cron), " ") + " " + t.zone.String()
	}
	return t.s.Name + ": monthly " + t.zone.String()
}
