package workflow_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/workflow"
)

// Two timers of a subject come due in one batch; the first says what becomes of the second.
func TestATimerIsVoidedByAnEarlierOneOfItsBatch(t *testing.T) {
	for name, c := range map[string]struct {
		deed  func(ctx context.Context, tx *storage.Tx) error
		fired []string
	}{
		"cancelled": {func(ctx context.Context, tx *storage.Tx) error { return workflow.CancelTimers(ctx, tx, about(1)) }, []string{"close 12:01"}},
		"cancelled alone": {func(ctx context.Context, tx *storage.Tx) error {
			return workflow.CancelTimers(ctx, tx, about(1), "remind")
		}, []string{"close 12:01"}},
		"another": {func(ctx context.Context, tx *storage.Tx) error {
			return workflow.CancelTimers(ctx, tx, about(1), "nag")
		}, []string{"close 12:01", "remind 12:02"}},
		"set anew": {func(ctx context.Context, tx *storage.Tx) error {
			return workflow.SetTimer(ctx, tx, workflow.Timer{Name: "remind", For: about(1), Due: noon.Add(5 * time.Minute)})
		}, []string{"close 12:01", "remind 12:05"}},
		"set before others": {func(ctx context.Context, tx *storage.Tx) error {
			return errors.Join(workflow.SetTimer(ctx, tx, workflow.Timer{Name: "extra", For: about(2), Due: noon.Add(90 * time.Second)}),
				workflow.CancelTimers(ctx, tx, about(1), "remind"))
		}, []string{"close 12:01", "extra 12:01"}},
		"undone": {func(ctx context.Context, tx *storage.Tx) error {
			return errors.Join(workflow.CancelTimers(ctx, tx, about(1)), errors.New("after all, no"))
		}, []string{"close 12:01", "remind 12:02"}},
	} {
		t.Run(name, func(t *testing.T) {
			var runs [][]string
			for _, step := range []time.Duration{time.Minute, time.Hour} { // minute by minute, and in one jump
				c2, store, db := openStore(t)
				var fired []string
				timers, ticker := workflow.NewTimers(), event.NewTicker(store, nil)
				for _, name := range []string{"remind", "extra", "close"} {
					timers.Handle(name, func(ctx context.Context, tx *storage.Tx, timer workflow.Timer) error {
						fired = append(fired, name+" "+tx.Now().Format("15:04"))
						if name == "close" && timer.Attempts == 0 {
							return c.deed(ctx, tx)
						}
						return nil
					})
				}
				timers.Attach(ticker)
				setTimer(t, db, workflow.Timer{Name: "close", For: about(1), Due: noon.Add(time.Minute)})
				setTimer(t, db, workflow.Timer{Name: "remind", For: about(1), Due: noon.Add(2 * time.Minute)})
				for at := noon; !at.After(noon.Add(time.Hour)); at = at.Add(step) {
					c2.set(at)
					tick(t, ticker)
				}
				runs = append(runs, slices.DeleteFunc(fired, func(s string) bool { return name == "undone" && s > "close 12:01" && s < "d" }))
			}
			require.Equal(t, c.fired, runs[0])
			require.Equal(t, c.fired, runs[1])
		})
	}
}

// What a handler wrote may be refused only when it is sent. That, too, costs its own timer only.
func TestAWriteThatIsRefusedLateCostsItsOwnTimer(t *testing.T) {
	o := newOffice(t)
	timers, ticker := workflow.NewTimers(), event.NewTicker(o.store, nil)
	id := o.create("1", "")
	var done []string
	timers.Handle("write", func(ctx context.Context, tx *storage.Tx, timer workflow.Timer) error {
		if timer.For == about(2) {
			return invoices.Insert(ctx, tx, &invoice{ID: id, State: "open"}) // there is one
		}
		tx.AfterCommit(func() { done = append(done, timer.For.ID) })
		return nil
	})
	timers.Attach(ticker)
	for i := range 5 {
		setTimer(t, o.db, workflow.Timer{Name: "write", For: about(i), Due: noon})
	}
	tick(t, ticker)
	require.Equal(t, []string{"0", "1", "3", "4"}, done)
	for timer, err := range workflow.AllTimers(t.Context(), o.db, workflow.TimerFilter{}) {
		require.NoError(t, err)
		require.Equal(t, 1, timer.Attempts)
	}
}

