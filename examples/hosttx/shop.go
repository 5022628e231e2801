package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas"
	"github.com/tutas/tutas/erp"
	"github.com/tutas/tutas/erp/billing"
	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/driver"
)

// An order is a row of the shop's own table.
type order struct {
	id, customer int64
	item, price  string
	// declined: the customer's card is refused when all else is done.
	declined bool
}

var orders = []order{
	{id: 1, customer: 42, item: "desk", price: "120"},
	{id: 2, customer: 42, item: "forty desks", price: "4800"},
	{id: 3, customer: 7, item: "chair", price: "80", declined: true},
	{id: 4, customer: 7, item: "lamp", price: "50"},
}

const createOrders = `CREATE TABLE shop_order (id bigint PRIMARY KEY, item text NOT NULL, outcome text NOT NULL)`

// errLimit is a rule of the shop's.
var errLimit = storage.NewError("shop.limit", "above 1,000 EUR we ask the customer first")

// limit tells the library. It is asked when the invoice has its entry and its number, and before it is written.
func limit(_ context.Context, _ *storage.Tx, _ storage.Ref, verb string, _, after any) error {
	i, ok := after.(*billing.Invoice)
	if ok && verb == "billing.invoice.issue" && i.Gross.Decimal().GreaterThan(decimal.NewFromInt(1000)) {
		return errLimit
	}
	return nil
}

// open connects the library over an engine and founds a company.
func open(ctx context.Context, engine driver.Engine) (*tutas.Company, error) {
	clock := storage.Clock(func() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) })
	business := tutas.Open(storage.Open(engine, clock, storage.WithGuard(limit)))
	if err := business.Migrate(ctx); err != nil {
		return nil, err
	}
	return business.Create(ctx, storage.Tenant{ID: "acme", Currency: "EUR"})
}

// bill invoices an order, in whatever transaction the company was joined to.
func bill(ctx context.Context, acme *tutas.Company, o order) (*billing.Invoice, error) {
	price, err := decimal.NewFromString(o.price)
	if err != nil {
		return nil, err
	}
	return acme.Invoices.IssueNew(ctx, billing.Draft{
		Customer: storage.Ref{Kind: "shop.customer", ID: strconv.FormatInt(o.customer, 10)},
		Origin:   storage.Ref{Kind: "shop.order", ID: strconv.FormatInt(o.id, 10)},
		Currency: "EUR", Lines: []erp.Line{{Text: o.item, Quantity: decimal.NewFromInt(1), Price: price}}})
}

// report says what the library has kept.
func report(ctx context.Context, acme *tutas.Company, out io.Writer) error {
	for i, err := range acme.Invoices.All(ctx, billing.Filter{}) {
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "the books: invoice %s for %s %s, %s\n", i.Number, i.Origin.Kind, i.Origin.ID, i.Gross)
	}
	owed, err := acme.Books.Balance(ctx, ledger.Receivables, "EUR", date.Date{})
	fmt.Fprintln(out, "the books: customers owe", owed)
	return err
}
