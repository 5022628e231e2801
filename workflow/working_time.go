package workflow

import (
	"time"

	"github.com/tutas/tutas/ledger/date"
)

// open finds the working hours that begin on a day, as instants. Hours that clocks skip over are shorter; those that are shown twice
// are longer: working time is time that passes.
func (h *Hours) open(d date.Date, i int) (from, to time.Time) {
	s := h.hours[d.Weekday()][i]
	return Resolve(h.zone, d, s.From).First, Resolve(h.zone, d, s.To).First
}

// spans calls fn with working hours from an instant on, each cut to begin there, until it says stop or nothing is within reach.
func (h *Hours) spans(after time.Time, fn func(from, to time.Time) bool) error {
	d := date.FromTime(after, h.zone).AddDays(-1) // a night of the day before may still be going on
	for range reach {
		if h.WorkingDay(d) {
			for i := range h.hours[d.Weekday()] {
				from, to := h.open(d, i)
				if from.Before(after) {
					from = after
				}
				if from.Before(to) && !fn(from, to) {
					return nil
				}
			}
		}
		d = d.AddDays(1)
	}
	return ErrNeverOpen
}

// AddWorkingTime finds when an amount of working time has passed since an instant. What ends with the working day ends at closing time, not at
// the next opening. No time, or less, is the instant itself.
//
// Errors: ErrNeverOpen.
func (h *Hours) AddWorkingTime(t time.Time, d time.Duration) (out time.Time, err error) {
	if d <= 0 {
		return t, nil
	}
	err = h.spans(t, func(from, to time.Time) bool {
		if length := to.Sub(from); length < d {
			d -= length
			return true
		}
		out = from.Add(d).In(t.Location())
		return false
	})
	return out, err
}

// WorkingTime is how much working time passes between two instants; negative where the second is the earlier one.
//
// Errors: ErrNeverOpen.
func (h *Hours) WorkingTime(from, to time.Time) (sum time.Duration, err error) {
	if to.Before(from) {
		sum, err = h.WorkingTime(to, from)
		return -sum, err
	}
	err = h.spans(from, func(open, close time.Time) bool {
		if !open.Before(to) {
			return false
		}
		if close.After(to) {
			close = to
		}
		sum += close.Sub(open)
		return true
	})
	return sum, err
}

// Open reports whether business is being done at an instant: from opening on, until just before closing.
func (h *Hours) Open(t time.Time) bool {
	d := date.FromTime(t, h.zone)
	for _, day := range []date.Date{d.AddDays(-1), d} {
		if !h.WorkingDay(day) {
			continue
		}
		for i := range h.hours[day.Weekday()] {
			if from, to := h.open(day, i); !t.Before(from) && t.Before(to) {
				return true
			}
		}
	}
	return false
}

// NextOpen is the instant itself while business is done, else the next opening.
//
// Errors: ErrNeverOpen.
func (h *Hours) NextOpen(t time.Time) (out time.Time, err error) {
	err = h.spans(t, func(from, _ time.Time) bool {
		out = from.In(t.Location())
		return false
	})
	return out, err
}
