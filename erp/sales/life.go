package sales

import (
	"errors"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow"
)

// life is what may become of an order. Whether a discount needs approval is asked through a port and so stands in confirm.
var life = workflow.MustCompile(workflow.Life[State, *Order]{Name: "order", Initial: Drafted, NotNow: notNow,
	States: []workflow.State[State]{{Name: Drafted, Label: "Draft"}, {Name: Confirmed, Label: "Confirmed"},
		{Name: Fulfilled, Label: "Fulfilled"}, {Name: Closed, Label: "Closed", Final: true}, {Name: Cancelled, Label: "Cancelled", Final: true}},
	Transitions: []workflow.Transition[State, *Order]{
		{Action: "change", Label: "Change", From: []State{Drafted}, Stay: true},
		{Action: "confirm", Label: "Confirm", From: []State{Drafted}, To: Confirmed},
		{Action: "fulfil", Label: "Fulfil", From: []State{Confirmed}, To: Fulfilled},
		{Action: "close", Label: "Close", From: []State{Fulfilled}, To: Closed},
		{Action: "cancel", Label: "Cancel", From: []State{Drafted, Confirmed}, To: Cancelled},
	}})

// notNow is the refusal of each action outside the states that it leads from.
func notNow(_ State, a workflow.Action) error {
	switch a {
	case "fulfil":
		return ErrNotConfirmed
	case "close":
		return ErrNotFulfilled
	case "cancel":
		return ErrTooLate
	}
	return ErrNotDraft
}

// fire moves an order by an action; a refusal says which order and where it is.
func (o *Order) fire(a workflow.Action) error {
	to, err := life.Next(o.State, a, o)
	if no := (*storage.Error)(nil); errors.As(err, &no) {
		return no.With("%s is %s", o.Number, o.State)
	}
	o.State = to
	return err
}

// Permitted lists what can be done with an order, each with where it leads or the reason for the no; nothing for an order in no
// known state. A confirmation may still be refused for want of an approval.
func (o *Order) Permitted() []workflow.Permission {
	list, err := life.Permitted(o.State, o, true)
	if err != nil {
		return nil
	}
	return list
}

// LifeDiagram draws the life of an order as a Mermaid state diagram.
func LifeDiagram() string { return life.Mermaid() }
