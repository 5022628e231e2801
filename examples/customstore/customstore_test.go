package customstore_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/tutas/tutas/examples/customstore"
	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/storagetest"
)

func TestTheStoreKeepsEveryPromise(t *testing.T) {
	open := func(t *testing.T, path string, patience time.Duration) driver.Engine {
		t.Helper()
		s, err := customstore.Open(path, patience)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		s.DB().NoSync = true // nobody pulls the plug here
		return s
	}
	fresh := func(t *testing.T) string { return filepath.Join(t.TempDir(), "company.bolt") }
	storagetest.Run(t, storagetest.Harness{
		Open:      func(t *testing.T) driver.Engine { return open(t, fresh(t), time.Minute) },
		Impatient: func(t *testing.T) driver.Engine { return open(t, fresh(t), 100*time.Millisecond) },
		Reopen: func(t *testing.T, e driver.Engine) driver.Engine {
			path := e.(*customstore.Store).DB().Path()
			if err := e.Close(); err != nil {
				t.Fatal(err)
			}
			return open(t, path, time.Minute)
		},
		Host: func(t *testing.T, e driver.Engine) (driver.HostTx, func(context.Context) error, func(context.Context) error) {
			s := e.(*customstore.Store)
			tx, err := s.DB().Begin(true)
			if err != nil {
				t.Fatal(err)
			}
			return s.Join(tx), func(context.Context) error { return tx.Commit() }, func(context.Context) error { return tx.Rollback() }
		},
	})
}
