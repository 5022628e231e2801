package approval_test

import (
	"context"
	"fmt"

	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow/approval"
)

// While ben is away, what waits for him is on fay's list, and she decides in his place.
func ExampleApprovals_Delegate() {
	ctx, approvals := openExample(oneByOne)
	request := must(approvals.Submit(ctx, trip("1", "900")))
	must(approvals.Delegate(ctx, approval.Delegate{By: user("ben"), Delegation: approval.Delegation{From: user("ben"), To: user("fay")}}))
	for task, err := range approvals.Tasks(ctx, approval.TaskFilter{Approver: user("fay")}) {
		fmt.Println(task.Subject, task.Amount, err)
	}
	request = must(approvals.Approve(ctx, approval.Vote{By: user("fay"), Request: request.ID}))
	fmt.Println(request.Steps[0].Decision.By, "for", request.Steps[0].Decision.For)
	// Output:
	// trip/1 900.00 EUR <nil>
	// user/fay for user/ben
}

// A delegation ends now: from here on its giver decides.
func ExampleApprovals_EndDelegation() {
	ctx, approvals := openExample(oneByOne)
	given := must(approvals.Delegate(ctx, approval.Delegate{By: user("ben"), Delegation: approval.Delegation{From: user("ben"), To: user("fay")}}))
	must(approvals.EndDelegation(ctx, approval.EndDelegation{By: user("ben"), Delegation: given.ID}))
	request := must(approvals.Submit(ctx, trip("1", "900")))
	fmt.Println(request.Waiting())
	// Output: [user/ben]
}

// Someone who is to decide may ask one more person, and never fewer.
func ExampleApprovals_Add() {
	ctx, approvals := openExample(oneByOne)
	request := must(approvals.Submit(ctx, trip("1", "900")))
	request = must(approvals.Add(ctx, approval.Addition{Vote: approval.Vote{By: user("ben"), Request: request.ID, Why: "she knows the client"},
		Person: user("gus")}))
	fmt.Println(request.Waiting())
	_, err := approvals.Add(ctx, approval.Addition{Vote: approval.Vote{By: user("eli"), Request: request.ID}, Person: user("hal")})
	fmt.Println(err)
	// Output:
	// [user/ben user/gus]
	// not assigned to this person: user/eli; now [user/ben user/gus]
}

// Comments, with attachments, stand in the history beside what was decided.
func ExampleApprovals_Comment() {
	ctx, approvals := openExample(oneByOne)
	request := must(approvals.Submit(ctx, trip("1", "900")))
	must(approvals.Comment(ctx, approval.Say{By: user("ana"), Request: request.ID, Text: "the offer is attached",
		Attachments: []storage.Ref{{Kind: "file", ID: "offer.pdf"}}}))
	must(approvals.Approve(ctx, approval.Vote{By: user("ben"), Request: request.ID}))
	for record, err := range approvals.History(ctx, request.ID) {
		fmt.Println(record.Number, record.Name, record.By, record.Why, err)
	}
	// Output:
	// 1 submitted user/ana  <nil>
	// 2 commented user/ana the offer is attached <nil>
	// 3 voted user/ben  <nil>
}

// staff is an organisation of the host's own: everyone reports to dia, and some have left.
type staff struct{ left map[storage.Ref]bool }

func (staff) Manager(_ context.Context, _ *storage.Tx, p storage.Ref) (storage.Ref, error) {
	if p == user("dia") {
		return storage.Ref{}, nil
	}
	return user("dia"), nil
}

func (staff) Limit(context.Context, *storage.Tx, storage.Ref, string) (money.Amount, bool, error) {
	return money.Amount{}, false, nil
}

func (s staff) Left(_ context.Context, _ *storage.Tx, p storage.Ref) (bool, error) {
	return s.left[p], nil
}

// Someone has left: what waits goes to the nearest manager who is there.
func ExampleApprovals_Reassign() {
	house := staff{left: map[storage.Ref]bool{}}
	ctx, approvals := openExample(oneByOne, approval.Ports{Org: house})
	request := must(approvals.Submit(ctx, trip("1", "900")))
	house.left[user("ben")] = true
	request = must(approvals.Reassign(ctx, approval.Vote{Request: request.ID}))
	fmt.Println(request.Waiting())
	// Output: [user/dia]
}
