package billing_test

import (
	"context"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/erp"
	"github.com/tutas/tutas/erp/billing"
	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
)

// The first invoice: numbered, in the books, paid in part.
func Example() {
	ctx, store := context.Background(), storage.Open(memory.New())
	_ = store.Migrate(ctx, event.Package(), ledger.Package(), billing.Package())
	db, _ := store.CreateTenant(ctx, storage.Tenant{ID: "acme", Currency: "EUR"}, ledger.Template(ledger.ServicesChart()))

	invoices := billing.New(db, billing.Ports{Journal: journal{ledger.New(db)},
		Accounts: billing.Accounts{Receivable: ledger.Receivables, Revenue: ledger.Revenue, Tax: ledger.TaxPayable, Bank: ledger.Bank}})
	design := erp.Line{Text: "Design", Quantity: decimal.NewFromInt(8), Price: decimal.NewFromInt(75), TaxPercent: decimal.NewFromInt(20)}
	i, err := invoices.IssueNew(ctx, billing.Draft{Customer: storage.Ref{Kind: "shop.customer", ID: "42"}, Currency: "EUR",
		Lines: []erp.Line{design}})
	fmt.Println(i.Number, i.State, i.Gross, err)
	_, err = invoices.Receive(ctx, billing.Receive{Customer: i.Customer, Amount: money.MustParse("500 EUR")})
	owed, _ := ledger.New(db).Balance(ctx, ledger.Receivables, "EUR", date.Date{})
	fmt.Println(owed, err)
	// Output:
	// 1 issued 720.00 EUR <nil>
	// 220.00 EUR <nil>
}

// Since when is money owed? The rule needs no storage.
func ExampleAge() {
	item := func(due, open string) billing.Item {
		return billing.Item{Due: date.MustParse(due), Open: money.MustParse(open)}
	}
	items := []billing.Item{item("2026-04-10", "100 EUR"), item("2026-03-20", "40 EUR"), item("2025-12-01", "7.50 EUR")}
	ages, err := billing.Age(items, date.MustParse("2026-03-31"))
	for _, a := range ages {
		fmt.Println("not due", a.NotDue, "to 30 days", a.To30, "over 90 days", a.Over90, "in all", a.Total)
	}
	fmt.Println(err)
	// Output:
	// not due 100.00 EUR to 30 days 40.00 EUR over 90 days 7.50 EUR in all 147.50 EUR
	// <nil>
}

// What can be done with an invoice now, and why not the rest?
func ExampleInvoice_Verbs() {
	i := billing.Invoice{Kind: billing.Normal, State: billing.Issued, Open: money.MustParse("220 EUR")}
	for _, v := range i.Verbs() {
		fmt.Printf("%s: %q\n", v.Name, v.Why)
	}
	// Output:
	// change: "an issued invoice never changes: credit it"
	// issue: "an issued invoice never changes: credit it"
	// receive: ""
	// credit: ""
}
