package seller

import (
	"bufio"
	"context"
	"errors"
	"io"

	"github.com/tutas/tutas"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/driver"
)

// Output says where a run writes.
type Output struct {
	Report, Progress io.Writer
	// Verbose prints every table.
	Verbose bool
}

// Tenant is the company that is played.
const Tenant = "seller"

// Run plays the company on an engine that is empty, ticks until nothing is due, prints the report and closes the engine.
func Run(ctx context.Context, engine driver.Engine, out Output) (err error) {
	clock := NewClock()
	store := storage.Open(engine, storage.Clock(clock.Now), storage.Randomness(Steady()))
	defer func() { err = errors.Join(err, store.Close()) }()
	business := tutas.Open(store)
	if err := business.Migrate(ctx); err != nil {
		return err
	}
	c, err := business.Create(ctx, storage.Tenant{ID: Tenant, Name: "A hardware seller", Currency: "USD"})
	if err != nil {
		return err
	}
	if err := Play(ctx, c, clock, out.Progress); err != nil {
		return err
	}
	if _, err := business.Tick(ctx); err != nil {
		return err
	}
	w := bufio.NewWriter(out.Report)
	if err := Print(ctx, c, w, out.Verbose); err != nil {
		return err
	}
	return w.Flush()
}

// Steady is a source of randomness that is the same in every run, so that identifiers are too.
func Steady() func([]byte) {
	n := uint64(1)
	return func(b []byte) {
		for i := range b {
			n = n*6364136223846793005 + 1442695040888963407
			b[i] = byte(n >> 56)
		}
	}
}
