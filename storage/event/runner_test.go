package event_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
)

// tenants adds further ones.
func (w *world) tenants(names ...string) (list []*storage.DB) {
	for _, name := range names {
		db, err := w.store.CreateTenant(w.t.Context(), storage.Tenant{ID: name})
		require.NoError(w.t, err)
		list = append(list, db)
	}
	return list
}

// ring asks for bells, a second apart.
func (w *world) ring(db *storage.DB, names ...string) {
	require.NoError(w.t, db.Update(w.t.Context(), func(tx *storage.Tx) error {
		for i, name := range names {
			if err := event.Wake(w.t.Context(), tx, w.now.Add(time.Duration(i-len(names))*time.Second), "bell", storage.Ref{Kind: "bell", ID: name}); err != nil {
				return err
			}
		}
		return nil
	}))
}

// bells is a ticker that notes which bells rang, after it has called what is given.
func (w *world) bells(rung *[]string, first func(ctx context.Context, name string) error) *event.Ticker {
	t := event.NewTicker(w.store, nil)
	t.Handle("bell", func(ctx context.Context, db *storage.DB, about storage.Ref) (bool, error) {
		if first != nil {
			if err := first(ctx, about.ID); err != nil {
				return false, err
			}
		}
		*rung = append(*rung, about.ID)
		return true, nil
	})
	return t
}

func TestWhileOneProcessDoesATenantsWorkOthersDoThatOfTheOthers(t *testing.T) {
	w := newWorld(t)
	beta := w.tenants("beta")[0]
	w.ring(w.db, "a1", "a2")
	w.ring(beta, "b1")
	var one, two []string
	second := w.bells(&two, nil)
	first := w.bells(&one, func(ctx context.Context, name string) error {
		if name == "a1" {
			stats, err := second.Tick(ctx)
			require.NoError(t, err)
			require.Equal(t, event.Stats{Tenants: 1, Done: 1, Left: 1}, stats)
		}
		return nil
	})
	stats, err := first.Tick(t.Context())
	require.NoError(t, err)
	require.Equal(t, event.Stats{Tenants: 1, Done: 2}, stats)
	require.Equal(t, []string{"a1", "a2"}, one)
	require.Equal(t, []string{"b1"}, two)
	require.EqualValues(t, 1, second.Counters().Busy)
	stats, err = second.Tick(t.Context())
	require.NoError(t, err)
	require.Equal(t, event.Stats{}, stats)
}

func TestTheWorkOfAProcessThatDiedIsTakenOverWhenItsLeaseEnds(t *testing.T) {
	var log bytes.Buffer
	w := newWorld(t, storage.Logger(slog.New(slog.NewTextHandler(&log, nil))))
	w.ring(w.db, "a", "b")
	var one, two []string
	ctx, die := context.WithCancel(t.Context())
	first := w.bells(&one, func(ctx context.Context, name string) error {
		if name == "b" {
			die()
		}
		return ctx.Err()
	})
	_, err := first.Tick(ctx)
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, []string{"a"}, one)
	second := w.bells(&two, nil)
	for _, wait := range []time.Duration{0, 59 * time.Second} {
		w.now = w.now.Add(wait)
		stats, err := second.Tick(t.Context())
		require.NoError(t, err)
		require.Equal(t, event.Stats{Left: 1}, stats)
	}
	w.now = w.now.Add(2 * time.Second)
	stats, err := second.Tick(t.Context())
	require.NoError(t, err)
	require.Equal(t, event.Stats{Tenants: 1, Done: 1}, stats)
	require.Equal(t, []string{"b"}, two)
	require.Contains(t, log.String(), "took over the due work")
}

func TestALeaseIsRenewedWhileItsProcessWorks(t *testing.T) {
	w := newWorld(t)
	w.ring(w.db, "a", "b", "c", "d", "e", "f")
	var one, two []string
	second := w.bells(&two, nil)
	first := w.bells(&one, func(ctx context.Context, _ string) error {
		w.now = w.now.Add(50 * time.Second)
		_, err := second.Tick(ctx)
		return err
	})
	_, err := first.Tick(t.Context())
	require.NoError(t, err)
	require.Len(t, one, 6)
	require.Empty(t, two)
}

func TestRunFinishesWhatIsInHandAndLeavesTheRestToOthersAtOnce(t *testing.T) {
	w := newWorld(t)
	w.ring(w.db, "a", "b", "c")
	var one, two []string
	ctx, stop := context.WithCancel(t.Context())
	first := w.bells(&one, func(ctx context.Context, name string) error {
		if name == "b" {
			stop()
		}
		return ctx.Err()
	})
	require.ErrorIs(t, first.Run(ctx, time.Hour, nil), context.Canceled)
	require.Equal(t, []string{"a", "b"}, one, "b was in hand, and its context went on")
	_, err := w.bells(&two, nil).Tick(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"c"}, two)
}

