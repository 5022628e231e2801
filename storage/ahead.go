package storage

import "github.com/tutas/tutas/storage/driver"

// aheadRows are rows that were announced, and what the engine answered.
type aheadRows struct {
	op   driver.Op
	rows []driver.Row
}

// Ahead announces that rows will be read with Load: they travel with the next read by key of any table, and a Load of the same values in the
// same order then costs no round trip. With LoadLocked they are read after its locks are taken. It is a hint; a write to the table in between voids it.
//
// Errors: *Invalid for a key that cannot be stored.
func (t *Table[T]) Ahead(tx *Tx, values ...*T) error {
	if len(values) == 0 || tx.seesPending(t.table) {
		return nil
	}
	keys := make([]driver.Row, 0, len(values))
	b := t.borrow()
	defer t.giveBack(b)
	for _, v := range values {
		key, err := t.keyBy(tx, b, v)
		if err != nil {
			return err
		}
		if _, known := tx.kept.find(t.table, key); !known {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	if find(tx.ahead, t.table, keys) < 0 && find(tx.ready, t.table, keys) < 0 {
		if tx.ahead == nil {
			tx.ahead = make([]aheadRows, 0, 4)
		}
		tx.ahead = append(tx.ahead, aheadRows{op: driver.Op{Kind: driver.Get, Table: t.table, Rows: keys}})
	}
	return nil
}

// took answers a read from what came ahead of it, once.
func (tx *Tx) took(t *driver.Table, keys []driver.Row) ([]driver.Row, bool) {
	i := find(tx.ready, t, keys)
	if i < 0 {
		return nil, false
	}
	rows := tx.ready[i].rows
	tx.ready = append(tx.ready[:i], tx.ready[i+1:]...)
	return rows, true
}

// withAhead adds to a read what was announced; the read itself, if it was, is not done twice.
func (tx *Tx) withAhead(op driver.Op) []driver.Op {
	if i := find(tx.ahead, op.Table, op.Rows); i >= 0 && op.Kind == driver.Get {
		tx.ahead = append(tx.ahead[:i], tx.ahead[i+1:]...)
	}
	ops := make([]driver.Op, 1, 1+len(tx.ahead))
	ops[0] = op
	for _, a := range tx.ahead {
		ops = append(ops, a.op)
	}
	return ops
}

// arrived keeps what came along.
func (tx *Tx) arrived(results []driver.Result) {
	for i, r := range results {
		tx.ahead[i].rows = r.Rows
	}
	if len(tx.ready) == 0 {
		tx.ready = tx.ahead
	} else {
		tx.ready = append(tx.ready, tx.ahead...)
	}
	tx.ahead = nil
}

// outdated forgets what was announced or read ahead of a table that is now written.
func (tx *Tx) outdated(t *driver.Table) {
	tx.ahead, tx.ready = without(tx.ahead, t), without(tx.ready, t)
	tx.kept.forget(t)
}

func without(list []aheadRows, t *driver.Table) []aheadRows {
	kept := list[:0]
	for _, a := range list {
		if a.op.Table != t {
			kept = append(kept, a)
		}
	}
	return kept
}

func find(list []aheadRows, t *driver.Table, keys []driver.Row) int {
next:
	for i, a := range list {
		if a.op.Table != t || len(a.op.Rows) != len(keys) {
			continue
		}
		for j, key := range keys {
			if driver.CompareRows(a.op.Rows[j], key) != 0 {
				continue next
			}
		}
		return i
	}
	return -1
}
