package event

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/tutas/tutas/storage"
)

// A Work does what a wake-up asks for. It runs outside any transaction, with the tenant's clock at the instant that was due, and answers
// false if it could not finish now and must be asked again by a later Tick.
type Work func(ctx context.Context, db *storage.DB, about storage.Ref) (done bool, err error)

// A Ticker does due work for all tenants when it is told to. Its cost is that of the tenants with work, however many others there are.
type Ticker struct {
	store *storage.Store
	works map[string]Work
	all   map[string]bool // kinds whose wake-ups are done together
	share int
}

// NewTicker makes a ticker that delivers the relay's events.
func NewTicker(store *storage.Store, relay *Relay) *Ticker {
	t := &Ticker{store: store, works: map[string]Work{}, all: map[string]bool{relayKind: true}, share: 200}
	if relay != nil {
		t.works[relayKind] = func(ctx context.Context, db *storage.DB, _ storage.Ref) (bool, error) {
			for {
				p, err := relay.Deliver(ctx, db)
				if err != nil || !p.Behind || p.Handled+p.Failed == 0 {
					return err == nil && !p.Behind, err
				}
			}
		}
	}
	return t
}

// Handle makes the ticker do work of a kind; see Wake. Call it before the first Tick.
func (t *Ticker) Handle(kind string, w Work) { t.works[kind] = w }

// HandleAll makes the ticker do work of a kind once for all its wake-ups that are due before other work is. The work finds by itself what is
// due at the instant of its clock, which is that of the last of them, and does each as of its own.
func (t *Ticker) HandleAll(kind string, w Work) { t.works[kind], t.all[kind] = w, true }

// Stats says what a Tick did.
type Stats struct {
	// Tenants had work; Done and Failed count wake-ups, Left those that a later Tick must see to.
	Tenants, Done, Failed, Left int
	// Err is the last error of a tenant's work; others went on.
	Err error
}

// Tick does all work that is due now, in each tenant in the order of (due instant, kind, id), with the tenant's clock at the
// instant that was due; what becomes due by doing it joins the queue. Tenants take turns, so none starves another. An error of
// one tenant's work is counted and left for a later Tick; an error of the engine ends the Tick.
func (t *Ticker) Tick(ctx context.Context) (stats Stats, err error) {
	now := t.store.Now()
	left := map[storage.ID[wake]]bool{}
	seen := map[string]bool{}
	for {
		names, err := t.due(ctx, now, left)
		if err != nil || len(names) == 0 {
			stats.Left, stats.Tenants = len(left), len(seen)
			return stats, err
		}
		for _, name := range names {
			seen[name] = true
			if err := t.turn(ctx, name, now, left, &stats); err != nil {
				return stats, err
			}
		}
	}
}

// due lists the tenants that have work, in the order of their first due instant.
func (t *Ticker) due(ctx context.Context, now time.Time, left map[storage.ID[wake]]bool) (names []string, err error) {
	listed := map[string]bool{}
	q := storage.Query{Where: []storage.Cond{storage.Le("due", now)}, Order: []string{"due"}, Limit: 1000 + len(left)}
	err = wakes.Across(ctx, t.store, q, func(tenant string, w *wake) error {
		if !listed[tenant] && !left[w.ID] {
			listed[tenant] = true
			names = append(names, tenant)
		}
		return nil
	})
	return names, err
}

// turn does a share of one tenant's due work. Wake-ups of one kind, instant and subject are done together; only those seen before the work
// began are removed, so one that arrives meanwhile is not lost.
func (t *Ticker) turn(ctx context.Context, name string, now time.Time, left map[storage.ID[wake]]bool, stats *Stats) error {
	db, err := t.store.Tenant(ctx, name)
	if err != nil {
		return err
	}
	for range t.share {
		group, err := t.next(ctx, db, now, left)
		if err != nil || len(group) == 0 {
			return err
		}
		first := group[0]
		done, bad := true, error(nil)
		if work := t.works[first.Kind]; work != nil {
			bad = storage.Contain(func() (err error) {
				done, err = work(ctx, db.At(group[len(group)-1].Due), first.For)
				return err
			})
		} else {
			done = false // some other process knows this kind
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if bad != nil {
			stats.Failed++
			stats.Err = bad
		}
		if bad != nil || !done {
			for _, w := range group {
				left[w.ID] = true
			}
			continue
		}
		stats.Done += len(group)
		if err := db.Update(ctx, func(tx *storage.Tx) error { return wakes.Delete(ctx, tx, group...) }); err != nil {
			return err
		}
	}
	return nil
}

// next finds the earliest due wake-up and those that are done with it: of events and of what HandleAll does, all up to the next other work; of
// other kinds, those that ask for the same.
func (t *Ticker) next(ctx context.Context, db *storage.DB, now time.Time, left map[storage.ID[wake]]bool) ([]*wake, error) {
	var due []*wake
	q := storage.Query{Where: []storage.Cond{storage.Le("due", now)}, Order: []string{"due"}, Limit: 500 + len(left)}
	for w, err := range wakes.All(ctx, db, q) {
		if err != nil {
			return nil, err
		}
		if !left[w.ID] {
			due = append(due, w)
		}
	}
	slices.SortStableFunc(due, func(a, b *wake) int {
		return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.Kind, b.Kind), bytes.Compare(a.ID[:], b.ID[:]))
	})
	n := 0
	for n < len(due) && due[n].Kind == due[0].Kind &&
		(t.all[due[n].Kind] || (due[n].Due.Equal(due[0].Due) && due[n].For == due[0].For)) {
		n++
	}
	return due[:n], nil
}
