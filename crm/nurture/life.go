package nurture

import (
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow"
)

// life is what may become of an enrolment. What each step does is for Decide to say; here a step goes on, and its effects are
// those of its records.
var life = workflow.MustCompile(workflow.Life[State, *Enrolment]{Name: "enrolment", Initial: Active, NotNow: notNow,
	States: []workflow.State[State]{{Name: Active, Label: "Active"}, {Name: Paused, Label: "Paused"},
		{Name: Finished, Label: "Finished", Final: true}, {Name: Exited, Label: "Exited", Final: true}},
	Transitions: []workflow.Transition[State, *Enrolment]{
		{Action: "advance", Label: "Advance", From: []State{Active}, Stay: true},
		{Action: "pause", Label: "Pause", From: []State{Active}, To: Paused},
		{Action: "resume", Label: "Resume", From: []State{Paused}, To: Active},
		{Action: "finish", Label: "Finish", From: []State{Active}, To: Finished},
		{Action: "exit", Label: "Exit", From: []State{Active, Paused}, To: Exited},
	}})

// notNow is the refusal of what needs an enrolment in another state.
func notNow(s State, a workflow.Action) error {
	switch s {
	case Active:
		return ErrActive
	case Paused:
		return ErrPaused
	}
	return ErrEnded
}

// people are the actions that people may take; the others are the clock's.
var people = []workflow.Action{"pause", "resume", "exit"}

// Verbs says what may be done with an enrolment now.
func Verbs(e *Enrolment) []storage.Verb {
	list := life.Verbs(e.State, e, people...)
	for i := range list {
		list[i].Name = "nurture.enrolment." + list[i].Name
	}
	return list
}

// Permitted lists what can be done with an enrolment, each with where it leads or the reason for the no; nothing for one in no
// known state.
func (e *Enrolment) Permitted() []workflow.Permission {
	list, err := life.Permitted(e.State, e, true)
	if err != nil {
		return nil
	}
	return list
}

// LifeDiagram draws the life of an enrolment as a Mermaid state diagram.
func LifeDiagram() string { return life.Mermaid() }
