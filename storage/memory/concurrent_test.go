package memory_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/memory"
)

func count(f *fixture, tx driver.Tx) int64 {
	n := int64(0)
	for row, err := range tx.Sum(f.ctx, driver.Query{Table: f.accts}, []int{aBalance}, nil) {
		f.must(err)
		n = row[0].Int()
	}
	return n
}

// Money moves between accounts while readers add everything up: each sum must be that of one moment, in one statement or in two.
func TestReadersSeeOneStateWhileOthersWrite(t *testing.T) {
	f := newFixture(t)
	tenants := []string{"a", "b", "c"}
	for _, tenant := range tenants {
		var rows []driver.Row
		for i := range int64(50) {
			rows = append(rows, acct(i, 1, "x", driver.Null, 100, num(i)))
		}
		f.do(tenant, driver.Op{Kind: driver.Insert, Table: f.accts, Rows: rows})
	}
	var done atomic.Bool
	var readers, writers sync.WaitGroup
	for w, tenant := range slices.Concat(tenants, tenants) {
		writers.Go(func() {
			for i := range int64(300) {
				from, to := (i*7+int64(w))%50, (i*13+3)%50
				tx, err := f.e.Begin(f.ctx, driver.TxOptions{Tenant: tenant})
				if err != nil {
					t.Error(err)
					return
				}
				res, err := tx.Do(f.ctx, driver.Op{Kind: driver.Lock, Table: f.accts, Rows: []driver.Row{{num(from)}, {num(to)}}})
				if err != nil {
					t.Error(err)
					return
				}
				ops := []driver.Op{}
				for side, row := range res[0].Rows {
					row[aVersion] = num(row[aVersion].Int() + 1)
					row[aBalance] = num(row[aBalance].Int() + int64(side*2-1))
					row[aDue] = num(i)
					ops = append(ops, driver.Op{Kind: driver.Update, Table: f.accts, Rows: []driver.Row{row}})
				}
				if from == to {
					ops = ops[:0]
				}
				if err := tx.Commit(f.ctx, ops...); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for _, tenant := range append(tenants, "") {
		readers.Go(func() {
			for !done.Load() {
				if tenant == "" {
					sum := int64(0)
					all, err := f.e.Begin(f.ctx, driver.TxOptions{Across: true})
					if err != nil {
						t.Error(err)
						return
					}
					for row, err := range all.Query(f.ctx, driver.Query{Table: f.accts, Order: []int{aDue}}) {
						if err != nil {
							t.Error(err)
							return
						}
						sum += row[aBalance].Int()
					}
					if sum != 3*50*100 {
						t.Errorf("all tenants hold %d", sum)
					}
					continue
				}
				v, err := f.e.Begin(f.ctx, driver.TxOptions{Tenant: tenant, ReadOnly: true})
				if err != nil {
					t.Error(err)
					return
				}
				first := f.rows(v.Query(f.ctx, driver.Query{Table: f.accts}))
				if n := count(f, v); n != 50*100 {
					t.Errorf("tenant %s holds %d", tenant, n)
				}
				if again := f.rows(v.Query(f.ctx, driver.Query{Table: f.accts})); again != first {
					t.Error("a snapshot has changed")
				}
			}
		})
	}
	writers.Wait()
	done.Store(true)
	readers.Wait()
}

func TestThirtyTwoWritersOfOneRowLoseNothingAndStarveNobody(t *testing.T) {
	f := newFixture(t)
	f.do("a", driver.Op{Kind: driver.Insert, Table: f.accts, Rows: []driver.Row{acct(1, 1, "x", driver.Null, 0, driver.Null)}})
	var group sync.WaitGroup
	for range 32 {
		group.Go(func() {
			for range 50 {
				tx, err := f.e.Begin(f.ctx, driver.TxOptions{Tenant: "a"})
				if err == nil {
					err = tx.Commit(f.ctx, driver.Op{Kind: driver.Add, Table: f.accts, Sums: []int{aBalance},
						Rows: []driver.Row{acct(1, 1, "x", driver.Null, 1, driver.Null)}})
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if n := count(f, f.begin(driver.TxOptions{Tenant: "a"})); n != 32*50 {
		t.Errorf("got %d", n)
	}
}

func TestWaitingForAnotherWriterEnds(t *testing.T) {
	f := newFixture(t, memory.BusyTimeout(20*time.Millisecond))
	lock := driver.Op{Kind: driver.Lock, Table: f.accts}
	open := f.begin(driver.TxOptions{Tenant: "a"})
	_, err := open.Do(f.ctx, lock)
	f.must(err)

	_, err = f.begin(driver.TxOptions{Tenant: "a"}).Do(f.ctx, lock)
	f.is(err, driver.ErrBusy)
	if !strings.Contains(err.Error(), `another Update of tenant "a"`) || !strings.Contains(err.Error(), "without its Tx") {
		t.Error(err)
	}
	_, err = f.begin(driver.TxOptions{Tenant: "b"}).Do(f.ctx, lock)
	f.must(err)

	ctx, cancel := context.WithCancelCause(f.ctx)
	waiting := f.begin(driver.TxOptions{Tenant: "a"})
	time.AfterFunc(time.Millisecond, func() { cancel(nil) })
	_, err = waiting.Do(ctx, lock)
	f.is(err, context.Canceled)

	f.must(open.Rollback(f.ctx))
	_, err = f.begin(driver.TxOptions{Tenant: "a"}).Do(f.ctx, lock)
	f.must(err)
}

func TestClosingTheEngineEndsWhatIsOpen(t *testing.T) {
	f := newFixture(t)
	lock := driver.Op{Kind: driver.Lock, Table: f.accts}
	open, view := f.begin(driver.TxOptions{Tenant: "a"}), f.begin(driver.TxOptions{Tenant: "a", ReadOnly: true})
	_, err := open.Do(f.ctx, lock)
	f.must(err)
	waiting := f.begin(driver.TxOptions{Tenant: "a"})
	end := make(chan error)
	go func() {
		_, err := waiting.Do(f.ctx, lock)
		end <- err
	}()
	f.must(f.e.Close())
	f.must(f.e.Close())
	f.is(<-end, driver.ErrClosed)
	_, err = view.Do(f.ctx)
	f.is(err, driver.ErrClosed)
	f.is(open.Commit(f.ctx), driver.ErrClosed)
	f.must(open.Rollback(f.ctx))
	_, err = f.e.Begin(f.ctx, driver.TxOptions{})
	f.is(err, driver.ErrClosed)
	f.is(f.e.Migrate(f.ctx, driver.Schema{}), driver.ErrClosed)
}

func TestWritingInsideAQueryLeavesTheQueryAlone(t *testing.T) {
	f := newFixture(t)
	tx := f.begin(driver.TxOptions{Tenant: "a"})
	var rows []driver.Row
	for i := range int64(100) {
		rows = append(rows, acct(i*2, 1, "x", driver.Null, 0, driver.Null))
	}
	_, err := tx.Do(f.ctx, driver.Op{Kind: driver.Insert, Table: f.accts, Rows: rows})
	f.must(err)
	n := int64(0)
	for row, err := range tx.Query(f.ctx, driver.Query{Table: f.accts}) {
		f.must(err)
		if row[0].Int() != 2*n {
			t.Fatalf("row %d is %v", n, row)
		}
		n++
		_, err = tx.Do(f.ctx, driver.Op{Kind: driver.Insert, Table: f.accts,
			Rows: []driver.Row{acct(row[0].Int()+1, 1, fmt.Sprint(n), driver.Null, 0, driver.Null)}},
			driver.Op{Kind: driver.Delete, Table: f.accts, Rows: []driver.Row{{num(198 - n/2*2)}}})
		f.must(err)
	}
	if n != 100 {
		t.Errorf("%d rows", n)
	}
	f.must(tx.Commit(f.ctx))
}
