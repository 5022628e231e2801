package sales

import (
	"context"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// Confirm is the command that makes a draft binding.
type Confirm struct {
	By      storage.Ref
	Key     storage.Key
	Order   storage.ID[Order]
	Version int64
	Date    date.Date // the day of the confirmation; the tenant's today if zero
	Why     string
}

// Confirm makes a draft binding and gives it its number. A refusal is kept under the command's key: to try again once the
// approval is there, use another.
//
// Errors: ErrNeedsApproval, ErrNotDraft, storage.ErrNotFound, storage.ErrStale, storage.ErrForbidden, and those of the port.
func (s *Orders) Confirm(ctx context.Context, c Confirm) (*Order, error) {
	return storage.Once(ctx, s.s, c.Key, "sales.order.confirm", c, func(tx *storage.Tx) (*Order, error) {
		o, err := lock(ctx, tx, c.Order, c.Version)
		if err == nil {
			err = loadLines(ctx, tx, o)
		}
		if err != nil {
			return nil, err
		}
		if c.Date.IsZero() {
			c.Date = tx.Today()
		}
		old := *o
		return o, s.confirm(ctx, tx, o, c.Date, event.Change[Order]{By: c.By, Verb: "sales.order.confirm", Why: c.Why, Before: &old, After: o})
	})
}

// Place writes and confirms an order in one go, on its date. If the discount needs approval and has none, nothing is written.
//
// Errors: *storage.Invalid, ErrNeedsApproval, storage.ErrForbidden, and those of the port.
func (s *Orders) Place(ctx context.Context, c Draft) (*Order, error) {
	return storage.Once(ctx, s.s, c.Key, "sales.order.place", c, func(tx *storage.Tx) (*Order, error) {
		o, err := compose(tx, c)
		if err != nil {
			return nil, err
		}
		if err := s.confirm(ctx, tx, o, o.Date, event.Change[Order]{By: c.By, Verb: "sales.order.confirm", After: o}); err != nil {
			return nil, err
		}
		return o, insertLines(ctx, tx, o)
	})
}

// confirm asks the life, looks for the approval, takes the number last and writes the order.
func (s *Orders) confirm(ctx context.Context, tx *storage.Tx, o *Order, on date.Date, c event.Change[Order]) (err error) {
	if err = o.fire("confirm"); err != nil {
		return err
	}
	if o.Approval, err = s.approval(ctx, tx, o); err != nil {
		return err
	}
	if o.Number, err = s.p.Order.Next(ctx, tx, on); err != nil {
		return err
	}
	o.ConfirmedOn = on
	c.Events = []event.Draft{OrderConfirmed.Draft(o.happened(on))}
	return event.Apply(ctx, tx, orders, c)
}

// approval finds what allows the order's discount: the zero Ref if that needs no permission.
func (s *Orders) approval(ctx context.Context, tx *storage.Tx, o *Order) (storage.Ref, error) {
	if s.p.Approvals == nil || !o.Exceeds(s.p.Limit) {
		return storage.Ref{}, nil
	}
	digest := o.Digest()
	for _, subject := range []storage.Ref{Ref(o.ID), o.Origin} {
		if subject.IsZero() {
			continue
		}
		found, err := s.p.Approvals.Approval(ctx, tx, s.p.Policy, subject, digest)
		if err != nil || !found.IsZero() {
			return found, err
		}
	}
	return storage.Ref{}, ErrNeedsApproval.With("%s %% below list, %s %% are free", o.Discount, s.p.Limit)
}
