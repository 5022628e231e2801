package ledger_test

import (
	"context"
	"fmt"
	"time"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
)

// The first balanced entry.
func Example() {
	ctx, store := context.Background(), storage.Open(memory.New())
	_ = store.Migrate(ctx, event.Package(), ledger.Package())
	db, _ := store.CreateTenant(ctx, storage.Tenant{ID: "acme"}, ledger.Template(ledger.ServicesChart()))
	books, rent := ledger.New(db), money.MustParse("800 EUR")
	_, err := books.Post(ctx, ledger.Entry{Date: date.Must(2017, 3, 1), Text: "Rent", Legs: []ledger.Leg{
		ledger.Debit(ledger.RentExpense, rent, ledger.Dims{}), ledger.Credit(ledger.Bank, rent, ledger.Dims{})}})
	balance, _ := books.Balance(ctx, ledger.Bank, "EUR", date.Date{})
	fmt.Println(balance, err)
	// Output: -800.00 EUR <nil>
}

// The rules need no storage: they say whether an entry may be posted, and how its legs are divided.
func ExampleRules_Admit() {
	rules := ledger.RulesFor(
		ledger.Account{Code: "Expenses:Paper", Type: ledger.Expense, Requires: []ledger.Dimension{ledger.Department}},
		ledger.Account{Code: "Assets:Bank", Type: ledger.Asset, Currency: "EUR"})
	paper := ledger.Leg{Account: "Expenses:Paper", Amount: money.MustParse("100.03 EUR")}
	e := ledger.Entry{Date: date.Must(2017, 3, 31), Legs: []ledger.Leg{paper,
		ledger.Credit("Assets:Bank", paper.Amount, ledger.Dims{})}}
	_, err := rules.Admit(e)
	fmt.Println(err)
	e.Legs[0].Split = []ledger.Share{share("0.7", ledger.Dims{Department: "sales"}),
		share("0.3", ledger.Dims{Department: "delivery"})}
	legs, _ := rules.Admit(e)
	for _, p := range legs[0].Parts {
		fmt.Println(p.Dims.Department, p.Amount)
	}
	// Output:
	// the account demands a dimension: invalid input: legs.0.dims.department (ledger.dimension) "Expenses:Paper" demands department
	// sales 70.02 EUR
	// delivery 30.01 EUR
}

func ExampleEntry_Check() {
	e := ledger.Entry{Date: date.Must(2017, 3, 1), Legs: []ledger.Leg{
		{Account: "Assets:Bank", Amount: money.MustParse("10 EUR")}, {Account: "Income:Sales", Amount: money.MustParse("-9.99 EUR")}}}
	fmt.Println(e.Check())
	// Output: the entry does not balance: invalid input: legs (ledger.unbalanced) 0.01 EUR too much
}

// exampleBooks opens books with a fixed clock.
func exampleBooks(ctx context.Context) *ledger.Books {
	store := storage.Open(memory.New(), storage.Clock(func() time.Time { return time.Date(2017, 4, 1, 9, 0, 0, 0, time.UTC) }))
	_ = store.Migrate(ctx, event.Package(), ledger.Package())
	db, _ := store.CreateTenant(ctx, storage.Tenant{ID: "acme"}, ledger.Template(ledger.ServicesChart()))
	return ledger.New(db)
}

