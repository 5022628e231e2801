package postgres

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/internal/sqltext"
)

// lockEvery is how often a process that waits for another's Migrate looks again. It asks rather than waits in the server: a
// waiting statement holds a snapshot, and building an index concurrently waits for all of those.
const lockEvery = 50 * time.Millisecond

// Migrate brings the schema to the declarations. What can be done in one transaction is done so, or not at all. Indexes of
// tables that have rows are then built one by one, without blocking writers; if that is interrupted, the next Migrate goes on.
// It needs a connection of its own to the server, not one through a pooler that shares them among transactions.
func (e *Engine) Migrate(ctx context.Context, s driver.Schema) error {
	if e.closed.Load() {
		return driver.ErrClosed
	}
	tables, err := sqltext.Ordered(s)
	if err != nil {
		return err
	}
	err = e.locked(ctx, func(conn *pgx.Conn) error { return e.migrate(ctx, conn, tables) })
	if err != nil {
		return err
	}
	e.learn(tables)
	return nil
}

func (e *Engine) migrate(ctx context.Context, conn *pgx.Conn, tables []*driver.Table) error {
	c, err := e.readCatalog(ctx, conn)
	if err != nil {
		return err
	}
	differences, err := e.diff(c, tables)
	if err != nil {
		return err
	}
	var inside []string
	var builds []build
	var checks []validation
	for _, d := range differences {
		inside = append(inside, d.do...)
		if d.build != nil {
			builds = append(builds, *d.build)
		}
		if d.check != nil {
			checks = append(checks, *d.check)
		}
	}
	if len(inside) > 0 {
		begin := []string{"BEGIN"}
		if e.busy > 0 {
			begin = append(begin, "SET LOCAL lock_timeout = "+strconv.FormatInt(max(1, e.busy.Milliseconds()), 10))
		}
		for _, sql := range slices.Concat(begin, inside, []string{"COMMIT"}) {
			if err := e.exec(ctx, conn, nil, sql); err != nil {
				return errors.Join(err, rollBack(ctx, conn))
			}
		}
	}
	for _, v := range checks {
		if err := e.exec(ctx, conn, v.table, v.sql); errors.Is(err, driver.ErrReference) {
			return fmt.Errorf("%w: rows without a parent: %w", driver.ErrSchema, err)
		} else if err != nil {
			return err
		}
	}
	for _, b := range builds {
		if err := e.build(ctx, conn, b); err != nil {
			return err
		}
	}
	return nil
}

// build makes an index. What an interrupted build left is dropped first; what a failing one leaves, at once.
func (e *Engine) build(ctx context.Context, conn *pgx.Conn, b build) error {
	drop := "DROP INDEX CONCURRENTLY IF EXISTS " + e.d.Quote(e.schema) + "." + e.d.Quote(e.d.IndexName(b.table.Name, b.index.Name))
	if b.stale {
		if err := e.exec(ctx, conn, b.table, drop); err != nil {
			return err
		}
	}
	create := e.d.CreateIndex
	if b.index.Name == tailIndex {
		create = func(t *driver.Table, _ driver.Index, concurrently bool) string { return e.createTail(t, concurrently) }
	}
	err := e.exec(ctx, conn, b.table, create(b.table, b.index, true))
	if errors.Is(err, driver.ErrExists) {
		key := &driver.KeyError{Table: b.table.Name, Index: b.index.Name, Err: driver.ErrExists}
		err = fmt.Errorf("%w: rows stand in the way of an index: %w", driver.ErrSchema, key)
	}
	if err != nil && ctx.Err() == nil {
		err = errors.Join(err, e.exec(ctx, conn, b.table, drop))
	}
	return err
}

// exec runs one statement by itself, in the simplest way there is, unprepared.
func (e *Engine) exec(ctx context.Context, conn *pgx.Conn, t *driver.Table, sql string) error {
	_, err := conn.PgConn().Exec(ctx, sql).ReadAll()
	if err == nil {
		return nil
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) && (pg.Code == "23502" || pg.Code == "2BP01" || pg.Code[:2] == "42") {
		return fmt.Errorf("%w: %w", driver.ErrSchema, err) // a null in the way, something that depends, a name that is taken
	}
	return e.explain(ctx, err, about{table: t})
}

func rollBack(ctx context.Context, conn *pgx.Conn) error {
	if conn.IsClosed() {
		return nil
	}
	ctx, cancel := undoing(ctx)
	defer cancel()
	_, err := conn.PgConn().Exec(ctx, "ROLLBACK").ReadAll()
	return err
}

// locked runs fn on a connection while no other process migrates the same schema.
func (e *Engine) locked(ctx context.Context, fn func(conn *pgx.Conn) error) (err error) {
	c, err := e.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("postgres: no connection: %w", err)
	}
	defer c.Release()
	conn := c.Conn()
	h := fnv.New64a()
	h.Write([]byte("tutas migrate " + e.schema))
	key := strconv.FormatInt(int64(h.Sum64()), 10)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for got := false; !got; {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
		}
		if err := conn.QueryRow(ctx, "SELECT pg_try_advisory_lock("+key+")").Scan(&got); err != nil {
			return fmt.Errorf("postgres: lock the schema: %w", err)
		}
		timer.Reset(lockEvery)
	}
	defer func() {
		undo, cancel := undoing(ctx)
		defer cancel()
		_, err2 := conn.PgConn().Exec(undo, "SELECT pg_advisory_unlock("+key+"); RESET TimeZone").ReadAll()
		if err2 != nil {
			_ = conn.Close(undo) // with the connection goes the lock
		}
	}()
	if _, err := conn.PgConn().Exec(ctx, "SET TimeZone = 'UTC'").ReadAll(); err != nil { // in which defaults are shown
		return err
	}
	return fn(conn)
}

// SQL returns the statements that create the schema in an empty database.
func (e *Engine) SQL(s driver.Schema) []string {
	tables, err := sqltext.Ordered(s)
	if err != nil {
		return nil
	}
	differences, err := e.diff(&catalog{}, tables)
	if err != nil {
		return nil
	}
	var out []string
	for _, d := range differences {
		out = append(out, d.do...)
	}
	return out
}

// Drift names each difference between what is stored and the declarations.
func (e *Engine) Drift(ctx context.Context, s driver.Schema) ([]string, error) {
	tables, err := sqltext.Ordered(s)
	if err != nil {
		return nil, err
	}
	var out []string
	err = e.locked(ctx, func(conn *pgx.Conn) error {
		c, err := e.readCatalog(ctx, conn)
		if err != nil {
			return err
		}
		for _, t := range tables {
			one, err := e.diff(c, []*driver.Table{t})
			for _, d := range one {
				if d.say != "" && !slices.Contains(out, d.say) {
					out = append(out, d.say)
				}
			}
			if err != nil { // no migration bridges it, but it is a difference like others
				out = append(out, err.Error())
			}
		}
		return nil
	})
	slices.Sort(out)
	return out, err
}
