package storage

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage/driver"
)

// A Tx is one transaction of one tenant. It is a Session: Update on it runs in a savepoint. It is used by one goroutine at a time.
//
// Writes are buffered and travel together: before a read that could see them, on Flush, or with the commit. So a
// refusal by a unique index or a version may come later than the write; Flush where it must be known at once.
type Tx struct {
	*core
	now time.Time
}

type core struct {
	db       *DB
	store    *Store
	dtx      driver.Tx
	readOnly bool
	joined   bool
	doom     error
	scopes   []*scope // the innermost last
	series   map[string]int64
	values   map[any]any
	ahead    []aheadRows // announced, not read yet
	ready    []aheadRows // read, not asked for yet
	kept     keptRows
	rely     reliance
	named    map[any]bool // once there are many, all that the scopes have
	arena    *arena
}

// A scope is the transaction itself or one nested Update. Its savepoint is set only when something has to be sent from within it.
type scope struct {
	buffer
	savepoint driver.Savepoint
	series    map[string]int64 // the number series as they were when the scope began
	after     []func()
	named     []any // what FirstTime was asked in this scope
	raise     bool  // settled rows have changed, and the stamps are to be raised
	held      bool  // they were raised at once; see HoldOff
}

// newTx makes a transaction in one piece.
func newTx(c core) *Tx {
	m := &struct {
		tx     Tx
		core   core
		scope  scope
		scopes [3]*scope
	}{core: c}
	m.tx = Tx{core: &m.core, now: c.db.now()}
	m.scopes[0] = &m.scope
	m.core.scopes = m.scopes[:1]
	return &m.tx
}

// Now is the instant of the transaction: the only clock there is.
func (tx *Tx) Now() time.Time { return tx.now }

// Present is the store's clock, or Now where that is later. How long to wait goes by it, and what was missed: after an outage Now is long ago for work
// that was due then.
func (tx *Tx) Present() time.Time {
	if now := tx.store.now(); now.After(tx.now) {
		return now
	}
	return tx.now
}

// At is the same transaction with its clock at another instant: what was due then is done as of then.
func (tx *Tx) At(instant time.Time) *Tx {
	return &Tx{core: tx.core, now: instant.UTC().Truncate(time.Microsecond)}
}

// Today is the date of Now in the tenant's time zone.
func (tx *Tx) Today() date.Date { return date.FromTime(tx.now, tx.db.tenant.location()) }

// Zone is the tenant's time zone.
func (tx *Tx) Zone() *time.Location { return tx.db.tenant.location() }

// Tenant returns what is known of the tenant.
func (tx *Tx) Tenant() Tenant { return tx.db.Tenant() }

// DB returns the tenant's data, outside this transaction.
func (tx *Tx) DB() *DB { return tx.db }

// AfterCommit runs f once the transaction is committed; never if it, or the nested Update that asked, is undone. In a host's
// transaction, whose commit is not ours to see, it never runs.
func (tx *Tx) AfterCommit(f func()) {
	s := tx.scopes[len(tx.scopes)-1]
	s.after = append(s.after, f)
}

// SetValue keeps something with the transaction until it ends, for a package that needs to know later what it did earlier.
func (tx *Tx) SetValue(key, value any) {
	if tx.values == nil {
		tx.values = map[any]any{}
	}
	tx.values[key] = value
}

// Value returns what SetValue kept, nil if nothing.
func (tx *Tx) Value(key any) any { return tx.values[key] }

// FirstTime reports whether the transaction is asked this key for the first time; what an undone Update asked does not count. So a package can leave out what
// need not be written twice. In a host's transaction, which may return to savepoints that we do not see, it is always the first time.
func (tx *Tx) FirstTime(key any) bool {
	if tx.joined {
		return true
	}
	if tx.named == nil {
		n := 0
		for _, s := range tx.scopes {
			if slices.Contains(s.named, key) {
				return false
			}
			n += len(s.named)
		}
		if n >= fewNamed {
			tx.named = map[any]bool{}
			for _, s := range tx.scopes {
				for _, k := range s.named {
					tx.named[k] = true
				}
			}
		}
	} else if tx.named[key] {
		return false
	}
	if tx.named != nil {
		tx.named[key] = true
	}
	s := tx.scopes[len(tx.scopes)-1]
	s.named = append(s.named, key)
	return true
}

// fewNamed is how many keys of FirstTime are looked at one by one.
const fewNamed = 8

// View runs fn in this transaction.
func (tx *Tx) View(ctx context.Context, fn func(*Tx) error) error { return fn(tx) }

