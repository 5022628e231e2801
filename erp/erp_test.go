package erp_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/erp"
	"github.com/tutas/tutas/erp/tax"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/memory"
)

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

func TestWE_P3FortyFiveDaysAfterTheEndOfTheMonth(t *testing.T) {
	for _, day := range []string{"2019-01-01", "2019-01-15", "2019-01-31"} {
		require.Equal(t, "2019-03-17", erp.Terms{EndOfMonth: true, Days: 45}.Due(date.MustParse(day)).String())
	}
}

func TestWE_TR47DiscountsKeepTheirExactPrice(t *testing.T) {
	lines := []erp.Line{{Text: "x", Quantity: dec("1000"), Price: dec("10"), Discount: dec("33.333")}}
	_, err := erp.Compute("EUR", tax.PerLine, lines)
	require.NoError(t, err)
	require.Equal(t, "6666.70", lines[0].Net.Text())
	require.Equal(t, "33.33", erp.BelowList(lines, []decimal.Decimal{dec("10")}).String())
}

func TestLinesAreRefusedByFieldPath(t *testing.T) {
	good := erp.Line{Text: "x", Quantity: dec("1"), Price: dec("1")}
	for want, change := range map[string]func(*erp.Line){
		"lines.1.quantity negative":     func(l *erp.Line) { l.Quantity = dec("-1") },
		"lines.1.quantity scale":        func(l *erp.Line) { l.Quantity = dec("0.00001") },
		"lines.1.quantity range":        func(l *erp.Line) { l.Quantity = dec("1e40") },
		"lines.1.price range":           func(l *erp.Line) { l.Price = decimal.New(1, 1<<30) },
		"lines.1.discount range ":       func(l *erp.Line) { l.Discount = decimal.New(1, -1<<30) },
		"lines.1.tax_percent range":     func(l *erp.Line) { l.TaxPercent = decimal.New(1, 1<<30) },
		"lines.1.price negative":        func(l *erp.Line) { l.Price = dec("-1") },
		"lines.1.discount range":        func(l *erp.Line) { l.Discount = dec("101") },
		"lines.1.text required":         func(l *erp.Line) { l.Text = "" },
		"lines.1.tax_percent duplicate": func(l *erp.Line) { l.TaxPercent = dec("5") },
	} {
		bad := good
		change(&bad)
		_, err := erp.Compute("EUR", tax.PerLine, []erp.Line{good, bad})
		path, code, _ := strings.Cut(strings.TrimSpace(want), " ")
		require.True(t, storage.Has(err, path, code), "%s: %v", want, err)
	}
	_, err := erp.Compute("XXX", tax.PerLine, []erp.Line{good})
	require.True(t, storage.Has(err, "currency", storage.CodeCurrency), "%v", err)
}

func ExampleNumbering_Text() {
	n := erp.Numbering{Series: "invoice", Format: "INV-{year}-{n:4}"}
	fmt.Println(n.Text(42, date.MustParse("2026-03-01")))
	// Output: INV-2026-0042
}

// Two documents get their numbers; one that is undone leaves no gap.
func ExampleNumbering_Next() {
	ctx, store := context.Background(), storage.Open(memory.New())
	_ = store.Migrate(ctx)
	db, _ := store.CreateTenant(ctx, storage.Tenant{ID: "acme"})
	orders, day := erp.Numbering{Series: "order", Format: "SO-{year}-{n:4}"}, date.MustParse("2026-03-01")
	for _, outcome := range []error{nil, errors.New("undone"), nil} {
		var number string
		err := db.Update(ctx, func(tx *storage.Tx) error {
			number, _ = orders.Next(ctx, tx, day)
			return outcome
		})
		fmt.Println(number, err)
	}
	// Output:
	// SO-2026-0001 <nil>
	// SO-2026-0002 undone
	// SO-2026-0002 <nil>
}

func ExampleCompute() {
	lines := []erp.Line{
		{Text: "GTX Pro", Quantity: dec("2"), Price: dec("4821"), Discount: dec("10"), TaxCode: "vat", TaxPercent: dec("20")},
		{Text: "Installation, hours", Quantity: dec("3.5"), Price: dec("60"), TaxCode: "vat", TaxPercent: dec("20")},
	}
	totals, err := erp.Compute("USD", tax.PerLine, lines)
	fmt.Println(totals.Net, totals.Tax, totals.Gross, err)
	// Output: 8887.80 USD 1777.56 USD 10665.36 USD <nil>
}
