package main

import (
	"context"
	"fmt"
	"os"
)

// A host's own document and its own organisation, from the question to the rule that follows the answer.
func Example() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// Mr Bauer: 1500.00 EUR asks paula
	// Ms Osei: 2000.01 EUR asks paula
	// Ms Osei: 2000.01 EUR asks ruth
	// mail: large refund {"to":"insurance"}
	// mail: large refund {"to":"insurance"}
	// Mrs Ito: 40.00 EUR granted
	// Mr Bauer: 1500.00 EUR granted
	// Ms Osei: 2000.01 EUR granted
}