// Update runs fn in a savepoint: if it fails, what it did is undone and the transaction stays usable. A failure of the engine that cannot be undone
// dooms the transaction.
func (tx *Tx) Update(ctx context.Context, fn func(*Tx) error) (err error) {
	if tx.readOnly {
		return ErrReadOnly
	}
	if tx.doom != nil {
		return ErrDoomed
	}
	depth := len(tx.scopes)
	inner := &scope{series: tx.series}
	tx.scopes = append(tx.scopes, inner)
	done := false
	defer func() {
		if !done { // fn panicked
			tx.scopes = tx.scopes[:depth]
			tx.doom = ErrDoomed
		}
	}()
	err = fn(tx)
	if err == nil && tx.joined && depth == 1 {
		err = tx.settleUp(ctx)
	}
	done = true
	tx.scopes = tx.scopes[:depth]
	if tx.joined && depth == 1 {
		defer tx.settledUp()
	}
	if err == nil && tx.doom != nil {
		err = tx.doom
	}
	if err != nil {
		tx.undo(ctx, inner)
		return err
	}
	outer := tx.scopes[depth-1]
	if inner.savepoint != nil {
		if err := inner.savepoint.Release(ctx); err != nil {
			return tx.fail(err)
		}
	}
	outer.append(&inner.buffer)
	outer.after = append(outer.after, inner.after...)
	outer.named = append(outer.named, inner.named...)
	outer.raise, outer.held = outer.raise || inner.raise, outer.held || inner.held
	return nil
}

// undo brings the transaction back to where a nested scope began.
func (tx *Tx) undo(ctx context.Context, s *scope) {
	tx.series = s.series
	for _, key := range s.named {
		delete(tx.named, key)
	}
	if s.savepoint == nil {
		return // nothing of it was sent, so what was read holds; a doom, if any, stays
	}
	tx.kept = keptRows{}
	if err := s.savepoint.RollBack(context.WithoutCancel(ctx)); err != nil {
		tx.doom = err
		return
	}
	if tx.doom != nil && !errors.Is(tx.doom, ErrConflict) && !errors.Is(tx.doom, ErrBusy) && ctx.Err() == nil {
		tx.doom = nil
	}
}

// Flush sends the buffered writes, so that a unique index or a version that refuses them is known now.
func (tx *Tx) Flush(ctx context.Context) error {
	_, err := tx.send(ctx)
	return err
}

// send runs the buffered writes and then the given operations, in as few round trips as there are savepoints to set.
func (tx *Tx) send(ctx context.Context, ops ...driver.Op) ([]driver.Result, error) {
	if tx.doom != nil {
		return nil, ErrDoomed
	}
	if len(ops) > 0 && tx.wantsStamp() {
		res, err := tx.sendAll(ctx, append([]driver.Op{stampOp()}, ops...))
		if err != nil {
			return nil, err
		}
		tx.stamped(res[0])
		return res[1:], nil
	}
	return tx.sendAll(ctx, ops)
}

// sendAll is send without the stamp.
func (tx *Tx) sendAll(ctx context.Context, ops []driver.Op) ([]driver.Result, error) {
	deepest := -1 // reads need no savepoint, so those within it are set when they write
	for i, s := range tx.scopes {
		if len(s.pending) > 0 {
			deepest = i
		}
	}
	if deepest < 0 {
		if len(ops) == 0 {
			return nil, nil
		}
		res, err := tx.dtx.Do(ctx, ops...)
		return res, tx.fail(err)
	}
	var batch []driver.Op
	for i, s := range tx.scopes[:deepest+1] {
		if i > 0 && s.savepoint == nil {
			if len(batch) > 0 {
				if _, err := tx.dtx.Do(ctx, batch...); err != nil {
					return nil, tx.fail(err)
				}
				batch = nil
			}
			sp, err := tx.dtx.Savepoint(ctx)
			if err != nil {
				return nil, tx.fail(err)
			}
			s.savepoint = sp
		}
		batch = append(batch, s.ops(0)...)
		s.reset()
	}
	res, err := tx.dtx.Do(ctx, append(batch, ops...)...)
	if err != nil {
		return nil, tx.fail(err)
	}
	return res[len(batch):], nil
}

// fail remembers an error of the engine: the transaction is doomed until a savepoint lifts it.
func (tx *Tx) fail(err error) error {
	if err != nil && tx.doom == nil {
		tx.doom = err
	}
	return err
}

// settle sends the buffered writes if a read of these tables could see them.
func (tx *Tx) settle(ctx context.Context, t *driver.Table) error {
	if tx.doom != nil {
		return ErrDoomed
	}
	if tx.wantsStamp() {
		if err := tx.readStamp(ctx); err != nil {
			return err
		}
	}
	for _, s := range tx.scopes {
		if s.touches(t) {
			return tx.Flush(ctx)
		}
	}
	return nil
}

// write buffers an operation in the innermost scope.
func (tx *Tx) write(ctx context.Context, d *declaration, op driver.Op) error {
	if tx.readOnly {
		return ErrReadOnly
	}
	if tx.doom != nil {
		return ErrDoomed
	}
	tx.outdated(op.Table)
	tx.changes(d, op.Kind)
	s := tx.scopes[len(tx.scopes)-1]
	if err := s.add(op); err != nil {
		return err
	}
	switch {
	case tx.joined && len(tx.scopes) == 1:
		defer tx.settledUp()
		return tx.settleUp(ctx)
	case s.rows >= flushRows:
		return tx.Flush(ctx)
	}
	return nil
}

// flushRows bounds the memory of a long import: beyond it the buffer is sent.
const flushRows = 5000

// isConflict reports whether an attempt lost a race and may be tried again.
func isConflict(err error) bool {
	return errors.Is(err, ErrConflict) || isKeyRace(err) || isRaceFor(err, stamps.table)
}
