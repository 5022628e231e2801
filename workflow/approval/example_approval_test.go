package approval_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
	"github.com/tutas/tutas/workflow/approval"
)

// The first approval: a discount of 12.5 % where 10 % are free.
func Example() {
	ctx, store := context.Background(), storage.Open(memory.New())
	_ = store.Migrate(ctx, event.Package(), approval.Package())
	db, _ := store.CreateTenant(ctx, storage.Tenant{ID: "acme"})
	anna, boss, deal := storage.Ref{Kind: "user", ID: "anna"}, storage.Ref{Kind: "user", ID: "boss"},
		storage.Ref{Kind: "deal", ID: "42"}

	approvals := approval.New(db, approval.Ports{})
	_, _ = approvals.SetPolicy(ctx, approval.SetPolicy{Policy: approval.Policy{Name: "discount", Measure: approval.ByPercent,
		AbovePercent: decimal.NewFromInt(10), Stages: []approval.Stage{{Who: approval.People, People: []storage.Ref{boss}}}}})
	request, _ := approvals.Submit(ctx, approval.Submit{By: anna, Policy: "discount", Subject: deal,
		Percent: decimal.RequireFromString("12.5")})
	fmt.Println(request.State, request.Waiting())
	_, err := approvals.Approve(ctx, approval.Vote{By: anna, Request: request.ID})
	fmt.Println(err)
	request, _ = approvals.Approve(ctx, approval.Vote{By: boss, Request: request.ID})
	fmt.Println(request.State)
	// Output:
	// pending [user/boss]
	// the requester may not decide
	// approved
}

// Who would have to approve an expense of 7,400? The rule needs no storage.
func ExampleResolve() {
	policy := approval.Policy{Name: "expense", Measure: approval.ByAmount, AboveAmount: money.MustParse("100 EUR"),
		Stages: []approval.Stage{{Who: approval.Managers}}}
	user := func(name string) storage.Ref { return storage.Ref{Kind: "user", ID: name} }
	chain := []approval.Manager{
		{Person: user("ben"), Limited: true, Limit: money.MustParse("1000 EUR")},
		{Person: user("cem"), Limited: true, Limit: money.MustParse("10000 EUR")},
		{Person: user("dia")},
	}
	steps, err := approval.Resolve(policy, approval.Facts{Requester: user("ana"), Amount: money.MustParse("7400 EUR")},
		approval.Candidates{Managers: chain})
	for _, s := range steps {
		fmt.Println(s.Approvers, s.Reason)
	}
	fmt.Println(err)
	// Output:
	// [user/ben] manager whose limit of 1000.00 EUR does not suffice
	// [user/cem] manager whose limit of 10000.00 EUR suffices
	// <nil>
}

// A decision on a request, without any storage.
func ExampleDecide() {
	ana, ben := storage.Ref{Kind: "user", ID: "ana"}, storage.Ref{Kind: "user", ID: "ben"}
	policy := approval.Policy{Name: "gift", Measure: approval.Always, Stages: []approval.Stage{{Who: approval.People, People: []storage.Ref{ben}}}}
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	var request approval.Request
	for _, c := range []approval.Command{
		{By: ana, Action: approval.AskFor, Ask: approval.Ask{Requester: ana, Subject: storage.Ref{Kind: "gift", ID: "1"}}},
		{By: ben, Action: approval.Reject, Why: "ask again in May"},
	} {
		records, err := approval.Decide(request, c, approval.Situation{Policy: &policy}, at)
		after := approval.Fold(request, records...)
		fmt.Println(records[0].Name, after.State, err)
		for _, e := range approval.Effects(request, after) {
			fmt.Println(strings.TrimSpace(fmt.Sprint("  then ", e.Kind, " ", e.Person.ID, e.State)))
		}
		request = after
	}
	// Output:
	// submitted pending <nil>
	// then open_task ben
	// then lock
	// voted rejected <nil>
	// then close_task ben
	// then became rejected
	// then unlock
}
