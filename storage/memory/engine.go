package memory

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tutas/tutas/storage/driver"
)

// Engine is a store in memory. It is safe for concurrent use.
type Engine struct {
	busy   time.Duration
	schema atomic.Pointer[schema]
	epochs atomic.Uint64
	closed chan struct{}
	shut   sync.Once

	migration turn

	mu      sync.RWMutex // guards what follows, and is held only for a moment, except by Migrate; commits in place share it
	tenants map[string]*tenant
	world   tree[*state] // each tenant's committed state
	epoch   uint64       // in which world may be changed in place
	frozen  uint64       // counts snapshots of all tenants

	globe       sync.RWMutex // guards what follows; taken after mu
	globals     []tree[*record]
	globalEpoch uint64 // in which globals may be changed in place
}

// A tenant is the rows of one customer and the right to write them.
type tenant struct {
	name  string
	write turn         // taken before every lock
	mu    sync.RWMutex // held by a commit in place, and shared by statements that read what is committed; taken after Engine.mu
	state atomic.Pointer[state]
	seen  atomic.Pointer[state] // what the latest snapshot holds
}

// snapshot returns what is committed, never to change again.
func (home *tenant) snapshot() *state {
	home.mu.RLock()
	defer home.mu.RUnlock()
	s := home.state.Load()
	if home.seen.Load() != s {
		home.seen.Store(s)
	}
	return s
}

// Option sets something of an Engine up.
type Option func(*Engine)

// BusyTimeout sets how long a transaction waits for another one that writes to the same tenant before it fails with
// driver.ErrBusy. The default is five seconds.
func BusyTimeout(d time.Duration) Option { return func(e *Engine) { e.busy = d } }

// New returns an empty store.
func New(options ...Option) *Engine {
	e := &Engine{busy: 5 * time.Second, closed: make(chan struct{}), tenants: map[string]*tenant{}}
	e.schema.Store(&schema{})
	for _, o := range options {
		o(e)
	}
	return e
}

// Close ends the engine: whatever is still open fails with driver.ErrClosed, and what waits stops waiting.
func (e *Engine) Close() error {
	e.shut.Do(func() { close(e.closed) })
	return nil
}

func (e *Engine) isClosed() bool {
	select {
	case <-e.closed:
		return true
	default:
		return false
	}
}

// Begin opens a transaction. A read-only one sees what is committed now.
func (e *Engine) Begin(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	if e.isClosed() {
		return nil, closedError("the engine")
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	t := &Tx{e: e, name: o.Tenant, readOnly: o.ReadOnly, home: e.tenant(o.Tenant), scratch: scratches.Get().(*scratch)}
	switch {
	case o.Across:
		t.readOnly, t.across, t.home, t.snap = true, e.everything(), nil, &nothing
	case o.ReadOnly:
		if t.snap = &nothing; t.home != nil {
			t.snap = t.home.snapshot()
		}
	}
	return t, nil
}

// everything is a snapshot of all tenants.
type everything struct {
	world   tree[*state]
	globals []tree[*record]
}

func (e *Engine) everything() *everything {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.frozen++
	e.epoch, e.globalEpoch = e.epochs.Add(1), e.epochs.Add(1)
	return &everything{e.world, slices.Clone(e.globals)}
}

// tenant returns nil for one that nobody has written to.
func (e *Engine) tenant(name string) *tenant {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.tenants[name]
}

func (e *Engine) makeTenant(name string) *tenant {
	e.mu.Lock()
	defer e.mu.Unlock()
	home := e.tenants[name]
	if home == nil {
		home = &tenant{name: strings.Clone(name)}
		home.state.Store(&nothing)
		e.tenants[home.name] = home
	}
	return home
}

// open waits for the tenant's turn to write.
func (e *Engine) open(ctx context.Context, home *tenant) (*part, error) {
	err := e.await(ctx, &home.write, "another Update of tenant %q was still open; "+
		"the likely cause is an Update called inside an Update without its Tx", home.name)
	if err != nil {
		return nil, err
	}
	base := home.state.Load()
	epoch := e.epochs.Add(1)
	return &part{state: *base, base: base, home: home, first: epoch, since: epoch, epoch: epoch, shared: true}, nil
}

// await takes a turn; the text says what it waits for.
func (e *Engine) await(ctx context.Context, t *turn, text string, args ...any) error {
	ok, err := t.take(ctx, e.busy, e.closed)
	switch {
	case ok || err != nil:
		return err
	case e.isClosed():
		return closedError("the engine")
	}
	return fmt.Errorf("memory: %w for %v: %s", driver.ErrBusy, e.busy, fmt.Sprintf(text, args...))
}

// publish commits the parts, all or none, at one moment.
func (e *Engine) publish(parts ...*part) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.publishGlobals(parts...); err != nil {
		return err
	}
	for _, p := range parts {
		if p.dirty {
			e.replace(p)
		}
	}
	return nil
}

// replace makes what a part holds the committed state. The caller holds mu.
func (e *Engine) replace(p *part) {
	p.home.mu.Lock()
	defer p.home.mu.Unlock()
	s := &state{tables: p.tables, seq: p.seq, frozen: e.frozen, since: p.base.since}
	if p.base == &nothing || p.home.seen.Load() == p.base || p.base.frozen != e.frozen {
		s.since = p.first
	}
	p.home.state.Store(s)
	e.world.set(e.epoch, []byte(p.home.name), s)
}

// publishGlobals brings the global indexes up to date, or fails and leaves them as they are.
func (e *Engine) publishGlobals(parts ...*part) error {
	changes := 0
	for _, p := range parts {
		changes += len(p.log)
	}
	if changes == 0 {
		return nil
	}
	e.globe.Lock()
	defer e.globe.Unlock()
	if len(parts) == 1 { // its changes cannot be in each other's way
		for _, c := range parts[0].log {
			if e.lost(e.globals, &c, parts[0].home) {
				return errTaken
			}
		}
		for _, c := range parts[0].log {
			c.apply(e.globalEpoch, e.globals)
		}
		return nil
	}
	globals := slices.Clone(e.globals) // so that a lost race leaves no trace
	e.globalEpoch = e.epochs.Add(1)
	for _, p := range parts {
		for _, c := range p.log {
			if e.lost(globals, &c, p.home) {
				return errTaken
			}
			c.apply(e.globalEpoch, globals)
		}
	}
	e.globals = globals
	return nil
}

var errTaken = fmt.Errorf("memory: %w: another tenant took the same values of a global unique index", driver.ErrConflict)

// lost reports whether another tenant has what a change needs for itself.
func (e *Engine) lost(globals []tree[*record], c *globalChange, home *tenant) bool {
	if c.rec == nil || c.unique == 0 {
		return false
	}
	key, r, ok := globals[c.index].first(c.key[:c.unique])
	return ok && bytes.HasPrefix(key, c.key[:c.unique]) && r.home != home
}

func (c *globalChange) apply(epoch uint64, globals []tree[*record]) {
	if c.rec == nil {
		globals[c.index].del(epoch, c.key)
	} else {
		globals[c.index].set(epoch, c.key, c.rec)
	}
}

// takenElsewhere reports whether another tenant has committed a record with these values.
func (e *Engine) takenElsewhere(ix *index, values []byte, home *tenant) bool {
	e.globe.RLock()
	defer e.globe.RUnlock()
	key, r, ok := e.globals[ix.global].first(values)
	return ok && bytes.HasPrefix(key, values) && r.home != home
}

func closedError(what string) error { return fmt.Errorf("memory: %s is %w", what, driver.ErrClosed) }
