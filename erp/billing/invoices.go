package billing

import (
	"context"

	"github.com/tutas/tutas/erp"
	"github.com/tutas/tutas/erp/tax"
	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// A Journal writes into the books, inside the transaction, and answers where. *ledger.Books serves, with a few lines around it; so does any other ledger.
type Journal interface {
	Post(ctx context.Context, tx *storage.Tx, e ledger.Entry) (storage.Ref, error)
}

// Accounts says where in the books invoices and payments go, by account code.
type Accounts struct {
	Receivable, Revenue, Tax, Bank, WriteOff, Rounding string
	// Discount takes early discounts, without their tax; Exchange lets value pass from the currency of an invoice to that of the bank.
	Discount, Exchange string
	// RevenueOf chooses another revenue account for a line; "" is Revenue. It may be nil.
	RevenueOf func(erp.Line) string
}

// A Chain knows the deal that a document came of, so that what is earned names it. It may be nil.
type Chain interface {
	// Deal returns the value of the ledger's dimension deal for an origin, "" if it came of none.
	Deal(ctx context.Context, tx *storage.Tx, origin storage.Ref) (string, error)
}

// Ports are what billing needs of others.
type Ports struct {
	Journal Journal
	// Matcher settles open items of the receivables account. It may be nil, for books that keep none.
	Matcher  Matcher
	Chain    Chain
	Accounts Accounts
	// Invoice and CreditNote are what documents are called; by default 1, 2, 3 … and CN1, CN2 …
	Invoice, CreditNote erp.Numbering
}

// Invoices keeps a tenant's invoices and payments.
type Invoices struct {
	s storage.Session
	p Ports
}

// New makes the service.
func New(s storage.Session, p Ports) *Invoices {
	if p.Invoice.Series == "" {
		p.Invoice.Series = "billing.invoice"
	}
	if p.CreditNote.Series == "" {
		p.CreditNote = erp.Numbering{Series: "billing.credit", Format: "CN{n}"}
	}
	return &Invoices{s, p}
}

// In is the same service inside a transaction.
func (b *Invoices) In(tx *storage.Tx) *Invoices { return &Invoices{tx, b.p} }

// Draft is the command that writes an invoice nobody has seen yet.
type Draft struct {
	By       storage.Ref
	Key      storage.Key
	Customer storage.Ref
	Origin   storage.Ref
	Owner    storage.Ref
	Date     date.Date // the tenant's today if zero
	Terms    erp.Terms
	Currency money.Currency
	Method   tax.Method // tax.PerLine if empty
	Lines    []erp.Line
	Note     string
	Fields   storage.Fields
}

// Draft writes a draft: it has no number and is not in the books.
//
// Errors: *storage.Invalid.
func (b *Invoices) Draft(ctx context.Context, c Draft) (*Invoice, error) {
	return storage.Once(ctx, b.s, c.Key, "billing.invoice.draft", c, func(tx *storage.Tx) (*Invoice, error) {
		i, err := b.compose(ctx, tx, c)
		if err != nil {
			return nil, err
		}
		return i, insert(ctx, tx, i, event.Change[Invoice]{By: c.By, Verb: "billing.invoice.draft", After: i})
	})
}

// compose makes the draft, each line of which names the deal that it came of.
func (b *Invoices) compose(ctx context.Context, tx *storage.Tx, c Draft) (*Invoice, error) {
	i, err := compose(tx, c)
	if err != nil {
		return nil, err
	}
	return i, b.attribute(ctx, tx, i)
}

// compose makes the draft, pure but for its identifier and the day.
func compose(tx *storage.Tx, c Draft) (*Invoice, error) {
	var bad storage.Invalid
	bad.Check(!c.Customer.IsZero(), "customer", storage.CodeRequired, "")
	c.Terms.Check(&bad, "terms")
	if err := bad.Err(); err != nil {
		return nil, err
	}
	if c.Date.IsZero() {
		c.Date = tx.Today()
	}
	i := &Invoice{ID: storage.NewID[Invoice](tx), Kind: Normal, State: Drafted, Customer: c.Customer, Origin: c.Origin, Owner: c.Owner,
		Date: c.Date, Terms: c.Terms, Due: c.Terms.Due(c.Date), Currency: c.Currency, Method: c.Method, Note: c.Note, Fields: c.Fields,
		Created: tx.Now(), Lines: append([]erp.Line(nil), c.Lines...)}
	if i.Method == "" {
		i.Method = tax.PerLine
	}
	return i, i.compute()
}

// compute works out the amounts from the lines.
func (i *Invoice) compute() error {
	for n := range i.Lines {
		if i.Lines[n].Dims.Customer == "" {
			i.Lines[n].Dims.Customer = i.Customer.ID
		}
	}
	t, err := erp.Compute(i.Currency, i.Method, i.Lines, erp.Options{Negative: i.Kind == Credit})
	if err != nil {
		return err
	}
	i.Net, i.Tax, i.Gross, i.Rounding, i.Taxes, i.Open = t.Net, t.Tax, t.Gross, t.Rounding, t.Taxes, t.Gross
	return nil
}

// insert writes a new invoice and its lines.
func insert(ctx context.Context, tx *storage.Tx, i *Invoice, c event.Change[Invoice]) error {
	if err := event.Apply(ctx, tx, invoices, c); err != nil {
		return err
	}
	return insertLines(ctx, tx, i)
}

func insertLines(ctx context.Context, tx *storage.Tx, i *Invoice) error {
	rows := make([]*line, len(i.Lines))
	for n, l := range i.Lines {
		rows[n] = &line{i.ID, l}
	}
	return lines.Insert(ctx, tx, rows...)
}

// Redraft is the command that replaces what a draft says.
type Redraft struct {
	Invoice storage.ID[Invoice]
	Version int64
	Draft
}

// Redraft replaces what a draft says.
//
// Errors: ErrIssued, storage.ErrNotFound, storage.ErrStale, *storage.Invalid.
func (b *Invoices) Redraft(ctx context.Context, c Redraft) (*Invoice, error) {
	return storage.Once(ctx, b.s, c.Key, "billing.invoice.redraft", c, func(tx *storage.Tx) (*Invoice, error) {
		old, err := invoices.Lock(ctx, tx, c.Invoice)
		if err == nil {
			err = storage.CheckVersion(c.Version, old.Version)
		}
		if err == nil {
			_, err = old.next("change")
		}
		if err != nil {
			return nil, err
		}
		i, err := b.compose(ctx, tx, c.Draft)
		if err != nil {
			return nil, err
		}
		i.ID, i.Version, i.Created = old.ID, old.Version, old.Created
		if err := deleteLines(ctx, tx, old); err != nil {
			return nil, err
		}
		if err := event.Apply(ctx, tx, invoices, event.Change[Invoice]{By: c.By, Verb: "billing.invoice.redraft", Before: old, After: i}); err != nil {
			return nil, err
		}
		return i, insertLines(ctx, tx, i)
	})
}

func deleteLines(ctx context.Context, tx *storage.Tx, i *Invoice) error {
	for l, err := range lines.All(ctx, tx, storage.Query{Where: []storage.Cond{storage.Eq("invoice", i.ID)}}) {
		if err != nil {
			return err
		}
		if err := lines.Delete(ctx, tx, l); err != nil {
			return err
		}
	}
	return nil
}
