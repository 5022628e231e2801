package journal_test

import (
	"context"
	"fmt"
	"testing/fstest"

	"github.com/tutas/tutas/ledger/journal"
)

// A journal is read with all that it includes, and its assertions are checked.
func Example() {
	books := fstest.MapFS{
		"main.journal":    {Data: []byte("include 2024-*.journal\n\n2024-02-01 Groceries\n    expenses:food    $20.50\n    assets:bank           = $79.50\n")},
		"2024-01.journal": {Data: []byte("2024-01-01 Opening\n    assets:bank    $100\n    equity\n")},
	}
	j, err := journal.Read(context.Background(), books, "main.journal", journal.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(j.Check())
	for _, b := range j.Balances().Rows() {
		fmt.Println(b.Account.Name, b.Amount)
	}
	// Output:
	// <nil>
	// assets:bank $79.50
	// equity $-100
	// expenses:food $20.50
}

// An error names file, line and column, and unwraps to a coded sentinel.
func ExampleParse() {
	_, err := journal.Parse("2024-01-01 Lunch\n    food    12,50 EUR\n    cash   -12,00 EUR\n", journal.Options{Name: "lunch.journal"})
	fmt.Println(err)
	// Output: lunch.journal:1:1: the transaction does not balance: 0.50 EUR too much
}

// Beancount's lots are booked, and balances told in units and at cost.
func ExampleJournal_BalancesAtCost() {
	j, err := journal.Parse(`
2024-01-01 open Assets:Stock  "FIFO"
2024-01-01 open Assets:Cash
2024-01-02 * "Buy"
  Assets:Stock   10 HOOL {100.00 USD}
  Assets:Cash
2024-01-03 * "Buy"
  Assets:Stock   10 HOOL {120.00 USD}
  Assets:Cash
2024-01-04 * "Sell"
  Assets:Stock  -12 HOOL {} @ 130.00 USD
  Assets:Cash   1240.00 USD
`, journal.Options{Format: journal.Beancount})
	fmt.Println(err)
	for _, b := range append(j.Balances().Rows(), j.BalancesAtCost().Rows()...) {
		fmt.Println(b.Account.Name, b.Amount)
	}
	// Output:
	// <nil>
	// Assets:Cash -960.00 USD
	// Assets:Stock 8 HOOL
	// Assets:Cash -960.00 USD
	// Assets:Stock 960.00 USD
}

// Scan keeps no transaction: the totals run along.
func ExampleScan() {
	files := fstest.MapFS{"a.journal": {Data: []byte("2024-01-01 One\n  a  1 EUR\n  b\n2024-01-02 Two\n  a  2 EUR\n  b\n")}}
	sums := journal.NewBalances()
	for t, err := range journal.Scan(context.Background(), files, "a.journal", journal.Options{}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		sums.Add(t)
		fmt.Println(t.Date, t.Description, sums.Of("a", "EUR"))
	}
	// Output:
	// 2024-01-01 One 1
	// 2024-01-02 Two 3
}
