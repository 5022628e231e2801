package people

import (
	"context"
	"fmt"
	"iter"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// ErrAway: the person is away on some of these days already.
var ErrAway = storage.NewError("people.away", "away already")

// Absent enters a leave.
type Absent struct {
	By     storage.Ref
	Key    storage.Key
	Why    string
	Person storage.ID[Person]
	// From and To are the first and the last day.
	From, To date.Date
	// Kind is the company's own word: "vacation", "sick".
	Kind string
}

// Absent enters a leave. It does not ask for approval: use workflow/approval before, or a guard.
//
// Errors: *storage.Invalid, storage.ErrNotFound, ErrAway, ErrLeft.
func (p *People) Absent(ctx context.Context, c Absent) (*Leave, error) {
	var bad storage.Invalid
	bad.Check(!c.From.IsZero(), "from", storage.CodeRequired, "")
	bad.Check(!c.To.IsZero(), "to", storage.CodeRequired, "")
	bad.Check(!c.To.Before(c.From), "to", storage.CodeRange, "before the first day")
	bad.Check(c.To.Sub(c.From) < 3660, "to", storage.CodeRange, "more than ten years")
	bad.Check(c.Kind != "", "kind", storage.CodeRequired, "")
	if err := bad.Err(); err != nil {
		return nil, err
	}
	return storage.Once(ctx, p.s, c.Key, "people.leave.enter", c, func(tx *storage.Tx) (*Leave, error) {
		one, err := persons.Lock(ctx, tx, c.Person) // so that two leaves cannot be entered at once
		if err != nil {
			return nil, err
		}
		if one.until.Before(c.From) {
			return nil, ErrLeft.With("on %s", one.Left)
		}
		span := date.Period{From: c.From, To: c.To}
		for other, err := range p.In(tx).Leaves(ctx, c.Person, span, storage.Ref{}) {
			if err != nil {
				return nil, err
			}
			return nil, ErrAway.With("%s to %s", other.From, other.To)
		}
		l := &Leave{ID: storage.NewID[Leave](tx), Person: c.Person, From: c.From, To: c.To, Kind: c.Kind, Created: tx.Now()}
		return l, event.Apply(ctx, tx, leaves, event.Change[Leave]{By: c.By, Verb: "people.leave.enter", Why: c.Why, After: l})
	})
}

// CancelLeave takes a leave back.
//
// Errors: storage.ErrNotFound.
func (p *People) CancelLeave(ctx context.Context, by storage.Ref, id storage.ID[Leave], why string) error {
	return p.s.Update(ctx, func(tx *storage.Tx) error {
		l, err := leaves.Lock(ctx, tx, id)
		if err != nil {
			return err
		}
		return event.Apply(ctx, tx, leaves, event.Change[Leave]{By: by, Verb: "people.leave.cancel", Why: why, Before: l})
	})
}

// Leaves yields a person's leaves that touch a period, the earliest first.
func (p *People) Leaves(ctx context.Context, person storage.ID[Person], during date.Period, by storage.Ref) iter.Seq2[*Leave, error] {
	q := storage.Query{By: by, Where: []storage.Cond{storage.Eq("person", person)}, Order: []string{"from"}}
	if !during.From.IsZero() {
		q.Where = append(q.Where, storage.Ge("to", during.From))
	}
	if !during.To.IsZero() {
		q.Where = append(q.Where, storage.Le("from", during.To))
	}
	return leaves.All(ctx, p.s, q)
}

// SetCalendar declares a calendar or changes one.
type SetCalendar struct {
	By      storage.Ref
	Key     storage.Key
	Version int64
	Why     string
	// Calendar is the one to be changed; zero declares a new one.
	Calendar storage.ID[Calendar]
	Name     string
	Holidays []Holiday
}

// SetCalendar declares a calendar or changes one.
//
// Errors: *storage.Invalid, storage.ErrNotFound, storage.ErrStale.
func (p *People) SetCalendar(ctx context.Context, c SetCalendar) (*Calendar, error) {
	var bad storage.Invalid
	bad.Check(c.Name != "", "name", storage.CodeRequired, "")
	bad.Check(len(c.Holidays) <= 10000, "holidays", storage.CodeRange, "")
	seen := map[date.Date]bool{}
	for i, h := range c.Holidays {
		bad.Check(!h.Date.IsZero(), fmt.Sprintf("holidays.%d.date", i), storage.CodeRequired, "")
		bad.Check(!seen[h.Date], fmt.Sprintf("holidays.%d.date", i), storage.CodeDuplicate, "")
		bad.Check(len(h.Name) <= maxName, fmt.Sprintf("holidays.%d.name", i), storage.CodeTooLong, "")
		seen[h.Date] = true
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	return storage.Once(ctx, p.s, c.Key, "people.calendar.set", c, func(tx *storage.Tx) (*Calendar, error) {
		change := event.Change[Calendar]{By: c.By, Verb: "people.calendar.set", Why: c.Why}
		cal := &Calendar{ID: storage.NewID[Calendar](tx), Name: c.Name, Holidays: c.Holidays, Created: tx.Now()}
		if !c.Calendar.IsZero() {
			old, err := calendars.Lock(ctx, tx, c.Calendar)
			if err != nil {
				return nil, err
			}
			if err := storage.CheckVersion(c.Version, old.Version); err != nil {
				return nil, err
			}
			change.Before = old
			cal.ID, cal.Version, cal.Created = old.ID, old.Version, old.Created
		}
		change.After = cal
		return cal, event.Apply(ctx, tx, calendars, change)
	})
}

// Calendars yields all calendars by name.
func (p *People) Calendars(ctx context.Context, by storage.Ref) iter.Seq2[*Calendar, error] {
	return calendars.All(ctx, p.s, storage.Query{By: by, Order: []string{"name"}})
}
