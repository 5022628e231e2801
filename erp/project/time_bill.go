package project

import (
	"context"
	"fmt"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// Unbilled says which hours are to be billed.
type Unbilled struct {
	// By is on whose behalf: hours that the actor may not see are left out.
	By      storage.Ref
	Project storage.ID[Project]
	// UpTo is the last day; no date is all days.
	UpTo date.Date
}

// ToBill makes a bill of a project's hours that are billable and not billed yet. It changes nothing: see MarkBilled.
//
// Errors: storage.ErrNotFound, ErrCurrency.
func (p *Projects) ToBill(ctx context.Context, u Unbilled) (bill Bill, err error) {
	err = p.s.View(ctx, func(tx *storage.Tx) error {
		if _, err := projects.Get(ctx, tx, u.Project, u.By); err != nil {
			return err
		}
		f := TimeFilter{By: u.By, Project: u.Project, During: date.Period{To: u.UpTo}, Billing: ToBeBilled}
		var list []Time
		for t, err := range times.All(ctx, tx, f.query()) {
			if err != nil {
				return err
			}
			list = append(list, *t)
		}
		bill, err = ToBill(list)
		return err
	})
	return bill, err
}

// MarkBilled puts hours on an invoice.
type MarkBilled struct {
	By  storage.Ref
	Key storage.Key
	Why string
	// Invoice is where they are billed.
	Invoice storage.Ref
	Times   []storage.ID[Time]
}

// MarkBilled puts hours on an invoice, all or none, and freezes them. Hours that are on this invoice already are passed by.
// It returns how many hours it has put there. Call it in the transaction that writes the invoice.
//
// Errors: *storage.Invalid, storage.ErrNotFound, ErrBilled for hours on another invoice, ErrNotBillable.
func (p *Projects) MarkBilled(ctx context.Context, c MarkBilled) (int, error) {
	var bad storage.Invalid
	bad.Check(!c.Invoice.IsZero(), "invoice", storage.CodeRequired, "")
	seen := map[storage.ID[Time]]bool{}
	for i, id := range c.Times {
		bad.Check(!seen[id], fmt.Sprintf("times.%d", i), storage.CodeDuplicate, "")
		seen[id] = true
	}
	if err := bad.Err(); err != nil {
		return 0, err
	}
	return storage.Once(ctx, p.s, c.Key, "project.time.bill", c, func(tx *storage.Tx) (int, error) {
		list := make([]*Time, len(c.Times))
		for i, id := range c.Times {
			list[i] = &Time{ID: id}
		}
		found, err := times.LoadLocked(ctx, tx, list...)
		if err != nil {
			return 0, err
		}
		n := 0
		for i, old := range list {
			switch {
			case !found[i]:
				return 0, storage.ErrNotFound.With("%s", TimeRef(old.ID))
			case old.Billed && old.Invoice == c.Invoice:
				continue
			case old.Billed:
				return 0, ErrBilled.With("on %s", old.Invoice)
			case !old.Billable:
				return 0, ErrNotBillable.With("%s on %s", old.Person, old.Date)
			}
			t := *old
			t.Billed, t.Invoice = true, c.Invoice
			if err := event.Apply(ctx, tx, times, event.Change[Time]{By: c.By, Verb: "project.time.bill", Why: c.Why, Before: old,
				After: &t}); err != nil {
				return 0, err
			}
			n++
		}
		return n, nil
	})
}

// Unbill frees the hours of an invoice that is given up.
type Unbill struct {
	By      storage.Ref
	Key     storage.Key
	Why     string
	Invoice storage.Ref
}

// Unbill frees the hours of an invoice that is given up, so that they can be changed and billed again. It returns how many
// there were.
//
// Errors: *storage.Invalid.
func (p *Projects) Unbill(ctx context.Context, c Unbill) (int, error) {
	if c.Invoice.IsZero() {
		return 0, &storage.Invalid{Fields: []storage.Fault{{Path: "invoice", Code: storage.CodeRequired}}}
	}
	return storage.Once(ctx, p.s, c.Key, "project.time.unbill", c, func(tx *storage.Tx) (int, error) {
		var list []*Time
		for t, err := range times.All(ctx, tx, storage.Query{Where: []storage.Cond{storage.Eq("invoice", c.Invoice)}}) {
			if err != nil {
				return 0, err
			}
			list = append(list, t)
		}
		if _, err := times.LoadLocked(ctx, tx, list...); err != nil {
			return 0, err
		}
		n := 0
		for _, old := range list {
			if old.Invoice != c.Invoice {
				continue
			}
			t := *old
			t.Billed, t.Invoice = false, storage.Ref{}
			if err := event.Apply(ctx, tx, times, event.Change[Time]{By: c.By, Verb: "project.time.unbill", Why: c.Why, Before: old,
				After: &t}); err != nil {
				return 0, err
			}
			n++
		}
		return n, nil
	})
}
