package memory

import (
	"strings"

	"github.com/tutas/tutas/storage/driver"
)

// parentKey encodes the primary key of a record's parent; "" if the record has none because a column of it is null.
func (w *writer) parentKey(r *record) string {
	b := w.t.buf[:0]
	for i, c := range w.parent.cols {
		v := w.cell(r, c)
		if v.IsNull() {
			return ""
		}
		b = appendValue(b, w.s.tables[w.parent.table].cols[i].kind, v)
	}
	w.t.buf = b
	return string(b)
}

// checkParents refuses records whose parent is not there. It runs at the end of an operation, which may hold both.
func (w *writer) checkParents(written []*record) error {
	if w.parent == nil {
		return nil
	}
	parents := w.p.table(w.parent.table).rows
	last := ""
	for _, r := range written {
		key := w.parentKey(r)
		if key == last {
			continue
		}
		if _, ok := parents.get(key); !ok && key != "" {
			return &driver.KeyError{Table: w.name, Err: driver.ErrReference}
		}
		last = key
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
			key := string(w.t.buf)
			if at, _, ok := tree.first(key); ok && strings.HasPrefix(at, key) {
				return &driver.KeyError{Table: w.name, Err: driver.ErrReference}
			}
		}
	}
	return nil
}
