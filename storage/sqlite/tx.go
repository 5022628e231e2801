package sqlite

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/tutas/tutas/storage/driver"
)

// tx is one transaction, on a connection of the engine's or inside a transaction of the host.
type tx struct {
	engine  *Engine
	options driver.TxOptions

	// session is nil until the first statement, which begins the transaction.
	session session
	own     *conn   // the connection that session is, unless it is the host's
	host    *hostTx // the host's transaction, if this one was joined

	over   bool
	doomed bool
	// points are the savepoints that are set, the innermost last. While the transaction is doomed none can be set, so each of
	// them is older than the failure, and returning to any of them lifts it.
	points []*savepoint
	// args is used again by each statement.
	args arguments
	// fresh holds, for each tailed table written here, the position before the first row that is not committed yet.
	// Transactions bound to one host's transaction share it.
	fresh map[string]int64
}

// Begin opens a transaction. It talks to the database only with the first statement: only then does a writer wait in
// line, and a reader fix its snapshot.
func (e *Engine) Begin(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	if e.closed.Load() {
		return nil, driver.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	o.ReadOnly = o.ReadOnly || o.Across
	return &tx{engine: e, options: o, fresh: map[string]int64{}}, nil
}

// ready checks that a statement may run, and begins the transaction if it is the first.
func (t *tx) ready(ctx context.Context) error {
	switch {
	case t.over || t.engine.closed.Load():
		return driver.ErrClosed
	case t.doomed:
		return driver.ErrDoomed
	}
	if err := ctx.Err(); err != nil {
		return t.fail(err)
	}
	if t.session != nil {
		return nil
	}
	begin, take := "BEGIN IMMEDIATE", t.engine.takeWriter
	if t.options.ReadOnly {
		begin, take = "BEGIN", t.engine.takeReader
	}
	c, err := take(ctx)
	if err != nil {
		return t.fail(err)
	}
	if _, err := c.exec(ctx, begin, nil); err != nil {
		// A context that ends at the wrong moment can hide that the lock was taken after all.
		c.exec(context.Background(), "ROLLBACK", nil)
		t.give(c, false)
		return t.fail(t.engine.explain(err))
	}
	t.session, t.own = c, c
	return nil
}

// fail dooms the transaction.
func (t *tx) fail(err error) error {
	t.doomed = true
	return err
}

func (t *tx) give(c *conn, broken bool) {
	if t.options.ReadOnly {
		t.engine.giveReader(c, broken)
	} else {
		t.engine.giveWriter(c, broken)
	}
}

// Commit runs the last operations and makes everything durable.
func (t *tx) Commit(ctx context.Context, last ...driver.Op) error {
	if t.over {
		return driver.ErrClosed
	}
	err := t.finish(ctx, last)
	if err != nil {
		t.Rollback(ctx)
	}
	t.over = true
	return err
}

func (t *tx) finish(ctx context.Context, last []driver.Op) error {
	switch {
	case t.engine.closed.Load():
		return driver.ErrClosed
	case t.doomed:
		return driver.ErrDoomed
	case ctx.Err() != nil:
		return ctx.Err()
	}
	if len(last) > 0 {
		if _, err := t.Do(ctx, last...); err != nil {
			return err
		}
	}
	if t.host != nil {
		return t.host.keep(ctx, t)
	}
	if t.own == nil {
		return nil // nothing was ever asked
	}
	// From here on the caller's context cannot stop it: half a COMMIT would leave its outcome in doubt.
	if _, err := t.own.exec(context.Background(), "COMMIT", nil); err != nil {
		if code(err)&0xff == sqlite3.SQLITE_IOERR {
			return fmt.Errorf("%w: %w", driver.ErrUnknown, err) // the frames may be in the log, whether or not they were synced
		}
		return t.engine.explain(err)
	}
	t.release(false)
	return nil
}

// Rollback undoes everything, whatever became of the context.
func (t *tx) Rollback(ctx context.Context) error {
	if t.over {
		return nil
	}
	t.over = true
	if t.host != nil {
		return t.host.undo(t)
	}
	if t.own == nil {
		return nil
	}
	_, err := t.own.exec(context.Background(), "ROLLBACK", nil)
	if err != nil && code(err) == sqlite3.SQLITE_ERROR {
		err = nil // "no transaction is active": a full disk, say, has rolled it back already
	}
	t.release(err != nil)
	return t.engine.explain(err)
}

func (t *tx) release(broken bool) {
	c := t.own
	t.session, t.own = nil, nil
	t.give(c, broken)
}

// savepoint is a place in a transaction, the depth-th of those that are set.
type savepoint struct {
	tx    *tx
	depth int
}

func (s *savepoint) name() string { return "tutas_" + strconv.Itoa(s.depth) }

// Savepoint marks a place to which the transaction can return.
func (t *tx) Savepoint(ctx context.Context) (driver.Savepoint, error) {
	if err := t.ready(ctx); err != nil {
		return nil, err
	}
	if t.options.Across {
		return nil, t.fail(errAcross)
	}
	s := &savepoint{tx: t, depth: len(t.points) + 1}
	if _, err := t.session.exec(ctx, "SAVEPOINT "+s.name(), nil); err != nil {
		return nil, t.fail(t.engine.explain(err))
	}
	t.points = append(t.points, s)
	return s, nil
}

var errAcross = errors.New("sqlite: a transaction across tenants allows only Query")

// set reports whether the savepoint has neither ended itself nor been ended by an enclosing one.
func (s *savepoint) set() bool {
	t := s.tx
	return !t.over && !t.engine.closed.Load() && len(t.points) >= s.depth && t.points[s.depth-1] == s
}

// Release keeps what was done since.
func (s *savepoint) Release(ctx context.Context) error {
	t := s.tx
	if !s.set() {
		return driver.ErrClosed
	}
	if t.doomed {
		return driver.ErrDoomed
	}
	if _, err := t.session.exec(context.Background(), "RELEASE "+s.name(), nil); err != nil {
		return t.fail(t.engine.explain(err))
	}
	t.points = t.points[:s.depth-1]
	return nil
}

// RollBack undoes what was done since, and lifts a doom.
func (s *savepoint) RollBack(ctx context.Context) error {
	t := s.tx
	if !s.set() {
		return driver.ErrClosed
	}
	for _, text := range [...]string{"ROLLBACK TO ", "RELEASE "} {
		if _, err := t.session.exec(context.Background(), text+s.name(), nil); err != nil {
			return t.fail(t.engine.explain(err))
		}
	}
	t.points = t.points[:s.depth-1]
	t.doomed = false
	return nil
}
