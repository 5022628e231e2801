package storagetest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/tutas/tutas/storage/driver"
)

func failureCases() []scenario {
	return []scenario{
		{name: "doom", run: doom,
			promise: "Any error from Do, Query, Sum, Tail or Savepoint dooms the Tx: all that follows fails with ErrDoomed until it is rolled back."},
		{name: "doom_each_error", run: doomEachError,
			promise: "All engines doom alike, whatever the error; nothing of a doomed Tx is written."},
		{name: "doom_lifted", run: doomLifted,
			promise: "A savepoint's RollBack lifts a doom that struck after it was set."},
		{name: "half_done", run: halfDone,
			promise: "What a failing Do did before it failed is undone by rolling back to the savepoint before it."},
		{name: "cancelled", run: cancelled,
			promise: "A call whose context is cancelled fails with the context's error, dooms the Tx, and writes nothing."},
		{name: "commit_cancelled", run: commitCancelled,
			promise: "A Commit that fails wrote nothing, unless it fails with ErrUnknown."},
		{name: "engine_closed", run: engineClosed, once: true,
			promise: "When the engine is closed, transactions still open fail with ErrClosed, and so do new ones."},
		{name: "busy", run: busy, needs: needsImpatient,
			promise: "ErrBusy: waited too long for another writer. The text says for what, and the likely cause."},
	}
}

// mustBe ends the scenario unless err is the target, and says on what occasion.
func (p *probe) mustBe(err, target error, format string, args ...any) {
	if !errors.Is(err, target) {
		p.fail("%s: the error is %v, want %v", fmt.Sprintf(format, args...), err, target)
	}
}

func doom(p *probe) {
	log, n := journal(), notes()
	p.migrate(log, n)
	p.apply(insert(log, row(1, "a")))
	unknown := accounts()
	causes := map[string]func(tx driver.Tx) error{
		"Do": func(tx driver.Tx) error { return p.try(tx, insert(log, row(1, "again"))) },
		"Query": func(tx driver.Tx) error {
			_, err := collect(tx.Query(p.ctx, driver.Query{Table: unknown}))
			return err
		},
		"Sum": func(tx driver.Tx) error {
			_, err := collect(tx.Sum(p.ctx, driver.Query{Table: unknown}, nil, nil))
			return err
		},
		"Tail": func(tx driver.Tx) error {
			_, err := tx.Tail(p.ctx, driver.TailQuery{Table: unknown, Limit: 1})
			return err
		},
		"Savepoint": func(tx driver.Tx) error {
			ctx, cancel := context.WithCancel(p.ctx)
			cancel()
			_, err := tx.Savepoint(ctx)
			return err
		},
	}
	for cause, fail := range causes {
		tx := p.write()
		p.do(tx, insert(n, row(1, "lost")))
		if fail(tx) == nil {
			p.fail("%s was to fail", cause)
		}
		for range 2 {
			for what, err := range p.everything(tx, log) {
				p.mustBe(err, driver.ErrDoomed, "%s after a failed %s", what, cause)
			}
		}
		p.mustBe(tx.Commit(p.ctx, insert(n, row(2, "lost"))), driver.ErrDoomed, "Commit after a failed %s", cause)
		p.is(p.try(tx, get(n, row(1))), driver.ErrClosed)
		p.rollback(tx)
		p.holds(n)
	}
}

