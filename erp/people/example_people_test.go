package people_test

import (
	"context"
	"fmt"

	"github.com/tutas/tutas/erp/people"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
)

// The first employee, with what an hour costs.
func Example() {
	ctx, store := context.Background(), storage.Open(memory.New())
	_ = store.Migrate(ctx, event.Package(), people.Package())
	db, _ := store.CreateTenant(ctx, storage.Tenant{ID: "acme"})

	staff, monday := people.New(db), date.MustParse("2017-03-06")
	ana, _ := staff.Hire(ctx, people.Hire{Profile: people.Profile{Name: "Ana", Week: people.FullTime()}, Hired: monday})
	_, _ = staff.SetRate(ctx, people.SetRate{Person: ana.ID, From: monday, Hour: money.MustParse("42.00 USD")})
	_ = db.View(ctx, func(tx *storage.Tx) error {
		hours, _ := staff.Capacity(ctx, tx, people.Ref(ana.ID), []date.Period{date.MustParse("2017-03-01").Month().Period()})
		cost, err := staff.CostRate(ctx, tx, people.Ref(ana.ID), monday)
		fmt.Println(hours, "hours at", cost)
		return err
	})
	// Output: [160] hours at 42.00 USD
}

// How many hours has someone in March, with a holiday and two days off? The rule needs no storage.
func ExampleCapacity() {
	employed := date.Period{From: date.MustParse("2016-05-01")}
	holidays := []people.Holiday{{Date: date.MustParse("2017-03-08")}}
	leave := []people.Leave{{From: date.MustParse("2017-03-30"), To: date.MustParse("2017-03-31")}}
	fmt.Println(people.Capacity(people.FullTime(), employed, holidays, leave, date.MustParse("2017-03-01").Month().Period()))
	// Output: 160
}
