package bench_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
	"github.com/tutas/tutas/storage/postgres"
	"github.com/tutas/tutas/storage/sqlite"
	"github.com/tutas/tutas/workflow"
)

// workflowEngines opens each engine with its usual durability.
var workflowEngines = []struct {
	name string
	open func(b testing.TB) driver.Engine
}{
	{"memory", func(testing.TB) driver.Engine { return memory.New() }},
	{"sqlite", func(b testing.TB) driver.Engine {
		e, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "timers.db"))
		must(b, err)
		b.Cleanup(func() { _ = e.Close() })
		return e
	}},
	{"postgres", func(b testing.TB) driver.Engine {
		p, _ := pool(b)
		e, err := postgres.Open(b.Context(), p, postgres.Schema(fresh("timers")), postgres.BusyTimeout(time.Minute))
		must(b, err)
		return e
	}},
}

func openWorkflow(b testing.TB, e driver.Engine) *storage.DB {
	store := storage.Open(e)
	must(b, store.Migrate(b.Context(), event.Package(), workflow.Package()))
	db, err := store.CreateTenant(b.Context(), storage.Tenant{ID: tenant, Currency: "EUR"})
	must(b, err)
	return db
}

// BenchmarkTimers fires what is due, a hundred a transaction. Setting them is not measured.
func BenchmarkTimers(b *testing.B) {
	n := short(200, 2000)
	for _, e := range workflowEngines {
		b.Run(e.name, func(b *testing.B) {
			db := openWorkflow(b, e.open(b))
			fired := 0
			timers := workflow.NewTimers()
			timers.Handle("remind", func(context.Context, *storage.Tx, workflow.Timer) error { fired++; return nil })
			measured(b, n, func(round int) {
				for from := 0; from < n; from += 100 {
					must(b, db.Update(b.Context(), func(tx *storage.Tx) error {
						for i := range 100 {
							about := storage.Ref{Kind: "shop.order", ID: fmt.Sprint(round, "-", from+i)}
							if err := workflow.SetTimer(b.Context(), tx, workflow.Timer{Name: "remind", For: about, Due: tx.Now()}); err != nil {
								return err
							}
						}
						return nil
					}))
				}
			}, func() {
				fired = 0
				for some := 1; some > 0; {
					var err error
					some, err = timers.Fire(b.Context(), db)
					must(b, err)
				}
				if fired != n {
					b.Fatalf("%d of %d fired", fired, n)
				}
			})
		})
	}
}

var told = event.NewType[int]("bench.told")

// BenchmarkRelay delivers events in batches of a hundred to a reader that marks each in the inbox.
func BenchmarkRelay(b *testing.B) {
	n := short(200, 2000)
	for _, e := range workflowEngines {
		b.Run(e.name, func(b *testing.B) {
			db := openWorkflow(b, e.open(b))
			got := 0
			relay := event.NewRelay(event.Reader{Name: "bench", Handle: func(ctx context.Context, tx *storage.Tx, e event.Event) error {
				_, err := event.Once(ctx, tx, "bench", e.ID.String(), func(*storage.Tx) error { got++; return nil })
				return err
			}})
			measured(b, n, func(round int) {
				must(b, db.Update(b.Context(), func(tx *storage.Tx) error {
					for i := range n {
						if err := event.Append(b.Context(), tx, storage.Ref{}, storage.Ref{Kind: "shop.order", ID: fmt.Sprint(round, "-", i)}, 1, told.Draft(i)); err != nil {
							return err
						}
					}
					return nil
				}))
			}, func() {
				got = 0
				for behind := true; behind; {
					p, err := relay.Deliver(b.Context(), db)
					must(b, err)
					behind = p.Behind
				}
				if got != n {
					b.Fatalf("%d of %d delivered", got, n)
				}
			})
		})
	}
}

// BenchmarkTick does one thing for each of a hundred tenants: what a turn costs. Deeds are tenants.
func BenchmarkTick(b *testing.B) {
	n := short(10, 100)
	for _, e := range workflowEngines {
		b.Run(e.name, func(b *testing.B) {
			store := openWorkflow(b, e.open(b)).Store()
			var all []*storage.DB
			for i := range n {
				db, err := store.CreateTenant(b.Context(), storage.Tenant{ID: fmt.Sprint("t", i), Currency: "EUR"})
				must(b, err)
				all = append(all, db)
			}
			got := 0
			ticker := event.NewTicker(store, event.NewRelay())
			ticker.Handle("bench", func(context.Context, *storage.DB, storage.Ref) (bool, error) { got++; return true, nil })
			measured(b, n, func(int) {
				for _, db := range all {
					must(b, db.Update(b.Context(), func(tx *storage.Tx) error {
						return event.Wake(b.Context(), tx, tx.Now(), "bench", storage.Ref{})
					}))
				}
			}, func() {
				got = 0
				_, err := ticker.Tick(b.Context())
				must(b, err)
				if got != n {
					b.Fatalf("%d of %d had their turn", got, n)
				}
			})
		})
	}
}

// measured prepares and then times n deeds a round.
func measured(b *testing.B, n int, prepare func(round int), deed func()) {
	prepare(-1)
	deed() // statements are prepared, plans made
	var took []float64
	for i := 0; b.Loop(); i++ {
		b.StopTimer()
		prepare(i)
		b.StartTimer()
		start := time.Now()
		deed()
		took = append(took, time.Since(start).Seconds())
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(n)/median(took), "deeds/s")
}
