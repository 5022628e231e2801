package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tutas/tutas/storage/driver"
)

// about says what a statement was for.
type about struct {
	table *driver.Table
	kind  driver.OpKind
	// checked says that the statement divides by zero when it did not find the rows it was given.
	checked bool
}

// explain turns what the server or the connection said into one of the driver's errors, and keeps the cause.
func (e *Engine) explain(ctx context.Context, err error, s about) error {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		if cause := context.Cause(ctx); cause != nil && !errors.Is(err, ctx.Err()) {
			return fmt.Errorf("%w: %w", ctx.Err(), err)
		}
		return err
	}
	name := ""
	if s.table != nil {
		name = s.table.Name
	}
	switch pg.Code {
	case "23505":
		key := e.constraint(pg, name)
		key.Err = driver.ErrExists
		return &key
	case "23503":
		return &driver.KeyError{Table: name, Err: driver.ErrReference}
	case "22012":
		if s.checked {
			return fmt.Errorf("%w: %s: a row is gone or its version has moved on", driver.ErrConflict, name)
		}
	case "40001", "40P01":
		return fmt.Errorf("%w: %w", driver.ErrConflict, err)
	case "XX000":
		// So a distributed engine reports a serialization failure that it finds while committing.
		if strings.Contains(pg.Message, "could not commit transaction") {
			return fmt.Errorf("%w: %w", driver.ErrConflict, err)
		}
	case "26000", "0A000":
		// The connection has lost our prepared statements; they have been forgotten, so another attempt does not meet this.
		if isStale(err) {
			return fmt.Errorf("%w: %w", driver.ErrConflict, err)
		}
	case "55P03":
		return e.waited(err, name)
	case "57014":
		if ctx.Err() != nil {
			return fmt.Errorf("%w: %w", ctx.Err(), err)
		}
		if strings.Contains(pg.Message, "lock timeout") {
			return e.waited(err, name)
		}
	case "22003":
		return fmt.Errorf("%w: %w", driver.ErrOverflow, err)
	case "25006":
		return fmt.Errorf("%w: %w", driver.ErrReadOnly, err)
	case "42P01", "42703":
		return fmt.Errorf("%w: %w", driver.ErrSchema, err)
	case "25P02":
		return fmt.Errorf("%w: %w", driver.ErrDoomed, err)
	}
	if name != "" {
		return fmt.Errorf("postgres: %s: %w", name, err)
	}
	return fmt.Errorf("postgres: %w", err)
}

func (e *Engine) waited(err error, table string) error {
	if table == "" {
		table = e.schema
	}
	return fmt.Errorf("%w: more than %v for a lock in %s; likely another transaction holds a row of it and stays open, "+
		"or a migration waits for one that does: %w", driver.ErrBusy, e.busy, table, err)
}

// constraint finds the index that an error names. A distributed engine adds the number of a shard to it.
func (e *Engine) constraint(pg *pgconn.PgError, table string) driver.KeyError {
	names := e.known.Load().names
	if key, ok := names[pg.ConstraintName]; ok {
		return key
	}
	if i := strings.LastIndexByte(pg.ConstraintName, '_'); i > 0 && strings.Trim(pg.ConstraintName[i+1:], "0123456789") == "" {
		if key, ok := names[pg.ConstraintName[:i]]; ok {
			return key
		}
	}
	// An index that the host has added for itself.
	return driver.KeyError{Table: table, Index: pg.ConstraintName}
}
