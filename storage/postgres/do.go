package postgres

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tutas/tutas/storage/driver"
)

// plan appends the statements of one operation. Their answers go to res.
func (t *tx) plan(stmts []stmt, op driver.Op, res *driver.Result) ([]stmt, error) {
	tab, err := t.engine.table(op.Table)
	if err != nil {
		return nil, err
	}
	if err := tab.check(op); err != nil {
		return nil, err
	}
	n := len(op.Rows)
	switch op.Kind {
	case driver.Get, driver.Lock:
		res.Rows = make([]driver.Row, n)
	case driver.Insert:
		if op.Skip {
			res.Done = make([]bool, n)
		}
	}
	if n == 0 {
		return stmts, nil
	}
	w := write{t, tab, op}
	switch op.Kind {
	case driver.Get:
		return append(stmts, w.find(tab.getOne, tab.getMany, op.Rows, nil, res)), nil
	case driver.Lock:
		rows, places := sorted(op.Rows, tab.Key)
		return append(stmts, w.find(tab.lockOne, tab.lockMany, rows, places, res)), nil
	case driver.Insert:
		if op.Skip {
			return append(stmts, w.skip(res)), nil
		}
		return append(stmts, w.insert(op.Rows)), nil
	case driver.Add:
		a := tab.add(op.Sums)
		rows, _ := sorted(op.Rows, tab.Key)
		return append(stmts, w.whole(a.one, a.many, rows)), nil
	case driver.Update:
		rows, _ := sorted(op.Rows, tab.Key)
		for len(rows) > 0 { // the same row twice in one statement would be changed only once
			var now []driver.Row
			now, rows = distinct(rows, tab.Key)
			s := w.whole(tab.updateOne, tab.updateMany, now)
			s.about.checked = true
			stmts = append(stmts, s)
		}
		return stmts, nil
	case driver.Check:
		rows, _ := sorted(op.Rows, tab.Key)
		return append(stmts, w.check(rows)), nil
	default:
		rows, _ := sorted(op.Rows, tab.Key)
		return append(stmts, w.remove(rows)), nil
	}
}

// check refuses what would otherwise only be found out halfway.
func (t *table) check(op driver.Op) error {
	need := len(t.Columns)
	switch op.Kind {
	case driver.Get, driver.Lock, driver.Delete:
		need = t.Key
	case driver.Insert, driver.Update:
	case driver.Check:
		if t.Version < 0 {
			return fmt.Errorf("%w: postgres: %s has no version to check", driver.ErrSchema, t.Name)
		}
	case driver.Add:
		for _, c := range op.Sums {
			if c < t.Key || c >= len(t.Columns) || t.kinds[c] != driver.Int {
				return fmt.Errorf("postgres: %s: column %d cannot be summed", t.Name, c)
			}
		}
	default:
		return fmt.Errorf("postgres: %s: no operation of kind %d", t.Name, op.Kind)
	}
	for _, r := range op.Rows {
		if len(r) < need {
			return fmt.Errorf("postgres: %s: a row of %d values where %d are needed", t.Name, len(r), need)
		}
	}
	return nil
}

// write turns one operation into statements.
type write struct {
	tx *tx
	*table
	op driver.Op
}

func (w write) about() about { return about{table: w.table.Table, kind: w.op.Kind} }

// columns appends the tenant and the first n columns, as values if there is one row, else as arrays.
func (w write) columns(a *args, rows []driver.Row, n int) {
	a.text(w.tx.tenant)
	for c := range n {
		if len(rows) == 1 {
			a.value(w.kinds[c], rows[0][c])
		} else {
			a.column(w.kinds[c], rows, c)
		}
	}
}

func (w write) find(one, many string, rows []driver.Row, places []int, res *driver.Result) stmt {
	s := stmt{about: w.about(), sql: one, formats: w.row.formats}
	s.fill = func(a *args) { w.columns(a, rows, w.Key) }
	if len(rows) == 1 {
		s.read = func(r *pgconn.ResultReader) (err error) {
			d := decoder{shape: w.row, once: true}
			for r.NextRow() {
				if res.Rows[0], err = d.row(r.Values()); err != nil {
					return err
				}
			}
			return nil
		}
		return s
	}
	s.sql, s.formats = many, w.found.formats
	s.read = func(r *pgconn.ResultReader) error {
		d := decoder{shape: w.row}
		for r.NextRow() {
			cells := r.Values()
			if len(cells) == 0 || len(cells[0]) != 8 {
				return fmt.Errorf("postgres: %s: an answer without its place", w.Name)
			}
			i := int(binary.BigEndian.Uint64(cells[0])) - 1
			if i < 0 || i >= len(rows) {
				return fmt.Errorf("postgres: %s: an answer for a key that was not asked for", w.Name)
			}
			row, err := d.row(cells[1:])
			if err != nil {
				return err
			}
			if places != nil {
				i = places[i]
			}
			res.Rows[i] = row
		}
		return nil
	}
	return s
}

