package sqlite

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/tutas/tutas/storage/driver"
)

// A session runs prepared statements: on a connection of the engine's own, below database/sql, or in a host's transaction.
type session interface {
	// exec runs a statement to its end and returns how many rows it changed.
	exec(ctx context.Context, text string, args []sqldriver.NamedValue) (int64, error)
	// query starts a statement that returns rows, each with the given number of columns.
	query(ctx context.Context, text string, args []sqldriver.NamedValue) (cursor, error)
}

// A cursor walks over rows. Next fills dest and returns io.EOF after the last row.
type cursor interface {
	Next(dest []sqldriver.Value) error
	Close() error
}

// maxStatements bounds the prepared statements of a connection. Ordinary programs have some hundred shapes; one that makes
// ever new ones starts over.
const maxStatements = 1000

// conn is one connection with its prepared statements. It goes below database/sql because that costs, for each
// statement, locks, copies and reflection that one owner at a time does not need.
type conn struct {
	raw   sqldriver.Conn
	stmts map[string]sqldriver.Stmt
}

func (e *Engine) connect(ctx context.Context) (*conn, error) {
	raw, err := e.source.Connect(ctx)
	if err != nil {
		return nil, fmt.Errorf("sqlite: cannot open %s: %w", e.path, err)
	}
	return &conn{raw: raw, stmts: map[string]sqldriver.Stmt{}}, nil
}

func (c *conn) close() error {
	for _, s := range c.stmts {
		s.Close()
	}
	c.stmts = nil
	return c.raw.Close()
}

func (c *conn) prepare(text string) (sqldriver.Stmt, error) {
	if s, ok := c.stmts[text]; ok {
		return s, nil
	}
	if len(c.stmts) >= maxStatements {
		for _, s := range c.stmts {
			s.Close()
		}
		clear(c.stmts)
	}
	s, err := c.raw.Prepare(text)
	if err != nil {
		return nil, err
	}
	c.stmts[text] = s
	return s, nil
}

func (c *conn) exec(ctx context.Context, text string, args []sqldriver.NamedValue) (int64, error) {
	s, err := c.prepare(text)
	if err != nil {
		return 0, err
	}
	r, err := s.(sqldriver.StmtExecContext).ExecContext(ctx, args)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

func (c *conn) query(ctx context.Context, text string, args []sqldriver.NamedValue) (cursor, error) {
	s, err := c.prepare(text)
	if err != nil {
		return nil, err
	}
	return s.(sqldriver.StmtQueryContext).QueryContext(ctx, args)
}

// text returns the first column of the first row of a statement.
func (c *conn) text(ctx context.Context, text string) (string, error) {
	rows, err := c.query(ctx, text, nil)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	var dest [1]sqldriver.Value
	if err := rows.Next(dest[:]); err != nil {
		return "", err
	}
	return fmt.Sprint(dest[0]), nil
}

// takeWriter waits in line for the writing connection.
func (e *Engine) takeWriter(ctx context.Context) (*conn, error) {
	var c *conn
	select {
	case c = <-e.writer:
	default:
		timer := time.NewTimer(e.options.busy)
		defer timer.Stop()
		select {
		case c = <-e.writer:
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-timer.C:
			return nil, fmt.Errorf("%w: another writing transaction of this program held the lock for %v; the likely "+
				"cause is an Update inside an Update that does not use its Tx, or a transaction that was never ended",
				driver.ErrBusy, e.options.busy)
		}
	}
	if e.closed.Load() {
		if c != nil {
			c.close()
		}
		e.writer <- nil
		return nil, driver.ErrClosed
	}
	if c == nil {
		var err error
		if c, err = e.connect(ctx); err != nil {
			e.writer <- nil
			return nil, err
		}
	}
	return c, nil
}

// giveWriter gives the writing connection back, or closes it if it broke or the engine is over.
func (e *Engine) giveWriter(c *conn, broken bool) {
	if broken || e.closed.Load() {
		c.close()
		c = nil
	}
	e.writer <- c
}

// takeReader returns a read connection, the one used last if there is an idle one, for its cache is warm.
func (e *Engine) takeReader(ctx context.Context) (*conn, error) {
	select {
	case e.reading <- struct{}{}:
	default:
		select {
		case e.reading <- struct{}{}:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	e.mu.Lock()
	var c *conn
	if n := len(e.idle); n > 0 {
		c = e.idle[n-1]
		e.idle = e.idle[:n-1]
	}
	e.mu.Unlock()
	var err error
	if e.closed.Load() {
		err = driver.ErrClosed
		if c != nil {
			c.close()
		}
	} else if c == nil {
		c, err = e.connect(ctx)
	}
	if err != nil {
		<-e.reading
		return nil, err
	}
	return c, nil
}

// maxIdle is how many read connections are kept open while nobody uses them.
const maxIdle = 8

func (e *Engine) giveReader(c *conn, broken bool) {
	e.mu.Lock()
	if !broken && !e.closed.Load() && len(e.idle) < maxIdle {
		e.idle = append(e.idle, c)
		c = nil
	}
	e.mu.Unlock()
	if c != nil {
		c.close()
	}
	<-e.reading
}

// hostSession runs statements in a transaction of the host, through database/sql.
type hostSession struct {
	tx    *sql.Tx
	stmts map[string]*sql.Stmt
}

func (h *hostSession) prepare(text string) (*sql.Stmt, error) {
	if s, ok := h.stmts[text]; ok {
		return s, nil
	}
	// The statement lives as long as the transaction, so it must not hang on the context of one call.
	s, err := h.tx.PrepareContext(context.Background(), text)
	if err != nil {
		return nil, hostError(err)
	}
	h.stmts[text] = s
	return s, nil
}

func (h *hostSession) exec(ctx context.Context, text string, args []sqldriver.NamedValue) (int64, error) {
	s, err := h.prepare(text)
	if err != nil {
		return 0, err
	}
	r, err := s.ExecContext(context.WithoutCancel(ctx), plain(args)...)
	if err != nil {
		return 0, hostError(err)
	}
	return r.RowsAffected()
}

func (h *hostSession) query(ctx context.Context, text string, args []sqldriver.NamedValue) (cursor, error) {
	s, err := h.prepare(text)
	if err != nil {
		return nil, err
	}
	rows, err := s.QueryContext(ctx, plain(args)...)
	if err != nil {
		return nil, hostError(err)
	}
	return &hostRows{rows: rows}, nil
}

func plain(args []sqldriver.NamedValue) []any {
	out := make([]any, len(args))
	for i, a := range args {
		out[i] = a.Value
	}
	return out
}

type hostRows struct {
	rows *sql.Rows
	into []any
}

func (h *hostRows) Next(dest []sqldriver.Value) error {
	if !h.rows.Next() {
		if err := h.rows.Err(); err != nil {
			return hostError(err)
		}
		return io.EOF
	}
	if len(h.into) != len(dest) {
		h.into = make([]any, len(dest))
	}
	for i := range dest {
		h.into[i] = (*any)(&dest[i]) // Scan knows what to do with NULL for an *any only
	}
	return h.rows.Scan(h.into...)
}

func (h *hostRows) Close() error { return h.rows.Close() }

// hostError says that the host has ended its transaction in the words of the contract. Of statements prepared in it,
// database/sql says only that they are closed, and has no name for that error.
func hostError(err error) error {
	if errors.Is(err, sql.ErrTxDone) || errors.Is(err, sql.ErrConnDone) || err.Error() == "sql: statement is closed" {
		return fmt.Errorf("%w: the host's transaction is over: %w", driver.ErrClosed, err)
	}
	return err
}
