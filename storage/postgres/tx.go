package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tutas/tutas/storage/driver"
)

// A tx is a transaction of its own or, if host is set, a part of the host's.
type tx struct {
	engine   *Engine
	tenant   string
	readOnly bool
	across   bool

	conn  *pgxpool.Conn // from the first statement on
	host  pgx.Tx
	wire  wire
	queue []stmt  // what travels with the next statement: BEGIN, settings, savepoints
	first [4]stmt // where queue begins, to save an allocation
	sent  bool    // the server knows of this transaction

	savepoints []*savepoint
	doomed     bool
	over       bool
}

// control queues a statement without arguments and answer.
func (t *tx) control(sql string) { t.queue = append(t.queue, stmt{sql: sql}) }

// ready reports why nothing can be done any more.
func (t *tx) ready() error {
	switch {
	case t.over || t.engine.closed.Load():
		return driver.ErrClosed
	case t.doomed:
		return driver.ErrDoomed
	}
	return nil
}

// doom records that a statement has failed.
func (t *tx) doom(err error) error {
	if err != nil {
		t.doomed = true
	}
	return err
}

func (t *tx) Do(ctx context.Context, ops ...driver.Op) ([]driver.Result, error) {
	if err := t.ready(); err != nil {
		return nil, err
	}
	res := make([]driver.Result, len(ops))
	stmts, err := t.plans(ops, res)
	if err != nil {
		return nil, t.doom(err)
	}
	if len(stmts) > 0 {
		if _, err := t.exchange(ctx, stmts); err != nil {
			return nil, t.doom(err)
		}
	}
	return res, nil
}

// plans turns operations into statements.
func (t *tx) plans(ops []driver.Op, res []driver.Result) (_ []stmt, err error) {
	stmts := make([]stmt, 0, len(ops)+1)
	for i, op := range ops {
		if t.across {
			return nil, fmt.Errorf("%w: across tenants there are only queries", driver.ErrReadOnly)
		}
		if t.readOnly && op.Kind != driver.Get {
			return nil, driver.ErrReadOnly
		}
		if stmts, err = t.plan(stmts, op, &res[i]); err != nil {
			return nil, err
		}
	}
	return stmts, nil
}

// exchange sends what is queued and the statements, and reads the answers.
func (t *tx) exchange(ctx context.Context, stmts []stmt) (*failure, error) {
	_, _, f, err := t.send(ctx, stmts, false)
	return f, err
}

func (t *tx) send(ctx context.Context, stmts []stmt, stream bool) (*pgconn.ResultReader, *pgconn.Pipeline, *failure, error) {
	if err := t.connect(ctx); err != nil {
		return nil, nil, &failure{err: err, index: -1}, err
	}
	all := append(t.queue, stmts...)
	r, p, f := t.wire.run(ctx, all, stream)
	if f == nil || f.flushed {
		t.sent, t.queue = true, t.first[:0]
	}
	if f == nil {
		return r, p, nil, nil
	}
	var about about
	if f.index >= 0 {
		about = all[f.index].about
	}
	return nil, nil, f, t.engine.explain(ctx, f.err, about)
}

// connect takes a connection from the pool, or the host's.
func (t *tx) connect(ctx context.Context) error {
	if t.wire.pg != nil {
		if t.host != nil && t.wire.pg.TxStatus() == 'I' {
			return fmt.Errorf("%w: the host has ended its transaction", driver.ErrClosed)
		}
		return nil
	}
	c, err := t.engine.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("postgres: no connection: %w", err)
	}
	t.conn = c
	t.wire.pg, t.wire.prepares, t.wire.trips = c.Conn().PgConn(), t.engine.prepares, &t.engine.trips
	return nil
}

func (t *tx) Commit(ctx context.Context, last ...driver.Op) error {
	if t.over || t.engine.closed.Load() {
		return errors.Join(driver.ErrClosed, t.Rollback(ctx))
	}
	if t.doomed {
		return errors.Join(driver.ErrDoomed, t.Rollback(ctx))
	}
	stmts, err := t.plans(last, make([]driver.Result, len(last)))
	if err != nil {
		return errors.Join(err, t.Rollback(ctx))
	}
	if len(stmts) == 0 && !t.sent {
		t.end()
		return nil // the server never heard of it
	}
	for i := range stmts {
		stmts[i].read = nil // nobody would see the results
	}
	if t.host != nil {
		return t.leave(ctx, stmts)
	}
	end := len(t.queue) + len(stmts)
	stmts = append(stmts, stmt{sql: "COMMIT", read: committed})
	f, err := t.exchange(ctx, stmts)
	if err == nil {
		t.end()
		return nil
	}
	// The server's word on an earlier statement, be it the last one, says that COMMIT was not reached.
	var word *pgconn.PgError
	if f.open && !t.readOnly && !(errors.As(f.err, &word) && f.index < end) {
		t.end()
		return fmt.Errorf("%w: %w", driver.ErrUnknown, err)
	}
	return errors.Join(err, t.Rollback(ctx))
}

// committed makes sure that COMMIT did not turn into a rollback.
func committed(r *pgconn.ResultReader) error {
	tag, err := r.Close()
	if err == nil && tag.String() != "COMMIT" {
		err = &pgconn.PgError{Severity: "ERROR", Code: "25P02", Message: "COMMIT was answered with " + tag.String()}
	}
	return err
}

func (t *tx) Rollback(ctx context.Context) error {
	if t.over {
		return nil
	}
	defer t.end()
	if t.host != nil {
		return t.retreat(ctx)
	}
	if !t.sent || t.wire.pg.IsClosed() {
		return nil // a server that has lost us has undone everything
	}
	ctx, cancel := undoing(ctx)
	defer cancel()
	t.queue = nil
	_, err := t.exchange(ctx, []stmt{{sql: "ROLLBACK"}})
	if err != nil && t.wire.pg.IsClosed() {
		return nil
	}
	return err
}

// undoing gives rolling back a few seconds of its own: it must not be left out because the caller's time is up.
func undoing(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
}

// end gives the connection back. The pool drops one that is not at rest.
func (t *tx) end() {
	t.over = true
	t.queue, t.savepoints = nil, nil
	if t.conn != nil {
		t.conn.Release()
		t.conn = nil
	}
}
