package nurture_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/crm/nurture"
	"github.com/tutas/tutas/storage"
)

var trainee = storage.Ref{Kind: "user", ID: "trainee"}

// A host's guard may refuse each verb, and its scope hides what an actor may not see on every path.
func TestGuardsAndScopes(t *testing.T) {
	refused := map[string]bool{}
	guard := storage.WithGuard(func(_ context.Context, _ *storage.Tx, by storage.Ref, verb string, _, _ any) error {
		if by == trainee {
			refused[verb] = true
			return storage.ErrForbidden
		}
		return nil
	})
	scope := storage.WithScope(func(_ string, by storage.Ref, kind string) storage.Narrowing {
		return storage.Narrowing{None: by == trainee && kind != "nurture.sequence" && kind != "nurture.model"}
	})
	d := openDeskWith(t, newYork("2026-03-06 10:00:00"), false, guard, scope)
	d.set(t, threeMails())
	m := nurture.Model{Name: "interest", Rules: []nurture.PointRule{{Kind: "visit", Points: dec("1")}}}
	must[*nurture.Model](t)(d.SetModel(ctx, nurture.SetModel{Model: m}))
	must[[]*nurture.Score](t)(d.Observe(ctx, nurture.Observe{Contact: lead, Event: "1", Kind: "visit"}))
	e := d.enrol(t, "nurture")
	paused := must[*nurture.Enrolment](t)(d.Pause(ctx, nurture.Pause{ID: e.ID}))
	other := storage.Ref{Kind: "host.lead", ID: "8"}
	d.people[other] = d.people[lead]
	for verb, err := range map[string]error{
		"nurture.sequence.set":       second(d.SetSequence(ctx, nurture.SetSequence{By: trainee, Sequence: threeMails()})),
		"nurture.model.set":          second(d.SetModel(ctx, nurture.SetModel{By: trainee, Model: m})),
		"nurture.enrolment.enrol":    second(d.Enrol(ctx, nurture.Enrol{By: trainee, Sequence: "nurture", Contact: other})),
		"nurture.enrolment.resume":   second(d.Resume(ctx, nurture.Resume{By: trainee, ID: e.ID})),
		"nurture.enrolment.exit":     second(d.Exit(ctx, nurture.Exit{By: trainee, ID: e.ID})),
		"nurture.enrolment.retry":    second(d.Retry(ctx, nurture.Retry{By: trainee, ID: e.ID})),
		"nurture.occurrence.observe": second(d.Observe(ctx, nurture.Observe{By: trainee, Contact: lead, Event: "2", Kind: "visit"})),
		"nurture.contact.tell":       second(d.Tell(ctx, nurture.Tell{By: trainee, Contact: lead, Signal: nurture.Unsubscribed})),
		"nurture.contact.forget":     second(d.Forget(ctx, nurture.Forget{By: trainee, Contact: lead})),
	} {
		require.ErrorIs(t, err, storage.ErrForbidden, verb)
		require.True(t, refused[verb], verb)
	}
	require.Equal(t, paused, d.get(t, e), "nothing has changed")
	require.Len(t, each(t, d.Occurrences(ctx, lead)), 1)

	for path, err := range map[string]error{"get": second(d.Get(ctx, e.ID, trainee)), "history": second(d.History(ctx, e.ID, trainee)),
		"describe": second(d.Describe(ctx, e.ID, trainee)), "explain": second(d.Explain(ctx, "interest", lead, trainee)),
		"score": second(d.Score(ctx, "interest", lead, trainee))} {
		require.ErrorIs(t, err, storage.ErrNotFound, path)
	}
	require.Empty(t, each(t, d.All(ctx, nurture.Filter{By: trainee})))
	require.Empty(t, each(t, d.Scores(ctx, nurture.ScoreFilter{By: trainee})))
	require.Empty(t, each(t, d.Occurrences(ctx, lead, trainee)))
	require.Zero(t, must[nurture.Figures](t)(d.Figures(ctx, nurture.FiguresFilter{By: trainee, Sequence: "nurture"})).Enrolled)
	require.Len(t, each(t, d.All(ctx, nurture.Filter{By: agent})), 1)
}
