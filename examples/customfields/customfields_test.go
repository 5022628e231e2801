package main

import (
	"context"
	"fmt"
	"os"
)

// A field, two guards and a scope of the company's own, from deal to invoice.
func Example() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// ana sees: Forty desks;
	// cem sees: Nine lamps;
	// boss sees: Forty desks; Nine lamps;
	// cem approves 16 %: only managers approve
	// boss approves 16 %: approved
	// invoice 1, 4200.00 EUR, for PO-4711
	// PO-4711 on deal Forty desks
	// PO-4711 on order SO1
	// PO-4711 on project Delivery of Forty desks
	// PO-4711 on invoice 1
	// no invoice without a purchase-order number
	// invoice 2, 450.00 EUR, for PO-0815
}
