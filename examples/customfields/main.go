package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas"
	"github.com/tutas/tutas/crm/pipeline"
	"github.com/tutas/tutas/erp"
	"github.com/tutas/tutas/erp/billing"
	"github.com/tutas/tutas/erp/project"
	"github.com/tutas/tutas/erp/sales"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/memory"
	"github.com/tutas/tutas/workflow/approval"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) error {
	acme, err := open(ctx)
	if err != nil {
		return err
	}
	desks, err := acme.Deals.Open(ctx, pipeline.Open{By: ana, Name: "Forty desks",
		Customer: storage.Ref{Kind: "shop.customer", ID: "42"}, Amount: money.MustParse("4200 EUR"), Fields: storage.Fields{"purchase_order": "PO-4711"}})
	if err != nil {
		return err
	}
	lamps, err := acme.Deals.Open(ctx, pipeline.Open{By: cem, Name: "Nine lamps",
		Customer: storage.Ref{Kind: "shop.customer", ID: "7"}, Amount: money.MustParse("450 EUR")})
	if err != nil {
		return err
	}
	for _, who := range []storage.Ref{ana, cem, boss} {
		if err := deals(ctx, acme, who, out); err != nil {
			return err
		}
	}

	// Ana's deal has its number: it goes all the way, and the number with it.
	if err := deliver(ctx, acme, desks, decimal.NewFromInt(5000), out); err != nil {
		return err
	}
	if err := find(ctx, acme, "PO-4711", out); err != nil {
		return err
	}

	// Cem's has none: the invoice is refused, and nothing is left of order and project. Once the customer has told the number
	// they are number 2.
	if err := deliver(ctx, acme, lamps, decimal.NewFromInt(450), out); !errors.Is(err, errNoPurchaseOrder) {
		return fmt.Errorf("an invoice without a number: %w", err)
	}
	fmt.Fprintln(out, errNoPurchaseOrder)
	lamps.Fields = storage.Fields{"purchase_order": "PO-0815"}
	if lamps, err = acme.Deals.Change(ctx, pipeline.Change{By: cem, Deal: *lamps}); err != nil {
		return err
	}
	return deliver(ctx, acme, lamps, decimal.NewFromInt(450), out)
}

// open founds the company with its field, and with a policy that asks the sales desk about discounts above 10 %.
func open(ctx context.Context) (*tutas.Company, error) {
	store := storage.Open(memory.New(), storage.WithGuard(invoices), storage.WithGuard(approvals), storage.WithScope(ownDeals),
		storage.Clock(func() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) }))
	business := tutas.Open(store, tutas.WithPorts(tutas.Ports{Approval: approval.Ports{Roles: desk{}}}))
	if err := business.Migrate(ctx); err != nil {
		return nil, err
	}
	acme, err := business.Create(ctx, storage.Tenant{ID: "acme", Currency: "EUR"})
	if err != nil {
		return nil, err
	}
	if err := storage.DeclareField(ctx, acme, purchaseOrder); err != nil {
		return nil, err
	}
	_, err = acme.Approvals.SetPolicy(ctx, approval.SetPolicy{Policy: approval.Policy{Name: "discount", Measure: approval.ByPercent,
		AbovePercent: decimal.NewFromInt(10), Stages: []approval.Stage{{Who: approval.Role, Role: "sales desk"}}}})
	return acme, err
}

// deals lists the deals that someone may see.
func deals(ctx context.Context, acme *tutas.Company, who storage.Ref, out io.Writer) error {
	fmt.Fprint(out, who.ID, " sees:")
	for d, err := range acme.Deals.All(ctx, pipeline.Filter{By: who}) {
		if err != nil {
			return err
		}
		fmt.Fprint(out, " ", d.Name, ";")
	}
	fmt.Fprintln(out)
	return nil
}

// deliver turns a deal into an order, a project and an invoice, all or nothing. The company's fields go along.
func deliver(ctx context.Context, acme *tutas.Company, deal *pipeline.Deal, list decimal.Decimal, out io.Writer) error {
	order := sales.Draft{By: deal.Owner, Customer: deal.Customer, Origin: deal.Ref(), Currency: "EUR", Fields: deal.Fields,
		Lines: []erp.Line{{Text: deal.Name, Quantity: decimal.NewFromInt(1), Price: deal.Amount.Decimal()}},
		List:  []decimal.Decimal{list}}
	if err := allow(ctx, acme, order, out); err != nil {
		return err
	}
	var invoice *billing.Invoice
	err := acme.Update(ctx, func(tx *storage.Tx) error {
		acme := acme.In(tx)
		placed, err := acme.Orders.Place(ctx, order)
		if err != nil {
			return err
		}
		job, err := acme.Projects.Open(ctx, project.Open{By: deal.Owner, Origin: sales.Ref(placed.ID),
			Terms: project.Terms{Name: "Delivery of " + deal.Name, Customer: deal.Customer, Fields: placed.Fields}})
		if err != nil {
			return err
		}
		invoice, err = acme.Invoices.IssueNew(ctx, billing.Draft{By: deal.Owner, Customer: deal.Customer, Origin: project.Ref(job.ID),
			Currency: "EUR", Lines: placed.Lines, Fields: job.Fields})
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "invoice %s, %s, for %s\n", invoice.Number, invoice.Gross, invoice.Fields["purchase_order"])
	return nil
}

// allow asks for the discount of an order, if it needs that. Cem sits at the desk, but is no manager.
func allow(ctx context.Context, acme *tutas.Company, order sales.Draft, out io.Writer) error {
	content, err := sales.Compose(order)
	if err != nil || !content.Exceeds(decimal.NewFromInt(10)) {
		return err
	}
	request, err := acme.Approvals.Submit(ctx, approval.Submit{By: order.By, Policy: "discount", Subject: order.Origin,
		Digest: content.Digest(), Percent: content.Discount})
	if err != nil {
		return err
	}
	for _, who := range request.Waiting() {
		if request, err := acme.Approvals.Approve(ctx, approval.Vote{By: who, Request: request.ID}); err != nil {
			fmt.Fprintf(out, "%s approves %s %%: %v\n", who.ID, content.Discount, err)
		} else {
			fmt.Fprintf(out, "%s approves %s %%: %s\n", who.ID, content.Discount, request.State)
		}
	}
	return nil
}

// find lists the documents that carry a purchase-order number.
func find(ctx context.Context, acme *tutas.Company, number string, out io.Writer) error {
	where := []storage.Cond{storage.Eq("fields.purchase_order", number)}
	for d, err := range acme.Deals.All(ctx, pipeline.Filter{Where: where}) {
		if err != nil {
			return err
		}
		fmt.Fprintln(out, number, "on deal", d.Name)
	}
	for o, err := range acme.Orders.All(ctx, sales.Filter{Where: where}) {
		if err != nil {
			return err
		}
		fmt.Fprintln(out, number, "on order", o.Number)
	}
	for p, err := range acme.Projects.All(ctx, project.Filter{Where: where}) {
		if err != nil {
			return err
		}
		fmt.Fprintln(out, number, "on project", p.Name)
	}
	for i, err := range acme.Invoices.All(ctx, billing.Filter{Where: where}) {
		if err != nil {
			return err
		}
		fmt.Fprintln(out, number, "on invoice", i.Number)
	}
	return nil
}
