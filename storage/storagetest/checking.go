package storagetest

import (
	"errors"
	"sync"
	"sync/atomic"

	"github.com/tutas/tutas/storage/driver"
)

func checkCases() []scenario {
	return []scenario{
		{name: "check_version", run: checkVersion,
			promise: "Check fails with ErrConflict unless each row is there in the version given; among the last operations of a Commit it makes the commit fail, and nothing is written."},
		{name: "check_sees_own", run: checkSeesOwn,
			promise: "Check compares with what the transaction itself has written, and follows it through savepoints."},
		{name: "check_holds", run: checkHolds,
			promise: "A row that was checked cannot change or go until the transaction ends."},
		{name: "check_shared", run: checkShared,
			promise: "Others may check a row that was checked."},
		{name: "check_race", run: checkRace,
			promise: "What is written with a Check of a version is there before that version changes, or not at all."},
		{name: "check_order", run: checkOrder,
			promise: "The backend checks in key order: no two Checks, and no Check and Lock, can deadlock."},
		{name: "check_joined", run: checkJoined, needs: needsHost,
			promise: "In a host's transaction a Check that fails leaves nothing of its Tx, and one that passes holds until the host ends the transaction."},
	}
}

func check(t *driver.Table, rs ...driver.Row) driver.Op {
	return driver.Op{Kind: driver.Check, Table: t, Rows: rs}
}

func checkVersion(p *probe) {
	a, n := accounts(), notes()
	p.migrate(a, n)
	p.apply(insert(a, row("x", 1, 0, ""), row("y", 7, 0, ""), row("z", 3, 0, "")))
	p.apply(check(a, row("x", 1, 9, "values do not matter")), check(a, row("z", 3, 0, ""), row("x", 1, 0, ""), row("y", 7, 0, "")), check(a))
	for i, op := range []driver.Op{
		check(a, row("x", 2, 0, "")), check(a, row("x", 0, 0, "")), check(a, row("gone", 1, 0, "")),
		check(a, row("x", 1, 0, ""), row("y", 6, 0, "")), check(a, row("z", 3, 0, ""), row("gone", 1, 0, ""), row("x", 1, 0, "")),
	} {
		p.mustBe(p.refused(op), driver.ErrConflict, "check %d", i)
		tx := p.write()
		p.do(tx, insert(n, row(1, "before")))
		p.mustBe(tx.Commit(p.ctx, insert(n, row(2, "with it")), op), driver.ErrConflict, "commit with check %d", i)
		tx = p.write()
		p.mustBe(tx.Commit(p.ctx, op, insert(n, row(3, "after it"))), driver.ErrConflict, "commit after check %d", i)
	}
	p.holds(n)
	p.holds(a, row("x", 1, 0, ""), row("y", 7, 0, ""), row("z", 3, 0, ""))
	p.is(p.refused(check(n, row(1, "a"))), driver.ErrSchema)
	tx := p.read()
	p.is(p.try(tx, check(a, row("x", 1, 0, ""))), driver.ErrReadOnly)
	p.rollback(tx)
	tx = p.write() // what was read before is compared anew
	p.same(rows(p.get(tx, a, "x")), rows(row("x", 1, 0, "")))
	if p.overlapping() {
		p.apply(update(a, row("x", 2, 5, "")))
		p.is(tx.Commit(p.ctx, insert(n, row(1, "late")), check(a, row("x", 1, 0, ""))), driver.ErrConflict)
		p.holds(n)
	} else {
		p.commit(tx, check(a, row("x", 1, 0, "")))
	}
}

