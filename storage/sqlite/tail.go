package sqlite

import (
	"context"
	sqldriver "database/sql/driver"
	"fmt"
	"math"
	"strconv"

	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/internal/sqltext"
)

// positions takes n places in the order of a tailed table and returns the first. There is one writer at a time, so the
// order of places is the order of commits. A transaction that is rolled back gives its places back, for nobody else has
// seen them.
func (t *tx) positions(ctx context.Context, tb *table, n int) (int64, error) {
	t.args = t.args[:0]
	t.args.raw(int64(n))
	t.args.raw(tb.Name)
	rows, err := t.session.query(context.Background(), tb.count, t.args)
	if err != nil {
		return 0, t.engine.explain(err)
	}
	defer rows.Close()
	var raw [1]sqldriver.Value
	if err := rows.Next(raw[:]); err != nil {
		return 0, fmt.Errorf("%w: table %s has no counter: %w", driver.ErrSchema, tb.Name, err)
	}
	last, _ := raw[0].(int64)
	first := last - int64(n) + 1
	if _, ok := t.fresh[tb.Name]; !ok {
		t.fresh[tb.Name] = first
	}
	return first, nil
}

// Tail reads a tailed table in the order of commits. Rows that this transaction has inserted itself are not committed:
// they are returned only if the query takes unsettled ones.
func (t *tx) Tail(ctx context.Context, q driver.TailQuery) (driver.TailPage, error) {
	if err := t.ready(ctx); err != nil {
		return driver.TailPage{}, err
	}
	page, err := t.tail(ctx, q)
	if err != nil {
		return driver.TailPage{}, t.fail(err)
	}
	return page, nil
}

func (t *tx) tail(ctx context.Context, q driver.TailQuery) (page driver.TailPage, err error) {
	if t.options.Across {
		return page, errAcross
	}
	tb, err := t.engine.table(q.Table)
	if err != nil {
		return page, err
	}
	if !tb.Tailed {
		return page, fmt.Errorf("%w: table %s is not tailed", driver.ErrSchema, tb.Name)
	}
	after := int64(0)
	if q.After != "" {
		if after, err = strconv.ParseInt(string(q.After), 10, 64); err != nil || after < 0 {
			return page, fmt.Errorf("sqlite: %q is not a position of this engine", q.After)
		}
	}
	before := int64(math.MaxInt64)
	if first, ok := t.fresh[tb.Name]; ok && !q.Unsettled {
		before = first
	}
	limit := int64(-1)
	if q.Limit > 0 {
		limit = int64(q.Limit) + 1
	}
	d := t.engine.dialect
	s := sqltext.Statement{
		Text: "SELECT " + d.Columns(tb.Table) + ", " + tailColumn + " FROM " + d.Table(tb.Name) +
			" WHERE " + d.Quote(sqltext.Tenant) + " = ? AND " + tailColumn + " > ? AND " + tailColumn + " < ? ORDER BY " + tailColumn + " LIMIT ?",
		Args: []sqltext.Arg{
			{Kind: driver.Text, Value: driver.TextValue(t.options.Tenant)},
			{Kind: driver.Int, Value: driver.IntValue(after)},
			{Kind: driver.Int, Value: driver.IntValue(before)},
			{Kind: driver.Int, Value: driver.IntValue(limit)},
		},
	}
	page.Next = q.After
	n := len(tb.Columns)
	_, err = t.walk(ctx, s, n+1, func(raw []sqldriver.Value) (bool, error) {
		if q.Limit > 0 && len(page.Rows) == q.Limit {
			page.Behind = true
			return false, nil
		}
		row := make(driver.Row, n)
		if err := decodeRow(tb.Columns, raw, row); err != nil {
			return false, fmt.Errorf("sqlite: table %s: %w", tb.Name, err)
		}
		pos, _ := raw[n].(int64)
		page.Rows = append(page.Rows, row)
		page.Next = driver.Position(strconv.FormatInt(pos, 10))
		return true, nil
	})
	return page, err
}
