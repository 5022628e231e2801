package memory_test

import (
	"testing"

	"github.com/tutas/tutas/storage/driver"
)

func TestAHostsTransactionOutlivesThoseBoundInIt(t *testing.T) {
	f := newFixture(t)
	insert := func(id int64) driver.Op {
		return driver.Op{Kind: driver.Insert, Table: f.accts, Rows: []driver.Row{acct(id, 1, "x", driver.Null, 1, driver.Null)}}
	}
	host, err := f.e.Host(f.ctx)
	f.must(err)
	bind := func(tenant string) driver.Tx {
		t.Helper()
		tx, err := host.Bind(f.ctx, tenant)
		f.must(err)
		return tx
	}
	first := bind("a")
	f.must(first.Commit(f.ctx, insert(1)))
	f.is(first.Commit(f.ctx), driver.ErrClosed)

	second := bind("a")
	_, err = second.Do(f.ctx, insert(2))
	f.must(err)
	if n := count(f, second); n != 2 {
		t.Errorf("the second sees %d rows", n)
	}
	f.must(second.Rollback(f.ctx))

	failing := bind("a")
	f.is(failing.Commit(f.ctx, insert(3), insert(1)), driver.ErrExists)

	doomed := bind("a")
	_, err = doomed.Do(f.ctx, insert(1))
	f.is(err, driver.ErrExists)
	f.is(doomed.Commit(f.ctx), driver.ErrDoomed)

	other := bind("b")
	f.must(other.Commit(f.ctx, insert(9)))
	if n := count(f, f.begin(driver.TxOptions{Tenant: "a", ReadOnly: true})); n != 0 {
		t.Errorf("others see %d rows before the host commits", n)
	}
	f.must(host.Commit(f.ctx))
	f.is(host.Commit(f.ctx), driver.ErrClosed)
	for _, tenant := range []string{"a", "b"} {
		if n := count(f, f.begin(driver.TxOptions{Tenant: tenant})); n != 1 {
			t.Errorf("tenant %s holds %d", tenant, n)
		}
	}
	_, err = host.Bind(f.ctx, "a")
	f.is(err, driver.ErrClosed)
}

func TestAHostCannotCommitWhatFailedAndWasNotRolledBack(t *testing.T) {
	f := newFixture(t)
	host, err := f.e.Host(f.ctx)
	f.must(err)
	tx, err := host.Bind(f.ctx, "a")
	f.must(err)
	_, err = tx.Do(f.ctx, driver.Op{Kind: driver.Insert, Table: f.accts, Rows: []driver.Row{{num(1)}}})
	f.is(err, driver.ErrSchema)
	_, err = host.Bind(f.ctx, "a")
	f.is(err, driver.ErrDoomed)
	f.is(host.Commit(f.ctx), driver.ErrDoomed)
	f.must(host.Rollback(f.ctx))
	f.do("a", driver.Op{Kind: driver.Insert, Table: f.accts, Rows: []driver.Row{acct(1, 1, "x", driver.Null, 1, driver.Null)}})
}

func TestAGlobalUniqueIndexHoldsAcrossTenants(t *testing.T) {
	f := newFixture(t)
	tokens := &driver.Table{Name: "tokens", Key: 1, Version: -1,
		Columns: []driver.Column{{Name: "id", Kind: driver.Int}, {Name: "token", Kind: driver.Text}},
		Indexes: []driver.Index{{Name: "token", Columns: []int{1}, Unique: true, Global: true}}}
	f.must(f.e.Migrate(f.ctx, driver.Schema{Tables: []*driver.Table{tokens}}))
	insert := func(id int64, token string) driver.Op {
		return driver.Op{Kind: driver.Insert, Table: tokens, Rows: []driver.Row{{num(id), text(token)}}}
	}
	f.do("a", insert(1, "one"))
	f.is(f.begin(driver.TxOptions{Tenant: "b"}).Commit(f.ctx, insert(1, "one")), driver.ErrExists)

	// Two that cannot know of each other: the later one loses, and may try again.
	a, b := f.begin(driver.TxOptions{Tenant: "a"}), f.begin(driver.TxOptions{Tenant: "b"})
	_, err := a.Do(f.ctx, insert(2, "two"))
	f.must(err)
	_, err = b.Do(f.ctx, insert(1, "own"), insert(2, "two"))
	f.must(err)
	f.must(a.Commit(f.ctx))
	f.is(b.Commit(f.ctx), driver.ErrConflict)
	all := f.begin(driver.TxOptions{Across: true})
	if got := f.rows(all.Query(f.ctx, driver.Query{Table: tokens, Order: []int{1}})); got != "[1 one a][2 two a]" {
		t.Error(got)
	}
	// Within one transaction values may move from row to row, and from tenant to tenant once they are free.
	f.do("a", driver.Op{Kind: driver.Delete, Table: tokens, Rows: []driver.Row{{num(1)}}}, insert(3, "one"),
		driver.Op{Kind: driver.Update, Table: tokens, Rows: []driver.Row{{num(2), text("zwei")}}})
	f.do("b", insert(7, "two"))
}
