package money_test

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
)

func ExampleConvert() {
	rate := money.Rate{From: "EUR", To: "USD", Value: decimal.RequireFromString("1.175"), Date: "2025-12-31", Source: "ECB"}
	dollars, _ := money.Convert(money.MustParse("99.99 EUR"), rate, money.HalfUp)
	euros, _ := money.Convert(dollars, rate.Inverse(), money.HalfUp)
	fmt.Println(dollars, euros)
	// Output: 117.49 USD 99.99 EUR
}

func ExampleRateTable_Rate() {
	day := date.MustParse
	table, _ := money.NewRateTable("EUR", "ECB", []money.Quote[date.Date]{
		{Date: day("2025-12-31"), Currency: "USD", Value: decimal.RequireFromString("1.175")},
		{Date: day("2025-12-31"), Currency: "JPY", Value: decimal.RequireFromString("184.09")},
	})
	rate, _ := table.Rate("USD", "JPY", day("2026-01-01")) // a holiday: the day before counts
	yen, _ := money.Convert(money.MustParse("1000 USD"), rate, money.HalfUp)
	fmt.Println(yen, "at the rate of", rate.Date)
	_, err := table.Rate("EUR", "SEK", day("2026-01-01"))
	fmt.Println(err)
	// Output:
	// 156672 JPY at the rate of 2025-12-31
	// EUR in SEK on 2026-01-01: no such rate
}
