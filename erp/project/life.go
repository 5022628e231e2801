package project

import "github.com/tutas/tutas/workflow"

// life is what may become of a project. Its steps are those of Advance; the rest stays where it is.
var life = workflow.MustCompile(workflow.Life[Status, *Project]{Name: "project", Initial: Planned, NotNow: notNow,
	States: []workflow.State[Status]{{Name: Planned, Label: "Planned"}, {Name: Active, Label: "Active"}, {Name: Done, Label: "Done"},
		{Name: Closed, Label: "Closed", Final: true}},
	Transitions: []workflow.Transition[Status, *Project]{
		{Action: workflow.Action(StepStart), Label: "Start", From: []Status{Planned}, To: Active},
		{Action: workflow.Action(StepComplete), Label: "Complete", From: []Status{Active}, To: Done},
		{Action: workflow.Action(StepReopen), Label: "Reopen", From: []Status{Done}, To: Active},
		{Action: workflow.Action(StepClose), Label: "Close", From: []Status{Done, Planned}, To: Closed},
		{Action: "log_time", Label: "Log time", From: []Status{Active}, Stay: true},
		{Action: "change", Label: "Change", Stay: true},
		{Action: "add_milestone", Label: "Add a milestone", From: []Status{Planned, Active}, Stay: true},
		{Action: "reach_milestone", Label: "Reach a milestone", From: []Status{Active}, Stay: true},
	}})

func notNow(s Status, a workflow.Action) error { return ErrStatus.With("%s while it is %s", a, s) }

// next is the status after an action; what the life does not know is refused like what it does not permit.
//
// Errors: ErrStatus.
func (p *Project) next(a workflow.Action) (Status, error) {
	to, err := life.Next(p.Status, a, p)
	if err != nil {
		return p.Status, notNow(p.Status, a)
	}
	return to, nil
}

// Permitted lists what can be done with a project, each with where it leads or the reason for the no; nothing for a project in no
// known status.
func (p Project) Permitted() []workflow.Permission {
	list, err := life.Permitted(p.Status, &p, true)
	if err != nil {
		return nil
	}
	return list
}

// LifeDiagram draws the life of a project as a Mermaid state diagram.
func LifeDiagram() string { return life.Mermaid() }
