package project

import (
	"context"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// Refusals about hours that are billed, or are not to be.
var (
	// ErrBilled: the hours are on an invoice.
	ErrBilled = storage.NewError("project.billed", "the hours are billed already")
	// ErrNotBillable: the hours are not to be billed.
	ErrNotBillable = storage.NewError("project.not_billable", "the hours are not billable")
)

// ChangeTime replaces what was entered.
type ChangeTime struct {
	By      storage.Ref
	Key     storage.Key
	Version int64
	Why     string
	Time    storage.ID[Time]
	// Hours is what should have been entered; its Project is not looked at, hours stay where they are.
	Hours Hours
}

// ChangeTime replaces what was entered, until it is billed. The rate that was pinned stays, unless the person or the date is
// another.
//
// Errors: *storage.Invalid, storage.ErrNotFound, storage.ErrStale, ErrBilled, ErrStatus, and those of the ports.
func (p *Projects) ChangeTime(ctx context.Context, c ChangeTime) (*Time, error) {
	var bad storage.Invalid
	check := c.Hours
	check.Project = storage.ID[Project]{1}
	if check.check(&bad, "hours."); bad.Err() != nil {
		return nil, bad.Err()
	}
	return storage.Once(ctx, p.s, c.Key, "project.time.change", c, func(tx *storage.Tx) (*Time, error) {
		on, old, err := lockTime(ctx, tx, c.Time, c.Version)
		if err != nil {
			return nil, err
		}
		t, h := *old, c.Hours
		h.Project = old.Project
		if err := p.fill(&t, h, on, p.rates(ctx, tx)); err != nil {
			return nil, err
		}
		if t.Cost != old.Cost || t.Person != old.Person || t.Date != old.Date {
			if err := p.repost(ctx, tx, c.By, on, old, &t); err != nil {
				return nil, err
			}
		}
		return &t, event.Apply(ctx, tx, times, event.Change[Time]{By: c.By, Verb: "project.time.change", Why: c.Why, Before: old,
			After: &t})
	})
}

// repost enters the difference; where the date changes, each on its own date.
func (p *Projects) repost(ctx context.Context, tx *storage.Tx, by storage.Ref, on *Project, old, t *Time) error {
	if old.Date == t.Date {
		return p.post(ctx, tx, by, on, old, t)
	}
	if err := p.post(ctx, tx, by, on, old, nil); err != nil {
		return err
	}
	return p.post(ctx, tx, by, on, nil, t)
}

// RemoveTime takes back hours that should not have been entered.
type RemoveTime struct {
	By      storage.Ref
	Version int64
	Why     string
	Time    storage.ID[Time]
}

// RemoveTime takes back hours that should not have been entered, until they are billed. The audit trail keeps them.
//
// Errors: storage.ErrNotFound, storage.ErrStale, ErrBilled, ErrStatus, and those of the Journal.
func (p *Projects) RemoveTime(ctx context.Context, c RemoveTime) error {
	return p.s.Update(ctx, func(tx *storage.Tx) error {
		on, old, err := lockTime(ctx, tx, c.Time, c.Version)
		if err != nil {
			return err
		}
		if err := p.post(ctx, tx, c.By, on, old, nil); err != nil {
			return err
		}
		return event.Apply(ctx, tx, times, event.Change[Time]{By: c.By, Verb: "project.time.remove", Why: c.Why, Before: old})
	})
}

// lockTime locks hours that are about to change, and their project before them.
func lockTime(ctx context.Context, tx *storage.Tx, id storage.ID[Time], version int64) (*Project, *Time, error) {
	t, err := times.Get(ctx, tx, id)
	if err != nil {
		return nil, nil, err
	}
	byID, err := lockActive(ctx, tx, t.Project)
	if err != nil {
		return nil, nil, err
	}
	if t, err = times.Lock(ctx, tx, id); err != nil {
		return nil, nil, err
	}
	if err := storage.CheckVersion(version, t.Version); err != nil {
		return nil, nil, err
	}
	if t.Billed {
		return nil, nil, ErrBilled.With("on %s", t.Invoice)
	}
	return byID[t.Project], t, nil
}
