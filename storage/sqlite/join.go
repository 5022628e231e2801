package sqlite

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"fmt"

	"github.com/tutas/tutas/storage/driver"
)

// hostTx is a transaction that the host began and that the host ends.
type hostTx struct {
	engine  *Engine
	session *hostSession
	bound   bool
	fresh   map[string]int64
}

// Join makes the host's own transaction, begun on e.DB() or on any other *sql.DB of this driver over the same file, one
// that the library can work in. The host alone commits it or rolls it back. A *sql.DB of the host's own should begin
// with the write lock (_txlock=immediate), and must have foreign keys switched on (_pragma=foreign_keys(1)); e.DB()
// does both.
//
// A disk that is full makes SQLite roll back the host's whole transaction by itself: after an error that the contract has no word
// for, the host must roll back and not go on.
func (e *Engine) Join(tx *sql.Tx) driver.HostTx {
	return &hostTx{engine: e, session: &hostSession{tx: tx, stmts: map[string]*sql.Stmt{}}, fresh: map[string]int64{}}
}

const bindPoint = "tutas_bind"

// Bind gives the transaction a tenant. It takes the write lock, if the host's transaction does not have it yet.
func (h *hostTx) Bind(ctx context.Context, tenant string) (driver.Tx, error) {
	if h.engine.closed.Load() {
		return nil, driver.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if h.bound {
		return nil, fmt.Errorf("sqlite: the host's transaction is bound already; end that Tx first")
	}
	rows, err := h.session.query(ctx, "PRAGMA foreign_keys", nil)
	if err != nil {
		return nil, h.engine.explain(err)
	}
	var on [1]sqldriver.Value
	err = rows.Next(on[:])
	rows.Close()
	if err != nil {
		return nil, h.engine.explain(err)
	}
	if on[0] != int64(1) {
		return nil, fmt.Errorf("%w: the host's connection does not enforce foreign keys: "+
			"open it with _pragma=foreign_keys(1), or use DB", driver.ErrSchema)
	}
	if _, err := h.session.exec(ctx, "SAVEPOINT "+bindPoint, nil); err != nil {
		return nil, h.engine.explain(err)
	}
	// A write that changes nothing takes the lock, so that what is read from now on is the newest.
	if _, err := h.session.exec(ctx, "DELETE FROM "+h.engine.dialect.Table(tailTable)+" WHERE 0", nil); err != nil {
		h.session.exec(ctx, "ROLLBACK TO "+bindPoint, nil)
		h.session.exec(ctx, "RELEASE "+bindPoint, nil)
		return nil, h.engine.explain(err)
	}
	h.bound = true
	return &tx{engine: h.engine, options: driver.TxOptions{Tenant: tenant}, session: h.session, host: h, fresh: h.fresh}, nil
}

// keep ends a bound Tx and leaves what it did to the host's transaction.
func (h *hostTx) keep(ctx context.Context, t *tx) error {
	if _, err := h.session.exec(ctx, "RELEASE "+bindPoint, nil); err != nil {
		return h.engine.explain(err)
	}
	h.bound = false
	return nil
}

// undo ends a bound Tx and returns to where Bind found the host's transaction.
func (h *hostTx) undo(t *tx) error {
	h.bound = false
	for _, text := range [...]string{"ROLLBACK TO ", "RELEASE "} {
		if _, err := h.session.exec(context.Background(), text+bindPoint, nil); err != nil {
			return h.engine.explain(err)
		}
	}
	return nil
}
