package project

import (
	"context"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/workflow"
)

// ErrStatus: the project's status does not permit it.
var ErrStatus = storage.NewError("project.status", "not possible in the project's status")

// Fact is the payload of the events about a project.
type Fact struct {
	Name     string      `json:"name"`
	Customer storage.Ref `json:"customer"`
	Origin   storage.Ref `json:"origin"`
	Status   Status      `json:"status"`
	On       date.Date   `json:"on"`
}

// The events about a project.
var (
	Opened    = event.NewType[Fact]("project.project.opened")
	Started   = event.NewType[Fact]("project.project.started")
	Completed = event.NewType[Fact]("project.project.completed")
	Reopened  = event.NewType[Fact]("project.project.reopened")
	Shut      = event.NewType[Fact]("project.project.closed")
)

// A Step leads from one status to another.
type Step string

// The steps.
const (
	StepStart    Step = "start"
	StepComplete Step = "complete"
	StepReopen   Step = "reopen"
	StepClose    Step = "close"
)

// Advance takes a project through a step on a date, and returns it as it is then, with the events that tell of it.
//
// Errors: ErrStatus.
func Advance(p Project, s Step, on date.Date) (Project, []event.Draft, error) {
	told, step := map[Step]event.Type[Fact]{StepStart: Started, StepComplete: Completed, StepReopen: Reopened, StepClose: Shut}[s]
	if !step {
		return p, nil, notNow(p.Status, workflow.Action(s))
	}
	to, err := p.next(workflow.Action(s))
	if err != nil {
		return p, nil, err
	}
	switch p.Status = to; s {
	case StepStart:
		p.Started = on
	case StepComplete:
		p.Completed = on
	case StepReopen:
		p.Completed = date.Date{}
	}
	return p, []event.Draft{told.Draft(p.fact(on))}, nil
}

func (p Project) fact(on date.Date) Fact {
	return Fact{Name: p.Name, Customer: p.Customer, Origin: p.Origin, Status: p.Status, On: on}
}

// Open plans a project.
type Open struct {
	By  storage.Ref
	Key storage.Key
	Why string
	Terms
	// Origin is what caused it.
	Origin storage.Ref
}

// Open plans a project.
//
// Errors: *storage.Invalid.
func (p *Projects) Open(ctx context.Context, c Open) (*Project, error) {
	var bad storage.Invalid
	if c.Terms.check(&bad); bad.Err() != nil {
		return nil, bad.Err()
	}
	return storage.Once(ctx, p.s, c.Key, "project.project.open", c, func(tx *storage.Tx) (*Project, error) {
		one := &Project{ID: storage.NewID[Project](tx), Terms: c.Terms, Origin: c.Origin, Status: Planned, Created: tx.Now()}
		if one.Deal == "" && p.ports.Chain != nil && !one.Origin.IsZero() {
			var err error
			if one.Deal, err = p.ports.Chain.Deal(ctx, tx, one.Origin); err != nil {
				return nil, err
			}
		}
		return one, event.Apply(ctx, tx, projects, event.Change[Project]{By: c.By, Verb: "project.project.open", Why: c.Why, After: one,
			Events: []event.Draft{Opened.Draft(one.fact(tx.Today()))}})
	})
}

// Change replaces what was agreed.
type Change struct {
	By      storage.Ref
	Key     storage.Key
	Version int64
	Why     string
	Project storage.ID[Project]
	Terms
}

// Change replaces what was agreed: read the project, alter its terms, give them back whole. Hours that were entered before
// keep their price.
//
// Errors: *storage.Invalid, storage.ErrNotFound, storage.ErrStale, ErrStatus.
func (p *Projects) Change(ctx context.Context, c Change) (*Project, error) {
	var bad storage.Invalid
	if c.Terms.check(&bad); bad.Err() != nil {
		return nil, bad.Err()
	}
	return storage.Once(ctx, p.s, c.Key, "project.project.change", c, func(tx *storage.Tx) (*Project, error) {
		old, err := lock(ctx, tx, c.Project, c.Version)
		if err != nil {
			return nil, err
		}
		if _, err := old.next("change"); err != nil {
			return nil, err
		}
		one := *old
		one.Terms = c.Terms
		return &one, event.Apply(ctx, tx, projects, event.Change[Project]{By: c.By, Verb: "project.project.change", Why: c.Why,
			Before: old, After: &one})
	})
}

// Move takes a project to its next status.
type Move struct {
	By      storage.Ref
	Key     storage.Key
	Version int64
	Why     string
	Project storage.ID[Project]
	// On is when it happened; no date is today.
	On date.Date
}

// Start begins the work: from then on hours can be logged.
//
// Errors: storage.ErrNotFound, storage.ErrStale, ErrStatus.
func (p *Projects) Start(ctx context.Context, m Move) (*Project, error) {
	return p.advance(ctx, StepStart, m)
}

// Complete delivers the project, and tells so with the event project.project.completed.
//
// Errors: storage.ErrNotFound, storage.ErrStale, ErrStatus.
func (p *Projects) Complete(ctx context.Context, m Move) (*Project, error) {
	return p.advance(ctx, StepComplete, m)
}

// Reopen takes a project back to work that was thought to be delivered.
//
// Errors: storage.ErrNotFound, storage.ErrStale, ErrStatus.
func (p *Projects) Reopen(ctx context.Context, m Move) (*Project, error) {
	return p.advance(ctx, StepReopen, m)
}

// Close ends a project that is delivered, or one that never began.
//
// Errors: storage.ErrNotFound, storage.ErrStale, ErrStatus.
func (p *Projects) Close(ctx context.Context, m Move) (*Project, error) {
	return p.advance(ctx, StepClose, m)
}

func (p *Projects) advance(ctx context.Context, s Step, m Move) (*Project, error) {
	verb := "project.project." + string(s)
	return storage.Once(ctx, p.s, m.Key, verb, m, func(tx *storage.Tx) (*Project, error) {
		old, err := lock(ctx, tx, m.Project, m.Version)
		if err != nil {
			return nil, err
		}
		on := m.On
		if on.IsZero() {
			on = tx.Today()
		}
		one, events, err := Advance(*old, s, on)
		if err != nil {
			return nil, err
		}
		return &one, event.Apply(ctx, tx, projects, event.Change[Project]{By: m.By, Verb: verb, Why: m.Why, Before: old,
			After: &one, Events: events})
	})
}

func lock(ctx context.Context, tx *storage.Tx, id storage.ID[Project], version int64) (*Project, error) {
	one, err := projects.Lock(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	return one, storage.CheckVersion(version, one.Version)
}
