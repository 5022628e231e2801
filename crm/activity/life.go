package activity

import "github.com/tutas/tutas/workflow"

// progress says how far a task is. It is stored as Open; whatever is no task is done.
type progress string

const (
	open progress = "open"
	done progress = "done"
)

func (a *Activity) progress() progress {
	if a.Open {
		return open
	}
	return done
}

// taskLife is what may become of a task.
var taskLife = workflow.MustCompile(workflow.Life[progress, *Activity]{Name: "task", Initial: open,
	NotNow: func(progress, workflow.Action) error { return ErrDone },
	States: []workflow.State[progress]{{Name: open, Label: "Open"}, {Name: done, Label: "Done", Final: true}},
	Transitions: []workflow.Transition[progress, *Activity]{
		{Action: "complete", Label: "Complete", From: []progress{open}, To: done},
		{Action: "reschedule", Label: "Reschedule", From: []progress{open}, Stay: true},
	}})

// handoverLife is what may become of a handover. One that was given back stays so: it is offered anew.
var handoverLife = workflow.MustCompile(workflow.Life[State, *Handover]{Name: "handover", Initial: Offered,
	NotNow: func(State, workflow.Action) error { return ErrDecided },
	States: []workflow.State[State]{{Name: Offered, Label: "Offered"}, {Name: Accepted, Label: "Accepted", Final: true},
		{Name: Returned, Label: "Returned", Final: true}},
	Transitions: []workflow.Transition[State, *Handover]{
		{Action: "confirm", Label: "Confirm a promise", From: []State{Offered}, Stay: true},
		{Action: "accept", Label: "Accept", From: []State{Offered}, To: Accepted, When: []workflow.Guard[*Handover]{confirmed}},
		{Action: "return", Label: "Return", From: []State{Offered}, To: Returned},
	}})

// confirmed: those who deliver will keep each promise.
var confirmed = workflow.Guard[*Handover]{Name: "each promise is confirmed", Check: func(h *Handover) error {
	if left := h.Unconfirmed(); len(left) > 0 {
		return ErrUnconfirmed.With("%d of %d", len(left), len(h.Promises))
	}
	return nil
}}

// Permitted lists what can be done with an activity, each with where it leads or the reason for the no.
func (a *Activity) Permitted() []workflow.Permission {
	list, err := taskLife.Permitted(a.progress(), a, true)
	if err != nil {
		return nil
	}
	return list
}

// Permitted lists what can be done with a handover, each with where it leads or the reason for the no; nothing for one in no known
// state.
func (h *Handover) Permitted() []workflow.Permission {
	list, err := handoverLife.Permitted(h.State, h, true)
	if err != nil {
		return nil
	}
	return list
}

// TaskLifeDiagram draws the life of a task as a Mermaid state diagram.
func TaskLifeDiagram() string { return taskLife.Mermaid() }

// HandoverLifeDiagram draws the life of a handover as a Mermaid state diagram.
func HandoverLifeDiagram() string { return handoverLife.Mermaid() }
