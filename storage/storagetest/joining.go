package storagetest

import (
	"context"

	"github.com/tutas/tutas/storage/driver"
)

func joiningCases() []scenario {
	cases := []scenario{
		{name: "join_commit", run: joinCommit,
			promise: "A bound Tx's Commit runs the last operations and leaves the transaction open: the host alone commits it."},
		{name: "join_host_rolls_back", run: joinHostRollsBack,
			promise: "The host alone commits or rolls back: what it rolls back is gone, though the bound Tx had committed."},
		{name: "join_rollback", run: joinRollback,
			promise: "A bound Tx's Rollback returns to where Bind found it and leaves the host's own work alone; it may be bound more than once, one Tx after another."},
		{name: "join_refused", run: joinRefused,
			promise: "A refused call inside a host's transaction leaves nothing, and the host's transaction stays usable."},
		{name: "join_commit_refused", run: joinCommitRefused,
			promise: "After an error of a bound Tx's Commit nothing of that Tx was written, and the host's transaction stays usable."},
		{name: "join_savepoints", run: joinSavepoints,
			promise: "Savepoints nest in a bound Tx as in any other."},
		{name: "join_over", run: joinOver,
			promise: "A bound Tx is over after its Commit or Rollback, and when the host's transaction ends."},
		{name: "join_tenants", run: joinTenants,
			promise: "Bind gives the transaction a tenant: each row that its Tx reads or writes is that tenant's."},
	}
	for i := range cases {
		cases[i].needs = needsHost
	}
	return cases
}

// A host is an open transaction of the host's.
type host struct {
	p                *probe
	tx               driver.HostTx
	commit, rollback func(ctx context.Context) error
}

func (p *probe) host() *host {
	tx, commit, rollback := p.suite.harness.Host(p.t, p.e)
	return &host{p, tx, commit, rollback}
}

func (h *host) bind() driver.Tx { return h.bindTo(h.p.tenant) }

func (h *host) bindTo(tenant string) driver.Tx {
	tx, err := h.tx.Bind(h.p.ctx, tenant)
	h.p.ok(err)
	return tx
}

func joinCommit(p *probe) {
	n, log := notes(), journal()
	p.migrate(n, log)
	p.apply(insert(n, row(1, "a")))
	h := p.host()
	tx := h.bind()
	p.do(tx, insert(n, row(2, "b")), update(n, row(1, "A")), insert(log, row(1, "joined")))
	p.same(p.query(tx, driver.Query{Table: n}), rows(row(1, "A"), row(2, "b")))
	p.same(p.sum(tx, driver.Query{Table: n}, []int{0}, nil), rows(row(3, 2)))
	p.commit(tx, insert(n, row(3, "c")))
	p.holds(n, row(1, "a"))
	tx = h.bind()
	p.same(p.query(tx, driver.Query{Table: n}), rows(row(1, "A"), row(2, "b"), row(3, "c")))
	p.do(tx, remove(n, row(2)))
	p.commit(tx)
	p.holds(n, row(1, "a"))
	p.ok(h.commit(p.ctx))
	p.holds(n, row(1, "A"), row(3, "c"))
	got, _ := p.follow(log, "", 10)
	p.same(got, rows(row(1, "joined")))
	p.apply(insert(n, row(4, "d")))
}

func joinHostRollsBack(p *probe) {
	n := notes()
	p.migrate(n)
	p.apply(insert(n, row(1, "a")))
	h := p.host()
	tx := h.bind()
	p.do(tx, insert(n, row(2, "b")), remove(n, row(1)))
	p.commit(tx, insert(n, row(3, "c")))
	p.ok(h.rollback(p.ctx))
	p.holds(n, row(1, "a"))
	p.apply(insert(n, row(2, "free again")))
	p.holds(n, row(1, "a"), row(2, "free again"))
	h = p.host() // the host may also never bind it
	p.ok(h.rollback(p.ctx))
}

func joinRollback(p *probe) {
	n := notes()
	p.migrate(n)
	h := p.host()
	tx := h.bind()
	p.do(tx, insert(n, row(1, "first")))
	p.commit(tx)
	tx = h.bind()
	p.do(tx, insert(n, row(2, "undone")), update(n, row(1, "undone")))
	p.rollback(tx)
	p.rollback(tx)
	p.rollback(h.bind()) // with nothing said
	tx = h.bind()
	p.same(p.query(tx, driver.Query{Table: n}), rows(row(1, "first")))
	p.do(tx, insert(n, row(3, "third")))
	p.commit(tx)
	p.ok(h.commit(p.ctx))
	p.holds(n, row(1, "first"), row(3, "third"))
}

