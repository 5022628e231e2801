package bench_test

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"runtime"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tutas/tutas/storage/memory"
	"github.com/tutas/tutas/storage/postgres"
	"github.com/tutas/tutas/storage/postgres/pgtest"
	"github.com/tutas/tutas/storage/sqlite"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// A contest is our way to sell, beside the hand's, which memory has none of.
type contest struct {
	seller *seller
	hand   hand
	trips  *atomic.Int64
}

func onMemory(b *testing.B, _ *rows) *contest { return &contest{seller: open(b, memory.New())} }

// onSQLite gives each of the two a file, for two writers of one file would empty each other's caches.
func onSQLite(b *testing.B, r *rows) *contest {
	dir := b.TempDir()
	file := func(name string) *seller {
		e, err := sqlite.Open(b.Context(), filepath.Join(dir, name))
		must(b, err)
		s := open(b, e)
		must(b, s.chains(b.Context(), 1)) // begins the number series
		if name == "hand.db" {
			must(b, e.Close())
		} else {
			b.Cleanup(func() { _ = e.Close() })
		}
		return s
	}
	file("hand.db")
	return &contest{seller: file("ours.db"), hand: newSQLHand(b, filepath.Join(dir, "hand.db"), r)}
}

// onPostgres gives each of the two a schema of one database.
func onPostgres(b *testing.B, r *rows) *contest {
	config, err := pgxpool.ParseConfig(pgtest.DSN(b))
	must(b, err)
	trips := &atomic.Int64{}
	dial := config.ConnConfig.DialFunc
	config.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		return &countingConn{Conn: c, trips: trips}, err
	}
	pool, err := pgxpool.NewWithConfig(b.Context(), config)
	must(b, err)
	b.Cleanup(pool.Close)
	in := func(schema string) *seller {
		e, err := postgres.Open(b.Context(), pool, postgres.Schema(schema))
		must(b, err)
		s := open(b, e)
		must(b, s.chains(b.Context(), 1))
		return s
	}
	in("hand")
	return &contest{seller: in("tutas"), hand: newPgxHand(pool, r), trips: trips}
}

// A countingConn counts how often something is read after something was written: the round trips.
type countingConn struct {
	net.Conn
	wrote atomic.Bool
	trips *atomic.Int64
}

func (c *countingConn) Write(p []byte) (int, error) {
	c.wrote.Store(true)
	return c.Conn.Write(p)
}

func (c *countingConn) Read(p []byte) (int, error) {
	if c.wrote.CompareAndSwap(true, false) {
		c.trips.Add(1)
	}
	return c.Conn.Read(p)
}

// BenchmarkLeadToCash sells from a new customer to a settled invoice, 1, 10 and 100 times a commit, turn and turn about with SQL by hand that writes the same rows: one
// statement a row, prepared, pipelined on PostgreSQL, in their final state. The hand computes nothing and checks nothing. All engines sync each commit.
//
// One chain leaves 45 rows and moves two number series on: 1 party; 1 deal, 2 lines, 2 stage changes; 1 order, 2 lines; 1 invoice, 2 lines; 1 payment, 1 allocation;
// 2 ledger entries with 6 parts (4 of the invoice, 2 of the payment), 2 open items, and the match of the two with its pair; 7 audit entries and the personal part
// of one; 10 events; and 1 wake-up, of which one serves all chains of a commit.
//
// It reports medians: ns/chain, x/handwritten (the ratio of the two), and of ours cpu-ms/chain (of this process, the server's not included), allocs/chain, and
// trips/commit.
func BenchmarkLeadToCash(b *testing.B) {
	r := recordChain(b)
	b.Log(r.list())
	for _, engine := range []struct {
		name string
		open func(b *testing.B, r *rows) *contest
	}{{"memory", onMemory}, {"sqlite", onSQLite}, {"postgres", onPostgres}} {
		b.Run(engine.name, func(b *testing.B) {
			c := engine.open(b, r)
			for _, n := range []int{1, 10, 100} {
				b.Run(fmt.Sprint(n), func(b *testing.B) { c.run(b, n) })
			}
		})
	}
}

func (c *contest) run(b *testing.B, n int) {
	var ours, theirs, cpu, allocs, trips []float64
	ctx := b.Context()
	us := func() {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		t, p := c.load(), used()
		start := time.Now()
		must(b, c.seller.chains(ctx, n))
		took := time.Since(start)
		cpu = append(cpu, float64((used()-p).Nanoseconds())/1e6/float64(n))
		runtime.ReadMemStats(&after)
		ours = append(ours, float64(took.Nanoseconds())/float64(n))
		allocs = append(allocs, float64(after.Mallocs-before.Mallocs)/float64(n))
		trips = append(trips, float64(c.load()-t))
	}
	them := func() {
		if c.hand == nil {
			return
		}
		write := c.hand.prepare(n)
		start := time.Now()
		must(b, write(ctx))
		theirs = append(theirs, float64(time.Since(start).Nanoseconds())/float64(n))
	}
	for range 3 { // until both have their statements prepared and their plans made
		us()
		them()
	}
	ours, theirs, cpu, allocs, trips = nil, nil, nil, nil, nil
	for i := 0; b.Loop(); i++ {
		if i%2 == 0 {
			us()
			them()
		} else {
			them()
			us()
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(ours), "ns/chain")
	b.ReportMetric(mean(cpu), "cpu-ms/chain")
	b.ReportMetric(median(allocs), "allocs/chain")
	if c.hand != nil {
		b.ReportMetric(median(ours)/median(theirs), "x/handwritten")
	}
	if c.trips != nil {
		b.ReportMetric(median(trips), "trips/commit")
	}
}

func median(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}

// mean, since the kernel's clock of a process may tick too coarsely for one chain.
func mean(list []float64) (sum float64) {
	for _, x := range list {
		sum += x
	}
	return sum / float64(len(list))
}

// used is the processor time of this process.
func used() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func (c *contest) load() int64 {
	if c.trips == nil {
		return 0
	}
	return c.trips.Load()
}
