package tutas

import (
	"context"

	"github.com/tutas/tutas/crm/pipeline"
	"github.com/tutas/tutas/erp/billing"
	"github.com/tutas/tutas/erp/project"
	"github.com/tutas/tutas/erp/sales"
	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// An Outcome is what came of a deal: its documents, and the money that was kept.
type Outcome struct {
	Deal     *pipeline.Deal
	Orders   []*sales.Order
	Projects []*project.Project
	Invoices []*billing.Invoice
	// Costs is what the books say about the deal, by account; an income has a minus.
	Costs []ledger.TotalsRow
	// Earned is all income, Spent all expense, Kept the difference: sums of postings that name the deal in their Dims. Lines of
	// orders and invoices name it in Line.Dims.Deal, projects in Terms.Deal; what does not name it is not in the sums.
	Earned, Spent, Kept money.Amount
	// Open is what the customer still owes for it.
	Open money.Amount
}

// Outcome walks from a deal forward to the money that was kept. What the actor may not see is left out.
//
// Errors: storage.ErrNotFound, money.ErrCurrency where a deal was paid in several currencies.
func (c *Company) Outcome(ctx context.Context, deal storage.ID[pipeline.Deal], by ...storage.Ref) (o Outcome, err error) {
	actor := storage.Ref{}
	if len(by) > 0 {
		actor = by[0]
	}
	err = c.View(ctx, func(tx *storage.Tx) (err error) {
		in := c.In(tx)
		o = Outcome{}
		if o.Deal, err = in.Deals.Get(ctx, deal, actor); err != nil {
			return err
		}
		if err := in.documents(ctx, &o, actor); err != nil {
			return err
		}
		return in.kept(ctx, &o, actor)
	})
	return o, err
}

// documents follows the origins forward: orders of the deal, projects of the deal or its orders, invoices of any of them.
func (c *Company) documents(ctx context.Context, o *Outcome, by storage.Ref) error {
	origins := []storage.Ref{o.Deal.Ref()}
	for x, err := range c.Orders.All(ctx, sales.Filter{By: by, Origin: origins[0]}) {
		if err != nil {
			return err
		}
		o.Orders = append(o.Orders, x)
		origins = append(origins, sales.Ref(x.ID))
	}
	for _, from := range origins {
		for x, err := range c.Projects.All(ctx, project.Filter{By: by, Origin: from}) {
			if err != nil {
				return err
			}
			o.Projects = append(o.Projects, x)
		}
	}
	for _, x := range o.Projects {
		origins = append(origins, project.Ref(x.ID))
	}
	for i := 0; i < len(origins) && i < maxChain; i++ {
		for x, err := range c.Invoices.All(ctx, billing.Filter{By: by, Origin: origins[i]}) {
			if err != nil {
				return err
			}
			o.Invoices = append(o.Invoices, x)
			origins = append(origins, billing.Ref(x.ID)) // credit notes come from invoices
		}
	}
	return nil
}

// kept sums the postings that name the deal.
func (c *Company) kept(ctx context.Context, o *Outcome, by storage.Ref) error {
	cut, err := c.Books.Totals(ctx, ledger.TotalsFilter{By: by, Where: ledger.Dims{Deal: o.Deal.ID.String()}, ByAccount: true,
		Chosen: ledger.Chosen{Types: []ledger.Type{ledger.Income, ledger.Expense}}})
	if err != nil {
		return err
	}
	o.Costs = cut.Rows
	for _, r := range cut.Rows {
		var bad error
		if o.Kept, bad = o.Kept.Sub(r.Amount); bad != nil {
			return bad
		}
		a, err := c.Books.Account(ctx, r.Account)
		switch {
		case err != nil:
			return err
		case a.Type == ledger.Income:
			o.Earned, bad = o.Earned.Sub(r.Amount)
		default:
			o.Spent, bad = o.Spent.Add(r.Amount)
		}
		if bad != nil {
			return bad
		}
	}
	for _, i := range o.Invoices {
		if o.Open, err = o.Open.Add(i.Open); err != nil {
			return err
		}
	}
	return nil
}

// settled is the first invoice that a payment settled; none where it is all credit.
func (c *Company) settled(ctx context.Context, payment storage.Ref) (storage.Ref, error) {
	id, err := storage.RefID[billing.Payment](payment)
	if err != nil {
		return storage.Ref{}, err
	}
	for a, err := range c.Invoices.Allocations(ctx, id) {
		if err != nil {
			return storage.Ref{}, err
		}
		if a.Refund.IsZero() {
			return billing.Ref(a.Invoice), nil
		}
	}
	return storage.Ref{}, nil
}
