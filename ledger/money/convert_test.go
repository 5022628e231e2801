package money_test

import (
	"encoding/csv"
	"errors"
	"os"
	"testing"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
)

// ecb reads the reference rates of the European Central Bank.
func ecb(t testing.TB) *money.RateTable[date.Date] {
	t.Helper()
	file, err := os.Open(facts + "ecb-2023-2025.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var quotes []money.Quote[date.Date]
	for _, row := range rows[1:] {
		for i, value := range row[1:] {
			q := money.Quote[date.Date]{Date: date.MustParse(row[0]), Currency: money.Currency(rows[0][i+1]), Value: dec(value)}
			quotes = append(quotes, q)
		}
	}
	table, err := money.NewRateTable("EUR", "ECB", quotes)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestConversionsAtReferenceRates(t *testing.T) {
	table, want := ecb(t), readExpected(t).Conversions
	if len(want) != 200 {
		t.Fatalf("%d conversions, want 200", len(want))
	}
	for _, c := range want {
		rate, err := table.Rate(money.Currency(c.From), money.Currency(c.To), date.MustParse(c.Date))
		if err != nil {
			t.Fatal(err)
		}
		amount, err := money.Of(money.Currency(c.From), c.Amount)
		if err != nil {
			t.Fatal(err)
		}
		have, err := money.Convert(amount, rate, money.HalfUp)
		if err != nil || have.Text() != c.Expected || rate.Date != c.RateDate || rate.Source != "ECB" {
			t.Errorf("%s %s in %s on %s: %s at the rate of %s, %v; want %s of %s", c.Amount, c.From, c.To, c.Date, have, rate.Date, err,
				c.Expected, c.RateDate)
		}
		have, err = money.ConvertAt(amount, rate, 12, money.HalfUp)
		if err != nil || !have.Decimal().Equal(dec(c.Exact)) {
			t.Errorf("%s %s in %s on %s: %s, %v; want %s", c.Amount, c.From, c.To, c.Date, have, err, c.Exact)
		}
	}
}

func TestMeanOfAYear(t *testing.T) {
	table, want := ecb(t), readExpected(t).MeanUSD
	rate, err := table.Mean("USD", date.MustParse("2024-01-01"), date.MustParse("2024-12-31"))
	if err != nil {
		t.Fatal(err)
	}
	mean, err := rate.Decimal(6, money.HalfUp)
	if err != nil || mean.StringFixed(6) != want || rate.Date != "2024-01-01/2024-12-31" {
		t.Errorf("%s, %v; want %s", mean, err, want)
	}
	_, err = table.Mean("USD", date.MustParse("2022-01-01"), date.MustParse("2022-12-31"))
	wantError(t, err, money.ErrRate)
}

func quote(day, c, value string) money.Quote[date.Date] {
	return money.Quote[date.Date]{Date: date.MustParse(day), Currency: money.Currency(c), Value: dec(value)}
}

func TestADayWithoutARateUsesTheLastEarlierOne(t *testing.T) {
	table, err := money.NewRateTable("EUR", "desk", []money.Quote[date.Date]{
		quote("2024-03-04", "USD", "1.2"), quote("2024-03-01", "USD", "1.1"), quote("2024-03-02", "GBP", "0.8"),
		quote("2024-03-01", "USD", "1.10"),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ from, to, on, value, per, dated string }{
		{"EUR", "USD", "2024-03-01", "1.1", "1", "2024-03-01"},
		{"EUR", "USD", "2024-03-03", "1.1", "1", "2024-03-01"},
		{"EUR", "USD", "2024-03-04", "1.2", "1", "2024-03-04"},
		{"EUR", "USD", "2030-01-01", "1.2", "1", "2024-03-04"},
		{"USD", "EUR", "2024-03-04", "1", "1.2", "2024-03-04"},
		{"USD", "GBP", "2024-03-04", "0.8", "1.2", "2024-03-02"},
		{"GBP", "USD", "2024-03-02", "1.1", "0.8", "2024-03-01"},
		{"USD", "USD", "2024-01-01", "1", "1", "2024-01-01"},
		{"SEK", "SEK", "2024-01-01", "1", "1", "2024-01-01"},
	} {
		r, err := table.Rate(money.Currency(c.from), money.Currency(c.to), date.MustParse(c.on))
		if err != nil || !r.Value.Equal(dec(c.value)) || !r.Per.Equal(dec(c.per)) || r.Date != c.dated || r.Source != "desk" ||
			r.From != money.Currency(c.from) || r.To != money.Currency(c.to) {
			t.Errorf("%v: %+v, %v", c, r, err)
		}
	}
	for _, c := range [][3]string{{"EUR", "USD", "2024-02-29"}, {"USD", "GBP", "2024-03-01"}, {"EUR", "SEK", "2024-03-04"}} {
		_, err := table.Rate(money.Currency(c[0]), money.Currency(c[1]), date.MustParse(c[2]))
		wantError(t, err, money.ErrRate)
	}
	if table.Base() != "EUR" {
		t.Error(table.Base())
	}
}

func TestARateTableRefusesBadQuotes(t *testing.T) {
	for _, c := range []struct {
		base   money.Currency
		quotes []money.Quote[date.Date]
		want   error
	}{
		{"", nil, money.ErrCode},
		{"EUR", []money.Quote[date.Date]{quote("2024-03-01", "", "1")}, money.ErrCode},
		{"EUR", []money.Quote[date.Date]{quote("2024-03-01", "USD", "0")}, money.ErrRate},
		{"EUR", []money.Quote[date.Date]{quote("2024-03-01", "USD", "-1")}, money.ErrRate},
		{"EUR", []money.Quote[date.Date]{quote("2024-03-01", "EUR", "1")}, money.ErrRate},
		{"EUR", []money.Quote[date.Date]{quote("2024-03-01", "USD", "1.1"), quote("2024-03-02", "USD", "2"),
			quote("2024-03-01", "USD", "1.2")}, money.ErrRate},
	} {
		if table, err := money.NewRateTable(c.base, "", c.quotes); !errors.Is(err, c.want) || table != nil {
			t.Errorf("%v: %v", c, err)
		}
	}
}

func TestConversionChecksWhatItIsGiven(t *testing.T) {
	rate := money.Rate{From: "USD", To: "EUR", Value: dec("0.9")}
	have, err := money.Convert(money.MustParse("10.00 USD"), rate, money.HalfUp)
	want(t, have, err, "9.00 EUR")
	have, err = money.Convert(money.Amount{}, rate, money.HalfUp)
	want(t, have, err, "0.00 EUR")
	have, err = money.Convert(money.MustParse("10.00 EUR"), rate.Inverse(), money.HalfUp)
	want(t, have, err, "11.11 USD")
	have, err = money.Convert(money.MustParse("1 USD"), money.Rate{From: "USD", To: "POINTS", Value: dec("1"), Per: dec("3")},
		money.HalfUp)
	want(t, have, err, "0.33333333 POINTS")
	for _, c := range []struct {
		rate money.Rate
		want error
	}{
		{rate.Inverse(), money.ErrCurrency},
		{money.Rate{From: "EUR", To: "USD", Value: dec("1")}, money.ErrCurrency},
		{money.Rate{From: "USD", To: "", Value: dec("1")}, money.ErrCode},
		{money.Rate{From: "USD", To: "EUR"}, money.ErrRate},
		{money.Rate{From: "USD", To: "EUR", Value: dec("-1")}, money.ErrRate},
		{money.Rate{From: "USD", To: "EUR", Value: dec("1"), Per: dec("-1")}, money.ErrRate},
	} {
		have, err := money.Convert(money.MustParse("1 USD"), c.rate, money.HalfUp)
		if !errors.Is(err, c.want) || have != (money.Amount{}) {
			t.Errorf("%+v: %s, %v; want %v", c.rate, have, err, c.want)
		}
	}
}

func TestRatesCrossAndTurnExactly(t *testing.T) {
	usd := money.Rate{From: "EUR", To: "USD", Value: dec("1.1"), Date: "2024-03-01", Source: "desk"}
	jpy := money.Rate{From: "EUR", To: "JPY", Value: dec("16237"), Per: dec("100")}
	cross, err := usd.Inverse().Cross(jpy)
	if err != nil || cross.From != "USD" || cross.To != "JPY" || cross.Date != "2024-03-01" {
		t.Fatal(cross, err)
	}
	one, err := cross.Decimal(4, money.HalfUp) // 162.37 / 1.1
	if err != nil || one.String() != "147.6091" {
		t.Error(one, err)
	}
	back, err := money.Convert(money.MustParse("14760909 JPY"), cross.Inverse(), money.HalfUp)
	want(t, back, err, "100000.00 USD")
	_, err = usd.Cross(jpy)
	wantError(t, err, money.ErrCurrency)
	_, err = money.Rate{From: "USD", To: "EUR"}.Decimal(2, money.HalfUp)
	wantError(t, err, money.ErrRate)
}

// A table is a port's implementation; the port is what a caller holds.
var _ money.Rates[date.Date] = (*money.RateTable[date.Date])(nil)
