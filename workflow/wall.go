package workflow

import (
	"strconv"
	"time"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
)

// Clock is a time of day as a clock on a wall shows it, in seconds after midnight: Clock(9*3600) is 09:00. In a span of hours it may
// pass midnight: 30:00 is six in the morning of the day after.
type Clock int32

// maxClock is the end of the day after.
const maxClock = 48 * 3600

// At makes a Clock of hours and minutes.
func At(hour, minute int) Clock { return Clock(hour*3600 + minute*60) }

// ParseClock reads "09:00" or "09:00:30".
//
// Errors: *storage.Invalid.
func ParseClock(s string) (Clock, error) {
	bad := &storage.Invalid{Fields: []storage.Fault{{Path: "clock", Code: storage.CodeFormat, Text: "HH:MM or HH:MM:SS"}}}
	if len(s) != 5 && len(s) != 8 {
		return 0, bad
	}
	n := 0
	for i := 0; i < len(s); i += 3 {
		two, err := strconv.ParseUint(s[i:i+2], 10, 8)
		if err != nil || i > 0 && (s[i-1] != ':' || two > 59) {
			return 0, bad
		}
		n = n*60 + int(two)
	}
	if len(s) == 5 {
		n *= 60
	}
	if n > maxClock {
		return 0, bad
	}
	return Clock(n), nil
}

// String writes "09:00", or "09:00:30" where there are seconds.
func (c Clock) String() string {
	b := append(two(int(c)/3600), ':')
	b = append(b, two(int(c)/60%60)...)
	if s := int(c) % 60; s != 0 {
		b = append(append(b, ':'), two(s)...)
	}
	return string(b)
}

func two(n int) []byte { return []byte{byte('0' + n/10), byte('0' + n%10)} }

// MarshalText writes the form of String.
func (c Clock) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads what ParseClock reads.
func (c *Clock) UnmarshalText(b []byte) (err error) {
	*c, err = ParseClock(string(b))
	return err
}

// A Wall is what a time that a clock on a wall shows means on the line of time.
type Wall struct {
	// First and Last are the instants at which the wall shows it. They differ where clocks were set back, and it is shown twice.
	First, Last time.Time
	// Skipped says that it was never shown, because clocks were put forward over it: First and Last are then the end of the gap,
	// the first instant after it.
	Skipped bool
	// Before and After are what the offsets before and after the gap make of a time that was never shown.
	Before, After time.Time
}

// Twice reports whether the wall shows the time twice.
func (w Wall) Twice() bool { return !w.First.Equal(w.Last) }

// farthest is more than any two offsets of one zone differ: whole days have been skipped.
const farthest = 27 * time.Hour

// Resolve finds when the clocks of a zone show a time on a day. A time past midnight belongs to the day after.
func Resolve(zone *time.Location, d date.Date, at Clock) Wall {
	y, m, day := d.Date()
	t := time.Date(y, m, day, 0, 0, int(at), 0, zone)
	start, end := t.ZoneBounds()
	if (start.IsZero() || t.Sub(start) > farthest) && (end.IsZero() || end.Sub(t) > farthest) {
		return Wall{First: t.UTC(), Last: t.UTC()}
	}
	return resolveNear(zone, time.Date(y, m, day, 0, 0, int(at), 0, time.UTC))
}

// resolveNear goes through the stretches of one offset around a time that is given as if it were UTC.
func resolveNear(zone *time.Location, local time.Time) (w Wall) {
	found := false
	var before, gap time.Time // what the last stretch that was over made of the time, and the end of that stretch
	for at := local.Add(-farthest).In(zone); ; {
		start, end := at.ZoneBounds()
		_, offset := at.Zone()
		u := local.Add(-time.Duration(offset) * time.Second)
		switch {
		case (start.IsZero() || !u.Before(start)) && (end.IsZero() || u.Before(end)):
			if !found {
				w.First = u
			}
			w.Last, found = u, true
		case !start.IsZero() && u.Before(start) && !found && !gap.IsZero():
			// It is later than the stretch before, and earlier than this one: it lies in the gap between them.
			return Wall{First: gap.UTC(), Last: gap.UTC(), Skipped: true, Before: before, After: u}
		}
		before, gap = u, end
		if end.IsZero() || end.After(local.Add(farthest)) {
			return w
		}
		at = end
	}
}
