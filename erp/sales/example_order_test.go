package sales_test

import (
	"context"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/erp"
	"github.com/tutas/tutas/erp/sales"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
)

// The first order: placed, numbered, delivered.
func Example() {
	ctx, store := context.Background(), storage.Open(memory.New())
	_ = store.Migrate(ctx, event.Package(), sales.Package())
	db, _ := store.CreateTenant(ctx, storage.Tenant{ID: "acme"})

	orders := sales.New(db, sales.Ports{})
	o, err := orders.Place(ctx, sales.Draft{Customer: storage.Ref{Kind: "shop.customer", ID: "42"}, Currency: "USD",
		Lines: []erp.Line{{Text: "GTK 500", Quantity: decimal.NewFromInt(1), Price: decimal.NewFromInt(27971)}}})
	fmt.Println(o.Number, o.State, o.Gross, err)
	o, err = orders.Fulfil(ctx, sales.Fulfil{Order: o.ID})
	fmt.Println(o.Number, o.State, err)
	// Output:
	// SO1 confirmed 27971.00 USD <nil>
	// SO1 fulfilled <nil>
}

// What would an order come to, and does its discount need approval? The rule needs no storage.
func ExampleCompose() {
	two, limit := decimal.NewFromInt(2), decimal.NewFromInt(10)
	o, err := sales.Compose(sales.Draft{Customer: storage.Ref{Kind: "shop.customer", ID: "42"}, Currency: "USD",
		Lines: []erp.Line{{Text: "GTX Pro", Quantity: two, Price: decimal.NewFromInt(4300)}}, List: []decimal.Decimal{decimal.NewFromInt(4821)}})
	fmt.Println(o.Net, o.Discount, o.Exceeds(limit), err)
	// Output: 8600.00 USD 10.81 true <nil>
}

// Where does each action lead, and why not the rest? LifeDiagram draws the whole table.
func ExampleOrder_Permitted() {
	o := sales.Order{State: sales.Confirmed}
	for _, p := range o.Permitted()[2:] {
		fmt.Println(p.Label, p.Allowed, p.To+p.Code)
	}
	// Output:
	// Fulfil true fulfilled
	// Close false sales.not_fulfilled
	// Cancel true cancelled
}

// What can be done with an order now, and why not the rest?
func ExampleOrder_Verbs() {
	o := sales.Order{State: sales.Fulfilled}
	for _, v := range o.Verbs()[2:] {
		fmt.Printf("%s: %q\n", v.Name, v.Why)
	}
	// Output:
	// fulfil: "the order is not confirmed, or has gone further"
	// close: ""
	// cancel: "the order cannot be cancelled any more"
}
