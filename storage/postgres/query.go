package postgres

import (
	"context"
	"fmt"
	"iter"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/internal/sqltext"
)

// pageAtOnce is the longest page that is read as a whole before its rows are yielded. Longer answers flow from the wire.
const pageAtOnce = 256

func (t *tx) Query(ctx context.Context, q driver.Query) iter.Seq2[driver.Row, error] {
	return t.rows(ctx, q.Limit > 0 && q.Limit <= pageAtOnce, func() (stmt, shape, error) {
		tab, err := t.engine.table(q.Table)
		if err != nil {
			return stmt{}, shape{}, err
		}
		if err := sqltext.CheckQuery(q, t.scope()); err != nil {
			return stmt{}, shape{}, err
		}
		answer := tab.row
		if t.across {
			answer = shapeOf(append(tab.kinds[:len(tab.kinds):len(tab.kinds)], driver.Text)...)
		}
		return statement(q.Table, t.engine.d.Select(q, t.scope())), answer, nil
	})
}

func (t *tx) Sum(ctx context.Context, q driver.Query, sum, by []int) iter.Seq2[driver.Row, error] {
	return t.rows(ctx, len(by) == 0, func() (stmt, shape, error) {
		if t.across {
			return stmt{}, shape{}, fmt.Errorf("%w: across tenants there are only queries", driver.ErrReadOnly)
		}
		tab, err := t.engine.table(q.Table)
		if err != nil {
			return stmt{}, shape{}, err
		}
		if err := sqltext.CheckSum(q, sum, by); err != nil {
			return stmt{}, shape{}, err
		}
		var kinds []driver.Kind
		for _, c := range by {
			kinds = append(kinds, tab.kinds[c])
		}
		for range sum {
			kinds = append(kinds, driver.Int)
		}
		answer := shapeOf(append(kinds, driver.Int)...)
		return statement(q.Table, t.engine.d.Sum(q, t.scope(), sum, by, false)), answer, nil
	})
}

func (t *tx) scope() sqltext.Scope { return sqltext.Scope{Tenant: t.tenant, Across: t.across} }

// statement carries a text and its arguments over to what the wire sends.
func statement(decl *driver.Table, s sqltext.Statement) stmt {
	return stmt{sql: s.Text, about: about{table: decl}, fill: func(a *args) {
		for _, v := range s.Args {
			if v.List != nil {
				a.array(v.Kind, v.List)
			} else {
				a.value(v.Kind, v.Value)
			}
		}
	}}
}

// rows sends the statement that build makes, and yields what comes back.
func (t *tx) rows(ctx context.Context, short bool, build func() (stmt, shape, error)) iter.Seq2[driver.Row, error] {
	return func(yield func(driver.Row, error) bool) {
		if err := t.ready(); err != nil {
			yield(nil, err)
			return
		}
		s, answer, err := build()
		if err != nil {
			yield(nil, t.doom(err))
			return
		}
		s.formats = answer.formats
		if short {
			t.page(ctx, s, answer, yield)
		} else {
			t.flow(ctx, s, answer, yield)
		}
	}
}

// page reads the whole answer before it yields.
func (t *tx) page(ctx context.Context, s stmt, answer shape, yield func(driver.Row, error) bool) {
	var rows []driver.Row
	s.read = func(r *pgconn.ResultReader) error {
		d := decoder{shape: answer}
		for r.NextRow() {
			row, err := d.row(r.Values())
			if err != nil {
				return err
			}
			rows = append(rows, row)
		}
		return nil
	}
	if _, err := t.exchange(ctx, []stmt{s}); err != nil {
		yield(nil, t.doom(err))
		return
	}
	for _, r := range rows {
		if !yield(r, nil) {
			return
		}
	}
}

// flow yields rows as they arrive.
func (t *tx) flow(ctx context.Context, s stmt, answer shape, yield func(driver.Row, error) bool) {
	r, p, _, err := t.send(ctx, []stmt{s}, true)
	if err != nil {
		yield(nil, t.doom(err))
		return
	}
	ended := false
	end := func() (err error) {
		ended = true
		_, err = r.Close()
		if err2 := p.Close(); err == nil {
			err = err2
		}
		if err != nil {
			err = t.doom(t.engine.explain(ctx, err, s.about))
		}
		return err
	}
	defer func() { // also when the caller stops or panics
		if !ended {
			_ = end()
		}
	}()
	d := decoder{shape: answer}
	for r.NextRow() {
		row, err := d.row(r.Values())
		if err != nil {
			yield(nil, t.doom(err))
			return
		}
		if !yield(row, nil) {
			return
		}
	}
	if err := end(); err != nil {
		yield(nil, err)
	}
}