// whole writes whole rows.
func (w write) whole(one, many string, rows []driver.Row) stmt {
	s := stmt{about: w.about(), sql: one}
	if len(rows) > 1 {
		s.sql = many
	}
	s.fill = func(a *args) {
		w.columns(a, rows, len(w.Columns))
		if w.op.Kind == driver.Update && len(rows) > 1 {
			a.int(int64(len(rows)))
		}
	}
	return s
}

// skip writes rows and learns which ones were new. The server names the keys that it took; of two equal ones in one
// statement it takes the first.
func (w write) skip(res *driver.Result) stmt {
	rows := w.op.Rows
	s := w.whole(w.skipOne, w.skipMany, rows)
	if len(rows) == 1 {
		s.read = func(r *pgconn.ResultReader) error {
			tag, err := r.Close()
			res.Done[0] = tag.RowsAffected() == 1
			return err
		}
		return s
	}
	s.formats = w.keys.formats
	s.read = func(r *pgconn.ResultReader) error {
		first := make(map[string]int, len(rows))
		var key []byte
		for i, row := range rows {
			key = appendKey(key[:0], row[:w.Key])
			if _, ok := first[string(key)]; !ok {
				first[string(key)] = i
			}
		}
		d := decoder{shape: w.keys}
		for r.NextRow() {
			k, err := d.row(r.Values())
			if err != nil {
				return err
			}
			if i, ok := first[string(appendKey(key[:0], k))]; ok {
				res.Done[i] = true
			}
		}
		return nil
	}
	return s
}

// remove deletes rows. With a version it compares that of each row that was given whole.
func (w write) remove(rows []driver.Row) stmt {
	s := stmt{about: w.about(), sql: w.deleteOne}
	if len(rows) > 1 {
		s.sql = w.deleteMany
	}
	s.about.checked = w.Version >= 0
	s.fill = func(a *args) {
		w.columns(a, rows, w.Key)
		if len(rows) > 1 {
			a.int(int64(len(rows)))
		}
		switch {
		case w.Version < 0:
		case len(rows) > 1:
			a.column(driver.Int, rows, w.Version)
			given := 0
			for _, r := range rows {
				if w.Version < len(r) {
					given++
				}
			}
			a.int(int64(given))
		case w.Version < len(rows[0]):
			a.value(driver.Int, rows[0][w.Version])
		default:
			a.value(driver.Int, driver.Null)
		}
	}
	return s
}

// check compares versions.
func (w write) check(rows []driver.Row) stmt {
	s := stmt{about: w.about(), sql: w.checkOne}
	if len(rows) > 1 {
		s.sql = w.checkMany
	}
	s.about.checked = true
	s.fill = func(a *args) {
		w.columns(a, rows, w.Key)
		if len(rows) == 1 {
			a.value(driver.Int, rows[0][w.Version])
			return
		}
		a.int(int64(len(rows)))
		a.column(driver.Int, rows, w.Version)
	}
	return s
}

// sorted returns the rows in key order and the place that each had. Places are nil if the rows were in order already.
func sorted(rows []driver.Row, key int) ([]driver.Row, []int) {
	compare := func(a, b driver.Row) int { return driver.CompareRows(a[:key], b[:key]) }
	if slices.IsSortedFunc(rows, compare) {
		return rows, nil
	}
	places := make([]int, len(rows))
	for i := range places {
		places[i] = i
	}
	slices.SortStableFunc(places, func(a, b int) int { return compare(rows[a], rows[b]) })
	out := make([]driver.Row, len(rows))
	for i, p := range places {
		out[i] = rows[p]
	}
	return out, places
}

// distinct parts sorted rows into the first of each key and the rest.
func distinct(rows []driver.Row, key int) (first, rest []driver.Row) {
	same := func(i int) bool { return i > 0 && driver.CompareRows(rows[i-1][:key], rows[i][:key]) == 0 }
	n := 1
	for n < len(rows) && !same(n) {
		n++
	}
	if n == len(rows) {
		return rows, nil
	}
	first = slices.Clone(rows[:n])
	for i := n; i < len(rows); i++ {
		if same(i) {
			rest = append(rest, rows[i])
		} else {
			first = append(first, rows[i])
		}
	}
	return first, rest
}

// appendKey appends a form of a key that is equal exactly for equal keys.
func appendKey(b []byte, key driver.Row) []byte {
	for _, v := range key {
		b = binary.AppendVarint(b, v.Int())
		b = binary.AppendUvarint(b, uint64(len(v.Text())))
		b = append(b, v.Text()...)
	}
	return b
}
