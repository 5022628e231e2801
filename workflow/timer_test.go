package workflow_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
	"github.com/tutas/tutas/workflow"
)

// clock is a clock that a test moves.
type clock struct{ now atomic.Pointer[time.Time] }

func (c *clock) set(t time.Time) { c.now.Store(&t) }

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// openStore makes a tenant on memory with a clock at noon.
func openStore(t testing.TB) (*clock, *storage.Store, *storage.DB) {
	t.Helper()
	c := &clock{}
	c.set(noon)
	store := storage.Open(memory.New(), storage.Clock(func() time.Time { return *c.now.Load() }))
	require.NoError(t, store.Migrate(t.Context(), event.Package(), workflow.Package()))
	db, err := store.CreateTenant(t.Context(), storage.Tenant{ID: "acme", Currency: "EUR"})
	require.NoError(t, err)
	return c, store, db
}

func about(i int) storage.Ref { return storage.Ref{Kind: "test.doc", ID: fmt.Sprint(i)} }

func setTimer(t testing.TB, db *storage.DB, timer workflow.Timer) {
	t.Helper()
	require.NoError(t, db.Update(t.Context(), func(tx *storage.Tx) error { return workflow.SetTimer(t.Context(), tx, timer) }))
}

func tick(t testing.TB, ticker *event.Ticker) {
	t.Helper()
	stats, err := ticker.Tick(t.Context())
	require.NoError(t, errors.Join(err, stats.Err))
}

func TestATimerThatCannotBeKeptIsRefusedWithThePlace(t *testing.T) {
	_, _, db := openStore(t)
	for want, timer := range map[string]workflow.Timer{
		"name required":    {For: about(1), Due: noon},
		"for required":     {Name: "x", Due: noon},
		"due required":     {Name: "x", For: about(1)},
		"due range":        {Name: "x", For: about(1), Due: time.Date(99999, 1, 1, 0, 0, 0, 0, time.UTC)},
		"payload type":     {Name: "x", For: about(1), Due: noon, Payload: []byte("zz")},
		"payload encoding": {Name: "x", For: about(1), Due: noon, Payload: []byte("\"\xff\"")},
		"payload too_long": {Name: "x", For: about(1), Due: noon, Payload: make([]byte, 1<<20)},
	} {
		err := db.Update(t.Context(), func(tx *storage.Tx) error { return workflow.SetTimer(t.Context(), tx, timer) })
		path, code, _ := strings.Cut(want, " ")
		require.True(t, storage.Has(err, path, code), "%s: %v", want, err)
	}
}

func TestTimersComeDueOnceInOrderWithTheClockAtTheirInstant(t *testing.T) {
	c, store, db := openStore(t)
	var fired []string
	timers := workflow.NewTimers()
	timers.Handle("remind", func(_ context.Context, tx *storage.Tx, timer workflow.Timer) error {
		fired = append(fired, fmt.Sprintf("%s gen %d at %s", timer.For.ID, timer.Generation, tx.Now().Format("15:04")))
		if timer.For.ID == "3" && timer.Generation == 1 { // sets itself anew; due within the same jump
			return workflow.SetTimer(context.Background(), tx, workflow.Timer{Name: "remind", For: timer.For, Due: tx.Now().Add(time.Minute), Generation: 2})
		}
		return nil
	})
	ticker := event.NewTicker(store, nil)
	timers.Attach(ticker)
	for i, minutes := range []int{50, 20, 30, 10, 200} {
		setTimer(t, db, workflow.Timer{Name: "remind", For: about(i), Due: noon.Add(time.Duration(minutes) * time.Minute), Generation: 1})
	}
	setTimer(t, db, workflow.Timer{Name: "remind", For: about(1), Due: noon.Add(40 * time.Minute), Generation: 2}) // set anew: the first is void
	require.NoError(t, db.Update(t.Context(), func(tx *storage.Tx) error { return workflow.CancelTimers(t.Context(), tx, about(2)) }))
	tick(t, ticker)
	require.Empty(t, fired)
	c.set(noon.Add(time.Hour))
	tick(t, ticker)
	tick(t, ticker)
	require.Equal(t, []string{"3 gen 1 at 12:10", "3 gen 2 at 12:11", "1 gen 2 at 12:40", "0 gen 1 at 12:50"}, fired)
	left := 0
	for timer, err := range workflow.AllTimers(t.Context(), db, workflow.TimerFilter{}) {
		require.NoError(t, err)
		require.Equal(t, about(4), timer.For)
		left++
	}
	require.Equal(t, 1, left)
}

