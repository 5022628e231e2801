package storage

import (
	"slices"

	"github.com/tutas/tutas/storage/driver"
)

// within answers a read by key from what the transaction itself knows: rows that it is about to insert or has changed, and rows of settled tables that it has read
// before. Left are the places of the other keys; rows is nil where all are left. Where a pending write must reach the engine first, sees is true.
func (d *declaration) within(tx *Tx, kind driver.OpKind, keys []driver.Row) (rows []driver.Row, left []int, sees bool) {
	pending := tx.seesPending(d.table)
	var name []byte
	for i, key := range keys {
		var row driver.Row
		known := false
		if kind == driver.Get {
			row, known = tx.kept.find(d.table, key)
		}
		if pending {
			name = appendKey(name[:0], key)
			op, newest := tx.newest(d.table, name)
			switch {
			case op == nil:
			case op.Kind == driver.Insert && !op.Skip: // nobody else can see it, so it needs no lock either
				row, known = newest, true
			case op.Kind == driver.Update && kind == driver.Get:
				row, known = newest, true
			default:
				return nil, nil, true
			}
		}
		if known {
			if rows == nil {
				rows = make([]driver.Row, len(keys))
			}
			rows[i] = row
			continue
		}
		if left == nil {
			left = make([]int, 0, len(keys)-i)
		}
		left = append(left, i)
	}
	return rows, left, false
}

// newest is the newest pending operation on a row, in any scope.
func (tx *Tx) newest(t *driver.Table, key []byte) (*pendingOp, driver.Row) {
	for i := len(tx.scopes) - 1; i >= 0; i-- {
		if op, row := tx.scopes[i].newest(t, key); op != nil {
			return op, row
		}
	}
	return nil, nil
}

// keep remembers rows of a settled table, also that there is none.
func (tx *Tx) keep(t *driver.Table, keys, rows []driver.Row) {
	if tx.readOnly || tx.joined {
		return
	}
	for i, key := range keys {
		tx.kept.add(t, key, rows[i])
	}
}

// keptRows are rows by table and key. A few, as a transaction mostly has, are found by looking at each.
type keptRows struct {
	few  []keptRow
	many map[*driver.Table]map[string]driver.Row
}

type keptRow struct {
	table    *driver.Table
	key, row driver.Row
}

// fewKept is how many rows are few.
const fewKept = 16

func (k *keptRows) find(t *driver.Table, key driver.Row) (driver.Row, bool) {
	if k.many != nil {
		row, ok := k.many[t][rowKey(key)]
		return row, ok
	}
	for i := range k.few {
		if r := &k.few[i]; r.table == t && driver.CompareRows(r.key, key) == 0 {
			return r.row, true
		}
	}
	return nil, false
}

func (k *keptRows) add(t *driver.Table, key, row driver.Row) {
	if k.many == nil && len(k.few) < fewKept {
		if k.few == nil {
			k.few = make([]keptRow, 0, 8)
		}
		k.few = append(k.few, keptRow{t, key, row})
		return
	}
	if k.many == nil {
		k.many = map[*driver.Table]map[string]driver.Row{}
		for _, r := range k.few {
			k.add(r.table, r.key, r.row)
		}
		k.few = nil
	}
	if k.many[t] == nil {
		k.many[t] = map[string]driver.Row{}
	}
	k.many[t][rowKey(key)] = row
}

// forget drops the rows of a table.
func (k *keptRows) forget(t *driver.Table) {
	delete(k.many, t)
	k.few = slices.DeleteFunc(k.few, func(r keptRow) bool { return r.table == t })
}