// An income statement with a column for each department ties to the whole.
func ExampleBooks_IncomeStatement() {
	ctx := context.Background()
	books := exampleBooks(ctx)
	move := func(debit, credit, amount string, d ledger.Dims) ledger.Entry {
		a := money.MustParse(amount + " EUR")
		return ledger.Entry{Date: date.Must(2017, 3, 15), Legs: []ledger.Leg{ledger.Debit(debit, a, d), ledger.Credit(credit, a, d)}}
	}
	_, err := books.Post(ctx,
		move(ledger.Bank, ledger.Revenue, "5000", ledger.Dims{Department: "delivery"}),
		move(ledger.Payroll, ledger.AccruedWages, "2000", ledger.Dims{Department: "delivery"}),
		move(ledger.Payroll, ledger.AccruedWages, "1500", ledger.Dims{Department: "sales"}),
		move(ledger.RentExpense, ledger.Bank, "800", ledger.Dims{}))
	s, _ := books.IncomeStatement(ctx, ledger.IncomeFilter{Period: date.Must(2017, 3, 1).Month().Period(),
		GroupBy: ledger.Department})
	fmt.Printf("%-16s %10s %10s %10s %10s\n", "EUR", "-", s.Columns[1], s.Columns[2], "all")
	for _, l := range append(append(s.Income, s.Expense...), s.Totals[0].Profit) {
		fmt.Printf("%-16.16s", l.Name)
		for _, v := range append(l.Values, l.Total) {
			fmt.Printf(" %10s", v.Text())
		}
		fmt.Println()
	}
	fmt.Println(err)
	// Output:
	// EUR                       -   delivery      sales        all
	// Revenue from ser       0.00    5000.00       0.00    5000.00
	// Salaries               0.00    2000.00    1500.00    3500.00
	// Rent                 800.00       0.00       0.00     800.00
	//                     -800.00    3000.00   -1500.00     700.00
	// <nil>
}

func ExampleBooks_Reverse() {
	ctx := context.Background()
	books := exampleBooks(ctx)
	a := money.MustParse("42 EUR")
	posted, _ := books.Post(ctx, ledger.Entry{Date: date.Must(2017, 3, 15), Text: "Taxi", Legs: []ledger.Leg{
		ledger.Debit(ledger.Travel, a, ledger.Dims{}), ledger.Credit(ledger.Bank, a, ledger.Dims{})}})
	_, err := books.Reverse(ctx, ledger.Reverse{Entry: posted[0].ID, Date: date.Must(2017, 3, 31), Why: "It was private"})
	fmt.Println(err)
	_, err = books.Reverse(ctx, ledger.Reverse{Entry: posted[0].ID})
	fmt.Println(err != nil)
	for l := range books.Statement(ctx, ledger.LineFilter{Account: ledger.Travel}) {
		fmt.Println(l.Date, l.Text, l.Amount.Text(), l.Balance.Text())
	}
	// Output:
	// <nil>
	// true
	// 2017-03-15 Taxi 42.00 42.00
	// 2017-03-31 It was private -42.00 0.00
}

func ExampleBooks_TrialBalance() {
	ctx := context.Background()
	books := exampleBooks(ctx)
	a := money.MustParse("100 EUR")
	_, _ = books.Post(ctx, ledger.Entry{Date: date.Must(2017, 2, 1), Legs: []ledger.Leg{
		ledger.Debit(ledger.Bank, a, ledger.Dims{}), ledger.Credit(ledger.ShareCapital, a, ledger.Dims{})}},
		ledger.Entry{Date: date.Must(2017, 3, 1), Legs: []ledger.Leg{
			ledger.Debit(ledger.Travel, a, ledger.Dims{}), ledger.Credit(ledger.Bank, a, ledger.Dims{})}})
	trial, _ := books.TrialBalance(ctx, ledger.TrialFilter{Period: date.Must(2017, 3, 1).Month().Period()})
	for _, r := range append(trial.Rows, trial.Totals...) {
		fmt.Printf("%-5s %-14s %8s %8s %8s %8s\n", r.Account, r.Name, r.Opening.Text(), r.Debit.Text(), r.Credit.Text(),
			r.Closing.Text())
	}
	// Output:
	// 1010  Bank             100.00     0.00   100.00     0.00
	// 3010  Share capital   -100.00     0.00     0.00  -100.00
	// 6400  Travel             0.00   100.00     0.00   100.00
	//                          0.00   100.00   100.00     0.00
}

func ExampleBooks_Lock() {
	ctx := context.Background()
	books := exampleBooks(ctx)
	_ = books.Lock(ctx, ledger.Lock{Through: date.Must(2017, 2, 28), Why: "February was reported"})
	a := money.MustParse("42 EUR")
	_, err := books.Post(ctx, ledger.Entry{Date: date.Must(2017, 2, 15), Legs: []ledger.Leg{
		ledger.Debit(ledger.Travel, a, ledger.Dims{}), ledger.Credit(ledger.Bank, a, ledger.Dims{})}})
	fmt.Println(err)
	// Output: this day is closed for postings: invalid input: date (ledger.closed_period) locked through 2017-02-28
}
