package billing

import (
	"context"
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
	By       storage.Ref
	Key      storage.Key
	Customer storage.Ref
	Date     date.Date // the tenant's today if zero
	Amount   money.Amount
	// AtBank is what the bank got where that is in another currency than the invoices: Amount is then what they count it for. The
	// books make a gain or loss of the difference.
	AtBank    money.Amount
	Reference string
	// For says which invoices it settles; empty settles the customer's open ones, the first due first. Of these each is granted the
	// early discount of its terms if the payment falls short by no more than that.
	For []Settle
	// KeepCredit keeps what is left over as the customer's credit; without it an overpayment is refused.
	KeepCredit bool
	// Bank is the account that got the money; the default one if "".
	Bank string
	// Why is the reason for what is written off.
	Why string
}

// Settle says what becomes of one invoice.
type Settle struct {
	Invoice storage.ID[Invoice]
	// Amount of the payment that is used; as much as is open, if zero.
	Amount money.Amount
	// Discount grants the early discount of the invoice's terms: up to that may be left out of it until the last day.
	Discount bool
	// WriteOff gives up the rest of the invoice, or keeps what was paid too much.
	WriteOff bool

	found bool // not named in the command
}

// Receive books a payment and settles invoices with it.
//
// Errors: *storage.Invalid, ErrOverpaid, ErrCurrency, ErrCustomer, ErrNotIssued, ErrDiscount, storage.ErrNotFound, and those of the
// journal.
func (b *Invoices) Receive(ctx context.Context, c Receive) (*Payment, error) {
	var bad storage.Invalid
	bad.Check(!c.Customer.IsZero(), "customer", storage.CodeRequired, "")
	bad.Check(c.Amount.Currency() != "", "amount", storage.CodeCurrency, "")
	bad.Check(c.Amount.Sign() > 0 || c.Amount.Currency() == "", "amount", storage.CodeNegative, "more than nothing")
	bad.Check(c.Amount.IsRound(), "amount", storage.CodeScale, "")
	checkAmount(&bad, "at_bank", c.AtBank)
	bad.Check(c.AtBank.IsZero() || c.AtBank.Currency() != c.Amount.Currency(), "at_bank", storage.CodeCurrency, "another one than that of the amount")
	checkFor(&bad, c.For)
	if err := bad.Err(); err != nil {
		return nil, err
	}
	return storage.Once(ctx, b.s, c.Key, "billing.payment.receive", c, func(tx *storage.Tx) (*Payment, error) { return b.receive(ctx, tx, c) })
}

func checkFor(bad *storage.Invalid, list []Settle) {
	for i, s := range list {
		checkAmount(bad, "for."+strconv.Itoa(i)+".amount", s.Amount)
	}
}

func checkAmount(bad *storage.Invalid, path string, a money.Amount) {
	bad.Check(a.Sign() >= 0, path, storage.CodeNegative, "")
	bad.Check(a.IsRound(), path, storage.CodeScale, "")
}

func (b *Invoices) receive(ctx context.Context, tx *storage.Tx, c Receive) (*Payment, error) {
	if c.Date.IsZero() {
		c.Date = tx.Today()
	}
	p := &Payment{ID: storage.NewID[Payment](tx), Customer: c.Customer, Date: c.Date, Amount: c.Amount, AtBank: c.AtBank, Free: c.Amount,
		Unused: true, Reference: c.Reference, Created: tx.Now()}
	g := &giver{payment: p}
	named, list, err := g.toSettle(ctx, tx, c.For)
	if err != nil {
		return nil, err
	}
	entry, err := b.paymentEntry(c, p)
	if err != nil {
		return nil, err
	}
	s := &settling{by: c.By, why: c.Why, source: PaymentRef(p.ID), date: c.Date, entry: entry, from: MatchItem{Leg: paymentLeg}}
	var paid []storage.ID[Invoice]
	if p.Entry, paid, err = b.settleAll(ctx, tx, g, s, named, list); err != nil {
		return nil, err
	}
	if p.Free.Sign() > 0 && !c.KeepCredit {
		return nil, ErrOverpaid.With("%s is left over", p.Free)
	}
	return p, g.write(ctx, tx, c.By, "receive", c.Why, PaymentReceived.Draft(ReceivedPayload{Customer: c.Customer, Amount: c.Amount,
		Date: c.Date, Settled: paid}))
}

// paymentEntry is the payment in the books: the bank has it, the customer owes less.
func (b *Invoices) paymentEntry(c Receive, p *Payment) (ledger.Entry, error) {
	customer := ledger.Dims{Customer: p.Customer.ID}
	e := ledger.Entry{By: c.By, Date: p.Date, Text: "payment", Source: PaymentRef(p.ID), Legs: []ledger.Leg{
		{Dims: customer}, ledger.Credit(b.p.Accounts.Receivable, p.Amount, customer)}}
	return e, b.atBank(&e, 0, c.Bank, p.Amount, c.AtBank)
}

// atBank completes the leg of the bank, in the bank's currency.
func (b *Invoices) atBank(e *ledger.Entry, leg int, bank string, a, there money.Amount) error {
	if bank == "" {
		bank = b.p.Accounts.Bank
	}
	e.Legs[leg].Account, e.Legs[leg].Amount = bank, a
	if there.IsZero() {
		return nil
	}
	if b.p.Accounts.Exchange == "" {
		return ErrCurrency.With("no account is named through which value passes to %s", there.Currency())
	}
	e.Legs[leg].Amount, e.Exchange = there, b.p.Accounts.Exchange
	return nil
}
