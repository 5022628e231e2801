package money_test

import (
	"errors"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/money"
)

func ExampleOf() {
	price, err := money.Of("EUR", "19.90")
	if err != nil {
		fmt.Println(err)
	}
	fmt.Println(price.Times(3))
	// Output: 59.70 EUR
}

func ExampleMinor() {
	dollars, _ := money.Minor("USD", 1234)
	yen, _ := money.Minor("JPY", 1234)
	fmt.Println(dollars, yen)
	// Output: 12.34 USD 1234 JPY
}

func ExampleScaled() {
	points, _ := money.Scaled("POINTS", 1250, 2) // whoever declared POINTS knows that they have two decimals
	fmt.Println(points)
	// Output: 12.5 POINTS
}

func ExampleAmount_Add() {
	euros, dollars := money.MustParse("10 EUR"), money.MustParse("10 USD")
	sum, err := euros.Add(money.MustParse("2.50 EUR"))
	fmt.Println(sum, err)
	_, err = euros.Add(dollars)
	fmt.Println(errors.Is(err, money.ErrCurrency), err)
	// Output:
	// 12.50 EUR <nil>
	// true EUR and USD: currencies differ
}

func ExampleAmount_Mul() {
	tax := money.MustParse("61.30 USD").Mul(decimal.RequireFromString("0.0825"))
	fmt.Println(tax, "is", tax.Round(money.HalfUp))
	// Output: 5.05725 USD is 5.06 USD
}

func ExampleAmount_MulQuo() {
	// 243 of 366 days of a yearly fee, rounded once.
	used, err := money.MustParse("1188.00 EUR").MulQuo(decimal.NewFromInt(243), decimal.NewFromInt(366), money.HalfUp)
	fmt.Println(used, err)
	// Output: 788.75 EUR <nil>
}

func ExampleAmount_RoundTo() {
	cash, err := money.MustParse("42.08 CHF").RoundTo(decimal.RequireFromString("0.05"), money.HalfUp)
	fmt.Println(cash, err)
	// Output: 42.10 CHF <nil>
}

func ExampleAmount_Allocate() {
	parts, err := money.MustParse("100.03 USD").Allocate(decimal.RequireFromString("0.7"), decimal.RequireFromString("0.3"))
	fmt.Println(parts, err)
	// Output: [70.02 USD 30.01 USD] <nil>
}

func ExampleAmount_Split() {
	parts, err := money.MustParse("-100.00 USD").Split(3)
	fmt.Println(parts, err)
	// Output: [-33.34 USD -33.33 USD -33.33 USD] <nil>
}

func ExampleAmount_Format() {
	won := money.MustParse("10005534 USD")
	fmt.Println(won.Format(money.Layout{Group: ","}))
	fmt.Println(won.Format(money.Layout{Group: ".", Point: ","}))
	fmt.Println(won.Format(money.Layout{Group: ",", Whole: true}))
	// Output:
	// 10,005,534.00
	// 10.005.534,00
	// 10,005,534
}

func ExampleAmount_MarshalJSON() {
	data, _ := money.MustParse("12.30 USD").MarshalJSON()
	fmt.Println(string(data))
	// Output: {"amount":"12.30","currency":"USD"}
}
