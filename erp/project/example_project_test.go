package project_test

import (
	"context"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/erp/project"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
)

// The first hours, and what of them is to be billed.
func Example() {
	ctx, store := context.Background(), storage.Open(memory.New())
	_ = store.Migrate(ctx, event.Package(), project.Package())
	db, _ := store.CreateTenant(ctx, storage.Tenant{ID: "acme"})

	projects, ana := project.New(db, project.Ports{}), storage.Ref{Kind: "user", ID: "ana"}
	p, _ := projects.Open(ctx, project.Open{Terms: project.Terms{Name: "Installation", Price: money.MustParse("20 USD")}})
	p, _ = projects.Start(ctx, project.Move{Project: p.ID})
	_, _ = projects.LogTime(ctx, project.LogTime{Times: []project.Hours{
		{Project: p.ID, Person: ana, Date: date.MustParse("2017-03-01"), Hours: decimal.NewFromInt(3)},
		{Project: p.ID, Person: ana, Date: date.MustParse("2017-03-02"), Hours: decimal.NewFromInt(2)}}})
	bill, err := projects.ToBill(ctx, project.Unbilled{Project: p.ID, UpTo: date.MustParse("2017-03-01")})
	fmt.Println(bill.Hours, bill.Amount, err)
	// Output: 3 60.00 USD <nil>
}

// A fixed price beats the hourly one. The rule needs no storage.
func ExampleToBill() {
	half, monday := decimal.RequireFromString("0.5"), date.MustParse("2017-03-06")
	rate := money.MustParse("13.44 USD")
	bill, err := project.ToBill([]project.Time{
		{ID: storage.ID[project.Time]{1}, Date: monday, Hours: half, Price: rate, Billable: true},
		{ID: storage.ID[project.Time]{2}, Date: monday, Hours: half, Price: rate, Fixed: money.MustParse("25 USD"), Billable: true},
		{ID: storage.ID[project.Time]{3}, Date: monday, Hours: half, Price: rate},
	})
	for _, l := range bill.Lines {
		fmt.Println(l.Hours, l.Amount)
	}
	fmt.Println(bill.Amount, err)
	// Output:
	// 0.5 6.72 USD
	// 0.5 25.00 USD
	// 31.72 USD <nil>
}
