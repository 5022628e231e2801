package billing

import (
	"errors"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow"
)

// life is what may become of an invoice or a credit note. How much a payment settles, and whether that is too much, is for settle
// and allocate to say; here stands only where it leads.
var life = workflow.MustCompile(workflow.Life[State, *Invoice]{Name: "invoice", Initial: Drafted, NotNow: notNow,
	States: []workflow.State[State]{{Name: Drafted, Label: "Draft"}, {Name: Issued, Label: "Issued"}, {Name: Paid, Label: "Paid"},
		{Name: Credited, Label: "Credited", Final: true}},
	Transitions: []workflow.Transition[State, *Invoice]{
		{Action: "change", Label: "Change", From: []State{Drafted}, Stay: true},
		{Action: "issue", Label: "Issue", From: []State{Drafted}, To: Paid, When: []workflow.Guard[*Invoice]{nothingOpen}},
		{Action: "issue", Label: "Issue", From: []State{Drafted}, To: Issued},
		{Action: "receive", Label: "Receive a payment", From: []State{Issued}, To: Paid, When: []workflow.Guard[*Invoice]{nothingOpen}},
		{Action: "receive", Label: "Receive a payment", From: []State{Issued}, Stay: true},
		{Action: "release", Label: "Release a payment", From: []State{Issued, Paid}, To: Issued, When: []workflow.Guard[*Invoice]{somethingSettled}},
		{Action: "credit", Label: "Credit", From: []State{Issued, Paid}, To: Credited, When: []workflow.Guard[*Invoice]{noCreditNote}},
	}})

// nothingOpen chooses between paid and issued.
var nothingOpen = workflow.Guard[*Invoice]{Name: "nothing is open", Check: func(i *Invoice) error {
	if !i.Open.IsZero() {
		return errOpen
	}
	return nil
}}

var errOpen = storage.NewError("billing.open", "something is open")

// somethingSettled: less is open than was invoiced.
var somethingSettled = workflow.Guard[*Invoice]{Name: "something is settled", Check: func(i *Invoice) error {
	if less, err := i.Open.Cmp(i.Gross); err != nil || less == 0 {
		return ErrNotSettled
	}
	return nil
}}

// noCreditNote: what takes an invoice back is not taken back itself.
var noCreditNote = workflow.Guard[*Invoice]{Name: "no credit note", Check: func(i *Invoice) error {
	if i.Kind == Credit {
		return ErrIsCredited
	}
	return nil
}}

// notNow is the refusal of each action outside the states that it leads from.
func notNow(s State, a workflow.Action) error {
	switch {
	case a == "change" || a == "issue":
		return ErrIssued
	case s == Credited && a != "receive":
		return ErrIsCredited
	case s == Paid && a == "receive":
		return ErrOverpaid
	}
	return ErrNotIssued
}

// next is the state after an action; a refusal names the invoice.
func (i *Invoice) next(a workflow.Action) (State, error) {
	to, err := life.Next(i.State, a, i)
	if no := (*storage.Error)(nil); errors.As(err, &no) && i.Number != "" {
		err = no.With("%s", i.Number)
	}
	return to, err
}

// Permitted lists what can be done with an invoice, each with where it leads or the reason for the no; nothing for one in no known
// state. For a payment to be received that is where a part of what is open leads; all of it leads to Paid.
func (i *Invoice) Permitted() []workflow.Permission {
	list, err := life.Permitted(i.State, i, true)
	if err != nil {
		return nil
	}
	return list
}

// LifeDiagram draws the life of an invoice as a Mermaid state diagram.
func LifeDiagram() string { return life.Mermaid() }
