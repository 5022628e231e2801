package storage

import (
	"context"
	"iter"
	"slices"

	"github.com/tutas/tutas/storage/driver"
)

// Get reads the row with this identifier. With an actor it answers ErrNotFound also for what that actor may not see, and leaves hidden
// fields zero.
//
// Errors: ErrNotFound.
func (t *Table[T]) Get(ctx context.Context, tx *Tx, id ID[T], by ...Ref) (*T, error) {
	if len(by) > 0 && !by[0].IsZero() {
		return t.First(ctx, tx, Query{By: by[0], Where: []Cond{Eq(t.fields[0].name, id)}})
	}
	rows, err := t.read(ctx, tx, driver.Get, driver.Row{driver.UUIDValue(id)})
	if err != nil {
		return nil, err
	}
	return t.one(ctx, tx, rows[0], id.String())
}

// GetMany reads rows by identifier in one round trip; the answer is aligned and holds nil where there is none.
func (t *Table[T]) GetMany(ctx context.Context, tx *Tx, ids ...ID[T]) ([]*T, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	keys := make([]driver.Row, len(ids))
	for i, id := range ids {
		keys[i] = driver.Row{driver.UUIDValue(id)}
	}
	rows, err := t.read(ctx, tx, driver.Get, keys...)
	if err != nil {
		return nil, err
	}
	return t.decodeAll(ctx, tx, rows, nil)
}

// Lock reads the row with this identifier and keeps others from changing it until the transaction ends.
//
// Errors: ErrNotFound, ErrBusy.
func (t *Table[T]) Lock(ctx context.Context, tx *Tx, id ID[T]) (*T, error) {
	rows, err := t.read(ctx, tx, driver.Lock, driver.Row{driver.UUIDValue(id)})
	if err != nil {
		return nil, err
	}
	return t.one(ctx, tx, rows[0], id.String())
}

// Load fills each value from the row that has its key, in one round trip, and answers which were found. Values not found stay as they are.
func (t *Table[T]) Load(ctx context.Context, tx *Tx, values ...*T) ([]bool, error) {
	return t.load(ctx, tx, driver.Get, values)
}

// LoadLocked is Load with the rows that are found locked, in key order.
func (t *Table[T]) LoadLocked(ctx context.Context, tx *Tx, values ...*T) ([]bool, error) {
	return t.load(ctx, tx, driver.Lock, values)
}

func (t *Table[T]) load(ctx context.Context, tx *Tx, kind driver.OpKind, values []*T) ([]bool, error) {
	if len(values) == 0 {
		return nil, nil
	}
	b := t.borrow()
	defer t.giveBack(b)
	keys := make([]driver.Row, len(values))
	for i, v := range values {
		var err error
		if keys[i], err = t.keyBy(tx, b, v); err != nil {
			return nil, err
		}
	}
	rows, err := t.read(ctx, tx, kind, keys...)
	if err != nil {
		return nil, err
	}
	found := make([]bool, len(values))
	for i, row := range rows {
		if row == nil {
			continue
		}
		if err := t.decodeBy(ctx, tx, b, row, values[i], nil); err != nil {
			return nil, err
		}
		found[i] = true
	}
	return found, nil
}

// read reads rows by key: from what the transaction knows itself, and else from the engine.
func (d *declaration) read(ctx context.Context, tx *Tx, kind driver.OpKind, keys ...driver.Row) ([]driver.Row, error) {
	if kind == driver.Lock && tx.readOnly {
		return nil, ErrReadOnly
	}
	if tx.doom != nil {
		return nil, ErrDoomed
	}
	if kind == driver.Lock {
		tx.kept.forget(d.table) // what is locked may be newer
	}
	rows, left, sees := d.within(tx, kind, keys)
	if sees {
		res, err := tx.send(ctx, driver.Op{Kind: kind, Table: d.table, Rows: keys})
		if err != nil {
			return nil, err
		}
		return res[0].Rows, nil
	}
	if len(left) == 0 {
		return rows, nil
	}
	ask := keys
	if len(left) < len(keys) {
		ask = make([]driver.Row, len(left))
		for i, at := range left {
			ask[i] = keys[at]
		}
	}
	got, err := tx.readKeys(ctx, driver.Op{Kind: kind, Table: d.table, Rows: ask})
	if err != nil {
		return nil, err
	}
	if kind == driver.Get && d.settled {
		tx.keep(d.table, ask, got)
	}
	if rows == nil {
		return got, nil
	}
	for i, at := range left {
		rows[at] = got[i]
	}
	return rows, nil
}

// readKeys asks the engine, together with what was announced.
func (tx *Tx) readKeys(ctx context.Context, op driver.Op) ([]driver.Row, error) {
	stamp := tx.wantsStamp()
	if len(tx.ahead)+len(tx.ready) == 0 && !stamp {
		res, err := tx.dtx.Do(ctx, op)
		if err != nil {
			return nil, tx.fail(err)
		}
		return res[0].Rows, nil
	}
	if op.Kind == driver.Get { // what is to be locked is read when it is
		if rows, ok := tx.took(op.Table, op.Rows); ok {
			return rows, nil
		}
	}
	ops := tx.withAhead(op)
	if stamp { // before all that is read under it
		ops = append([]driver.Op{stampOp()}, ops...)
	}
	res, err := tx.dtx.Do(ctx, ops...)
	if err != nil {
		return nil, tx.fail(err)
	}
	if stamp {
		tx.stamped(res[0])
		res = res[1:]
	}
	tx.arrived(res[1:])
	return res[0].Rows, nil
}

