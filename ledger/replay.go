// Replay: the same books, built anew from the log.

package ledger

import (
	"context"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// ErrOtherLog: the books hold entries that the log to be replayed does not begin with, sealed or not.
var ErrOtherLog = storage.NewError("ledger.other_log", "the books do not hold the beginning of this log")

// Replay builds books anew from the sealed log of others, as an auditor does: chart and commodities as they are now, then each
// entry in its order, with its ID, instants, digests, parts and the link to its reversal, and the same blocks. So balances and
// the Head come out the same, or the log is broken. It stops at the first entry that is not as it was sealed, and a Replay into
// books that hold the beginning goes on from there. Each block is a transaction.
//
// Entries that are not sealed, settings, locks, keys and what matched what are not part of the log: open items are as if nothing
// but reversals had settled them; Store.ExportTenant moves everything. Limits do not judge what is replayed, and hold again when
// it is through.
//
// Errors: ErrBroken, ErrOtherLog, storage.ErrExists for an ID that is taken.
func Replay(ctx context.Context, from, to *Books) (head Head, err error) {
	if head, err = to.Head(ctx); err != nil {
		return head, err
	}
	if err := to.allSealed(ctx, head); err != nil {
		return head, err
	}
	if err := copyChart(ctx, from, to); err != nil {
		return head, err
	}
	if err := to.relimit(ctx, false); err != nil {
		return head, err
	}
	begun := head.Sequence == 0
	for c, err := range from.chapters(ctx, max(head.Sequence, 1)) {
		if err != nil {
			return head, err
		}
		if !begun {
			if err := c.joins(head); err != nil {
				return head, err
			}
			begun = true
		}
		if c.block.last() <= head.Sequence {
			continue
		}
		if head, err = c.replay(ctx, to.s); err != nil {
			return head, err
		}
	}
	if err := to.relimit(ctx, true); err != nil {
		return head, err
	}
	if !begun {
		return head, ErrOtherLog.With("at %d", head.Sequence)
	}
	return head, to.allSealed(ctx, head)
}

// allSealed reports whether the books hold no entries but those up to a head.
func (b *Books) allSealed(ctx context.Context, head Head) error {
	return b.s.View(ctx, func(tx *storage.Tx) error {
		n, err := entries.Count(ctx, tx, storage.Query{})
		if err == nil && n != head.Sequence {
			err = ErrOtherLog.With("%d entries are not sealed", n-head.Sequence)
		}
		return err
	})
}

// relimit drops the live balances, and makes them anew: limits may be younger than what is replayed, so they do not judge it.
func (b *Books) relimit(ctx context.Context, anew bool) error {
	return b.s.Update(ctx, func(tx *storage.Tx) error {
		chart, err := collect(accounts.All(ctx, tx, storage.Query{}))
		if err != nil {
			return err
		}
		for _, a := range chart {
			if !a.live() {
				continue
			}
			if _, err := accounts.LoadLocked(ctx, tx, a); err != nil {
				return err
			}
			then := *a
			if !anew {
				then.Bounds = Bounds{}
			}
			if err := changeLive(ctx, tx, a, &then); err != nil {
				return err
			}
		}
		return nil
	})
}

// joins reports whether a head is in a chapter or before it, so that the chapter's rest follows.
func (c *chapter) joins(head Head) error {
	if head.Sequence == 0 {
		return nil
	}
	i := head.Sequence - c.block.First
	if i < 0 || i >= int64(len(c.hashes)) || c.hashes[i].String() != head.Hash {
		return ErrOtherLog.With("at %d", head.Sequence)
	}
	return nil
}

func copyChart(ctx context.Context, from, to *Books) error {
	var chart []*Account
	var own []*Commodity
	for _, kind := range []string{accounts.Kind(), details.Kind()} {
		fields, err := storage.DeclaredFields(ctx, from.s, kind)
		if err != nil {
			return err
		}
		for _, f := range fields {
			if err := storage.DeclareField(ctx, to.s, f); err != nil {
				return err
			}
		}
	}
	err := from.s.View(ctx, func(tx *storage.Tx) (err error) {
		if chart, err = collect(accounts.All(ctx, tx, storage.Query{})); err == nil {
			own, err = collect(commodities.All(ctx, tx, storage.Query{}))
		}
		return err
	})
	if err != nil {
		return err
	}
	return to.s.Update(ctx, func(tx *storage.Tx) error {
		for _, a := range chart {
			a.Version = 0 // the row is new
		}
		for _, c := range own {
			c.Version = 0
		}
		_, err := accounts.InsertNew(ctx, tx, chart...)
		if err == nil {
			_, err = commodities.InsertNew(ctx, tx, own...)
		}
		return err
	})
}

func collect[T any](all func(func(*T, error) bool)) (list []*T, err error) {
	for v, err := range all {
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

// replay writes what the books lack of a chapter, with its block.
func (c *chapter) replay(ctx context.Context, s storage.Session) (head Head, err error) {
	err = s.Update(ctx, func(tx *storage.Tx) error {
		at, err := lockSealing(ctx, tx)
		if err != nil {
			return err
		}
		last, err := lastBlock(ctx, tx)
		if err != nil {
			return err
		}
		if n, err := entries.Count(ctx, tx, storage.Query{}); err != nil {
			return err
		} else if n != last.last() {
			return ErrOtherLog.With("entries that are not sealed")
		}
		if err := c.joins(Head{last.last(), last.Hash}); err != nil && last.last() >= c.block.First {
			return err
		}
		todo := c.list[max(0, last.last()+1-c.block.First):]
		list := make([]*Posted, len(todo))
		for i, f := range todo {
			list[i] = f.entry
			if err := f.replay(ctx, tx); err != nil {
				return err
			}
		}
		next := last.seal(list, c.block.At)
		if next.Hash != c.block.Hash {
			return ErrOtherLog.With("at %d", next.last())
		}
		head = Head{next.last(), next.Hash}
		if at.Position != "" { // the tail has more to be passed over
			at.Left += int64(len(list))
			if err := sealings.Update(ctx, tx, at); err != nil {
				return err
			}
		}
		return blocks.Insert(ctx, tx, next)
	})
	return head, err
}

// replay writes one entry as it is, at its own instant.
func (f *found) replay(ctx context.Context, tx *storage.Tx) error {
	p := *f.entry
	p.ReversedBy = storage.ID[Posted]{}
	tx = tx.At(p.At)
	rules, err := rulesOf(ctx, tx, f.rows)
	if err != nil {
		return err
	}
	if rules.itemised() {
		if rules.Scales, err = allScales(ctx, tx); err != nil {
			return err
		}
	}
	w := posting{rules: rules, posted: []Posted{p}, rows: f.rows}
	if err := w.write(ctx, tx); err != nil || p.Reverses.IsZero() {
		return err
	}
	old, err := entries.Lock(ctx, tx, p.Reverses)
	if err != nil {
		return err
	}
	old.ReversedBy = p.ID
	if err := entries.Update(ctx, tx, old); err != nil {
		return err
	}
	return event.Append(ctx, tx, p.By, old.Ref(), 2, EntryReversed.Draft(ReversedPayload{By: p.ID, Date: p.Date}))
}
