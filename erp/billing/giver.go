package billing

import (
	"context"
	"slices"
	"strconv"

	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// A giver is what settles invoices: a payment, or a credit note with something left.
type giver struct {
	payment, wasPayment *Payment
	note, wasNote       *Invoice
}

// lockGiver locks a payment or a credit note.
//
// Errors: *storage.Invalid unless one of the two is named, ErrNotCredit, storage.ErrNotFound, storage.ErrStale.
func lockGiver(ctx context.Context, tx *storage.Tx, payment storage.ID[Payment], credit storage.ID[Invoice], version int64) (*giver, error) {
	if payment.IsZero() == credit.IsZero() {
		return nil, &storage.Invalid{Fields: []storage.Fault{{Path: "payment", Code: storage.CodeRequired, Text: "a payment or a credit note"}}}
	}
	if payment.IsZero() {
		n, err := invoices.Lock(ctx, tx, credit)
		if err == nil {
			err = storage.CheckVersion(version, n.Version)
		}
		switch {
		case err != nil:
			return nil, err
		case n.Kind != Credit:
			return nil, ErrNotCredit.With("%s", n.Number)
		}
		was := *n
		return &giver{note: n, wasNote: &was}, nil
	}
	p, err := payments.Lock(ctx, tx, payment)
	if err == nil {
		err = storage.CheckVersion(version, p.Version)
	}
	if err != nil {
		return nil, err
	}
	was := *p
	return &giver{payment: p, wasPayment: &was}, nil
}

// free is what can still settle something.
func (g *giver) free() money.Amount {
	if g.note != nil {
		return g.note.Open.Neg()
	}
	return g.payment.Free
}

// use takes an amount of what is free, or with a negative amount gives it back.
func (g *giver) use(a money.Amount) (err error) {
	switch {
	case g.note != nil && a.Sign() < 0:
		return g.note.reopen(a)
	case g.note != nil:
		return g.note.settle(a.Neg())
	}
	g.payment.Free, err = g.payment.Free.Sub(a)
	g.payment.Unused = !g.payment.Free.IsZero()
	return err
}

func (g *giver) customer() storage.Ref {
	if g.note != nil {
		return g.note.Customer
	}
	return g.payment.Customer
}

func (g *giver) ref() storage.Ref {
	if g.note != nil {
		return Ref(g.note.ID)
	}
	return PaymentRef(g.payment.ID)
}

// item is its open item in the books.
func (g *giver) item() MatchItem {
	if g.note != nil {
		return MatchItem{Entry: g.note.Entry, Leg: invoiceLeg}
	}
	return MatchItem{Entry: g.payment.Entry, Leg: paymentLeg}
}

// allocation is a new one of the giver's.
func (g *giver) allocation(tx *storage.Tx, a Allocation) *Allocation {
	if a.ID = storage.NewID[Allocation](tx); g.note != nil {
		a.Credit = g.note.ID
	} else {
		a.Payment = g.payment.ID
	}
	return &a
}

// allocations reads those that count, but for the refunds and what a credit note takes back.
func (g *giver) allocations(ctx context.Context, tx *storage.Tx) (list []*Allocation, err error) {
	var where storage.Cond
	if g.note != nil {
		where = storage.Eq("credit", g.note.ID)
	} else {
		where = storage.Eq("payment", g.payment.ID)
	}
	for a, err := range allocations.All(ctx, tx, storage.Query{Where: []storage.Cond{where, counts}}) {
		if err != nil {
			return nil, err
		}
		if a.Refund.IsZero() && (g.note == nil || a.Invoice != g.note.Credits) {
			list = append(list, a)
		}
	}
	return list, nil
}

// write stores the giver and tells of it.
func (g *giver) write(ctx context.Context, tx *storage.Tx, by storage.Ref, deed, why string, events ...event.Draft) error {
	if g.note != nil {
		return event.Apply(ctx, tx, invoices, event.Change[Invoice]{By: by, Verb: "billing.invoice." + deed, Why: why, Before: g.wasNote,
			After: g.note, Events: events})
	}
	return event.Apply(ctx, tx, payments, event.Change[Payment]{By: by, Verb: "billing.payment." + deed, Why: why, Before: g.wasPayment,
		After: g.payment, Events: events})
}

// toSettle locks the invoices, in one order that all commands share. With none named it finds the customer's open ones, the first
// due first.
func (g *giver) toSettle(ctx context.Context, tx *storage.Tx, named []Settle) ([]Settle, []*Invoice, error) {
	currency := g.free().Currency()
	if len(named) == 0 {
		q := Filter{Customer: g.customer(), State: Issued, Order: []string{"due"}, Where: []storage.Cond{storage.Eq("currency", string(currency))}}.query()
		for i, err := range invoices.All(ctx, tx, q) {
			if err != nil {
				return nil, nil, err
			}
			if i.Open.Sign() > 0 {
				named = append(named, Settle{Invoice: i.ID, found: true})
			}
		}
	}
	list := make([]*Invoice, len(named))
	for n, s := range named {
		list[n] = &Invoice{ID: s.Invoice}
		if slices.ContainsFunc(named[:n], func(o Settle) bool { return o.Invoice == s.Invoice }) || g.note != nil && s.Invoice == g.note.ID {
			return nil, nil, &storage.Invalid{Fields: []storage.Fault{{Path: "for." + strconv.Itoa(n) + ".invoice", Code: storage.CodeDuplicate}}}
		}
	}
	found, err := invoices.LoadLocked(ctx, tx, list...)
	if err != nil {
		return nil, nil, err
	}
	for n, i := range list {
		switch {
		case !found[n]:
			return nil, nil, storage.ErrNotFound.With("invoice %s", named[n].Invoice)
		case i.Customer != g.customer():
			return nil, nil, ErrCustomer.With("%s", i.Number)
		case i.Currency != currency:
			return nil, nil, ErrCurrency.With("%s is in %s", i.Number, i.Currency)
		}
	}
	return named, list, nil
}
