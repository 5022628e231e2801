package billing

import (
	"context"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// Release is the command that undoes what a payment settled: the money stays received, as the customer's credit.
type Release struct {
	By      storage.Ref
	Key     storage.Key
	Payment storage.ID[Payment]
	Version int64
	Date    date.Date // of the entry that takes write-offs back; the tenant's today if zero
	Why     string
}

// Release undoes what a payment settled; write-offs are taken back in the books.
//
// Errors: storage.ErrNotFound, storage.ErrStale, ErrIsCredited if one of the invoices is credited meanwhile.
func (b *Invoices) Release(ctx context.Context, c Release) (*Payment, error) {
	return storage.Once(ctx, b.s, c.Key, "billing.payment.release", c, func(tx *storage.Tx) (*Payment, error) {
		p, err := payments.Lock(ctx, tx, c.Payment)
		if err == nil {
			err = storage.CheckVersion(c.Version, p.Version)
		}
		if err != nil {
			return nil, err
		}
		old := *p
		given := money.Zero(p.Amount.Currency())
		for a, err := range allocations.All(ctx, tx, storage.Query{Where: []storage.Cond{storage.Eq("payment", p.ID)}}) {
			if err == nil {
				err = b.unsettle(ctx, tx, c.By, p, a)
			}
			if err == nil {
				given, err = given.Add(a.WriteOff)
			}
			if err != nil {
				return nil, err
			}
		}
		if !given.IsZero() {
			back := *p
			if back.Date = c.Date; c.Date.IsZero() {
				back.Date = tx.Today()
			}
			if _, err := b.p.Journal.Post(ctx, tx, b.writeOffEntry(c.By, &back, given.Neg())); err != nil {
				return nil, err
			}
		}
		p.Unused = !p.Free.IsZero()
		return p, event.Apply(ctx, tx, payments, event.Change[Payment]{By: c.By, Verb: "billing.payment.release", Why: c.Why, Before: &old, After: p})
	})
}

func (b *Invoices) unsettle(ctx context.Context, tx *storage.Tx, by storage.Ref, p *Payment, a *Allocation) error {
	i, err := invoices.Lock(ctx, tx, a.Invoice)
	if err != nil {
		return err
	}
	old := *i
	settled, err := a.Amount.Add(a.WriteOff)
	if err == nil {
		err = i.reopen(settled)
	}
	if err == nil {
		p.Free, err = p.Free.Add(a.Amount)
	}
	if err == nil {
		err = allocations.Delete(ctx, tx, a)
	}
	if err != nil {
		return err
	}
	return event.Apply(ctx, tx, invoices, event.Change[Invoice]{By: by, Verb: "billing.invoice.reopen", Before: &old, After: i})
}
