package tax_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/erp/tax"
	"github.com/tutas/tutas/ledger/money"
)

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

// item reads "quantity price percent", with "incl" behind it for a gross price.
func item(t *testing.T, s string) tax.Item {
	var q, p, r, incl string
	_, _ = fmt.Sscan(s, &q, &p, &r, &incl)
	require.NotEmpty(t, r)
	return tax.Item{Quantity: dec(q), Price: dec(p), Percent: dec(r), Code: r, Included: incl == "incl"}
}

func TestDocumentsAddUpAsTheWorkedExamplesSay(t *testing.T) {
	hundredLines := make([]string, 100)
	for i := range hundredLines {
		hundredLines[i] = "1 1.001 20"
	}
	for _, c := range []struct {
		id       string
		currency money.Currency
		method   tax.Method
		step     string
		items    []string
		want     string // net tax gross
		first    string // net tax of the first line, or ""
		rounding string
	}{
		{"WE-T1 per line", "EUR", tax.PerLine, "", []string{"1 1.24 10", "1 1.24 10"}, "2.48 0.24 2.72", "1.24 0.12", "0.00"},
		{"WE-T1 per document", "EUR", tax.PerDocument, "", []string{"1 1.24 10", "1 1.24 10"}, "2.48 0.25 2.73", "", "0.00"},
		{"WE-T3", "EUR", tax.PerLine, "", []string{"2 379.00 21 incl"}, "626.44 131.56 758.00", "626.44 131.56", "0.00"},
		{"WE-T6", "EUR", tax.PerLine, "", []string{"1 52.50 12 incl"}, "46.87 5.63 52.50", "46.87 5.63", "0.00"},
		{"WE-T7 small", "CHF", tax.PerLine, "0.05", []string{"1 5.00 5 incl"}, "4.75 0.25 5.00", "", "0.00"},
		{"WE-T7 large", "CHF", tax.PerLine, "0.05", []string{"1 50.00 5 incl"}, "47.60 2.40 50.00", "", "0.00"},
		{"WE-T10 net", "CLP", tax.PerLine, "", []string{"1 22689 19"}, "22689 4311 27000", "", "0"},
		{"WE-T10 gross", "CLP", tax.PerLine, "", []string{"1 10920 19 incl"}, "9176 1744 10920", "", "0"},
		{"WE-T13 net", "EUR", tax.PerLine, "", []string{"1 100 21"}, "100.00 21.00 121.00", "", "0.00"},
		{"WE-T13 gross", "EUR", tax.PerLine, "", []string{"1 121 21 incl"}, "100.00 21.00 121.00", "", "0.00"},
		{"WE-T13 low", "EUR", tax.PerLine, "", []string{"1 100 12"}, "100.00 12.00 112.00", "", "0.00"},
		{"WE-T17", "EUR", tax.Precise, "", []string{"20.10 3.05 23", "20.10 3.05 23"}, "122.61 28.20 150.81", "61.31 14.10", "-0.01"},
		{"WE-T22", "EUR", tax.PerLine, "", []string{"5 40 10", "1 20 0"}, "220.00 20.00 240.00", "", "0.00"},
		{"WE-TR1", "EUR", tax.PerDocument, "", hundredLines, "100.00 20.02 120.02", "", "0.00"},
		{"WE-TR2", "EUR", tax.PerLine, "", hundredLines, "100.00 20.00 120.00", "", "0.00"},
		{"WE-TR15", "EUR", tax.PerLine, "", []string{"1 0.0035 10", "1 0.0035 10"}, "0.00 0.00 0.00", "", "0.00"},
		{"WE-TR18", "EUR", tax.PerLine, "", []string{"5 10 10", "-2 5 10"}, "40.00 4.00 44.00", "", "0.00"},
		{"WE-TR45", "EUR", tax.PerLine, "", []string{"2 10 10", "3 10 10"}, "50.00 5.00 55.00", "", "0.00"},
	} {
		t.Run(c.id, func(t *testing.T) {
			var items []tax.Item
			for _, s := range c.items {
				items = append(items, item(t, s))
			}
			var o tax.Options
			if c.step != "" {
				o.Step = dec(c.step)
			}
			r, err := tax.Compute(c.currency, c.method, items, o)
			require.NoError(t, err)
			digits, _ := c.currency.Digits()
			text := func(a money.Amount) string { return a.Decimal().StringFixed(int32(digits)) }
			require.Equal(t, c.want, text(r.Net)+" "+text(r.Tax)+" "+text(r.Gross))
			require.Equal(t, c.rounding, text(r.Rounding))
			if c.first != "" {
				require.Equal(t, c.first, text(r.Lines[0].Net)+" "+text(r.Lines[0].Tax))
			}
		})
	}
}

func TestWhatIsPrintedAlwaysAddsUp(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	for range 5000 {
		var items []tax.Item
		for range 1 + r.IntN(8) {
			items = append(items, tax.Item{Quantity: decimal.New(r.Int64N(100000)-2000, -2), Price: decimal.New(r.Int64N(1000000), -3),
				Percent: decimal.New(r.Int64N(30), 0), Code: "x", Included: r.IntN(2) == 0})
			items[len(items)-1].Code = items[len(items)-1].Percent.String()
		}
		for _, m := range []tax.Method{tax.PerLine, tax.PerDocument, tax.Precise} {
			res, err := tax.Compute("EUR", m, items)
			require.NoError(t, err)
			net, tx, base := res.Rounding, money.Zero("EUR"), money.Zero("EUR")
			for _, l := range res.Lines {
				net, _ = net.Add(l.Net)
				sum, _ := l.Net.Add(l.Tax)
				require.True(t, sum.Equal(l.Gross))
			}
			for _, g := range res.Totals {
				tx, _ = tx.Add(g.Tax)
				base, _ = base.Add(g.Base)
			}
			sum, _ := res.Net.Add(res.Tax)
			require.True(t, sum.Equal(res.Gross))
			require.True(t, net.Equal(res.Net), "lines and rounding make the net")
			require.True(t, tx.Equal(res.Tax), "the taxes make the tax")
			if m == tax.PerLine {
				require.True(t, base.Equal(res.Net))
			}
		}
	}
}

func ExampleCompute() {
	r, _ := tax.Compute("EUR", tax.PerLine, []tax.Item{
		{Quantity: decimal.NewFromInt(2), Price: decimal.RequireFromString("379.00"), Percent: decimal.NewFromInt(21), Included: true},
	})
	fmt.Println(r.Net, r.Tax, r.Gross)
	// Output: 626.44 EUR 131.56 EUR 758.00 EUR
}
