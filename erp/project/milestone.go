package project

import (
	"context"
	"iter"
	"time"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// A Milestone is a point in a project that is reached once.
type Milestone struct {
	ID      storage.ID[Milestone] `json:"id"`
	Version int64                 `json:"version"`
	Project storage.ID[Project]   `json:"project"`
	Name    string                `json:"name"`
	// Due is when it should be reached, Reached when it was.
	Due     date.Date `json:"due"`
	Reached date.Date `json:"reached"`
	// Amount is what is to be billed for it; Amount{} for none.
	Amount  money.Amount `json:"amount"`
	Created time.Time    `json:"created"`
}

// Arrival is the payload of MilestoneReached.
type Arrival struct {
	Project  storage.ID[Project] `json:"project"`
	Customer storage.Ref         `json:"customer"`
	Name     string              `json:"name"`
	Amount   money.Amount        `json:"amount"`
	On       date.Date           `json:"on"`
}

// MilestoneReached tells of a milestone, so that it can be billed.
var MilestoneReached = event.NewType[Arrival]("project.milestone.reached")

// ErrReached: the milestone was reached before.
var ErrReached = storage.NewError("project.reached", "the milestone is reached already")

// AddMilestone plans a milestone.
type AddMilestone struct {
	By      storage.Ref
	Key     storage.Key
	Why     string
	Project storage.ID[Project]
	Name    string
	Due     date.Date
	Amount  money.Amount
}

// AddMilestone plans a milestone of a project that is planned or active.
//
// Errors: *storage.Invalid, storage.ErrNotFound, ErrStatus.
func (p *Projects) AddMilestone(ctx context.Context, c AddMilestone) (*Milestone, error) {
	var bad storage.Invalid
	bad.Check(c.Name != "", "name", storage.CodeRequired, "")
	bad.Check(!c.Due.IsZero(), "due", storage.CodeRequired, "")
	bad.Check(c.Amount.Sign() >= 0, "amount", storage.CodeNegative, "")
	if err := bad.Err(); err != nil {
		return nil, err
	}
	return storage.Once(ctx, p.s, c.Key, "project.milestone.add", c, func(tx *storage.Tx) (*Milestone, error) {
		on, err := projects.Lock(ctx, tx, c.Project)
		if err != nil {
			return nil, err
		}
		if _, err := on.next("add_milestone"); err != nil {
			return nil, err
		}
		m := &Milestone{ID: storage.NewID[Milestone](tx), Project: c.Project, Name: c.Name, Due: c.Due, Amount: c.Amount,
			Created: tx.Now()}
		return m, event.Apply(ctx, tx, milestones, event.Change[Milestone]{By: c.By, Verb: "project.milestone.add", Why: c.Why,
			After: m})
	})
}

// Reach says that a milestone is reached.
type Reach struct {
	By        storage.Ref
	Key       storage.Key
	Version   int64
	Why       string
	Milestone storage.ID[Milestone]
	// On is when; no date is today.
	On date.Date
}

// Reach says that a milestone of an active project is reached, and tells so with the event project.milestone.reached.
//
// Errors: storage.ErrNotFound, storage.ErrStale, ErrReached, ErrStatus.
func (p *Projects) Reach(ctx context.Context, c Reach) (*Milestone, error) {
	return storage.Once(ctx, p.s, c.Key, "project.milestone.reach", c, func(tx *storage.Tx) (*Milestone, error) {
		old, err := milestones.Lock(ctx, tx, c.Milestone)
		if err != nil {
			return nil, err
		}
		if err := storage.CheckVersion(c.Version, old.Version); err != nil {
			return nil, err
		}
		if !old.Reached.IsZero() {
			return nil, ErrReached.With("on %s", old.Reached)
		}
		on, err := projects.Lock(ctx, tx, old.Project)
		if err != nil {
			return nil, err
		}
		if _, err := on.next("reach_milestone"); err != nil {
			return nil, err
		}
		m := *old
		if m.Reached = c.On; m.Reached.IsZero() {
			m.Reached = tx.Today()
		}
		told := MilestoneReached.Draft(Arrival{Project: on.ID, Customer: on.Customer, Name: m.Name, Amount: m.Amount, On: m.Reached})
		return &m, event.Apply(ctx, tx, milestones, event.Change[Milestone]{By: c.By, Verb: "project.milestone.reach", Why: c.Why,
			Before: old,
			After:  &m, Events: []event.Draft{told}})
	})
}

// Milestones yields the milestones of a project by due date.
func (p *Projects) Milestones(ctx context.Context, project storage.ID[Project], by storage.Ref) iter.Seq2[*Milestone, error] {
	return milestones.All(ctx, p.s, storage.Query{By: by, Where: []storage.Cond{storage.Eq("project", project)},
		Order: []string{"due"}})
}
