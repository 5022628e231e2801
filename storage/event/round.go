package event

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/tutas/tutas/storage"
)

// A round is one Tick.
type round struct {
	*Ticker
	now    time.Time
	stop   context.Context           // when it ends, so does the round, after the step in hand
	left   map[storage.ID[wake]]bool // what cannot be done now
	passed map[string]bool           // tenants that are left to others, or for later
	steps  map[string]int            // by tenant, taken so far
	taken  int                       // by all of them
	stats  Stats
}

func (r *round) run(ctx context.Context) error {
	for {
		names, err := r.due(ctx)
		if err != nil || len(names) == 0 {
			return err
		}
		for _, name := range names {
			if err := r.stop.Err(); err != nil {
				return err
			}
			if r.spent() {
				r.passed[name] = true
				continue
			}
			err := r.turn(ctx, name)
			switch {
			case err == nil:
			case errors.Is(err, storage.ErrUnknownTenant): // it was dropped just now
				r.passed[name] = true
			case ctx.Err() == nil && (errors.Is(err, storage.ErrConflict) || errors.Is(err, storage.ErrBusy)):
				r.passed[name] = true
				r.failed(ctx, name, "turn", storage.Ref{}, err)
			default:
				return err
			}
		}
		if r.spent() {
			return nil
		}
	}
}

// spent reports whether the Tick has used up its bounds.
func (r *round) spent() bool { return r.bounds.Tick > 0 && r.taken >= r.bounds.Tick }

// enough is how many tenants due finds before it looks no further.
const enough = 32

// due lists tenants that have work, in the order of their first due instant: all of them, or so many that it takes a while. It looks past the work of
// tenants that have a lot, so that the others are found.
func (r *round) due(ctx context.Context) (names []string, err error) {
	for limit := 1000; ; limit *= 4 {
		rows := 0
		names = nil
		listed := map[string]bool{}
		q := storage.Query{Where: []storage.Cond{storage.Le("due", r.now)}, Order: []string{"due"}, Limit: limit + len(r.left)}
		err = wakes.Across(ctx, r.store, q, func(tenant string, w *wake) error {
			if rows++; rows == 1 {
				r.note(func(c *Counters) { c.Lag = r.now.Sub(w.Due) })
			}
			if !listed[tenant] && !r.left[w.ID] && !r.passed[tenant] {
				listed[tenant] = true
				names = append(names, tenant)
			}
			return nil
		})
		if err == nil && rows == 0 {
			r.note(func(c *Counters) { c.Lag = 0 })
		}
		if err != nil || rows < limit+len(r.left) || len(names) >= enough {
			return names, err
		}
	}
}

// turn does a share of one tenant's due work, unless another process is at it. Wake-ups of one kind, instant and subject are done together; only those seen before
// the work began are removed, so one that arrives meanwhile is not lost.
func (r *round) turn(ctx context.Context, name string) error {
	db, err := r.store.Tenant(ctx, name)
	if err != nil {
		return err
	}
	group, mine, err := r.begin(ctx, db)
	if err != nil {
		return err
	}
	if !mine {
		r.passed[name] = true
		r.note(func(c *Counters) { c.Busy++ })
		return nil
	}
	until := r.store.Now().Add(r.bounds.Lease / 3)
	for n := 1; len(group) > 0; n++ {
		r.steps[name]++
		r.taken++
		done, err := r.do(ctx, db, name, group)
		if err != nil {
			return err
		}
		if r.bounds.Tenant > 0 && r.steps[name] >= r.bounds.Tenant {
			r.passed[name] = true
		}
		last := n >= r.bounds.Turn || r.passed[name] || r.spent() || r.stop.Err() != nil
		renew := !last && r.store.Now().After(until)
		if group, err = r.goOn(ctx, db, group, done, last, renew); err != nil {
			return err
		}
		if renew {
			until = r.store.Now().Add(r.bounds.Lease / 3)
		}
	}
	return nil
}

