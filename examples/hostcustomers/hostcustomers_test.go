package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/sqlite"
)

// The host's own customers, from deal to margin.
func Example() {
	if err := thrownAway(context.Background(), os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// invoice 1 to customer 42: 700.00 EUR
	// invoice 2 to customer 7: 700.00 EUR
	// invoice 3 to customer 42: 700.00 EUR
	// Aigerim's Bakery (42): revenue 1400.00 EUR, delivery 420.00 EUR, kept 980.00 EUR
	// Ұлы Дала Hotels (7): revenue 700.00 EUR, delivery 560.00 EUR, kept 140.00 EUR
}

func TestWhoIsNoCustomerHasNoName(t *testing.T) {
	engine, err := sqlite.Open(t.Context(), t.TempDir()+"/shop.db")
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	if _, err := engine.DB().Exec(createCustomers); err != nil {
		t.Fatal(err)
	}
	for _, r := range []storage.Ref{customer(8), {Kind: "shop.customer", ID: "x"}, {Kind: "party.party", ID: "42"}, {}} {
		if name, err := (customers{engine.DB()}).Name(t.Context(), nil, r); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("%s: %q, %v", r, name, err)
		}
	}
}
