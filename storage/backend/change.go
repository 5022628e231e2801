package backend

import (
	"fmt"
	"math"

	"github.com/tutas/tutas/storage/driver"
)

// Change says what a writing operation makes of one row: now is to be stored in place of old, both whole stored rows; nil
// is none. It keeps the rules of Insert, Update, Delete and Add, but for those that look at other rows: what is unique,
// and parents.
func (v View) Change(op driver.Op, r, old driver.Row) (now driver.Row, err error) {
	version := v.Declared.Version
	known := v.Cut(old)
	switch op.Kind {
	case driver.Insert:
		if old != nil {
			return nil, &driver.KeyError{Table: v.Name, Err: driver.ErrExists}
		}
		return v.Fill(r, nil), nil
	case driver.Update:
		if old == nil || version >= 0 && known[version].Int() != r[version].Int()-1 {
			return nil, driver.ErrConflict
		}
		return v.Fill(r, old), nil
	case driver.Delete:
		if version >= 0 && len(r) == len(v.Slots) && (old == nil || known[version] != r[version]) {
			return nil, driver.ErrConflict
		}
		return nil, nil
	case driver.Add:
		if old == nil {
			return v.Fill(r, nil), nil
		}
		now = old.Clone()
		for _, c := range op.Sums {
			a, b := known[c].Int(), r[c].Int()
			if b > 0 && a > math.MaxInt64-b || b < 0 && a < math.MinInt64-b {
				return nil, driver.ErrOverflow
			}
			now[v.Slots[c]] = driver.IntValue(a + b)
		}
		return now, nil
	}
	return nil, fmt.Errorf("%w: there is no writing operation %d", driver.ErrSchema, op.Kind)
}

// Path finds the index, or the primary key (an Index without a name), of which conditions of equality fix most leading
// columns, and returns those columns' values as the beginning of a key.
func (v View) Path(conds []driver.Cond) (best Index, fixed []byte) {
	values := map[int]driver.Value{}
	for _, c := range conds {
		if c.Op == driver.Eq && len(c.Values) == 1 {
			values[v.Slots[c.Column]] = c.Values[0]
		}
	}
	most := -1
	for _, ix := range append([]Index{{Columns: v.Slots[:v.Key]}}, v.Indexes...) {
		var key []byte
		n := 0
		for ; n < len(ix.Columns); n++ {
			value, ok := values[ix.Columns[n]]
			if !ok {
				break
			}
			key = AppendValue(key, v.Columns[ix.Columns[n]].Kind, value)
		}
		if n > most && (n > 0 || ix.Name == "") {
			best, fixed, most = ix, key, n
		}
	}
	return best, fixed
}
