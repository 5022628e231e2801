package billing_test

import (
	"context"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas"
	"github.com/tutas/tutas/erp"
	"github.com/tutas/tutas/erp/billing"
	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
)

// exampleBilling opens a company's billing on 1 March 2026, over books with open items.
func exampleBilling(ctx context.Context) (*billing.Invoices, *ledger.Books) {
	day := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	store := storage.Open(memory.New(), storage.Clock(func() time.Time { return day }))
	_ = store.Migrate(ctx, event.Package(), ledger.Package(), billing.Package())
	db, _ := store.CreateTenant(ctx, storage.Tenant{ID: "acme", Currency: "EUR"}, ledger.Template(ledger.ServicesChart()))
	return billing.New(db, billing.Ports{Journal: tutas.Journal{}, Matcher: tutas.Journal{}, Accounts: tutas.UsualAccounts()}), ledger.New(db)
}

// exampleInvoice issues an invoice over an amount, due in 30 days, with 2 % off within 10.
func exampleInvoice(ctx context.Context, invoices *billing.Invoices, amount int64) *billing.Invoice {
	i, err := invoices.IssueNew(ctx, billing.Draft{Customer: customer, Currency: "EUR",
		Terms: erp.Terms{Days: 30, EarlyDays: 10, EarlyPercent: decimal.NewFromInt(2)},
		Lines: []erp.Line{{Text: "Design", Quantity: decimal.NewFromInt(1), Price: decimal.NewFromInt(amount)}}})
	if err != nil {
		fmt.Println(err)
	}
	return i
}

// A payment within ten days may leave 2 % out; the books have it as a discount.
func ExampleInvoices_Receive() {
	ctx := context.Background()
	invoices, books := exampleBilling(ctx)
	i := exampleInvoice(ctx, invoices, 500)
	_, err := invoices.Receive(ctx, billing.Receive{Customer: customer, Amount: money.MustParse("490 EUR"),
		For: []billing.Settle{{Invoice: i.ID, Discount: true}}})
	i, _ = invoices.Get(ctx, i.ID)
	off, _ := books.Balance(ctx, ledger.Discounts, "EUR", date.Date{})
	fmt.Println(i.State, i.Open, "discount", off, err)
	// Output: paid 0.00 EUR discount 10.00 EUR <nil>
}

// What was paid ahead settles a later invoice.
func ExampleInvoices_Allocate() {
	ctx := context.Background()
	invoices, _ := exampleBilling(ctx)
	ahead, _ := invoices.Receive(ctx, billing.Receive{Customer: customer, Amount: money.MustParse("100 EUR"), KeepCredit: true})
	i := exampleInvoice(ctx, invoices, 500)
	used, err := invoices.Allocate(ctx, billing.Allocate{Payment: ahead.ID})
	i, _ = invoices.Get(ctx, i.ID)
	fmt.Println(used, "leaves", i.Open, err)
	// Output: 100.00 EUR leaves 400.00 EUR <nil>
}

// A payment is charged back: the invoice is open again, and the money is gone.
func ExampleInvoices_Release() {
	ctx := context.Background()
	invoices, books := exampleBilling(ctx)
	i := exampleInvoice(ctx, invoices, 500)
	p, _ := invoices.Receive(ctx, billing.Receive{Customer: customer, Amount: i.Gross})
	p, err := invoices.Release(ctx, billing.Release{Payment: p.ID, Why: "charged back"})
	fmt.Println("free", p.Free, err)
	_, err = invoices.Refund(ctx, billing.Refund{Payment: p.ID, Why: "charged back"})
	i, _ = invoices.Get(ctx, i.ID)
	bank, _ := books.Balance(ctx, ledger.Bank, "EUR", date.Date{})
	fmt.Println(i.State, i.Open, "bank", bank, err)
	// Output:
	// free 500.00 EUR <nil>
	// issued 500.00 EUR bank 0.00 EUR <nil>
}

// An invoice that was paid is taken back, and the money goes home.
func ExampleInvoices_Refund() {
	ctx := context.Background()
	invoices, books := exampleBilling(ctx)
	i := exampleInvoice(ctx, invoices, 500)
	_, _ = invoices.Receive(ctx, billing.Receive{Customer: customer, Amount: i.Gross})
	note, _ := invoices.Credit(ctx, billing.CreditInvoice{Invoice: i.ID})
	back, err := invoices.Refund(ctx, billing.Refund{Credit: note.ID})
	owed, _ := books.Balance(ctx, ledger.Receivables, "EUR", date.Date{})
	fmt.Println(back.Amount, "paid back, owed", owed, err)
	// Output: 500.00 EUR paid back, owed 0.00 EUR <nil>
}

// A credit note goes to the wrong invoice, and back.
func ExampleInvoices_ReleaseCredit() {
	ctx := context.Background()
	invoices, _ := exampleBilling(ctx)
	i := exampleInvoice(ctx, invoices, 500)
	_, _ = invoices.Receive(ctx, billing.Receive{Customer: customer, Amount: i.Gross})
	note, _ := invoices.Credit(ctx, billing.CreditInvoice{Invoice: i.ID})
	other := exampleInvoice(ctx, invoices, 300)
	used, _ := invoices.Allocate(ctx, billing.Allocate{Credit: note.ID, For: []billing.Settle{{Invoice: other.ID}}})
	note, err := invoices.ReleaseCredit(ctx, billing.ReleaseCredit{Credit: note.ID})
	fmt.Println(used, "used, then", note.Open, err)
	// Output: 300.00 EUR used, then -500.00 EUR <nil>
}
