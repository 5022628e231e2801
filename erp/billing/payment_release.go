package billing

import (
	"context"
	"slices"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// Release is the command that undoes what a payment settled: the money stays received, as the customer's credit.
type Release struct {
	By      storage.Ref
	Key     storage.Key
	Payment storage.ID[Payment]
	Version int64
	Date    date.Date // from which the invoices are open again, and of what takes write-offs back; the tenant's today if zero
	Why     string
}

// Release undoes what a payment settled, as of a day; write-offs, discounts and exchange differences are taken back in the books. What
// was paid back stays so.
//
// Errors: storage.ErrNotFound, storage.ErrStale, *storage.Invalid for a day before what is undone, ErrIsCredited if one of the
// invoices is credited meanwhile; those of the journal.
func (b *Invoices) Release(ctx context.Context, c Release) (*Payment, error) {
	return storage.Once(ctx, b.s, c.Key, "billing.payment.release", c, func(tx *storage.Tx) (*Payment, error) {
		g, err := lockGiver(ctx, tx, c.Payment, storage.ID[Invoice]{}, c.Version)
		if err != nil {
			return nil, err
		}
		return g.payment, b.release(ctx, tx, g, Unmatch{By: c.By, Why: c.Why, Source: g.ref(), Date: c.Date})
	})
}

// ReleaseCredit is the command that undoes what a credit note settled beyond the invoice that it takes back.
type ReleaseCredit struct {
	By      storage.Ref
	Key     storage.Key
	Credit  storage.ID[Invoice]
	Version int64
	Date    date.Date // as for Release
	Why     string
}

// ReleaseCredit undoes what a credit note settled beyond the invoice that it takes back: it is the customer's credit again.
//
// Errors: ErrNotCredit, and those of Release.
func (b *Invoices) ReleaseCredit(ctx context.Context, c ReleaseCredit) (*Invoice, error) {
	return storage.Once(ctx, b.s, c.Key, "billing.invoice.release", c, func(tx *storage.Tx) (*Invoice, error) {
		g, err := lockGiver(ctx, tx, storage.ID[Payment]{}, c.Credit, c.Version)
		if err != nil {
			return nil, err
		}
		return g.note, b.release(ctx, tx, g, Unmatch{By: c.By, Why: c.Why, Source: g.ref(), Date: c.Date})
	})
}

func (b *Invoices) release(ctx context.Context, tx *storage.Tx, g *giver, u Unmatch) error {
	made, err := g.allocations(ctx, tx)
	if err != nil {
		return err
	}
	asked := u.Date
	if asked.IsZero() {
		u.Date = tx.Today()
	}
	var each []*Invoice
	list := make([]*Invoice, len(made)) // several allocations may be of one invoice
	for n, a := range made {
		if at := slices.IndexFunc(each, func(i *Invoice) bool { return i.ID == a.Invoice }); at >= 0 {
			list[n] = each[at]
		} else {
			list[n] = &Invoice{ID: a.Invoice}
			each = append(each, list[n])
		}
		if u.Date = date.Later(u.Date, a.Date); !asked.IsZero() && u.Date != asked {
			return &storage.Invalid{Fields: []storage.Fault{{Path: "date", Code: storage.CodeRange, Text: "settled on " + a.Date.String()}}}
		}
	}
	if _, err := invoices.LoadLocked(ctx, tx, each...); err != nil {
		return err
	}
	before := make([]Invoice, len(each))
	for n, i := range each {
		before[n] = *i
	}
	for n, a := range made {
		a.Until = u.Date
		settled, err := a.settled()
		if err == nil {
			err = list[n].reopen(settled)
		}
		if err == nil {
			err = g.use(a.Amount.Neg())
		}
		if err != nil {
			return err
		}
	}
	if err := b.unsettleInBooks(ctx, tx, u, made, list); err != nil {
		return err
	}
	for n, i := range each {
		if err := event.Apply(ctx, tx, invoices, event.Change[Invoice]{By: u.By, Verb: "billing.invoice.reopen", Why: u.Why, Before: &before[n], After: i}); err != nil {
			return err
		}
	}
	if err := allocations.Update(ctx, tx, made...); err != nil {
		return err
	}
	return g.write(ctx, tx, u.By, "release", u.Why)
}

// unsettleInBooks undoes matches, and takes back what was granted and given up where the books keep no items.
func (b *Invoices) unsettleInBooks(ctx context.Context, tx *storage.Tx, u Unmatch, made []*Allocation, list []*Invoice) error {
	var undone []storage.Ref
	for n, a := range made {
		switch {
		case b.p.Matcher != nil && !a.Match.IsZero():
			if slices.Contains(undone, a.Match) {
				continue
			}
			undone, u.Match = append(undone, a.Match), a.Match
			if err := b.p.Matcher.Unmatch(ctx, tx, u); err != nil {
				return err
			}
		case a.gives():
			e, err := b.reliefEntry(u.By, u.Source, u.Date, list[n], a, true)
			if err == nil {
				_, err = b.p.Journal.Post(ctx, tx, e)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}
