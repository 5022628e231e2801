package billing

import (
	"context"
	"slices"
	"strconv"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// ReceivedPayload tells followers of a payment.
type ReceivedPayload struct {
	Customer storage.Ref           `json:"customer"`
	Amount   money.Amount          `json:"amount"`
	Date     date.Date             `json:"date"`
	Settled  []storage.ID[Invoice] `json:"settled"`
}

// PaymentReceived is the event of each payment; Settled lists the invoices that it paid to the end.
var PaymentReceived = event.NewType[ReceivedPayload]("billing.payment.received")

// Receive is the command that books a customer's payment.
type Receive struct {
	By        storage.Ref
	Key       storage.Key
	Customer  storage.Ref
	Date      date.Date // the tenant's today if zero
	Amount    money.Amount
	Reference string
	// For says which invoices it settles; empty settles the customer's open ones, the first due first.
	For []Settle
	// KeepCredit keeps what is left over as the customer's credit; without it an overpayment is refused.
	KeepCredit bool
	// Bank is the account that got the money; the default one if "".
	Bank string
}

// Settle says what becomes of one invoice.
type Settle struct {
	Invoice storage.ID[Invoice]
	// Amount of the payment that is used; as much as is open, if zero.
	Amount money.Amount
	// WriteOff gives up the rest of the invoice, or keeps what was paid too much.
	WriteOff bool
}

// Receive books a payment and settles invoices with it.
//
// Errors: *storage.Invalid, ErrOverpaid, ErrCurrency, ErrCustomer, ErrNotIssued, storage.ErrNotFound, and those of the journal.
func (b *Invoices) Receive(ctx context.Context, c Receive) (*Payment, error) {
	var bad storage.Invalid
	bad.Check(!c.Customer.IsZero(), "customer", storage.CodeRequired, "")
	bad.Check(c.Amount.Currency() != "", "amount", storage.CodeCurrency, "")
	bad.Check(c.Amount.Sign() > 0 || c.Amount.Currency() == "", "amount", storage.CodeNegative, "more than nothing")
	for i, s := range c.For {
		bad.Check(s.Amount.Sign() >= 0, "for."+strconv.Itoa(i)+".amount", storage.CodeNegative, "")
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	return storage.Once(ctx, b.s, c.Key, "billing.payment.receive", c, func(tx *storage.Tx) (*Payment, error) { return b.receive(ctx, tx, c) })
}

func (b *Invoices) receive(ctx context.Context, tx *storage.Tx, c Receive) (*Payment, error) {
	if c.Date.IsZero() {
		c.Date = tx.Today()
	}
	list, err := b.toSettle(ctx, tx, &c)
	if err != nil {
		return nil, err
	}
	p := &Payment{ID: storage.NewID[Payment](tx), Customer: c.Customer, Date: c.Date, Amount: c.Amount, Free: c.Amount, Reference: c.Reference, Created: tx.Now()}
	given, paid, err := b.settleAll(ctx, tx, p, c, list)
	if err != nil {
		return nil, err
	}
	if p.Free.Sign() > 0 && !c.KeepCredit {
		return nil, ErrOverpaid.With("%s is left over", p.Free)
	}
	if p.Entry, err = b.p.Journal.Post(ctx, tx, b.paymentEntry(c, p)); err != nil {
		return nil, err
	}
	if !given.IsZero() {
		if _, err := b.p.Journal.Post(ctx, tx, b.writeOffEntry(c.By, p, given)); err != nil {
			return nil, err
		}
	}
	p.Unused = !p.Free.IsZero()
	return p, event.Apply(ctx, tx, payments, event.Change[Payment]{By: c.By, Verb: "billing.payment.receive", After: p,
		Events: []event.Draft{PaymentReceived.Draft(ReceivedPayload{Customer: c.Customer, Amount: c.Amount, Date: c.Date, Settled: paid})}})
}

// toSettle locks the invoices, in one order that all commands share.
func (b *Invoices) toSettle(ctx context.Context, tx *storage.Tx, c *Receive) ([]*Invoice, error) {
	if len(c.For) == 0 {
		q := Filter{Customer: c.Customer, State: Issued, Order: []string{"due"}, Where: []storage.Cond{storage.Eq("currency", string(c.Amount.Currency()))}}.query()
		for i, err := range invoices.All(ctx, tx, q) {
			if err != nil {
				return nil, err
			}
			if i.Open.Sign() > 0 {
				c.For = append(c.For, Settle{Invoice: i.ID})
			}
		}
	}
	list := make([]*Invoice, len(c.For))
	for n, s := range c.For {
		list[n] = &Invoice{ID: s.Invoice}
		if slices.ContainsFunc(c.For[:n], func(o Settle) bool { return o.Invoice == s.Invoice }) {
			return nil, &storage.Invalid{Fields: []storage.Fault{{Path: "for." + strconv.Itoa(n) + ".invoice", Code: storage.CodeDuplicate}}}
		}
	}
	found, err := invoices.LoadLocked(ctx, tx, list...)
	if err != nil {
		return nil, err
	}
	for n, i := range list {
		switch {
		case !found[n]:
			return nil, storage.ErrNotFound.With("invoice %s", c.For[n].Invoice)
		case i.Customer != c.Customer:
			return nil, ErrCustomer.With("%s", i.Number)
		case i.Currency != c.Amount.Currency():
			return nil, ErrCurrency.With("%s is in %s", i.Number, i.Currency)
		}
	}
	return list, nil
}

// settleAll settles the invoices one by one, and answers what was written off in all and which are paid.
func (b *Invoices) settleAll(ctx context.Context, tx *storage.Tx, p *Payment, c Receive, list []*Invoice) (given money.Amount, paid []storage.ID[Invoice], err error) {
	given = money.Zero(c.Amount.Currency())
	for n, i := range list {
		a, err := allocate(p, i, c.For[n], n == len(list)-1)
		if err != nil {
			return given, nil, err
		}
		if a == nil {
			continue // the payment was used up before it
		}
		old := *i
		settled, err := a.Amount.Add(a.WriteOff)
		if err == nil {
			err = i.settle(settled)
		}
		if err == nil {
			p.Free, err = p.Free.Sub(a.Amount)
		}
		if err == nil {
			given, err = given.Add(a.WriteOff)
		}
		if err != nil {
			return given, nil, err
		}
		if i.State == Paid {
			paid = append(paid, i.ID)
		}
		a.ID, a.Payment, a.Date = storage.NewID[Allocation](tx), p.ID, c.Date
		if err := event.Apply(ctx, tx, invoices, event.Change[Invoice]{By: c.By, Verb: "billing.invoice.settle", Before: &old, After: i}); err != nil {
			return given, nil, err
		}
		if err := allocations.Insert(ctx, tx, a); err != nil {
			return given, nil, err
		}
	}
	return given, paid, nil
}

// allocate decides how much of a payment settles an invoice and how much is written off; nil if nothing is left of the payment. Pure.
func allocate(p *Payment, i *Invoice, s Settle, last bool) (*Allocation, error) {
	use := s.Amount
	less, err := p.Free.Cmp(i.Open)
	if err != nil {
		return nil, ErrCurrency.Because(err)
	}
	if use.IsZero() {
		if use = i.Open; less < 0 || (s.WriteOff && last) {
			use = p.Free // all of it; what is too much is written off to our favour
		}
	}
	if more, err := use.Cmp(p.Free); err != nil {
		return nil, ErrCurrency.Because(err)
	} else if more > 0 {
		return nil, ErrOverpaid.With("%s is more than is left of the payment", use)
	}
	a := &Allocation{Invoice: i.ID, Amount: use, WriteOff: use.Mul(zero)}
	if s.WriteOff {
		if a.WriteOff, err = i.Open.Sub(use); err != nil {
			return nil, ErrCurrency.Because(err)
		}
	}
	if use.IsZero() && a.WriteOff.IsZero() {
		return nil, nil
	}
	return a, nil
}

// paymentEntry is the payment in the books: the bank has it, the customer owes less.
func (b *Invoices) paymentEntry(c Receive, p *Payment) ledger.Entry {
	bank := c.Bank
	if bank == "" {
		bank = b.p.Accounts.Bank
	}
	customer := ledger.Dims{Customer: p.Customer.ID}
	return ledger.Entry{By: c.By, Date: p.Date, Text: "payment", Source: PaymentRef(p.ID), Legs: []ledger.Leg{
		ledger.Debit(bank, p.Amount, customer), ledger.Credit(b.p.Accounts.Receivable, p.Amount, customer)}}
}

// writeOffEntry gives up what a customer still owed, or with a negative amount keeps what was paid too much.
func (b *Invoices) writeOffEntry(by storage.Ref, p *Payment, given money.Amount) ledger.Entry {
	customer := ledger.Dims{Customer: p.Customer.ID}
	return ledger.Entry{By: by, Date: p.Date, Text: "write-off", Source: PaymentRef(p.ID), Legs: []ledger.Leg{
		ledger.Debit(b.p.Accounts.WriteOff, given, customer), ledger.Credit(b.p.Accounts.Receivable, given, customer)}}
}
