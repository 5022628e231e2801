package memory

import (
	"bytes"

	"github.com/tutas/tutas/storage/driver"
)

// parentKey encodes the primary key of a record's parent; nil if the record has none because a column of it is null.
func (w *writer) parentKey(b []byte, r *record) []byte {
	for i, c := range w.parent.cols {
		v := w.cell(r, c)
		if v.IsNull() {
			return nil
		}
		b = appendValue(b, w.s.tables[w.parent.table].cols[i].kind, v)
	}
	return b
}

// checkParents refuses written records whose parent is not there. It runs at the end of an operation, which may hold both.
func (w *writer) checkParents() error {
	if len(w.written) == 0 {
		return nil
	}
	parents := w.p.table(w.parent.table).rows
	var last, key []byte
	for _, r := range w.written {
		if key = w.parentKey(key[:0], r); key == nil || string(key) == string(last) {
			continue
		}
		if _, ok := parents.get(key); !ok {
			return &driver.KeyError{Table: w.name, Err: driver.ErrReference}
		}
		last, key = key, last
	}
	return nil
}

// checkChildren refuses that rows are gone to which others refer.
func (w *writer) checkChildren(gone []driver.Row) error {
	for _, c := range w.children {
		ts := w.p.table(c.table)
		tree := ts.rows
		if c.index >= 0 {
			if c.index >= len(ts.indexes) {
				continue // nothing was written there yet
			}
			tree = ts.indexes[c.index]
		}
		for _, row := range gone {
			w.t.buf = w.keyOf(w.t.buf[:0], row)
			if at, _, ok := tree.first(w.t.buf); ok && bytes.HasPrefix(at, w.t.buf) {
				return &driver.KeyError{Table: w.name, Err: driver.ErrReference}
			}
		}
	}
	return nil
}
