package nurture_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/crm/nurture"
	"github.com/tutas/tutas/storage"
)

func TestTheLifeOfAnEnrolmentIsSoundAndDrawn(t *testing.T) {
	require.Empty(t, nurture.Life.Lint())
	require.Equal(t, `stateDiagram-v2
    s0 : Active
    s1 : Paused
    s2 : Finished
    s3 : Exited
    [*] --> s0
    s0 --> s0 : Advance
    s0 --> s1 : Pause
    s1 --> s0 : Resume
    s0 --> s2 : Finish
    s0 --> s3 : Exit
    s1 --> s3 : Exit
    s2 --> [*]
    s3 --> [*]
`, nurture.LifeDiagram())
	require.Nil(t, (&nurture.Enrolment{State: "gone"}).Permitted())
}

func TestTheServiceAnswersEachActionInEachStateAsTheLifeDoes(t *testing.T) {
	d := openDesk(t, newYork("2026-03-06 10:00:00"))
	d.set(t, nurture.Sequence{Name: "one", Steps: []nurture.Step{{Do: nurture.Wait, Days: 1}}})
	verbs := map[string]func(id storage.ID[nurture.Enrolment]) error{
		"pause":  func(id storage.ID[nurture.Enrolment]) error { return second(d.Pause(ctx, nurture.Pause{ID: id})) },
		"resume": func(id storage.ID[nurture.Enrolment]) error { return second(d.Resume(ctx, nurture.Resume{ID: id})) },
		"exit":   func(id storage.ID[nurture.Enrolment]) error { return second(d.Exit(ctx, nurture.Exit{ID: id})) },
	}
	allowed := 0
	for _, state := range nurture.Life.States() {
		for name, do := range verbs {
			e := d.enrol(t, "one")
			switch state {
			case nurture.Paused:
				require.NoError(t, verbs["pause"](e.ID))
			case nurture.Exited:
				require.NoError(t, verbs["exit"](e.ID))
			case nurture.Finished:
				d.at(t, d.now)
				d.at(t, d.now.AddDate(0, 0, 1))
			}
			e = d.get(t, e)
			require.Equal(t, state, e.State)
			described := must[storage.Description](t)(d.Describe(ctx, e.ID))
			require.Equal(t, nurture.Verbs(e), described.Verbs)
			for _, p := range e.Permitted() {
				if string(p.Action) != name {
					continue
				}
				require.Contains(t, described.Verbs, storage.Verb{Name: "nurture.enrolment." + name, Why: p.Reason})
				err := do(e.ID)
				require.Equal(t, p.Allowed, err == nil, "%s of what is %s: %v", name, state, err)
				var no *storage.Error
				if errors.As(err, &no) {
					require.Equal(t, p.Code, no.Code)
				} else {
					allowed++
					require.Equal(t, p.To, string(d.get(t, e).State))
				}
			}
			if e = d.get(t, e); e.Open() {
				require.NoError(t, verbs["exit"](e.ID))
			}
		}
	}
	require.Equal(t, 4, allowed)
}
