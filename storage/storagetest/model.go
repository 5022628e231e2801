package storagetest

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/tutas/tutas/storage/driver"
)

func modelCases() []scenario {
	return []scenario{
		{name: "random_operations", run: randomOperations,
			promise: "Whatever the sequence of operations, savepoints, errors and rollbacks, the engine holds what a simple model holds."},
	}
}

// A model is the simplest thing that keeps the promises: rows by table and key, checked one by one.
type model struct {
	tables map[string]*driver.Table
	rows   map[string]map[string]driver.Row
}

func newModel(tables ...*driver.Table) *model {
	m := &model{map[string]*driver.Table{}, map[string]map[string]driver.Row{}}
	for _, t := range tables {
		m.tables[t.Name], m.rows[t.Name] = t, map[string]driver.Row{}
	}
	return m
}

func (m *model) clone() *model {
	c := &model{m.tables, map[string]map[string]driver.Row{}}
	for name, rows := range m.rows {
		c.rows[name] = maps.Clone(rows)
	}
	return c
}

func keyOf(r driver.Row) string { return fmt.Sprintf("%#v", r) }

// apply does what op says. An error leaves the model half changed, like a transaction: throw it away.
func (m *model) apply(op driver.Op) (res driver.Result, err error) {
	t, stored := op.Table, m.rows[op.Table.Name]
	for _, r := range op.Rows {
		key := keyOf(r[:t.Key])
		old := stored[key]
		switch op.Kind {
		case driver.Get, driver.Lock:
			res.Rows = append(res.Rows, old)
		case driver.Insert:
			err := m.fits(t, key, r, old != nil)
			if op.Skip && errors.Is(err, driver.ErrExists) {
				res.Done = append(res.Done, false)
				continue
			}
			if err != nil {
				return res, err
			}
			stored[key] = r
			if op.Skip {
				res.Done = append(res.Done, true)
			}
		case driver.Update:
			if old == nil || t.Version >= 0 && old[t.Version].Int() != r[t.Version].Int()-1 {
				return res, driver.ErrConflict
			}
			if err := m.fits(t, key, r, false); err != nil {
				return res, err
			}
			stored[key] = r
		case driver.Check:
			if old == nil || old[t.Version] != r[t.Version] {
				return res, driver.ErrConflict
			}
		case driver.Delete:
			if t.Version >= 0 && len(r) == len(t.Columns) && (old == nil || old[t.Version] != r[t.Version]) {
				return res, driver.ErrConflict
			}
			if old != nil && m.referred(t, old) {
				return res, driver.ErrReference
			}
			delete(stored, key)
		case driver.Add:
			if old == nil {
				if err := m.fits(t, key, r, false); err != nil {
					return res, err
				}
				stored[key] = r
				continue
			}
			sum := old.Clone()
			for _, c := range op.Sums {
				a, b := old[c].Int(), r[c].Int()
				if b > 0 && a > math.MaxInt64-b || b < 0 && a < math.MinInt64-b {
					return res, driver.ErrOverflow
				}
				sum[c] = driver.IntValue(a + b)
			}
			stored[key] = sum
		}
	}
	return res, nil
}

func (m *model) fits(t *driver.Table, key string, r driver.Row, exists bool) error {
	if exists {
		return driver.ErrExists
	}
	for _, ix := range t.Indexes {
		if !ix.Unique || slices.ContainsFunc(ix.Columns, func(c int) bool { return r[c].IsNull() }) {
			continue
		}
		for other, o := range m.rows[t.Name] {
			if other != key && !slices.ContainsFunc(ix.Columns, func(c int) bool { return o[c] != r[c] }) {
				return driver.ErrExists
			}
		}
	}
	if t.Parent != nil {
		var parent driver.Row
		for _, c := range t.Parent.Columns {
			parent = append(parent, r[c])
		}
		if m.rows[t.Parent.Table.Name][keyOf(parent)] == nil {
			return driver.ErrReference
		}
	}
	return nil
}

func (m *model) referred(t *driver.Table, parent driver.Row) bool {
	for name, child := range m.tables {
		if child.Parent == nil || child.Parent.Table != t {
			continue
		}
		for _, r := range m.rows[name] {
			if r[child.Parent.Columns[0]] == parent[0] { // the tables of this model have keys of one column for parents
				return true
			}
		}
	}
	return false
}

func (m *model) query(q driver.Query) []driver.Row {
	var found []driver.Row
	for _, r := range m.rows[q.Table.Name] {
		if !slices.ContainsFunc(q.Where, func(c driver.Cond) bool { return !matches(c, r) }) {
			found = append(found, r)
		}
	}
	found = sorted(q.Table, found, q.Order, q.Desc)
	if q.After != nil {
		found = slices.DeleteFunc(found, func(r driver.Row) bool {
			c := driver.CompareRows(place(q.Table, q.Order, r), q.After)
			return c == 0 || (c < 0) != q.Desc
		})
	}
	if q.Limit > 0 && len(found) > q.Limit {
		found = found[:q.Limit]
	}
	return found
}

