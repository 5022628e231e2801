package memory_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/memory"
)

// A model is the naive store that the engine is compared with: rows in no order, searched from end to end.
type model struct {
	t    *driver.Table
	rows map[string]driver.Row // tenant, NUL, key
}

func (m *model) clone() map[string]driver.Row {
	c := make(map[string]driver.Row, len(m.rows))
	for k, r := range m.rows {
		c[k] = r
	}
	return c
}

func modelTable() *driver.Table {
	return &driver.Table{Name: "things", Key: 2, Version: -1, Tailed: true, Columns: []driver.Column{
		{Name: "a", Kind: driver.Text}, {Name: "b", Kind: driver.Int},
		{Name: "kind", Kind: driver.Text}, {Name: "n", Kind: driver.Int, Nullable: true},
		{Name: "flag", Kind: driver.Bool}, {Name: "u", Kind: driver.UUID, Nullable: true}, {Name: "m", Kind: driver.Int},
	}, Indexes: []driver.Index{
		{Name: "kind_m", Columns: []int{2, 6}},
		{Name: "n", Columns: []int{3}, Sparse: true, Global: true},
		{Name: "uniq", Columns: []int{5, 2}, Unique: true},
		{Name: "flag_b", Columns: []int{4, 1}},
		{Name: "m", Columns: []int{6}, Global: true},
	}}
}

var words = []string{"", "a", "ab", "abc", "b", "ba", "\xc3\xa9", "zz"}

func randomValue(r *rand.Rand, c driver.Column) driver.Value {
	if c.Nullable && r.IntN(4) == 0 {
		return driver.Null
	}
	switch c.Kind {
	case driver.Text:
		return text(words[r.IntN(len(words))])
	case driver.UUID:
		return driver.UUIDValue([16]byte{byte(r.IntN(2)), 0, byte(r.IntN(6)), 0xff})
	case driver.Bool:
		return driver.BoolValue(r.IntN(2) == 0)
	default:
		return num(int64(r.IntN(9) - 4))
	}
}

func randomRow(r *rand.Rand, t *driver.Table) driver.Row {
	row := make(driver.Row, len(t.Columns))
	for i, c := range t.Columns {
		row[i] = randomValue(r, c)
	}
	return row
}

func keyString(tenant string, row driver.Row) string { return tenant + "\x00" + fmt.Sprint(row[:2]) }

func (m *model) clash(tenant string, row driver.Row, key string) bool {
	for k, o := range m.rows {
		if k != key && strings.HasPrefix(k, tenant+"\x00") && !row[5].IsNull() && o[5] == row[5] && o[2] == row[2] {
			return true
		}
	}
	return false
}

// holds is written out once more, from the contract.
func holds(c driver.Cond, v driver.Value) bool {
	if c.Op == driver.IsNull {
		return v.IsNull()
	}
	if v.IsNull() {
		return false
	}
	if c.Op == driver.NotNull {
		return true
	}
	for _, w := range c.Values {
		if w.IsNull() {
			continue
		}
		d := driver.Compare(v, w)
		if map[driver.CondOp]bool{driver.Eq: d == 0, driver.In: d == 0, driver.Ne: d != 0, driver.Lt: d < 0, driver.Le: d <= 0,
			driver.Gt: d > 0, driver.Ge: d >= 0, driver.Prefix: strings.HasPrefix(v.Text(), w.Text())}[c.Op] {
			return true
		}
	}
	return false
}

func (m *model) query(tenant string, across bool, q driver.Query) []driver.Row {
	var found []driver.Row
	for k, row := range m.rows {
		home := k[:strings.IndexByte(k, 0)]
		if !across && home != tenant {
			continue
		}
		if slices.ContainsFunc(q.Where, func(c driver.Cond) bool { return !holds(c, row[c.Column]) }) {
			continue
		}
		if across {
			row = append(row.Clone(), text(home))
		}
		found = append(found, row)
	}
	slices.SortFunc(found, func(a, b driver.Row) int {
		d := driver.CompareRows(place(q, across, a), place(q, across, b))
		if q.Desc {
			return -d
		}
		return d
	})
	if q.After != nil {
		found = slices.DeleteFunc(found, func(r driver.Row) bool {
			d := driver.CompareRows(place(q, across, r), q.After)
			return d == 0 || d < 0 != q.Desc
		})
	}
	if q.Limit > 0 && len(found) > q.Limit {
		found = found[:q.Limit]
	}
	return found
}

