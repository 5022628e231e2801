package storagetest_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"testing"

	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/memory"
	"github.com/tutas/tutas/storage/storagetest"
)

// A bent engine is the memory engine with one promise broken.
type bent struct {
	driver.Engine
	begin func(o *driver.TxOptions)
	do    func(tx driver.Tx, ctx context.Context, ops []driver.Op) ([]driver.Result, error)
	query func(q *driver.Query)
	row   func(r driver.Row) driver.Row
	err   func(err error) error
}

func (b *bent) Begin(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	if b.begin != nil {
		b.begin(&o)
	}
	tx, err := b.Engine.Begin(ctx, o)
	if err != nil {
		return nil, err
	}
	return &bentTx{tx, b}, nil
}

type bentTx struct {
	driver.Tx
	b *bent
}

func (t *bentTx) Do(ctx context.Context, ops ...driver.Op) ([]driver.Result, error) {
	do := t.b.do
	if do == nil {
		do = func(tx driver.Tx, ctx context.Context, ops []driver.Op) ([]driver.Result, error) {
			return tx.Do(ctx, ops...)
		}
	}
	res, err := do(t.Tx, ctx, ops)
	if err != nil && t.b.err != nil {
		err = t.b.err(err)
	}
	return res, err
}

func (t *bentTx) Query(ctx context.Context, q driver.Query) iter.Seq2[driver.Row, error] {
	if t.b.query != nil {
		t.b.query(&q)
	}
	if t.b.row == nil {
		return t.Tx.Query(ctx, q)
	}
	return func(yield func(driver.Row, error) bool) {
		for r, err := range t.Tx.Query(ctx, q) {
			if err == nil {
				r = t.b.row(r)
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

// each rewrites the operations of one kind.
func each(kind driver.OpKind, change func(op *driver.Op)) func(tx driver.Tx, ctx context.Context, ops []driver.Op) ([]driver.Result, error) {
	return func(tx driver.Tx, ctx context.Context, ops []driver.Op) ([]driver.Result, error) {
		ops = slices.Clone(ops)
		for i := range ops {
			if ops[i].Kind == kind {
				change(&ops[i])
			}
		}
		return tx.Do(ctx, ops...)
	}
}

func TestTheSuiteFindsAnEngineThatBreaksAPromise(t *testing.T) {
	engines := map[string]struct {
		bent  bent
		cases []string // those that must find it out; nil is none of all
	}{
		"nothing broken": {},
		"one tenant for all": {bent{begin: func(o *driver.TxOptions) { o.Tenant = "t1" }},
			[]string{"get_aligned", "tenants_apart", "keyset", "random_operations"}},
		"writes stray to the neighbour": {bent{begin: func(o *driver.TxOptions) {
			if !o.ReadOnly && o.Tenant == "t10" {
				o.Tenant = "t1"
			}
		}}, []string{"insert_exists", "update_overwrites", "hot_row_lock"}},
		"Lock without a lock": {bent{do: each(driver.Lock, func(op *driver.Op) { op.Kind = driver.Get })},
			[]string{"read_only"}},
		"Check looks at nothing": {bent{do: each(driver.Check, func(op *driver.Op) { op.Kind, op.Rows = driver.Get, nil })},
			[]string{"check_version", "check_sees_own"}},
		"Get in key order": {bent{do: each(driver.Get, func(op *driver.Op) {
			op.Rows = slices.Clone(op.Rows)
			slices.SortFunc(op.Rows, driver.CompareRows)
		})}, []string{"get_aligned"}},
		"After is inclusive": {bent{query: func(q *driver.Query) {
			if len(q.After) > 0 {
				q.After = q.After[:len(q.After)-1]
			}
		}}, []string{"keyset", "order_total"}},
		"a limit is one too many": {bent{query: func(q *driver.Query) {
			if q.Limit > 0 {
				q.Limit++
			}
		}}, []string{"keyset"}},
		"Desc turns nothing": {bent{query: func(q *driver.Query) { q.Desc = false }}, []string{"order_total", "text_bytewise"}},
		"dates before 1970 are lost": {bent{row: func(r driver.Row) driver.Row {
			for i := range r {
				if r[i].Int() < -700_000 && r[i].Int() > -1_000_000 {
					r[i] = driver.IntValue(0)
				}
			}
			return r
		}}, []string{"dates"}},
		"empty texts are null": {bent{row: func(r driver.Row) driver.Row {
			for i := range r {
				if r[i] == driver.TextValue("") {
					r[i] = driver.Null
				}
			}
			return r
		}}, []string{"values", "texts"}},
		"errors are nameless": {bent{err: func(error) error { return errors.New("something went wrong") }},
			[]string{"insert_exists", "update_version", "add_overflow", "parent_must_stay", "doom", "cancelled"}},
		"Skip fails": {bent{do: each(driver.Insert, func(op *driver.Op) { op.Skip = false })}, []string{"insert_skip"}},
		"Update ignores the version": {bent{do: func(tx driver.Tx, ctx context.Context, ops []driver.Op) ([]driver.Result, error) {
			for _, op := range ops {
				if op.Kind == driver.Update && op.Table.Version >= 0 {
					for _, r := range op.Rows {
						old, err := tx.Do(ctx, driver.Op{Kind: driver.Get, Table: op.Table, Rows: []driver.Row{r}})
						if err == nil && old[0].Rows[0] != nil {
							r[op.Table.Version] = driver.IntValue(old[0].Rows[0][op.Table.Version].Int() + 1)
						}
					}
				}
			}
			return tx.Do(ctx, ops...)
		}}, []string{"update_version"}},
	}
	for name, c := range engines {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			broken := storagetest.Broken(t, storagetest.Harness{Open: func(*testing.T) driver.Engine {
				b := c.bent
				b.Engine = memory.New()
				return &b
			}}, c.cases...)
			for _, want := range c.cases {
				if broken[want] == nil {
					t.Errorf("%s passes", want)
				}
			}
			if c.cases == nil && len(broken) > 0 {
				t.Errorf("a sound engine fails: %v", broken)
			}
		})
	}
}