func (tx *Tx) seesPending(t *driver.Table) bool {
	for _, s := range tx.scopes {
		if s.touches(t) {
			return true
		}
	}
	return false
}

func (t *Table[T]) one(ctx context.Context, tx *Tx, row driver.Row, name string) (*T, error) {
	if row == nil {
		return nil, ErrNotFound.With("%s %s", t.kind, name)
	}
	v := new(T)
	return v, t.decode(ctx, tx, row, v, nil)
}

func (t *Table[T]) decodeAll(ctx context.Context, tx *Tx, rows []driver.Row, hidden []string) ([]*T, error) {
	out := make([]*T, len(rows))
	for i, row := range rows {
		if row == nil {
			continue
		}
		out[i] = new(T)
		if err := t.decode(ctx, tx, row, out[i], hidden); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// First reads the first row of a query.
//
// Errors: ErrNotFound; *Invalid for a condition that the table cannot answer.
func (t *Table[T]) First(ctx context.Context, tx *Tx, q Query) (*T, error) {
	q.Limit = 1
	for v, err := range t.All(ctx, tx, q) {
		return v, err
	}
	return nil, ErrNotFound.With("%s", t.kind)
}

// pageRows is how many rows All reads at a time.
const pageRows = 500

// All yields the rows of a query. Over a DB it reads page by page and holds no transaction while it yields, so writing inside the loop
// works, and so it is not a snapshot: a row that changes its place meanwhile may be missed or come twice. Over a Tx it sees what the transaction sees, and reads each page
// before it yields.
func (t *Table[T]) All(ctx context.Context, s Session, q Query) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		left := q.Limit
		var after driver.Row
		for {
			var items []*T
			var last driver.Row
			err := s.View(ctx, func(tx *Tx) error {
				c, err := t.compile(ctx, tx, q)
				if err != nil || c.none {
					return err
				}
				c.After, c.Limit = after, pageRows
				if left > 0 && left < pageRows {
					c.Limit = left
				}
				items, last, err = t.fetch(ctx, tx, &c)
				return err
			})
			if err != nil {
				yield(nil, err)
				return
			}
			for _, v := range items {
				if !yield(v, nil) {
					return
				}
			}
			if last == nil || (left > 0 && len(items) >= left) {
				return
			}
			if left > 0 {
				left -= len(items)
			}
			after = last
		}
	}
}

// fetch reads up to Limit rows that pass, and the place to go on from; nil at the end.
func (t *Table[T]) fetch(ctx context.Context, tx *Tx, c *compiled) (items []*T, last driver.Row, err error) {
	rows, err := tx.rows(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	if c.Limit > 0 && len(rows) == c.Limit {
		last = c.place(rows[len(rows)-1])
	}
	rows = slices.DeleteFunc(rows, func(r driver.Row) bool { return !t.passes(r, c.residual) })
	items, err = t.decodeAll(ctx, tx, rows, c.hidden)
	return items, last, err
}

func (tx *Tx) rows(ctx context.Context, c *compiled) (rows []driver.Row, err error) {
	if err := tx.settle(ctx, c.Table); err != nil {
		return nil, err
	}
	for row, err := range tx.dtx.Query(ctx, c.Query) {
		if err != nil {
			return nil, tx.fail(err)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// Page reads one screen of a query, 50 rows unless its Limit says otherwise (at most 1,000).
//
// Errors: ErrBadCursor; *Invalid for a condition that the table cannot answer.
func (t *Table[T]) Page(ctx context.Context, s Session, q Query, from Cursor) (page Page[T], err error) {
	size := q.Limit
	if size <= 0 {
		size = 50
	}
	size = min(size, 1000)
	err = s.View(ctx, func(tx *Tx) error {
		page = Page[T]{}
		q.Limit = 0
		c, err := t.compile(ctx, tx, q)
		if err != nil {
			return err
		}
		if err := c.resume(from); err != nil || c.none {
			return err
		}
		for {
			c.Limit = size + 1 // one more tells whether there is a next page
			rows, err := tx.rows(ctx, &c)
			if err != nil {
				return err
			}
			full := len(rows) == c.Limit
			for i, row := range rows {
				if !t.passes(row, c.residual) {
					continue
				}
				if len(page.Items) == size {
					return nil
				}
				v := new(T)
				if err := t.decode(ctx, tx, row, v, c.hidden); err != nil {
					return err
				}
				page.Items = append(page.Items, v)
				if len(page.Items) == size && (full || i+1 < len(rows)) {
					page.Next = c.cursor(row)
				}
			}
			if !full || len(page.Items) == size {
				return nil
			}
			c.After = c.place(rows[len(rows)-1])
		}
	})
	return page, err
}
