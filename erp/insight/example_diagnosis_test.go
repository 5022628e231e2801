package insight_test

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/crm/pipeline"
	"github.com/tutas/tutas/erp/insight"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
)

// Where is the tension? The rule needs no storage: these facts could come from anywhere.
func ExampleDiagnose() {
	usd := money.MustParse
	diagnosis, err := insight.Diagnose(insight.Facts{
		Currency: "USD",
		Result:   insight.Figures{Revenue: usd("2000000 USD"), Gross: usd("600000 USD")},
		Forecast: pipeline.Worth{Count: 80, Weighted: usd("500000 USD")},
		Dead:     pipeline.Worth{Count: 31, Weighted: usd("300000 USD")}, Longest: 138,
		Over: decimal.NewFromInt(10), Discounts: 40, Given: usd("52000 USD"), Unapproved: 3,
		Months: 10, OverMonths: 2, OverHours: decimal.NewFromInt(120), Hours: decimal.NewFromInt(3600),
	}, insight.Policy{})
	fmt.Println(diagnosis.Text)
	for i, step := range diagnosis.Steps {
		fmt.Printf("%d %s: %s\n", i+1, step.AtStake.Format(money.Layout{Group: ","}), step.Do)
	}
	fmt.Println(err)
	// Output:
	// Growth first: 90,000 of kept money is at stake in winning customers, 72,000 in running what was won.
	// 1 90,000.00: Close or revive the 31 deals older than 138 days, and plan with 200,000 instead of 500,000.
	// 2 52,000.00: Give less away below list: 1,300 on average in 40 deals, 3 of which nobody approved.
	// 3 20,000.00: Move 120 hours out of the 2 months above capacity, or add people before the next peak.
	// <nil>
}

// When does the money run out? The rule needs no storage either.
func ExampleOutlook() {
	on, usd := date.MustParse, money.MustParse
	outlook, err := insight.Outlook(usd("12000 USD"), on("2026-01-31"), []date.Date{on("2026-02-28"), on("2026-03-31")},
		[]insight.Flow{
			{Date: on("2026-02-15"), Kind: insight.FlowInvoice, Amount: usd("30000 USD")},
			{Date: on("2026-03-20"), Kind: insight.FlowDeal, Amount: usd("10000 USD")},
			{Date: on("2026-03-20"), Kind: insight.FlowDeadDeal, Amount: usd("40000 USD")},
			{Date: on("2026-02-28"), Kind: insight.FlowRunning, Amount: usd("-25000 USD")},
			{Date: on("2026-03-31"), Kind: insight.FlowRunning, Amount: usd("-25000 USD")},
		}, insight.Scenarios()...)
	for _, s := range outlook.Scenarios {
		fmt.Printf("%-31s %v %v", s.Text, s.Balances[0], s.Balances[1])
		if !s.Below.IsZero() {
			fmt.Print(", below zero on ", s.Below)
		}
		fmt.Println()
	}
	fmt.Println("the gap is the risk:", outlook.Risk, err)
	// Output:
	// As planned, live deals only     17000.00 USD 2000.00 USD
	// Customers pay 30 days later     -13000.00 USD -8000.00 USD, below zero on 2026-02-28
	// You believe the usual forecast  17000.00 USD 42000.00 USD
	// the gap is the risk: 50000.00 USD <nil>
}
