package ledger_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
)

// A wallet cannot be overdrawn, on no day: money that comes on Friday is not spent on Wednesday.
func ExampleNonNegative() {
	ctx := context.Background()
	books := exampleBooks(ctx)
	_, _ = books.OpenAccount(ctx, ledger.OpenAccount{Code: "2900-ada", Name: "Wallet of Ada", Type: ledger.Liability,
		Bounds: ledger.Bounds{Limits: []ledger.Limit{ledger.NonNegative()}}})
	move := func(day int, debit, credit, amount string) (ledger.LiveBalance, error) {
		a := money.MustParse(amount + " EUR")
		posted, err := books.Post(ctx, ledger.Entry{Date: date.Must(2017, 3, day), Legs: []ledger.Leg{
			ledger.Debit(debit, a, ledger.Dims{}), ledger.Credit(credit, a, ledger.Dims{})}})
		if err != nil {
			return ledger.LiveBalance{}, err
		}
		return posted[0].Balances[0], nil
	}
	_, _ = move(1, ledger.Bank, "2900-ada", "50")
	_, _ = move(10, ledger.Bank, "2900-ada", "100") // a Friday
	now, _ := move(8, "2900-ada", ledger.Bank, "20")
	fmt.Println(now.Available)
	_, err := move(8, "2900-ada", ledger.Bank, "40")
	var limit *ledger.LimitError
	fmt.Println(errors.As(err, &limit), limit.Date, limit.Missing)
	// Output:
	// 30.00 EUR
	// true 2017-03-08 10.00 EUR
}

// What a customer may owe us.
func ExampleCreditLimit() {
	ctx := context.Background()
	books := exampleBooks(ctx)
	_, _ = books.OpenAccount(ctx, ledger.OpenAccount{Code: "1200-acme", Name: "Acme owes us", Type: ledger.Asset,
		Bounds: ledger.Bounds{Limits: []ledger.Limit{ledger.CreditLimit(money.MustParse("1000 EUR"))}}})
	sell := func(amount string) error {
		a := money.MustParse(amount + " EUR")
		_, err := books.Post(ctx, ledger.Entry{Date: date.Must(2017, 3, 1), Legs: []ledger.Leg{
			ledger.Debit("1200-acme", a, ledger.Dims{}), ledger.Credit(ledger.Revenue, a, ledger.Dims{})}})
		return err
	}
	fmt.Println(sell("800"))
	fmt.Println(errors.Is(sell("300"), ledger.ErrAboveCeiling))
	// Output:
	// <nil>
	// true
}
