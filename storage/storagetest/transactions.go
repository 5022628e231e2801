package storagetest

import (
	"github.com/tutas/tutas/storage/driver"
)

func transactionCases() []scenario {
	return []scenario{
		{name: "commit_and_rollback", run: commitAndRollback,
			promise: "Commit makes everything durable; Rollback undoes everything."},
		{name: "commit_last", run: commitLast,
			promise: "Commit runs the last operations; their errors are returned, and after an error nothing was written."},
		{name: "over_is_over", run: overIsOver,
			promise: "After Commit or Rollback a Tx is over: what follows fails with ErrClosed, and Rollback does nothing."},
		{name: "read_only", run: readOnly,
			promise: "Writes in a read-only transaction fail with ErrReadOnly."},
		{name: "snapshot", run: snapshot,
			promise: "A read-only Tx sees one snapshot from its first statement to its last and never waits for a writer."},
		{name: "readers_do_not_wait", run: readersDoNotWait,
			promise: "A read-only Tx never waits for a writer, and does not see what is not committed."},
		{name: "savepoint", run: savepoints,
			promise: "RollBack undoes what was done since the savepoint; Release keeps it, as part of the enclosing scope."},
		{name: "savepoint_nested", run: savepointsNest,
			promise: "Savepoints nest."},
		{name: "savepoint_undoes_all", run: savepointUndoesAll,
			promise: "RollBack undoes every kind of operation that was done since the savepoint."},
		{name: "survives_reopening", run: survivesReopening, needs: needsReopen, once: true,
			promise: "Commit makes everything durable."},
	}
}

func commitAndRollback(p *probe) {
	n := notes()
	p.migrate(n)
	tx := p.write()
	p.do(tx, insert(n, row(1, "a"), row(2, "b")))
	p.commit(tx)
	tx = p.write()
	p.do(tx, insert(n, row(3, "c")), update(n, row(1, "A")), remove(n, row(2)), add(n, nil, row(4, "d")))
	p.same(p.query(tx, driver.Query{Table: n}), rows(row(1, "A"), row(3, "c"), row(4, "d")))
	p.rollback(tx)
	p.holds(n, row(1, "a"), row(2, "b"))
	p.rollback(p.write())
	p.rollback(p.read())
	tx = p.read()
	p.query(tx, driver.Query{Table: n})
	p.commit(tx)
	p.holds(n, row(1, "a"), row(2, "b"))
}

func commitLast(p *probe) {
	a, n := accounts(), notes()
	p.migrate(a, n)
	p.apply(insert(a, row("x", 1, 5, "")), insert(n, row(1, "a")), update(a, row("x", 2, 6, "")), get(a, row("x")))
	for _, last := range []driver.Op{insert(n, row(1, "again")), update(a, row("x", 9, 9, "")), remove(a, row("x", 9, 9, "")), update(n, row(8, ""))} {
		tx := p.write()
		p.do(tx, insert(n, row(2, "b")))
		if tx.Commit(p.ctx, insert(n, row(3, "c")), last) == nil {
			p.fail("a commit whose last operation must be refused succeeded: %s", show(last.Rows))
		}
		p.is(p.try(tx, get(n, row(1))), driver.ErrClosed)
		p.rollback(tx)
		p.holds(n, row(1, "a"))
		p.holds(a, row("x", 2, 6, ""))
	}
}

func overIsOver(p *probe) {
	n := notes()
	p.migrate(n)
	end := map[string]func(tx driver.Tx){
		"commit":       func(tx driver.Tx) { p.commit(tx) },
		"rollback":     func(tx driver.Tx) { p.rollback(tx) },
		"empty commit": func(tx driver.Tx) { p.commit(tx, get(n)) },
		"failed commit": func(tx driver.Tx) {
			p.is(tx.Commit(p.ctx, insert(n, row(7, ""), row(7, ""))), driver.ErrExists)
		},
	}
	for name, end := range end {
		begins := []func() driver.Tx{p.write, p.read}
		if name == "failed commit" {
			begins = begins[:1]
		}
		for _, begin := range begins {
			tx := begin()
			p.query(tx, driver.Query{Table: n})
			end(tx)
			p.rollback(tx)
			p.rollback(tx)
			for what, err := range p.everything(tx, n) {
				p.mustBe(err, driver.ErrClosed, "%s after %s", what, name)
			}
			p.is(tx.Commit(p.ctx), driver.ErrClosed)
			p.rollback(tx)
		}
	}
	p.holds(n)
}

// everything calls each method of a transaction that can fail, Commit excepted, and returns the errors.
func (p *probe) everything(tx driver.Tx, t *driver.Table) map[string]error {
	errs := map[string]error{"Do": p.try(tx, get(t, row(1)))}
	_, errs["Query"] = collect(tx.Query(p.ctx, driver.Query{Table: t}))
	_, errs["Sum"] = collect(tx.Sum(p.ctx, driver.Query{Table: t}, nil, nil))
	if t.Tailed {
		_, errs["Tail"] = tx.Tail(p.ctx, driver.TailQuery{Table: t, Limit: 10})
	}
	_, errs["Savepoint"] = tx.Savepoint(p.ctx)
	return errs
}

