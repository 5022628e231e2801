package memory

import (
	"bytes"
	"context"
	"fmt"
	"math"

	"github.com/tutas/tutas/storage/driver"
)

// Do runs the operations in order.
func (t *Tx) Do(ctx context.Context, ops ...driver.Op) ([]driver.Result, error) {
	if err := t.enter(ctx); err != nil {
		return nil, err
	}
	if t.across != nil {
		return nil, t.fail(onlyQuery())
	}
	results := make([]driver.Result, len(ops))
	for i := range ops {
		if err := t.run(ctx, &ops[i], &results[i]); err != nil {
			return nil, t.fail(err)
		}
	}
	return results, nil
}

func (t *Tx) run(ctx context.Context, op *driver.Op, res *driver.Result) (err error) {
	if op.Kind == driver.Get {
		return t.read(op, res)
	}
	w := writer{t: t}
	if w.p, err = t.writing(ctx); err != nil {
		return err
	}
	w.s = t.e.schema.Load() // no migration runs while we have the turn
	if w.pair, err = w.s.use(op.Table); err != nil {
		return err
	}
	if op.Kind == driver.Lock {
		return t.read(op, res)
	}
	w.ts = w.p.write(w.table)
	switch op.Kind {
	case driver.Insert:
		return w.insertAll(op, res)
	case driver.Update:
		return w.updateAll(op)
	case driver.Delete:
		return w.deleteAll(op)
	case driver.Add:
		return w.addAll(op)
	}
	return fmt.Errorf("memory: %w: no operation of kind %d", driver.ErrSchema, op.Kind)
}

func (t *Tx) read(op *driver.Op, res *driver.Result) error {
	s := t.view()
	p, err := t.e.schema.Load().use(op.Table)
	if err != nil {
		return err
	}
	rows := s.table(p.ord).rows
	res.Rows = make([]driver.Row, len(op.Rows))
	for i, key := range op.Rows {
		if err := p.checkKey(key); err != nil {
			return err
		}
		t.buf = p.keyOf(t.buf[:0], key)
		if r, ok := rows.get(t.buf); ok {
			res.Rows[i] = p.out(r)
		}
	}
	return nil
}

// A writer runs one operation.
type writer struct {
	pair
	t  *Tx
	p  *part
	s  *schema
	ts *tableState
}

func (w *writer) exists(ix string) error {
	return &driver.KeyError{Table: w.name, Index: ix, Err: driver.ErrExists}
}

func (w *writer) insertAll(op *driver.Op, res *driver.Result) error {
	if op.Skip {
		res.Done = make([]bool, len(op.Rows))
	}
	written := make([]*record, 0, len(op.Rows))
	for i, row := range op.Rows {
		if err := w.checkRow(row); err != nil {
			return err
		}
		r := &record{row: w.in(row, nil), home: w.p.home}
		k := &w.t.keys[0]
		k.fill(w.table, r)
		if op.Skip && w.anyTaken(k) {
			continue
		}
		if err := w.insert(r, k); err != nil {
			return err
		}
		if op.Skip {
			res.Done[i] = true
		}
		written = append(written, r)
	}
	return w.checkParents(written)
}

func (w *writer) insert(r *record, k *keySet) error {
	if w.tailed {
		w.p.seq++
		r.seq = w.p.seq
		at := seqKey(r.seq)
		w.ts.tail.set(w.p.epoch, at[:], r)
	}
	if _, had := w.ts.rows.set(w.p.epoch, k.primary, r); had {
		return w.exists("")
	}
	for i := range w.indexes {
		if err := w.enter(i, &k.index[i], r); err != nil {
			return err
		}
	}
	return nil
}

// enter puts a record into an index where it was not before.
func (w *writer) enter(i int, k *indexKey, r *record) error {
	if k.key == nil {
		return nil
	}
	if k.unique && w.taken(i, k) {
		return w.exists(w.indexes[i].name)
	}
	w.ts.indexes[i].set(w.p.epoch, k.key, r)
	w.note(i, k, r)
	return nil
}

// note remembers a change of a global index for the commit; a nil record removes.
func (w *writer) note(i int, k *indexKey, r *record) {
	ix := w.indexes[i]
	if ix.global < 0 {
		return
	}
	c := globalChange{index: ix.global, key: k.global(w.p.home.name), rec: r}
	if k.unique {
		c.unique = k.cols
	}
	w.p.log = append(w.p.log, c)
}

// taken reports whether the values of a unique index are in use.
func (w *writer) taken(i int, k *indexKey) bool {
	values := k.key[:k.cols]
	if key, _, ok := w.ts.indexes[i].first(values); ok && bytes.HasPrefix(key, values) {
		return true
	}
	return w.indexes[i].global >= 0 && w.t.e.takenElsewhere(w.indexes[i], values, w.p.home)
}

func (w *writer) anyTaken(k *keySet) bool {
	if _, had := w.ts.rows.get(k.primary); had {
		return true
	}
	for i := range k.index {
		if k.index[i].unique && w.taken(i, &k.index[i]) {
			return true
		}
	}
	return false
}