func checkSeesOwn(p *probe) {
	a := accounts()
	p.migrate(a)
	p.apply(insert(a, row("x", 1, 0, "")))
	tx := p.write()
	p.do(tx, update(a, row("x", 2, 1, "")), check(a, row("x", 2, 0, "")), insert(a, row("y", 1, 0, "")), check(a, row("y", 1, 0, "")))
	sp := p.savepoint(tx)
	p.is(p.try(tx, update(a, row("x", 3, 2, "")), check(a, row("x", 2, 0, ""))), driver.ErrConflict)
	p.is(p.try(tx, check(a, row("x", 2, 0, ""))), driver.ErrDoomed)
	p.ok(sp.RollBack(p.ctx))
	sp = p.savepoint(tx)
	p.do(tx, check(a, row("x", 2, 0, ""), row("y", 1, 0, "")))
	p.ok(sp.Release(p.ctx))
	p.do(tx, remove(a, row("y")))
	sp = p.savepoint(tx)
	p.is(p.try(tx, check(a, row("y", 1, 0, ""))), driver.ErrConflict)
	p.ok(sp.RollBack(p.ctx))
	p.commit(tx, add(a, []int{1, 2}, row("x", 1, 10, "")), check(a, row("x", 3, 0, "")))
	p.holds(a, row("x", 3, 11, ""))
}

// checkHolds lets one transaction check a row while others want to change it: they may only when it is about to commit.
func checkHolds(p *probe) {
	a := accounts()
	p.migrate(a)
	p.apply(insert(a, row("x", 1, 0, ""), row("y", 1, 0, ""), row("z", 1, 0, "")))
	holder := p.write()
	p.do(holder, check(a, row("x", 1, 0, "")))
	sp := p.savepoint(holder)
	p.do(holder, check(a, row("z", 1, 0, ""), row("y", 1, 0, "")))
	p.ok(sp.Release(p.ctx))
	var ending atomic.Bool
	var wg sync.WaitGroup
	for _, op := range []driver.Op{
		update(a, row("x", 2, 5, "")), add(a, []int{1}, row("y", 1, 0, "")), remove(a, row("z")),
	} {
		wg.Go(func() {
			p.retry(func(tx driver.Tx) error {
				if err := p.try(tx, op); err != nil {
					return err
				}
				if !ending.Load() {
					p.record("a row that was checked changed before the transaction ended")
				}
				return nil
			})
		})
	}
	for range 20 {
		p.same(p.query(holder, driver.Query{Table: a}), rows(row("x", 1, 0, ""), row("y", 1, 0, ""), row("z", 1, 0, "")))
	}
	ending.Store(true)
	p.commit(holder, check(a, row("x", 1, 0, "")))
	wg.Wait()
	if !p.failed() {
		p.holds(a, row("x", 2, 5, ""), row("y", 2, 0, ""))
	}
}

func checkShared(p *probe) {
	a, n := accounts(), notes()
	p.migrate(a, n)
	p.apply(insert(a, row("x", 1, 0, ""), row("y", 1, 0, "")))
	if p.overlapping() {
		one, two := p.write(), p.write()
		p.do(one, check(a, row("x", 1, 0, "")))
		p.do(two, check(a, row("x", 1, 0, ""), row("y", 1, 0, "")))
		p.commit(p.write(), insert(n, row(1, "a third")), check(a, row("y", 1, 0, "")))
		p.commit(two, insert(n, row(2, "two")))
		p.commit(one, insert(n, row(3, "one")), check(a, row("x", 1, 0, "")))
		p.holds(n, row(1, "a third"), row(2, "two"), row(3, "one"))
	}
	p.together(8, func(i int) {
		for k := range 5 { // no retry: nobody changes anything
			p.ok(p.once(func(tx driver.Tx) error {
				return p.try(tx, insert(n, row(100+10*i+k, "")), check(a, row("y", 1, 0, ""), row("x", 1, 0, "")))
			}))
		}
	})
}

