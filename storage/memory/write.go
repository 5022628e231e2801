package memory

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"slices"

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
	switch op.Kind {
	case driver.Lock:
		return t.read(op, res)
	case driver.Check: // we have the turn: what is there stays
		return w.checkAll(op)
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
	p, err := t.e.schema.Load().use(op.Table)
	if err != nil {
		return err
	}
	s, home := t.view()
	if home != nil {
		defer home.mu.RUnlock()
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

	written []*record // whose parents are to be checked
}

func (w *writer) exists(ix string) error {
	return &driver.KeyError{Table: w.name, Index: ix, Err: driver.ErrExists}
}

// chunk is how many new rows share pieces of memory.
const chunk = 16

func (w *writer) insertAll(op *driver.Op, res *driver.Result) error {
	if op.Skip {
		res.Done = make([]bool, len(op.Rows))
		for i := range op.Rows {
			n, err := w.insertSome(op.Rows[i:i+1], true)
			if err != nil {
				return err
			}
			res.Done[i] = n > 0
		}
		return w.checkParents()
	}
	for some := range slices.Chunk(op.Rows, chunk) {
		if _, err := w.insertSome(some, false); err != nil {
			return err
		}
	}
	return w.checkParents()
}

// insertSome inserts rows and returns how many; with skip those that can be.
func (w *writer) insertSome(rows []driver.Row, skip bool) (n int, err error) {
	for _, row := range rows {
		if err := w.checkRow(row); err != nil {
			return 0, err
		}
	}
	records := w.records(rows)
	k := &w.t.keys[0]
	for i, row := range rows {
		k.fill(w.table, w.in(row, nil))
		if skip && w.anyTaken(k) {
			continue
		}
		if err := w.insert(&records[i], k); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// in brings a row to the stored order; the answer is good until the next one.
func (w *writer) in(row driver.Row, base *record) driver.Row {
	if w.inOrder(row) {
		return row
	}
	w.t.row = w.pair.in(w.t.row[:0], row, base)
	return w.t.row
}

// records packs new rows.
func (w *writer) records(rows []driver.Row) []record {
	records := make([]record, len(rows))
	var ends [chunk]int
	b := w.t.packed[:0]
	for i, row := range rows {
		b = w.pack(b, w.in(row, nil))
		ends[i] = len(b)
	}
	w.t.packed = b
	for i, begin, s := 0, 0, string(b); i < len(rows); i++ {
		records[i] = record{row: s[begin:ends[i]], home: w.p.home}
		begin = ends[i]
	}
	return records
}

// record packs one row that is in the stored order.
func (w *writer) record(row driver.Row) *record {
	w.t.packed = w.pack(w.t.packed[:0], row)
	return &record{row: string(w.t.packed), home: w.p.home}
}

// insert puts a record into every tree, or into none.
func (w *writer) insert(r *record, k *keySet) error {
	for i := range k.index {
		if k.index[i].unique && w.taken(i, &k.index[i]) {
			if _, had := w.ts.rows.get(k.primary); had {
				return w.exists("")
			}
			return w.exists(w.indexes[i].name)
		}
	}
	if old, had := w.ts.rows.set(w.ts.epoch, k.primary, r); had {
		w.ts.rows.set(w.ts.epoch, k.primary, old)
		return w.exists("")
	}
	if w.tailed {
		w.p.seq++
		r.seq = w.p.seq
	}
	w.enterAll(r, k)
	w.p.did(w.pair, w.ts, nil, r)
	if w.parent != nil {
		w.written = append(w.written, r)
	}
	return nil
}

// enterAll puts a record into the tail and the indexes.
func (w *writer) enterAll(r *record, k *keySet) {
	if w.tailed {
		at := seqKey(r.seq)
		w.ts.tail.set(w.ts.epoch, at[:], r)
	}
	for i := range w.indexes {
		w.enter(i, &k.index[i], r)
	}
}

// enter puts a record into an index.
func (w *writer) enter(i int, k *indexKey, r *record) {
	if k.key != nil {
		w.ts.indexes[i].set(w.ts.epoch, k.key, r)
		w.note(i, k, r)
	}
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

// replace puts the next version of a record, whose row is given, in the place of an older one with the same primary key, or changes nothing.
func (w *writer) replace(old, r *record, row driver.Row) error {
	was, is := &w.t.keys[0], &w.t.keys[1]
	w.t.old = w.cells(w.t.old[:0], old)
	was.fill(w.table, w.t.old)
	is.fill(w.table, row)
	for i := range is.index {
		if b := &is.index[i]; b.unique && string(was.index[i].key) != string(b.key) && w.taken(i, b) {
			return w.exists(w.indexes[i].name)
		}
	}
	w.ts.rows.set(w.ts.epoch, is.primary, r)
	if w.tailed {
		r.seq = old.seq
		at := seqKey(r.seq)
		w.ts.tail.set(w.ts.epoch, at[:], r)
	}
	for i := range w.indexes {
		a, b := &was.index[i], &is.index[i]
		if string(a.key) != string(b.key) {
			w.leave(i, a)
		}
		w.enter(i, b, r)
	}
	w.p.did(w.pair, w.ts, old, r)
	return nil
}

// remove takes a record out of every tree.
func (w *writer) remove(old *record) {
	k := &w.t.keys[0]
	w.t.old = w.cells(w.t.old[:0], old)
	k.fill(w.table, w.t.old)
	w.ts.rows.del(w.ts.epoch, k.primary)
	for i := range w.indexes {
		w.leave(i, &k.index[i])
	}
	if w.tailed {
		at := seqKey(old.seq)
		w.ts.tail.del(w.ts.epoch, at[:])
	}
	w.p.did(w.pair, w.ts, old, nil)
}

// leave takes a record out of an index.
func (w *writer) leave(i int, k *indexKey) {
	if k.key != nil {
		w.ts.indexes[i].del(w.ts.epoch, k.key)
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
	for _, row := range op.Rows {
		if err := w.checkRow(row); err != nil {
			return err
		}
		old := w.find(row)
		if old == nil {
			return w.stale("is gone")
		}
		row = w.in(row, old)
		// Not "stored + 1 == given": that would be true of the least number after the greatest.
		if v := w.b.version; v >= 0 && (row[v].Int() == math.MinInt64 || w.cell(old, v).Int() != row[v].Int()-1) {
			return w.stale("has another version")
		}
		r := w.record(row)
		if err := w.replace(old, r, row); err != nil {
			return err
		}
		if w.parent != nil && string(w.parentKey(nil, old)) != string(w.parentKey(nil, r)) {
			w.written = append(w.written, r)
		}
	}
	return w.checkParents()
}

func (w *writer) checkAll(op *driver.Op) error {
	if w.b.version < 0 {
		return fmt.Errorf("memory: %w: %s has no version to check", driver.ErrSchema, w.name)
	}
	w.ts = w.p.state.table(w.ord)
	for _, row := range op.Rows {
		if err := w.checkRow(row); err != nil {
			return err
		}
		old := w.find(row)
		if old == nil {
			return w.stale("is gone")
		}
		if w.in(row, nil)[w.b.version].Int() != w.cell(old, w.b.version).Int() {
			return w.stale("has another version")
		}
	}
	return nil
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
		w.remove(old)
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
	for i, given := range op.Rows {
		if err := w.checkRow(given); err != nil {
			return err
		}
		old := w.find(given)
		if old == nil {
			if _, err := w.insertSome(op.Rows[i:i+1], false); err != nil {
				return err
			}
			continue
		}
		row := w.cells(w.t.row[:0], old)
		w.t.row = row
		for i, c := range sums {
			var err error
			if row[c], err = w.sum(row[c], given[op.Sums[i]], c); err != nil {
				return err
			}
		}
		if err := w.replace(old, w.record(row), row); err != nil {
			return err
		}
	}
	return w.checkParents()
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