// replace puts the next version of a record in the place of an older one with the same primary key.
func (w *writer) replace(old, r *record) error {
	was, is := &w.t.keys[0], &w.t.keys[1]
	was.fill(w.table, old)
	is.fill(w.table, r)
	w.ts.rows.set(w.p.epoch, is.primary, r)
	if w.tailed {
		r.seq = old.seq
		at := seqKey(r.seq)
		w.ts.tail.set(w.p.epoch, at[:], r)
	}
	for i := range w.indexes {
		a, b := &was.index[i], &is.index[i]
		if string(a.key) == string(b.key) {
			if b.key != nil {
				w.ts.indexes[i].set(w.p.epoch, b.key, r)
				w.note(i, b, r)
			}
			continue
		}
		w.leave(i, a)
		if err := w.enter(i, b, r); err != nil {
			return err
		}
	}
	return nil
}

// leave takes a record out of an index.
func (w *writer) leave(i int, k *indexKey) {
	if k.key != nil {
		w.ts.indexes[i].del(w.p.epoch, k.key)
		w.note(i, k, nil)
	}
}

// find returns the stored record with the key of a row that was checked, or nil.
func (w *writer) find(row driver.Row) *record {
	w.t.buf = w.keyOf(w.t.buf[:0], row)
	r, _ := w.ts.rows.get(w.t.buf)
	return r
}

// stale is ErrConflict about one row.
func (w *writer) stale(why string) error {
	return fmt.Errorf("memory: %w: a row of %s %s", driver.ErrConflict, w.name, why)
}

func (w *writer) updateAll(op *driver.Op) error {
	written := make([]*record, 0, len(op.Rows))
	for _, row := range op.Rows {
		if err := w.checkRow(row); err != nil {
			return err
		}
		old := w.find(row)
		if old == nil {
			return w.stale("is gone")
		}
		r := &record{row: w.in(row, old), home: w.p.home}
		// Not "stored + 1 == given": that would be true of the least number after the greatest.
		if v := w.b.version; v >= 0 && (r.row[v].Int() == math.MinInt64 || w.cell(old, v).Int() != r.row[v].Int()-1) {
			return w.stale("has another version")
		}
		if err := w.replace(old, r); err != nil {
			return err
		}
		if w.parent != nil && string(w.parentKey(nil, old)) != string(w.parentKey(nil, r)) {
			written = append(written, r)
		}
	}
	return w.checkParents(written)
}

func (w *writer) deleteAll(op *driver.Op) error {
	for _, row := range op.Rows {
		if err := w.checkKey(row); err != nil {
			return err
		}
		whole := len(row) == len(w.b.cols) && w.b.version >= 0
		old := w.find(row)
		if old == nil {
			if whole {
				return w.stale("is gone")
			}
			continue
		}
		if whole && w.in(row, nil)[w.b.version].Int() != w.cell(old, w.b.version).Int() {
			return w.stale("has another version")
		}
		k := &w.t.keys[0]
		k.fill(w.table, old)
		w.ts.rows.del(w.p.epoch, k.primary)
		for i := range w.indexes {
			w.leave(i, &k.index[i])
		}
		if w.tailed {
			at := seqKey(old.seq)
			w.ts.tail.del(w.p.epoch, at[:])
		}
	}
	return w.checkChildren(op.Rows)
}

func (w *writer) addAll(op *driver.Op) error {
	sums := make([]int, len(op.Sums))
	for i, c := range op.Sums {
		var err error
		if sums[i], err = w.column(c); err != nil {
			return err
		}
		if w.cols[sums[i]].kind != driver.Int {
			return fmt.Errorf("memory: %w: %s.%s cannot be summed", driver.ErrSchema, w.name, w.cols[sums[i]].name)
		}
	}
	var written []*record
	for _, row := range op.Rows {
		if err := w.checkRow(row); err != nil {
			return err
		}
		r := &record{home: w.p.home}
		old := w.find(row)
		if old == nil {
			r.row = w.in(row, nil)
			k := &w.t.keys[0]
			k.fill(w.table, r)
			if err := w.insert(r, k); err != nil {
				return err
			}
			written = append(written, r)
			continue
		}
		r.row = make(driver.Row, len(w.cols))
		for c := range r.row {
			r.row[c] = w.cell(old, c)
		}
		for i, c := range sums {
			var err error
			if r.row[c], err = w.sum(r.row[c], row[op.Sums[i]], c); err != nil {
				return err
			}
		}
		if err := w.replace(old, r); err != nil {
			return err
		}
	}
	return w.checkParents(written)
}

func (w *writer) sum(a, b driver.Value, c int) (driver.Value, error) {
	if a.IsNull() || b.IsNull() {
		return driver.Null, nil
	}
	x, y := a.Int(), b.Int()
	if s := x + y; (s > x) == (y > 0) {
		return driver.IntValue(s), nil
	}
	return driver.Null, fmt.Errorf("memory: %w: %s.%s: %d + %d", driver.ErrOverflow, w.name, w.cols[c].name, x, y)
}