// checkRace has writers note the version that they checked, and one who raises it look what it finds of the version before: nothing may
// come in after.
func checkRace(p *probe) {
	a, tot := accounts(), totals()
	p.migrate(a, tot)
	p.apply(insert(a, row("x", 1, 0, "")))
	const writers, times, raises = 6, 12, 5
	var written atomic.Int64
	seen := map[int64]int64{}
	p.together(writers+1, func(i int) {
		if i == writers {
			for range raises {
				p.retry(func(tx driver.Tx) error {
					res, err := tx.Do(p.ctx, lock(a, row("x")))
					if err != nil {
						return err
					}
					v := res[0].Rows[0][1].Int()
					if err := p.try(tx, update(a, row("x", v+1, 0, ""))); err != nil {
						return err
					}
					got, err := collect(tx.Query(p.ctx, driver.Query{Table: tot, Where: []driver.Cond{where(2, driver.Eq, v)}}))
					seen[v] = int64(len(got))
					return err
				})
			}
			return
		}
		for k := range times {
			p.retry(func(tx driver.Tx) error {
				res, err := tx.Do(p.ctx, get(a, row("x")))
				if err != nil {
					return err
				}
				v := res[0].Rows[0][1].Int()
				err = tx.Commit(p.ctx, insert(tot, row("t", 100*i+k, v, 0, "")), check(a, row("x", v, 0, "")))
				if err == nil {
					written.Add(1)
				}
				return err
			})
		}
	})
	all := p.all(tot)
	if written.Load() != writers*times || len(all) != writers*times {
		p.fail("%d commits, %d rows; want %d", written.Load(), len(all), writers*times)
	}
	count := map[int64]int64{}
	for _, r := range all {
		count[r[2].Int()]++
	}
	for v := int64(1); v <= raises; v++ {
		if count[v] != seen[v] {
			p.fail("of version %d there are %d rows, but %d when it was over", v, count[v], seen[v])
		}
	}
}

func checkOrder(p *probe) {
	a := accounts()
	p.migrate(a)
	p.apply(insert(a, row("x", 1, 0, ""), row("y", 1, 0, ""), row("z", 1, 0, "")))
	p.together(8, func(i int) {
		keys := rows(row("x", 1, 0, ""), row("y", 1, 0, ""), row("z", 1, 0, ""))
		if i%2 == 1 {
			keys = rows(row("z", 1, 0, ""), row("y", 1, 0, ""), row("x", 1, 0, ""))
		}
		for range 6 {
			p.ok(p.once(func(tx driver.Tx) error {
				if i%4 < 2 {
					return p.try(tx, check(a, keys...))
				}
				return p.try(tx, lock(a, keys[0][:1], keys[1][:1], keys[2][:1]))
			}))
		}
	})
}

func checkJoined(p *probe) {
	a, n := accounts(), notes()
	p.migrate(a, n)
	p.apply(insert(a, row("x", 1, 0, "")))
	h := p.host()
	p.commit(h.bind(), insert(n, row(1, "first")), check(a, row("x", 1, 0, "")))
	p.is(h.bind().Commit(p.ctx, insert(n, row(2, "refused")), check(a, row("x", 2, 0, ""))), driver.ErrConflict)
	tx := h.bind()
	p.is(p.try(tx, insert(n, row(3, "refused")), check(a, row("gone", 1, 0, ""))), driver.ErrConflict)
	p.rollback(tx)
	var ending atomic.Bool
	changed := make(chan error, 1)
	go func() {
		err := errors.New("the goroutine ended early")
		defer func() { changed <- err }()
		p.retry(func(tx driver.Tx) error {
			if err := p.try(tx, update(a, row("x", 2, 5, ""))); err != nil {
				return err
			}
			if !ending.Load() {
				p.record("a row that was checked changed before the host's transaction ended")
			}
			return nil
		})
		err = nil
	}()
	for range 20 {
		tx = h.bind()
		p.same(rows(p.get(tx, a, "x")), rows(row("x", 1, 0, "")))
		p.commit(tx)
	}
	ending.Store(true)
	p.ok(h.commit(p.ctx))
	p.ok(<-changed)
	p.holds(n, row(1, "first"))
	p.holds(a, row("x", 2, 5, ""))
}
