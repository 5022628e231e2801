package customstore

import (
	"bytes"
	"context"
	"errors"

	"github.com/tutas/tutas/storage/backend"
	"github.com/tutas/tutas/storage/driver"
)

func (t *tx) Do(ctx context.Context, ops ...driver.Op) ([]driver.Result, error) {
	return t.Guard.Do(ctx, ops, func(op driver.Op, res *driver.Result) error {
		v, err := t.view(op.Table)
		for i := 0; i < len(op.Rows) && err == nil; i++ {
			err = t.apply(v, op, op.Rows[i], res)
		}
		return err
	})
}

// apply does to one row what the operation says. As there is one writer at a time, Lock is nothing but Get,
// and Check a comparison.
func (t *tx) apply(v backend.View, op driver.Op, r driver.Row, res *driver.Result) error {
	if err := v.Check(op.Kind, r); err != nil {
		return err
	}
	id := t.id(v, r)
	old := v.Decode(t.get(under(v.Name, "", id)))
	if op.Kind == driver.Get || op.Kind == driver.Lock {
		res.Rows = append(res.Rows, v.Cut(old))
		return nil
	}
	if op.Kind == driver.Check {
		return v.Match(r, old)
	}
	before := len(t.undo)
	now, err := v.Change(op, r, old)
	if err == nil {
		err = t.replace(v, id, old, now)
	}
	if !op.Skip || err != nil && !errors.Is(err, driver.ErrExists) {
		return err
	}
	if res.Done = append(res.Done, err == nil); err != nil {
		return t.undoTo(before)
	}
	return nil
}

// replace writes a row in place of the old one, under its id and in the indexes; nil is no row.
func (t *tx) replace(v backend.View, id []byte, old, now driver.Row) error {
	if now == nil && old != nil {
		for _, child := range t.schema.tables { // the index of its parents has the parent's id under that
			if child.Parent == v.Name && t.has(under(child.Name, backend.ParentIndex, id)) {
				return &driver.KeyError{Table: v.Name, Err: driver.ErrReference}
			}
		}
	}
	if now != nil && old == nil && v.Tailed {
		n, err := t.bolt.Bucket(bucket).NextSequence() // what is rolled back leaves a gap in the numbers, and does no harm
		if err != nil {
			return err
		}
		now[v.Slot(backend.NumberColumn)] = driver.IntValue(int64(n))
	}
	for _, ix := range v.Indexes {
		if old != nil {
			values := v.AppendKey(under(v.Name, ix.Name, t.tenant), ix.Columns, old)
			if err := t.put(append(values, id...), nil); err != nil {
				return err
			}
		}
		if now != nil {
			if err := t.enter(v.Table, ix, t.tenant, id, now); err != nil {
				return err
			}
		}
	}
	if now == nil {
		return t.put(under(v.Name, "", id), nil)
	}
	return t.put(under(v.Name, "", id), v.Encode(now))
}

// enter puts a row into an index, unless another one has its unique values, or its parent is not there.
func (t *tx) enter(b *backend.Table, ix backend.Index, tenant, id []byte, r driver.Row) error {
	values := b.AppendKey(bytes.Clone(tenant), ix.Columns, r)
	if ix.Name == backend.ParentIndex && t.get(under(b.Parent, "", values)) == nil {
		return &driver.KeyError{Table: b.Name, Err: driver.ErrReference}
	}
	if ix.Refuses(r) && t.has(under(b.Name, ix.Name, values)) {
		return &driver.KeyError{Table: b.Name, Index: ix.Name, Err: driver.ErrExists}
	}
	return t.put(under(b.Name, ix.Name, append(values, id...)), id)
}

// id is what identifies a row, or its key, among the rows of all tenants.
func (t *tx) id(v backend.View, r driver.Row) []byte {
	return v.AppendKey(bytes.Clone(t.tenant), v.Slots[:v.Key], r)
}

// under is where the rows of a table lie, or the entries of one of its indexes, and below that the more.
func under(table, index string, more []byte) []byte {
	return append([]byte(table+"/"+index+"\x00"), more...)
}
