package approval_test

import (
	"context"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
	"github.com/tutas/tutas/workflow"
	"github.com/tutas/tutas/workflow/approval"
)

// openExample is a company in memory with one policy.
func openExample(p approval.Policy, ports ...approval.Ports) (context.Context, *approval.Approvals) {
	ctx, store := context.Background(), storage.Open(memory.New())
	must(0, store.Migrate(ctx, event.Package(), workflow.Package(), approval.Package()))
	approvals := approval.New(must(store.CreateTenant(ctx, storage.Tenant{ID: "acme", Currency: "EUR"})), append(ports, approval.Ports{})[0])
	must(approvals.SetPolicy(ctx, approval.SetPolicy{Policy: p}))
	return ctx, approvals
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// oneByOne asks ben and then cem.
var oneByOne = approval.Policy{Name: "travel", Measure: approval.ByAmount, AboveAmount: money.MustParse("100 EUR"),
	Stages: []approval.Stage{{Who: approval.People, People: []storage.Ref{user("ben"), user("cem")}}}}

// trip asks for the approval of a journey.
func trip(id, amount string) approval.Submit {
	return approval.Submit{By: user("ana"), Policy: "travel", Subject: storage.Ref{Kind: "trip", ID: id}, Digest: amount,
		Amount: money.MustParse(amount + " EUR")}
}

// Several decisions at once: one that is refused does not keep the others from being decided.
func ExampleApprovals_DecideEach() {
	ctx, approvals := openExample(oneByOne)
	first, second := must(approvals.Submit(ctx, trip("1", "900"))), must(approvals.Submit(ctx, trip("2", "400")))
	must(approvals.Recall(ctx, approval.Vote{By: user("ana"), Request: first.ID}))
	for _, result := range approvals.DecideEach(ctx, approval.Approve,
		approval.Vote{By: user("ben"), Request: first.ID}, approval.Vote{By: user("ben"), Request: second.ID}) {
		if result.Err != nil {
			fmt.Println(result.Err)
			continue
		}
		fmt.Println(result.Request.Subject.ID, result.Request.Waiting())
	}
	// Output:
	// decided already: the request is cancelled
	// 2 [user/cem]
}

// A question goes back to an earlier step, and its votes are void.
func ExampleApprovals_Return() {
	ctx, approvals := openExample(oneByOne)
	request := must(approvals.Submit(ctx, trip("1", "900")))
	must(approvals.Approve(ctx, approval.Vote{By: user("ben"), Request: request.ID}))
	request = must(approvals.Return(ctx, approval.Vote{By: user("cem"), Request: request.ID, Step: 1, Why: "is the hotel needed?"}))
	fmt.Println(request.State, request.Waiting())
	request = must(approvals.Return(ctx, approval.Vote{By: user("ben"), Request: request.ID, Why: "please add the programme"}))
	fmt.Println(request.State, request.Waiting())
	request = must(approvals.Submit(ctx, trip("1", "700")))
	fmt.Println(request.State, request.Waiting(), "generation", request.Generation)
	// Output:
	// pending [user/ben]
	// draft []
	// pending [user/ben] generation 2
}

// A no ends the request where the quorum cannot be reached any more.
func ExampleApprovals_Reject() {
	ctx, approvals := openExample(oneByOne)
	request := must(approvals.Submit(ctx, trip("1", "900")))
	request = must(approvals.Reject(ctx, approval.Vote{By: user("ben"), Request: request.ID, Why: "go by train"}))
	fmt.Println(request.State)
	_, err := approvals.Approve(ctx, approval.Vote{By: user("cem"), Request: request.ID})
	fmt.Println(err)
	// Output:
	// rejected
	// decided already: the request is rejected
}

// A credit limit: what an order would owe beyond the customer's limit is what is asked for, so that up to the limit no one is.
func Example_creditLimit() {
	policy := approval.Policy{Name: "credit", Measure: approval.ByAmount, AboveAmount: money.MustParse("0 EUR"),
		Terms: approval.Terms{Declared: []approval.Declared{{Name: "overdue_days", Kind: workflow.KindNumber}},
			Rules: []approval.Rule{{Name: "pays late", When: workflow.Condition{Field: "overdue_days", Op: workflow.OpGt, Value: []byte("30")},
				Stages: []approval.Stage{{Who: approval.People, People: []storage.Ref{user("fay"), user("dia")}}}}}},
		Stages: []approval.Stage{{Who: approval.People, People: []storage.Ref{user("fay")}}}}
	ctx, approvals := openExample(policy)
	limit := money.MustParse("10000 EUR")
	for _, customer := range []struct {
		name, owes, order string
		late              int64
	}{{"bakery", "6000", "4000", 0}, {"hotel", "6000", "4000.01", 5}, {"mill", "9000", "3000", 44}} {
		after := must(money.MustParse(customer.owes + " EUR").Add(money.MustParse(customer.order + " EUR")))
		beyond := must(after.Sub(limit))
		plan := must(approvals.Plan(ctx, approval.Submit{By: user("ana"), Policy: "credit", Subject: storage.Ref{Kind: "order", ID: customer.name},
			Amount: beyond, Document: must(approval.NewDocument(map[string]any{"overdue_days": decimal.NewFromInt(customer.late)}))}))
		fmt.Printf("%s: %s beyond the limit, asks", customer.name, beyond)
		for _, step := range plan {
			fmt.Print(" ", step.Approvers[0].ID)
		}
		fmt.Println()
	}
	// Output:
	// bakery: 0.00 EUR beyond the limit, asks
	// hotel: 0.01 EUR beyond the limit, asks fay
	// mill: 2000.00 EUR beyond the limit, asks fay dia
}
