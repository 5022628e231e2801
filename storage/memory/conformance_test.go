package memory_test

import (
	"context"
	"testing"
	"time"

	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/memory"
	"github.com/tutas/tutas/storage/storagetest"
)

func TestTheEngineKeepsThePromisesOfTheContract(t *testing.T) {
	storagetest.Run(t, storagetest.Harness{
		Open: func(*testing.T) driver.Engine { return memory.New() },
		Impatient: func(*testing.T) driver.Engine {
			return memory.New(memory.BusyTimeout(200 * time.Millisecond))
		},
		Host: func(t *testing.T, e driver.Engine) (driver.HostTx, func(context.Context) error, func(context.Context) error) {
			t.Helper()
			host, err := e.(*memory.Engine).Host(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			return host, host.Commit, host.Rollback
		},
	})
}
