package customstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/tutas/tutas/storage/backend"
	"github.com/tutas/tutas/storage/driver"
)

// A tx is bbolt's transaction, seen by one tenant.
type tx struct {
	*backend.Guard
	store   *Store
	bolt    *bbolt.Tx
	options driver.TxOptions
	tenant  []byte
	schema  *schema
	bound   bool // to a transaction of the host's
	undo    []change
}

// A change is what a key held before it was written; nil is nothing.
type change struct{ key, old []byte }

// alive reports whether there is a transaction still: a host may have ended its own.
func (t *tx) alive() error {
	if t.bolt.DB() == nil {
		return driver.ErrClosed
	}
	return nil
}

func (t *tx) get(key []byte) []byte { return t.bolt.Bucket(bucket).Get(key) }

// put writes a key, or deletes it where the value is nil, and notes how to undo that.
func (t *tx) put(key, value []byte) error {
	t.undo = append(t.undo, change{key, bytes.Clone(t.get(key))})
	if value == nil {
		return t.bolt.Bucket(bucket).Delete(key)
	}
	return t.bolt.Bucket(bucket).Put(key, value)
}

// undoTo puts back what was overwritten since the undo list was that long.
func (t *tx) undoTo(length int) error {
	err := t.alive()
	for n := len(t.undo) - 1; n >= length && err == nil; n-- {
		err = t.put(t.undo[n].key, t.undo[n].old)
		t.undo = t.undo[:n] // the undoing is forgotten, too
	}
	return err
}

// scan calls fn with what lies under a prefix, from a key on, until it returns false.
func (t *tx) scan(prefix, from []byte, fn func(key, value []byte) bool) {
	c := t.bolt.Bucket(bucket).Cursor()
	for k, v := c.Seek(from); k != nil && bytes.HasPrefix(k, prefix) && fn(k, v); k, v = c.Next() {
	}
}

// has reports whether anything lies under a prefix.
func (t *tx) has(prefix []byte) (found bool) {
	t.scan(prefix, prefix, func(_, _ []byte) bool { found = true; return false })
	return found
}

func (t *tx) Commit(ctx context.Context, last ...driver.Op) error {
	if _, err := t.Do(ctx, last...); err != nil {
		return errors.Join(err, t.Rollback(ctx))
	}
	return t.End(func() error { return t.finish(true) })
}

func (t *tx) Rollback(context.Context) error {
	if err := t.End(func() error { return t.finish(false) }); !errors.Is(err, driver.ErrClosed) {
		return err
	}
	return nil // it was over, or the host had ended it
}

func (t *tx) finish(keep bool) error {
	t.store.mu.Lock()
	delete(t.store.open, t)
	t.store.mu.Unlock()
	switch {
	case t.bound && keep:
		return t.alive()
	case t.bound:
		return t.undoTo(0)
	case t.options.ReadOnly || !keep:
		return t.bolt.Rollback()
	}
	if err := t.bolt.Commit(); err != nil {
		return fmt.Errorf("%w: %w", driver.ErrUnknown, err)
	}
	return nil
}

// A savepoint is a length of the undo list.
type savepoint struct {
	tx     *tx
	length int
}

func (t *tx) Savepoint(ctx context.Context) (driver.Savepoint, error) {
	if err := t.Run(ctx, false, t.alive); err != nil {
		return nil, err
	}
	return &savepoint{t, len(t.undo)}, nil
}

func (s *savepoint) Release(ctx context.Context) error { return s.tx.Run(ctx, false, s.tx.alive) }

func (s *savepoint) RollBack(context.Context) error {
	return s.tx.Undo(func() error { return s.tx.undoTo(s.length) })
}
