package event

import (
	"context"
	"time"

	"github.com/tutas/tutas/storage"
)

// turn says which process does the due work of a tenant, and until when nobody else need ask. It is written when a turn begins and when it ends, not
// held by a lock meanwhile, so no process ever waits for another; one that dies is replaced when its lease has run out.
type turn struct {
	Name   string
	Holder string
	Until  time.Time
}

var turns = storage.Define("storage.turn", func(t *turn) []storage.Field {
	return []storage.Field{storage.Text("name", &t.Name).Key().Limit(20), storage.Text("holder", &t.Holder), storage.Instant("until", &t.Until).Optional()}
}, storage.Local("holder", "until"), storage.Rank(42))

// dueWork is the name of the one row of a tenant.
const dueWork = "due"

// takeTurn makes a process the one that does the tenant's work until the lease ends, unless another has it. It goes by the store's clock, whatever that of the
// transaction.
func takeTurn(ctx context.Context, tx *storage.Tx, holder string, lease time.Duration) (mine bool, err error) {
	at := &turn{Name: dueWork}
	found, err := turns.LoadLocked(ctx, tx, at)
	if err == nil && !found[0] {
		if _, err = turns.InsertNew(ctx, tx, at); err == nil {
			_, err = turns.LoadLocked(ctx, tx, at)
		}
	}
	if err != nil {
		return false, err
	}
	now := tx.DB().Store().Now()
	if at.Holder != holder && at.Until.After(now) {
		return false, nil
	}
	if before := at.Holder; before != holder && !at.Until.IsZero() {
		tx.AfterCommit(func() {
			tx.DB().Store().Log().WarnContext(ctx, "took over the due work of a tenant from a process that did not end its turn",
				"tenant", tx.Tenant().ID, "process", before)
		})
	}
	at.Holder, at.Until = holder, now.Add(lease)
	return true, turns.Update(ctx, tx, at)
}

// endTurn lets others have the tenant, unless they have it already.
func endTurn(ctx context.Context, tx *storage.Tx, holder string) error {
	at := &turn{Name: dueWork}
	found, err := turns.LoadLocked(ctx, tx, at)
	if err != nil || !found[0] || at.Holder != holder {
		return err
	}
	at.Until = time.Time{}
	return turns.Update(ctx, tx, at)
}
