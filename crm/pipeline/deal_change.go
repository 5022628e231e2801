package pipeline

import (
	"context"
	"slices"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// Change is the command to change what is known of a deal: the deal as it was read, with what shall be different.
type Change struct {
	By  storage.Ref
	Key storage.Key
	Why string
	// Deal takes the place of the stored one in Name, Customer, Lines, Estimate, Expected, Source, Origin, Team, Region and
	// Fields; the rest has verbs of its own. Its Version must be the stored one, or 0 for whatever is stored. Lines and Estimate
	// of a closed deal stay. Estimate{} is what the lines add up to.
	Deal Deal
	// At is the business date; no date is today.
	At date.Date
}

// Change changes what is known of a deal.
//
// Errors: *storage.Invalid, storage.ErrNotFound, storage.ErrStale, ErrWon and ErrLost for the lines or the estimate of a closed
// deal, storage.ErrKeyReused.
func (s *Deals) Change(ctx context.Context, c Change) (*Deal, error) {
	h := change{c.By, c.Key, "pipeline.deal.change", c.Why, c.Deal.ID, c.Deal.Version, c.At}
	return s.change(ctx, h, c, func(_ *storage.Tx, old *Deal, _ date.Date) (*Deal, []event.Draft, error) {
		if _, err := old.next("change"); err != nil {
			return nil, nil, err
		}
		d, in := old.clone(), c.Deal.clone()
		d.Name, d.Customer, d.Expected, d.Source, d.Origin = in.Name, in.Customer, in.Expected, in.Source, in.Origin
		d.Team, d.Region, d.Fields = in.Team, in.Region, in.Fields
		d.Lines, d.Estimate = in.Lines, in.Estimate
		if err := d.complete(old.Amount.Currency()); err != nil {
			return nil, nil, err
		}
		if old.Status != StatusOpen && (d.Estimate != old.Estimate || !slices.EqualFunc(d.Lines, old.Lines, sameLine)) {
			return nil, nil, notNow(old.Status, "change")
		}
		if old.Status == StatusOpen {
			for i := range d.Lines {
				d.Lines[i].Value = money.Zero(d.Amount.Currency())
			}
			d.Value = money.Zero(d.Amount.Currency())
		}
		return d, nil, nil
	})
}

// Reassign is the command to give a deal to another owner.
type Reassign struct {
	By      storage.Ref
	Key     storage.Key
	Why     string
	ID      storage.ID[Deal]
	Version int64
	Owner   storage.Ref
	// Team and Region are the new owner's; "" keeps them.
	Team, Region string
}

// Reassign gives a deal to another owner.
//
// Errors: *storage.Invalid, storage.ErrNotFound, storage.ErrStale, storage.ErrKeyReused.
func (s *Deals) Reassign(ctx context.Context, c Reassign) (*Deal, error) {
	h := change{c.By, c.Key, "pipeline.deal.reassign", c.Why, c.ID, c.Version, date.Date{}}
	return s.change(ctx, h, c, func(_ *storage.Tx, old *Deal, at date.Date) (*Deal, []event.Draft, error) {
		if _, err := old.next("reassign"); err != nil {
			return nil, nil, err
		}
		d := old.clone()
		d.Owner = c.Owner
		if c.Team != "" {
			d.Team = c.Team
		}
		if c.Region != "" {
			d.Region = c.Region
		}
		return d, []event.Draft{Reassigned.Draft(happened(old, d, at))}, nil
	})
}

// Quote is the command to say what live quotes for a deal ask for. Whoever keeps quotes calls it whenever that changes.
type Quote struct {
	By      storage.Ref
	Key     storage.Key
	Why     string
	ID      storage.ID[Deal]
	Version int64
	// Amount is the sum of the live quotes; Amount{} if there are none any more, and the estimate counts again.
	Amount money.Amount
	// At is the business date; no date is today.
	At date.Date
}

// Quote makes the quoted amount, or again the estimate, the one that forecasts weigh.
//
// Errors: *storage.Invalid, storage.ErrNotFound, storage.ErrStale, ErrWon, ErrLost, storage.ErrKeyReused.
func (s *Deals) Quote(ctx context.Context, c Quote) (*Deal, error) {
	h := change{c.By, c.Key, "pipeline.deal.quote", c.Why, c.ID, c.Version, c.At}
	return s.change(ctx, h, c, func(_ *storage.Tx, old *Deal, at date.Date) (*Deal, []event.Draft, error) {
		if _, err := old.next("quote"); err != nil {
			return nil, nil, err
		}
		d := old.clone()
		d.Quoted = c.Amount
		var bad storage.Invalid
		amount(&bad, "amount", c.Amount, d.Estimate.Currency())
		bad.Check(!at.Before(old.Moved), "at", storage.CodeRange, "before the deal last changed its stage")
		d.weigh()
		return d, nil, bad.Err()
	})
}