func doomEachError(p *probe) {
	a, tot, m := accounts(), totals(), members()
	o, l := ordersAndLines()
	p.migrate(a, tot, m, o, l)
	p.apply(insert(a, row("x", 1, 5, "")), insert(m, row(1, "a@x", "red", 1, "")), insert(o, row("x", "")), insert(l, row("x", 1, 1)),
		insert(tot, row("a", 1, 1<<62, 0, "")))
	causes := map[string]struct {
		op  driver.Op
		err error
	}{
		"key":       {insert(a, row("x", 1, 5, "")), driver.ErrExists},
		"index":     {insert(m, row(2, "a@x", "red", 2, "")), driver.ErrExists},
		"parent":    {insert(l, row("none", 1, 1)), driver.ErrReference},
		"children":  {remove(o, row("x")), driver.ErrReference},
		"version":   {update(a, row("x", 5, 5, "")), driver.ErrConflict},
		"missing":   {update(o, row("none", "")), driver.ErrConflict},
		"delete":    {remove(a, row("x", 5, 5, "")), driver.ErrConflict},
		"overflow":  {add(tot, []int{2}, row("a", 1, 1<<62, 0, "")), driver.ErrOverflow},
		"undefined": {insert(journal(), row(1, "")), driver.ErrSchema},
	}
	for name, c := range causes {
		tx := p.write()
		p.do(tx, insert(a, row("y", 1, 1, "")))
		p.mustBe(p.try(tx, insert(a, row("z", 1, 1, "")), c.op, insert(a, row("w", 1, 1, ""))), c.err, "%s", name)
		p.mustBe(p.try(tx, get(a, row("x"))), driver.ErrDoomed, "after %s", name)
		if name == "key" {
			p.rollback(tx)
		} else {
			p.mustBe(tx.Commit(p.ctx), driver.ErrDoomed, "commit after %s", name)
		}
		p.holds(a, row("x", 1, 5, ""))
	}
	p.holds(o, row("x", ""))
	p.holds(tot, row("a", 1, 1<<62, 0, ""))
}

func doomLifted(p *probe) {
	n := notes()
	p.migrate(n)
	tx := p.write()
	fail := func() {
		p.is(p.try(tx, insert(n, row(50, "x"), row(1, "again"))), driver.ErrExists)
		p.is(p.try(tx, get(n, row(1))), driver.ErrDoomed)
	}
	p.do(tx, insert(n, row(1, "a")))
	for range 3 {
		sp := p.savepoint(tx)
		p.do(tx, insert(n, row(2, "undone")))
		fail()
		p.is(sp.Release(p.ctx), driver.ErrDoomed)
		p.is(p.try(tx, get(n, row(1))), driver.ErrDoomed)
		p.ok(sp.RollBack(p.ctx))
		p.same(p.query(tx, driver.Query{Table: n}), rows(row(1, "a")))
	}
	p.do(tx, insert(n, row(3, "c")))
	outer := p.savepoint(tx)
	p.do(tx, insert(n, row(4, "undone")))
	inner := p.savepoint(tx)
	fail()
	p.ok(inner.RollBack(p.ctx))
	p.same(p.query(tx, driver.Query{Table: n}), rows(row(1, "a"), row(3, "c"), row(4, "undone")))
	p.savepoint(tx)
	fail()
	p.ok(outer.RollBack(p.ctx)) // over the head of the one inside
	p.same(p.query(tx, driver.Query{Table: n}), rows(row(1, "a"), row(3, "c")))
	p.commit(tx, insert(n, row(5, "e")))
	p.holds(n, row(1, "a"), row(3, "c"), row(5, "e"))
}

func halfDone(p *probe) {
	n, tot := notes(), totals()
	p.migrate(n, tot)
	p.apply(insert(n, row(1, "a"), row(2, "b")), insert(tot, row("a", 1, 1, 1, "")))
	tx := p.write()
	sp := p.savepoint(tx)
	p.is(p.try(tx, insert(n, row(3, "c")), remove(n, row(1)), update(n, row(2, "B")), add(tot, []int{2}, row("a", 1, 1, 1, ""), row("b", 1, 1, 1, "")),
		insert(n, row(4, "d"), row(5, "e"), row(2, "exists"), row(6, "f"))), driver.ErrExists)
	p.ok(sp.RollBack(p.ctx))
	p.same(p.query(tx, driver.Query{Table: n}), rows(row(1, "a"), row(2, "b")))
	p.commit(tx)
	p.holds(n, row(1, "a"), row(2, "b"))
	p.holds(tot, row("a", 1, 1, 1, ""))
}

