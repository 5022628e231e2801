package cost_test

import (
	"context"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/erp/cost"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
)

// The first cost centre, with a budget of a year.
func Example() {
	ctx, store := context.Background(), storage.Open(memory.New())
	_ = store.Migrate(ctx, event.Package(), cost.Package())
	db, _ := store.CreateTenant(ctx, storage.Tenant{ID: "acme"})

	costs := cost.New(db, cost.Ports{})
	premises, _ := costs.Open(ctx, cost.Open{Code: "100", Profile: cost.Profile{Name: "Premises"}})
	plan, err := costs.SetBudget(ctx, cost.SetBudget{Centre: premises.ID, Account: "6300",
		From: date.MustParse("2017-01-01").Month(), Months: 12,
		Amount: money.MustParse("100000 USD")})
	fmt.Println(len(plan), "months,", plan[0].Month, plan[0].Amount, "to", plan[11].Month, plan[11].Amount, err)
	// Output: 12 months, 2017-01-01 8333.34 USD to 2017-12-01 8333.33 USD <nil>
}

// Rent shared by floor space. The rule needs no storage.
func ExampleDistribute() {
	portions, err := cost.Distribute(money.MustParse("100.03 USD"), []cost.Share{
		{Centre: "sales", Weight: decimal.RequireFromString("0.7")},
		{Centre: "delivery", Weight: decimal.RequireFromString("0.3")},
	})
	fmt.Println(portions, err)
	// Output: [{sales 70.02 USD} {delivery 30.01 USD}] <nil>
}

// Planned against actual, without any storage.
func ExampleCompare() {
	sales := cost.Centre{ID: storage.ID[cost.Centre]{1}, Code: "sales"}
	lines := cost.Compare([]cost.Centre{sales},
		[]cost.Budget{{Centre: sales.ID, Account: "6300", Amount: money.MustParse("1000 USD")}},
		[]cost.Total{{Centre: "sales", Account: "6300", Amount: money.MustParse("1125 USD")}}, false)
	for _, l := range lines {
		fmt.Println(l.Centre, l.Account, l.Left, l.Percent, "%")
	}
	// Output: sales 6300 -125.00 USD 112.5 %
}
