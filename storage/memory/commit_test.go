package memory_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/memory"
)

// Transactions that bring all they write with their commit, which an engine may put in place: they leave everything or, where one operation is
// refused, nothing; and snapshots that were taken before show what they showed.
func TestWhatComesWithACommitIsAllOrNothingAndSnapshotsDoNotChange(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 3))
	f := &fixture{t: t, ctx: t.Context(), e: memory.New()}
	m := &model{t: modelTable(), rows: map[string]driver.Row{}}
	f.must(f.e.Migrate(f.ctx, driver.Schema{Tables: []*driver.Table{m.t}}))
	type snapshot struct {
		tx     driver.Tx
		tenant string
		across bool
		m      model
	}
	var held []snapshot
	tenants := []string{"t1", "t10"}
	refused := 0
	for i := range 600 {
		tenant := tenants[r.IntN(2)]
		tx := f.begin(driver.TxOptions{Tenant: tenant})
		if r.IntN(4) == 0 {
			m.check(f, r, tx, tenant, false, 1)
		}
		before := m.clone()
		var want error
		work := &model{t: m.t, rows: m.clone()}
		var ops []driver.Op
		var rows []driver.Row
		for range 1 + r.IntN(4) {
			op, key, next, err := work.plan(r, tenant)
			ops, rows = append(ops, op), append(rows, op.Rows[0].Clone())
			if want = err; err != nil {
				refused++
				break
			}
			work.done(op, key, next)
		}
		for i := range ops {
			copy(ops[i].Rows[0], rows[i])
		}
		f.is(tx.Commit(f.ctx, ops...), want)
		for i := range ops {
			clear(ops[i].Rows[0])
		}
		if m.rows = work.rows; want != nil {
			m.rows = before
		}
		if i%8 == 0 {
			view := f.begin(driver.TxOptions{Tenant: tenant, ReadOnly: true})
			m.check(f, r, view, tenant, false, 5)
			held = append(held, snapshot{view, tenant, false, model{m.t, m.clone()}})
		}
		if i%64 == 0 {
			held = append(held, snapshot{f.begin(driver.TxOptions{Across: true}), "", true, model{m.t, m.clone()}})
		}
		if s := held[r.IntN(len(held))]; true {
			s.m.check(f, r, s.tx, s.tenant, s.across, 1)
		}
	}
	if refused < 50 {
		t.Errorf("only %d commits were refused", refused)
	}
	for _, s := range held {
		s.m.check(f, r, s.tx, s.tenant, s.across, 3)
		if s.across {
			continue
		}
		all := s.m.query(s.tenant, false, driver.Query{Table: m.t})
		page, err := s.tx.Tail(f.ctx, driver.TailQuery{Table: m.t})
		f.must(err)
		slices.SortFunc(page.Rows, driver.CompareRows)
		if !slices.EqualFunc(page.Rows, all, func(a, b driver.Row) bool { return slices.Equal(a, b) }) {
			t.Fatalf("the tail holds %v, not %v", page.Rows, all)
		}
	}
}
