package memory

import (
	"bytes"
	"context"
	"iter"
	"slices"

	"github.com/tutas/tutas/storage/driver"
)

// Query yields rows as they are at its beginning.
func (t *Tx) Query(ctx context.Context, d driver.Query) iter.Seq2[driver.Row, error] {
	return func(yield func(driver.Row, error) bool) {
		err := t.enter(ctx)
		if err == nil {
			if err = t.query(ctx, d, yield); err != nil {
				err = t.fail(err)
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

func (t *Tx) query(ctx context.Context, d driver.Query, yield func(driver.Row, error) bool) error {
	q, err := t.request(d)
	if err != nil {
		return err
	}
	if err := q.sort(d, t.across != nil); err != nil {
		return err
	}
	if q.never {
		return nil
	}
	t.iterating++
	defer func() { t.iterating-- }()
	left := q.limit
	return t.scan(ctx, q, true, func(r *record) bool {
		row := q.out(r)
		if t.across != nil {
			row = append(row, driver.TextValue(r.home.name))
		}
		left--
		return yield(row, nil) && left != 0
	})
}

// request checks the table and the conditions of a query.
func (t *Tx) request(d driver.Query) (*request, error) {
	p, err := t.e.schema.Load().use(d.Table)
	if err != nil {
		return nil, err
	}
	q := &request{pair: p}
	for _, c := range d.Where {
		cond, never, err := p.condition(c)
		if err != nil {
			return nil, err
		}
		q.never = q.never || never
		q.conds = append(q.conds, cond)
	}
	return q, nil
}

// sort checks the order, the place and the limit of a query.
func (q *request) sort(d driver.Query, across bool) error {
	for _, c := range d.Order {
		col, err := q.column(c)
		if err != nil {
			return err
		}
		if k := q.cols[col].kind; k == driver.Decimal || k == driver.JSON {
			return schemaError("%s cannot be sorted by %s", q.name, q.cols[col].name)
		}
		q.order = append(q.order, col)
	}
	q.tie = len(q.order)
	if across {
		q.order = append(q.order, tenantColumn)
	}
	q.order = append(q.order, q.keyColumns()...)
	q.desc, q.limit = d.Desc, d.Limit
	if d.Limit < 0 {
		return schemaError("a limit of %d", d.Limit)
	}
	if d.After == nil {
		return nil
	}
	if len(d.After) != len(q.order) {
		return schemaError("a place in this order of %s has %d values, not %d", q.name, len(q.order), len(d.After))
	}
	for i, v := range d.After {
		if !v.IsNull() && !fits(q.kind(q.order[i]), v) {
			return schemaError("no place in an order of %s is at %s", q.name, show(v))
		}
	}
	q.after = d.After.Clone()
	return nil
}

// scan calls fn for the wanted records, in order if that matters, until it returns false.
func (t *Tx) scan(ctx context.Context, q *request, ordered bool, fn func(*record) bool) error {
	var globals []tree[*record]
	var ts *tableState
	if t.across != nil {
		globals = t.across.globals
	} else {
		ts, _ = t.frozen(q.ord)
	}
	p, ok := q.best(ts, globals, ordered)
	if ok && (p.ordered || !ordered) {
		return q.walk(ctx, &p, fn)
	}
	top := newTop(q)
	var err error
	if ok {
		err = q.walk(ctx, &p, top.add)
	} else {
		err = q.walkTenants(ctx, t.across.world, top.add)
	}
	if err != nil {
		return err
	}
	for _, p := range top.sorted() {
		if !fn(p.r) {
			break
		}
	}
	return nil
}

// walk calls fn for what a plan finds.
func (q *request) walk(ctx context.Context, p *plan, fn func(*record) bool) error {
	var err error
	more, n := true, 0
	visit := func(r *record) bool {
		if n++; n&1023 == 0 {
			if err = ctx.Err(); err != nil {
				return false
			}
		}
		for i := range p.rest {
			if !p.rest[i].holds(q.cell(r, p.rest[i].col)) {
				return true
			}
		}
		more = fn(r)
		return more
	}
	for i := 0; i < len(p.spans) && more && err == nil; i++ {
		if q.desc {
			p.tree.descend(p.spans[len(p.spans)-1-i], visit)
		} else {
			p.tree.ascend(p.spans[i], visit)
		}
	}
	return err
}

// walkTenants answers across tenants where no global index helps.
func (q *request) walkTenants(ctx context.Context, world tree[*state], fn func(*record) bool) error {
	var err error
	world.ascend(span{}, func(s *state) bool {
		p, _ := q.best(s.table(q.ord), nil, false)
		err = q.walk(ctx, &p, fn)
		return err == nil
	})
	return err
}

// A top collects records and keeps the first few in order, as many as the limit, without holding many more at any time.
type top struct {
	q     *request
	rows  []placed
	after []byte // the place of the row already seen, nil for none
	cols  []int  // the columns of the order as they rise, and where each of the order is among them
	at    []int
	vals  []driver.Value
}

// placed is a record with its encoded place in the order, turned around where that is.
type placed struct {
	r  *record
	at []byte
}

func newTop(q *request) *top {
	t := &top{q: q, cols: slices.Clone(q.order)}
	slices.Sort(t.cols)
	t.cols = slices.Compact(t.cols)
	for _, c := range q.order {
		at, _ := slices.BinarySearch(t.cols, c)
		t.at = append(t.at, at)
	}
	if q.after != nil {
		t.after = []byte{}
		for i, c := range q.order {
			t.after = appendValue(t.after, q.kind(c), q.after[i])
		}
	}
	t.vals = make([]driver.Value, len(t.cols))
	return t
}

func (t *top) compare(a, b []byte) int {
	if t.q.desc {
		return bytes.Compare(b, a)
	}
	return bytes.Compare(a, b)
}

func (t *top) add(r *record) bool {
	t.q.some(t.vals, r, t.cols)
	at := make([]byte, 0, 64)
	for i, c := range t.q.order {
		at = appendValue(at, t.q.kind(c), t.vals[t.at[i]])
	}
	if t.after != nil && t.compare(at, t.after) <= 0 {
		return true
	}
	t.rows = append(t.rows, placed{r, at})
	if n := t.q.limit; n > 0 && len(t.rows) >= 2*n+256 {
		t.rows = t.sorted()[:n]
	}
	return true
}

func (t *top) sorted() []placed {
	slices.SortFunc(t.rows, func(a, b placed) int { return t.compare(a.at, b.at) })
	return t.rows
}
