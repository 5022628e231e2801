package storagetest

import (
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"

	"github.com/tutas/tutas/storage/driver"
)

func tailingCases() []scenario {
	return []scenario{
		{name: "tail", run: tail,
			promise: "Tail reads a tailed table after a place, oldest first, at most Limit rows; Next is the position after the last row, equal to the query's own when there is none."},
		{name: "tail_behind", run: tailBehind,
			promise: "Behind says that rows are already committed after Next that were not returned."},
		{name: "tail_changes", run: tailChanges,
			promise: "Rows of a tailed table may be deleted, and updated: their position stays that of the insert."},
		{name: "tail_undone", run: tailUndone,
			promise: "What was rolled back, whole or to a savepoint, is never in the tail."},
		{name: "tail_snapshot", run: tailSnapshot,
			promise: "Tail in a read-only Tx sees its snapshot."},
		{name: "tail_late_commit", run: tailLateCommit,
			promise: "Tail reads in an order in which no row can later appear before one already returned, though a transaction that began first commits last."},
		{name: "tail_under_lock", run: tailUnderLock,
			promise: "Rows written under one lock come in the order in which the lock was held, whichever transaction began first."},
		{name: "tail_concurrent", run: tailConcurrent,
			promise: "A reader that follows the tail of many writers gets each committed row exactly once."},
		{name: "tail_survives_reopening", run: tailSurvivesReopening, needs: needsReopen, once: true,
			promise: "A position stays good when the engine is opened again."},
	}
}

func (p *probe) tail(tx driver.Tx, q driver.TailQuery) driver.TailPage {
	page, err := tx.Tail(p.ctx, q)
	p.ok(err)
	if len(page.Rows) == 0 && page.Next != q.After {
		p.fail("an empty page moved the position from %q to %q", q.After, page.Next)
	}
	if len(page.Rows) > q.Limit {
		p.fail("a page of %d rows, want at most %d", len(page.Rows), q.Limit)
	}
	return page
}

// follow reads a tail on from a position until nothing is behind, in pages of limit. On an engine that other
// processes use as well, a transaction of theirs may hold rows back for a while.
func (p *probe) follow(t *driver.Table, after driver.Position, limit int) (all []driver.Row, next driver.Position) {
	for p.ctx.Err() == nil {
		tx := p.read()
		page := p.tail(tx, driver.TailQuery{Table: t, After: after, Limit: limit})
		p.rollback(tx)
		all, after = append(all, page.Rows...), page.Next
		if !page.Behind {
			return all, after
		}
		if len(page.Rows) == 0 {
			<-time.After(5 * time.Millisecond)
		}
	}
	p.fail("the tail stays behind: %d rows so far", len(all))
	return nil, ""
}

func tail(p *probe) {
	log := journal()
	p.migrate(log)
	none, start := p.follow(log, "", 10)
	p.same(none, nil)
	if start != "" {
		p.fail("an empty table moved the position to %q", start)
	}
	var want []driver.Row
	for _, id := range []int{5, 3, 9, 1, 7, 2} { // the order is that of commits, not of keys
		want = append(want, row(id, "n"))
		p.apply(insert(log, row(id, "n")))
	}
	for _, limit := range []int{1, 2, 5, 6, 100} {
		got, end := p.follow(log, "", limit)
		p.same(got, want)
		again, same := p.follow(log, end, limit)
		p.same(again, nil)
		if same != end {
			p.fail("the position moved though nothing came")
		}
	}
	_, middle := p.follow(log, "", 100)
	p.apply(insert(log, row(4, "a"), row(0, "b")), insertSkip(log, row(5, "skipped"), row(8, "c")), add(log, nil, row(6, "d"), row(5, "there already")))
	got, end := p.follow(log, middle, 3)
	p.same(sorted(log, got, nil, false), rows(row(0, "b"), row(4, "a"), row(6, "d"), row(8, "c")))
	whole, last := p.follow(log, "", 4)
	p.same(whole, append(slices.Clone(want), got...))
	if rest, _ := p.follow(log, last, 4); len(rest) > 0 {
		p.fail("after the end come %s", show(rest))
	}
	tx := p.write() // a writing transaction may look, too
	if page := p.tail(tx, driver.TailQuery{Table: log, After: end, Limit: 10}); len(page.Rows) > 0 || page.Behind {
		p.fail("after the end: %s, behind: %v", show(page.Rows), page.Behind)
	}
	p.rollback(tx)
}

