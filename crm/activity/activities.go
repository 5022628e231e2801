package activity

import (
	"context"
	"maps"
	"time"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/workflow"
)

// Activities keeps the timelines, tasks and handovers of a tenant.
type Activities struct{ s storage.Session }

// New makes the service over a tenant's data, or inside a transaction.
func New(s storage.Session) *Activities { return &Activities{s} }

// In is the same service inside a transaction.
func (s *Activities) In(tx *storage.Tx) *Activities { return &Activities{tx} }

// Log is the command to record what happened.
type Log struct {
	By  storage.Ref
	Key storage.Key
	Why string
	// Kind is any but Task; "" is a note.
	Kind    Kind
	Subject storage.Ref
	Title   string
	Text    string
	// At is when it happened; zero is now.
	At time.Time
	// Owner is who did it; zero is the actor.
	Owner  storage.Ref
	Fields storage.Fields
}

// Log records what happened: a call, an e-mail, a meeting, a note.
//
// Errors: *storage.Invalid, storage.ErrKeyReused.
func (s *Activities) Log(ctx context.Context, c Log) (*Activity, error) {
	return storage.Once(ctx, s.s, c.Key, "activity.activity.log", c, func(tx *storage.Tx) (*Activity, error) {
		a := &Activity{Kind: c.Kind, Subject: c.Subject, Title: c.Title, Text: c.Text, At: c.At, Owner: c.Owner, Fields: maps.Clone(c.Fields)}
		switch {
		case a.Kind == "":
			a.Kind = Note
		case a.Kind == Task:
			return nil, &storage.Invalid{Fields: []storage.Fault{{Path: "kind", Code: storage.CodeChoice, Text: "a task is planned"}}}
		}
		if a.At.IsZero() {
			a.At = tx.Now()
		}
		if a.At.After(tx.Now()) {
			return nil, &storage.Invalid{Fields: []storage.Fault{{Path: "at", Code: storage.CodeRange, Text: "in the future: plan a task"}}}
		}
		return create(ctx, tx, event.Change[Activity]{By: c.By, Verb: "activity.activity.log", Why: c.Why, After: a}, Logged)
	})
}

// Plan is the command to add a task.
type Plan struct {
	By      storage.Ref
	Key     storage.Key
	Why     string
	Subject storage.Ref
	Title   string
	Text    string
	// Owner is who shall do it; zero is the actor.
	Owner storage.Ref
	// Due is the last day; no date for a task without.
	Due    date.Date
	Fields storage.Fields
}

// Plan adds a task.
//
// Errors: *storage.Invalid, storage.ErrKeyReused.
func (s *Activities) Plan(ctx context.Context, c Plan) (*Activity, error) {
	return storage.Once(ctx, s.s, c.Key, "activity.activity.plan", c, func(tx *storage.Tx) (*Activity, error) {
		a := &Activity{Kind: Task, Subject: c.Subject, Title: c.Title, Text: c.Text, At: tx.Now(), Owner: c.Owner, Due: c.Due, Open: true,
			Fields: maps.Clone(c.Fields)}
		return create(ctx, tx, event.Change[Activity]{By: c.By, Verb: "activity.activity.plan", Why: c.Why, After: a}, Planned)
	})
}

func create(ctx context.Context, tx *storage.Tx, c event.Change[Activity], kind event.Type[Happened]) (*Activity, error) {
	a := c.After
	if a.Owner.IsZero() {
		a.Owner = c.By
	}
	if err := a.check(); err != nil {
		return nil, err
	}
	a.ID, a.Created = storage.NewID[Activity](tx), tx.Now()
	c.Events = []event.Draft{kind.Draft(happened(a))}
	if err := event.Apply(ctx, tx, activities, c); err != nil {
		return nil, err
	}
	return a, nil
}

// Complete is the command to report a task done.
type Complete struct {
	By      storage.Ref
	Key     storage.Key
	Why     string
	ID      storage.ID[Activity]
	Version int64
	// Outcome is what came of it.
	Outcome string
}

// Complete reports a task done. Its place on the timeline becomes this instant.
//
// Errors: *storage.Invalid, storage.ErrNotFound, storage.ErrStale, ErrDone, storage.ErrKeyReused.
func (s *Activities) Complete(ctx context.Context, c Complete) (*Activity, error) {
	return s.change(ctx, c.By, c.Key, "complete", c.Why, c, c.ID, c.Version, Completed, func(tx *storage.Tx, a *Activity) {
		a.Outcome, a.At = c.Outcome, tx.Now()
	})
}

// Reschedule is the command to give a task another day or another owner.
type Reschedule struct {
	By      storage.Ref
	Key     storage.Key
	Why     string
	ID      storage.ID[Activity]
	Version int64
	// Due is the new day; no date for a task without.
	Due date.Date
	// Owner is the new owner; zero keeps the old one.
	Owner storage.Ref
}

// Reschedule gives a task another day or another owner.
//
// Errors: *storage.Invalid, storage.ErrNotFound, storage.ErrStale, ErrDone, storage.ErrKeyReused.
func (s *Activities) Reschedule(ctx context.Context, c Reschedule) (*Activity, error) {
	return s.change(ctx, c.By, c.Key, "reschedule", c.Why, c, c.ID, c.Version, Rescheduled, func(_ *storage.Tx, a *Activity) {
		a.Due = c.Due
		if !c.Owner.IsZero() {
			a.Owner = c.Owner
		}
	})
}

// change locks an activity, asks the life of tasks, lets a verb work on a copy, and applies it.
func (s *Activities) change(ctx context.Context, by storage.Ref, key storage.Key, action workflow.Action, why string, command any,
	id storage.ID[Activity], version int64, kind event.Type[Happened], do func(*storage.Tx, *Activity)) (*Activity, error) {
	verb := "activity.activity." + string(action)
	return storage.Once(ctx, s.s, key, verb, command, func(tx *storage.Tx) (*Activity, error) {
		old, err := activities.Lock(ctx, tx, id)
		if err == nil {
			err = storage.CheckVersion(version, old.Version)
		}
		if err != nil {
			return nil, err
		}
		to, err := taskLife.Next(old.progress(), action, old)
		if err != nil {
			return nil, err
		}
		a := old.clone()
		a.Open = to == open
		do(tx, a)
		if err := a.check(); err != nil {
			return nil, err
		}
		c := event.Change[Activity]{By: by, Verb: verb, Why: why, Before: old, After: a, Events: []event.Draft{kind.Draft(happened(a))}}
		if err := event.Apply(ctx, tx, activities, c); err != nil {
			return nil, err
		}
		return a, nil
	})
}
