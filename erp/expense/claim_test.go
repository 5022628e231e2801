package expense_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/erp/expense"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

func eur(s string) money.Amount { return money.MustParse(s + " EUR") }

func rate(from string, value, per int64) money.Rate {
	return money.Rate{From: money.Currency(from), To: "EUR", Value: decimal.NewFromInt(value), Per: decimal.NewFromInt(per)}
}

var ana = storage.Ref{Kind: "people.person", ID: "ana"}

// claim is one receipt.
func claim(amount, percent string) expense.Submit {
	return expense.Submit{Person: ana, Currency: "EUR", Date: date.MustParse("2026-01-08"),
		Lines: []expense.Line{{Category: "travel", Text: "Train", Amount: eur(amount), TaxPercent: dec(percent)}}}
}

func TestWE_X1TaxContainedInAClaim(t *testing.T) {
	net, tax, err := expense.Split(eur("140"), dec("7"))
	require.NoError(t, err)
	require.Equal(t, "130.84 + 9.16", net.Text()+" + "+tax.Text())
	c, err := expense.Compose(claim("140", "7"))
	require.NoError(t, err)
	require.Equal(t, "130.84 + 9.16 = 140.00", c.Net.Text()+" + "+c.Tax.Text()+" = "+c.Gross.Text())
}

func TestWE_X4ForeignReceiptsAreConvertedThenParted(t *testing.T) {
	s := claim("1", "0")
	s.Lines = []expense.Line{
		{Category: "travel", Text: "Hotel", Amount: money.MustParse("1500 USD"), Rate: rate("USD", 1, 3), TaxPercent: dec("15")},
		{Category: "travel", Text: "Taxi", Amount: money.MustParse("700 GBP"), Rate: rate("GBP", 1, 2), TaxPercent: dec("10")},
	}
	c, err := expense.Compose(s)
	require.NoError(t, err)
	require.Equal(t, "434.78 + 65.22", c.Lines[0].Net.Text()+" + "+c.Lines[0].Tax.Text())
	require.Equal(t, "318.18 + 31.82", c.Lines[1].Net.Text()+" + "+c.Lines[1].Tax.Text())
	require.Equal(t, "850.00", c.Gross.Text())
}

func TestNetAndTaxAlwaysAddUpToTheReceipt(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	for range 2000 {
		currency := []money.Currency{"EUR", "JPY", "KWD"}[r.IntN(3)]
		gross, err := money.Minor(currency, 1+r.Int64N(1_000_000_000))
		require.NoError(t, err)
		percent := decimal.New(r.Int64N(5000), -2)
		net, tax, err := expense.Split(gross, percent)
		require.NoError(t, err)
		sum, err := net.Add(tax)
		require.NoError(t, err)
		require.True(t, sum.Equal(gross) && net.IsRound() && tax.Sign() >= 0 && net.Sign() >= 0, "%s at %s %%: %s + %s", gross, percent, net, tax)
		exact := gross.Decimal().Mul(percent).DivRound(percent.Add(decimal.NewFromInt(100)), 20)
		digits, _ := currency.Digits()
		require.True(t, tax.Decimal().Sub(exact).Abs().LessThanOrEqual(decimal.New(5, -int32(digits)-1)), "%s at %s %%: tax %s, exact %s", gross, percent, tax, exact)
	}
}

func TestTheFirstRuleThatMatchesFindsTheCategory(t *testing.T) {
	rules := []expense.Rule{
		{Merchant: "Kazakhstan Temir Zholy", Category: "travel"}, {Prefix: "taxi", Category: "travel"}, {Prefix: "taxi to the fair", Category: "marketing"},
		{Merchant: "Hotel Ұлытау", Prefix: "dinner", Category: "meals"}, {Merchant: "hotel ұлытау", Category: "lodging"},
	}
	for _, c := range []struct{ merchant, text, given, want string }{
		{"KAZAKHSTAN TEMIR ZHOLY ", "anything", "", "travel"}, {"", "Taxi to the fair", "", "travel"}, {"Taxi", "", "", ""},
		{"ҺОТЕЛЬ", "dinner", "", ""}, {"HOTEL ҰЛЫТАУ", "Dinner for two", "", "meals"}, {"Hotel ұлытау", "night", "", "lodging"},
		{"", "taxi", "private", "private"}, {"", "", "", ""},
	} {
		lines := []expense.Line{{Merchant: c.merchant, Text: c.text, Category: c.given}}
		expense.Categorise(lines, rules...)
		require.Equal(t, c.want, lines[0].Category, "%+v", c)
	}
	lines := []expense.Line{{Text: "x"}}
	expense.Categorise(lines, append(rules, expense.Rule{Category: "other"})...)
	require.Equal(t, "other", lines[0].Category, "a rule without conditions is the rest")
}