// A player makes up operations.
type player struct {
	*rand.Rand
	p      *probe
	tables []*driver.Table
	trace  []string
}

func (pl *player) text() string { return alphabet[pl.IntN(8)+30] }

// row makes up a row, with few different keys and values, so that they meet often.
func (pl *player) row(t *driver.Table) driver.Row {
	switch t.Name {
	case "accounts":
		return row(pl.text(), pl.IntN(4)+1, pl.IntN(5), pl.text())
	case "members":
		r := row(pl.IntN(10), nil, pl.text(), nil, "n")
		if pl.IntN(3) > 0 {
			r[1] = driver.TextValue(pl.text())
		}
		if pl.IntN(3) > 0 {
			r[3] = driver.IntValue(pl.Int64N(3))
		}
		return r
	case "orders":
		return row(pl.text(), pl.text())
	case "lines":
		return row(pl.text(), pl.IntN(3), pl.IntN(9))
	}
	amount := pl.Int64N(1000) - 500
	if pl.IntN(8) == 0 {
		amount = math.MaxInt64 / 2
	}
	return row(pl.text(), pl.IntN(3), amount, pl.IntN(7), pl.text())
}

func (pl *player) op() driver.Op {
	t := pl.tables[pl.IntN(len(pl.tables))]
	op := driver.Op{Kind: driver.OpKind(1 + pl.IntN(7)), Table: t}
	if op.Kind == driver.Add {
		t = pl.tables[0]
		op.Table, op.Sums = t, [][]int{{2, 3}, {2}, nil}[pl.IntN(3)]
	}
	if op.Kind == driver.Check {
		t = pl.tables[slices.IndexFunc(pl.tables, func(t *driver.Table) bool { return t.Version >= 0 })]
		op.Table = t
	}
	n := 1
	if pl.IntN(3) == 0 && op.Kind != driver.Update { // several rows that get in each other's way may be updated in any order
		n = pl.IntN(4)
	}
	seen := map[string]bool{}
	for range n {
		r := pl.row(t)
		if key := keyOf(r[:t.Key]); seen[key] {
			continue
		} else {
			seen[key] = true
		}
		if op.Kind == driver.Get || op.Kind == driver.Lock || op.Kind == driver.Delete && pl.IntN(2) == 0 {
			r = r[:t.Key]
		}
		op.Rows = append(op.Rows, r)
	}
	op.Skip = op.Kind == driver.Insert && pl.IntN(3) == 0
	return op
}

func (pl *player) query() driver.Query {
	t := pl.tables[pl.IntN(len(pl.tables))]
	q := driver.Query{Table: t, Desc: pl.IntN(2) == 0, Limit: pl.IntN(4)}
	for range pl.IntN(3) {
		c := pl.IntN(len(t.Columns))
		cond := driver.Cond{Column: c, Op: driver.CondOp(1 + pl.IntN(10)), Values: values(pl.row(t)[c], pl.row(t)[c])}
		if cond.Values[0].IsNull() || cond.Values[1].IsNull() {
			cond.Op = driver.NotNull // a constant is never null
		}
		switch cond.Op {
		case driver.IsNull, driver.NotNull:
			cond.Values = nil
		case driver.In:
		case driver.Prefix:
			if t.Columns[c].Kind != driver.Text {
				continue
			}
			cond.Values = values(cond.Values[0].Text()[:len(cond.Values[0].Text())/3])
			if !strings.HasPrefix(alphabet[30], cond.Values[0].Text()) && cond.Values[0].Text() != "" {
				cond.Values = values("")
			}
		default:
			cond.Values = cond.Values[:1]
		}
		q.Where = append(q.Where, cond)
	}
	for _, c := range pl.Perm(len(t.Columns))[:pl.IntN(3)] {
		if !t.Columns[c].Nullable {
			q.Order = append(q.Order, c)
		}
		if c < t.Key {
			break // what follows a whole key orders nothing
		}
	}
	if pl.IntN(2) == 0 {
		q.After = place(t, q.Order, pl.row(t))
	}
	return q
}

func (pl *player) fail(format string, args ...any) {
	pl.p.fail("%s\nTUTAS_SEED=%d; the transaction so far:\n%s", fmt.Sprintf(format, args...), pl.p.suite.seed, strings.Join(pl.trace, "\n"))
}

func (pl *player) say(format string, args ...any) {
	pl.trace = append(pl.trace, "  "+fmt.Sprintf(format, args...))
}

