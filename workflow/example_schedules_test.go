package workflow_test

import (
	"context"
	"fmt"
	"time"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
	"github.com/tutas/tutas/workflow"
)

// A plan runs by itself as long as someone ticks: on the last working day of each month, once, however late the tick.
func ExampleSchedules() {
	ctx := context.Background()
	now := time.Date(2026, 4, 20, 8, 0, 0, 0, time.UTC)
	store := storage.Open(memory.New(), storage.Clock(func() time.Time { return now }))
	check(store.Migrate(ctx, event.Package(), workflow.Package()))
	db, err := store.CreateTenant(ctx, storage.Tenant{ID: "acme", Currency: "EUR"})
	check(err)

	schedules, timers, ticker := workflow.NewSchedules(), workflow.NewTimers(), event.NewTicker(store, nil)
	schedules.Handle("close month", func(_ context.Context, tx *storage.Tx, r workflow.Run) (done bool, err error) {
		fmt.Println("close", tx.Today(), r.Key)
		return true, nil
	})
	schedules.Attach(timers)
	timers.Attach(ticker)

	plan, err := schedules.SetPlan(ctx, db, workflow.SetPlan{
		Calendar: workflow.Calendar{Zone: "UTC", Hours: workflow.Weekdays(workflow.At(9, 0), workflow.At(17, 0))},
		Schedule: workflow.Schedule{Name: "close month", Months: 1, Start: date.Must(2026, 4, 1), Day: -1, Time: workflow.At(18, 0), Roll: workflow.Preceding,
			CatchUp: workflow.CatchUp{Policy: workflow.CatchUpAll}}})
	check(err)
	fmt.Println("next", plan.Next.Format(time.DateTime))
	for _, day := range []int{28, 45} { // nobody ticks for two weeks
		now = time.Date(2026, 4, 20+day, 8, 0, 0, 0, time.UTC)
		_, err = ticker.Tick(ctx)
		check(err)
	}
	for run, err := range workflow.Runs(ctx, db, "close month") {
		fmt.Println(run.Key, run.State, err)
	}
	// Output:
	// next 2026-04-30 18:00:00
	// close 2026-04-30 close month/2026-04-30T18:00:00Z
	// close 2026-05-29 close month/2026-05-31T18:00:00Z
	// close month/2026-04-30T18:00:00Z done <nil>
	// close month/2026-05-31T18:00:00Z done <nil>
}
