package billing

import (
	"context"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// discountParts says where the early discount of an invoice goes: off what was earned, and off the tax on it.
func (b *Invoices) discountParts(i *Invoice) (parts []ledger.DiscountPart, err error) {
	net, tax, err := i.Terms.Early().Of(i.Net, i.Tax)
	if err != nil {
		return nil, err
	}
	account := b.p.Accounts.Discount
	if account == "" {
		account = b.p.Accounts.Revenue
	}
	for _, p := range []ledger.DiscountPart{{Account: account, Amount: net}, {Account: b.p.Accounts.Tax, Amount: tax}} {
		if !p.Amount.IsZero() {
			parts = append(parts, p)
		}
	}
	return parts, nil
}

// relieve posts what was granted and given up in books without open items, and answers from which day all of it counts.
func (b *Invoices) relieve(ctx context.Context, tx *storage.Tx, s *settling, group []int) (on date.Date, err error) {
	on = s.date
	for _, at := range group {
		on = date.Later(on, s.list[at].Date)
	}
	for _, at := range group {
		if !s.made[at].gives() {
			continue
		}
		e, err := b.reliefEntry(s.by, s.source, on, s.list[at], s.made[at], false)
		if err != nil {
			return on, err
		}
		if _, err := b.p.Journal.Post(ctx, tx, e); err != nil {
			return on, err
		}
	}
	return on, nil
}

// reliefEntry takes what was granted and given up off what a customer owes, or puts it back.
func (b *Invoices) reliefEntry(by, source storage.Ref, on date.Date, i *Invoice, a *Allocation, back bool) (e ledger.Entry, err error) {
	customer := ledger.Dims{Customer: i.Customer.ID}
	e = ledger.Entry{By: by, Date: on, Text: "write-off", Source: source}
	total := a.WriteOff
	if !a.WriteOff.IsZero() {
		e.Legs = append(e.Legs, ledger.Debit(b.p.Accounts.WriteOff, a.WriteOff, customer))
	}
	if a.discounted() {
		e.Text = "early discount"
		parts, err := b.discountParts(i)
		if err != nil {
			return e, err
		}
		shares := make([]money.Amount, len(parts))
		if shares[0] = a.Discount; len(parts) > 1 {
			if shares, err = a.Discount.Allocate(parts[0].Amount.Decimal(), parts[1].Amount.Decimal()); err != nil {
				return e, err
			}
		}
		for n, p := range parts {
			e.Legs = append(e.Legs, ledger.Debit(p.Account, shares[n], customer))
		}
		if total, err = total.Add(a.Discount); err != nil {
			return e, err
		}
	}
	e.Legs = append(e.Legs, ledger.Credit(b.p.Accounts.Receivable, total, customer))
	for n := range e.Legs {
		if back {
			e.Legs[n].Amount = e.Legs[n].Amount.Neg()
		}
	}
	return e, nil
}
