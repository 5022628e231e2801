package sqlite

import (
	"context"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/internal/sqltext"
)

// Query yields rows in the query's order.
func (t *tx) Query(ctx context.Context, q driver.Query) iter.Seq2[driver.Row, error] {
	return func(yield func(driver.Row, error) bool) {
		err := t.ready(ctx)
		if err != nil {
			yield(nil, err)
			return
		}
		var tb *table
		if tb, err = t.engine.table(q.Table); err == nil {
			err = sqltext.CheckQuery(q, t.scope())
		}
		if err != nil {
			yield(nil, t.fail(err))
			return
		}
		columns := tb.Columns
		if t.options.Across {
			columns = append(columns[:len(columns):len(columns)], driver.Column{Name: sqltext.Tenant, Kind: driver.Text})
		}
		_, err = t.walk(ctx, t.engine.dialect.Select(q, t.scope()), len(columns), func(raw []sqldriver.Value) (bool, error) {
			row := make(driver.Row, len(columns))
			if err := decodeRow(columns, raw, row); err != nil {
				return false, fmt.Errorf("sqlite: table %s: %w", tb.Name, err)
			}
			return yield(row, nil), nil
		})
		if err != nil {
			yield(nil, t.fail(err))
		}
	}
}

func (t *tx) scope() sqltext.Scope {
	return sqltext.Scope{Tenant: t.options.Tenant, Across: t.options.Across}
}

// walk runs a statement and hands each row to fn until that returns false; the rows are closed when it returns. It
// counts the rows.
func (t *tx) walk(ctx context.Context, s sqltext.Statement, columns int,
	fn func([]sqldriver.Value) (bool, error)) (n int, err error) {
	t.args = t.args[:0]
	if err := t.args.statement(s.Args); err != nil {
		return 0, fmt.Errorf("sqlite: %w", err)
	}
	rows, err := t.session.query(ctx, s.Text, t.args)
	if err != nil {
		return 0, t.engine.explain(err)
	}
	defer rows.Close()
	raw := make([]sqldriver.Value, columns)
	for {
		if n&63 == 63 {
			if err := ctx.Err(); err != nil {
				return n, err
			}
		}
		err := rows.Next(raw)
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, t.engine.explain(err)
		}
		more, err := fn(raw)
		if err != nil || !more {
			return n, err
		}
		n++
	}
}

// Sum groups and sums. It asks SQLite for plain sums first. SQLite refuses as soon as one leaves 64 bits on the way,
// although what follows may bring it back; then it asks again for the sums in two halves, which cannot overflow, and
// goes on where it stopped.
func (t *tx) Sum(ctx context.Context, q driver.Query, sum, by []int) iter.Seq2[driver.Row, error] {
	return func(yield func(driver.Row, error) bool) {
		err := t.ready(ctx)
		if err != nil {
			yield(nil, err)
			return
		}
		if t.options.Across {
			err = errAcross
		} else if _, err = t.engine.table(q.Table); err == nil {
			err = sqltext.CheckSum(q, sum, by)
		}
		if err != nil {
			yield(nil, t.fail(err))
			return
		}
		seen, stopped := 0, false
		walk := func(split bool) error {
			width := len(by) + len(sum) + 1
			if split {
				width += len(sum)
			}
			skip := seen
			statement := t.engine.dialect.Sum(q, t.scope(), sum, by, split)
			_, err := t.walk(ctx, statement, width, func(raw []sqldriver.Value) (bool, error) {
				if skip > 0 {
					skip--
					return true, nil
				}
				row, err := group(q.Table, raw, sum, by, split)
				if err != nil {
					return false, err
				}
				seen++
				stopped = !yield(row, nil)
				return !stopped, nil
			})
			return err
		}
		err = walk(false)
		if err != nil && !stopped && strings.Contains(err.Error(), "integer overflow") {
			err = walk(true)
		}
		if err != nil && !stopped {
			yield(nil, t.fail(err))
		}
	}
}

// group reads one row of a sum.
func group(t *driver.Table, raw []sqldriver.Value, sum, by []int, split bool) (driver.Row, error) {
	row := make(driver.Row, 0, len(by)+len(sum)+1)
	for i, c := range by {
		v, err := decode(t.Columns[c].Kind, raw[i])
		if err != nil {
			return nil, fmt.Errorf("sqlite: table %s, column %s: %w", t.Name, t.Columns[c].Name, err)
		}
		row = append(row, v)
	}
	raw = raw[len(by):]
	for _, c := range sum {
		v, _ := raw[0].(int64)
		raw = raw[1:]
		if split {
			low, _ := raw[0].(int64)
			raw = raw[1:]
			high := v + low>>32
			if high != int64(int32(high)) {
				return nil, fmt.Errorf("sqlite: sum of %s.%s: %w", t.Name, t.Columns[c].Name, driver.ErrOverflow)
			}
			v = high<<32 | low&0xffffffff
		}
		row = append(row, driver.IntValue(v))
	}
	n, _ := raw[0].(int64)
	return append(row, driver.IntValue(n)), nil
}
