package people

import (
	"context"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// ErrLeft: the person has left the company.
var ErrLeft = storage.NewError("people.left", "the person has left")

// Employment is the payload of the events about hire and departure.
type Employment struct {
	Role       string    `json:"role"`
	Department string    `json:"department"`
	On         date.Date `json:"on"`
}

// The events about a person. They carry no personal value.
var (
	Hired    = event.NewType[Employment]("people.person.hired")
	Departed = event.NewType[Employment]("people.person.departed")
)

// Hire takes a person on.
type Hire struct {
	By  storage.Ref
	Key storage.Key
	Why string
	Profile
	// Hired is the first working day.
	Hired date.Date
}

// Hire takes a person on.
//
// Errors: *storage.Invalid, also for a manager or calendar that is not there; ErrTooDeep.
func (p *People) Hire(ctx context.Context, c Hire) (*Person, error) {
	var bad storage.Invalid
	bad.Check(!c.Hired.IsZero(), "hired", storage.CodeRequired, "")
	if c.Profile.check(&bad); bad.Err() != nil {
		return nil, bad.Err()
	}
	return storage.Once(ctx, p.s, c.Key, "people.person.hire", c, func(tx *storage.Tx) (*Person, error) {
		one := &Person{ID: storage.NewID[Person](tx), Profile: c.Profile, Hired: c.Hired, Created: tx.Now(), until: forever}
		if err := place(ctx, tx, one); err != nil {
			return nil, err
		}
		return one, event.Apply(ctx, tx, persons, event.Change[Person]{By: c.By, Verb: "people.person.hire", Why: c.Why, After: one,
			Events: []event.Draft{Hired.Draft(Employment{Role: c.Role, Department: c.Department, On: c.Hired})}})
	})
}

// Change replaces what is said of a person.
type Change struct {
	By      storage.Ref
	Key     storage.Key
	Version int64
	Why     string
	Person  storage.ID[Person]
	Profile
}

// Change replaces what is said of a person: read it, alter it, give back the whole profile.
//
// Errors: *storage.Invalid, storage.ErrNotFound, storage.ErrStale, ErrCycle, ErrTooDeep.
func (p *People) Change(ctx context.Context, c Change) (*Person, error) {
	var bad storage.Invalid
	if c.Profile.check(&bad); bad.Err() != nil {
		return nil, bad.Err()
	}
	return storage.Once(ctx, p.s, c.Key, "people.person.change", c, func(tx *storage.Tx) (*Person, error) {
		old, err := persons.Lock(ctx, tx, c.Person)
		if err != nil {
			return nil, err
		}
		if err := storage.CheckVersion(c.Version, old.Version); err != nil {
			return nil, err
		}
		one := *old
		one.Profile = c.Profile
		if err := place(ctx, tx, &one); err != nil {
			return nil, err
		}
		return &one, event.Apply(ctx, tx, persons, event.Change[Person]{By: c.By, Verb: "people.person.change", Why: c.Why,
			Before: old, After: &one})
	})
}

// place checks that the person's manager and calendar are there, and that no one is above themselves.
func place(ctx context.Context, tx *storage.Tx, one *Person) error {
	var bad storage.Invalid
	if one.Manager.Kind == persons.Kind() && one.Manager != Ref(one.ID) {
		boss, err := find(ctx, tx, one.Manager)
		if err != nil {
			return err
		}
		bad.Check(boss != nil, "manager", storage.CodeUnknown, "")
	}
	if !one.Calendar.IsZero() {
		found, err := calendars.GetMany(ctx, tx, one.Calendar)
		if err != nil {
			return err
		}
		bad.Check(found[0] != nil, "calendar", storage.CodeUnknown, "")
	}
	if err := bad.Err(); err != nil {
		return err
	}
	self := Ref(one.ID)
	_, err := Chain(self, func(r storage.Ref) (storage.Ref, error) {
		if r == self {
			return one.Manager, nil
		}
		return managerOf(ctx, tx, r)
	})
	return err
}

// Depart ends an employment.
type Depart struct {
	By      storage.Ref
	Key     storage.Key
	Version int64
	Why     string
	Person  storage.ID[Person]
	// On is the last working day.
	On date.Date
}

// Depart ends an employment on a date, which may be to come.
//
// Errors: *storage.Invalid, storage.ErrNotFound, storage.ErrStale, ErrLeft.
func (p *People) Depart(ctx context.Context, c Depart) (*Person, error) {
	if c.On.IsZero() {
		return nil, &storage.Invalid{Fields: []storage.Fault{{Path: "on", Code: storage.CodeRequired}}}
	}
	return storage.Once(ctx, p.s, c.Key, "people.person.depart", c, func(tx *storage.Tx) (*Person, error) {
		old, err := persons.Lock(ctx, tx, c.Person)
		if err != nil {
			return nil, err
		}
		if err := storage.CheckVersion(c.Version, old.Version); err != nil {
			return nil, err
		}
		if !old.Left.IsZero() {
			return nil, ErrLeft.With("on %s", old.Left)
		}
		if c.On.Before(old.Hired) {
			return nil, &storage.Invalid{Fields: []storage.Fault{{Path: "on", Code: storage.CodeRange, Text: "before the first day"}}}
		}
		one := *old
		one.Left, one.until = c.On, c.On
		return &one, event.Apply(ctx, tx, persons, event.Change[Person]{By: c.By, Verb: "people.person.depart", Why: c.Why,
			Before: old, After: &one,
			Events: []event.Draft{Departed.Draft(Employment{Role: one.Role, Department: one.Department, On: c.On})}})
	})
}
