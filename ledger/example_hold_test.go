package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
)

// A shop holds what an order may cost, takes what was shipped, and frees the rest.
func ExampleBooks_Hold() {
	ctx := context.Background()
	books := exampleBooks(ctx)
	_, _ = books.OpenAccount(ctx, ledger.OpenAccount{Code: "2900-ada", Name: "Wallet of Ada", Type: ledger.Liability,
		Bounds: ledger.Bounds{Limits: []ledger.Limit{ledger.NonNegative()}}})
	entry := func(debit, credit, amount string) ledger.Entry {
		a := money.MustParse(amount + " EUR")
		return ledger.Entry{Date: date.Must(2017, 4, 1), Legs: []ledger.Leg{
			ledger.Debit(debit, a, ledger.Dims{}), ledger.Credit(credit, a, ledger.Dims{})}}
	}
	stands := func() {
		l, _ := books.LiveBalance(ctx, "2900-ada", "EUR", date.Date{})
		fmt.Println("booked", l.Booked.Text(), "held", l.Held.Text(), "available", l.Available.Text())
	}
	_, _ = books.Post(ctx, entry(ledger.Bank, "2900-ada", "100"))
	held, err := books.Hold(ctx, ledger.Hold{Entry: entry("2900-ada", ledger.Revenue, "70"),
		Expires: time.Date(2017, 4, 8, 0, 0, 0, 0, time.UTC)})
	fmt.Println(held.State, err)
	stands()
	_, err = books.Post(ctx, entry("2900-ada", ledger.Bank, "40"))
	fmt.Println(errors.Is(err, ledger.ErrBelowFloor))
	_, err = books.PostHold(ctx, ledger.PostHold{Hold: held.ID, Amount: money.MustParse("55 EUR")})
	fmt.Println(err)
	stands()
	// Output:
	// open <nil>
	// booked 100.00 held 70.00 available 30.00
	// true
	// <nil>
	// booked 45.00 held 0.00 available 45.00
}

// Who changes his mind has his money back at once.
func ExampleBooks_VoidHold() {
	ctx := context.Background()
	books := exampleBooks(ctx)
	_, _ = books.OpenAccount(ctx, ledger.OpenAccount{Code: "2900-ada", Name: "Wallet of Ada", Type: ledger.Liability,
		Bounds: ledger.Bounds{Live: true}})
	a := money.MustParse("70 EUR")
	held, _ := books.Hold(ctx, ledger.Hold{Entry: ledger.Entry{Date: date.Must(2017, 4, 1), Legs: []ledger.Leg{
		ledger.Debit("2900-ada", a, ledger.Dims{}), ledger.Credit(ledger.Revenue, a, ledger.Dims{})}}})
	for h := range books.Holds(ctx, ledger.HoldFilter{Account: "2900-ada", State: ledger.HoldOpen}) {
		fmt.Println(h.Entry.Legs[0].Amount, h.State)
	}
	held, err := books.VoidHold(ctx, ledger.VoidHold{Hold: held.ID, Why: "cancelled"})
	fmt.Println(held.State, err)
	// Output:
	// 70.00 EUR open
	// void <nil>
}
