package backend

import (
	"math/big"
	"slices"
	"strings"

	"github.com/tutas/tutas/storage/driver"
)

// Holds reports whether a row fulfils a condition.
func Holds(c driver.Cond, r driver.Row) bool {
	v := r[c.Column]
	if c.Op == driver.IsNull || c.Op == driver.NotNull || v.IsNull() {
		return v.IsNull() == (c.Op == driver.IsNull)
	}
	return slices.ContainsFunc(c.Values, func(w driver.Value) bool {
		if w.IsNull() {
			return false
		}
		switch n := driver.Compare(v, w); c.Op {
		case driver.Eq, driver.In:
			return n == 0
		case driver.Ne:
			return n != 0
		case driver.Lt:
			return n < 0
		case driver.Le:
			return n <= 0
		case driver.Gt:
			return n > 0
		case driver.Ge:
			return n >= 0
		case driver.Prefix:
			return strings.HasPrefix(v.Text(), w.Text())
		}
		return false
	})
}

// Place is where a row stands in a query's order, as Query.After wants it: the order's columns, the tenant if the row
// carries it at its end, and the key.
func Place(q driver.Query, r driver.Row) driver.Row {
	return slices.Concat(Pick(r, q.Order), r[len(q.Table.Columns):], r[:q.Table.Key])
}

// Asked reports whether a query asks for a row: it fulfils all conditions, and stands behind After.
func Asked(q driver.Query, r driver.Row) bool {
	return !slices.ContainsFunc(q.Where, func(c driver.Cond) bool { return !Holds(c, r) }) &&
		(q.After == nil || compare(q, Place(q, r), q.After) > 0)
}

// Select returns the rows that a query asks for, in its order, as many as it wants.
func Select(q driver.Query, rows []driver.Row) (selected []driver.Row) {
	type placed struct{ place, row driver.Row }
	all := make([]placed, 0, len(rows))
	sorted := true
	for _, r := range rows {
		if Asked(q, r) {
			all = append(all, placed{Place(q, r), r})
			n := len(all)
			sorted = sorted && (n == 1 || compare(q, all[n-2].place, all[n-1].place) <= 0)
		}
	}
	if !sorted {
		slices.SortFunc(all, func(a, b placed) int { return compare(q, a.place, b.place) })
	}
	if q.Limit > 0 && len(all) > q.Limit {
		all = all[:q.Limit]
	}
	for _, p := range all {
		selected = append(selected, p.row)
	}
	return selected
}

func compare(q driver.Query, a, b driver.Row) int {
	if q.Desc {
		return driver.CompareRows(b, a)
	}
	return driver.CompareRows(a, b)
}

// Sum groups rows as a Tx's Sum does. It sorts the slice it is given.
func Sum(rows []driver.Row, sum, by []int) (groups []driver.Row, err error) {
	slices.SortFunc(rows, func(a, b driver.Row) int { return driver.CompareRows(Pick(a, by), Pick(b, by)) })
	for len(rows) > 0 || len(by) == 0 && len(groups) == 0 {
		var g driver.Row
		n, totals := 0, make([]big.Int, len(sum)) // big, as what counts is the sum, not what it passes through on the way
		for ; n < len(rows) && (n == 0 || driver.CompareRows(Pick(rows[n], by), g) == 0); n++ {
			g = Pick(rows[n], by)
			for i, c := range sum {
				totals[i].Add(&totals[i], big.NewInt(rows[n][c].Int()))
			}
		}
		for i := range totals {
			if !totals[i].IsInt64() {
				return nil, driver.ErrOverflow
			}
			g = append(g, driver.IntValue(totals[i].Int64()))
		}
		groups, rows = append(groups, append(g, driver.IntValue(int64(n)))), rows[n:]
	}
	return groups, nil
}

// Pick returns the elements at some places.
func Pick[S ~[]T, T any](from S, places []int) S {
	some := make(S, len(places))
	for i, p := range places {
		some[i] = from[p]
	}
	return some
}
