package billing

import (
	"context"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// RefundedPayload tells followers what was paid back.
type RefundedPayload struct {
	Customer storage.Ref  `json:"customer"`
	Amount   money.Amount `json:"amount"`
	Date     date.Date    `json:"date"`
}

// CreditRefunded is the event of each refund.
var CreditRefunded = event.NewType[RefundedPayload]("billing.credit.refunded")

// Refund is the command that pays back what is left of a payment or a credit note. A payment that failed is released and refunded.
type Refund struct {
	By  storage.Ref
	Key storage.Key
	// Payment or Credit is what is paid back: one of the two.
	Payment storage.ID[Payment]
	Credit  storage.ID[Invoice]
	Version int64
	Date    date.Date // the tenant's today if zero
	// Amount is what is paid back; all that is left if zero. AtBank is what left the bank, where that is in another currency.
	Amount money.Amount
	AtBank money.Amount
	// Bank is the account that paid; the default one if "".
	Bank string
	Why  string
}

// Refund pays back what is left of a payment or a credit note.
//
// Errors: *storage.Invalid, ErrAllocated if nothing is left, ErrOverpaid if less than the amount is, ErrNotCredit, ErrCurrency,
// storage.ErrNotFound, storage.ErrStale, and those of the journal.
func (b *Invoices) Refund(ctx context.Context, c Refund) (*Allocation, error) {
	var bad storage.Invalid
	checkAmount(&bad, "amount", c.Amount)
	checkAmount(&bad, "at_bank", c.AtBank)
	if err := bad.Err(); err != nil {
		return nil, err
	}
	return storage.Once(ctx, b.s, c.Key, "billing.credit.refund", c, func(tx *storage.Tx) (*Allocation, error) {
		g, err := lockGiver(ctx, tx, c.Payment, c.Credit, c.Version)
		if err != nil {
			return nil, err
		}
		had := g.free()
		if had.Sign() <= 0 {
			return nil, ErrAllocated.With("%s", g.ref())
		}
		if c.Amount.IsZero() {
			c.Amount = had
		}
		if more, err := c.Amount.Cmp(had); err != nil {
			return nil, ErrCurrency.Because(err)
		} else if more > 0 {
			return nil, ErrOverpaid.With("%s is left", had)
		}
		if c.Date.IsZero() {
			c.Date = tx.Today()
		}
		a := g.allocation(tx, Allocation{Amount: c.Amount, WriteOff: c.Amount.Mul(zero), Discount: c.Amount.Mul(zero)})
		if err := b.refundInBooks(ctx, tx, g, c, a); err != nil {
			return nil, err
		}
		if err := g.use(c.Amount); err != nil {
			return nil, err
		}
		if err := allocations.Insert(ctx, tx, a); err != nil {
			return nil, err
		}
		return a, g.write(ctx, tx, c.By, "refund", c.Why, CreditRefunded.Draft(RefundedPayload{Customer: g.customer(), Amount: c.Amount,
			Date: c.Date}))
	})
}

// refundInBooks posts the refund, the customer has it and the bank has less, and settles it with what it pays back.
func (b *Invoices) refundInBooks(ctx context.Context, tx *storage.Tx, g *giver, c Refund, a *Allocation) error {
	customer := ledger.Dims{Customer: g.customer().ID}
	e := ledger.Entry{By: c.By, Date: c.Date, Text: "refund", Source: g.ref(), Legs: []ledger.Leg{
		ledger.Debit(b.p.Accounts.Receivable, c.Amount, customer), {Dims: customer}}}
	if err := b.atBank(&e, 1, c.Bank, c.Amount.Neg(), c.AtBank.Neg()); err != nil {
		return err
	}
	from := g.item()
	from.Amount = c.Amount
	done, err := b.match(ctx, tx, Match{By: c.By, Why: c.Why, Source: g.ref(), Account: b.p.Accounts.Receivable, Entry: e,
		Items: []MatchItem{from, {Leg: refundLeg, Amount: c.Amount}}})
	if err != nil {
		return err
	}
	a.Refund, a.Match, a.Date = done.Entry, done.Match, c.Date
	first := done.Date // on which it could be settled
	switch {
	case !a.Match.IsZero():
	case g.note != nil:
		first = g.note.Date
	default:
		first = g.payment.Date
	}
	if first.After(c.Date) {
		return &storage.Invalid{Fields: []storage.Fault{{Path: "date", Code: storage.CodeRange, Text: "not before " + first.String()}}}
	}
	return nil
}