// bad lists what makes a claim invalid: the path and code of the fault, and the change.
var bad = map[string]func(*expense.Submit){
	"person required":           func(c *expense.Submit) { c.Person = storage.Ref{} },
	"currency currency":         func(c *expense.Submit) { c.Currency = "ZZZ" },
	"lines required":            func(c *expense.Submit) { c.Lines = nil },
	"lines.0.category required": func(c *expense.Submit) { c.Lines[0].Category = "" },
	"lines.0.text required":     func(c *expense.Submit) { c.Lines[0].Text = "" },
	"lines.0.amount negative":   func(c *expense.Submit) { c.Lines[0].Amount = eur("-1") },
	"lines.0.amount scale":      func(c *expense.Submit) { c.Lines[0].Amount = eur("1.001") },
	"lines.0.amount currency":   func(c *expense.Submit) { c.Lines[0].Amount = money.MustParse("1 ZZZ") },
	"lines.0.amount range":      func(c *expense.Submit) { c.Lines[0].Amount = eur("1000000000000") },
	"lines.0.tax_percent range": func(c *expense.Submit) { c.Lines[0].TaxPercent = dec("-7") },
	"lines.0.tax_percent scale": func(c *expense.Submit) { c.Lines[0].TaxPercent = dec("7.0000001") },
	"lines.0.rate currency":     func(c *expense.Submit) { c.Lines[0].Amount = money.MustParse("1 USD") },
	"lines.0.rate range": func(c *expense.Submit) {
		c.Lines[0].Amount, c.Lines[0].Rate = money.MustParse("1 USD"), rate("USD", 0, 1)
	},
	"advance currency":             func(c *expense.Submit) { c.Advance = money.MustParse("1 USD") },
	"advance negative":             func(c *expense.Submit) { c.Advance = eur("-1") },
	"advance range":                func(c *expense.Submit) { c.Advance = eur("140.01") },
	"lines.0.merchant too_long":    func(c *expense.Submit) { c.Lines[0].Merchant = strings.Repeat("ж", 5000) },
	"lines.0.text encoding":        func(c *expense.Submit) { c.Lines[0].Text = "a\x00b" },
	"lines.0.cost_centre too_long": func(c *expense.Submit) { c.Lines[0].Dims.CostCentre = strings.Repeat("c", 201) },
	"lines.0.category unknown":     func(c *expense.Submit) { c.Lines[0].Category = "yacht" },
	"text encoding":                func(c *expense.Submit) { c.Text = "a\xff" },
	"text too_long":                func(c *expense.Submit) { c.Text = strings.Repeat("x", 10000) },
	"person encoding":              func(c *expense.Submit) { c.Person.ID = "a\x00" },
	"fields.trip unknown":          func(c *expense.Submit) { c.Fields = storage.Fields{"trip": "1"} },
}

func TestARateOfTheWrongCurrenciesIsRefused(t *testing.T) {
	for _, r := range []money.Rate{rate("GBP", 1, 2), {From: "USD", To: "GBP", Value: dec("1")}, {}} {
		s := claim("1", "0")
		s.Lines[0].Amount, s.Lines[0].Rate = money.MustParse("1 USD"), r
		_, err := expense.Compose(s)
		require.True(t, storage.Has(err, "lines.0.rate", storage.CodeCurrency), "%v: %v", r, err)
	}
	s := claim("1", "0")
	s.Lines[0].Rate = rate("EUR", 1, 1)
	_, err := expense.Compose(s)
	require.True(t, storage.Has(err, "lines.0.rate", storage.CodeCurrency), "%v", err)
}
