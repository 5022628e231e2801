package event_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// What a reader wrote may be refused only when it is sent. That costs the event whose it was, and the others are delivered.
func TestAWriteThatIsRefusedLateCostsItsOwnEvent(t *testing.T) {
	w := newWorld(t)
	old := w.create("old")
	var got []string
	refuse := false
	reader := event.Reader{Name: "copier", Handle: func(ctx context.Context, tx *storage.Tx, e event.Event) error {
		if refuse && e.Subject == tasks.Ref(old.ID) {
			return tasks.Insert(ctx, tx, &Task{ID: old.ID}) // there is one
		}
		tx.AfterCommit(func() { got = append(got, e.Name) })
		return nil
	}}
	relay := event.NewRelay(reader)
	w.deliver(relay)
	got, refuse = nil, true
	w.create("before")
	w.rename(old.ID, 1)
	w.create("after")
	w.deliver(relay)
	require.Len(t, got, 2)
	var waiting []event.State
	for d, err := range event.Deliveries(t.Context(), w.db, "copier") {
		require.NoError(t, err)
		waiting = append(waiting, d.State)
	}
	require.Equal(t, []event.State{event.Retry}, waiting)
	refuse = false
	w.now = w.now.Add(time.Minute)
	w.deliver(relay)
	require.Len(t, got, 3)
}

// What fails after an outage waits a minute by the clock on the wall, not by that of long ago.
func TestAfterAnOutageDeliveriesWaitByTheStoresClock(t *testing.T) {
	w := newWorld(t)
	tries := 0
	relay := event.NewRelay(event.Reader{Name: "broken", Handle: func(context.Context, *storage.Tx, event.Event) error {
		tries++
		return errors.New("out of paper")
	}})
	ticker := event.NewTicker(w.store, relay)
	w.create("one")
	for _, want := range []struct {
		wait  time.Duration
		tries int
	}{{24 * time.Hour, 1}, {time.Minute, 2}, {time.Minute, 2}, {time.Minute, 3}} {
		w.now = w.now.Add(want.wait)
		stats, err := ticker.Tick(t.Context())
		require.NoError(t, errors.Join(err, stats.Err))
		require.Equal(t, want.tries, tries)
	}
}
