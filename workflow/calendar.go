package workflow

import (
	"slices"
	"strconv"
	"time"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
)

// A Span is working hours of a day, by the clocks of the calendar's zone. To may pass midnight: 22:00 to 30:00 is a night that belongs to the day on
// which it begins.
type Span struct {
	From Clock `json:"from"`
	To   Clock `json:"to"`
}

// A Calendar says when business is done: working hours for each weekday, and the days on which none is done.
type Calendar struct {
	Name string `json:"name"`
	// Zone is the name of a time zone, as "Europe/Berlin"; "" is UTC.
	Zone string `json:"zone"`
	// Hours by weekday, Sunday first.
	Hours [7][]Span `json:"hours"`
	// Holidays are days without business, with their names.
	Holidays map[date.Date]string `json:"holidays,omitempty"`
}

// isZero reports whether nothing is said: there is no calendar.
func (c Calendar) isZero() bool {
	for _, spans := range c.Hours {
		if len(spans) > 0 {
			return false
		}
	}
	return c.Name == "" && c.Zone == "" && len(c.Holidays) == 0
}

// Weekdays gives the same hours to Monday through Friday.
func Weekdays(from, to Clock) (hours [7][]Span) {
	for d := time.Monday; d <= time.Friday; d++ {
		hours[d] = []Span{{from, to}}
	}
	return hours
}

// Hours is a compiled calendar. It is immutable and safe for concurrent use.
type Hours struct {
	name     string
	zone     *time.Location
	hours    [7][]Span
	holidays map[date.Date]bool
	days     int // working days a week
}

// ErrNeverOpen: the calendar has no working hours, or none within reach.
var ErrNeverOpen = storage.NewError("workflow.never_open", "the calendar has no working hours within reach")

// MaxHolidays bounds a calendar.
const MaxHolidays = 10_000

// Compile checks a calendar and loads its zone.
//
// Errors: *storage.Invalid, with paths such as "hours.1.0.to"; ErrNeverOpen.
func (c Calendar) Compile() (*Hours, error) {
	var bad storage.Invalid
	h := &Hours{name: c.Name, hours: c.Hours, holidays: make(map[date.Date]bool, len(c.Holidays))}
	bad.Text("name", c.Name, 200)
	h.zone = zone(&bad, "zone", c.Zone)
	for d, spans := range c.Hours {
		if len(spans) > 0 {
			h.days++
		}
		h.hours[d] = slices.Clone(spans)
		end := Clock(0)
		for i, s := range spans {
			at := "hours." + strconv.Itoa(d) + "." + strconv.Itoa(i)
			bad.Check(s.From >= end && s.From < 24*3600, at+".from", storage.CodeRange, "spans are in order and begin on their day")
			bad.Check(s.To > s.From && s.To <= maxClock, at+".to", storage.CodeRange, "")
			end = s.To
		}
		if next := c.Hours[(d+1)%7]; end > 24*3600 && len(next) > 0 {
			bad.Check(next[0].From >= end-24*3600, "hours."+strconv.Itoa(d), storage.CodeRange, "reaches into the hours of the day after")
		}
	}
	bad.Check(len(c.Holidays) <= MaxHolidays, "holidays", storage.CodeTooLong, "")
	for d := range c.Holidays {
		h.holidays[d] = true
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	if h.days == 0 {
		return nil, ErrNeverOpen
	}
	return h, nil
}

// zone loads a time zone by its name.
func zone(bad *storage.Invalid, path, name string) *time.Location {
	if name == "Local" { // means another thing on each machine
		bad.Add(path, storage.CodeChoice, "")
		return nil
	}
	z, err := time.LoadLocation(name)
	bad.Check(err == nil, path, storage.CodeChoice, "no such time zone")
	return z
}

// Zone is the zone of the calendar.
func (h *Hours) Zone() *time.Location { return h.zone }

// WorkingDay reports whether business is done on a day.
func (h *Hours) WorkingDay(d date.Date) bool { return len(h.hours[d.Weekday()]) > 0 && !h.holidays[d] }

// reach is how far calendars are searched, in days.
const reach = 366 * 200

// AddWorkingDays counts n working days on from a day, which itself does not count; back where n is negative. No days is the day itself.
//
// Errors: ErrNeverOpen.
func (h *Hours) AddWorkingDays(d date.Date, n int) (date.Date, error) {
	step := 1
	if n < 0 {
		step, n = -1, -n
	}
	for tries := 0; n > 0; tries++ {
		if tries > reach {
			return d, ErrNeverOpen
		}
		if d = d.AddDays(step); h.WorkingDay(d) {
			n--
		}
	}
	return d, nil
}

// WorkingDays counts the working days of a period, both ends included. An open or endless period counts none.
func (h *Hours) WorkingDays(p date.Period) (n int) {
	if p.From.IsZero() || p.To.IsZero() {
		return 0
	}
	for d := p.From; !d.After(p.To); d = d.AddDays(1) {
		if h.WorkingDay(d) {
			n++
		}
	}
	return n
}

// A Roll moves a day that is no working day to one that is.
type Roll string

// The conventions of rolling, as in the ISDA definitions.
const (
	NoRoll            Roll = ""
	Following         Roll = "following"
	Preceding         Roll = "preceding"
	ModifiedFollowing Roll = "modified_following" // following, but within the month
	ModifiedPreceding Roll = "modified_preceding"
)

// Roll moves a day.
//
// Errors: ErrNeverOpen.
func (h *Hours) Roll(d date.Date, r Roll) (date.Date, error) {
	if r == NoRoll || h.WorkingDay(d) {
		return d, nil
	}
	n := 1
	if r == Preceding || r == ModifiedPreceding {
		n = -1
	}
	to, err := h.AddWorkingDays(d, n)
	if (r == ModifiedFollowing || r == ModifiedPreceding) && to.Month() != d.Month() {
		return h.AddWorkingDays(d, -n)
	}
	return to, err
}
