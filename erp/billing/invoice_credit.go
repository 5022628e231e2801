package billing

import (
	"context"

	"github.com/tutas/tutas/erp"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// CreditInvoice is the command that takes an invoice back.
type CreditInvoice struct {
	By      storage.Ref
	Key     storage.Key
	Invoice storage.ID[Invoice]
	Version int64
	Date    date.Date // the tenant's today if zero
	Why     string
}

// Credit takes a whole invoice back with a credit note. What was still open is settled by it, and discounts and write-offs are taken
// back with it; what was paid stays open on the credit note, to the customer's favour.
//
// Errors: ErrNotIssued, ErrIsCredited, storage.ErrNotFound, storage.ErrStale, and those of the journal.
func (b *Invoices) Credit(ctx context.Context, c CreditInvoice) (*Invoice, error) {
	return storage.Once(ctx, b.s, c.Key, "billing.invoice.credit", c, func(tx *storage.Tx) (*Invoice, error) {
		i, err := invoices.Lock(ctx, tx, c.Invoice)
		if err == nil {
			err = storage.CheckVersion(c.Version, i.Version)
		}
		if err != nil {
			return nil, err
		}
		to, err := i.next("credit")
		if err != nil {
			return nil, err
		}
		if err := loadLines(ctx, tx, i); err != nil {
			return nil, err
		}
		if c.Date.IsZero() {
			c.Date = tx.Today()
		}
		note, err := i.reverse(tx, c.Date)
		if err != nil {
			return nil, err
		}
		given, err := b.given(ctx, tx, i)
		if err != nil {
			return nil, err
		}
		if note.Open, err = note.Gross.Add(i.Open); err != nil { // what was open on the invoice is settled by the note
			return nil, err
		}
		for _, a := range given {
			if note.Open, err = note.Open.Add(a.relief); err != nil {
				return nil, err
			}
		}
		settled := i.Open
		old := *i
		i.State, i.Open = to, i.Open.Mul(zero)
		var by *settling
		if !settled.IsZero() {
			a := &Allocation{ID: storage.NewID[Allocation](tx), Credit: note.ID, Invoice: i.ID, Amount: settled, WriteOff: i.Open, Discount: i.Open}
			by = &settling{by: c.By, why: c.Why, source: Ref(note.ID), date: c.Date, from: MatchItem{Leg: invoiceLeg}, list: []*Invoice{i},
				made: []*Allocation{a}}
		}
		if err := b.issue(ctx, tx, note, event.Change[Invoice]{By: c.By, Verb: "billing.invoice.issue", Why: c.Why, After: note}, by); err != nil {
			return nil, err
		}
		if err := event.Apply(ctx, tx, invoices, event.Change[Invoice]{By: c.By, Verb: "billing.invoice.credit", Why: c.Why, Before: &old, After: i}); err != nil {
			return nil, err
		}
		if by != nil {
			if err := allocations.Insert(ctx, tx, by.made...); err != nil {
				return nil, err
			}
		}
		if err := b.takeBack(ctx, tx, c, note, given); err != nil {
			return nil, err
		}
		return note, insertLines(ctx, tx, note)
	})
}

// A given allocation granted or gave up something of an invoice.
type given struct {
	*Allocation
	invoice *Invoice
	relief  money.Amount
}

// given lists what was granted and given up of an invoice.
func (b *Invoices) given(ctx context.Context, tx *storage.Tx, i *Invoice) (list []given, err error) {
	if i.Open == i.Gross {
		return nil, nil
	}
	for a, err := range b.In(tx).Settlements(ctx, i.ID) {
		if err != nil {
			return nil, err
		}
		settled, err := a.settled()
		if err != nil {
			return nil, err
		}
		relief, err := settled.Sub(a.Amount)
		if err != nil {
			return nil, err
		}
		if relief.Sign() > 0 {
			list = append(list, given{a, i, relief})
		}
	}
	return list, nil
}

// takeBack takes discounts and write-offs back, at the expense of the credit note.
func (b *Invoices) takeBack(ctx context.Context, tx *storage.Tx, c CreditInvoice, note *Invoice, list []given) error {
	for _, a := range list {
		e, err := b.reliefEntry(c.By, Ref(note.ID), c.Date, a.invoice, a.Allocation, true)
		if err != nil {
			return err
		}
		done, err := b.match(ctx, tx, Match{By: c.By, Why: c.Why, Source: Ref(note.ID), Account: b.p.Accounts.Receivable, Entry: e,
			Items: []MatchItem{{Entry: note.Entry, Leg: invoiceLeg, Amount: a.relief}, {Leg: len(e.Legs), Amount: a.relief}}})
		if err != nil {
			return err
		}
		back := &Allocation{ID: storage.NewID[Allocation](tx), Credit: note.ID, Amount: a.relief, WriteOff: a.relief.Mul(zero), Discount: a.relief.Mul(zero),
			Date: c.Date, Refund: done.Entry, Match: done.Match}
		if err := allocations.Insert(ctx, tx, back); err != nil {
			return err
		}
	}
	return nil
}

// reverse is the invoice with all quantities negative.
func (i *Invoice) reverse(tx *storage.Tx, on date.Date) (*Invoice, error) {
	note := *i
	note.ID, note.Version, note.Kind, note.State, note.Number = storage.NewID[Invoice](tx), 0, Credit, Drafted, ""
	note.Origin, note.Credits, note.Date, note.Due, note.Created = Ref(i.ID), i.ID, on, on, tx.Now()
	note.Lines = append([]erp.Line(nil), i.Lines...)
	for n := range note.Lines {
		note.Lines[n].Quantity = note.Lines[n].Quantity.Neg()
	}
	return &note, note.compute()
}
