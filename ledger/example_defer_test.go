package ledger_test

import (
	"context"
	"fmt"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
)

func ExampleDefer() {
	plan, err := ledger.Defer(money.MustParse("300 EUR"), date.Period{From: date.Must(2017, 1, 15), To: date.Must(2017, 3, 15)},
		ledger.ByDay)
	for _, part := range plan {
		fmt.Println(part.Period, part.Amount, part.Left)
	}
	fmt.Println(err)
	// Output:
	// 2017-01-15/2017-01-31 85.00 EUR 215.00 EUR
	// 2017-02-01/2017-02-28 140.00 EUR 75.00 EUR
	// 2017-03-01/2017-03-15 75.00 EUR 0.00 EUR
	// <nil>
}

// Rent for a quarter was paid in advance: it waits among prepaid expenses and becomes a cost month by month.
func ExampleBooks_PostDeferral() {
	ctx := context.Background()
	books := exampleBooks(ctx)
	rent := money.MustParse("2400 EUR")
	_, _ = books.Post(ctx, ledger.Entry{Date: date.Must(2017, 1, 1), Legs: []ledger.Leg{
		ledger.Debit(ledger.RentExpense, rent, ledger.Dims{}), ledger.Credit(ledger.Bank, rent, ledger.Dims{})}})
	_, err := books.PostDeferral(ctx, ledger.Deferral{Key: "rent-2017-1", Text: "Rent", Result: ledger.RentExpense,
		Deferred: ledger.Prepaid, Amount: rent, Period: date.Period{From: date.Must(2017, 1, 1), To: date.Must(2017, 3, 31)}})
	fmt.Println(err)
	for _, d := range []date.Date{date.Must(2017, 1, 31), date.Must(2017, 2, 28), date.Must(2017, 3, 31)} {
		cost, _ := books.Balance(ctx, ledger.RentExpense, "EUR", d)
		waiting, _ := books.Balance(ctx, ledger.Prepaid, "EUR", d)
		fmt.Println(d, cost, waiting)
	}
	// Output:
	// <nil>
	// 2017-01-31 800.00 EUR 1600.00 EUR
	// 2017-02-28 1600.00 EUR 800.00 EUR
	// 2017-03-31 2400.00 EUR 0.00 EUR
}
