package ledger

import (
	"context"

	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// VoidHold gives a hold up.
type VoidHold struct {
	By   storage.Ref      `json:"by"`
	Key  storage.Key      `json:"key,omitempty"`
	Why  string           `json:"why,omitempty"`
	Hold storage.ID[Held] `json:"hold"`
}

const (
	verbVoidHold   = "ledger.hold.void"
	verbExpireHold = "ledger.hold.expire"
)

// VoidHold frees what is held. What was posted of it stays.
//
// Errors: *storage.Invalid, storage.ErrNotFound, ErrHoldOver, ErrHoldExpired, storage.ErrKeyReused, storage.ErrForbidden.
func (b *Books) VoidHold(ctx context.Context, cmd VoidHold) (*Held, error) {
	var bad faults
	checkRef(&bad, "by", cmd.By)
	if code := textFault(cmd.Why, MaxText); code != "" {
		bad.add("why", code)
	}
	if err := bad.err(); err != nil {
		return nil, err
	}
	return storage.Once(ctx, b.s, cmd.Key, verbVoidHold, cmd, func(tx *storage.Tx) (*Held, error) {
		h, err := lockHold(ctx, tx, cmd.Hold)
		if err != nil {
			return nil, err
		}
		if err := h.end(ctx, tx, HoldVoid, event.Change[Held]{By: cmd.By, Verb: verbVoidHold, Why: cmd.Why}, HoldWasVoided); err != nil {
			return nil, err
		}
		return h.shown(tx.Now()), nil
	})
}

// HoldWork is the kind of the wake-ups that note that a hold has expired; see Handle.
const HoldWork = "ledger.hold"

// expireHold notes that a hold has expired, if it was open until then. It does not count since that instant; this frees what it
// held, and tells.
func (b *Books) expireHold(ctx context.Context, about storage.Ref) error {
	id, err := storage.ParseID[Held](about.ID)
	if err != nil {
		return err
	}
	return b.s.Update(ctx, func(tx *storage.Tx) error {
		h, err := holds.Lock(ctx, tx, id)
		if err != nil || h.State != HoldOpen || h.Expires.After(tx.Now()) {
			return err
		}
		return h.end(ctx, tx, HoldExpired, event.Change[Held]{Verb: verbExpireHold}, HoldHasExpired)
	})
}

// end frees all that a locked hold has.
func (h *Held) end(ctx context.Context, tx *storage.Tx, to HoldState, c event.Change[Held], told event.Type[HoldPayload]) error {
	before := *h
	h.State, h.Left = to, make([]money.Amount, len(before.Left))
	for i, a := range before.Left {
		h.Left[i] = money.Zero(a.Currency())
	}
	rules, err := needOf([]*Entry{&h.Entry}).read(ctx, tx)
	if err != nil {
		return err
	}
	list, err := h.claimed(rules)
	if err != nil {
		return err
	}
	l, err := lockLive(ctx, tx, movesOfClaims(list), rules.Accounts)
	if err != nil {
		return err
	}
	freed, err := settle(ctx, tx, l, list)
	if err != nil {
		return err
	}
	if l != nil {
		if err := l.apply(ctx, tx, freed); err != nil {
			return err
		}
		if err := l.save(ctx, tx); err != nil {
			return err
		}
	}
	c.Before, c.After, c.Events = &before, h, []event.Draft{told.Draft(h.payload())}
	return event.Apply(ctx, tx, holds, c)
}