func readOnly(p *probe) {
	n := notes()
	p.migrate(n)
	p.apply(insert(n, row(1, "a")))
	for _, op := range []driver.Op{insert(n, row(2, "")), insertSkip(n, row(2, "")), update(n, row(1, "")), remove(n, row(1)), add(n, nil, row(2, "")), lock(n, row(1))} {
		tx := p.read()
		p.do(tx, get(n, row(1)))
		p.is(p.try(tx, op), driver.ErrReadOnly)
		p.is(p.try(tx, get(n, row(1))), driver.ErrDoomed)
		p.rollback(tx)
		tx = p.read()
		p.is(tx.Commit(p.ctx, op), driver.ErrReadOnly)
	}
	tx := p.read()
	sp := p.savepoint(tx)
	p.is(p.try(tx, insert(n, row(2, ""))), driver.ErrReadOnly)
	p.ok(sp.RollBack(p.ctx))
	p.same(p.query(tx, driver.Query{Table: n}), rows(row(1, "a")))
	p.commit(tx, get(n, row(1)))
	p.holds(n, row(1, "a"))
}

func snapshot(p *probe) {
	a, n := accounts(), notes()
	p.migrate(a, n)
	p.apply(insert(a, row("x", 1, 5, ""), row("y", 1, 5, "")), insert(n, row(1, "a")))
	tx := p.read()
	if got := p.get(tx, a, "x"); !equal(got, row("x", 1, 5, "")) {
		p.fail("read %s", showRow(got))
	}
	p.apply(update(a, row("x", 2, 0, ""), row("y", 2, 10, "")), insert(a, row("z", 1, 1, "")))
	p.apply(insert(n, row(2, "b")), remove(n, row(1)))
	sp := p.savepoint(tx)
	p.same(p.query(tx, driver.Query{Table: a}), rows(row("x", 1, 5, ""), row("y", 1, 5, "")))
	p.same(p.sum(tx, driver.Query{Table: a}, []int{2}, nil), rows(row(10, 2)))
	p.apply(remove(a, row("y")))
	p.ok(sp.Release(p.ctx))
	p.same(p.do(tx, get(a, row("z"), row("y"), row("x")))[0].Rows, rows(nil, row("y", 1, 5, ""), row("x", 1, 5, "")))
	p.same(p.query(tx, driver.Query{Table: n, Where: []driver.Cond{where(0, driver.Ge, 1)}}), rows(row(1, "a")))
	p.rollback(tx)
	p.holds(a, row("x", 2, 0, ""), row("z", 1, 1, ""))
	p.holds(n, row(2, "b"))
}

func readersDoNotWait(p *probe) {
	a := accounts()
	p.migrate(a)
	p.apply(insert(a, row("x", 1, 5, ""), row("y", 1, 5, "")))
	tx := p.write()
	p.do(tx, lock(a, row("x"), row("y")), update(a, row("x", 2, 99, "")), remove(a, row("y")), insert(a, row("z", 1, 1, "")))
	p.holds(a, row("x", 1, 5, ""), row("y", 1, 5, ""))
	r := p.read()
	p.same(p.do(r, get(a, row("x"), row("z")))[0].Rows, rows(row("x", 1, 5, ""), nil))
	p.commit(tx)
	p.same(p.query(r, driver.Query{Table: a}), rows(row("x", 1, 5, ""), row("y", 1, 5, "")))
	p.rollback(r)
	p.holds(a, row("x", 2, 99, ""), row("z", 1, 1, ""))
}

func savepoints(p *probe) {
	n := notes()
	p.migrate(n)
	tx := p.write()
	first := p.savepoint(tx) // before anything else was said
	p.do(tx, insert(n, row(1, "a")))
	p.ok(first.RollBack(p.ctx))
	p.same(p.query(tx, driver.Query{Table: n}), nil)
	p.do(tx, insert(n, row(2, "b")))
	kept := p.savepoint(tx)
	p.do(tx, insert(n, row(3, "c")))
	p.ok(kept.Release(p.ctx))
	undone := p.savepoint(tx)
	p.do(tx, insert(n, row(4, "d")), update(n, row(3, "C")))
	p.ok(undone.RollBack(p.ctx))
	p.same(p.query(tx, driver.Query{Table: n}), rows(row(2, "b"), row(3, "c")))
	p.do(tx, insert(n, row(5, "e")))
	open := p.savepoint(tx) // a commit keeps what was done since a savepoint that is still open
	p.do(tx, insert(n, row(6, "f")))
	p.commit(tx, insert(n, row(7, "g")))
	if open.RollBack(p.ctx) == nil {
		p.fail("a savepoint rolled back after the commit")
	}
	p.holds(n, row(2, "b"), row(3, "c"), row(5, "e"), row(6, "f"), row(7, "g"))
	tx = p.write()
	sp := p.savepoint(tx)
	p.do(tx, insert(n, row(8, "h")))
	p.ok(sp.Release(p.ctx))
	p.rollback(tx)
	p.holds(n, row(2, "b"), row(3, "c"), row(5, "e"), row(6, "f"), row(7, "g"))
}

