package tutas_test

import (
	"context"
	"fmt"
	"time"

	"github.com/tutas/tutas"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
)

// A process that does what is due until it is told to stop, a thousand steps a second at most. Any number of them may run over one database.
func ExampleBusiness_Run() {
	mails := event.Reader{Name: "mails", Names: []string{"ledger.account.changed"}, Handle: func(_ context.Context, _ *storage.Tx, e event.Event) error {
		return nil
	}}
	business := tutas.Open(storage.Open(memory.New()), tutas.WithReaders(mails), tutas.WithBounds(event.Bounds{Tick: 1000}))
	ctx, stop := context.WithCancel(context.Background()) // signal.NotifyContext, in a program
	if err := business.Migrate(ctx); err != nil {
		fmt.Println(err)
	}
	if _, err := business.Create(ctx, storage.Tenant{ID: "acme", Currency: "EUR"}); err != nil {
		fmt.Println(err)
	}
	err := business.Run(ctx, time.Second, func(s event.Stats) {
		fmt.Println("tenants with work:", s.Tenants, "failed:", s.Failed, "left:", s.Left)
		stop()
	})
	c := business.Counters()
	fmt.Println(err, "after", c.Ticks, "tick, dead events:", c.Kinds["events"].Dead)
	// Output:
	// tenants with work: 1 failed: 0 left: 0
	// context canceled after 1 tick, dead events: 0
}