// The same of a rule's action: the others of its event, and the event itself, go on.
func TestAnActionThatIsRefusedLateCostsItsOwnRule(t *testing.T) {
	o := newOffice(t)
	id := o.create("1", "")
	o.rules.Handle("twice", func(ctx context.Context, tx *storage.Tx, _ workflow.ActionCall) error {
		return invoices.Insert(ctx, tx, &invoice{ID: id, State: "open"})
	})
	on := []workflow.Trigger{{Create: true}}
	o.set(workflow.Rule{Name: "a", Kind: "host.invoice", On: on, Actions: []workflow.Task{{Do: "log"}, {Do: "twice"}, {Do: "c"}}})
	o.set(workflow.Rule{Name: "b", Kind: "host.invoice", On: on, Actions: []workflow.Task{{Do: "log"}}})
	o.tick(0)
	o.log = nil
	o.create("2", "")
	o.tick(0)
	require.Equal(t, []string{"a.log 04 12:00", "b.log 04 12:00"}, o.log)
	for run, err := range workflow.RuleRuns(t.Context(), o.db, workflow.RuleRunFilter{States: []workflow.RuleRunState{workflow.RuleRunWaiting}}) {
		require.NoError(t, err)
		require.Equal(t, fmt.Sprint("a", 1, 1), fmt.Sprint(run.Rule, run.Next, run.Attempts))
	}
}

// What fails after an outage is tried again a minute later by the clock on the wall, not by that of long ago, which would use up all its attempts at once.
func TestAfterAnOutageFailuresWaitByTheStoresClock(t *testing.T) {
	o := newOffice(t)
	timers, tries := workflow.NewTimers(), 0
	timers.Handle("poison", func(context.Context, *storage.Tx, workflow.Timer) error { tries++; return errors.New("out of paper") })
	timers.Attach(o.ticker)
	setTimer(t, o.db, workflow.Timer{Name: "poison", For: about(1), Due: noon})
	o.tick(24 * time.Hour)
	require.Equal(t, 1, tries)
	o.tick(time.Minute)
	require.Equal(t, 2, tries)
}

func TestAfterAnOutageActionsWaitByTheStoresClock(t *testing.T) {
	o := newOffice(t)
	o.set(workflow.Rule{Name: "r", Kind: "host.invoice", On: []workflow.Trigger{{Create: true}}, Actions: []workflow.Task{{Do: "b"}}})
	o.broken["b"] = true
	o.create("1", "")
	for _, want := range []struct {
		wait     time.Duration
		attempts int
	}{{24 * time.Hour, 1}, {time.Minute, 2}, {time.Minute, 2}, {time.Minute, 3}} {
		o.tick(want.wait)
		for run, err := range workflow.RuleRuns(t.Context(), o.db, workflow.RuleRunFilter{}) {
			require.NoError(t, err)
			require.Equal(t, want.attempts, run.Attempts)
		}
	}
}

// What a timer wrote may be refused when the next one reads: that costs the one whose it was all the same.
func TestAWriteThatALaterTimerSendsCostsItsOwnTimer(t *testing.T) {
	o := newOffice(t)
	timers, ticker := workflow.NewTimers(), event.NewTicker(o.store, nil)
	id := o.create("1", "")
	var done []string
	timers.Handle("write", func(ctx context.Context, tx *storage.Tx, timer workflow.Timer) error {
		if timer.For == about(1) {
			return invoices.Insert(ctx, tx, &invoice{ID: id, State: "open"}) // there is one
		}
		for _, err := range invoices.All(ctx, tx, storage.Query{Limit: 1}) {
			if err != nil {
				return err
			}
		}
		tx.AfterCommit(func() { done = append(done, timer.For.ID) })
		return nil
	})
	timers.Attach(ticker)
	for i := range 3 {
		setTimer(t, o.db, workflow.Timer{Name: "write", For: about(i), Due: noon})
	}
	tick(t, ticker)
	require.Equal(t, []string{"0", "2"}, done)
}
