package ledger_test

import (
	"context"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
)

// Books kept in rupees, with years that begin in April.
func ExampleBooks_Configure() {
	ctx := context.Background()
	books := exampleBooks(ctx)
	c, err := books.Configure(ctx, ledger.Configure{Base: "INR", Fiscal: date.FiscalYear{Month: time.April}})
	fmt.Println(c.Base, c.Exchange, c.RetainedEarnings, err)
	_, err = books.Configure(ctx, ledger.Configure{Base: "INR", Exchange: ledger.Bank})
	fmt.Println(err)
	// Output:
	// INR 3950 3100 <nil>
	// invalid input: exchange (choice) "1010" is asset
}

func ExampleBooks_SetRates() {
	ctx := context.Background()
	books := exampleBooks(ctx)
	_, _ = books.Configure(ctx, ledger.Configure{Base: "EUR"})
	_, err := books.SetRates(ctx, ledger.SetRates{Source: "ECB", Rates: []ledger.Rate{
		{From: "EUR", To: "USD", Date: date.Must(2017, 3, 1), Value: decimal.RequireFromString("1.0533")},
		{From: "EUR", To: "GBP", Date: date.Must(2017, 3, 1), Value: decimal.RequireFromString("0.85415")}}})
	fmt.Println(err)
	for r := range books.Rates(ctx, ledger.RateFilter{From: "EUR"}) {
		fmt.Println(r.From, r.To, r.Date, r.Value, r.Source)
	}
	// Output:
	// <nil>
	// EUR GBP 2017-03-01 0.85415 ECB
	// EUR USD 2017-03-01 1.0533 ECB
}

// A rate is the pair's own, or its inverse, or a cross over the base currency: exact until the amount is rounded, once.
func ExampleBooks_Rate() {
	ctx := context.Background()
	books := exampleBooks(ctx)
	_, _ = books.Configure(ctx, ledger.Configure{Base: "EUR"})
	_, _ = books.SetRates(ctx, ledger.SetRates{Rates: []ledger.Rate{
		{From: "EUR", To: "USD", Date: date.Must(2017, 3, 1), Value: decimal.RequireFromString("1.0533")},
		{From: "EUR", To: "GBP", Date: date.Must(2017, 3, 1), Value: decimal.RequireFromString("0.85415")}}})
	r, err := books.Rate(ctx, "USD", "GBP", date.Must(2017, 3, 4))
	pounds, _ := r.Convert(money.MustParse("100 USD"), money.HalfUp)
	fmt.Println(pounds, r.Date, err)
	// Output: 81.09 GBP 2017-03-01 <nil>
}

// What a company brings along; what its balances lack stays on the opening account until the rest is there.
func ExampleBooks_OpeningBalances() {
	ctx := context.Background()
	books := exampleBooks(ctx)
	_, _ = books.Configure(ctx, ledger.Configure{Base: "EUR"})
	_, err := books.OpeningBalances(ctx, ledger.Opening{Key: "begin", Date: date.Must(2016, 12, 31), Legs: []ledger.OpeningLeg{
		{Account: ledger.Bank, Amount: money.MustParse("1000 EUR")},
		{Account: ledger.Clearing, Amount: money.MustParse("100 USD"), Value: money.MustParse("95 EUR")},
		{Account: ledger.ShareCapital, Amount: money.MustParse("-1000 EUR")}}})
	fmt.Println(err)
	lacking, _ := books.Balance(ctx, ledger.OpeningBalances, "EUR", date.Date{})
	fmt.Println(lacking)
	// Output:
	// <nil>
	// -95.00 EUR
}