func TestATimerThatFailsIsTriedAgainAndGivenUpAndReplayed(t *testing.T) {
	c, store, db := openStore(t)
	broken, tries, others := true, []string{}, 0
	timers := workflow.NewTimers()
	timers.Handle("poison", func(_ context.Context, tx *storage.Tx, timer workflow.Timer) error {
		tries = append(tries, tx.Now().Format("15:04"))
		if broken {
			return errors.New("out of paper")
		}
		return nil
	})
	timers.Handle("sound", func(context.Context, *storage.Tx, workflow.Timer) error { others++; return nil })
	ticker := event.NewTicker(store, nil)
	timers.Attach(ticker)
	setTimer(t, db, workflow.Timer{Name: "poison", For: about(1), Due: noon})
	setTimer(t, db, workflow.Timer{Name: "sound", For: about(1), Due: noon})
	for range 30 {
		tick(t, ticker)
		c.set(c.now.Load().Add(time.Minute))
	}
	require.Equal(t, []string{"12:00", "12:01", "12:03", "12:07", "12:15"}, tries, "after 1, 2, 4 and 8 minutes")
	require.Equal(t, 1, others)
	var dead []*workflow.Timer
	for timer, err := range workflow.AllTimers(t.Context(), db, workflow.TimerFilter{Dead: true}) {
		require.NoError(t, err)
		dead = append(dead, timer)
	}
	require.Len(t, dead, 1)
	require.Equal(t, "out of paper", dead[0].Failure)
	broken = false
	require.NoError(t, workflow.ReplayTimer(t.Context(), db, dead[0].ID))
	tick(t, ticker)
	require.Len(t, tries, 6)
	for range workflow.AllTimers(t.Context(), db, workflow.TimerFilter{Dead: true}) {
		t.Fatal("a timer is left")
	}
}

// A year in one jump and day by day ends the same.
func TestAYearOfTimersInOneJumpEqualsDayByDay(t *testing.T) {
	run := func(step time.Duration) (log []string) {
		c, store, db := openStore(t)
		timers := workflow.NewTimers()
		timers.Handle("daily", func(ctx context.Context, tx *storage.Tx, timer workflow.Timer) error {
			log = append(log, timer.For.ID+" "+tx.Now().Format(time.RFC3339))
			timer.Due = tx.Now().Add(time.Duration(20+len(timer.For.ID)) * time.Hour)
			return workflow.SetTimer(ctx, tx, timer)
		})
		ticker := event.NewTicker(store, nil)
		timers.Attach(ticker)
		for i := range 12 {
			setTimer(t, db, workflow.Timer{Name: "daily", For: about(i), Due: noon.Add(time.Duration(i) * time.Minute)})
		}
		for at := noon; !at.After(noon.AddDate(0, 2, 0)); at = at.Add(step) {
			c.set(at)
			tick(t, ticker)
		}
		c.set(noon.AddDate(0, 2, 1))
		tick(t, ticker)
		return log
	}
	require.Equal(t, run(24*time.Hour), run(2000*time.Hour))
}

// A process that does not know a timer leaves it, and its wake-up, to one that does.
func TestATimerWaitsForAProcessThatKnowsIt(t *testing.T) {
	_, store, db := openStore(t)
	var fired []string
	process := func(name string) *event.Ticker {
		timers, ticker := workflow.NewTimers(), event.NewTicker(store, nil)
		timers.Handle(name, func(context.Context, *storage.Tx, workflow.Timer) error { fired = append(fired, name); return nil })
		timers.Attach(ticker)
		return ticker
	}
	setTimer(t, db, workflow.Timer{Name: "old", For: about(1), Due: noon})
	setTimer(t, db, workflow.Timer{Name: "new", For: about(1), Due: noon})
	stats, err := process("old").Tick(t.Context())
	require.NoError(t, err)
	require.NotZero(t, stats.Left)
	require.Equal(t, []string{"old"}, fired)
	next := process("new")
	stats, err = next.Tick(t.Context())
	require.NoError(t, err)
	require.Zero(t, stats.Left)
	require.Equal(t, []string{"old", "new"}, fired)
	require.Equal(t, map[string]event.Tally{"workflow.timers": {Done: 1}}, next.Counters().Kinds)
}
