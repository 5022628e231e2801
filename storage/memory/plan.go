package memory

import (
	"bytes"
	"slices"

	"github.com/tutas/tutas/storage/driver"
)

// A request is a query on stored columns.
type request struct {
	pair
	conds []condition
	never bool
	order []int // all that the rows are sorted by: the query's columns, then the tenant if there are many, then the key
	tie   int   // where in order the tie-break begins
	after driver.Row
	desc  bool
	limit int
}

// A plan is one way to answer a request: read these stretches of a tree one after the other, drop what the rest refuses, and sort
// unless the tree's order is already the one asked for.
type plan struct {
	tree    tree[*record]
	spans   []span
	rest    []condition
	ordered bool
}

// maxSpans bounds how many stretches In may make.
const maxSpans = 256

// best chooses a plan. When none is plainly best, it counts how many rows each would have to look at, which trees tell quickly.
func (q *request) best(ts *tableState, globals []tree[*record], ordered bool) (plan, bool) {
	var plans []plan
	try := func(tr tree[*record], cols []int) bool {
		p := q.plan(tr, cols)
		if len(p.rest) == 0 && (p.ordered || !ordered) {
			plans = append(plans[:0], p)
			return true
		}
		plans = append(plans, p)
		return false
	}
	if ts != nil && try(ts.rows, q.keyColumns()) {
		return plans[0], true
	}
	for i, ix := range q.indexes {
		if ix.sparse && !q.refusesNull(ix.cols[0]) {
			continue
		}
		switch {
		case ts != nil && i < len(ts.indexes):
			if try(ts.indexes[i], slices.Concat(ix.cols, q.keyColumns())) {
				return plans[0], true
			}
		case ts == nil && ix.global >= 0 && ix.global < len(globals):
			if try(globals[ix.global], slices.Concat(ix.cols, []int{tenantColumn}, q.keyColumns())) {
				return plans[0], true
			}
		}
	}
	if len(plans) < 2 {
		return append(plans, plan{})[0], len(plans) > 0
	}
	return q.cheapest(plans, ordered), true
}

func (q *request) cheapest(plans []plan, ordered bool) plan {
	counts, least := make([]int, len(plans)), 0
	for i, p := range plans {
		for _, s := range p.spans {
			counts[i] += p.tree.count(s)
		}
		if counts[i] < counts[least] {
			least = i
		}
	}
	best, bestCost := 0, -1.0
	for i, p := range plans {
		cost := float64(counts[i])
		switch {
		case ordered && !p.ordered:
			cost *= 2 // to sort
		case ordered && q.limit > 0 && counts[least] > 0:
			// The rows wanted lie somewhere among those looked at, let us say evenly.
			cost = min(cost, float64(q.limit)*cost/float64(counts[least]))
		}
		if bestCost < 0 || cost < bestCost {
			best, bestCost = i, cost
		}
	}
	return plans[best]
}

// refusesNull tells whether no row with a null in the column can be wanted.
func (q *request) refusesNull(col int) bool {
	return slices.ContainsFunc(q.conds, func(c condition) bool { return c.col == col && c.op != driver.IsNull })
}

// fixed returns the value that all wanted rows have in a column, if the conditions leave only one.
func (q *request) fixed(col int) (driver.Value, bool) {
	for i := range q.conds {
		if v, ok := q.conds[i].fixed(); ok && q.conds[i].col == col {
			return v, true
		}
	}
	return driver.Null, false
}

// plan works out how a tree that is sorted by cols would answer.
func (q *request) plan(tr tree[*record], cols []int) plan {
	used := make([]bool, len(q.conds))
	prefixes := [][]byte{nil}
	extend := func(i int, vals []driver.Value) {
		used[i] = true
		longer := make([][]byte, 0, len(prefixes)*len(vals))
		for _, p := range prefixes {
			for _, v := range vals {
				longer = append(longer, appendValue(slices.Clone(p), q.conds[i].kind, v))
			}
		}
		prefixes = longer
	}
	var last span
	for _, col := range cols {
		at := q.pinned(col, maxSpans/len(prefixes))
		if at < 0 {
			last = q.between(col, used)
			break
		}
		if c := &q.conds[at]; c.op == driver.In {
			extend(at, c.in)
		} else {
			extend(at, []driver.Value{c.val})
		}
	}
	p := plan{tree: tr, ordered: q.sortedBy(cols)}
	for _, b := range prefixes {
		s := span{lo: slices.Concat(b, last.lo)}
		if last.hi != nil {
			s.hi = slices.Concat(b, last.hi)
		} else {
			s.hi = after(b)
		}
		p.spans = append(p.spans, s)
	}
	if p.ordered && q.after != nil {
		if p.ordered = !q.odd(); p.ordered {
			q.seek(&p, cols)
		}
	}
	for i, c := range q.conds {
		if !used[i] {
			p.rest = append(p.rest, c)
		}
	}
	return p
}

// pinned finds the condition that leaves one value of a column, or else at most n values.
func (q *request) pinned(col, n int) int {
	at := -1
	for i := range q.conds {
		c := &q.conds[i]
		if c.col != col {
			continue
		}
		if _, ok := c.fixed(); ok {
			return i
		}
		if c.op == driver.In && len(c.in) <= n {
			at = i
		}
	}
	return at
}

// between narrows a column by all its comparisons.
func (q *request) between(col int, used []bool) (s span) {
	for i := range q.conds {
		if q.conds[i].col != col {
			continue
		}
		if c, ok := q.conds[i].between(); ok {
			used[i] = true
			s = s.and(c)
		}
	}
	return s
}

// sortedBy tells whether a tree that is sorted by cols yields the wanted rows in the order asked for. Columns in which all wanted
// rows are alike do not matter, nor does what comes after the whole key.
func (q *request) sortedBy(cols []int) bool {
	return slices.Equal(q.essence(q.order), q.essence(cols))
}

func (q *request) essence(cols []int) []int {
	var seen, out []int
	missing := len(q.order) - q.tie
	for _, c := range cols {
		if slices.Contains(seen, c) {
			continue
		}
		seen = append(seen, c)
		if _, ok := q.fixed(c); !ok {
			out = append(out, c)
		}
		if slices.Contains(q.order[q.tie:], c) {
			if missing--; missing == 0 {
				break
			}
		}
	}
	return out
}

// odd tells that the row already seen is none of those wanted, so that its place cannot be found by key.
func (q *request) odd() bool {
	for i, v := range q.after {
		if f, ok := q.fixed(q.order[i]); ok && f != v {
			return true
		}
	}
	return false
}

// seek cuts off what lies up to and including the row already seen.
func (q *request) seek(p *plan, cols []int) {
	var at []byte
	for _, c := range cols {
		v, ok := q.fixed(c)
		if !ok {
			i := slices.Index(q.order, c)
			if i < 0 {
				break
			}
			v = q.after[i]
		}
		at = appendValue(at, q.kind(c), v)
	}
	limits := span{lo: nil, hi: at}
	if !q.desc {
		limits = span{lo: after(at), hi: nil}
	}
	spans := p.spans[:0]
	for _, s := range p.spans {
		if s = s.and(limits); s.hi == nil || bytes.Compare(s.lo, s.hi) < 0 {
			spans = append(spans, s)
		}
	}
	p.spans = spans
}
