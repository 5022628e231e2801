package event

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"math"
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
	waits  map[string]bool           // tenants that have new events among what is left
	steps  map[string]int            // by tenant, taken so far
	taken  int                       // by all of them
	stats  Stats
}

func (r *round) run(ctx context.Context) error {
	var busy []string // had their turn and have more to do
	for {
		names, err := r.due(ctx)
		if err != nil {
			return err
		}
		for _, name := range busy {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		if len(names) == 0 {
			return nil
		}
		busy = nil
		for _, name := range names {
			if err := r.stop.Err(); err != nil {
				return err
			}
			if r.spent() {
				r.passed[name] = true
				continue
			}
			more, err := r.turn(ctx, name)
			switch {
			case err == nil && more:
				busy = append(busy, name)
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

// look is how many wake-ups due looks at in one place.
const look = 1000

// due lists tenants that have work, in the order of their first due instant. Where there is so much that it does not see all, it looks at the oldest, at the newest
// and at some between, elsewhere each time, so that a tenant with little to do is found among the work of one with a lot, and what is waiting costs nothing.
func (r *round) due(ctx context.Context) (names []string, err error) {
	first := map[string]time.Time{}
	see := func(q storage.Query) (rows int, last time.Time, err error) {
		q.Order = []string{"due"}
		err = wakes.Across(ctx, r.store, q, func(tenant string, w *wake) error {
			if rows++; rows == 1 && len(q.Where) == 1 && !q.Desc {
				r.note(func(c *Counters) { c.Lag = r.now.Sub(w.Due) })
			}
			last = w.Due
			if before, seen := first[tenant]; !r.left[w.ID] && !r.passed[tenant] && (!seen || w.Due.Before(before)) {
				first[tenant] = w.Due
			}
			return nil
		})
		return rows, last, err
	}
	until := storage.Le("due", r.now)
	limit := look + len(r.left)
	rows, last, err := see(storage.Query{Where: []storage.Cond{until}, Limit: limit})
	switch {
	case err != nil:
		return nil, err
	case rows == 0:
		r.note(func(c *Counters) { c.Lag = 0 })
	case rows == limit:
		if _, _, err := see(storage.Query{Where: []storage.Cond{until}, Limit: limit, Desc: true}); err != nil {
			return nil, err
		}
		between := storage.Ge("due", last.Add(time.Duration(r.somewhere()*float64(r.now.Sub(last)))))
		if _, _, err := see(storage.Query{Where: []storage.Cond{until, between}, Limit: limit}); err != nil {
			return nil, err
		}
	}
	for name := range first {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(first[a].Compare(first[b]), cmp.Compare(a, b)) })
	return names, nil
}

// somewhere is another place between 0 and 1 each time, soon near every one.
func (t *Ticker) somewhere() float64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.looks++
	_, part := math.Modf(float64(t.looks) * (math.Sqrt(5) - 1) / 2)
	return part
}

// turn does a share of one tenant's due work, unless another process is at it, and answers whether there may be more. Only wake-ups seen before the work began are
// removed, so one that arrives meanwhile is not lost.
func (r *round) turn(ctx context.Context, name string) (more bool, err error) {
	db, err := r.store.Tenant(ctx, name)
	if err != nil {
		return false, err
	}
	group, mine, err := r.begin(ctx, db)
	if err != nil {
		return false, err
	}
	if !mine {
		r.passed[name] = true
		r.note(func(c *Counters) { c.Busy++ })
		return false, nil
	}
	safe := r.store.Now().Add(r.bounds.Lease / 3)
	for n := 1; len(group) > 0; n++ {
		r.steps[name]++
		r.taken++
		done, again, err := r.do(ctx, db, name, group)
		if err != nil {
			return false, err
		}
		if r.bounds.Tenant > 0 && r.steps[name] >= r.bounds.Tenant {
			r.passed[name] = true
		}
		more = n >= r.bounds.Turn || r.spent() || r.stop.Err() != nil
		last, late := more || r.passed[name], r.store.Now().After(safe)
		if again && !last && !late {
			continue
		}
		if group, err = r.goOn(ctx, db, group, done, last, late); err != nil {
			return false, err
		}
		if late {
			safe = r.store.Now().Add(r.bounds.Lease / 3)
		}
	}
	return more && !r.passed[name], nil
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

// do does the work that a group of wake-ups asks for, and answers whether it is done with, or has to be done again first.
func (r *round) do(ctx context.Context, db *storage.DB, name string, group []*wake) (done, again bool, err error) {
	first := group[0]
	work := r.works[first.Kind]
	if work == nil { // some other process knows this kind
		r.leave(name, group)
		return false, false, nil
	}
	bad := storage.Contain(func() (err error) {
		done, err = work(ctx, db.At(group[len(group)-1].Due), first.For)
		return err
	})
	switch {
	case ctx.Err() != nil:
		return false, false, ctx.Err()
	case errors.Is(bad, ErrMore):
		return false, true, nil
	case bad != nil:
		r.failed(ctx, name, first.Kind, first.For, bad)
		r.leave(name, group)
		return false, false, nil
	case !done:
		r.leave(name, group)
		return false, false, nil
	}
	r.stats.Done += len(group)
	if !r.all[first.Kind] {
		r.Counted(first.Kind, Tally{Done: int64(len(group))})
	}
	return true, false, nil
}

func (r *round) leave(tenant string, group []*wake) {
	for _, w := range group {
		r.left[w.ID] = true
		r.waits[tenant] = r.waits[tenant] || w.news()
	}
}

// failed takes note of work that ended in an error.
func (r *round) failed(ctx context.Context, tenant, kind string, about storage.Ref, bad error) {
	r.stats.Failed++
	r.stats.Err = bad
	r.Counted(kind, Tally{Failed: 1})
	r.store.Log().WarnContext(ctx, "due work failed and is left for a later tick", "tenant", tenant, "kind", kind, "about", about.String(), "err", bad)
}

// goOn removes the wake-ups of what is done and finds what comes next. Where nothing does, or this was the last, the turn ends. When it is late it takes the turn
// anew; where another process has it, everything is left to that.
func (r *round) goOn(ctx context.Context, db *storage.DB, group []*wake, done, last, late bool) (next []*wake, err error) {
	err = db.Update(ctx, func(tx *storage.Tx) (err error) {
		next = nil
		if late {
			if mine, err := takeTurn(ctx, tx, r.holder, r.bounds.Lease); err != nil || !mine {
				r.passed[db.Tenant().ID] = true
				return err
			}
		}
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
		return nil
	})
	return next, err
}

// next finds the earliest due wake-up and those that are done with it: of events and of what HandleAll does, all up to the next other work; of
// other kinds, those that ask for the same.
func (r *round) next(ctx context.Context, tx *storage.Tx) ([]*wake, error) {
	var due []*wake
	for spare := true; len(due) == 0 && spare; {
		var err error
		if due, spare, err = r.page(ctx, tx); err != nil {
			return nil, err
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

// page reads wake-ups that are due. Every commit leaves one for its events, but whoever delivers delivers all there are: so the first is kept, also where it has to
// wait, and those after it are spare and go.
func (r *round) page(ctx context.Context, tx *storage.Tx) (due []*wake, some bool, err error) {
	var spare []*wake
	known := r.waits[tx.Tenant().ID]
	q := storage.Query{Where: []storage.Cond{storage.Le("due", r.now)}, Order: []string{"due"}, Limit: 500 + len(r.left)}
	for w, err := range wakes.All(ctx, tx, q) {
		switch {
		case err != nil:
			return nil, false, err
		case r.left[w.ID]:
		case w.news() && known:
			spare = append(spare, w)
		default:
			due = append(due, w)
			known = known || w.news()
		}
	}
	return due, len(spare) > 0, wakes.Delete(ctx, tx, spare...)
}
