package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/tutas/tutas/storage/driver"
)

// Join lets the engine work inside a transaction that the host began, and that the host alone ends. The host's isolation level,
// lock_timeout and role hold there.
func (e *Engine) Join(tx pgx.Tx) driver.HostTx { return host{e, tx} }

type host struct {
	engine *Engine
	tx     pgx.Tx
}

// bound is the savepoint to which a bound transaction returns when it is rolled back.
const bound = "tutas_bound"

// Bind gives the host's transaction a tenant. The savepoint to which Rollback returns travels with the first statement.
func (h host) Bind(_ context.Context, tenant string) (driver.Tx, error) {
	if h.engine.closed.Load() {
		return nil, driver.ErrClosed
	}
	c := h.tx.Conn()
	if c == nil || c.PgConn().TxStatus() == 'I' {
		return nil, driver.ErrClosed
	}
	t := &tx{engine: h.engine, tenant: tenant, host: h.tx}
	t.wire.pg, t.wire.prepares, t.wire.trips = c.PgConn(), prepares(c.Config()), &h.engine.trips
	t.queue = t.first[:0]
	t.control("SAVEPOINT " + bound)
	t.identify()
	return t, nil
}

// leave ends a bound transaction whose work stays.
func (t *tx) leave(ctx context.Context, stmts []stmt) error {
	_, err := t.exchange(ctx, append(stmts, stmt{sql: "RELEASE SAVEPOINT " + bound}))
	if err != nil {
		return errors.Join(err, t.Rollback(ctx))
	}
	t.end()
	return nil
}

// retreat undoes what a bound transaction has done.
func (t *tx) retreat(ctx context.Context) error {
	if !t.sent || t.wire.pg.IsClosed() || t.wire.pg.TxStatus() == 'I' {
		return nil // nothing was said, or the host has undone everything
	}
	ctx, cancel := undoing(ctx)
	defer cancel()
	t.queue = nil
	_, err := t.exchange(ctx, []stmt{{sql: "ROLLBACK TO SAVEPOINT " + bound}, {sql: "RELEASE SAVEPOINT " + bound}})
	return err
}
