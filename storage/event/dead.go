package event

import (
	"context"
	"iter"
	"time"

	"github.com/tutas/tutas/storage"
)

// Deliveries yields what a reader could not handle at once, in any of the states given (all, if none).
func Deliveries(ctx context.Context, s storage.Session, reader string, states ...State) iter.Seq2[*Delivery, error] {
	where := []storage.Cond{storage.Eq("reader", reader)}
	if len(states) > 0 {
		where = append(where, storage.In("state", states...))
	}
	return deliveries.All(ctx, s, storage.Query{Where: where})
}

// Replay revives a dead delivery: the next Deliver tries it anew, and then what was held behind it, in order.
//
// Errors: storage.ErrNotFound if the reader has no such dead delivery.
func Replay(ctx context.Context, s storage.Session, reader string, id storage.ID[Event]) error {
	return s.Update(ctx, func(tx *storage.Tx) error {
		d := &Delivery{Reader: reader, Event: id}
		found, err := deliveries.LoadLocked(ctx, tx, d)
		if err != nil {
			return err
		}
		if !found[0] || d.State != Dead {
			return storage.ErrNotFound.With("no dead delivery of %s to %s", id, reader)
		}
		d.State, d.Attempts, d.Due = Retry, 0, tx.Now()
		if err := deliveries.Update(ctx, tx, d); err != nil {
			return err
		}
		return Wake(ctx, tx, tx.Now(), relayKind, oldEvent)
	})
}

// Rewind sets a reader back to the beginning: every event that is still kept comes again.
func Rewind(ctx context.Context, s storage.Session, reader string) error {
	return s.Update(ctx, func(tx *storage.Tx) error {
		at := &place{Name: reader}
		found, err := readers.LoadLocked(ctx, tx, at)
		if err != nil || !found[0] {
			return err
		}
		at.Position, at.Last, at.Clear = "", storage.ID[Event]{}, time.Time{}
		if err := readers.Update(ctx, tx, at); err != nil {
			return err
		}
		return Wake(ctx, tx, tx.Now(), relayKind, storage.Ref{})
	})
}

// commitSlack is how much longer than the readers' slowest clear moment an event is kept, since a transaction may have begun, and taken
// its instant, well before it committed.
const commitSlack = time.Hour

// Prune removes events, and the marks of Once, that are older than an instant and that every reader has had: at most n of each, and
// answers how many events. Events that wait for another attempt stay, and the last that each reader has had.
func Prune(ctx context.Context, s storage.Session, before time.Time, n int) (removed int, err error) {
	err = s.Update(ctx, func(tx *storage.Tx) error {
		removed = 0
		limit := before
		waiting := map[storage.ID[Event]]bool{}
		for at, err := range readers.All(ctx, tx, storage.Query{}) {
			if err != nil {
				return err
			}
			if safe := at.Clear.Add(-commitSlack); safe.Before(limit) {
				limit = safe
			}
			waiting[at.Last] = true // it marks the reader's place
		}
		for d, err := range deliveries.All(ctx, tx, storage.Query{}) {
			if err != nil {
				return err
			}
			waiting[d.Event] = true
		}
		for e, err := range events.All(ctx, tx, storage.Query{Limit: n}) {
			if err != nil {
				return err
			}
			if !e.At.Before(limit) {
				break
			}
			if waiting[e.ID] {
				continue
			}
			if err := events.Delete(ctx, tx, e); err != nil {
				return err
			}
			removed++
		}
		for m, err := range inbox.All(ctx, tx, storage.Query{Where: []storage.Cond{storage.Lt("at", limit)}, Order: []string{"at"}, Limit: n}) {
			if err != nil {
				return err
			}
			if err := inbox.Delete(ctx, tx, m); err != nil {
				return err
			}
		}
		return nil
	})
	return removed, err
}