func TestRunDoesNotWaitForeverForWhatIsInHand(t *testing.T) {
	w := newWorld(t)
	w.ring(w.db, "a")
	ctx, stop := context.WithCancel(t.Context())
	var rung []string
	ticker := w.bells(&rung, func(ctx context.Context, _ string) error {
		stop()
		<-ctx.Done() // it hangs
		return ctx.Err()
	})
	ticker.Bound(event.Bounds{Grace: time.Millisecond})
	require.ErrorIs(t, ticker.Run(ctx, time.Hour, nil), context.Canceled)
	require.Empty(t, rung)
}

// A moody engine is down for a while.
type moody struct {
	driver.Engine
	fails int
}

func (m *moody) Begin(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	if m.fails--; m.fails >= 0 {
		return nil, errors.New("there is no server")
	}
	return m.Engine.Begin(ctx, o)
}

func TestRunGoesOnWhenTheEngineIsBack(t *testing.T) {
	engine := &moody{Engine: memory.New()}
	store := storage.Open(engine)
	require.NoError(t, store.Migrate(t.Context(), event.Package()))
	ticker := event.NewTicker(store, nil)
	ctx, stop := context.WithCancel(t.Context())
	var failed []bool
	engine.fails = 2
	err := ticker.Run(ctx, time.Millisecond, func(s event.Stats) {
		if failed = append(failed, s.Err != nil); len(failed) == 4 {
			stop()
		}
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, []bool{true, true, false, false}, failed)
	require.NoError(t, store.Close())
	require.ErrorIs(t, ticker.Run(t.Context(), time.Millisecond, nil), storage.ErrClosed)
}

func TestTenantsTakeTurnsHoweverMuchOneOfThemHasToDo(t *testing.T) {
	w := newWorld(t)
	others := w.tenants("beta", "gamma")
	many := make([]string, 300)
	for i := range many {
		many[i] = fmt.Sprint("a", i)
	}
	for range 20 { // so many that a look at the first few sees no one else
		w.ring(w.db, many...)
	}
	w.ring(others[0], "b0", "b1", "b2")
	w.ring(others[1], "c0")
	var rung []string
	ticker := w.bells(&rung, nil)
	ticker.Bound(event.Bounds{Turn: 2})
	stats, err := ticker.Tick(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"a0", "a1", "b0", "b1", "c0", "a2", "a3", "b2", "a4"}, rung[:9])
	require.Len(t, rung, 304, "each bell rings once, however often it was asked for")
	require.Equal(t, event.Stats{Tenants: 3, Done: 6004}, stats)
}

func TestATickTakesNoMoreThanItsBounds(t *testing.T) {
	w := newWorld(t)
	beta := w.tenants("beta")[0]
	w.ring(w.db, "a0", "a1", "a2", "a3", "a4")
	w.ring(beta, "b0", "b1", "b2")
	var rung []string
	ticker := w.bells(&rung, nil)
	ticker.Bound(event.Bounds{Turn: 1, Tenant: 2})
	stats, err := ticker.Tick(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"a0", "b0", "a1", "b1"}, rung)
	require.Equal(t, event.Stats{Tenants: 2, Done: 4, Left: 2}, stats)
	rung = nil
	ticker.Bound(event.Bounds{Tick: 3})
	stats, err = ticker.Tick(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"a2", "a3", "a4"}, rung)
	require.Equal(t, 1, stats.Left, "beta is left")
	stats, err = ticker.Tick(t.Context())
	require.NoError(t, err)
	require.Equal(t, event.Stats{Tenants: 1, Done: 1}, stats)
}

func TestOneReaderThatCannotWorkDoesNotHoldUpTheOthers(t *testing.T) {
	w := newWorld(t)
	for range 250 {
		w.create("a")
	}
	got := 0
	relay := event.NewRelay(
		event.Reader{Name: "busy", Handle: func(context.Context, *storage.Tx, event.Event) error { return storage.ErrBusy }},
		event.Reader{Name: "choosy", Names: []string{"test.no.such"}, Handle: func(context.Context, *storage.Tx, event.Event) error { return nil }},
		event.Reader{Name: "sound", Handle: func(_ context.Context, tx *storage.Tx, _ event.Event) error {
			tx.AfterCommit(func() { got++ })
			return nil
		}})
	ticker := event.NewTicker(w.store, relay)
	for range 3 { // the one that fails costs a Tick a batch
		stats, err := ticker.Tick(t.Context())
		require.NoError(t, err)
		require.ErrorIs(t, stats.Err, storage.ErrBusy)
	}
	require.Equal(t, 250, got)
}

