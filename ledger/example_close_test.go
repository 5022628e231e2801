package ledger_test

import (
	"context"
	"fmt"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// A year of twelve months and a thirteenth period for what the auditors find.
func ExampleBooks_OpenYear() {
	ctx := context.Background()
	books := exampleBooks(ctx)
	y, err := books.OpenYear(ctx, ledger.OpenYear{Year: 2017, Adjusting: true})
	fmt.Println(y.From, y.To, len(y.Periods), y.Periods[12].From, err)
	// Output: 2017-01-01 2017-12-31 13 2017-12-01 <nil>
}

// A soft closed period takes entries of those who have an exception.
func ExampleBooks_ClosePeriod() {
	ctx := context.Background()
	books := exampleBooks(ctx)
	a := money.MustParse("42 EUR")
	taxi := ledger.Entry{By: storage.Ref{Kind: "user", ID: "7"}, Date: date.Must(2017, 1, 15), Legs: []ledger.Leg{
		ledger.Debit(ledger.Travel, a, ledger.Dims{}), ledger.Credit(ledger.Bank, a, ledger.Dims{})}}
	_, _ = books.OpenYear(ctx, ledger.OpenYear{Year: 2017})
	_, _ = books.ClosePeriod(ctx, ledger.ClosePeriod{Year: 2017, Period: 1, Why: "January was reported"})
	_, err := books.Post(ctx, taxi)
	fmt.Println(err)
	_, _ = books.Permit(ctx, ledger.Permit{Actor: taxi.By, Period: date.Must(2017, 1, 1).Month().Period(), Why: "late receipts"})
	_, err = books.Post(ctx, taxi)
	fmt.Println(err)
	for x := range books.Exceptions(ctx, ledger.ExceptionFilter{Actor: taxi.By}) {
		fmt.Println(x.Actor, x.Why, x.Uses)
	}
	// Output:
	// this day is closed for postings: invalid input: date (ledger.closed_period) soft closed from 2017-01-01 through 2017-01-31
	// <nil>
	// user/7 late receipts 1
}

func ExampleBooks_ReopenPeriod() {
	ctx := context.Background()
	books := exampleBooks(ctx)
	_, _ = books.OpenYear(ctx, ledger.OpenYear{Year: 2017})
	_, _ = books.ClosePeriod(ctx, ledger.ClosePeriod{By: storage.Ref{Kind: "user", ID: "7"}, Year: 2017, Period: 1, Hard: true})
	y, err := books.ReopenPeriod(ctx, ledger.ReopenPeriod{By: storage.Ref{Kind: "user", ID: "8"}, Year: 2017, Period: 1,
		Why: "A bill came late"})
	p := y.Periods[0]
	fmt.Println(p.Status, p.ClosedBy, p.ReopenedBy, p.ReopenedWhy, err)
	// Output: open user/7 user/8 A bill came late <nil>
}

func ExampleBooks_Permit() {
	ctx := context.Background()
	books := exampleBooks(ctx)
	_ = books.Lock(ctx, ledger.Lock{Through: date.Must(2017, 1, 31)})
	x, err := books.Permit(ctx, ledger.Permit{Actor: storage.Ref{Kind: "user", ID: "7"}, Why: "late receipts",
		Period: date.Must(2017, 1, 1).Month().Period()})
	fmt.Println(x.From, x.To, err)
	x, err = books.Revoke(ctx, ledger.Revoke{Exception: x.ID})
	fmt.Println(x.RevokedAt.Format("2006-01-02"), err)
	// Output:
	// 2017-01-01 2017-01-31 <nil>
	// 2017-04-01 <nil>
}

// What a year earned moves into retained earnings; the income statement still shows it.
func ExampleBooks_CloseYear() {
	ctx := context.Background()
	books := exampleBooks(ctx)
	a := money.MustParse("500 EUR")
	_, _ = books.OpenYear(ctx, ledger.OpenYear{Year: 2016})
	_, _ = books.Post(ctx, ledger.Entry{Date: date.Must(2016, 3, 1), Legs: []ledger.Leg{
		ledger.Debit(ledger.Bank, a, ledger.Dims{}), ledger.Credit(ledger.Revenue, a, ledger.Dims{})}})
	y, err := books.CloseYear(ctx, ledger.CloseYear{Year: 2016})
	fmt.Println(y.Status, err)
	retained, _ := books.Balance(ctx, ledger.RetainedEarnings, "EUR", date.Must(2016, 12, 31))
	s, _ := books.IncomeStatement(ctx, ledger.IncomeFilter{Period: y.Days()})
	fmt.Println(retained, s.Totals[0].Profit.Total)

	y, err = books.ReopenYear(ctx, ledger.ReopenYear{Year: 2016, Why: "The audit found something"})
	retained, _ = books.Balance(ctx, ledger.RetainedEarnings, "EUR", date.Must(2016, 12, 31))
	fmt.Println(y.Status, retained, err)
	// Output:
	// hard_closed <nil>
	// -500.00 EUR 500.00 EUR
	// open 0.00 EUR <nil>
}
