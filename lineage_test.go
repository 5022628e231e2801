package tutas_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas"
	"github.com/tutas/tutas/crm/pipeline"
	"github.com/tutas/tutas/erp"
	"github.com/tutas/tutas/erp/billing"
	"github.com/tutas/tutas/erp/project"
	"github.com/tutas/tutas/erp/sales"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/memory"
)

func TestADocumentThatNamesItsOriginCountsForTheDealThatItCameOf(t *testing.T) {
	ctx := t.Context()
	b := tutas.Open(storage.Open(memory.New()))
	require.NoError(t, b.Migrate(ctx))
	c, err := b.Create(ctx, storage.Tenant{ID: "acme", Currency: "USD"})
	require.NoError(t, err)
	customer := storage.Ref{Kind: "shop.customer", ID: "42"}
	deal, err := c.Deals.Open(ctx, pipeline.Open{Name: "Desks", Customer: customer, Amount: money.MustParse("12000 USD")})
	require.NoError(t, err)
	deal, err = c.Deals.Win(ctx, pipeline.Win{ID: deal.ID})
	require.NoError(t, err)
	order, err := c.Orders.Place(ctx, sales.Draft{Customer: customer, Origin: deal.Ref(), Currency: "USD",
		Lines: []erp.Line{{Text: "Desk", Quantity: decimal.NewFromInt(40), Price: decimal.NewFromInt(300)}}})
	require.NoError(t, err)
	one, err := c.Projects.Open(ctx, project.Open{Origin: sales.Ref(order.ID), Terms: project.Terms{Name: "Delivery"}})
	require.NoError(t, err)
	require.Equal(t, deal.ID.String(), one.Deal)
	inv, err := c.Invoices.IssueNew(ctx, billing.Draft{Customer: customer, Origin: project.Ref(one.ID), Currency: "USD", Lines: order.Lines})
	require.NoError(t, err)
	pay, err := c.Invoices.Receive(ctx, billing.Receive{Customer: customer, Amount: inv.Gross})
	require.NoError(t, err)

	o, err := c.Outcome(ctx, deal.ID)
	require.NoError(t, err)
	require.Equal(t, "12000.00", o.Earned.Text())
	require.Equal(t, "12000.00", o.Kept.Text())
	require.Equal(t, "0.00", o.Open.Text())
	require.Len(t, o.Orders, 1)
	require.Len(t, o.Invoices, 1)

	chain, err := c.Origins(ctx, pay.Entry)
	require.NoError(t, err)
	var kinds []string
	for _, l := range chain {
		kinds = append(kinds, l.Ref.Kind)
	}
	require.Equal(t, []string{"ledger.entry", "billing.payment", "billing.invoice", "project.project", "sales.order", "pipeline.deal"}, kinds)
}