func tailBehind(p *probe) {
	log := journal()
	p.migrate(log)
	for id := range 5 {
		p.apply(insert(log, row(id, "n")))
	}
	p.follow(log, "", 100) // until all is settled
	tx := p.read()
	var at driver.Position
	for i, limit := range []int{2, 2, 1, 1} {
		page := p.tail(tx, driver.TailQuery{Table: log, After: at, Limit: limit})
		if want := i < 2; page.Behind != want {
			p.fail("page %d: behind is %v, want %v", i, page.Behind, want)
		}
		at = page.Next
	}
	p.rollback(tx)
	// Another tenant's rows are nobody else's business.
	p.as(p.tenant+" beside", func() { p.apply(insert(log, row(1, "not ours"), row(77, "not ours"))) })
	got, next := p.follow(log, at, 10)
	p.same(got, nil)
	if next != at {
		p.fail("another tenant's rows moved the position")
	}
}

func tailChanges(p *probe) {
	log := journal()
	p.migrate(log)
	for id := range 6 {
		p.apply(insert(log, row(id, "n")))
	}
	_, end := p.follow(log, "", 10)
	p.apply(update(log, row(1, "changed")), remove(log, row(3), row(5)))
	p.apply(add(log, nil, row(2, "there already")))
	got, _ := p.follow(log, "", 2)
	p.same(got, rows(row(0, "n"), row(1, "changed"), row(2, "n"), row(4, "n")))
	got, _ = p.follow(log, end, 10)
	p.same(got, nil)
	p.apply(insert(log, row(3, "again")))
	got, _ = p.follow(log, end, 10)
	p.same(got, rows(row(3, "again")))
}

func tailUndone(p *probe) {
	log := journal()
	p.migrate(log)
	p.apply(insert(log, row(1, "a")))
	tx := p.write()
	p.do(tx, insert(log, row(2, "undone")))
	p.rollback(tx)
	tx = p.write()
	p.do(tx, insert(log, row(3, "c")))
	sp := p.savepoint(tx)
	p.do(tx, insert(log, row(4, "undone")), remove(log, row(1)))
	p.ok(sp.RollBack(p.ctx))
	p.commit(tx, insert(log, row(5, "e")))
	got, _ := p.follow(log, "", 10)
	p.same(got[:1], rows(row(1, "a")))
	p.same(sorted(log, got, nil, false), rows(row(1, "a"), row(3, "c"), row(5, "e")))
}

func tailSnapshot(p *probe) {
	log := journal()
	p.migrate(log)
	p.apply(insert(log, row(1, "a")))
	p.follow(log, "", 10)
	tx := p.read()
	p.query(tx, driver.Query{Table: log})
	p.apply(insert(log, row(2, "b")))
	page := p.tail(tx, driver.TailQuery{Table: log, Limit: 10})
	p.same(page.Rows, rows(row(1, "a")))
	p.rollback(tx)
	got, _ := p.follow(log, page.Next, 10)
	p.same(got, rows(row(2, "b")))
}

// tailLateCommit lets a transaction insert a row and commit it only after another one, which began later, has
// committed. On an engine with a single writer the second simply waits for the first.
func tailLateCommit(p *probe) {
	log := journal()
	p.migrate(log)
	p.apply(insert(log, row(1, "before")))
	got, at := p.follow(log, "", 10)
	p.same(got, rows(row(1, "before")))

	early := p.write()
	p.do(early, insert(log, row(2, "began first")))
	second := make(chan error, 1)
	go func() {
		second <- p.once(func(tx driver.Tx) error { return p.try(tx, insert(log, row(3, "began second"))) })
	}()
	if p.overlapping() {
		p.ok(<-second)
		tx := p.read()
		held := p.tail(tx, driver.TailQuery{Table: log, After: at, Limit: 10})
		if len(held.Rows) == 0 && !held.Behind {
			p.fail("a committed row was held back, and Behind does not say so")
		}
		p.same(held.Rows, rows(row(3, "began second"))[:len(held.Rows)])
		loose := p.tail(tx, driver.TailQuery{Table: log, After: at, Limit: 10, Unsettled: true})
		p.same(loose.Rows, rows(row(3, "began second")))
		p.rollback(tx)
		got, at = append(got, held.Rows...), held.Next
		p.commit(early)
	} else {
		p.commit(early)
		p.ok(<-second)
	}
	more, at := p.follow(log, at, 1)
	got = append(got, more...)
	p.same(sorted(log, got, nil, false), rows(row(1, "before"), row(2, "began first"), row(3, "began second")))
	whole, _ := p.follow(log, "", 10)
	p.same(whole, got)
	p.apply(insert(log, row(4, "after")))
	more, _ = p.follow(log, at, 10)
	p.same(more, rows(row(4, "after")))
	tx := p.read()
	p.same(p.tail(tx, driver.TailQuery{Table: log, Limit: 10, Unsettled: true}).Rows, append(got, more...))
}

