package project_test

import (
	"errors"
	"testing"

	"github.com/tutas/tutas/erp/project"
	"github.com/tutas/tutas/storage"
)

func TestTheLifeOfAProjectIsSoundAndDrawn(t *testing.T) {
	if flaws := project.Life.Lint(); len(flaws) > 0 {
		t.Error(flaws)
	}
	const want = `stateDiagram-v2
    s0 : Planned
    s1 : Active
    s2 : Done
    s3 : Closed
    [*] --> s0
    s0 --> s1 : Start
    s1 --> s2 : Complete
    s2 --> s1 : Reopen
    s2 --> s3 : Close
    s0 --> s3 : Close
    s1 --> s1 : Log time
    s0 --> s0 : Change
    s1 --> s1 : Change
    s2 --> s2 : Change
    s0 --> s0 : Add a milestone
    s1 --> s1 : Add a milestone
    s1 --> s1 : Reach a milestone
    s3 --> [*]
`
	if got := project.LifeDiagram(); got != want {
		t.Error(got)
	}
}

func TestTheServiceAnswersEachActionInEachStatusAsTheLifeDoes(t *testing.T) {
	ctx, p := t.Context(), project.New(open(t), project.Ports{Rates: &rates{}})
	milestones := map[storage.ID[project.Project]]storage.ID[project.Milestone]{}
	type one = *project.Project
	verbs := map[string]func(one) error{
		"start":    func(o one) error { _, err := p.Start(ctx, project.Move{Project: o.ID}); return err },
		"complete": func(o one) error { _, err := p.Complete(ctx, project.Move{Project: o.ID}); return err },
		"reopen":   func(o one) error { _, err := p.Reopen(ctx, project.Move{Project: o.ID}); return err },
		"close":    func(o one) error { _, err := p.Close(ctx, project.Move{Project: o.ID}); return err },
		"change": func(o one) error {
			_, err := p.Change(ctx, project.Change{Project: o.ID, Terms: o.Terms})
			return err
		},
		"log_time": func(o one) error {
			_, err := p.LogTime(ctx, project.LogTime{Times: []project.Hours{hours(o, ana, "2017-03-01", "3")}})
			return err
		},
		"add_milestone": func(o one) error {
			_, err := p.AddMilestone(ctx, project.AddMilestone{Project: o.ID, Name: "Half", Due: day("2017-05-01")})
			return err
		},
		"reach_milestone": func(o one) error { _, err := p.Reach(ctx, project.Reach{Milestone: milestones[o.ID]}); return err },
	}
	ways := map[project.Status][]string{project.Planned: {}, project.Active: {"start"}, project.Done: {"start", "complete"},
		project.Closed: {"start", "complete", "close"}}
	allowed := 0
	for _, status := range project.Life.States() {
		for n := range len(verbs) {
			o, err := p.Open(ctx, project.Open{Terms: project.Terms{Name: "One"}})
			if err != nil {
				t.Fatal(err)
			}
			m, err := p.AddMilestone(ctx, project.AddMilestone{Project: o.ID, Name: "Whole", Due: day("2017-06-01")})
			if err != nil {
				t.Fatal(err)
			}
			milestones[o.ID] = m.ID
			for _, step := range ways[status] {
				if err := verbs[step](o); err != nil {
					t.Fatal(err)
				}
			}
			if o, err = p.Get(ctx, o.ID); err != nil || o.Status != status || len(o.Permitted()) != len(verbs) {
				t.Fatalf("%+v, %v", o, err)
			}
			can := o.Permitted()[n]
			err = verbs[string(can.Action)](o)
			if can.Allowed != (err == nil) {
				t.Errorf("%s while it is %s: %v, the life says %+v", can.Action, status, err, can)
			}
			if no := (*storage.Error)(nil); errors.As(err, &no) && no.Code != can.Code {
				t.Errorf("%s while it is %s: %v, the life says %+v", can.Action, status, err, can)
			}
			if !can.Allowed {
				continue
			}
			allowed++
			if o, err = p.Get(ctx, o.ID); err != nil || string(o.Status) != can.To {
				t.Errorf("%s from %s: %s, %v, the life says %+v", can.Action, status, o.Status, err, can)
			}
		}
	}
	if allowed != 12 {
		t.Errorf("%d of 32 pairs are allowed", allowed)
	}
	if list := (project.Project{Status: "lost"}).Permitted(); list != nil {
		t.Error(list)
	}
}
