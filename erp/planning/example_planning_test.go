package planning_test

import (
	"context"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/erp/people"
	"github.com/tutas/tutas/erp/planning"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
)

// Ana is promised 200 hours of a project in March. Can she?
func Example() {
	ctx, store := context.Background(), storage.Open(memory.New())
	_ = store.Migrate(ctx, event.Package(), people.Package(), planning.Package())
	db, _ := store.CreateTenant(ctx, storage.Tenant{ID: "acme"})

	staff, march := people.New(db), date.MustParse("2017-03-01").Month().Period()
	ana, _ := staff.Hire(ctx, people.Hire{Profile: people.Profile{Name: "Ana", Week: people.FullTime()}, Hired: march.From})
	plans := planning.New(db, planning.Ports{People: staff})
	_, _ = plans.Allocate(ctx, planning.Allocate{Who: people.Ref(ana.ID), From: march.From, To: march.To,
		Hours: decimal.NewFromInt(200)})
	loads, err := plans.Load(ctx, planning.LoadQuery{Who: people.Ref(ana.ID), During: march, AsOf: march.From})
	for _, l := range loads {
		fmt.Println(l.Period, l.Hours(), "of", l.Capacity, "hours,", l.Percent, "%, too much:", l.Over)
	}
	fmt.Println(err)
	// Output:
	// 2017-03-01/2017-03-31 200 of 184 hours, 108.7 %, too much: true
	// <nil>
}

// Capacity against demand; the rule needs no storage.
func ExampleLoadOf() {
	quarter := planning.Months(date.Period{From: date.MustParse("2017-01-01"), To: date.MustParse("2017-03-31")})
	hours := func(h int64) decimal.Decimal { return decimal.NewFromInt(h) }
	loads, err := planning.LoadOf(quarter, []decimal.Decimal{hours(176), hours(160), hours(184)},
		[]planning.Demand{{Worked: hours(150)}, {Worked: hours(150), Planned: hours(30)}, {Planned: hours(184)}})
	for _, l := range loads.Over() {
		fmt.Println(l.Period, l.Percent, "%")
	}
	fmt.Println(err)
	// Output:
	// 2017-02-01/2017-02-28 112.5 %
	// <nil>
}