func savepointsNest(p *probe) {
	n := notes()
	p.migrate(n)
	tx := p.write()
	var inner, outer driver.Savepoint
	at := func(i int) { p.do(tx, insert(n, row(i, "n"))) }
	has := func(ids ...int) {
		var want []driver.Row
		for _, i := range ids {
			want = append(want, row(i, "n"))
		}
		p.same(p.query(tx, driver.Query{Table: n}), want)
	}
	at(1)
	outer = p.savepoint(tx)
	at(2)
	inner = p.savepoint(tx)
	at(3)
	p.ok(inner.RollBack(p.ctx))
	has(1, 2)
	at(4)
	p.ok(outer.Release(p.ctx))
	has(1, 2, 4)

	outer = p.savepoint(tx)
	at(5)
	inner = p.savepoint(tx)
	at(6)
	p.ok(inner.Release(p.ctx))
	has(1, 2, 4, 5, 6)
	p.ok(outer.RollBack(p.ctx))
	has(1, 2, 4)

	outer = p.savepoint(tx)
	at(7)
	p.savepoint(tx) // left open: the outer one takes it along
	at(8)
	p.ok(outer.RollBack(p.ctx))
	has(1, 2, 4)

	var marks []driver.Savepoint
	for i := range 20 {
		marks = append(marks, p.savepoint(tx))
		at(100 + i)
	}
	for i := 19; i >= 3; i-- {
		if i%2 == 0 {
			p.ok(marks[i].Release(p.ctx))
		} else {
			p.ok(marks[i].RollBack(p.ctx))
		}
	}
	has(1, 2, 4, 100, 101, 102)
	p.ok(marks[2].Release(p.ctx))
	p.ok(marks[1].RollBack(p.ctx))
	p.ok(marks[0].Release(p.ctx))
	p.commit(tx)
	p.holds(n, row(1, "n"), row(2, "n"), row(4, "n"), row(100, "n"))
}

func savepointUndoesAll(p *probe) {
	tot, a, m := totals(), accounts(), members()
	p.migrate(tot, a, m)
	p.apply(insert(tot, row("a", 1, 1, 1, "")), insert(a, row("x", 1, 5, ""), row("y", 1, 6, "")), insert(m, row(1, "a@x", "red", 1, "")))
	tx := p.write()
	for range 3 {
		sp := p.savepoint(tx)
		p.do(tx, add(tot, []int{2}, row("a", 1, 10, 0, ""), row("b", 1, 20, 0, "")), add(tot, []int{2, 3}, row("b", 1, 1, 2, "")),
			update(a, row("x", 2, 50, "")), update(a, row("x", 3, 51, "")), remove(a, row("y")), insert(a, row("y", 1, 7, "")), insert(a, row("z", 1, 8, "")),
			remove(a, row("z")), lock(a, row("x")), update(m, row(1, "b@x", "red", 2, "")), insertSkip(m, row(1, nil, "", nil, ""), row(2, "a@x", "red", 1, "")))
		p.ok(sp.RollBack(p.ctx))
		p.same(p.query(tx, driver.Query{Table: tot}), rows(row("a", 1, 1, 1, "")))
		p.same(p.query(tx, driver.Query{Table: a}), rows(row("x", 1, 5, ""), row("y", 1, 6, "")))
		p.same(p.query(tx, driver.Query{Table: m, Where: []driver.Cond{where(1, driver.Ge, "")}}), rows(row(1, "a@x", "red", 1, "")))
	}
	p.do(tx, update(a, row("x", 2, 9, "")))
	p.commit(tx)
	p.holds(a, row("x", 2, 9, ""), row("y", 1, 6, ""))
}

func survivesReopening(p *probe) {
	o, l := ordersAndLines()
	m := members()
	p.migrate(o, l, m)
	p.apply(insert(o, row("x", "kept")), insert(l, row("x", 1, 5)), insert(m, row(1, "a@x", "red", 1, "")))
	lost := p.write()
	p.do(lost, insert(o, row("y", "lost")))
	p.rollback(lost)
	p.e = p.suite.harness.Reopen(p.t, p.e)
	o, l = ordersAndLines()
	m = members()
	p.migrate(o, l, m)
	p.holds(o, row("x", "kept"))
	p.holds(l, row("x", 1, 5))
	p.key(p.refused(insert(m, row(2, "a@x", "blue", 1, ""))), driver.ErrExists, "members", "email")
	p.is(p.refused(remove(o, row("x"))), driver.ErrReference)
	p.apply(add(l, []int{2}, row("x", 1, 1), row("x", 2, 2)))
	p.holds(l, row("x", 1, 6), row("x", 2, 2))
}
