package expense

import (
	"errors"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow"
)

// about is what the guards look at: a claim, and who wants something of it; zero is the system.
type about struct {
	claim *Claim
	by    storage.Ref
}

// life is what may become of a claim. What its approvers say is asked through a port and so stands in decide; how much is paid is for
// pay to say.
var life = workflow.MustCompile(workflow.Life[State, about]{Name: "claim", Initial: Submitted, NotNow: notNow,
	States: []workflow.State[State]{{Name: Submitted, Label: "Submitted"}, {Name: Approved, Label: "Approved"},
		{Name: Rejected, Label: "Rejected", Final: true}, {Name: Posted, Label: "Posted"}, {Name: Paid, Label: "Paid", Final: true}},
	Transitions: []workflow.Transition[State, about]{
		{Action: "approve", Label: "Approve", From: []State{Submitted}, To: Approved, When: []workflow.Guard[about]{notTheirOwn}},
		{Action: "reject", Label: "Reject", From: []State{Submitted}, To: Rejected, When: []workflow.Guard[about]{notTheirOwn}},
		{Action: "post", Label: "Post", From: []State{Approved}, To: Paid, When: []workflow.Guard[about]{nothingOpen}},
		{Action: "post", Label: "Post", From: []State{Approved}, To: Posted},
		{Action: "reimburse", Label: "Reimburse", From: []State{Posted}, To: Paid, When: []workflow.Guard[about]{nothingOpen}},
		{Action: "reimburse", Label: "Reimburse", From: []State{Posted}, Stay: true},
	}})

// notTheirOwn: nobody decides about a claim of their own.
var notTheirOwn = workflow.Guard[about]{Name: "not their own", Check: func(a about) error {
	if !a.by.IsZero() && a.by == a.claim.Person {
		return ErrOwnClaim
	}
	return nil
}}

// nothingOpen chooses between paid and posted.
var nothingOpen = workflow.Guard[about]{Name: "nothing is open", Check: func(a about) error {
	if !a.claim.Open.IsZero() {
		return errOpen
	}
	return nil
}}

var errOpen = storage.NewError("expense.open", "something is open")

// notNow is the refusal of each action outside the states that it leads from.
func notNow(_ State, a workflow.Action) error {
	switch a {
	case "post":
		return ErrNotApproved
	case "reimburse":
		return ErrNotPosted
	}
	return ErrDecided
}

// next is the state after an action; a refusal says where the claim is.
func (c *Claim) next(a workflow.Action, by storage.Ref) (State, error) {
	to, err := life.Next(c.State, a, about{c, by})
	if no := (*storage.Error)(nil); errors.As(err, &no) && !errors.Is(err, ErrOwnClaim) {
		err = no.With("it is %s", c.State)
	}
	return to, err
}

// Permitted lists what someone (the system, if zero) can do with a claim, each with where it leads or the reason for the no; nothing
// for a claim in no known state. Approvers may still say otherwise. For a reimbursement that is where a part of what is open leads;
// all of it leads to Paid.
func (c *Claim) Permitted(by storage.Ref) []workflow.Permission {
	list, err := life.Permitted(c.State, about{c, by}, true)
	if err != nil {
		return nil
	}
	return list
}

// LifeDiagram draws the life of a claim as a Mermaid state diagram.
func LifeDiagram() string { return life.Mermaid() }
