package sales

import (
	"context"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/workflow"
)

// Fulfil is the command that says an order is delivered.
type Fulfil struct {
	By      storage.Ref
	Key     storage.Key
	Order   storage.ID[Order]
	Version int64
	Date    date.Date // the tenant's today if zero
	Why     string
}

// Fulfil says that everything ordered is delivered.
//
// Errors: ErrNotConfirmed, storage.ErrNotFound, storage.ErrStale, storage.ErrForbidden; *storage.Invalid for a date before the
// confirmation.
func (s *Orders) Fulfil(ctx context.Context, c Fulfil) (*Order, error) {
	return s.move(ctx, step(c), "fulfil", OrderFulfilled, func(o *Order, on date.Date) error {
		o.FulfilledOn = on
		return notBefore(on, o.ConfirmedOn)
	})
}

// Close is the command that puts a delivered order aside.
type Close struct {
	By      storage.Ref
	Key     storage.Key
	Order   storage.ID[Order]
	Version int64
	Date    date.Date // the tenant's today if zero
	Why     string
}

// Close puts a delivered order aside: nothing is left to be done, the invoice is written.
//
// Errors: ErrNotFulfilled, storage.ErrNotFound, storage.ErrStale, storage.ErrForbidden; *storage.Invalid for a date before the
// delivery.
func (s *Orders) Close(ctx context.Context, c Close) (*Order, error) {
	return s.move(ctx, step(c), "close", OrderClosed, func(o *Order, on date.Date) error {
		o.ClosedOn = on
		return notBefore(on, o.FulfilledOn)
	})
}

// Cancel is the command that gives an order up.
type Cancel struct {
	By      storage.Ref
	Key     storage.Key
	Order   storage.ID[Order]
	Version int64
	Date    date.Date // the tenant's today if zero
	Why     string
}

// Cancel gives up an order that is not delivered yet; one that was confirmed keeps its number.
//
// Errors: ErrTooLate, storage.ErrNotFound, storage.ErrStale, storage.ErrForbidden; *storage.Invalid for a date before the
// confirmation.
func (s *Orders) Cancel(ctx context.Context, c Cancel) (*Order, error) {
	return s.move(ctx, step(c), "cancel", OrderCancelled, func(o *Order, on date.Date) error {
		o.ClosedOn = on
		return notBefore(on, o.ConfirmedOn)
	})
}

// step is what the commands that move an order have in common.
type step struct {
	By      storage.Ref
	Key     storage.Key
	Order   storage.ID[Order]
	Version int64
	Date    date.Date
	Why     string
}

// move asks the life, lets a rule note the date, and writes the order.
func (s *Orders) move(ctx context.Context, c step, action workflow.Action, told event.Type[Happened],
	rule func(*Order, date.Date) error) (*Order, error) {
	verb := "sales.order." + string(action)
	return storage.Once(ctx, s.s, c.Key, verb, c, func(tx *storage.Tx) (*Order, error) {
		o, err := lock(ctx, tx, c.Order, c.Version)
		if err != nil {
			return nil, err
		}
		on := c.Date
		if on.IsZero() {
			on = tx.Today()
		}
		old := *o
		if err := o.fire(action); err != nil {
			return nil, err
		}
		if err := rule(o, on); err != nil {
			return nil, err
		}
		if err := loadLines(ctx, tx, o); err != nil {
			return nil, err
		}
		return o, event.Apply(ctx, tx, orders, event.Change[Order]{By: c.By, Verb: verb, Why: c.Why, Before: &old, After: o,
			Events: []event.Draft{told.Draft(o.happened(on))}})
	})
}

func notBefore(on, earlier date.Date) error {
	var bad storage.Invalid
	bad.Check(!on.Before(earlier), "date", storage.CodeRange, "before "+earlier.String())
	return bad.Err()
}
