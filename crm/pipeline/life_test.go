package pipeline_test

import (
	"errors"
	"testing"

	"github.com/tutas/tutas/crm/pipeline"
	"github.com/tutas/tutas/storage"
)

func TestTheLifeOfADealIsSoundAndDrawn(t *testing.T) {
	if flaws := pipeline.Life.Lint(); len(flaws) > 0 {
		t.Error(flaws)
	}
	const want = `stateDiagram-v2
    s0 : Open
    s1 : Won
    s2 : Lost
    [*] --> s0
    s0 --> s0 : Advance
    s0 --> s1 : Win
    s0 --> s2 : Lose
    s0 --> s0 : Quote
    s1 --> s0 : Reopen
    s2 --> s0 : Reopen
    s0 --> s0 : Reassign
    s1 --> s1 : Reassign
    s2 --> s2 : Reassign
    s0 --> s0 : Change
    s1 --> s1 : Change
    s2 --> s2 : Change
`
	if got := pipeline.LifeDiagram(); got != want {
		t.Error(got)
	}
}

func TestTheServiceAnswersEachActionInEachStatusAsTheLifeDoes(t *testing.T) {
	_, deals, way := sales(t)
	type one = *pipeline.Deal
	verbs := map[string]func(one) error{
		"advance": func(d one) error { return second(deals.Advance(ctx, pipeline.Advance{ID: d.ID, Stage: "engaging"})) },
		"win":     func(d one) error { return second(deals.Win(ctx, pipeline.Win{ID: d.ID})) },
		"lose":    func(d one) error { return second(deals.Lose(ctx, pipeline.Lose{ID: d.ID})) },
		"quote":   func(d one) error { return second(deals.Quote(ctx, pipeline.Quote{ID: d.ID, Amount: usd("7.00")})) },
		"reopen":  func(d one) error { return second(deals.Reopen(ctx, pipeline.Reopen{ID: d.ID})) },
		"reassign": func(d one) error {
			return second(deals.Reassign(ctx, pipeline.Reassign{ID: d.ID, Owner: product("x")}))
		},
		"change": func(d one) error {
			renamed := *d
			renamed.Name = "Tables"
			return second(deals.Change(ctx, pipeline.Change{Deal: renamed}))
		},
	}
	ways := map[pipeline.Status][]string{pipeline.StatusOpen: {}, pipeline.StatusWon: {"win"}, pipeline.StatusLost: {"lose"}}
	allowed := 0
	for _, status := range pipeline.Life.States() {
		for n := range len(verbs) {
			d := must(deals.Open(ctx, pipeline.Open{Name: "Chairs", Pipeline: way.ID, Amount: usd("9.00")}))(t)
			for _, step := range ways[status] {
				if err := verbs[step](d); err != nil {
					t.Fatal(err)
				}
			}
			d = must(deals.Get(ctx, d.ID))(t)
			permitted, told := d.Permitted(), pipeline.Verbs(d)
			if d.Status != status || len(permitted) != len(verbs) || len(told) != len(verbs) {
				t.Fatalf("%s: %+v, %+v", d.Status, permitted, told)
			}
			p := permitted[n]
			if told[n] != (storage.Verb{Name: "pipeline.deal." + string(p.Action), Why: p.Reason}) {
				t.Errorf("%+v, %+v", told[n], p)
			}
			err := verbs[string(p.Action)](d)
			if no := (*storage.Error)(nil); p.Allowed != (err == nil) || errors.As(err, &no) && no.Code != p.Code {
				t.Errorf("%s of what is %s: %v, the life says %+v", p.Action, status, err, p)
			}
			if !p.Allowed {
				continue
			}
			allowed++
			if d = must(deals.Get(ctx, d.ID))(t); p.To != string(d.Status) {
				t.Errorf("%s of what is %s: now %s, the life says %+v", p.Action, status, d.Status, p)
			}
		}
	}
	if allowed != 12 {
		t.Errorf("%d of 21 pairs are allowed", allowed)
	}
	if list := (&pipeline.Deal{Status: "gone"}).Permitted(); list != nil {
		t.Error(list)
	}
}
