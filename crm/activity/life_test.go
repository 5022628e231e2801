package activity_test

import (
	"errors"
	"testing"

	"github.com/tutas/tutas/crm/activity"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow"
)

func TestTheLivesOfTasksAndHandoversAreSoundAndDrawn(t *testing.T) {
	if flaws := append(activity.TaskLife.Lint(), activity.HandoverLife.Lint()...); len(flaws) > 0 {
		t.Error(flaws)
	}
	if got := activity.TaskLifeDiagram(); got != `stateDiagram-v2
    s0 : Open
    s1 : Done
    [*] --> s0
    s0 --> s1 : Complete
    s0 --> s0 : Reschedule
    s1 --> [*]
` {
		t.Error(got)
	}
	if got := activity.HandoverLifeDiagram(); got != `stateDiagram-v2
    s0 : Offered
    s1 : Accepted
    s2 : Returned
    [*] --> s0
    s0 --> s0 : Confirm a promise
    s0 --> s1 : Accept [each promise is confirmed]
    s0 --> s2 : Return
    s1 --> [*]
    s2 --> [*]
` {
		t.Error(got)
	}
}

// answered compares what a service said with what the life says.
func answered(t *testing.T, what string, p workflow.Permission, err error, now string) {
	t.Helper()
	if no := (*storage.Error)(nil); p.Allowed != (err == nil) || errors.As(err, &no) && no.Code != p.Code || p.Allowed && p.To != now {
		t.Errorf("%s of %s: %v, now %s, the life says %+v", p.Action, what, err, now, p)
	}
}

func TestTheServiceAnswersEachActionOnActivitiesAsTheLifeDoes(t *testing.T) {
	db, _ := company(t)
	log := activity.New(db)
	task := func() *activity.Activity {
		return must(log.Plan(ctx, activity.Plan{Subject: deal, Title: "Call"}))(t)
	}
	for what, make := range map[string]func() *activity.Activity{
		"an open task": task,
		"a task that is done": func() *activity.Activity {
			return must(log.Complete(ctx, activity.Complete{ID: task().ID}))(t)
		},
		"a note": func() *activity.Activity { return must(log.Log(ctx, activity.Log{Subject: deal, Title: "Heard"}))(t) },
	} {
		for n := range 2 {
			a := make()
			p := a.Permitted()[n]
			if v := activity.Verbs(a)[n]; v != (storage.Verb{Name: "activity.activity." + string(p.Action), Why: p.Reason}) {
				t.Errorf("%+v, %+v", v, p)
			}
			err := map[workflow.Action]func() error{
				"complete":   func() error { return second(log.Complete(ctx, activity.Complete{ID: a.ID})) },
				"reschedule": func() error { return second(log.Reschedule(ctx, activity.Reschedule{ID: a.ID})) },
			}[p.Action]()
			now := "done"
			if must(log.Get(ctx, a.ID))(t).Open {
				now = "open"
			}
			answered(t, what, p, err, now)
			if p.Allowed != (what == "an open task") {
				t.Errorf("%s of %s: %+v", p.Action, what, p)
			}
		}
	}
}

func TestTheServiceAnswersEachActionOnHandoversAsTheLifeDoes(t *testing.T) {
	db, _ := company(t)
	log := activity.New(db)
	type id = storage.ID[activity.Handover]
	verbs := map[workflow.Action]func(id) error{
		"confirm": func(h id) error { return second(log.Confirm(ctx, activity.Confirm{ID: h})) },
		"accept":  func(h id) error { return second(log.Accept(ctx, activity.Decision{ID: h})) },
		"return":  func(h id) error { return second(log.Return(ctx, activity.Decision{ID: h, Reason: "No"})) },
	}
	subjects := 0
	for _, way := range []struct {
		what    string
		state   activity.State
		steps   []workflow.Action
		allowed int
	}{
		{"what is offered", activity.Offered, nil, 2}, {"what is confirmed", activity.Offered, []workflow.Action{"confirm"}, 3},
		{"what is accepted", activity.Accepted, []workflow.Action{"confirm", "accept"}, 0},
		{"what is returned", activity.Returned, []workflow.Action{"return"}, 0},
	} {
		allowed := 0
		for n := range len(verbs) {
			subjects++
			subject := storage.Ref{Kind: "pipeline.deal", ID: string(rune('a' + subjects))}
			h := must(log.Offer(ctx, activity.Offer{Subject: subject, To: planner, Promises: []string{"Soon"}}))(t)
			for _, step := range way.steps {
				if err := verbs[step](h.ID); err != nil {
					t.Fatal(err)
				}
			}
			if h = must(log.Handover(ctx, h.ID))(t); h.State != way.state || len(h.Permitted()) != len(verbs) {
				t.Fatalf("%+v", h)
			}
			p := h.Permitted()[n]
			err := verbs[p.Action](h.ID)
			answered(t, way.what, p, err, string(must(log.Handover(ctx, h.ID))(t).State))
			if p.Allowed {
				allowed++
			}
		}
		if allowed != way.allowed {
			t.Errorf("%d actions are allowed with %s", allowed, way.what)
		}
	}
	h := must(log.Offer(ctx, activity.Offer{Subject: deal, To: planner, Promises: []string{"Soon"}}))(t)
	for range 2 { // the second answer comes from under the key
		err := second(log.Accept(ctx, activity.Decision{Key: "once", ID: h.ID}))
		if !errors.Is(err, activity.ErrUnconfirmed) || errors.Is(err, workflow.ErrGuarded) {
			t.Errorf("a guard's refusal: %v", err)
		}
	}
	if list := (&activity.Handover{State: "lost"}).Permitted(); list != nil {
		t.Error(list)
	}
}
