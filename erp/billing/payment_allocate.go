package billing

import (
	"context"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// AllocatedPayload tells followers what a customer's credit settled.
type AllocatedPayload struct {
	Customer storage.Ref `json:"customer"`
	// Amount is what was used.
	Amount  money.Amount          `json:"amount"`
	Date    date.Date             `json:"date"`
	Settled []storage.ID[Invoice] `json:"settled"`
}

// CreditAllocated is the event of each allocation of an earlier payment or of a credit note; Settled lists the invoices that are paid
// to the end.
var CreditAllocated = event.NewType[AllocatedPayload]("billing.credit.allocated")

// Allocate is the command that settles invoices with what is left of an earlier payment, or of a credit note.
type Allocate struct {
	By  storage.Ref
	Key storage.Key
	// Payment or Credit is what settles: one of the two.
	Payment storage.ID[Payment]
	Credit  storage.ID[Invoice]
	Version int64
	Date    date.Date // the tenant's today if zero
	// For says which invoices it settles; empty settles the customer's open ones, the first due first.
	For []Settle
	// Why is the reason for what is written off.
	Why string
}

// Allocate settles invoices with what is left of a payment or a credit note, and answers how much of it was used.
//
// Errors: *storage.Invalid, ErrAllocated if nothing is left, ErrNotCredit, ErrOverpaid, ErrCurrency, ErrCustomer, ErrNotIssued,
// ErrDiscount, storage.ErrNotFound, storage.ErrStale, and those of the journal.
func (b *Invoices) Allocate(ctx context.Context, c Allocate) (used money.Amount, err error) {
	var bad storage.Invalid
	checkFor(&bad, c.For)
	if err := bad.Err(); err != nil {
		return used, err
	}
	return storage.Once(ctx, b.s, c.Key, "billing.credit.allocate", c, func(tx *storage.Tx) (used money.Amount, err error) {
		g, err := lockGiver(ctx, tx, c.Payment, c.Credit, c.Version)
		if err != nil {
			return used, err
		}
		had := g.free()
		if had.Sign() <= 0 {
			return used, ErrAllocated.With("%s", g.ref())
		}
		on := c.Date
		if on.IsZero() {
			on = tx.Today()
		}
		named, list, err := g.toSettle(ctx, tx, c.For)
		if err != nil {
			return used, err
		}
		s := &settling{by: c.By, why: c.Why, source: g.ref(), date: on, from: g.item()}
		_, paid, err := b.settleAll(ctx, tx, g, s, named, list)
		if err == nil {
			used, err = had.Sub(g.free())
		}
		if err != nil || len(s.made) == 0 {
			return used, err
		}
		return used, g.write(ctx, tx, c.By, "allocate", c.Why, CreditAllocated.Draft(AllocatedPayload{Customer: g.customer(), Amount: used,
			Date: on, Settled: paid}))
	})
}
