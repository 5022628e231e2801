package storagetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tutas/tutas/storage/driver"
)

func concurrencyCases() []scenario {
	return []scenario{
		{name: "lost_update", run: lostUpdate,
			promise: "An Update whose row's version moved on is ErrConflict: no update is lost."},
		{name: "hot_row_lock", run: hotRowLock,
			promise: "Lock keeps the rows locked for this transaction until it ends: 32 writers on one hot row count exactly."},
		{name: "hot_row_add", run: hotRowAdd,
			promise: "Add waits for no lock longer than a plain write would, and adds exactly: 32 writers on one hot row, new at first."},
		{name: "lock_waits", run: lockWaits,
			promise: "Lock keeps the rows locked for this transaction until it ends."},
		{name: "lock_order", run: lockOrder,
			promise: "The backend locks in key order, whatever the order of Op.Rows: no two such Locks can deadlock."},
		{name: "add_order", run: addOrder,
			promise: "The backend adds in key order: no two Adds can deadlock."},
		{name: "read_committed", run: readCommitted,
			promise: "A writing Tx sees what was committed before each of its statements, and its own writes."},
		{name: "insert_race", run: insertRace,
			promise: "Of many who insert the same key or unique values at once, exactly one succeeds."},
		{name: "parent_race", run: parentRace,
			promise: "No child without its parent, though one transaction inserts the child while another deletes the parent."},
		{name: "transfers_seen_whole", run: transfersSeenWhole,
			promise: "A read-only Tx sees one snapshot: never one half of a transfer."},
		{name: "deadline_while_waiting", run: deadlineWhileWaiting,
			promise: "A writer that waits for another one stops when its context ends, with the context's error."},
	}
}

func lostUpdate(p *probe) {
	a := accounts()
	p.migrate(a)
	p.apply(insert(a, row("x", 1, 0, "")))
	const writers, times = 8, 5
	p.together(writers, func(int) {
		for range times {
			p.retry(func(tx driver.Tx) error {
				res, err := tx.Do(p.ctx, get(a, row("x")))
				if err != nil {
					return err
				}
				r := res[0].Rows[0]
				return p.try(tx, update(a, row("x", r[1].Int()+1, r[2].Int()+1, "")))
			})
		}
	})
	p.holds(a, row("x", writers*times+1, writers*times, ""))
}

func hotRowLock(p *probe) {
	a := accounts()
	p.migrate(a)
	p.apply(insert(a, row("x", 1, 0, ""), row("y", 1, 0, "")))
	const writers, times = 32, 3
	p.together(writers, func(i int) {
		for range times {
			p.retry(func(tx driver.Tx) error {
				res, err := tx.Do(p.ctx, lock(a, row("x")))
				if err != nil {
					return err
				}
				r := res[0].Rows[0]
				return p.try(tx, update(a, row("x", r[1].Int()+1, r[2].Int()+int64(i), "")))
			})
		}
	})
	p.holds(a, row("x", writers*times+1, times*writers*(writers-1)/2, ""), row("y", 1, 0, ""))
}

func hotRowAdd(p *probe) {
	tot := totals()
	p.migrate(tot)
	const writers, times = 32, 3
	p.together(writers, func(i int) {
		for range times {
			p.retry(func(tx driver.Tx) error {
				return p.try(tx, add(tot, []int{2, 3}, row("hot", 1, 1, i, ""), row(fmt.Sprintf("own %02d", i), 1, 1, 0, "")))
			})
		}
	})
	tx := p.read()
	p.same(rows(p.get(tx, tot, "hot", 1)), rows(row("hot", 1, writers*times, times*writers*(writers-1)/2, "")))
	p.same(p.sum(tx, driver.Query{Table: tot}, []int{2}, nil), rows(row(2*writers*times, writers+1)))
}

// lockWaits lets one transaction hold a row while another one wants it: the other may have it only when the first is
// about to commit.
func lockWaits(p *probe) {
	a := accounts()
	p.migrate(a)
	p.apply(insert(a, row("x", 1, 0, "")))
	holder := p.write()
	p.do(holder, lock(a, row("x")))
	var ending atomic.Bool
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			p.retry(func(tx driver.Tx) error {
				res, err := tx.Do(p.ctx, lock(a, row("x")))
				if err != nil {
					return err
				}
				if !ending.Load() {
					p.record("a second transaction got the lock while the first one still held it")
				}
				r := res[0].Rows[0]
				return p.try(tx, update(a, row("x", r[1].Int()+1, r[2].Int()*2, "")))
			})
		})
	}
	for i := range 20 {
		if got := p.do(holder, get(a, row("x")), update(a, row("x", 2+i, i+1, "")), lock(a, row("x")))[2].Rows[0]; !equal(got, row("x", 2+i, i+1, "")) {
			p.record("a locked row changed: " + showRow(got))
			break
		}
	}
	ending.Store(true)
	p.commit(holder)
	wg.Wait()
	if !p.failed() {
		p.holds(a, row("x", 25, 20*16, ""))
	}
}

