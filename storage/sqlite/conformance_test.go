package sqlite_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/sqlite"
	"github.com/tutas/tutas/storage/storagetest"
)

// open opens a fresh file in a directory of the test's own.
func open(t testing.TB, opts ...sqlite.Option) *sqlite.Engine {
	t.Helper()
	return openFile(t, filepath.Join(t.TempDir(), "it's 100% a file #1?.db"), opts...)
}

func openFile(t testing.TB, path string, opts ...sqlite.Option) *sqlite.Engine {
	t.Helper()
	e, err := sqlite.Open(t.Context(), path, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

// TestConformance runs the public suite. Most cases need no sync, which would cost them most of their time; durability
// is put to the test by killing.
func TestConformance(t *testing.T) {
	var paths sync.Map
	fresh := func(t *testing.T, opts ...sqlite.Option) driver.Engine {
		path := filepath.Join(t.TempDir(), "company.db")
		e := openFile(t, path, append(opts, sqlite.Synchronous("OFF"))...)
		paths.Store(e, path)
		return e
	}
	storagetest.Run(t, storagetest.Harness{
		Open:      func(t *testing.T) driver.Engine { return fresh(t, sqlite.BusyTimeout(time.Minute)) },
		Impatient: func(t *testing.T) driver.Engine { return fresh(t, sqlite.BusyTimeout(300*time.Millisecond)) },
		Reopen: func(t *testing.T, e driver.Engine) driver.Engine {
			if err := e.Close(); err != nil {
				t.Fatal(err)
			}
			path, _ := paths.Load(e)
			again := openFile(t, path.(string), sqlite.Synchronous("OFF"))
			paths.Store(again, path)
			return again
		},
		Host: func(t *testing.T, e driver.Engine) (driver.HostTx, func(context.Context) error, func(context.Context) error) {
			engine := e.(*sqlite.Engine)
			tx, err := engine.DB().BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			return engine.Join(tx), func(context.Context) error { return tx.Commit() }, func(context.Context) error { return tx.Rollback() }
		},
	})
}
