package workflow_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/workflow"
)

// A handler that panics costs its own work only: it counts as a failure, is tried again and given up; other tenants go on.
func TestAPanicOfOneTenantsHandlerStopsNobodyElse(t *testing.T) {
	clock, store, a := openStore(t)
	b, err := store.CreateTenant(t.Context(), storage.Tenant{ID: "other", Currency: "EUR"})
	require.NoError(t, err)
	rung := 0
	timers := workflow.NewTimers()
	timers.Handle("bomb", func(context.Context, *storage.Tx, workflow.Timer) error {
		panic("boom \x00 " + strings.Repeat("ұ", 40) + "\xff")
	})
	timers.Handle("bell", func(context.Context, *storage.Tx, workflow.Timer) error { rung++; return nil })
	ticker := event.NewTicker(store, nil)
	timers.Attach(ticker)
	ticker.Handle("work", func(context.Context, *storage.DB, storage.Ref) (bool, error) { panic("crash") })
	setTimer(t, a, workflow.Timer{Name: "bomb", For: about(1), Due: noon})
	setTimer(t, b, workflow.Timer{Name: "bell", For: about(1), Due: noon})
	require.NoError(t, a.Update(t.Context(), func(tx *storage.Tx) error { return event.Wake(t.Context(), tx, noon, "work", about(1)) }))
	for range 30 {
		stats, err := ticker.Tick(t.Context())
		require.NoError(t, err)
		require.ErrorIs(t, stats.Err, storage.ErrPanicked)
		clock.set(clock.now.Load().Add(time.Minute))
	}
	require.Equal(t, 1, rung)
	dead := 0
	for timer, err := range workflow.AllTimers(t.Context(), a, workflow.TimerFilter{Dead: true}) {
		require.NoError(t, err)
		require.Contains(t, timer.Failure, "boom")
		require.Equal(t, 5, timer.Attempts)
		dead++
	}
	require.Equal(t, 1, dead)
}

func TestAPanicOfAnActionIsAFailureOfItsOwnAndKeepsTheKey(t *testing.T) {
	o := newOffice(t)
	keys := map[storage.Key]int{}
	explode := true
	o.rules.Handle("mail", func(_ context.Context, _ *storage.Tx, c workflow.ActionCall) error { keys[c.Key]++; return nil })
	o.rules.Handle("bomb", func(context.Context, *storage.Tx, workflow.ActionCall) error {
		if explode {
			panic(errors.New("boom"))
		}
		return nil
	})
	o.set(workflow.Rule{Name: "r", Kind: "host.invoice", On: []workflow.Trigger{{Create: true}}, Actions: []workflow.Task{{Do: "mail"}, {Do: "bomb"}}})
	o.create("1", "")
	for range 3 {
		o.tick(time.Minute)
	}
	require.Len(t, keys, 1)
	for _, times := range keys {
		require.Equal(t, 1, times, "what was done before the panic is done once")
	}
	explode = false
	o.tick(10 * time.Minute)
	for run, err := range workflow.RuleRuns(t.Context(), o.db, workflow.RuleRunFilter{}) {
		require.NoError(t, err)
		require.Equal(t, workflow.RuleRunDone, run.State)
	}
}

// A predicate that panics fails its own rule, for that cause; the rules beside it fire.
func TestAPanicOfAPredicateStopsNoOtherRule(t *testing.T) {
	o := newOffice(t)
	change := workflow.Trigger{Create: true}
	for i, c := range []workflow.Condition{{}, {Not: &workflow.Condition{Predicate: "bomb"}}, {}} {
		o.set(workflow.Rule{Name: string(rune('p' + i)), Order: i, Kind: "host.invoice", On: []workflow.Trigger{change}, If: c, Actions: []workflow.Task{{Do: "a"}}})
	}
	o.create("1", "")
	for range 8 {
		o.tick(time.Hour)
	}
	require.Equal(t, []string{"p.a 04 12:00", "r.a 04 12:00"}, o.log)
	states := map[string]workflow.RuleRunState{}
	for run, err := range workflow.RuleRuns(t.Context(), o.db, workflow.RuleRunFilter{}) {
		require.NoError(t, err)
		states[run.Rule] = run.State
		require.Equal(t, run.Rule == "q", strings.Contains(run.Failure, "boom"))
	}
	require.Equal(t, map[string]workflow.RuleRunState{"p": workflow.RuleRunDone, "q": workflow.RuleRunUnjudged, "r": workflow.RuleRunDone}, states)
}
