package billing

import (
	"context"
	"iter"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// zero turns an amount into none of its currency.
var zero = decimal.Zero

// A Payment is money received from a customer.
type Payment struct {
	ID       storage.ID[Payment] `json:"id"`
	Version  int64               `json:"version"`
	Customer storage.Ref         `json:"customer"`
	Date     date.Date           `json:"date"`
	Amount   money.Amount        `json:"amount"`
	// AtBank is what the bank got, where that is in another currency.
	AtBank money.Amount `json:"at_bank,omitzero"`
	// Free is what no invoice has used yet: the customer's credit.
	Free money.Amount `json:"free"`
	// Unused says that something is free.
	Unused bool `json:"unused"`
	// Reference is what the bank's statement says.
	Reference string `json:"reference"`
	// Entry is in the books; its second leg is the open item there.
	Entry   storage.Ref `json:"entry"`
	Created time.Time   `json:"created"`
}

// An Allocation says that a part of a payment, or of a credit note, settles an invoice, or was paid back.
type Allocation struct {
	ID      storage.ID[Allocation] `json:"id"`
	Payment storage.ID[Payment]    `json:"payment"`
	Credit  storage.ID[Invoice]    `json:"credit"`
	Invoice storage.ID[Invoice]    `json:"invoice"`
	Amount  money.Amount           `json:"amount"`
	// WriteOff is what was given up on top, a loss; negative where too much was paid and kept.
	WriteOff money.Amount `json:"write_off"`
	// Discount was granted on top for paying early.
	Discount money.Amount `json:"discount"`
	// Date is the day from which it counts; Until the day from which it does not any more, once it was released.
	Date  date.Date `json:"date"`
	Until date.Date `json:"until"`
	// Match is its match in the books, zero where they keep no open items; Refund the entry with which the amount was paid
	// back, or with which a credit note took a discount or a write-off back.
	Match  storage.Ref `json:"match"`
	Refund storage.Ref `json:"refund"`
}

// gives reports whether something was granted or given up on top.
func (a *Allocation) gives() bool { return !a.WriteOff.IsZero() || a.discounted() }

func (a *Allocation) discounted() bool { return !a.Discount.IsZero() }

// settled is what it takes off the invoice.
func (a *Allocation) settled() (money.Amount, error) {
	s, err := a.Amount.Add(a.WriteOff)
	if err != nil || !a.discounted() {
		return s, err
	}
	return s.Add(a.Discount)
}

// counts keeps the allocations that were not released.
var counts = storage.Absent("until")

var (
	payments = storage.Define("billing.payment", func(p *Payment) []storage.Field {
		return []storage.Field{
			storage.UUID("id", &p.ID).Key(), storage.Version(&p.Version), storage.RefTo("customer", &p.Customer), storage.Date("date", &p.Date),
			storage.Minor("amount", &p.Amount), storage.Minor("free", &p.Free), storage.Bool("unused", &p.Unused), storage.Text("reference", &p.Reference).Limit(500),
			storage.RefTo("entry", &p.Entry), storage.Instant("created", &p.Created),
			storage.Minor("at_bank", &p.AtBank),
		}
	}, storage.Index("customer", "customer", "date"), storage.Index("date", "date"), storage.Index("unused", "unused", "date"))
	allocations = storage.Define("billing.allocation", func(a *Allocation) []storage.Field {
		return []storage.Field{
			storage.UUID("id", &a.ID).Key(), storage.UUID("payment", &a.Payment), storage.UUID("credit", &a.Credit),
			storage.UUID("invoice", &a.Invoice), storage.Minor("amount", &a.Amount), storage.Minor("write_off", &a.WriteOff), storage.Date("date", &a.Date),
			storage.Minor("discount", &a.Discount), storage.Date("until", &a.Until).Optional(), storage.RefTo("match", &a.Match),
			storage.RefTo("refund", &a.Refund),
		}
	}, storage.Index("invoice", "invoice", "date"), storage.Index("payment", "payment"), storage.Index("date", "date"),
		storage.Index("credit", "credit"), storage.Index("until", "until"))
)

// PaymentRef points to a payment.
func PaymentRef(id storage.ID[Payment]) storage.Ref { return payments.Ref(id) }

// Payments yields payments of a customer (of all, if zero) by date.
func (b *Invoices) Payments(ctx context.Context, customer storage.Ref, by ...storage.Ref) iter.Seq2[*Payment, error] {
	q := storage.Query{Order: []string{"date"}}
	if !customer.IsZero() {
		q.Where = append(q.Where, storage.Eq("customer", customer))
	}
	if len(by) > 0 {
		q.By = by[0]
	}
	return payments.All(ctx, b.s, q)
}

// Payment reads a payment.
//
// Errors: storage.ErrNotFound.
func (b *Invoices) Payment(ctx context.Context, id storage.ID[Payment], by ...storage.Ref) (p *Payment, err error) {
	err = b.s.View(ctx, func(tx *storage.Tx) error {
		p, err = payments.Get(ctx, tx, id, by...)
		return err
	})
	return p, err
}

// Settlements yields what has settled an invoice, by date; not what was released.
func (b *Invoices) Settlements(ctx context.Context, id storage.ID[Invoice]) iter.Seq2[*Allocation, error] {
	return allocations.All(ctx, b.s, storage.Query{Where: []storage.Cond{storage.Eq("invoice", id), counts}, Order: []string{"date"}})
}

// Allocations yields what a payment has settled and what of it was paid back; not what was released.
func (b *Invoices) Allocations(ctx context.Context, id storage.ID[Payment]) iter.Seq2[*Allocation, error] {
	return allocations.All(ctx, b.s, storage.Query{Where: []storage.Cond{storage.Eq("payment", id), counts}})
}