// A reader that wants one event among very many has it with one Tick.
func TestWhatAReaderDoesNotWantIsPassedOverInOneTick(t *testing.T) {
	w := newWorld(t)
	k := w.create("a")
	for i := range 550 {
		w.create(fmt.Sprint(i))
	}
	w.rename(k.ID, 1)
	got := 0
	ticker := event.NewTicker(w.store, event.NewRelay(event.Reader{Name: "r", Names: []string{renamed.Name},
		Handle: func(context.Context, *storage.Tx, event.Event) error { got++; return nil }}))
	stats, err := ticker.Tick(t.Context())
	require.NoError(t, errors.Join(err, stats.Err))
	require.Equal(t, 1, got)
	require.Zero(t, stats.Left)
}

func TestCountersSayWhatWasDoneAndHowLateItIs(t *testing.T) {
	var log bytes.Buffer
	w := newWorld(t, storage.Logger(slog.New(slog.NewTextHandler(&log, nil))))
	w.create("sound")
	bad := w.create("bad")
	reader := event.Reader{Name: "r", Attempts: 3, Handle: func(_ context.Context, _ *storage.Tx, e event.Event) error {
		if e.Subject == tasks.Ref(bad.ID) {
			return errors.New("out of paper")
		}
		return nil
	}}
	ticker := event.NewTicker(w.store, event.NewRelay(reader))
	broken := true
	ticker.Handle("bell", func(context.Context, *storage.DB, storage.Ref) (bool, error) {
		if broken {
			return false, errors.New("no clapper")
		}
		return true, nil
	})
	w.ring(w.db, "a")
	require.Equal(t, event.Counters{}, ticker.Counters())
	w.now = w.now.Add(10 * time.Minute)
	tick := func() event.Counters {
		_, err := ticker.Tick(t.Context())
		require.NoError(t, err)
		return ticker.Counters()
	}
	tick()
	w.now = w.now.Add(time.Hour)
	c := tick()
	require.Equal(t, 70*time.Minute+time.Second, c.Lag, "the bell is overdue")
	require.Equal(t, map[string]event.Tally{"events": {Done: 1, Failed: 2, Retried: 1}, "bell": {Failed: 2}}, c.Kinds)
	broken = false
	w.now = w.now.Add(time.Hour)
	c = tick()
	require.Equal(t, map[string]event.Tally{"events": {Done: 1, Failed: 3, Retried: 2, Dead: 1}, "bell": {Done: 1, Failed: 2}}, c.Kinds)
	c.Kinds["bell"] = event.Tally{} // a copy
	c = tick()
	require.Zero(t, c.Lag)
	require.EqualValues(t, 4, c.Ticks)
	require.EqualValues(t, 3, c.Turns)
	require.EqualValues(t, 1, c.Kinds["bell"].Done)
	for _, words := range []string{"level=WARN msg=\"an event failed", "level=ERROR msg=\"an event is given up\"", "level=WARN msg=\"due work failed"} {
		require.Contains(t, log.String(), words)
	}
	require.NotContains(t, log.String(), "level=DEBUG")
}

// A process that hung for longer than its lease takes nothing away from the one that has the turn now.
func TestAProcessThatIsLateLeavesAllToTheNext(t *testing.T) {
	w := newWorld(t)
	w.ring(w.db, "a", "b")
	var one, two []string
	began, release, ended := make(chan struct{}), make(chan struct{}), make(chan event.Stats)
	second := w.bells(&two, func(_ context.Context, name string) error {
		if name == "a" {
			close(began)
			<-release
		}
		return nil
	})
	first := w.bells(&one, func(ctx context.Context, _ string) error {
		w.now = w.now.Add(2 * time.Minute)
		go func() {
			stats, err := second.Tick(ctx)
			if err != nil {
				t.Error(err)
			}
			ended <- stats
		}()
		<-began
		return nil
	})
	stats, err := first.Tick(t.Context())
	require.NoError(t, err)
	require.Equal(t, event.Stats{Tenants: 1, Done: 1, Left: 1}, stats)
	require.Equal(t, []string{"a"}, one)
	close(release)
	require.Equal(t, event.Stats{Tenants: 1, Done: 2}, <-ended)
	require.Equal(t, []string{"a", "b"}, two, "the first was late, so what it did counts for nothing")
}
