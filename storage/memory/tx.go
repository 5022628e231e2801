package memory

import (
	"context"
	"fmt"
	"sync"

	"github.com/tutas/tutas/storage/driver"
)

// Tx is one transaction on an Engine.
type Tx struct {
	e        *Engine
	name     string
	home     *tenant // nil while nobody has written to the tenant
	readOnly bool
	snap     *state      // what a read-only transaction sees
	across   *everything // what one across tenants sees

	p         *part // once it is our turn to write
	host      *HostTx
	bind      mark // where Bind found the host's part
	bound     bool // whether there was one
	points    []*savepoint
	doom      error
	over      bool
	iterating int

	*scratch
}

// scratch is memory that one transaction after the other uses. Nothing in a tree points to it.
type scratch struct {
	keys        [2]keySet
	row, old    driver.Row
	buf, packed []byte
	changes     []change
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

// leave gives the scratch back; the transaction must be over.
func (t *Tx) leave() {
	s := t.scratch
	if s == nil {
		return
	}
	t.scratch = nil
	clear(s.row[:cap(s.row)])
	clear(s.old[:cap(s.old)])
	clear(s.changes[:cap(s.changes)])
	if s.changes = s.changes[:0]; cap(s.changes) <= maxInPlace && cap(s.packed) <= 1<<20 {
		scratches.Put(s)
	}
}

// enter is what every statement begins with.
func (t *Tx) enter(ctx context.Context) error {
	switch {
	case t.over || t.host != nil && t.host.over:
		return closedError("the transaction")
	case t.e.isClosed():
		return closedError("the engine")
	case t.doom != nil:
		return fmt.Errorf("memory: %w; the failure was: %v", driver.ErrDoomed, t.doom)
	}
	if err := ctx.Err(); err != nil {
		return t.fail(err)
	}
	return nil
}

// fail dooms the transaction.
func (t *Tx) fail(err error) error {
	t.doom = err
	return err
}

// changes returns what the transaction has written, nil before its first write.
func (t *Tx) changes() *part {
	if t.p == nil && t.host != nil {
		t.p = t.host.parts[t.name]
	}
	return t.p
}

// view returns what a statement that begins now sees. Where that may change in place, home is not nil, and locked for reading until the caller is done.
func (t *Tx) view() (s *state, home *tenant) {
	if t.snap != nil {
		return t.snap, nil
	}
	if p := t.changes(); p != nil {
		return &p.state, nil
	}
	if t.home == nil {
		if t.home = t.e.tenant(t.name); t.home == nil {
			return &nothing, nil
		}
	}
	t.home.mu.RLock()
	return t.home.state.Load(), t.home
}

// frozen returns what a statement that begins now sees of one table, and the last place in the order of commits; it stays so.
func (t *Tx) frozen(ord int) (*tableState, uint64) {
	s, home := t.view()
	ts := s.table(ord)
	if home != nil {
		if ts != &emptyState && !ts.frozen.Load() {
			ts.frozen.Store(true)
		}
		defer home.mu.RUnlock()
	}
	return ts, s.seq
}

// writing waits for the turn to write, if the transaction does not have it yet.
func (t *Tx) writing(ctx context.Context) (*part, error) {
	if t.readOnly {
		return nil, fmt.Errorf("memory: %w", driver.ErrReadOnly)
	}
	p := t.changes()
	if p == nil {
		if t.home == nil {
			t.home = t.e.makeTenant(t.name)
		}
		var err error
		if p, err = t.e.open(ctx, t.home); err != nil {
			return nil, err
		}
		if t.p = p; t.host != nil {
			t.host.parts[t.name] = p
		}
	}
	if t.iterating > 0 { // leave what a Query is walking over as it is
		p.next(t.e.epochs.Add(1))
	}
	return p, nil
}

// Commit runs the last operations and makes everything visible to others at one moment.
func (t *Tx) Commit(ctx context.Context, last ...driver.Op) error {
	if t.over {
		return closedError("the transaction")
	}
	err := t.enter(ctx)
	if err == nil && len(last) > 0 {
		err = t.finish(ctx, last)
	}
	if t.host != nil {
		return t.leaveHost(err)
	}
	if err == nil && t.p != nil && t.p.dirty {
		err = t.e.publish(t.p)
	}
	t.end()
	return err
}

// Rollback forgets what the transaction has written. It works on a cancelled context too.
func (t *Tx) Rollback(context.Context) error {
	switch {
	case t.over:
	case t.host != nil:
		_ = t.leaveHost(driver.ErrDoomed)
	default:
		t.end()
	}
	return nil
}

// leaveHost ends a bound transaction; after an error the host's is as Bind found it.
func (t *Tx) leaveHost(err error) error {
	if p := t.changes(); p != nil && err != nil && !t.host.over {
		t.back(p, t.bind, t.bound)
	}
	t.over = true
	t.leave()
	if t.host.open == t {
		t.host.open = nil
	}
	return err
}

// back restores a mark, or what is committed where there was no part yet when the mark was set.
func (t *Tx) back(p *part, m mark, had bool) {
	if !had {
		m = mark{state: *p.base}
	}
	p.restore(m)
}

func (t *Tx) end() {
	t.over, t.points = true, nil
	defer t.leave()
	if t.p != nil {
		t.p.home.write.pass()
		t.p = nil
	}
}

type savepoint struct {
	t     *Tx
	depth int
	mark  mark
	had   bool
}

// Savepoint remembers the trees as they are; it costs the same however much they hold.
func (t *Tx) Savepoint(ctx context.Context) (driver.Savepoint, error) {
	if err := t.enter(ctx); err != nil {
		return nil, err
	}
	if t.across != nil {
		return nil, t.fail(onlyQuery())
	}
	s := &savepoint{t: t, depth: len(t.points)}
	if p := t.changes(); p != nil {
		s.mark, s.had = p.mark(t.e.epochs.Add(1)), true
	}
	t.points = append(t.points, s)
	return s, nil
}

// gone reports whether the savepoint, or one around it, has ended.
func (s *savepoint) gone() bool {
	return s.t.over || s.depth >= len(s.t.points) || s.t.points[s.depth] != s
}

func (s *savepoint) Release(ctx context.Context) error {
	if s.gone() {
		return closedError("the savepoint")
	}
	if err := s.t.enter(ctx); err != nil {
		return err
	}
	s.t.points = s.t.points[:s.depth]
	return nil
}

func (s *savepoint) RollBack(context.Context) error {
	t := s.t
	switch {
	case s.gone() || t.host != nil && t.host.over:
		return closedError("the savepoint")
	case t.e.isClosed():
		return closedError("the engine")
	}
	t.points, t.doom = t.points[:s.depth], nil
	if p := t.changes(); p != nil {
		t.back(p, s.mark, s.had)
	}
	return nil
}

func onlyQuery() error {
	return fmt.Errorf("memory: %w, and across tenants only Query works", driver.ErrReadOnly)
}
