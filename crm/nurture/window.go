package nurture

import (
	"errors"
	"strings"
	"time"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow"
)

// A Window is when mails may leave, by the clocks of the contact's zone. Hours may pass midnight: 22:00 to 30:00 on Friday is open
// on Saturday at 01:00.
type Window struct {
	// Hours by weekday, Sunday first; without any the window is always open.
	Hours [7][]workflow.Span `json:"hours"`
	// Holidays are days without mails, with their names.
	Holidays map[date.Date]string `json:"holidays,omitempty"`
}

// Office is Monday to Friday, 09:00 to 17:00.
func Office() Window { return Window{Hours: workflow.Weekdays(workflow.At(9, 0), workflow.At(17, 0))} }

func (w *Window) always() bool {
	for _, spans := range w.Hours {
		if len(spans) > 0 {
			return false
		}
	}
	return true
}

func (w *Window) compile(zone string) (*workflow.Hours, error) {
	return workflow.Calendar{Zone: zone, Hours: w.Hours, Holidays: w.Holidays}.Compile()
}

func (w *Window) check(bad *storage.Invalid) {
	if w.always() {
		bad.Check(len(w.Holidays) == 0, "window.hours", storage.CodeRequired, "holidays are taken out of hours")
		return
	}
	_, err := w.compile("")
	var faults *storage.Invalid
	if errors.As(err, &faults) {
		for _, f := range faults.Fields {
			bad.Add("window."+f.Path, f.Code, f.Text)
		}
	}
}

// Next is the instant itself while the window is open in a zone, else the next opening.
//
// Errors: *storage.Invalid for a zone that there is not, workflow.ErrNeverOpen.
func (w *Window) Next(zone string, t time.Time) (time.Time, error) {
	if w.always() {
		return t, nil
	}
	h, err := w.compile(zone)
	if err != nil {
		return t, err
	}
	next, err := h.NextOpen(t)
	return next.UTC(), err
}

// Later is an instant some days on by the clocks of a zone, and then a length of time. A time that clocks skip is the first
// instant after the gap, one that they show twice is the first of the two.
func Later(zone *time.Location, t time.Time, days int, length time.Duration) time.Time {
	if days != 0 {
		local := t.In(zone)
		hour, minute, second := local.Clock()
		w := workflow.Resolve(zone, date.FromTime(t, zone).AddDays(days), workflow.At(hour, minute)+workflow.Clock(second))
		if t = w.First; !w.Skipped {
			t = t.Add(time.Duration(local.Nanosecond()))
		}
	}
	return t.Add(length).UTC()
}

// zoneOf loads a zone by its name.
func zoneOf(name string) (*time.Location, error) {
	if name == "" || strings.EqualFold(name, "local") { // means another thing on each machine
		return nil, invalid("zone", storage.CodeChoice, "no such time zone")
	}
	z, err := time.LoadLocation(name)
	if err != nil {
		return nil, invalid("zone", storage.CodeChoice, "no such time zone")
	}
	return z, nil
}

// next is the earliest instant at or after t at which a limit lets one more mail through, after mails that were sent at some
// instants, the latest last.
func (l Limit) next(zone *time.Location, sent []time.Time, t time.Time) time.Time {
	if l.Mails == 0 || len(sent) < l.Mails {
		return t
	}
	if free := Later(zone, sent[len(sent)-l.Mails], l.Days, 0); free.After(t) {
		return free
	}
	return t
}

func invalid(path, code, text string) error {
	return &storage.Invalid{Fields: []storage.Fault{{Path: path, Code: code, Text: text}}}
}
