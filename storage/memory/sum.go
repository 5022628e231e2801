package memory

import (
	"context"
	"fmt"
	"iter"
	"math/bits"
	"slices"

	"github.com/tutas/tutas/storage/driver"
)

// A group is the rows that are alike in the columns by which a Sum groups.
type group struct {
	by   driver.Row
	sums []total
	n    int64
}

// A total is a sum of 128 bits, so that the order of adding does not matter.
type total struct {
	hi int64
	lo uint64
}

func (t *total) add(v int64) {
	var carry uint64
	t.lo, carry = bits.Add64(t.lo, uint64(v), 0)
	t.hi += v>>63 + int64(carry)
}

func (t *total) int64() (int64, bool) { return int64(t.lo), t.hi == int64(t.lo)>>63 }

// Sum adds rows up by groups.
func (t *Tx) Sum(ctx context.Context, d driver.Query, sum, by []int) iter.Seq2[driver.Row, error] {
	return func(yield func(driver.Row, error) bool) {
		err := t.enter(ctx)
		if err == nil {
			var rows []driver.Row
			if rows, err = t.sum(ctx, d, sum, by); err != nil {
				err = t.fail(err)
			}
			for _, row := range rows {
				if !yield(row, nil) {
					return
				}
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

func (t *Tx) sum(ctx context.Context, d driver.Query, sum, by []int) ([]driver.Row, error) {
	if t.across != nil {
		return nil, onlyQuery()
	}
	q, err := t.request(d)
	if err != nil {
		return nil, err
	}
	sums, bys, err := q.sumColumns(sum, by)
	if err != nil {
		return nil, err
	}
	var groups []*group
	if len(by) == 0 {
		groups = append(groups, &group{sums: make([]total, len(sums))})
	}
	if !q.never {
		if groups, err = t.gather(ctx, q, sums, bys, groups); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(groups, func(a, b *group) int { return driver.CompareRows(a.by, b.by) })
	rows := make([]driver.Row, len(groups))
	for i, g := range groups {
		row := append(make(driver.Row, 0, len(by)+len(sum)+1), g.by...)
		for j := range g.sums {
			v, ok := g.sums[j].int64()
			if !ok {
				return nil, fmt.Errorf("memory: %w: %s.%s", driver.ErrOverflow, q.name, q.cols[sums[j]].name)
			}
			row = append(row, driver.IntValue(v))
		}
		rows[i] = append(row, driver.IntValue(g.n))
	}
	return rows, nil
}

func (q *request) sumColumns(sum, by []int) (sums, bys []int, err error) {
	for _, c := range sum {
		col, err := q.column(c)
		if err != nil {
			return nil, nil, err
		}
		if q.cols[col].kind != driver.Int {
			return nil, nil, schemaError("%s.%s cannot be summed", q.name, q.cols[col].name)
		}
		sums = append(sums, col)
	}
	for _, c := range by {
		col, err := q.column(c)
		if err != nil {
			return nil, nil, err
		}
		if k := q.cols[col].kind; k == driver.Decimal || k == driver.JSON {
			return nil, nil, schemaError("%s cannot be grouped by %s", q.name, q.cols[col].name)
		}
		bys = append(bys, col)
	}
	return sums, bys, nil
}

// gather adds the wanted rows to their groups. Without columns to sum or group by, and with conditions that a tree answers alone,
// it only counts.
func (t *Tx) gather(ctx context.Context, q *request, sums, bys []int, groups []*group) ([]*group, error) {
	ts, _ := t.frozen(q.ord)
	p, _ := q.best(ts, nil, false)
	if len(bys) == 0 && len(sums) == 0 && len(p.rest) == 0 {
		for _, s := range p.spans {
			groups[0].n += int64(p.tree.count(s))
		}
		return groups, nil
	}
	var last *group
	if len(bys) == 0 {
		last = groups[0]
	}
	byKey := map[string]*group{}
	var buf, lastKey []byte
	cols := slices.Concat(bys, sums)
	slices.Sort(cols)
	cols = slices.Compact(cols)
	vals := make([]driver.Value, len(cols))
	place := func(wanted []int) []int { // where each stands in vals
		at := make([]int, len(wanted))
		for i, c := range wanted {
			at[i], _ = slices.BinarySearch(cols, c)
		}
		return at
	}
	byAt, sumAt := place(bys), place(sums)
	err := q.walk(ctx, &p, func(r *record) bool {
		q.some(vals, r, cols)
		buf = buf[:0]
		for i, c := range bys {
			buf = appendValue(buf, q.cols[c].kind, vals[byAt[i]])
		}
		if last == nil || string(buf) != string(lastKey) {
			if last = byKey[string(buf)]; last == nil {
				last = &group{sums: make([]total, len(sums))}
				for _, at := range byAt {
					last.by = append(last.by, vals[at])
				}
				byKey[string(buf)] = last
				groups = append(groups, last)
			}
			lastKey = append(lastKey[:0], buf...)
		}
		for i, at := range sumAt {
			last.sums[i].add(vals[at].Int())
		}
		last.n++
		return true
	})
	return groups, err
}
