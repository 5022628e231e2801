package ledger_test

import (
	"context"
	"fmt"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// exampleItems opens books in euro whose receivables are open items, and posts an invoice of 100 dollars booked at 90 euro and
// its payment, worth 92 euro.
func exampleItems(ctx context.Context) (books *ledger.Books, invoice, payment ledger.ItemKey) {
	books = exampleBooks(ctx)
	_, _ = books.Configure(ctx, ledger.Configure{Base: "EUR"})
	_ = books.OpenAccounts(ctx, storage.Ref{}, ledger.OpenAccount{Code: "1110", Name: "Customers",
		Type: ledger.Asset, Items: true})
	dollars, party := money.MustParse("100 USD"), ledger.Dims{Customer: "acme"}
	owed := ledger.Debit("1110", dollars, party)
	owed.Due = date.Must(2017, 3, 31)
	posted, _ := books.Post(ctx,
		ledger.Entry{Date: date.Must(2017, 3, 1), Exchange: ledger.Exchange, Legs: []ledger.Leg{owed,
			ledger.Credit(ledger.Revenue, money.MustParse("90 EUR"), party)}},
		ledger.Entry{Date: date.Must(2017, 4, 20), Exchange: ledger.Exchange, Legs: []ledger.Leg{ledger.Credit("1110", dollars, party),
			ledger.Debit(ledger.Bank, money.MustParse("92 EUR"), ledger.Dims{})}})
	return books, ledger.ItemKey{Entry: posted[0].ID, Leg: 1}, ledger.ItemKey{Entry: posted[1].ID, Leg: 1}
}

// A payment settles an invoice in foreign currency; what the euro lost meanwhile is posted.
func ExampleBooks_Match() {
	ctx := context.Background()
	books, invoice, payment := exampleItems(ctx)
	m, err := books.Match(ctx, ledger.Match{Items: []ledger.MatchItem{{Item: invoice}, {Item: payment}}})
	fmt.Println(m.Date, m.Pairs[0].Amount, m.Pairs[0].DebitValue, m.Pairs[0].CreditValue, err)
	gains, _ := books.Balance(ctx, ledger.ExchangeGains, "EUR", date.Date{})
	left, _ := books.Item(ctx, invoice)
	fmt.Println(gains, left.Open, left.Closed)
	// Output:
	// 2017-04-20 100.00 USD 90.00 EUR -92.00 EUR <nil>
	// -2.00 EUR 0.00 USD 2017-04-20
}

// A payment is posted and settles an invoice at once; what the bank kept is given up.
func ExampleBooks_Match_entry() {
	ctx := context.Background()
	books, invoice, _ := exampleItems(ctx)
	pay := ledger.Entry{Date: date.Must(2017, 4, 20), Exchange: ledger.Exchange, Legs: []ledger.Leg{
		ledger.Debit(ledger.Bank, money.MustParse("89 EUR"), ledger.Dims{}),
		ledger.Credit("1110", money.MustParse("99 USD"), ledger.Dims{Customer: "acme"})}}
	m, err := books.Match(ctx, ledger.Match{Entry: &pay, Items: []ledger.MatchItem{{Item: ledger.ItemKey{Leg: 2}}, {Item: invoice}},
		WriteOff: &ledger.WriteOff{Account: ledger.BankFees, Max: money.MustParse("1 USD")}})
	fees, _ := books.Balance(ctx, ledger.BankFees, "EUR", date.Date{})
	left, _ := books.Item(ctx, invoice)
	fmt.Println(m.Posted.IsZero(), left.Open, "fees", fees, err)
	// Output: false 0.00 USD fees 0.90 EUR <nil>
}

func ExampleBooks_Unmatch() {
	ctx := context.Background()
	books, invoice, payment := exampleItems(ctx)
	m, _ := books.Match(ctx, ledger.Match{Items: []ledger.MatchItem{{Item: invoice}, {Item: payment}}})
	undone, err := books.Unmatch(ctx, ledger.Unmatch{Match: m.ID, Date: date.Must(2017, 4, 25), Why: "of another customer"})
	fmt.Println(undone.Undone, err)
	gains, _ := books.Balance(ctx, ledger.ExchangeGains, "EUR", date.Date{})
	left, _ := books.Item(ctx, invoice)
	fmt.Println(gains, left.Open)
	// Output:
	// 2017-04-25 <nil>
	// 0.00 EUR 100.00 USD
}

func ExampleBooks_Ageing() {
	ctx := context.Background()
	books, _, _ := exampleItems(ctx)
	for _, asOf := range []date.Date{date.Must(2017, 3, 31), date.Must(2017, 4, 10), date.Must(2017, 5, 10)} {
		aged, _ := books.Ageing(ctx, ledger.AgeingFilter{AsOf: asOf, Days: []int{30, 60}, ByParty: true})
		for _, r := range aged.Rows {
			fmt.Println(asOf, r.Party.ID, "not due", r.NotDue, "late", r.Late, "unapplied", r.Unapplied, "total", r.Total)
		}
	}
	// Output:
	// 2017-03-31 acme not due 100.00 USD late [0.00 USD 0.00 USD 0.00 USD] unapplied 0.00 USD total 100.00 USD
	// 2017-04-10 acme not due 0.00 USD late [100.00 USD 0.00 USD 0.00 USD] unapplied 0.00 USD total 100.00 USD
	// 2017-05-10 acme not due 0.00 USD late [0.00 USD 100.00 USD 0.00 USD] unapplied -100.00 USD total 0.00 USD
}

// A rule proposes which of a customer's items a payment settles.
func ExamplePropose() {
	open := func(leg int, due date.Date, amount string) ledger.Item {
		return ledger.Item{ItemKey: ledger.ItemKey{Leg: leg}, Due: due, Open: money.MustParse(amount)}
	}
	items := []ledger.Item{open(1, date.Must(2017, 3, 1), "50 EUR"), open(2, date.Must(2017, 2, 1), "70 EUR"),
		open(3, date.Must(2017, 4, 1), "30 EUR")}
	for _, paid := range []string{"-30 EUR", "-100 EUR"} {
		for _, m := range ledger.Propose(items, ledger.Incoming{Amount: money.MustParse(paid)}) {
			fmt.Println(paid, "item", m.Item.Leg, m.Amount)
		}
	}
	// Output:
	// -30 EUR item 3 30.00 EUR
	// -100 EUR item 2 70.00 EUR
	// -100 EUR item 1 30.00 EUR
}