// begin takes the tenant's turn and finds the first of its work.
func (r *round) begin(ctx context.Context, db *storage.DB) (group []*wake, mine bool, err error) {
	err = db.Update(ctx, func(tx *storage.Tx) error {
		if mine, err = takeTurn(ctx, tx, r.holder, r.bounds.Lease); err != nil || !mine {
			return err
		}
		group, err = r.next(ctx, tx)
		if err == nil && len(group) == 0 {
			return endTurn(ctx, tx, r.holder)
		}
		return err
	})
	if mine && err == nil {
		r.note(func(c *Counters) { c.Turns++ })
	}
	return group, mine, err
}

// do does the work that a group of wake-ups asks for, and answers whether it is done with.
func (r *round) do(ctx context.Context, db *storage.DB, name string, group []*wake) (done bool, err error) {
	first := group[0]
	work := r.works[first.Kind]
	if work == nil { // some other process knows this kind
		r.leave(group)
		return false, nil
	}
	bad := storage.Contain(func() (err error) {
		done, err = work(ctx, db.At(group[len(group)-1].Due), first.For)
		return err
	})
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case errors.Is(bad, ErrMore):
		return false, nil
	case bad != nil:
		r.failed(ctx, name, first.Kind, first.For, bad)
		r.leave(group)
		return false, nil
	case !done:
		r.leave(group)
		return false, nil
	}
	r.stats.Done += len(group)
	if !r.all[first.Kind] {
		r.Counted(first.Kind, Tally{Done: int64(len(group))})
	}
	return true, nil
}

func (r *round) leave(group []*wake) {
	for _, w := range group {
		r.left[w.ID] = true
	}
}

// failed takes note of work that ended in an error.
func (r *round) failed(ctx context.Context, tenant, kind string, about storage.Ref, bad error) {
	r.stats.Failed++
	r.stats.Err = bad
	r.Counted(kind, Tally{Failed: 1})
	r.store.Log().WarnContext(ctx, "due work failed and is left for a later tick", "tenant", tenant, "kind", kind, "about", about.String(), "err", bad)
}

// goOn removes the wake-ups of what is done and finds what comes next. Where nothing does, or this was the last, the turn ends.
func (r *round) goOn(ctx context.Context, db *storage.DB, group []*wake, done, last, renew bool) (next []*wake, err error) {
	err = db.Update(ctx, func(tx *storage.Tx) (err error) {
		next = nil
		if done {
			if err := wakes.Delete(ctx, tx, group...); err != nil {
				return err
			}
		}
		if !last {
			if next, err = r.next(ctx, tx); err != nil {
				return err
			}
		}
		if len(next) == 0 {
			return endTurn(ctx, tx, r.holder)
		}
		if renew {
			mine, err := takeTurn(ctx, tx, r.holder, r.bounds.Lease)
			if !mine {
				next = nil
				r.passed[db.Tenant().ID] = true
			}
			return err
		}
		return nil
	})
	return next, err
}

// next finds the earliest due wake-up and those that are done with it: of events and of what HandleAll does, all up to the next other work; of
// other kinds, those that ask for the same.
func (r *round) next(ctx context.Context, tx *storage.Tx) ([]*wake, error) {
	var due []*wake
	q := storage.Query{Where: []storage.Cond{storage.Le("due", r.now)}, Order: []string{"due"}, Limit: 500 + len(r.left)}
	for w, err := range wakes.All(ctx, tx, q) {
		if err != nil {
			return nil, err
		}
		if !r.left[w.ID] {
			due = append(due, w)
		}
	}
	slices.SortStableFunc(due, func(a, b *wake) int {
		return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.Kind, b.Kind), bytes.Compare(a.ID[:], b.ID[:]))
	})
	n := 0
	for n < len(due) && due[n].Kind == due[0].Kind &&
		(r.all[due[n].Kind] || (due[n].Due.Equal(due[0].Due) && due[n].For == due[0].For)) {
		n++
	}
	return due[:n], nil
}
