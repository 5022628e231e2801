package sqlite

import (
	"context"
	"errors"
	"fmt"
	"strings"

	modernc "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/tutas/tutas/storage/driver"
)

// code returns SQLite's extended result code of an error, or 0.
func code(err error) int {
	var e *modernc.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}

// explain puts an error of SQLite into the words of the contract. Those that the contract has no word for stay as they are.
func (e *Engine) explain(err error) error {
	if err == nil {
		return nil
	}
	c := code(err)
	switch {
	case c == sqlite3.SQLITE_BUSY_SNAPSHOT:
		return fmt.Errorf("%w: another transaction has written since this one first read: %w", driver.ErrConflict, err)
	case c&0xff == sqlite3.SQLITE_BUSY:
		return fmt.Errorf("%w: another connection held the write lock of %s for %v; the likely cause is an Update called "+
			"inside a transaction of the host without joining it, or another process that holds the file: %w",
			driver.ErrBusy, e.path, e.options.busy, err)
	case c == sqlite3.SQLITE_INTERRUPT:
		return fmt.Errorf("sqlite: %w: %w", context.Canceled, err)
	case c != 0:
		return fmt.Errorf("sqlite: %w", err)
	}
	return err
}

// explainWrite does the same for a statement that writes a table, and finds the index that refused.
func (e *Engine) explainWrite(err error, tb *table, kind driver.OpKind) error {
	switch code(err) {
	case sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
		return &driver.KeyError{Table: tb.Name, Err: driver.ErrExists}
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE:
		return &driver.KeyError{Table: tb.Name, Index: uniqueIndex(tb, err.Error()), Err: driver.ErrExists}
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY, sqlite3.SQLITE_CONSTRAINT_TRIGGER:
		return &driver.KeyError{Table: tb.Name, Err: driver.ErrReference}
	case sqlite3.SQLITE_CONSTRAINT_DATATYPE:
		// SQLite turns an integer that overflows into a float, and a STRICT table does not take a float for an integer.
		if kind == driver.Add {
			return fmt.Errorf("sqlite: add to %s: %w", tb.Name, driver.ErrOverflow)
		}
	}
	return e.explain(err)
}

// uniqueIndex finds the index in a message such as "… UNIQUE constraint failed: tutas_deal.tenant, tutas_deal.code (2067)".
func uniqueIndex(tb *table, message string) string {
	_, list, _ := strings.Cut(message, "UNIQUE constraint failed: ")
	list, _, _ = strings.Cut(list, " (")
	prefix := tb.dialect.TableName(tb.Name) + "."
	var names []string
	for _, n := range strings.Split(list, ", ") {
		names = append(names, tb.dialect.Quote(strings.TrimPrefix(n, prefix)))
	}
	all := strings.Join(names, ", ")
	for _, ix := range tb.Indexes {
		if ix.Unique && strings.Join(tb.dialect.IndexColumns(tb.Table, ix), ", ") == all {
			return ix.Name
		}
	}
	return ""
}
