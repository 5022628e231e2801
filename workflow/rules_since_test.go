package workflow_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/workflow"
)

// A rule looks at the dates that come after it was made, or paused no longer: not at a year that other rules slept through.
func TestARuleLooksAtDatesFromWhenItWasMade(t *testing.T) {
	o := newOffice(t)
	at := func(s string) { o.tick(utc(t, s).Sub(*o.clock.now.Load())) }
	remind := workflow.Rule{Name: "remind", Kind: "host.invoice", On: []workflow.Trigger{{Date: "due", At: workflow.At(6, 0)}},
		Actions: []workflow.Task{{Do: "log"}}}
	o.set(workflow.Rule{Name: "other", Kind: "host.invoice", On: []workflow.Trigger{{Delete: true}}, Actions: []workflow.Task{{Do: "log"}}})
	for _, due := range []string{"2026-06-01", "2026-07-02", "2026-07-10", "2026-07-20"} {
		o.create("1", due)
	}
	at("2026-07-01T12:00:00Z")
	o.set(remind)
	at("2026-07-01T18:00:00Z")
	remind.Actions = append(remind.Actions, workflow.Task{Do: "a"}) // an edit does not lose the day that was missed
	o.clock.set(utc(t, "2026-07-02T12:00:00Z"))
	o.set(remind)
	at("2026-07-03T12:00:00Z")
	require.Equal(t, []string{"remind.log 03 06:00", "remind.a 03 06:00"}, o.log)
	remind.Paused = true
	o.set(remind)
	at("2026-07-15T12:00:00Z")
	remind.Paused = false
	o.set(remind)
	at("2026-07-16T12:00:00Z")
	require.Len(t, o.log, 2, "what came while it was paused is over")
	at("2026-07-20T12:00:00Z")
	require.Len(t, o.log, 4)
}

// Changes of rules that were undone leave nothing behind in what is compiled.
func TestAChangeThatWasUndoneIsForgotten(t *testing.T) {
	o := newOffice(t)
	rule := func(do string) workflow.Rule {
		return workflow.Rule{Name: "r", Kind: "host.invoice", On: []workflow.Trigger{{Date: "due", At: workflow.At(18, 0)}, {Create: true}},
			Actions: []workflow.Task{{Do: do}}}
	}
	o.set(rule("a"))
	o.create("1", "2026-05-04")
	o.tick(time.Minute)
	undone := errors.New("undone")
	timers := workflow.NewTimers()
	o.rules.Attach(timers)
	timers.Handle("doomed", func(context.Context, *storage.Tx, workflow.Timer) error { return storage.ErrClosed })
	setTimer(t, o.db, workflow.Timer{Name: "doomed", For: about(1), Due: noon.Add(7 * time.Hour)})
	o.clock.set(noon.Add(8 * time.Hour))
	_, err := timers.Fire(t.Context(), o.db) // looks at dates, and is then undone as a whole
	require.ErrorIs(t, err, storage.ErrClosed)
	err = o.db.Update(t.Context(), func(tx *storage.Tx) error {
		if _, err := o.rules.Set(t.Context(), tx, workflow.SetRule{Rule: rule("b")}); err != nil {
			return err
		}
		i := &invoice{ID: storage.NewID[invoice](tx), State: "open", Due: date.Must(2026, 6, 1)}
		if err := event.Apply(t.Context(), tx, invoices, event.Change[invoice]{Verb: "host.invoice.create", After: i}); err != nil {
			return err
		}
		for e, err := range event.All(t.Context(), tx, event.Filter{}) {
			if err != nil {
				return err
			}
			if err := o.rules.Reader().Handle(t.Context(), tx, *e); err != nil {
				return err
			}
		}
		return undone
	})
	require.ErrorIs(t, err, undone)
	o.set(rule("c"))
	o.log = nil
	o.create("1", "")
	tick(t, o.ticker)
	require.Contains(t, o.log, "r.c 04 20:00")
	require.NotContains(t, o.log, "r.a 04 20:00")
	require.NotContains(t, o.log, "r.b 04 20:00")
}
