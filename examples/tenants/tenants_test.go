package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// Two companies and a thousand idle ones in one store; one moves out.
func Example() {
	dir, _ := os.MkdirTemp("", "tenants")
	defer os.RemoveAll(dir)
	if err := run(context.Background(), filepath.Join(dir, "bakery.db"), os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// invoice 1 of 2026-03-03, 9500.00 KZT
	// invoice 2 of 2026-03-03, 4200.00 KZT
	// invoice 1 of 2026-03-02, 310.00 EUR
	// the hotel finds the bakery's invoice: false
	// invoice 2 of 2026-03-02, 75.00 EUR
	// of 1,002 companies, those with work: 1
	// *memory.Engine: customers owe the bakery 13700.00 KZT
	// *sqlite.Engine: customers owe the bakery 13700.00 KZT
	// invoice 3 of 2026-03-03, 1300.00 KZT
}
