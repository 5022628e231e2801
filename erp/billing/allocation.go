package billing

import (
	"context"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// settleAll settles invoices one by one, in the books and here, and answers those that are paid now.
func (b *Invoices) settleAll(ctx context.Context, tx *storage.Tx, g *giver, s *settling, named []Settle, list []*Invoice) (
	entry storage.Ref, paid []storage.ID[Invoice], err error) {
	var before []Invoice
	had := g.free()
	for n, i := range list {
		a, err := allocate(g.free(), i, named[n], n == len(list)-1, s.date)
		if err != nil {
			return entry, nil, err
		}
		if a == nil {
			continue // it was used up before
		}
		old := *i
		settled, err := a.settled()
		if err == nil {
			err = i.settle(settled)
		}
		if err == nil {
			err = g.use(a.Amount)
		}
		if err != nil {
			return entry, nil, err
		}
		if i.State == Paid {
			paid = append(paid, i.ID)
		}
		before, s.list, s.made = append(before, old), append(s.list, i), append(s.made, g.allocation(tx, *a))
	}
	if more, err := g.free().Cmp(had); err != nil || more > 0 {
		return entry, nil, ErrOverpaid.With("credit notes come to more than the invoices")
	}
	if entry, err = b.settleInBooks(ctx, tx, s); err != nil {
		return entry, nil, err
	}
	for n, i := range s.list {
		if err := event.Apply(ctx, tx, invoices, event.Change[Invoice]{By: s.by, Verb: "billing.invoice.settle", Before: &before[n], After: i}); err != nil {
			return entry, nil, err
		}
	}
	return entry, paid, allocations.Insert(ctx, tx, s.made...)
}

// discountAt is what may be left out of an invoice that is paid on a day.
func (i *Invoice) discountAt(on date.Date) (money.Amount, error) {
	early := i.Terms.Early()
	if i.Kind != Normal || early.Percent.IsZero() || on.After(early.Until(i.Date)) {
		return i.Gross.Mul(zero), nil
	}
	net, tax, err := early.Of(i.Net, i.Tax)
	if err != nil {
		return net, err
	}
	return net.Add(tax)
}

// allocate decides how much of what is free settles an invoice, what is granted and what is written off; nil if nothing is left. Pure.
func allocate(free money.Amount, i *Invoice, s Settle, last bool, on date.Date) (*Allocation, error) {
	less, err := free.Cmp(i.Open)
	if err != nil {
		return nil, ErrCurrency.Because(err)
	}
	off, err := i.discountAt(on)
	if err != nil {
		return nil, err
	}
	use := s.Amount
	if use.IsZero() {
		if use = i.Open; s.Discount {
			if use, err = i.Open.Sub(off); err != nil {
				return nil, ErrCurrency.Because(err)
			}
		}
		if more, err := free.Cmp(use); err != nil || more < 0 || less > 0 && s.WriteOff && last {
			use = free // all of it; what is too much is written off to our favour
		}
	}
	if more, err := use.Cmp(free); err != nil {
		return nil, ErrCurrency.Because(err)
	} else if more > 0 {
		return nil, ErrOverpaid.With("%s is more than is left", use)
	}
	a := &Allocation{Invoice: i.ID, Amount: use, WriteOff: use.Mul(zero), Discount: use.Mul(zero)}
	rest, err := i.Open.Sub(use)
	if err != nil {
		return nil, ErrCurrency.Because(err)
	}
	short, err := rest.Cmp(off)
	if err != nil {
		return nil, ErrCurrency.Because(err)
	}
	switch {
	case rest.Sign() > 0 && short <= 0 && (s.Discount || s.found && use.Sign() > 0):
		a.Discount = rest
	case s.WriteOff:
		a.WriteOff = rest
	case s.Discount && rest.Sign() > 0:
		return nil, ErrDiscount.With("%s may be left out of %s until %s", off, i.Number, i.Terms.Early().Until(i.Date))
	}
	if use.IsZero() && !a.gives() {
		return nil, nil
	}
	return a, nil
}
