package event

import (
	"context"
	"time"

	"github.com/tutas/tutas/storage"
)

// wake says that a tenant has work of some kind from an instant on. Rows are only ever added and removed, never changed, so that writers do not wait
// for one another; an index over all tenants finds those with work. The key begins with the instant, so a tenant's own are found by it, and a commit pays for no
// index more.
type wake struct {
	ID  storage.ID[wake]
	Due time.Time
	// Kind chooses the Work that does it.
	Kind string
	// For is what the work is about, where that matters: a timer, a document.
	For storage.Ref
}

var wakes = storage.Define("storage.wake", func(w *wake) []storage.Field {
	return []storage.Field{
		storage.Instant("due", &w.Due).Key(), storage.UUID("id", &w.ID).Key(), storage.Text("kind", &w.Kind).Limit(100), storage.RefTo("for", &w.For),
	}
}, storage.Global("due", "due"))

// news reports whether it asks for the delivery of new events.
func (w *wake) news() bool { return w.Kind == relayKind && w.For.IsZero() }

// wakeUp is what a wake-up says.
type wakeUp struct {
	due   time.Time
	kind  string
	about storage.Ref
}

// Wake asks that the work of a kind be done at or after an instant, by the Tick that finds it due. It is part of the transaction.
func Wake(ctx context.Context, tx *storage.Tx, due time.Time, kind string, about storage.Ref) error {
	due = due.UTC().Truncate(time.Microsecond)
	if !tx.FirstTime(wakeUp{due, kind, about}) {
		return nil // one is enough
	}
	return wakes.Insert(ctx, tx, &wake{ID: storage.NewID[wake](tx), Due: due, Kind: kind, For: about})
}

// relayKind is the kind of work that delivers events.
const relayKind = "events"

// oldEvent is what wake-ups are for that ask for another attempt at an event, rather than for what is new.
var oldEvent = storage.Ref{Kind: relayKind, ID: "again"}
