package expense_test

import (
	"context"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/erp/expense"
	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
)

// The first claim: submitted, in the books, paid.
func Example() {
	ctx, store := context.Background(), storage.Open(memory.New())
	_ = store.Migrate(ctx, event.Package(), ledger.Package(), expense.Package())
	db, _ := store.CreateTenant(ctx, storage.Tenant{ID: "acme", Currency: "EUR"}, ledger.Template(ledger.ServicesChart()))

	claims := expense.New(db, expense.Ports{Journal: journal{ledger.New(db)}, Limit: money.MustParse("200 EUR"),
		Accounts: expense.Accounts{Payable: ledger.EmployeePayables, Tax: ledger.TaxReceivable, Bank: ledger.Bank, Expense: ledger.Travel}})
	c, _ := claims.Submit(ctx, expense.Submit{Person: storage.Ref{Kind: "people.person", ID: "ana"}, Lines: []expense.Line{
		{Category: "travel", Text: "Train to Almaty", Amount: money.MustParse("140 EUR"), TaxPercent: decimal.NewFromInt(7)}}})
	c, _ = claims.Post(ctx, expense.Post{Claim: c.ID})
	fmt.Println(c.State, c.Net, c.Tax, c.Open)
	_, err := claims.Reimburse(ctx, expense.Reimburse{Claim: c.ID})
	c, _ = claims.Get(ctx, c.ID)
	fmt.Println(c.State, c.Open, err)
	// Output:
	// posted 130.84 EUR 9.16 EUR 140.00 EUR
	// paid 0.00 EUR <nil>
}

// How much tax is in a receipt? The rule needs no storage.
func ExampleSplit() {
	fmt.Println(expense.Split(money.MustParse("140 EUR"), decimal.NewFromInt(7)))
	// Output: 130.84 EUR 9.16 EUR <nil>
}

// What kind of cost is a receipt?
func ExampleCategorise() {
	lines := []expense.Line{{Merchant: "Air Astana"}, {Text: "Taxi to the airport"}, {Text: "Gift"}}
	expense.Categorise(lines, expense.Rule{Merchant: "AIR ASTANA", Category: "travel"}, expense.Rule{Prefix: "taxi", Category: "travel"})
	for _, l := range lines {
		fmt.Printf("%q ", l.Category)
	}
	// Output: "travel" "travel" ""
}

// A claim as an entry, before it is posted anywhere.
func ExampleEntry() {
	c, _ := expense.Compose(expense.Submit{Person: storage.Ref{Kind: "people.person", ID: "ana"}, Currency: "EUR", Lines: []expense.Line{
		{Category: "travel", Text: "Train", Amount: money.MustParse("140 EUR"), TaxPercent: decimal.NewFromInt(7)}}})
	for _, leg := range expense.Entry(c, expense.Accounts{Payable: "owed", Tax: "tax", Expense: "costs"}, storage.Ref{}, c.Date).Legs {
		fmt.Println(leg.Account, leg.Amount)
	}
	// Output:
	// costs 130.84 EUR
	// tax 9.16 EUR
	// owed -140.00 EUR
}
