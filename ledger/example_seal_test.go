package ledger_test

import (
	"context"
	"fmt"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
)

// travelled posts an expense.
func travelled(ctx context.Context, books *ledger.Books, day date.Date, amount string) {
	a := money.MustParse(amount + " EUR")
	_, err := books.Post(ctx, ledger.Entry{Date: day, Legs: []ledger.Leg{
		ledger.Debit(ledger.Travel, a, ledger.Dims{}), ledger.Credit(ledger.Bank, a, ledger.Dims{})}})
	if err != nil {
		fmt.Println(err)
	}
}

// A head that was published long ago proves that nothing before it has been changed since.
func ExampleBooks_Verify() {
	ctx := context.Background()
	books := exampleBooks(ctx)
	travelled(ctx, books, date.Must(2017, 3, 1), "42")
	travelled(ctx, books, date.Must(2017, 3, 2), "7")
	_, _ = books.Seal(ctx)
	published, _ := books.Head(ctx)

	travelled(ctx, books, date.Must(2017, 3, 3), "1")
	v, err := books.Verify(ctx, ledger.VerifyFilter{Anchors: []ledger.Head{published}})
	fmt.Println(v.Checked, "sealed,", v.Open, "open, all as it was:", v.Break == nil, err)

	published.Hash = "0000000000000000000000000000000000000000000000000000000000000000" // not what we published
	v, _ = books.Verify(ctx, ledger.VerifyFilter{Anchors: []ledger.Head{published}})
	fmt.Println(v.Break.What, "at", v.Break.Sequence)
	// Output:
	// 2 sealed, 1 open, all as it was: true <nil>
	// rewritten at 2
}

// An entry that comes late changes what is known of a day, and not what was known of it.
func ExampleBooks_KnownAt() {
	ctx := context.Background()
	books := exampleBooks(ctx)
	travelled(ctx, books, date.Must(2017, 3, 1), "42")
	_, _ = books.Seal(ctx)
	reported, _ := books.Head(ctx)
	travelled(ctx, books, date.Must(2017, 3, 1), "8") // dated back
	_, _ = books.Seal(ctx)

	day := date.Must(2017, 3, 31)
	now, _ := books.Balances(ctx, ledger.BalanceFilter{AsOf: day})
	then, err := books.KnownAt(ctx, ledger.KnownFilter{Sequence: reported.Sequence, AsOf: day})
	fmt.Println(now.Rows[0].Amount, then.Rows[0].Amount, err)
	// Output: -50.00 EUR -42.00 EUR <nil>
}

func ExampleBooks_Audit() {
	ctx := context.Background()
	books := exampleBooks(ctx)
	travelled(ctx, books, date.Must(2017, 3, 1), "42")
	report, err := books.Audit(ctx)
	for _, f := range report.Findings {
		fmt.Println(f.Code, f.Place, f.Expected, f.Found)
	}
	fmt.Println(report.Entries, "entry,", report.Parts, "parts,", len(report.Findings), "findings", err)
	// Output: 1 entry, 2 parts, 0 findings <nil>
}

// An auditor builds the books anew from the log, in a store of his own.
func ExampleReplay() {
	ctx := context.Background()
	books, audit := exampleBooks(ctx), exampleBooks(ctx)
	travelled(ctx, books, date.Must(2017, 3, 1), "42")
	travelled(ctx, books, date.Must(2017, 3, 2), "7")
	_, _ = books.Seal(ctx)
	head, err := ledger.Replay(ctx, books, audit)
	published, _ := books.Head(ctx)
	balance, _ := audit.Balance(ctx, ledger.Travel, "EUR", date.Date{})
	fmt.Println(head == published, balance, err)
	// Output: true 49.00 EUR <nil>
}

// What was said is erased, what was paid stays.
func ExampleBooks_EraseText() {
	ctx := context.Background()
	books := exampleBooks(ctx)
	a := money.MustParse("42 EUR")
	posted, _ := books.Post(ctx, ledger.Entry{Date: date.Must(2017, 3, 1), Text: "Taxi for Ms A.", Legs: []ledger.Leg{
		ledger.Debit(ledger.Travel, a, ledger.Dims{}), ledger.Credit(ledger.Bank, a, ledger.Dims{})}})
	_, _ = books.Seal(ctx)
	err := books.EraseText(ctx, ledger.EraseText{Entry: posted[0].ID, Why: "she asked for it"})
	v, _ := books.Verify(ctx, ledger.VerifyFilter{})
	e, _ := books.Entry(ctx, posted[0].ID)
	fmt.Printf("%q %s %d erased, sound: %t %v\n", e.Text, e.Legs[0].Amount, v.Erased, v.Break == nil, err)
	// Output: "" 42.00 EUR 1 erased, sound: true <nil>
}

// Sealed entries come in their order, each with the hash that stands for all before it.
func ExampleBooks_Log() {
	ctx := context.Background()
	books := exampleBooks(ctx)
	travelled(ctx, books, date.Must(2017, 3, 2), "42")
	travelled(ctx, books, date.Must(2017, 3, 1), "7")
	n, err := books.Seal(ctx)
	fmt.Println(n, err)
	for s, err := range books.Log(ctx, 1) {
		fmt.Println(s.Sequence, len(s.Hash), s.Entry.Date, s.Entry.Legs[0].Amount, err)
	}
	// Output:
	// 2 <nil>
	// 1 64 2017-03-02 42.00 EUR <nil>
	// 2 64 2017-03-01 7.00 EUR <nil>
}
