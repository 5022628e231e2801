package ledger_test

import (
	"context"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// studioBooks are those of a small studio in the first quarter of 2017.
func studioBooks(ctx context.Context) *ledger.Books {
	books := exampleBooks(ctx)
	move := func(month, day int, debit, credit, amount string) ledger.Entry {
		a := money.MustParse(amount + " EUR")
		return ledger.Entry{Date: date.Must(2017, 1, 1).AddMonths(month - 1).AddDays(day - 1),
			Source: storage.Ref{Kind: "bank.line", ID: "1"},
			Legs:   []ledger.Leg{ledger.Debit(debit, a, ledger.Dims{}), ledger.Credit(credit, a, ledger.Dims{Customer: "ada"})}}
	}
	_, _ = books.Post(ctx, move(1, 2, ledger.Bank, ledger.ShareCapital, "10000"), move(1, 10, ledger.Equipment, ledger.Bank, "3600"),
		move(2, 20, ledger.Prepaid, ledger.Revenue, "5000"), move(3, 1, ledger.Bank, ledger.Prepaid, "4000"),
		move(3, 31, ledger.DepreciationCosts, ledger.Equipment, "300"), move(3, 31, ledger.RentExpense, ledger.Bank, "2400"))
	return books
}

// printRows prints a statement with its first column.
func printRows(rows []ledger.StatementRow) {
	for _, r := range rows {
		fmt.Printf("%-36s %9s\n", fmt.Sprintf("%*s%s", 2*r.Level, "", r.Name), r.Cells[0].Amount.Text())
	}
}

func ExampleBooks_BalanceSheet() {
	ctx := context.Background()
	books := studioBooks(ctx)
	sheet, err := books.BalanceSheet(ctx, ledger.SheetFilter{Date: date.Must(2017, 3, 31)})
	printRows(sheet.Parts[0].Rows)
	fmt.Println(sheet.Ties(), err)
	// Output:
	// Assets                                12300.00
	//   Bank                                 8000.00
	//   Prepaid expenses                     1000.00
	//   Equipment                            3300.00
	// Total assets                          12300.00
	// Total liabilities                         0.00
	// Equity                                10000.00
	//   Share capital                       10000.00
	// Result of the year                     2300.00
	// Total equity                          12300.00
	// Total liabilities and equity          12300.00
	// true <nil>
}

// What was received and paid, and for what.
func ExampleBooks_CashFlow() {
	ctx := context.Background()
	books := studioBooks(ctx)
	quarter := date.Period{From: date.Must(2017, 1, 1), To: date.Must(2017, 3, 31)}
	flow, err := books.CashFlow(ctx, ledger.CashFilter{Period: quarter})
	printRows(flow.Parts[0].Rows)
	fmt.Println(flow.Ties(), err)
	// Output:
	//   Prepaid expenses                     4000.00
	//   Rent                                -2400.00
	// Cash from operating activities         1600.00
	//   Equipment                           -3600.00
	// Cash from investing activities        -3600.00
	//   Share capital                       10000.00
	// Cash from financing activities        10000.00
	// Change of cash                         8000.00
	// Cash at the beginning                     0.00
	// Cash at the end                        8000.00
	// true <nil>
}

// The same change of cash, from the profit.
func ExampleBooks_CashFlow_indirect() {
	ctx := context.Background()
	books := studioBooks(ctx)
	quarter := date.Period{From: date.Must(2017, 1, 1), To: date.Must(2017, 3, 31)}
	flow, err := books.CashFlow(ctx, ledger.CashFilter{Period: quarter, Indirect: true})
	printRows(flow.Parts[0].Rows)
	fmt.Println(flow.Ties(), err)
	// Output:
	//   Profit                               2300.00
	//   Depreciation                          300.00
	//   Prepaid expenses                    -1000.00
	// Cash from operating activities         1600.00
	//   Equipment                           -3600.00
	// Cash from investing activities        -3600.00
	//   Share capital                       10000.00
	// Cash from financing activities        10000.00
	// Change of cash                         8000.00
	// Cash at the beginning                     0.00
	// Cash at the end                        8000.00
	// true <nil>
}

// Three months side by side, each against the month before.
func ExampleCompare() {
	ctx := context.Background()
	books := studioBooks(ctx)
	month := func(n int) date.Period { return date.Must(2017, 1, 1).Month().Add(n - 1).Period() }
	s, _ := books.IncomeStatement(ctx, ledger.IncomeFilter{Period: month(1), Layout: ledger.Layout{
		Further: []date.Period{month(2), month(3)}, Compare: ledger.Compare{Months: 1}}})
	for i, p := range s.Periods {
		profit := s.Totals[0].Profit
		percent := "-"
		if x := profit.Against[i].Percent; x != nil {
			percent = x.String()
		}
		fmt.Printf("%s %8s, %s: %8s %s%%\n", p, profit.Values[i].Text(), s.Others[i], profit.Against[i].Difference.Text(), percent)
	}
	// Output:
	// 2017-01-01/2017-01-31     0.00, 2016-12-01/2016-12-31:     0.00 -%
	// 2017-02-01/2017-02-28  5000.00, 2017-01-01/2017-01-31:  5000.00 -%
	// 2017-03-01/2017-03-31 -2700.00, 2017-02-01/2017-02-28: -7700.00 -154%
}

// A balance sheet in another currency, at a stated rate: each figure is rounded, and ties.
func ExampleTranslation() {
	ctx := context.Background()
	books := studioBooks(ctx)
	in := ledger.Translation{Currency: "USD", Rates: map[money.Currency]decimal.Decimal{"EUR": decimal.RequireFromString("1.0691")}}
	sheet, err := books.BalanceSheet(ctx, ledger.SheetFilter{Date: date.Must(2017, 3, 31), Layout: ledger.Layout{In: in}})
	p := sheet.Parts[0]
	fmt.Println(p.Assets[0], p.Liabilities[0], p.Equity[0], sheet.Ties(), err)
	// Output: 13149.93 USD 0.00 USD 13149.93 USD true <nil>
}

func ExampleBooks_GeneralLedger() {
	ctx := context.Background()
	books := studioBooks(ctx)
	f := ledger.LedgerFilter{Period: date.Must(2017, 3, 1).Month().Period(), Chosen: ledger.Chosen{Accounts: []string{ledger.Bank}}}
	for r := range books.GeneralLedger(ctx, f) {
		fmt.Printf("%-8s %-8s %9s %9s %9s\n", r.Kind, r.Name, r.Debit.Text(), r.Credit.Text(), r.Balance.Text())
	}
	// Output:
	// opening  Bank          0.00      0.00   6400.00
	// line     Bank       4000.00      0.00  10400.00
	// line     Bank          0.00   2400.00   8000.00
	// end      Bank       4000.00   2400.00   8000.00
}

func ExampleBooks_PartyLedger() {
	ctx := context.Background()
	books := studioBooks(ctx)
	got, _ := books.PartyLedger(ctx, ledger.PartyFilter{Dimension: ledger.Customer, Period: date.Must(2017, 3, 1).Month().Period(),
		Chosen: ledger.Chosen{Accounts: []string{ledger.Bank, ledger.Prepaid}}})
	for _, r := range got.Rows {
		fmt.Printf("%-4s %9s %9s %9s %9s\n", r.Value, r.Opening.Text(), r.Debit.Text(), r.Credit.Text(), r.Closing.Text())
	}
	// Output:
	//       15000.00   4000.00      0.00  19000.00
	// ada   -3600.00      0.00   6400.00 -10000.00
}

// What is the profit made of? First by month, then the lines.
func ExampleBooks_Explain() {
	ctx := context.Background()
	books := studioBooks(ctx)
	f := ledger.IncomeFilter{Period: date.FiscalYear{}.Period(2017)}
	s, _ := books.IncomeStatement(ctx, f)
	for _, figure := range f.Explain(s, s.Totals[0].Profit, "", 0) {
		groups, _ := books.ExplainGroups(ctx, figure, ledger.ExplainMonth)
		for _, g := range groups.Groups {
			fmt.Println(g.Month, g.Amount.Text())
		}
		page, err := books.Explain(ctx, figure, "")
		for _, x := range page.Items {
			fmt.Println(x.Date, x.Account, x.Source, x.Amount.Text())
		}
		fmt.Println(groups.Total, err)
	}
	// Output:
	// 2017-02 5000.00
	// 2017-03 -2700.00
	// 2017-02-20 4010 bank.line/1 5000.00
	// 2017-03-31 6950 bank.line/1 -300.00
	// 2017-03-31 6200 bank.line/1 -2400.00
	// [2300.00 EUR] <nil>
}

func ExampleBooks_ExplainGroups() {
	ctx := context.Background()
	books := studioBooks(ctx)
	got, _ := books.ExplainGroups(ctx, ledger.ExplainFilter{Chosen: ledger.Chosen{Accounts: []string{ledger.Bank}}},
		ledger.ExplainCounter)
	for _, g := range got.Groups {
		fmt.Println(g.Name, g.Amount.Text())
	}
	fmt.Println(got.Total)
	// Output:
	// Prepaid expenses 4000.00
	// Equipment -3600.00
	// Share capital 10000.00
	// Rent -2400.00
	// [8000.00 EUR]
}
