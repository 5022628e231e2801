package memory

import (
	"bytes"
	"context"
	"fmt"
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

	mu      sync.RWMutex // guards what follows, and is held only for a moment, except by Migrate
	tenants map[string]*tenant
	world   tree[*state] // each tenant's committed state
	globals []tree[*record]
	epoch   uint64 // in which world and globals may be changed in place
}

// A tenant is the rows of one customer and the right to write them.
type tenant struct {
	name  string
	write turn
	state atomic.Pointer[state]
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
	t := &Tx{e: e, name: o.Tenant, readOnly: o.ReadOnly, home: e.tenant(o.Tenant)}
	switch {
	case o.Across:
		t.readOnly, t.across, t.home, t.snap = true, e.everything(), nil, &nothing
	case o.ReadOnly:
		t.snap = t.committed()
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
	e.epoch = e.epochs.Add(1)
	return &everything{e.world, append([]tree[*record](nil), e.globals...)}
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
	return &part{state: *base, base: base, home: home, epoch: e.epochs.Add(1), shared: true}, nil
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
func (e *Engine) publish(parts []*part) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.publishGlobals(parts); err != nil {
		return err
	}
	for _, p := range parts {
		if p.dirty {
			s := p.state
			p.home.state.Store(&s)
			e.world.set(e.epoch, []byte(p.home.name), &s)
		}
	}
	return nil
}

func (e *Engine) publishGlobals(parts []*part) error {
	globals, copied := e.globals, false
	for _, p := range parts {
		for _, c := range p.log {
			if !copied { // so that a lost race leaves no trace
				globals, copied = append([]tree[*record](nil), e.globals...), true
				e.epoch = e.epochs.Add(1)
			}
			g := &globals[c.index]
			if c.rec == nil {
				g.del(e.epoch, c.key)
				continue
			}
			if c.unique > 0 {
				if key, r, ok := g.first(c.key[:c.unique]); ok && bytes.HasPrefix(key, c.key[:c.unique]) && r.home != p.home {
					return fmt.Errorf("memory: %w: another tenant took the same values of a global unique index", driver.ErrConflict)
				}
			}
			g.set(e.epoch, c.key, c.rec)
		}
	}
	e.globals = globals
	return nil
}

// takenElsewhere reports whether another tenant has committed a record with these values.
func (e *Engine) takenElsewhere(ix *index, values []byte, home *tenant) bool {
	e.mu.RLock()
	defer e.mu.RUnlock()
	key, r, ok := e.globals[ix.global].first(values)
	return ok && bytes.HasPrefix(key, values) && r.home != home
}

func closedError(what string) error { return fmt.Errorf("memory: %s is %w", what, driver.ErrClosed) }