func lockOrder(p *probe) {
	a := accounts()
	p.migrate(a)
	p.apply(insert(a, row("x", 1, 0, ""), row("y", 1, 0, ""), row("z", 1, 0, "")))
	const writers, times = 8, 6
	p.together(writers, func(i int) {
		keys := rows(row("x"), row("y"), row("z"))
		if i%2 == 1 {
			keys = rows(row("z"), row("y"), row("x"))
		}
		for range times {
			// No retry: in key order, nobody loses a race.
			err := p.once(func(tx driver.Tx) error {
				res, err := tx.Do(p.ctx, lock(a, keys...))
				if err != nil {
					return err
				}
				var next []driver.Row
				for _, r := range res[0].Rows {
					next = append(next, row(r[0], r[1].Int()+1, r[2].Int()+1, ""))
				}
				return p.try(tx, update(a, next...))
			})
			p.ok(err)
		}
	})
	p.holds(a, row("x", 1+writers*times, writers*times, ""), row("y", 1+writers*times, writers*times, ""), row("z", 1+writers*times, writers*times, ""))
}

func addOrder(p *probe) {
	tot := totals()
	p.migrate(tot)
	const writers, times, n = 8, 6, 12
	p.together(writers, func(i int) {
		var rs []driver.Row
		for k := range n {
			if i%2 == 1 {
				k = n - 1 - k
			}
			rs = append(rs, row("a", k, 1, i, ""))
		}
		for range times {
			p.ok(p.once(func(tx driver.Tx) error { return p.try(tx, add(tot, []int{2, 3}, rs...)) }))
		}
	})
	var want []driver.Row
	for k := range n {
		want = append(want, row("a", k, writers*times, times*writers*(writers-1)/2, ""))
	}
	p.holds(tot, want...)
}

// readCommitted starts another write while a transaction has only read. Where the engine lets it pass, the next
// statement must see it; where not, it waits.
func readCommitted(p *probe) {
	a := accounts()
	p.migrate(a)
	p.apply(insert(a, row("x", 1, 0, ""), row("y", 1, 0, "")))
	tx := p.write()
	p.same(rows(p.get(tx, a, "x")), rows(row("x", 1, 0, "")))
	done := make(chan error, 1)
	go func() {
		done <- p.once(func(tx driver.Tx) error {
			return p.try(tx, update(a, row("x", 2, 7, "")), insert(a, row("z", 1, 1, "")))
		})
	}()
	passed := false
	select {
	case err := <-done:
		p.ok(err)
		passed = true
	case <-time.After(time.Second):
	}
	if passed {
		p.same(rows(p.get(tx, a, "x")), rows(row("x", 2, 7, "")))
		p.same(p.query(tx, driver.Query{Table: a}), rows(row("x", 2, 7, ""), row("y", 1, 0, ""), row("z", 1, 1, "")))
		p.same(p.sum(tx, driver.Query{Table: a}, []int{2}, nil), rows(row(8, 3)))
		p.same(p.do(tx, lock(a, row("x")))[0].Rows, rows(row("x", 2, 7, "")))
		p.do(tx, update(a, row("x", 3, 8, "")))
		p.same(p.query(tx, driver.Query{Table: a, Where: []driver.Cond{where(2, driver.Ge, 1)}}), rows(row("x", 3, 8, ""), row("z", 1, 1, "")))
		p.commit(tx)
		p.holds(a, row("x", 3, 8, ""), row("y", 1, 0, ""), row("z", 1, 1, ""))
		return
	}
	p.same(p.query(tx, driver.Query{Table: a}), rows(row("x", 1, 0, ""), row("y", 1, 0, "")))
	p.do(tx, update(a, row("y", 2, 5, "")))
	p.commit(tx)
	p.ok(<-done)
	p.holds(a, row("x", 2, 7, ""), row("y", 2, 5, ""), row("z", 1, 1, ""))
}

func insertRace(p *probe) {
	m := members()
	p.migrate(m)
	race := func(n int, op func(i int) driver.Op) (won int) {
		var count atomic.Int32
		p.together(n, func(i int) {
			for {
				var res []driver.Result
				err := p.once(func(tx driver.Tx) (err error) {
					res, err = tx.Do(p.ctx, op(i))
					return err
				})
				switch {
				case err == nil && (res[0].Done == nil || res[0].Done[0]):
					count.Add(1)
				case errors.Is(err, driver.ErrConflict):
					continue
				case err != nil && (op(i).Skip || !errors.Is(err, driver.ErrExists)):
					p.fail("unexpected error: %v", err)
				}
				return
			}
		})
		return int(count.Load())
	}
	for name, op := range map[string]func(i int) driver.Op{
		"key":      func(i int) driver.Op { return insert(m, row(1, nil, "red", i, "")) },
		"index":    func(i int) driver.Op { return insert(m, row(100+i, "a@x", "red", 100+i, "")) },
		"key Skip": func(i int) driver.Op { return insertSkip(m, row(2, nil, "red", 200+i, "")) },
		"index Skip": func(i int) driver.Op {
			return insertSkip(m, row(300+i, "b@x", "red", 300+i, ""))
		},
	} {
		if won := race(12, op); won != 1 {
			p.fail("%s: %d of 12 inserts succeeded", name, won)
		}
	}
	if got := p.all(m); len(got) != 4 {
		p.fail("there are %d rows, want 4:\n%s", len(got), show(got))
	}
}