// place is where a row stands in the order of a query, as After wants it.
func place(q driver.Query, across bool, row driver.Row) driver.Row {
	var p driver.Row
	for _, c := range q.Order {
		p = append(p, row[c])
	}
	if across {
		p = append(p, row[len(row)-1])
	}
	return append(p, row[:q.Table.Key]...)
}

func randomQuery(r *rand.Rand, t *driver.Table) driver.Query {
	q := driver.Query{Table: t, Desc: r.IntN(2) == 0, Limit: r.IntN(3) * r.IntN(5)}
	for range r.IntN(4) {
		col := r.IntN(len(t.Columns))
		c := driver.Cond{Column: col, Op: driver.CondOp(1 + r.IntN(10))}
		k := t.Columns[col].Kind
		if c.Op == driver.Prefix && k != driver.Text || (k == driver.Bool || k == driver.UUID) && c.Op > driver.Ne && c.Op < driver.In {
			c.Op = driver.Eq
		}
		n := 1
		switch c.Op {
		case driver.IsNull, driver.NotNull:
			n = 0
		case driver.In:
			n = r.IntN(4)
		}
		for range n {
			c.Values = append(c.Values, randomValue(r, t.Columns[col]))
		}
		q.Where = append(q.Where, c)
	}
	for range r.IntN(3) {
		if c := []int{0, 1, 2, 4, 6}[r.IntN(5)]; true {
			q.Order = append(q.Order, c)
		}
	}
	return q
}

