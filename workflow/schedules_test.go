package workflow_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/workflow"
)

// W27 with what is stored: an outage, two schedulers and a replay.
func TestPlansRunWhatTheirPolicyAsksFor(t *testing.T) {
	for name, c := range map[string]struct {
		policy workflow.CatchUp
		runs   []string
		missed int64
	}{
		"W27 skip":   {workflow.CatchUp{Policy: workflow.CatchUpSkip}, nil, 4},
		"W27 latest": {workflow.CatchUp{}, []string{"hourly/2026-05-04T16:00:00Z at 16:00"}, 3},
		"W27 all": {workflow.CatchUp{Policy: workflow.CatchUpAll}, []string{"hourly/2026-05-04T13:00:00Z at 13:00", "hourly/2026-05-04T14:00:00Z at 14:00",
			"hourly/2026-05-04T15:00:00Z at 15:00", "hourly/2026-05-04T16:00:00Z at 16:00"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			clock, store, db := openStore(t)
			var ran []string
			scheduler := func() *event.Ticker {
				schedules, timers, ticker := workflow.NewSchedules(), workflow.NewTimers(), event.NewTicker(store, nil)
				schedules.Handle("hourly", func(_ context.Context, tx *storage.Tx, r workflow.Run) (bool, error) {
					ran = append(ran, r.Key+" at "+tx.Now().Format("15:04"))
					return true, nil
				})
				schedules.Attach(timers)
				timers.Attach(ticker)
				return ticker
			}
			one, other := scheduler(), scheduler()
			handlers := workflow.NewSchedules()
			handlers.Handle("hourly", func(context.Context, *storage.Tx, workflow.Run) (bool, error) { return true, nil })
			_, err := workflow.NewSchedules().SetPlan(t.Context(), db, workflow.SetPlan{External: false, Schedule: workflow.Schedule{Name: "hourly",
				Every: time.Hour, Anchor: noon}})
			require.True(t, storage.Has(err, "schedule.name", storage.CodeUnknown), "a name that nobody handles is a mistake")
			_, err = handlers.SetPlan(t.Context(), db, workflow.SetPlan{Schedule: workflow.Schedule{Name: "hourly", Every: time.Hour,
				Anchor: noon, CatchUp: c.policy}})
			require.NoError(t, err)
			clock.set(noon.Add(4*time.Hour + 40*time.Minute))
			tick(t, one)
			tick(t, other)
			tick(t, one)
			require.Equal(t, c.runs, ran)
			for p, err := range workflow.Plans(t.Context(), db) {
				require.NoError(t, err)
				require.Equal(t, c.missed, p.Missed)
				require.Equal(t, noon.Add(5*time.Hour), p.Next)
			}
			clock.set(noon.Add(5 * time.Hour))
			tick(t, other)
			require.Len(t, ran, len(c.runs)+1, "what is punctual is run by each policy")
		})
	}
}

// A run that fails five times is given up, and the plan goes on.
func TestAPlanGoesOnAfterARunThatFails(t *testing.T) {
	clock, store, db := openStore(t)
	schedules, timers, ticker := workflow.NewSchedules(), workflow.NewTimers(), event.NewTicker(store, nil)
	broken, tried, done := true, 0, []string{}
	schedules.Handle("daily", func(ctx context.Context, tx *storage.Tx, r workflow.Run) (bool, error) {
		tried++
		if err := workflow.SetTimer(ctx, tx, workflow.Timer{Name: "trace", For: about(tried), Due: noon.AddDate(1, 0, 0)}); err != nil {
			return false, err
		}
		if broken {
			return false, errors.New("the bank is closed")
		}
		done = append(done, r.Key)
		return true, nil
	})
	schedules.Attach(timers)
	timers.Attach(ticker)
	_, err := schedules.SetPlan(t.Context(), db, workflow.SetPlan{Schedule: workflow.Schedule{Name: "daily", Every: 24 * time.Hour, Anchor: noon}})
	require.NoError(t, err)
	for clock.set(noon.Add(24 * time.Hour)); tried < 5; clock.set(clock.now.Load().Add(time.Minute)) {
		stats, err := ticker.Tick(t.Context())
		require.NoError(t, errors.Join(err, stats.Err))
	}
	broken = false
	clock.set(noon.Add(48 * time.Hour))
	tick(t, ticker)
	var list []*workflow.Run
	for r, err := range workflow.Runs(t.Context(), db, "daily") {
		require.NoError(t, err)
		list = append(list, r)
	}
	require.Len(t, list, 2)
	require.Equal(t, []workflow.RunState{workflow.RunFailed, workflow.RunDone}, []workflow.RunState{list[0].State, list[1].State})
	require.Equal(t, "the bank is closed", list[0].Failure)
	require.Equal(t, []string{list[1].Key}, done)
	for range 2 { // once is enough
		require.NoError(t, schedules.Repeat(t.Context(), db, list[0].Key))
	}
	require.Equal(t, []string{list[1].Key, list[0].Key}, done)
	left := 0
	for timer, err := range workflow.AllTimers(t.Context(), db, workflow.TimerFilter{}) {
		require.NoError(t, err)
		if timer.Name == "trace" {
			left++
		}
	}
	require.Equal(t, 2, left, "what a failed run wrote is undone")
	require.ErrorIs(t, schedules.Repeat(t.Context(), db, "no"), storage.ErrNotFound)
}

func TestRunsThatOverlap(t *testing.T) {
	for policy, want := range map[workflow.Overlap][]workflow.RunState{
		workflow.OverlapSkip:  {workflow.RunGoing, workflow.RunSkipped, workflow.RunSkipped},
		workflow.OverlapQueue: {workflow.RunGoing, workflow.RunQueued, workflow.RunQueued},
		workflow.OverlapAllow: {workflow.RunGoing, workflow.RunGoing, workflow.RunGoing},
	} {
		clock, store, db := openStore(t)
		schedules, timers, ticker := workflow.NewSchedules(), workflow.NewTimers(), event.NewTicker(store, nil)
		begun := 0
		schedules.Handle("slow", func(context.Context, *storage.Tx, workflow.Run) (bool, error) { begun++; return false, nil })
		schedules.Attach(timers)
		timers.Attach(ticker)
		_, err := schedules.SetPlan(t.Context(), db, workflow.SetPlan{Schedule: workflow.Schedule{Name: "slow", Every: time.Hour, Anchor: noon,
			Overlap: policy, CatchUp: workflow.CatchUp{Policy: workflow.CatchUpAll}}})
		require.NoError(t, err)
		clock.set(noon.Add(3 * time.Hour))
		tick(t, ticker)
		list := func() (states []workflow.RunState, first string) {
			for r, err := range workflow.Runs(t.Context(), db, "slow") {
				require.NoError(t, err)
				if states = append(states, r.State); first == "" {
					first = r.Key
				}
			}
			return states, first
		}
		states, first := list()
		require.Equal(t, want, states, policy)
		require.NoError(t, schedules.Finish(t.Context(), db, first))
		require.NoError(t, schedules.Finish(t.Context(), db, first), "twice is nothing")
		states, _ = list()
		require.Equal(t, workflow.RunDone, states[0])
		if policy == workflow.OverlapQueue {
			require.Equal(t, []workflow.RunState{workflow.RunDone, workflow.RunGoing, workflow.RunQueued}, states)
			require.Equal(t, 2, begun)
		}
	}
	_, _, db := openStore(t)
	require.ErrorIs(t, workflow.NewSchedules().Finish(t.Context(), db, "nothing"), storage.ErrNotFound)
}
