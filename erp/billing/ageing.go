package billing

import (
	"context"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// An Ageing says since when money is owed, per currency.
type Ageing struct {
	Currency money.Currency
	// NotDue is open but not due yet; the others are so many days over due.
	NotDue, To30, To60, To90, Over90 money.Amount
	// Credit is what customers have paid ahead or got back; it reduces what they owe.
	Credit money.Amount
	// Total is all of it: the receivables account.
	Total money.Amount
}

// bucket chooses where an amount that is so many days late belongs.
func (a *Ageing) bucket(late int) *money.Amount {
	switch {
	case late <= 0:
		return &a.NotDue
	case late <= 30:
		return &a.To30
	case late <= 60:
		return &a.To60
	case late <= 90:
		return &a.To90
	}
	return &a.Over90
}

// An Item is what is open of one invoice, or a payment's credit, at a date.
type Item struct {
	Invoice  *Invoice // nil for a payment
	Payment  *Payment // nil for an invoice
	Customer storage.Ref
	Due      date.Date
	Open     money.Amount
}

// Age sorts open items into an ageing per currency, in the order in which currencies appear. Pure.
func Age(items []Item, asOf date.Date) ([]Ageing, error) {
	var out []Ageing
	at := map[money.Currency]int{}
	for _, it := range items {
		c := it.Open.Currency()
		n, ok := at[c]
		if !ok {
			n = len(out)
			at[c] = n
			z := money.Zero(c)
			out = append(out, Ageing{Currency: c, NotDue: z, To30: z, To60: z, To90: z, Over90: z, Credit: z, Total: z})
		}
		a := &out[n]
		to := a.bucket(asOf.Sub(it.Due))
		if it.Open.Sign() < 0 {
			to = &a.Credit
		}
		var err error
		if *to, err = to.Add(it.Open); err == nil {
			a.Total, err = a.Total.Add(it.Open)
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Ageing says what is owed as of a date, from the invoices and payments as they were then. Its total is the receivables account's balance.
func (b *Invoices) Ageing(ctx context.Context, f Filter, asOf date.Date) ([]Ageing, error) {
	items, err := b.Open(ctx, f, asOf)
	if err != nil {
		return nil, err
	}
	return Age(items, asOf)
}

// Open lists what was open as of a date: invoices, then payments not used. It reads the documents that are open now, and those settled since.
func (b *Invoices) Open(ctx context.Context, f Filter, asOf date.Date) (items []Item, err error) {
	err = b.s.View(ctx, func(tx *storage.Tx) error {
		items = nil
		later, err := settledSince(ctx, tx, asOf)
		if err != nil {
			return err
		}
		seen := map[storage.ID[Invoice]]bool{}
		add := func(i *Invoice) error {
			if seen[i.ID] || i.State == Drafted || i.Date.After(asOf) {
				return nil
			}
			seen[i.ID] = true
			open := i.Open
			if more, ok := later.invoices[i.ID]; ok {
				if open, err = open.Add(more); err != nil {
					return err
				}
			}
			if !open.IsZero() {
				items = append(items, Item{Invoice: i, Customer: i.Customer, Due: i.Due, Open: open})
			}
			return nil
		}
		q := f
		if q.State = Issued; f.Order == nil {
			q.Order = []string{"due"}
		}
		for i, err := range invoices.All(ctx, tx, q.query()) {
			if err != nil {
				return err
			}
			if err := add(i); err != nil {
				return err
			}
		}
		if err := later.each(ctx, tx, f, add); err != nil {
			return err
		}
		return b.openPayments(ctx, tx, f, asOf, later, &items)
	})
	return items, err
}

// since is what has been settled after a date, less what was released after it.
type since struct {
	order    []storage.ID[Invoice]
	invoices map[storage.ID[Invoice]]money.Amount // settled on invoices; on credit notes, what they gave
	payments map[storage.ID[Payment]]money.Amount // used of payments
}

func settledSince(ctx context.Context, tx *storage.Tx, asOf date.Date) (since, error) {
	s := since{invoices: map[storage.ID[Invoice]]money.Amount{}, payments: map[storage.ID[Payment]]money.Amount{}}
	for n, where := range [2][]storage.Cond{{counts, storage.Gt("date", asOf)}, {storage.Gt("until", asOf), storage.Le("date", asOf)}} {
		for a, err := range allocations.All(ctx, tx, storage.Query{Where: where}) {
			if err != nil {
				return s, err
			}
			settled, err := a.settled()
			if err != nil {
				return s, err
			}
			used := a.Amount
			if n > 0 { // it counted then, and does not now
				settled, used = settled.Neg(), used.Neg()
			}
			if !a.Invoice.IsZero() {
				s.note(a.Invoice, settled)
			}
			if !a.Credit.IsZero() {
				s.note(a.Credit, used.Neg())
			}
			if !a.Payment.IsZero() {
				if s.payments[a.Payment], err = sum(s.payments[a.Payment], used); err != nil {
					return s, err
				}
			}
		}
	}
	return s, nil
}

func (s *since) note(id storage.ID[Invoice], a money.Amount) {
	old, seen := s.invoices[id]
	if !seen {
		s.order = append(s.order, id)
	}
	s.invoices[id], _ = sum(old, a)
}

func sum(a, b money.Amount) (money.Amount, error) {
	if a.Currency() == "" {
		return b, nil
	}
	return a.Add(b)
}

// each reads the invoices that were settled since and are not open now.
func (s *since) each(ctx context.Context, tx *storage.Tx, f Filter, add func(*Invoice) error) error {
	for n := 0; n < len(s.order); n += 500 {
		q := f
		q.State, q.Order, q.Limit = "", nil, 0
		q.Where = append(append([]storage.Cond(nil), f.Where...), storage.In("id", s.order[n:min(n+500, len(s.order))]...))
		for i, err := range invoices.All(ctx, tx, q.query()) {
			if err != nil {
				return err
			}
			if err := add(i); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *Invoices) openPayments(ctx context.Context, tx *storage.Tx, f Filter, asOf date.Date, later since, items *[]Item) error {
	q := storage.Query{By: f.By, Where: []storage.Cond{storage.Le("date", asOf)}, Order: []string{"date"}}
	if !f.Customer.IsZero() {
		q.Where = append(q.Where, storage.Eq("customer", f.Customer))
	}
	if len(later.payments) == 0 { // only those with something left matter
		q.Where = append(q.Where, storage.Eq("unused", true))
	}
	for p, err := range payments.All(ctx, tx, q) {
		if err != nil {
			return err
		}
		free, err := sum(p.Free, later.payments[p.ID])
		if later.payments[p.ID].Currency() == "" {
			free, err = p.Free, nil
		}
		if err != nil {
			return err
		}
		if !free.IsZero() {
			*items = append(*items, Item{Payment: p, Customer: p.Customer, Due: p.Date, Open: free.Neg()})
		}
	}
	return nil
}
