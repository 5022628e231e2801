package storagetest

import (
	"math/rand/v2"
	"sync/atomic"

	"github.com/tutas/tutas/storage/driver"
)

func pagingCases() []scenario {
	return []scenario{
		{name: "paging_while_rows_come_and_go", run: pagingWhileRowsComeAndGo,
			promise: "Paging by keyset over a large table, while rows come and go, neither misses nor doubles a row that stayed."},
	}
}

// pagingWhileRowsComeAndGo pages through rows of which those with an even id stay, while a writer inserts and deletes
// odd ones, and changes texts that no order depends on.
func pagingWhileRowsComeAndGo(p *probe) {
	t := &driver.Table{Name: "crowd", Key: 1, Version: -1,
		Columns: []driver.Column{{Name: "id", Kind: driver.Int}, {Name: "rank", Kind: driver.Int}, {Name: "body", Kind: driver.Text}},
		Indexes: []driver.Index{{Name: "rank", Columns: []int{1}}}}
	p.migrate(t)
	n := 10_000
	if Long() {
		n = 100_000
	}
	member := func(id int) driver.Row { return row(id, (id*7919)%97, "n") }
	for from := 0; from < n; from += 5000 {
		var rs []driver.Row
		for id := from; id < min(from+5000, n); id++ {
			rs = append(rs, member(id))
		}
		p.apply(insert(t, rs...))
	}
	var finished atomic.Bool
	writer := make(chan struct{})
	go func() {
		defer close(writer)
		rnd := rand.New(rand.NewPCG(p.suite.seed, 1))
		for !finished.Load() && !p.failed() {
			var gone, come, changed []driver.Row
			for range 40 {
				gone = append(gone, row(2*rnd.IntN(n/2)+1))
				come = append(come, member(2*rnd.IntN(n)+1))
			}
			even := 2 * rnd.IntN(n/2)
			changed = append(changed, set(member(even), 2, "changed"))
			p.retry(func(tx driver.Tx) error {
				return p.try(tx, remove(t, gone...), insertSkip(t, come...), update(t, changed...))
			})
		}
	}()
	for _, q := range []driver.Query{{Table: t}, {Table: t, Desc: true}, {Table: t, Order: []int{1}}, {Table: t, Order: []int{1}, Desc: true},
		{Table: t, Order: []int{1}, Where: []driver.Cond{where(1, driver.Ge, 50)}}} {
		seen := make(map[int64]int, n)
		want := 0
		for id := 0; id < n; id += 2 {
			if len(q.Where) == 0 || matches(q.Where[0], member(id)) {
				want++
			}
		}
		q.Limit = 500
		var last driver.Row
		for {
			page := p.rows(q)
			for _, r := range page {
				if at := place(t, q.Order, r); last != nil && (driver.CompareRows(at, last) > 0) == q.Desc {
					p.fail("%s came after %s", showRow(at), showRow(last))
				} else {
					last = at
				}
				seen[r[0].Int()]++
			}
			if len(page) < q.Limit {
				break
			}
			q.After = last
		}
		stayed := 0
		for id, times := range seen {
			if times > 1 {
				p.fail("row %d came %d times", id, times)
			}
			if id%2 == 0 {
				stayed++
			}
		}
		if stayed != want {
			p.fail("order %v, descending %v: of %d rows that stayed, %d were seen", q.Order, q.Desc, want, stayed)
		}
	}
	finished.Store(true)
	<-writer
	// A few rows are enough to look at in the end.
	p.retry(func(tx driver.Tx) error {
		var keys []driver.Row
		for _, r := range p.query(tx, driver.Query{Table: t, After: row(20)}) {
			keys = append(keys, r[:1])
		}
		return p.try(tx, remove(t, keys...))
	})
}