// tailUnderLock lets transactions that began, and wrote something of their own, one after another hold one lock in the opposite order.
func tailUnderLock(p *probe) {
	const holders = 5
	log, subject := journal(), notes()
	p.migrate(log, subject)
	p.apply(insert(subject, row(1, "subject"), row(2, "another")))
	var open []driver.Tx
	for i := range holders {
		if i > 0 && !p.overlapping() { // the lock of the whole store is held in turn
			p.hold(open[i-1], log, subject, i-1)
			p.commit(open[i-1])
		}
		open = append(open, p.write())
		p.do(open[i], insert(log, row(100+i, "unrelated")))
	}
	want := []driver.Row{}
	for n := range holders {
		i := n
		if p.overlapping() {
			i = holders - 1 - n
		}
		if p.overlapping() || i == holders-1 {
			p.hold(open[i], log, subject, i)
			if p.overlapping() && i%2 == 0 { // one with a higher number ends in between
				p.apply(insert(log, row(200+i, "beside")))
			}
			p.commit(open[i])
		}
		want = append(want, row(10*i, "first"), row(10*i+1, "second"))
	}
	all, _ := p.follow(log, "", 3)
	var got []driver.Row
	for _, r := range all {
		if r[0].Int() < 100 {
			got = append(got, r)
		}
	}
	p.same(got, want)
	whole, _ := p.follow(log, "", 1000)
	p.same(whole, all)
}

// hold takes the lock and writes two rows under it, the second after a savepoint.
func (p *probe) hold(tx driver.Tx, log, subject *driver.Table, i int) {
	p.do(tx, lock(subject, row(1)))
	p.do(tx, insert(log, row(10*i, "first")))
	sp := p.savepoint(tx)
	p.do(tx, insert(log, row(10*i+1, "second")))
	p.ok(sp.Release(p.ctx))
}

func tailConcurrent(p *probe) {
	log := journal()
	p.migrate(log)
	const writers, times = 8, 12
	var finished atomic.Bool
	var got []driver.Row
	var at driver.Position
	reader := make(chan struct{})
	go func() {
		defer close(reader)
		for !finished.Load() && !p.failed() {
			tx := p.read()
			page := p.tail(tx, driver.TailQuery{Table: log, After: at, Limit: 5})
			p.rollback(tx)
			got, at = append(got, page.Rows...), page.Next
		}
	}()
	kept := make([][]driver.Row, writers)
	p.together(writers, func(w int) {
		rnd := rand.New(rand.NewPCG(p.suite.seed, uint64(w)))
		for i := range times {
			var rs []driver.Row
			for k := range 1 + rnd.IntN(3) {
				rs = append(rs, row(w*1000+i*10+k, "n"))
			}
			lost := rnd.IntN(4) == 0
			p.retry(func(tx driver.Tx) error {
				for _, r := range rs {
					if err := p.try(tx, insert(log, r)); err != nil {
						return err
					}
				}
				if lost {
					return tx.Rollback(p.ctx)
				}
				return tx.Commit(p.ctx)
			})
			if !lost {
				kept[w] = append(kept[w], rs...)
			}
		}
	})
	finished.Store(true)
	<-reader
	if p.failed() {
		p.fail("the reader failed")
	}
	rest, _ := p.follow(log, at, 7)
	got = append(got, rest...)
	p.same(sorted(log, got, nil, false), sorted(log, slices.Concat(kept...), nil, false))
	whole, _ := p.follow(log, "", 1000)
	p.same(whole, got)
}

func tailSurvivesReopening(p *probe) {
	log := journal()
	p.migrate(log)
	p.apply(insert(log, row(2, "a")))
	p.apply(insert(log, row(1, "b")))
	_, at := p.follow(log, "", 10)
	p.e = p.suite.harness.Reopen(p.t, p.e)
	log = journal()
	p.migrate(log)
	got, _ := p.follow(log, at, 10)
	p.same(got, nil)
	p.apply(insert(log, row(0, "c")))
	got, _ = p.follow(log, at, 10)
	p.same(got, rows(row(0, "c")))
	got, _ = p.follow(log, "", 10)
	p.same(got, rows(row(2, "a"), row(1, "b"), row(0, "c")))
}