func randomOperations(p *probe) {
	o, l := ordersAndLines()
	pl := &player{Rand: rand.New(rand.NewPCG(p.suite.seed, 7)), p: p, tables: []*driver.Table{totals(), accounts(), members(), o, l}}
	p.migrate(pl.tables...)
	m := newModel(pl.tables...)
	n := 150
	if Long() {
		n = 3000
	}
	for i := range n {
		m = pl.transaction(m)
		if i%10 == 9 || i == n-1 {
			pl.compare(m)
		}
	}
}

// transaction plays one transaction on both, and returns what the model holds after it.
func (pl *player) transaction(committed *model) *model {
	p := pl.p
	pl.trace = nil
	tx := p.write()
	m := committed.clone()
	type mark struct {
		sp driver.Savepoint
		m  *model
	}
	var marks []mark
	for range pl.IntN(10) {
		switch pl.IntN(7) {
		case 0:
			marks = append(marks, mark{p.savepoint(tx), m.clone()})
			pl.say("savepoint")
		case 1:
			if n := len(marks); n > 0 {
				if pl.IntN(2) == 0 {
					p.ok(marks[n-1].sp.Release(p.ctx))
					pl.say("release")
				} else {
					p.ok(marks[n-1].sp.RollBack(p.ctx))
					m = marks[n-1].m
					pl.say("roll back to savepoint")
				}
				marks = marks[:n-1]
			}
		case 2:
			q := pl.query()
			pl.say("query %s %+v", q.Table.Name, q)
			got, err := collect(tx.Query(p.ctx, q))
			if want := m.query(q); err != nil || show(got) != show(want) {
				pl.fail("got %v\n%swant\n%s", err, show(got), show(want))
			}
		default:
			ops := []driver.Op{pl.op()}
			for pl.IntN(3) == 0 {
				ops = append(ops, pl.op())
			}
			if pl.both(tx, &m, ops) {
				continue
			}
			if len(marks) == 0 {
				p.rollback(tx)
				return committed
			}
			i := pl.IntN(len(marks))
			p.ok(marks[i].sp.RollBack(p.ctx))
			m, marks = marks[i].m, marks[:i]
			pl.say("roll back to savepoint %d", i)
		}
	}
	if pl.IntN(4) == 0 {
		p.rollback(tx)
		return committed
	}
	last := pl.op()
	pl.say("commit with %s", sayOp(last))
	_, want := m.apply(last)
	got := tx.Commit(p.ctx, last)
	if !alike(last, got, want) {
		pl.fail("the commit returned %v, want %v", got, want)
	}
	if got != nil {
		return committed
	}
	return m
}

// both runs operations on both, and reports whether they succeeded.
func (pl *player) both(tx driver.Tx, m **model, ops []driver.Op) bool {
	var want []driver.Result
	var wantErr error
	failing := driver.Op{}
	for _, op := range ops {
		pl.say("%s", sayOp(op))
		res, err := (*m).apply(op)
		if err != nil {
			wantErr, failing = err, op
			break
		}
		want = append(want, res)
	}
	got, err := tx.Do(pl.p.ctx, ops...)
	if !alike(failing, err, wantErr) {
		pl.fail("got error %v, want %v", err, wantErr)
	}
	for i := range want {
		if wantErr == nil && (!slices.EqualFunc(got[i].Rows, want[i].Rows, equal) || !slices.Equal(got[i].Done, want[i].Done)) {
			pl.fail("%s: got %v\n%swant %v\n%s", sayOp(ops[i]), got[i].Done, show(got[i].Rows), want[i].Done, show(want[i].Rows))
		}
	}
	return wantErr == nil
}

// alike reports whether an engine's error is what the model says. Where several rows are wrong, each in its own way,
// an engine may name any of them.
func alike(op driver.Op, got, want error) bool {
	if want == nil || len(op.Rows) == 1 {
		return errors.Is(got, want)
	}
	for _, e := range []error{driver.ErrExists, driver.ErrConflict, driver.ErrReference, driver.ErrOverflow} {
		if errors.Is(got, e) {
			return true
		}
	}
	return false
}

func sayOp(op driver.Op) string {
	kinds := []string{"", "get", "lock", "insert", "update", "delete", "add", "check"}
	s := fmt.Sprintf("%s %s skip=%v sums=%v:", kinds[op.Kind], op.Table.Name, op.Skip, op.Sums)
	for _, r := range op.Rows {
		s += " [" + showRow(r) + "]"
	}
	return s
}

func (pl *player) compare(m *model) {
	p := pl.p
	tx := p.read()
	for _, t := range pl.tables {
		if got, want := p.query(tx, driver.Query{Table: t}), m.query(driver.Query{Table: t}); show(got) != show(want) {
			pl.fail("%s holds\n%swant\n%s", t.Name, show(got), show(want))
		}
	}
	p.rollback(tx)
}
