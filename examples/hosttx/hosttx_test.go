package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tutas/tutas/storage/postgres/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// The host's own *sql.Tx: committed, refused inside, rolled back.
func Example() {
	dir, _ := os.MkdirTemp("", "hosttx")
	defer os.RemoveAll(dir)
	if err := onSQLite(context.Background(), filepath.Join(dir, "shop.db"), os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// order 1, desk: invoice 1
	// order 2, forty desks: on hold: above 1,000 EUR we ask the customer first
	// order 3, chair: invoice 2, but the card is declined: rolled back
	// order 4, lamp: invoice 2
	// the shop: order 1, invoice 1
	// the shop: order 2, on hold: above 1,000 EUR we ask the customer first
	// the shop: order 4, invoice 2
	// the books: invoice 1 for shop.order 1, 120.00 EUR
	// the books: invoice 2 for shop.order 4, 50.00 EUR
	// the books: customers owe 170.00 EUR
}

func TestAPgxTransactionDoesTheSameAsASQLTransaction(t *testing.T) {
	var sqlite, postgres strings.Builder
	if err := onPostgreSQL(t.Context(), pgtest.DSN(t), &postgres); err != nil {
		t.Fatal(err)
	}
	if err := onSQLite(t.Context(), filepath.Join(t.TempDir(), "shop.db"), &sqlite); err != nil {
		t.Fatal(err)
	}
	if postgres.String() != sqlite.String() {
		t.Errorf("PostgreSQL:\n%sSQLite:\n%s", &postgres, &sqlite)
	}
}
