package journal_test

import (
	"context"
	"fmt"
	"os"
	"regexp"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/journal"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
)

func exampleBooks(ctx context.Context, chart ...ledger.OpenAccount) *ledger.Books {
	store := storage.Open(memory.New())
	_ = store.Migrate(ctx, event.Package(), ledger.Package())
	db, _ := store.CreateTenant(ctx, storage.Tenant{ID: "acme"}, ledger.Template(chart))
	return ledger.New(db)
}

// A journal goes from one format to another.
func ExampleWrite() {
	j, _ := journal.Parse("2024-01-02 * \"Broker\" \"Buy\"\n  Assets:Stock  10 HOOL {100.00 USD}\n  Assets:Cash\n", journal.Options{Format: journal.Beancount})
	_ = journal.Write(os.Stdout, j, journal.Ledger)
	// Output:
	// 2024-01-02 * Broker | Buy
	//     Assets:Stock  10 HOOL {100.00 USD} [2024-01-02] @ 100.00 USD
	//     Assets:Cash  -1000.00 USD
}

// Books are written as a journal.
func ExampleExport() {
	ctx := context.Background()
	books := exampleBooks(ctx, ledger.OpenAccount{Code: "1010", Name: "Bank", Type: ledger.Asset},
		ledger.OpenAccount{Code: "6200", Name: "Rent", Type: ledger.Expense})
	rent := money.MustParse("800 EUR")
	_, _ = books.Post(ctx, ledger.Entry{Date: date.Must(2024, 3, 1), Text: "Rent", Legs: []ledger.Leg{
		ledger.Debit("6200", rent, ledger.Dims{Department: "sales"}), ledger.Credit("1010", rent, ledger.Dims{})}})
	err := journal.Export(ctx, books, redacted{os.Stdout}, journal.ExportOptions{})
	fmt.Println(err)
	// Output:
	// decimal-mark .
	// account Assets:1010 Bank
	//     ; code: 1010
	//     ; name: Bank
	//     ; type: A
	// account Expenses:6200 Rent
	//     ; code: 6200
	//     ; name: Rent
	//     ; type: X
	//
	// 2024-03-01 * Rent
	//     ; entry: …
	//     Expenses:6200 Rent  800.00 EUR
	//     ; department: sales
	//     Assets:1010 Bank  -800.00 EUR
	// <nil>
}

// A journal is posted into books. An exchange goes through an account of its own; posting it again changes nothing.
func ExampleImport() {
	ctx := context.Background()
	books := exampleBooks(ctx)
	j, _ := journal.Parse("2024-01-02 Exchange\n  assets:dollars   $110 @@ 100 EUR\n  assets:bank\n", journal.Options{})
	for range 2 {
		done, err := journal.Import(ctx, books, j, journal.ImportOptions{Exchange: "equity:exchange"})
		fmt.Println(done.Accounts, len(done.Entries), err)
	}
	trial, _ := books.TrialBalance(ctx, ledger.TrialFilter{})
	for _, row := range trial.Rows {
		fmt.Println(row.Account, row.Closing)
	}
	// Output:
	// [assets:bank assets:dollars equity:exchange] 1 <nil>
	// [] 1 <nil>
	// assets:bank -100.00 EUR
	// assets:dollars 110.00 USD
	// equity:exchange 100.00 EUR
	// equity:exchange -110.00 USD
}

// redacted leaves out identifiers, which are new each time.
type redacted struct{ w *os.File }

func (r redacted) Write(b []byte) (int, error) {
	_, err := r.w.Write(identifier.ReplaceAll(b, []byte("entry: …")))
	return len(b), err
}

var identifier = regexp.MustCompile(`entry: [0-9a-f-]{36}`)
