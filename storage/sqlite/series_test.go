package sqlite

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/tutas/tutas/storage"
)

func TestAHostsOwnSavepointLeavesNoGapInANumberSeries(t *testing.T) {
	ctx := context.Background()
	e, err := Open(ctx, filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	store := storage.Open(e)
	t.Cleanup(func() { _ = store.Close() })
	if err := store.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	db, err := store.CreateTenant(ctx, storage.Tenant{ID: "acme"})
	if err != nil {
		t.Fatal(err)
	}
	host, err := e.DB().BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	tx, err := db.Join(ctx, e.Join(host))
	if err != nil {
		t.Fatal(err)
	}
	take := func(want int64) {
		t.Helper()
		var n int64
		err := tx.Update(ctx, func(tx *storage.Tx) (err error) {
			n, err = tx.Number(ctx, "invoice")
			return err
		})
		if err != nil || n != want {
			t.Fatalf("got %d, %v; want %d", n, err, want)
		}
	}
	sql := func(text string) {
		t.Helper()
		if _, err := host.ExecContext(ctx, text); err != nil {
			t.Fatal(err)
		}
	}
	take(1)
	sql("SAVEPOINT hosts_own")
	take(2)
	sql("ROLLBACK TO hosts_own")
	take(2)
	if err := host.Commit(); err != nil {
		t.Fatal(err)
	}
}
