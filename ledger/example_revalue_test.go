package ledger_test

import (
	"context"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
)

// abroad is an entry whose value passes between currencies.
func abroad(d date.Date, debit string, a money.Amount, credit string, b money.Amount) ledger.Entry {
	return ledger.Entry{Date: d, Exchange: ledger.Exchange, Legs: []ledger.Leg{
		ledger.Debit(debit, a, ledger.Dims{}), ledger.Credit(credit, b, ledger.Dims{})}}
}

// Dollars that were bought at 80 are worth 85 at the end of March; on the first of April the gain is taken back.
func ExampleBooks_Revalue() {
	ctx := context.Background()
	books := exampleBooks(ctx)
	_, _ = books.Configure(ctx, ledger.Configure{Base: "INR"})
	_, _ = books.Post(ctx, abroad(date.Must(2017, 3, 10), ledger.Bank, money.MustParse("100 USD"), ledger.Revenue,
		money.MustParse("8000 INR")))
	r, err := books.Revalue(ctx, ledger.Revalue{Date: date.Must(2017, 3, 31),
		Rates: map[money.Currency]decimal.Decimal{"USD": decimal.NewFromInt(85)}})
	for _, l := range r.Lines {
		fmt.Println(l.Account, l.Amount, "worth", l.Value, "booked", l.Booked, "gain", l.Gain)
	}
	fmt.Println(r.Reversed, err)
	for _, d := range []date.Date{r.Date, r.Reversed} {
		gains, _ := books.Balance(ctx, ledger.ExchangeGains, "INR", d)
		fmt.Println(d, gains)
	}
	// Output:
	// 1010 100.00 USD worth 8500.00 INR booked 8000.00 INR gain 500.00 INR
	// 2017-04-01 <nil>
	// 2017-03-31 -500.00 INR
	// 2017-04-01 0.00 INR
}

// Dollars that were worth 8000 brought in 8500: what is left in rupees only is a gain.
func ExampleBooks_ClearResidue() {
	ctx := context.Background()
	books := exampleBooks(ctx)
	_, _ = books.Configure(ctx, ledger.Configure{Base: "INR"})
	usd := money.MustParse("100 USD")
	_, _ = books.Post(ctx,
		abroad(date.Must(2017, 3, 10), ledger.Clearing, usd, ledger.Revenue, money.MustParse("8000 INR")),
		abroad(date.Must(2017, 3, 20), ledger.Bank, money.MustParse("8500 INR"), ledger.Clearing, usd))
	r, err := books.ClearResidue(ctx, ledger.ClearResidue{Date: date.Must(2017, 3, 31)})
	gains, _ := books.Balance(ctx, ledger.ExchangeGains, "INR", date.Date{})
	fmt.Println(r.Amount, gains, err)
	// Output: 500.00 INR -500.00 INR <nil>
}
