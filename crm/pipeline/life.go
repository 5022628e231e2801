package pipeline

import (
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow"
)

// life is what may become of a deal. Nothing ends it: what is won or lost may be reopened. Which stages there are is for its
// pipeline to say, so a move among open ones stays where it is; and the lines of a closed deal are for Change to keep.
var life = workflow.MustCompile(workflow.Life[Status, *Deal]{Name: "deal", Initial: StatusOpen, NotNow: notNow,
	States: []workflow.State[Status]{{Name: StatusOpen, Label: "Open"}, {Name: StatusWon, Label: "Won"}, {Name: StatusLost, Label: "Lost"}},
	Transitions: []workflow.Transition[Status, *Deal]{
		{Action: "advance", Label: "Advance", From: []Status{StatusOpen}, Stay: true},
		{Action: "win", Label: "Win", From: []Status{StatusOpen}, To: StatusWon},
		{Action: "lose", Label: "Lose", From: []Status{StatusOpen}, To: StatusLost},
		{Action: "quote", Label: "Quote", From: []Status{StatusOpen}, Stay: true},
		{Action: "reopen", Label: "Reopen", From: []Status{StatusWon, StatusLost}, To: StatusOpen},
		{Action: "reassign", Label: "Reassign", Stay: true},
		{Action: "change", Label: "Change", Stay: true},
	}})

// notNow is the refusal of what needs a deal of another status.
func notNow(s Status, _ workflow.Action) error {
	switch s {
	case StatusWon:
		return ErrWon
	case StatusLost:
		return ErrLost
	}
	return ErrOpen
}

// next is the status after an action.
//
// Errors: ErrWon, ErrLost, ErrOpen.
func (d *Deal) next(a workflow.Action) (Status, error) { return life.Next(d.Status, a, d) }

// Permitted lists what can be done with a deal, each with where it leads or the reason for the no; nothing for a deal in no known
// status.
func (d *Deal) Permitted() []workflow.Permission {
	list, err := life.Permitted(d.Status, d, true)
	if err != nil {
		return nil
	}
	return list
}

// Verbs says what may be done with a deal now.
func Verbs(d *Deal) []storage.Verb {
	list := life.Verbs(d.Status, d)
	for i := range list {
		list[i].Name = "pipeline.deal." + list[i].Name
	}
	return list
}

// LifeDiagram draws the life of a deal as a Mermaid state diagram.
func LifeDiagram() string { return life.Mermaid() }
