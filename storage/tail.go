package storage

import (
	"context"

	"github.com/tutas/tutas/storage/driver"
)

// Position is a place in the order of commits of a tailed table; "" is the beginning. It means something only to the engine that made it.
type Position = driver.Position

// A Tail is a stretch of a tailed table, oldest first.
type Tail[T any] struct {
	Items []*T
	// Next is where to go on.
	Next Position
	// Behind says that more is committed after Next.
	Behind bool
}

// Tail reads up to n rows after a position, in an order in which no row can later appear before one that was returned: a reader that keeps Next misses nothing, even what
// commits late.
func (t *Table[T]) Tail(ctx context.Context, tx *Tx, after Position, n int) (Tail[T], error) {
	return t.tail(ctx, tx, driver.TailQuery{Table: t.table, After: after, Limit: n})
}

// TailUnsettled reads every row after a position that the transaction can see, also those that an open transaction may yet commit in front of. Use it for a figure
// that must be complete at this moment; never keep its Next.
func (t *Table[T]) TailUnsettled(ctx context.Context, tx *Tx, after Position, n int) (Tail[T], error) {
	return t.tail(ctx, tx, driver.TailQuery{Table: t.table, After: after, Limit: n, Unsettled: true})
}

func (t *Table[T]) tail(ctx context.Context, tx *Tx, q driver.TailQuery) (out Tail[T], err error) {
	if err := tx.settle(ctx, t.table); err != nil {
		return out, err
	}
	page, err := tx.dtx.Tail(ctx, q)
	if err != nil {
		return out, tx.fail(err)
	}
	out.Next, out.Behind = page.Next, page.Behind
	out.Items, err = t.decodeAll(ctx, tx, page.Rows, nil)
	return out, err
}

// Across yields rows of all tenants with the tenant of each, in the order of a query: what a scheduler needs to find who has work. Conditions on a
// tenant's own fields are not possible.
func (t *Table[T]) Across(ctx context.Context, s *Store, q Query, fn func(tenant string, v *T) error) error {
	tx, err := s.system().begin(ctx, true)
	if err != nil {
		return err
	}
	_ = tx.dtx.Rollback(ctx)
	c, err := t.compile(ctx, tx, q)
	if err != nil {
		return err
	}
	dtx, err := s.engine.Begin(ctx, driver.TxOptions{Across: true, ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() { _ = dtx.Rollback(context.WithoutCancel(ctx)) }()
	for row, err := range dtx.Query(ctx, c.Query) {
		if err != nil {
			return err
		}
		v := new(T)
		if err := t.decode(ctx, nil, row, v, nil); err != nil {
			return err
		}
		if err := fn(row[len(row)-1].Text(), v); err != nil {
			return err
		}
	}
	return nil
}
