package sqlite

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tutas/tutas/storage/driver"
)

// A disk that is full makes SQLite roll the transaction back by itself; the contract's doom must hide that. The test is
// inside the package because it bounds the file through the writing connection.
func TestAFullDiskDoomsTheTransactionAndLeavesTheEngineUsable(t *testing.T) {
	ctx := t.Context()
	e, err := Open(ctx, filepath.Join(t.TempDir(), "full.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	table := &driver.Table{Name: "note", Key: 1, Version: -1, Columns: []driver.Column{{Name: "id", Kind: driver.Int}, {Name: "text", Kind: driver.Text}}}
	if err := e.Migrate(ctx, driver.Schema{Tables: []*driver.Table{table}}); err != nil {
		t.Fatal(err)
	}
	bound := func(pages string) {
		c := <-e.writer
		if _, err := c.text(ctx, "PRAGMA max_page_count = "+pages); err != nil {
			t.Fatal(err)
		}
		e.writer <- c
	}
	put := func(tx driver.Tx, id int64, size int) error {
		_, err := tx.Do(ctx, driver.Op{Kind: driver.Insert, Table: table,
			Rows: []driver.Row{{driver.IntValue(id), driver.TextValue(strings.Repeat("x", size))}}})
		return err
	}
	begin := func() driver.Tx {
		tx, err := e.Begin(ctx, driver.TxOptions{Tenant: "acme"})
		if err != nil {
			t.Fatal(err)
		}
		return tx
	}
	bound("20")
	tx := begin()
	if err := put(tx, 1, 10); err != nil {
		t.Fatal(err)
	}
	point, err := tx.Savepoint(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := put(tx, 2, 1_000_000); err == nil || !strings.Contains(err.Error(), "full") {
		t.Fatalf("a million bytes in twenty pages: %v", err)
	}
	if err := put(tx, 3, 1); !errors.Is(err, driver.ErrDoomed) {
		t.Fatalf("after that: %v", err)
	}
	if err := point.RollBack(ctx); err != nil {
		t.Logf("SQLite has rolled back everything: %v", err)
		if err := put(tx, 4, 1); !errors.Is(err, driver.ErrDoomed) {
			t.Fatalf("and the transaction goes on: %v", err)
		}
	}
	if err := tx.Rollback(context.Background()); err != nil {
		t.Fatal(err)
	}
	bound("100000")
	tx = begin()
	for row, err := range tx.Query(ctx, driver.Query{Table: table}) {
		t.Fatalf("something was written: %v, %v", row, err)
	}
	if err := put(tx, 5, 1_000_000); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(ctx); err != nil {
		t.Fatal(err)
	}
}
