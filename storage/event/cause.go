package event

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/tutas/tutas/storage"
)

// Because runs fn as a reaction to an event: what it writes names the event as its cause. Readers need not ask for it.
func Because(tx *storage.Tx, e Event, fn func() error) error {
	outer := tx.Value(causeKey{})
	defer tx.SetValue(causeKey{}, outer)
	tx.SetValue(causeKey{}, e)
	return fn()
}

// Find reads one event.
//
// Errors: storage.ErrNotFound, also for one that was pruned.
func Find(ctx context.Context, tx *storage.Tx, id storage.ID[Event]) (*Event, error) {
	return events.Get(ctx, tx, id)
}

// Root goes back along the causes of an event to the first of them, which may be itself.
func Root(ctx context.Context, tx *storage.Tx, e Event) (storage.ID[Event], error) {
	for range e.Depth {
		if e.Cause.IsZero() {
			break
		}
		before, err := events.Get(ctx, tx, e.Cause)
		if errors.Is(err, storage.ErrNotFound) {
			return e.Cause, nil
		}
		if err != nil {
			return e.ID, err
		}
		e = *before
	}
	return e.ID, nil
}

// States reads an aggregate as it was before and after the change that an event tells of, by name, from what it is now and the audit
// trail: values as in storage.Tx.Look, or, where they were rolled back, as JSON. Before is nil for one that was created, after for one that was deleted; an
// event that no audit entry goes with has both alike.
func States(ctx context.Context, tx *storage.Tx, e Event) (before, after map[string]any, err error) {
	after, err = tx.Look(ctx, storage.Ref{}, e.Subject)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return nil, nil, err
	}
	var trail []*Entry
	for entry, err := range Trail(ctx, tx, Filter{Subject: e.Subject, From: e.Order}) {
		if err != nil {
			return nil, nil, err
		}
		trail = append(trail, entry)
	}
	for i := len(trail) - 1; i >= 0; i-- {
		if trail[i].Version == e.Order {
			break
		}
		after = rolledBack(after, trail[i])
	}
	if len(trail) == 0 || trail[0].Version != e.Order {
		return after, after, nil
	}
	return rolledBack(after, trail[0]), after, nil
}

// rolledBack is an aggregate before a change. One that a change deleted comes back, one that it created goes.
func rolledBack(now map[string]any, change *Entry) map[string]any {
	out := make(map[string]any, len(now))
	for name, v := range now {
		out[name] = v
	}
	created := now != nil
	for _, c := range change.Changes {
		if c.Old != nil {
			created = false
			out[c.Field] = c.Old
		} else if created {
			out[c.Field] = json.RawMessage("null")
		}
	}
	if created && len(change.Changes) > 0 {
		return nil
	}
	return out
}
