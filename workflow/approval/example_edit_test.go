package approval_test

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow/approval"
)

// Within the tolerance an edit is noted and the vote stands; beyond it, against what was asked and not against the last edit, all is asked anew.
func ExampleApprovals_Amend() {
	tolerant := oneByOne
	tolerant.Terms.Tolerance = decimal.NewFromInt(5)
	ctx, approvals := openExample(tolerant)
	request := must(approvals.Submit(ctx, trip("1", "900")))
	must(approvals.Approve(ctx, approval.Vote{By: user("ben"), Request: request.ID}))
	for _, amount := range []string{"940", "980"} {
		request = must(approvals.Amend(ctx, approval.Amendment{By: user("ana"), Policy: "travel", Subject: request.Subject, Digest: amount,
			Amount: money.MustParse(amount + " EUR")}))
		fmt.Println(amount, request.Waiting(), "generation", request.Generation)
	}
	// Output:
	// 940 [user/cem] generation 1
	// 980 [user/ben] generation 2
}

// What was approved is one content: when the document has changed, the approval covers it no longer.
func ExampleApprovals_Void() {
	ctx, approvals := openExample(oneByOne)
	request := must(approvals.Submit(ctx, trip("1", "900")))
	for _, person := range []string{"ben", "cem"} {
		must(approvals.Approve(ctx, approval.Vote{By: user(person), Request: request.ID}))
	}
	fmt.Println(must(approvals.Approved(ctx, "travel", request.Subject, "900")), must(approvals.Approved(ctx, "travel", request.Subject, "950")))
	request = must(approvals.Void(ctx, approval.Edit{By: user("ana"), Policy: "travel", Subject: request.Subject, Digest: "950"}))
	fmt.Println(request.State, must(approvals.Approved(ctx, "travel", request.Subject, "900")))
	// Output:
	// true false
	// void false
}

// A request keeps its version of the policy until someone moves it; the votes of those who stay are kept.
func ExampleApprovals_Migrate() {
	ctx, approvals := openExample(oneByOne)
	request := must(approvals.Submit(ctx, trip("1", "900")))
	must(approvals.Approve(ctx, approval.Vote{By: user("ben"), Request: request.ID}))
	next := oneByOne
	next.Stages = []approval.Stage{{Who: approval.People, People: []storage.Ref{user("ben"), user("dia")}}}
	must(approvals.SetPolicy(ctx, approval.SetPolicy{Policy: next}))
	request = must(approvals.Get(ctx, request.ID))
	fmt.Println("version", request.PolicyVersion, request.Waiting())
	request = must(approvals.Migrate(ctx, approval.Migration{Vote: approval.Vote{By: user("eli"), Request: request.ID, Why: "cem is in sales now"}}))
	fmt.Println("version", request.PolicyVersion, request.Waiting())
	// Output:
	// version 1 [user/cem]
	// version 2 [user/dia]
}
