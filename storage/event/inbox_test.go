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

// The marks of a page are read and written together: what was received before, what fails and what is asked for twice is told apart all the same.
func TestOnceInAReaderTakesEffectOnceForEachEvent(t *testing.T) {
	w := newWorld(t)
	for range 250 {
		w.create("a")
	}
	var ids []string
	for e, err := range event.All(t.Context(), w.db, event.Filter{}) {
		require.NoError(t, err)
		ids = append(ids, e.ID.String())
	}
	require.Len(t, ids, 250)
	effects := map[string]int{}
	once := func(ctx context.Context, tx *storage.Tx, message string) error {
		_, err := event.Once(ctx, tx, "mail", message, func(tx *storage.Tx) error {
			tx.AfterCommit(func() { effects[message]++ })
			return nil
		})
		return err
	}
	for _, before := range []string{ids[0], ids[120], "not an event"} {
		require.NoError(t, w.db.Update(t.Context(), func(tx *storage.Tx) error { return once(t.Context(), tx, before) }))
	}
	broken := true
	relay := event.NewRelay(event.Reader{Name: "mail", Handle: func(ctx context.Context, tx *storage.Tx, e event.Event) error {
		for _, message := range []string{e.ID.String(), e.ID.String(), "not an event"} {
			if err := once(ctx, tx, message); err != nil {
				return err
			}
		}
		if e.ID.String() == ids[30] && broken {
			return errors.New("it is broken")
		}
		return nil
	}})
	w.deliver(relay)
	require.Zero(t, effects[ids[30]], "what was undone was not received")
	require.Len(t, effects, 250)
	broken = false
	w.now = w.now.Add(time.Minute)
	w.deliver(relay)
	require.NoError(t, event.Rewind(t.Context(), w.db, "mail"))
	w.deliver(relay)
	require.Len(t, effects, 251)
	for message, n := range effects {
		require.Equal(t, 1, n, message)
	}
}

// What an event wrote may be refused when the next one reads: that costs the one whose it was all the same.
func TestAWriteThatALaterEventSendsCostsItsOwnEvent(t *testing.T) {
	w := newWorld(t)
	old := w.create("old")
	var got []string
	relay := event.NewRelay(event.Reader{Name: "copier", Handle: func(ctx context.Context, tx *storage.Tx, e event.Event) error {
		if e.Subject == tasks.Ref(old.ID) {
			return tasks.Insert(ctx, tx, &Task{ID: old.ID}) // there is one
		}
		id, err := storage.RefID[Task](e.Subject)
		if err != nil {
			return err
		}
		k, err := tasks.Lock(ctx, tx, id)
		if err != nil {
			return err
		}
		for _, err := range tasks.All(ctx, tx, storage.Query{Limit: 1}) { // which must see what was written before
			if err != nil {
				return err
			}
		}
		tx.AfterCommit(func() { got = append(got, k.Name) })
		return nil
	}})
	w.create("second")
	w.create("third")
	w.deliver(relay)
	require.Equal(t, []string{"second", "third"}, got)
	for d, err := range event.Deliveries(t.Context(), w.db, "copier") {
		require.NoError(t, err)
		require.Equal(t, tasks.Ref(old.ID), d.Subject)
	}
}
