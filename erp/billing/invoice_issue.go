package billing

import (
	"context"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// IssuedPayload tells followers of an issued invoice or credit note.
type IssuedPayload struct {
	Number   string       `json:"number"`
	Kind     Kind         `json:"kind"`
	Customer storage.Ref  `json:"customer"`
	Origin   storage.Ref  `json:"origin"`
	Gross    money.Amount `json:"gross"`
	Date     date.Date    `json:"date"`
	Due      date.Date    `json:"due"`
}

// InvoiceIssued is the event of each issued document.
var InvoiceIssued = event.NewType[IssuedPayload]("billing.invoice.issued")

// Issue is the command that makes a draft final.
type Issue struct {
	By      storage.Ref
	Key     storage.Key
	Invoice storage.ID[Invoice]
	Version int64
	Why     string
}

// Issue gives a draft its number and puts it in the books.
//
// Errors: ErrIssued, storage.ErrNotFound, storage.ErrStale, storage.ErrForbidden, and those of the journal.
func (b *Invoices) Issue(ctx context.Context, c Issue) (*Invoice, error) {
	return storage.Once(ctx, b.s, c.Key, "billing.invoice.issue", c, func(tx *storage.Tx) (*Invoice, error) {
		i, err := invoices.Lock(ctx, tx, c.Invoice)
		if err == nil {
			err = storage.CheckVersion(c.Version, i.Version)
		}
		if err == nil {
			err = loadLines(ctx, tx, i)
		}
		if err != nil {
			return nil, err
		}
		old := *i
		return i, b.issue(ctx, tx, i, event.Change[Invoice]{By: c.By, Verb: "billing.invoice.issue", Why: c.Why, Before: &old, After: i}, nil)
	})
}

// IssueNew writes and issues an invoice in one go.
//
// Errors: *storage.Invalid, storage.ErrForbidden, and those of the journal.
func (b *Invoices) IssueNew(ctx context.Context, c Draft) (*Invoice, error) {
	return storage.Once(ctx, b.s, c.Key, "billing.invoice.issue", c, func(tx *storage.Tx) (*Invoice, error) {
		i, err := b.compose(ctx, tx, c)
		if err != nil {
			return nil, err
		}
		if err := b.issue(ctx, tx, i, event.Change[Invoice]{By: c.By, Verb: "billing.invoice.issue", After: i}, nil); err != nil {
			return nil, err
		}
		return i, insertLines(ctx, tx, i)
	})
}

// issue asks the life, posts the invoice, takes its number last and writes it. A credit note settles what it takes back.
func (b *Invoices) issue(ctx context.Context, tx *storage.Tx, i *Invoice, c event.Change[Invoice], s *settling) error {
	to, err := i.next("issue")
	if err != nil {
		return err
	}
	if s == nil {
		s = &settling{}
	}
	s.entry = b.entry(i, c.By)
	if i.Entry, err = b.settleInBooks(ctx, tx, s); err != nil {
		return err
	}
	series := b.p.Invoice
	if i.Kind == Credit {
		series = b.p.CreditNote
	}
	if i.Number, err = series.Next(ctx, tx, i.Date); err != nil {
		return err
	}
	i.State = to
	c.Events = []event.Draft{InvoiceIssued.Draft(IssuedPayload{Number: i.Number, Kind: i.Kind, Customer: i.Customer, Origin: i.Origin,
		Gross: i.Gross, Date: i.Date, Due: i.Due})}
	return event.Apply(ctx, tx, invoices, c)
}

// attribute gives lines that name no deal the one that the invoice came of, before they are written.
func (b *Invoices) attribute(ctx context.Context, tx *storage.Tx, i *Invoice) error {
	if b.p.Chain == nil || i.Origin.IsZero() {
		return nil
	}
	deal, asked := "", false
	for n := range i.Lines {
		if i.Lines[n].Dims.Deal != "" {
			continue
		}
		if !asked {
			var err error
			if deal, err = b.p.Chain.Deal(ctx, tx, i.Origin); err != nil || deal == "" {
				return err
			}
			asked = true
		}
		i.Lines[n].Dims.Deal = deal
	}
	return nil
}

// entry is the invoice in the books: the customer owes the gross; each line earns its net, the state gets the tax.
func (b *Invoices) entry(i *Invoice, by storage.Ref) ledger.Entry {
	a := b.p.Accounts
	e := ledger.Entry{By: by, Date: i.Date, ValueDate: i.Due, Text: string(i.Kind), Source: Ref(i.ID), AllowZero: true}
	customer := ledger.Dims{Customer: i.Customer.ID}
	e.Legs = append(e.Legs, ledger.Debit(a.Receivable, i.Gross, customer))
	e.Legs[0].Due = i.Due
	for _, l := range i.Lines {
		account := a.Revenue
		if a.RevenueOf != nil {
			if other := a.RevenueOf(l); other != "" {
				account = other
			}
		}
		leg := ledger.Credit(account, l.Net, l.Dims)
		leg.Text = l.Text
		e.Legs = append(e.Legs, leg)
	}
	for _, t := range i.Taxes {
		if !t.Tax.IsZero() {
			e.Legs = append(e.Legs, ledger.Credit(a.Tax, t.Tax, customer))
		}
	}
	if !i.Rounding.IsZero() {
		e.Legs = append(e.Legs, ledger.Credit(a.Rounding, i.Rounding, customer))
	}
	return e
}
