package activity_test

import (
	"fmt"
	"log"

	"github.com/tutas/tutas/crm/activity"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
)

func open() *storage.DB {
	store := storage.Open(memory.New())
	if err := store.Migrate(ctx, event.Package(), activity.Package()); err != nil {
		log.Fatal(err)
	}
	db, err := store.CreateTenant(ctx, storage.Tenant{ID: "acme"})
	if err != nil {
		log.Fatal(err)
	}
	return db
}

// What was said, what comes next, and which deal nobody cares for.
func Example() {
	activities := activity.New(open())
	chairs, tables := storage.Ref{Kind: "pipeline.deal", ID: "chairs"}, storage.Ref{Kind: "pipeline.deal", ID: "tables"}
	_, _ = activities.Log(ctx, activity.Log{Kind: activity.Call, Subject: chairs, Title: "They like the price"})
	_, _ = activities.Plan(ctx, activity.Plan{Subject: chairs, Title: "Send the contract", Due: date.MustParse("2026-03-06")})
	next, _ := activities.NextStep(ctx, chairs)
	left, err := activities.WithoutNextStep(ctx, chairs, tables)
	fmt.Println(next.Title, left, err)
	// Output: Send the contract [pipeline.deal/tables] <nil>
}

// From those who sold to those who deliver.
func ExampleActivities_Offer() {
	activities := activity.New(open())
	seller, planner := storage.Ref{Kind: "user", ID: "ann"}, storage.Ref{Kind: "user", ID: "bek"}
	handover, _ := activities.Offer(ctx, activity.Offer{By: seller, Subject: storage.Ref{Kind: "pipeline.deal", ID: "chairs"}, To: planner,
		Promises: []string{"Delivery before Nauryz"}})
	_, err := activities.Accept(ctx, activity.Decision{By: planner, ID: handover.ID})
	fmt.Println(err)
	_, _ = activities.Confirm(ctx, activity.Confirm{By: planner, ID: handover.ID, Promise: 0})
	handover, err = activities.Accept(ctx, activity.Decision{By: planner, ID: handover.ID})
	fmt.Println(handover.State, handover.DecidedBy, err)
	// Output:
	// a promise is not confirmed: 1 of 1
	// accepted user/bek <nil>
}

// The rules need no storage.
func ExampleNext() {
	next := activity.Next([]*activity.Activity{
		{Title: "Some day", Open: true}, {Title: "Call", Open: true, Due: date.MustParse("2026-03-06")}, {Title: "Done", Due: date.MustParse("2026-03-01")},
	})
	fmt.Println(next.Title, next.Overdue(date.MustParse("2026-03-07")))
	// Output: Call true
}
