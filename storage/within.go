package storage

import "github.com/tutas/tutas/storage/driver"

// within answers a read by key from what the transaction itself knows: rows that it is about to insert or has changed, and rows of settled tables that it has read
// before. Left are the places of the other keys; rows is nil where all are left. Where a pending write must reach the engine first, sees is true.
func (d *declaration) within(tx *Tx, kind driver.OpKind, keys []driver.Row) (rows []driver.Row, left []int, sees bool) {
	pending := tx.seesPending(d.table)
	kept := tx.kept[d.table]
	if kind != driver.Get {
		kept = nil
	}
	var name []byte
	for i, key := range keys {
		if pending || kept != nil {
			name = appendKey(name[:0], key)
			row, known := kept[string(name)]
			if pending {
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
	if tx.kept == nil {
		tx.kept = map[*driver.Table]map[string]driver.Row{}
	}
	if tx.kept[t] == nil {
		tx.kept[t] = make(map[string]driver.Row, len(keys))
	}
	for i, key := range keys {
		tx.kept[t][rowKey(key)] = rows[i]
	}
}
