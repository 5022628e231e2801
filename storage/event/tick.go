package event

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/tutas/tutas/storage"
)

// A Work does what a wake-up asks for. It runs outside any transaction, with the tenant's clock at the instant that was due, and answers
// false if it could not finish now and must be asked again by a later Tick. With the error ErrMore it is asked again by this one, when other tenants have had
// their turn. A process may die of it, so it may run again.
type Work func(ctx context.Context, db *storage.DB, about storage.Ref) (done bool, err error)

// ErrMore is what Work answers that has done a part of what is due, and lets others have their turn: it keeps one tenant with much to do from holding up all others. It
// is no failure.
var ErrMore = errors.New("event: there is more to do")

// A Ticker does due work for all tenants when it is told to. Its cost is that of the tenants with work, however many others there are. Any number of
// processes may tick over one database: the work of a tenant is done by one of them at a time, in its order, and that of others meanwhile.
type Ticker struct {
	store  *storage.Store
	relay  *Relay
	works  map[string]Work
	all    map[string]bool // kinds whose wake-ups are done together
	holder string
	bounds Bounds

	mu       sync.Mutex
	counters Counters
	looks    int
}

// NewTicker makes a ticker that delivers the relay's events.
func NewTicker(store *storage.Store, relay *Relay) *Ticker {
	t := &Ticker{store: store, relay: relay, works: map[string]Work{}, all: map[string]bool{relayKind: true}, holder: uuid.NewString()}
	if relay != nil {
		t.works[relayKind] = func(ctx context.Context, db *storage.DB, _ storage.Ref) (bool, error) {
			p, err := relay.Deliver(ctx, db)
			t.Counted(relayKind, Tally{Done: int64(p.Handled), Failed: int64(p.Failed), Retried: int64(p.Retried), Dead: int64(p.Dead)})
			if err == nil && p.Behind && p.Passed+p.Handled+p.Failed > 0 {
				err = ErrMore
			}
			return !p.Behind, err
		}
	}
	t.Bound(Bounds{})
	return t
}

// Bounds limit how much work is done at a time. A step is what one wake-up asks for, or up to a hundred events for each reader, or up to a hundred timers. Zero fields
// are as they usually are.
type Bounds struct {
	// Turn is how many steps a tenant has before the next one has its turn, 50 if zero.
	Turn int
	// Tenant is how many steps a tenant has in one Tick, and Tick how many all have together: what is left is for a later Tick. Zero is no bound.
	Tenant, Tick int
	// Lease is for how long a process that has died keeps others from a tenant, a minute if zero. A step that takes longer may be done twice.
	Lease time.Duration
	// Grace is how long Run waits for the step in hand when it is to stop, 30 seconds if zero.
	Grace time.Duration
}

// Bound limits how much work is done at a time. Call it before the first Tick.
func (t *Ticker) Bound(b Bounds) {
	if b.Turn <= 0 {
		b.Turn = 50
	}
	if b.Lease <= 0 {
		b.Lease = time.Minute
	}
	if b.Grace <= 0 {
		b.Grace = 30 * time.Second
	}
	if t.bounds = b; t.relay != nil {
		t.relay.lease = b.Lease
	}
}

// Handle makes the ticker do work of a kind; see Wake. Call it before the first Tick.
func (t *Ticker) Handle(kind string, w Work) { t.works[kind] = w }

// HandleAll makes the ticker do work of a kind once for all its wake-ups that are due before other work is. The work finds by itself what is
// due at the instant of its clock, which is that of the last of them, does each as of its own, a part at a time (see ErrMore), and counts by itself (see Counted).
func (t *Ticker) HandleAll(kind string, w Work) { t.works[kind], t.all[kind] = w, true }

// Stats says what a Tick did.
type Stats struct {
	// Tenants had work; Done and Failed count wake-ups, Left those that a later Tick must see to. A tenant at which another process is working, or that has
	// used up its bounds, counts as one left.
	Tenants, Done, Failed, Left int
	// Err is the last error of a tenant's work; others went on.
	Err error
}

// Tick does all work that is due now, within its Bounds, in each tenant in the order of (due instant, kind, id), with the tenant's clock at the
// instant that was due; what becomes due by doing it joins the queue. Tenants take turns, so none starves another. An error of
// one tenant's work is counted and left for a later Tick; an error of the engine ends the Tick. When the context ends, the step in hand is undone; Run
// finishes it instead.
func (t *Ticker) Tick(ctx context.Context) (Stats, error) { return t.tick(ctx, ctx) }

// tick is Tick that ends after the step in hand when stop ends.
func (t *Ticker) tick(ctx, stop context.Context) (Stats, error) {
	r := &round{Ticker: t, now: t.store.Now(), stop: stop, left: map[storage.ID[wake]]bool{}, passed: map[string]bool{}, waits: map[string]bool{},
		steps: map[string]int{}}
	t.note(func(c *Counters) { c.Ticks++ })
	err := r.run(ctx)
	r.stats.Left, r.stats.Tenants = len(r.left)+len(r.passed), len(r.steps)
	if r.stats.Done+r.stats.Failed > 0 {
		t.store.Log().DebugContext(ctx, "ticked", "tenants", r.stats.Tenants, "done", r.stats.Done, "failed", r.stats.Failed, "left", r.stats.Left)
	}
	return r.stats, err
}
