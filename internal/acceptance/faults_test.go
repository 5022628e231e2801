package acceptance_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/storagetest"
)

// A switchboard is an engine whose transactions begin on whichever engine is plugged in: the sound one, or one with faults.
type switchboard struct {
	driver.Engine
	plugged atomic.Pointer[storagetest.FaultyEngine]
}

func (s *switchboard) Begin(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	if f := s.plugged.Load(); f != nil {
		return f.Begin(ctx, o)
	}
	return s.Engine.Begin(ctx, o)
}

// seen is a row of the host's for each event that its reader has had: a second one for the same event would be refused.
type seen struct {
	Event   storage.ID[event.Event]
	Subject storage.Ref
}

var sights = storage.Define("host.seen", func(s *seen) []storage.Field {
	return []storage.Field{storage.UUID("event", &s.Event).Key(), storage.RefTo("subject", &s.Subject)}
})

var hostTables = storage.Package{Name: "host", Tables: []storage.Declaration{sights}}

// watcher keeps a row for each event.
func watcher() event.Reader {
	return event.Reader{Name: "watcher", Handle: func(ctx context.Context, tx *storage.Tx, e event.Event) error {
		return sights.Insert(ctx, tx, &seen{Event: e.ID, Subject: e.Subject})
	}}
}

// blow is one fault.
type blow struct {
	n     int
	kind  storagetest.CallKind
	plan  storagetest.Plan
	where string
}

func TestAFaultAtEachStorageCallOfLeadToCashLeavesEveryInvariant(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		board := &switchboard{Engine: e.open(t)}
		w := begin(t, board, nil, []tutas.Option{tutas.WithReaders(watcher())}, hostTables)
		deed := func(c *tutas.Company) (result, error) {
			r, err := chain(t.Context(), c, "c")
			if err != nil {
				return r, err
			}
			stats, err := w.Tick(t.Context())
			if err = errors.Join(err, stats.Err); err == nil { // whether a Tick folds the totals and seals is left to chance
				_, err = c.Books.Fold(t.Context())
			}
			if err == nil {
				_, err = c.Books.Seal(t.Context())
			}
			return r, err
		}

		c := w.company(t, "sound")
		w.settle(t) // what hiring and the like have left to do
		counting := storagetest.Faulty(board.Engine, storagetest.Plan{})
		board.plugged.Store(counting)
		sound, err := deed(c)
		board.plugged.Store(nil)
		require.NoError(t, err)
		w.settle(t)
		finished(t, c, 1)
		want := counts(t, w.Store(), "sound")
		require.Equal(t, want["storage_event"], want["host_seen"], "each event has been seen")

		blows := blowsFor(counting.Calls())
		all := len(blows)
		most := 60
		if testing.Short() {
			most = 20
		}
		if seed := storagetest.Seed(t); (!e.fast || testing.Short()) && !storagetest.Long() {
			blows = sample(blows, most, seed)
		}
		t.Logf("%d storage calls, %d of %d faults", len(counting.Calls()), len(blows), all)
		for i, b := range blows {
			tenant := fmt.Sprint("t", i)
			c := w.company(t, tenant)
			w.settle(t)
			faulty := storagetest.Faulty(board.Engine, b.plan)
			board.plugged.Store(faulty)
			first, err := deed(c)
			board.plugged.Store(nil)
			require.True(t, len(faulty.Failed()) == 1 || b.n > len(counting.Calls())-25, "%s did not strike", b.where)
			struck := err
			invariants(t, c, w.today())
			w.advance(2 * time.Minute) // a delivery that failed waits for a minute
			again, err := deed(c)
			require.NoError(t, err, "%s: after %v the chain cannot go on", b.where, struck)
			w.settle(t)
			invariants(t, c, w.today())
			finished(t, c, 1)
			require.Equal(t, want, counts(t, w.Store(), tenant), "%s: after %v there is not once what was done once", b.where,
				struck)
			kept(t, b.where, first, again)
			require.Equal(t, [2]string{sound.Number, sound.Gross}, [2]string{again.Number, again.Gross})
			if t.Failed() {
				return
			}
		}
	})
}

// blowsFor lets each call fail before and after it took effect; a commit also with an unknown outcome though it did not take
// effect.
func blowsFor(calls []storagetest.Call) (list []blow) {
	for _, c := range calls {
		for _, p := range []storagetest.Plan{{N: c.N}, {N: c.N, After: true}, {N: c.N, Err: driver.ErrUnknown}} {
			if p.Err != nil && c.Kind != storagetest.CallCommit {
				continue
			}
			list = append(list, blow{c.N, c.Kind, p, fmt.Sprintf("a fault at call %d, %s, after: %v, %v", c.N, c.Kind,
				p.After, p.Err)})
		}
	}
	return list
}

// sample chooses some faults at random, commits more often than others.
func sample(list []blow, n int, seed uint64) []blow {
	r := rand.New(rand.NewPCG(seed, 7))
	r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	commits := func(b blow) bool { return b.kind == storagetest.CallCommit }
	some := slices.Collect(func(yield func(blow) bool) {
		left := n / 3
		for _, b := range list {
			if commits(b) && left > 0 {
				left--
				if !yield(b) {
					return
				}
			}
		}
	})
	for _, b := range list {
		if !commits(b) && len(some) < n {
			some = append(some, b)
		}
	}
	return some
}

// kept checks that what was acknowledged before a failure is what the repetition answers.
func kept(t *testing.T, where string, first, again result) {
	t.Helper()
	for _, pair := range [][2]storage.Ref{{first.Customer, again.Customer}, {first.Deal, again.Deal}, {first.Order, again.Order},
		{first.Project, again.Project}, {first.Invoice, again.Invoice}} {
		if !pair[0].IsZero() {
			require.Equal(t, pair[0], pair[1], "%s: what was acknowledged has been done anew", where)
		}
	}
}