func parentRace(p *probe) {
	o, l := ordersAndLines()
	p.migrate(o, l)
	const n = 12
	for i := range n {
		p.apply(insert(o, row(fmt.Sprint("o", i), "")))
	}
	var kept, removed atomic.Int32
	p.together(2*n, func(i int) {
		id := fmt.Sprint("o", i/2)
		for {
			op, count := insert(l, row(id, 1, 1)), &kept
			if i%2 == 1 {
				op, count = remove(o, row(id)), &removed
			}
			err := p.once(func(tx driver.Tx) error { return p.try(tx, op) })
			if errors.Is(err, driver.ErrConflict) {
				continue
			}
			if err == nil {
				count.Add(1)
			} else if !errors.Is(err, driver.ErrReference) {
				p.fail("unexpected error: %v", err)
			}
			return
		}
	})
	orders, lines := p.all(o), p.all(l)
	if len(orders) != len(lines) || int(kept.Load()) != len(lines) || int(kept.Load()+removed.Load()) != n {
		p.fail("%d lines were inserted and %d orders deleted; there are %d lines and %d orders", kept.Load(), removed.Load(), len(lines), len(orders))
	}
	for i, r := range lines {
		if r[0] != orders[i][0] {
			p.fail("a line without its order:\n%s%s", show(orders), show(lines))
		}
	}
}

func transfersSeenWhole(p *probe) {
	a := accounts()
	p.migrate(a)
	const n, each = 6, 1000
	for i := range n {
		p.apply(insert(a, row(fmt.Sprint(i), 1, each, "")))
	}
	var finished atomic.Bool
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for !finished.Load() && !p.failed() {
				tx := p.read()
				var sum int64
				for _, r := range p.query(tx, driver.Query{Table: a}) {
					sum += r[2].Int()
				}
				again := p.sum(tx, driver.Query{Table: a}, []int{2}, nil)
				p.rollback(tx)
				if sum != n*each || again[0][0].Int() != sum || again[0][1].Int() != n {
					p.fail("a snapshot holds %d, and later %s; want %d", sum, showRow(again[0]), n*each)
				}
			}
		})
	}
	p.together(4, func(w int) {
		rnd := rand.New(rand.NewPCG(p.suite.seed, uint64(w)))
		for range 15 {
			from := rnd.IntN(n)
			to := (from + 1 + rnd.IntN(n-1)) % n
			amount := rnd.Int64N(50)
			p.retry(func(tx driver.Tx) error {
				res, err := tx.Do(p.ctx, lock(a, row(fmt.Sprint(from)), row(fmt.Sprint(to))))
				if err != nil {
					return err
				}
				x, y := res[0].Rows[0], res[0].Rows[1]
				if err := p.try(tx, update(a, row(x[0], x[1].Int()+1, x[2].Int()-amount, ""))); err != nil {
					return err
				}
				return p.try(tx, update(a, row(y[0], y[1].Int()+1, y[2].Int()+amount, "")))
			})
		}
	})
	finished.Store(true)
	readers.Wait()
	tx := p.read()
	p.same(p.sum(tx, driver.Query{Table: a}, []int{2}, nil), rows(row(n*each, n)))
}

func deadlineWhileWaiting(p *probe) {
	a := accounts()
	p.migrate(a)
	p.apply(insert(a, row("x", 1, 0, "")))
	holder := p.write()
	p.do(holder, lock(a, row("x")), update(a, row("x", 2, 1, "")))
	ctx, cancel := context.WithTimeout(p.ctx, 200*time.Millisecond)
	defer cancel()
	err := p.elsewhere(func() error {
		tx, err := p.e.Begin(ctx, driver.TxOptions{Tenant: p.tenant})
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback(p.ctx) }()
		_, err = tx.Do(ctx, lock(a, row("x")), update(a, row("x", 2, 99, "")))
		return err
	})
	p.is(err, context.DeadlineExceeded)
	p.do(holder, update(a, row("x", 3, 2, "")))
	p.commit(holder)
	p.apply(update(a, row("x", 4, 3, "")))
	p.holds(a, row("x", 4, 3, ""))
}