func joinRefused(p *probe) {
	n := notes()
	p.migrate(n)
	p.apply(insert(n, row(1, "a")))
	h := p.host()
	tx := h.bind()
	p.do(tx, insert(n, row(2, "the host's first call")))
	p.commit(tx)
	for range 3 {
		tx = h.bind()
		p.do(tx, insert(n, row(3, "refused")))
		p.is(p.try(tx, insert(n, row(4, "refused"), row(1, "exists"))), driver.ErrExists)
		p.is(p.try(tx, get(n, row(1))), driver.ErrDoomed)
		p.rollback(tx)
	}
	tx = h.bind()
	p.do(tx, insert(n, row(5, "refused")))
	p.is(p.try(tx, insert(n, row(5, "exists"))), driver.ErrExists)
	p.is(tx.Commit(p.ctx), driver.ErrDoomed)
	tx = h.bind()
	p.same(p.query(tx, driver.Query{Table: n}), rows(row(1, "a"), row(2, "the host's first call")))
	p.commit(tx, insert(n, row(6, "the host's last call")))
	p.ok(h.commit(p.ctx))
	p.holds(n, row(1, "a"), row(2, "the host's first call"), row(6, "the host's last call"))
}

func joinCommitRefused(p *probe) {
	n := notes()
	p.migrate(n)
	p.apply(insert(n, row(1, "a")))
	h := p.host()
	tx := h.bind()
	p.commit(tx, insert(n, row(2, "b")))
	tx = h.bind()
	p.do(tx, insert(n, row(3, "refused")))
	p.is(tx.Commit(p.ctx, insert(n, row(4, "refused")), insert(n, row(1, "exists"))), driver.ErrExists)
	p.is(p.try(tx, get(n, row(1))), driver.ErrClosed)
	p.rollback(tx)
	tx = h.bind()
	p.same(p.query(tx, driver.Query{Table: n}), rows(row(1, "a"), row(2, "b")))
	p.commit(tx)
	p.ok(h.commit(p.ctx))
	p.holds(n, row(1, "a"), row(2, "b"))
}

func joinSavepoints(p *probe) {
	n := notes()
	p.migrate(n)
	h := p.host()
	tx := h.bind()
	outer := p.savepoint(tx)
	p.do(tx, insert(n, row(1, "a")))
	inner := p.savepoint(tx)
	p.is(p.try(tx, insert(n, row(2, "b"), row(1, "exists"))), driver.ErrExists)
	p.ok(inner.RollBack(p.ctx))
	p.ok(outer.Release(p.ctx))
	undone := p.savepoint(tx)
	p.do(tx, insert(n, row(3, "undone")))
	p.ok(undone.RollBack(p.ctx))
	p.commit(tx, insert(n, row(4, "d")))
	p.ok(h.commit(p.ctx))
	p.holds(n, row(1, "a"), row(4, "d"))
}

func joinOver(p *probe) {
	n := notes()
	p.migrate(n)
	h := p.host()
	for _, end := range []func(tx driver.Tx){func(tx driver.Tx) { p.commit(tx) }, p.rollback} {
		tx := h.bind()
		end(tx)
		for what, err := range p.everything(tx, n) {
			p.mustBe(err, driver.ErrClosed, "%s of a bound Tx that is over", what)
		}
		p.is(tx.Commit(p.ctx), driver.ErrClosed)
		p.rollback(tx)
	}
	p.ok(h.rollback(p.ctx))
	if tx, err := h.tx.Bind(p.ctx, p.tenant); err == nil {
		if p.try(tx, insert(n, row(1, "a"))) == nil {
			p.fail("the host's transaction is over, and was bound and used all the same")
		}
		_ = tx.Rollback(p.ctx)
	}
	h = p.host()
	tx := h.bind()
	p.do(tx, insert(n, row(2, "b")))
	p.ok(h.rollback(p.ctx))
	if p.try(tx, insert(n, row(3, "c"))) == nil {
		p.fail("the host's transaction is over, and its Tx goes on")
	}
	_ = tx.Rollback(p.ctx)
	p.holds(n)
}

func joinTenants(p *probe) {
	n := notes()
	p.migrate(n)
	other := p.tenant + " beside"
	h := p.host()
	tx := h.bind()
	p.do(tx, insert(n, row(1, "ours")))
	p.commit(tx)
	tx = h.bindTo(other)
	p.same(p.query(tx, driver.Query{Table: n}), nil)
	p.do(tx, insert(n, row(1, "theirs"), row(2, "theirs")))
	p.commit(tx)
	tx = h.bind()
	p.same(p.query(tx, driver.Query{Table: n}), rows(row(1, "ours")))
	p.same(p.do(tx, get(n, row(2)), lock(n, row(1)))[1].Rows, rows(row(1, "ours")))
	p.commit(tx)
	p.ok(h.commit(p.ctx))
	p.holds(n, row(1, "ours"))
	p.as(other, func() { p.holds(n, row(1, "theirs"), row(2, "theirs")) })
}
