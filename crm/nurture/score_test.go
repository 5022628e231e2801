package nurture_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/crm/nurture"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/workflow"
)

// crossed lists what was told of scores: "+warm 30" for reached, "-warm 15" for fallen below.
func crossed(t testing.TB, d *desk) (list []string) {
	t.Helper()
	for _, e := range each(t, event.All(ctx, d.db, event.Filter{})) {
		for sign, typ := range map[string]event.Type[nurture.Reached]{"+": nurture.Crossed, "-": nurture.Fell} {
			if e.Name == typ.Name {
				r, err := typ.Read(*e)
				require.NoError(t, err)
				list = append(list, sign+r.Threshold+" "+r.Points.String())
			}
		}
	}
	return list
}

// shares writes what a score is made of: event, points, age, halvings, what counts.
func shares(x nurture.Explanation) (list []string) {
	for _, s := range x.Shares {
		list = append(list, fmt.Sprint(s.Event, " ", s.Points, " ", s.Age, " ", s.Halvings, " ", s.Counts))
	}
	return list
}

func TestAModelThatChangesMakesScoresAnew(t *testing.T) {
	d := openDesk(t, instant("2026-03-02T12:00:00Z"))
	m := nurture.Model{Name: "interest", Rules: []nurture.PointRule{{Kind: "visit", Points: dec("1")}}, Thresholds: []nurture.Threshold{{Name: "warm", At: dec("5")}}}
	must[*nurture.Model](t)(d.SetModel(ctx, nurture.SetModel{Model: m}))
	d.at(t, d.now)
	for c := range 120 {
		for e := range 3 {
			must[[]*nurture.Score](t)(d.Observe(ctx, nurture.Observe{Contact: storage.Ref{Kind: "host.lead", ID: fmt.Sprint(c)}, Event: fmt.Sprint(e), Kind: "visit"}))
		}
	}
	require.Empty(t, each(t, d.Scores(ctx, nurture.ScoreFilter{Level: "warm"})))
	m.Rules[0].Points = dec("2")
	must[*nurture.Model](t)(d.SetModel(ctx, nurture.SetModel{Model: m}))
	d.at(t, d.now)
	require.Len(t, each(t, d.Scores(ctx, nurture.ScoreFilter{Model: "interest", Level: "warm"})), 120)
	require.Len(t, crossed(t, d), 120, "each is told once")
	// A new model begins with what is known.
	m.Name = "loyalty"
	must[*nurture.Model](t)(d.SetModel(ctx, nurture.SetModel{Model: m}))
	d.at(t, d.now)
	require.Len(t, each(t, d.Scores(ctx, nurture.ScoreFilter{Model: "loyalty", Level: "warm"})), 120)
	require.Len(t, must[storage.Page[nurture.Score]](t)(d.ScorePage(ctx, nurture.ScoreFilter{Limit: 7}, "")).Items, 7)
	require.Len(t, each(t, d.Models(ctx)), 2)
}

func TestForgettingAContact(t *testing.T) {
	d := openDesk(t, instant("2026-03-02T12:00:00Z"))
	must[*nurture.Model](t)(d.SetModel(ctx, nurture.SetModel{Model: nurture.Model{Name: "interest", Halve: 7,
		Rules: []nurture.PointRule{{Kind: "visit", Points: dec("9")}}, Thresholds: []nurture.Threshold{{Name: "warm", At: dec("5")}}}}))
	for e := range 3 {
		must[[]*nurture.Score](t)(d.Observe(ctx, nurture.Observe{Contact: lead, Event: fmt.Sprint(e), Kind: "visit"}))
	}
	require.Len(t, each(t, d.Occurrences(ctx, lead)), 3)
	require.Equal(t, nurture.Forgotten{Occurrences: 3, Scores: 1}, must[nurture.Forgotten](t)(d.Forget(ctx, nurture.Forget{Contact: lead})))
	require.Empty(t, each(t, d.Occurrences(ctx, lead)))
	require.ErrorIs(t, second(d.Score(ctx, "interest", lead)), storage.ErrNotFound)
	d.at(t, d.now.AddDate(1, 0, 0))
	require.Equal(t, []string{"+warm 9"}, crossed(t, d))
}

func TestRulesAskAboutEvents(t *testing.T) {
	d := openDesk(t, instant("2026-03-02T12:00:00Z"))
	must[*nurture.Model](t)(d.SetModel(ctx, nurture.SetModel{Model: nurture.Model{Name: "interest", Halve: 30,
		Declared: []nurture.Declared{{Name: "page", Kind: workflow.KindText}},
		Rules: []nurture.PointRule{{Kind: "visit", Points: dec("1")}, {Kind: "visit", Points: dec("4.5"), Fixed: true,
			If: workflow.Condition{Field: "page", Op: workflow.OpPrefix, Value: json.RawMessage(`"/pricing"`)}}, {Kind: "complaint", Points: dec("-3"), Halve: 10}},
		Thresholds: []nurture.Threshold{{Name: "hot", At: dec("6")}, {Name: "warm", At: dec("2")}}}}))
	for e, c := range []struct{ kind, page, reached string }{{"visit", "/", ""}, {"visit", "/pricing/eu", "warm hot"}, {"complaint", "", "warm"}, {"sneeze", "", ""}} {
		facts := must[nurture.Facts](t)(nurture.NewFacts(map[string]any{"page": c.page}))
		list := must[[]*nurture.Score](t)(d.Observe(ctx, nurture.Observe{Contact: lead, Event: fmt.Sprint(e), Kind: c.kind, Facts: facts}))
		if c.kind == "sneeze" {
			require.Empty(t, list, "no model cares")
			continue
		}
		require.Equal(t, c.reached, strings.Join(list[0].Reached, " "))
	}
	require.Equal(t, "3.5", must[nurture.Explanation](t)(d.Explain(ctx, "interest", lead)).Points.String())
	require.Equal(t, []string{"+warm 6.5", "+hot 6.5", "-hot 3.5"}, crossed(t, d))
	d.at(t, d.now.AddDate(0, 0, 20)) // what was bad is forgotten faster than what was good
	require.Equal(t, "5.75", must[nurture.Explanation](t)(d.Explain(ctx, "interest", lead)).Points.String())
	d.at(t, d.now.AddDate(20, 0, 0))
	require.Equal(t, "4.5", must[nurture.Explanation](t)(d.Explain(ctx, "interest", lead)).Points.String(), "what is fixed stays")
}
