package bench_test

import (
	"context"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas"
	"github.com/tutas/tutas/crm/party"
	"github.com/tutas/tutas/crm/pipeline"
	"github.com/tutas/tutas/erp"
	"github.com/tutas/tutas/erp/billing"
	"github.com/tutas/tutas/erp/sales"
	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/driver"
)

// A seller has a company and the way its deals go.
type seller struct {
	company  *tutas.Company
	pipeline storage.ID[pipeline.Pipeline]
}

func open(b testing.TB, e driver.Engine) *seller {
	b.Helper()
	ctx := b.Context()
	day := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	business := tutas.Open(storage.Open(e, storage.Clock(func() time.Time { return day })))
	must(b, business.Migrate(ctx))
	company, err := business.Create(ctx, storage.Tenant{ID: tenant, Currency: "EUR"})
	must(b, err)
	way, err := company.Deals.CreatePipeline(ctx, pipeline.CreatePipeline{Name: "Sales", Stages: pipeline.Usual()})
	must(b, err)
	return &seller{company, way.ID}
}

const tenant = "acme"

func must(b testing.TB, err error) {
	if err != nil {
		b.Helper()
		b.Fatal(err)
	}
}

var (
	dec     = decimal.RequireFromString
	machine = storage.Ref{Kind: "shop.product", ID: "machine"}
	work    = storage.Ref{Kind: "shop.product", ID: "installation"}
	agent   = storage.Ref{Kind: "shop.user", ID: "42"}
)

// chains sells n times in one transaction.
func (s *seller) chains(ctx context.Context, n int) error {
	return s.company.Update(ctx, func(tx *storage.Tx) error {
		in := s.company.In(tx)
		for range n {
			if err := s.chain(ctx, in); err != nil {
				return err
			}
		}
		return nil
	})
}

// chain is a new customer, a deal of two lines that is won, its order, an invoice of two lines with 20 % tax in the books, and its payment.
func (s *seller) chain(ctx context.Context, c *tutas.Company) error {
	buyer, err := c.Parties.Create(ctx, party.Create{By: agent, Kind: party.Organisation, Name: "Steppe Trading GmbH", Sector: "retail"})
	if err != nil {
		return err
	}
	customer := buyer.Ref()
	deal, err := c.Deals.Open(ctx, pipeline.Open{By: agent, Name: "A machine, installed", Customer: customer, Pipeline: s.pipeline, Lines: []pipeline.Line{
		{Product: machine, Text: "Machine", Quantity: dec("1"), ListPrice: money.MustParse("500 EUR")},
		{Product: work, Text: "Installation", Quantity: dec("10"), ListPrice: money.MustParse("70 EUR")},
	}})
	if err != nil {
		return err
	}
	if deal, err = c.Deals.Win(ctx, pipeline.Win{By: agent, ID: deal.ID}); err != nil {
		return err
	}
	dims := ledger.Dims{Deal: deal.ID.String(), Product: machine.ID, Person: agent.ID}
	lines := []erp.Line{
		{Product: machine, Text: "Machine", Quantity: dec("1"), Price: dec("500"), TaxCode: "standard", TaxPercent: dec("20"), Dims: dims},
		{Product: work, Text: "Installation", Quantity: dec("10"), Price: dec("70"), TaxCode: "standard", TaxPercent: dec("20"), Dims: dims},
	}
	lines[1].Dims.Product = work.ID
	order, err := c.Orders.Place(ctx, sales.Draft{By: agent, Customer: customer, Origin: deal.Ref(), Owner: agent, Terms: erp.Terms{Days: 30},
		Currency: "EUR", Lines: lines})
	if err != nil {
		return err
	}
	for i := range lines {
		lines[i].Source = sales.Ref(order.ID)
	}
	invoice, err := c.Invoices.IssueNew(ctx, billing.Draft{By: agent, Customer: customer, Origin: sales.Ref(order.ID), Owner: agent, Terms: order.Terms,
		Currency: "EUR", Lines: lines})
	if err != nil {
		return err
	}
	_, err = c.Invoices.Receive(ctx, billing.Receive{By: agent, Customer: customer, Amount: invoice.Gross, For: []billing.Settle{{Invoice: invoice.ID}}})
	return err
}