func cancelled(p *probe) {
	n := notes()
	p.migrate(n)
	p.apply(insert(n, row(1, "a")))
	ctx, cancel := context.WithCancel(p.ctx)
	cancel()
	calls := map[string]func(tx driver.Tx) error{
		"Do": func(tx driver.Tx) error {
			_, err := tx.Do(ctx, insert(n, row(3, "c")))
			return err
		},
		"Query": func(tx driver.Tx) error {
			_, err := collect(tx.Query(ctx, driver.Query{Table: n}))
			return err
		},
		"Sum": func(tx driver.Tx) error {
			_, err := collect(tx.Sum(ctx, driver.Query{Table: n}, nil, nil))
			return err
		},
		"Savepoint": func(tx driver.Tx) error {
			_, err := tx.Savepoint(ctx)
			return err
		},
	}
	for what, call := range calls {
		tx := p.write()
		p.do(tx, insert(n, row(2, "b")))
		p.mustBe(call(tx), context.Canceled, "%s", what)
		p.mustBe(p.try(tx, get(n, row(1))), driver.ErrDoomed, "after a cancelled %s", what)
		_ = tx.Rollback(ctx) // whatever it says, it must let go: what follows would wait for it
		p.apply(update(n, row(1, "a")))
		p.holds(n, row(1, "a"))
	}
	if tx, err := p.e.Begin(ctx, driver.TxOptions{Tenant: p.tenant}); err == nil { // it may put off talking to the database
		_, err = tx.Do(ctx, insert(n, row(2, "b")))
		p.is(err, context.Canceled)
		_ = tx.Rollback(p.ctx)
	}
	p.holds(n, row(1, "a"))
}

func commitCancelled(p *probe) {
	n := notes()
	p.migrate(n)
	ctx, cancel := context.WithCancel(p.ctx)
	cancel()
	for i := range 10 {
		tx := p.write()
		p.do(tx, insert(n, row(i, "n")))
		err := tx.Commit(ctx, insert(n, row(100+i, "n")))
		p.is(p.try(tx, get(n, row(1))), driver.ErrClosed)
		r := p.read()
		got := p.do(r, get(n, row(i), row(100+i)))[0].Rows
		p.rollback(r)
		if (got[0] == nil) != (got[1] == nil) {
			p.fail("a commit wrote half")
		}
		if there := got[0] != nil; there != (err == nil) && !errors.Is(err, driver.ErrUnknown) {
			p.fail("Commit returned %v; the rows are there: %v", err, there)
		}
	}
	p.apply(insert(n, row(1000, "the engine is still usable")))
}

func engineClosed(p *probe) {
	n := notes()
	p.migrate(n)
	p.apply(insert(n, row(1, "a")))
	w, r := p.write(), p.read()
	p.do(w, insert(n, row(2, "b")))
	p.query(r, driver.Query{Table: n})
	p.ok(p.e.Close())
	for name, tx := range map[string]driver.Tx{"writing": w, "read-only": r} {
		for what, err := range p.everything(tx, n) {
			p.mustBe(err, driver.ErrClosed, "%s in a %s transaction", what, name)
		}
		p.mustBe(tx.Commit(p.ctx), driver.ErrClosed, "Commit of a %s transaction", name)
		p.rollback(tx)
	}
	for _, ro := range []bool{false, true} {
		tx, err := p.e.Begin(p.ctx, driver.TxOptions{Tenant: p.tenant, ReadOnly: ro})
		if err == nil {
			err = p.try(tx, get(n, row(1)))
			_ = tx.Rollback(p.ctx)
		}
		p.is(err, driver.ErrClosed)
	}
	p.is(p.e.Migrate(p.ctx, driver.Schema{Tables: []*driver.Table{n}}), driver.ErrClosed)
}

func busy(p *probe) {
	a := accounts()
	p.migrate(a)
	p.apply(insert(a, row("x", 1, 5, "")))
	holder := p.write()
	p.do(holder, lock(a, row("x")))
	err := p.elsewhere(func() error {
		tx, err := p.e.Begin(p.ctx, driver.TxOptions{Tenant: p.tenant})
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback(p.ctx) }()
		return p.try(tx, lock(a, row("x")), update(a, row("x", 2, 6, "")))
	})
	p.is(err, driver.ErrBusy)
	if text := strings.Replace(err.Error(), driver.ErrBusy.Error(), "", 1); len(strings.Fields(text)) < 4 {
		p.fail("the text %q does not say for what it waited, and the likely cause", err)
	}
	p.do(holder, update(a, row("x", 2, 7, "")))
	p.commit(holder)
	p.holds(a, row("x", 2, 7, ""))
	p.apply(update(a, row("x", 3, 8, "")))
}
