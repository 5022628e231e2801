package ledger_test

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

func rate(from, to, d, value string) ledger.Rate {
	return ledger.Rate{From: money.Currency(from), To: money.Currency(to), Date: day(d), Value: decimal.RequireFromString(value)}
}

// ecb reads the reference rates of the European Central Bank.
func ecb(t testing.TB) (list []ledger.Rate) {
	t.Helper()
	file, err := os.Open("money/testdata/ecb-2023-2025.csv")
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	rows, err := csv.NewReader(file).ReadAll()
	require.NoError(t, err)
	for _, row := range rows[1:] {
		for i, value := range row[1:] {
			list = append(list, rate("EUR", rows[0][i+1], row[0], value))
		}
	}
	return list
}

func TestConversionsAtTheRatesOfTheECB(t *testing.T) {
	b := ledger.New(open(t))
	list := ecb(t)
	n, err := b.SetRates(t.Context(), ledger.SetRates{Key: "ecb", Source: "ECB", Rates: list})
	require.NoError(t, err)
	require.Equal(t, len(list), n)
	var want struct {
		Conversions []struct {
			Date     string `json:"date"`
			RateDate string `json:"rate_date"`
			From     string `json:"from"`
			To       string `json:"to"`
			Amount   string `json:"amount"`
			Expected string `json:"expected"`
		} `json:"conversions"`
	}
	raw, err := os.ReadFile("money/testdata/expected-rates.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, &want))
	require.Len(t, want.Conversions, 200)
	for _, c := range want.Conversions {
		r, err := b.Rate(t.Context(), money.Currency(c.From), money.Currency(c.To), day(c.Date))
		require.NoError(t, err, c)
		a, err := money.Of(money.Currency(c.From), c.Amount)
		require.NoError(t, err)
		got, err := r.Convert(a, money.HalfUp)
		require.NoError(t, err)
		require.Equal(t, c.Expected, got.Text(), c)
		require.Equal(t, c.RateDate, r.Date.String(), c)
	}
	_, err = b.Rate(t.Context(), "EUR", "USD", day("2023-01-01"))
	require.ErrorIs(t, err, ledger.ErrNoRate)
	again, err := b.SetRates(t.Context(), ledger.SetRates{Source: "ECB", Rates: list[:1000]})
	require.NoError(t, err)
	require.Zero(t, again, "what is the same is no change")
}

func TestWETR25RatesConvertBothWays(t *testing.T) {
	b := ledger.New(open(t))
	_, err := b.SetRates(t.Context(), ledger.SetRates{Rates: []ledger.Rate{rate("EUR", "USD", "2017-01-01", "1.3")}})
	require.NoError(t, err)
	for _, c := range [][3]string{{"EUR", "USD", "13.00"}, {"USD", "EUR", "7.69"}} {
		r, err := b.Rate(t.Context(), money.Currency(c[0]), money.Currency(c[1]), day("2017-06-01"))
		require.NoError(t, err)
		got, err := r.Convert(money.MustParse("10 "+c[0]), money.HalfUp)
		require.NoError(t, err)
		require.Equal(t, c[2], got.Text())
	}
}

func TestARateIsDirectElseInverseElseACross(t *testing.T) {
	b := ledger.New(open(t)) // kept in EUR
	_, err := b.SetRates(t.Context(), ledger.SetRates{Rates: []ledger.Rate{
		rate("EUR", "USD", "2017-01-01", "2"), rate("USD", "EUR", "2017-01-03", "0.4"), rate("EUR", "USD", "2017-01-05", "4"),
		rate("GBP", "EUR", "2017-01-02", "1.25"), rate("CHF", "GBP", "2017-01-01", "0.5")}})
	require.NoError(t, err)
	for _, c := range [][5]string{
		{"EUR", "USD", "2017-01-04", "2.00", "2017-01-01"}, // direct, though the inverse is newer
		{"USD", "EUR", "2017-01-02", "0.50", "2017-01-01"}, // inverse: the direct one is not there yet
		{"USD", "EUR", "2017-01-04", "0.40", "2017-01-03"},
		{"GBP", "USD", "2017-01-09", "5.00", "2017-01-02"},
		{"USD", "GBP", "2017-01-04", "0.32", "2017-01-02"},
		{"CHF", "CHF", "2016-01-04", "1.00", "2016-01-04"},
	} {
		r, err := b.Rate(t.Context(), money.Currency(c[0]), money.Currency(c[1]), day(c[2]))
		require.NoError(t, err, c)
		one, err := r.Convert(money.MustParse("1 "+c[0]), money.HalfUp)
		require.NoError(t, err)
		require.Equal(t, c[3], one.Text(), c)
		require.Equal(t, c[4], r.Date.String(), c)
	}
	for _, c := range [][2]money.Currency{{"EUR", "CHF"}, {"SEK", "EUR"}, {"SEK", "NOK"}} {
		_, err := b.Rate(t.Context(), c[0], c[1], day("2017-01-09"))
		require.ErrorIs(t, err, ledger.ErrNoRate)
	}
}

func TestARateThatChangesIsInTheTrail(t *testing.T) {
	db := open(t)
	b := ledger.New(db)
	set := func(value string) int {
		n, err := b.SetRates(t.Context(), ledger.SetRates{By: storage.Ref{Kind: "user", ID: "7"}, Source: "desk", Why: "typing error",
			Rates: []ledger.Rate{rate("EUR", "USD", "2017-01-01", value)}})
		require.NoError(t, err)
		return n
	}
	require.Equal(t, []int{1, 0, 1}, []int{set("1.2"), set("1.20"), set("1.3")})
	var trail []string
	for e, err := range event.Trail(t.Context(), db, event.Filter{}) {
		require.NoError(t, err)
		if e.Verb == "ledger.rate.set" {
			for _, c := range e.Changes {
				if c.Field == "value" {
					trail = append(trail, e.By.ID+" "+e.Why+" "+string(c.Old)+" "+string(c.New))
				}
			}
		}
	}
	require.Equal(t, []string{`7 typing error "1.2" "1.3"`}, trail)
	var told []ledger.RatePayload
	for e, err := range event.All(t.Context(), db, event.Filter{}) {
		require.NoError(t, err)
		if e.Name == "ledger.rate.changed" {
			p, err := ledger.RateChanged.Read(*e)
			require.NoError(t, err)
			told = append(told, p)
		}
	}
	require.Len(t, told, 1)
	require.Equal(t, "1.2", told[0].Was.String())
}

func TestRatesAreListedAndRefused(t *testing.T) {
	b := ledger.New(open(t))
	_, err := b.SetRates(t.Context(), ledger.SetRates{Source: "ECB", Rates: []ledger.Rate{
		rate("EUR", "USD", "2017-01-02", "1.1"), rate("EUR", "USD", "2017-01-01", "1.2"), rate("EUR", "GBP", "2017-01-01", "0.8"),
		{From: "JPY", To: "EUR", Date: day("2017-01-01"), Value: decimal.NewFromInt(1), Per: decimal.NewFromInt(120), Source: "desk"}}})
	require.NoError(t, err)
	var got []string
	for r, err := range b.Rates(t.Context(), ledger.RateFilter{Source: "ECB", Period: date.Period{From: day("2017-01-01")}}) {
		require.NoError(t, err)
		got = append(got, string(r.From+r.To)+" "+r.Date.String()+" "+r.Value.String())
	}
	require.Equal(t, []string{"EURGBP 2017-01-01 0.8", "EURUSD 2017-01-01 1.2", "EURUSD 2017-01-02 1.1"}, got)
	page, err := b.RatesPage(t.Context(), ledger.RateFilter{Limit: 3}, "")
	require.NoError(t, err)
	require.Len(t, page.Items, 3)
	page, err = b.RatesPage(t.Context(), ledger.RateFilter{Limit: 3}, page.Next)
	require.NoError(t, err)
	require.Equal(t, "120", page.Items[0].Per.String())
	for path, r := range map[string]ledger.Rate{"value": rate("EUR", "USD", "2017-01-01", "0"),
		"to":   rate("EUR", "EUR", "2017-01-01", "1"),
		"from": rate("\x00", "USD", "2017-01-01", "1"), "date": {From: "EUR", To: "USD", Value: decimal.NewFromInt(1)},
		"per": {From: "EUR", To: "USD", Date: day("2017-01-01"), Value: decimal.NewFromInt(1), Per: decimal.NewFromInt(-1)}} {
		_, err := b.SetRates(t.Context(), ledger.SetRates{Rates: []ledger.Rate{r}})
		var bad *storage.Invalid
		require.ErrorAs(t, err, &bad)
		require.Equal(t, "rates.0."+path, bad.Fields[0].Path)
	}
	_, err = b.SetRates(t.Context(), ledger.SetRates{Rates: []ledger.Rate{rate("EUR", "USD", "2017-01-01", "1"),
		rate("EUR", "USD", "2017-01-01", "2")}})
	require.True(t, storage.Has(err, "rates.1.date", storage.CodeDuplicate))
	_, err = b.SetRates(t.Context(), ledger.SetRates{Rates: []ledger.Rate{rate("EUR", "USD", "2017-01-01", "1e40")}})
	require.True(t, storage.Has(err, "rates.0.value", storage.CodeRange))
}