func TestRandomWorkAgreesWithANaiveModel(t *testing.T) {
	seed := rand.Uint64()
	if s := os.Getenv("TUTAS_SEED"); s != "" {
		seed, _ = strconv.ParseUint(s, 10, 64)
	}
	t.Logf("TUTAS_SEED=%d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	f := &fixture{t: t, ctx: t.Context(), e: memory.New()}
	m := &model{t: modelTable(), rows: map[string]driver.Row{}}
	f.must(f.e.Migrate(f.ctx, driver.Schema{Tables: []*driver.Table{m.t}}))
	tenants := []string{"t1", "t10", ""}
	for range 250 {
		tenant := tenants[r.IntN(3)]
		before := m.clone()
		tx := f.begin(driver.TxOptions{Tenant: tenant})
		m.work(f, r, tx, tenant, 2)
		if r.IntN(4) == 0 {
			f.must(tx.Rollback(f.ctx))
			m.rows = before
		} else if err := tx.Commit(f.ctx); errors.Is(err, driver.ErrDoomed) {
			m.rows = before
		} else {
			f.must(err)
		}
		view := f.begin(driver.TxOptions{Tenant: tenant, ReadOnly: true})
		m.check(f, r, view, tenant, false, 20)
		m.check(f, r, f.begin(driver.TxOptions{Across: true}), "", true, 10)
		if t.Failed() {
			return
		}
	}
}

// work does random things in a transaction, some of them inside savepoints.
func (m *model) work(f *fixture, r *rand.Rand, tx driver.Tx, tenant string, depth int) {
	for range r.IntN(12) {
		if depth > 0 && r.IntN(5) == 0 {
			before := m.clone()
			sp, err := tx.Savepoint(f.ctx)
			if errors.Is(err, driver.ErrDoomed) {
				return
			}
			f.must(err)
			m.work(f, r, tx, tenant, depth-1)
			if err := sp.Release(f.ctx); errors.Is(err, driver.ErrDoomed) || r.IntN(3) == 0 && err != nil {
				f.must(sp.RollBack(f.ctx))
				m.rows = before
			} else {
				f.must(err)
			}
			continue
		}
		if doomed := m.op(f, r, tx, tenant); doomed {
			return
		}
		m.check(f, r, tx, tenant, false, 1)
	}
}

// plan makes up an operation on one row, and says how it has to end and what the row is then.
func (m *model) plan(r *rand.Rand, tenant string) (op driver.Op, key string, next driver.Row, want error) {
	row := randomRow(r, m.t)
	key = keyString(tenant, row)
	old, had := m.rows[key]
	clash := m.clash(tenant, row, key)
	op = driver.Op{Table: m.t, Rows: []driver.Row{row}}
	next = row.Clone()
	switch r.IntN(6) {
	case 0, 1:
		op.Kind, op.Skip = driver.Insert, true
		if had || clash {
			next = nil
		}
	case 2:
		op.Kind = driver.Insert
		if had || clash {
			want = driver.ErrExists
		}
	case 3:
		op.Kind = driver.Update
		if !had {
			want = driver.ErrConflict
		} else if clash {
			want = driver.ErrExists
		}
	case 4:
		op.Kind = driver.Delete
		next = nil
	case 5:
		op.Kind, op.Sums = driver.Add, []int{3, 6}
		if had {
			next = old.Clone()
			next[3], next[6] = num(old[3].Int()+row[3].Int()), num(old[6].Int()+row[6].Int())
			if old[3].IsNull() || row[3].IsNull() {
				next[3] = driver.Null
			}
		} else if clash {
			want = driver.ErrExists
		}
	}
	return op, key, next, want
}

func (m *model) op(f *fixture, r *rand.Rand, tx driver.Tx, tenant string) (doomed bool) {
	op, key, next, want := m.plan(r, tenant)
	row := op.Rows[0]
	res, err := tx.Do(f.ctx, op)
	if !errors.Is(err, want) {
		f.t.Fatalf("%v of %v: got %v, want %v", op.Kind, row, err, want)
	}
	if err != nil {
		return true
	}
	if op.Skip && res[0].Done[0] != (next != nil) {
		f.t.Fatalf("Insert of %v with Skip says %v", row, res[0].Done)
	}
	m.done(op, key, next)
	return false
}

func (m *model) done(op driver.Op, key string, next driver.Row) {
	clear(op.Rows[0]) // the engine must not have kept it
	if next != nil {
		m.rows[key] = next
	} else if op.Kind == driver.Delete {
		delete(m.rows, key)
	}
}

func (m *model) check(f *fixture, r *rand.Rand, tx driver.Tx, tenant string, across bool, n int) {
	f.t.Helper()
	for range n {
		q := randomQuery(r, m.t)
		all := q
		all.Limit = 0
		if places := m.query(tenant, across, all); len(places) > 0 && r.IntN(2) == 0 {
			q.After = place(q, across, places[r.IntN(len(places))])
		} else if r.IntN(8) == 0 {
			q.After = place(q, across, append(randomRow(r, m.t), text("t1")))
		}
		want := m.query(tenant, across, q)
		var got []driver.Row
		for row, err := range tx.Query(f.ctx, q) {
			f.must(err)
			got = append(got, row)
		}
		if !slices.EqualFunc(got, want, func(a, b driver.Row) bool { return slices.Equal(a, b) }) {
			f.t.Fatalf("across %v: %+v\ngot  %v\nwant %v", across, q, got, want)
		}
		if !across {
			m.checkSum(f, r, tx, tenant, q)
		}
	}
}

func (m *model) checkSum(f *fixture, r *rand.Rand, tx driver.Tx, tenant string, q driver.Query) {
	f.t.Helper()
	by := [][]int{nil, {2}, {3}, {4, 2}, {6}}[r.IntN(5)]
	q.Order, q.After, q.Limit, q.Desc = by, nil, 0, false
	sums := [][]int{{6, 3}, {}}[r.IntN(2)]
	var want []driver.Row
	if len(by) == 0 {
		want = append(want, make(driver.Row, len(sums)+1))
		for i := range want[0] {
			want[0][i] = num(0)
		}
	}
	for _, row := range m.query(tenant, false, q) {
		var g driver.Row
		for _, c := range by {
			g = append(g, row[c])
		}
		last := len(want) - 1
		if last < 0 || !slices.Equal(want[last][:len(by)], g) {
			last++
			want = append(want, append(g, make(driver.Row, len(sums)+1)...))
			for i := range sums {
				want[last][len(by)+i] = num(0)
			}
			want[last][len(by)+len(sums)] = num(0)
		}
		for i, c := range sums {
			want[last][len(by)+i] = num(want[last][len(by)+i].Int() + row[c].Int())
		}
		want[last][len(by)+len(sums)] = num(want[last][len(by)+len(sums)].Int() + 1)
	}
	var got []driver.Row
	for row, err := range tx.Sum(f.ctx, q, sums, by) {
		f.must(err)
		got = append(got, row)
	}
	if !slices.EqualFunc(got, want, func(a, b driver.Row) bool { return slices.Equal(a, b) }) {
		f.t.Fatalf("sum of %v by %v, %+v\ngot  %v\nwant %v", sums, by, q, got, want)
	}
}
