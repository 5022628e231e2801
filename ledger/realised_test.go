package ledger_test

import (
	"fmt"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// abroadItems are books in EUR that know what foreign money costs, 0.90 and 1.20 in January and 0.92 and 1.10 from March on.
func abroadItems(t *testing.T) *ledger.Books {
	t.Helper()
	b := openItems(t, "EUR")
	require.NoError(t, b.OpenAccounts(t.Context(), storage.Ref{}, ledger.OpenAccount{Code: "1020", Name: "Bank abroad",
		Type: ledger.Asset}))
	_, err := b.SetRates(t.Context(), ledger.SetRates{Rates: []ledger.Rate{rate("USD", "EUR", "2017-01-01", "0.90"),
		rate("USD", "EUR", "2017-03-01", "0.92"), rate("GBP", "EUR", "2017-01-01", "1.20"), rate("GBP", "EUR", "2017-03-01", "1.10")}})
	require.NoError(t, err)
	return b
}

// result is what gains and losses hold, a gain if positive.
func result(t *testing.T, b *ledger.Books, d string) string {
	t.Helper()
	sum := money.Zero("EUR")
	for _, a := range []string{ledger.ExchangeGains, ledger.ExchangeLosses} {
		n, err := b.Balance(t.Context(), a, "EUR", day(d))
		require.NoError(t, err)
		sum, _ = sum.Sub(n)
	}
	return sum.Text()
}

// revalued revalues at the end of March and tells each line, and what is left.
func revalued(t *testing.T, b *ledger.Books) (out []string) {
	t.Helper()
	r, err := b.Revalue(t.Context(), ledger.Revalue{Date: day("2017-03-31")})
	require.NoError(t, err)
	booked := money.Zero("EUR")
	for _, l := range r.Lines {
		booked, _ = booked.Add(l.Booked)
		out = append(out, fmt.Sprint(l.Account, " ", l.Amount, " ", l.Booked.Text(), " ", l.Gain.Text()))
	}
	ties, _ := booked.Sub(r.Residue)
	exchange, err := b.Balance(t.Context(), ledger.Exchange, "EUR", day("2017-04-01"))
	require.NoError(t, err)
	require.Equal(t, exchange.String(), ties.String(), "the exchange account mirrors what is booked")
	tied(t, b)
	return append(out, r.Residue.Text())
}

func TestNoGainIsTakenTwice(t *testing.T) {
	bill := func(t *testing.T, b *ledger.Books, gross, value string) ledger.ItemKey {
		return leg(t, b, "2017-01-10", ledger.Credit(ledger.Payables, amount(gross), vendor),
			ledger.Debit(ledger.Travel, amount(value), vendor))
	}
	paid := func(t *testing.T, b *ledger.Books, a string) ledger.ItemKey {
		return leg(t, b, "2017-03-05", ledger.Debit(ledger.Payables, amount(a), vendor), ledger.Credit("1020", amount(a), ledger.Dims{}))
	}
	got := func(t *testing.T, b *ledger.Books, a string) ledger.ItemKey {
		return leg(t, b, "2017-03-05", ledger.Credit(ledger.Receivables, amount(a), client), ledger.Debit("1020", amount(a), ledger.Dims{}))
	}
	fund := func(t *testing.T, b *ledger.Books) {
		post(t, b, exchanged("2017-01-05", "1020", "1000 USD", ledger.Bank, "-900 EUR"))
	}
	for _, c := range []struct {
		name             string
		do               func(t *testing.T, b *ledger.Books) [][]ledger.MatchItem
		realised, result string
		matched          []string
	}{
		{"a customer's money in the same currency", func(t *testing.T, b *ledger.Books) [][]ledger.MatchItem {
			return [][]ledger.MatchItem{both(invoice(t, b, "2017-01-10", "500 USD", "450 EUR"), got(t, b, "500 USD"))}
		}, "10.00", "10.00", []string{"1020 500.00 USD 460.00 0.00", "0.00"}},
		{"half of a customer's money", func(t *testing.T, b *ledger.Books) [][]ledger.MatchItem {
			return [][]ledger.MatchItem{both(invoice(t, b, "2017-01-10", "500 USD", "450 EUR"), got(t, b, "250 USD"))}
		}, "5.00", "10.00", []string{"1020 250.00 USD 230.00 0.00", "1100 250.00 USD 225.00 5.00", "0.00"}},
		{"a supplier paid from an overdraft", func(t *testing.T, b *ledger.Books) [][]ledger.MatchItem {
			return [][]ledger.MatchItem{both(bill(t, b, "500 USD", "450 EUR"), paid(t, b, "500 USD"))}
		}, "-10.00", "-10.00", []string{"1020 -500.00 USD -460.00 0.00", "0.00"}},
		{"a supplier paid from what there is", func(t *testing.T, b *ledger.Books) [][]ledger.MatchItem {
			fund(t, b)
			return [][]ledger.MatchItem{both(bill(t, b, "500 USD", "450 EUR"), paid(t, b, "500 USD"))}
		}, "-10.00", "10.00", []string{"1020 500.00 USD 440.00 20.00", "0.00"}},
		{"two currencies", func(t *testing.T, b *ledger.Books) [][]ledger.MatchItem {
			return [][]ledger.MatchItem{both(invoice(t, b, "2017-01-10", "500 USD", "450 EUR"), got(t, b, "500 USD")),
				both(invoice(t, b, "2017-01-10", "100 GBP", "120 EUR"), got(t, b, "100 GBP"))}
		}, "0.00", "0.00", []string{"1020 100.00 GBP 110.00 0.00", "1020 500.00 USD 460.00 0.00", "0.00"}},
		{"both in one match", func(t *testing.T, b *ledger.Books) [][]ledger.MatchItem {
			return [][]ledger.MatchItem{both(invoice(t, b, "2017-01-10", "500 USD", "450 EUR"), got(t, b, "500 USD"),
				invoice(t, b, "2017-01-10", "200 GBP", "240 EUR"), got(t, b, "200 GBP"))}
		}, "-10.00", "-10.00", []string{"1020 200.00 GBP 220.00 0.00", "1020 500.00 USD 460.00 0.00", "0.00"}},
		{"money that came in and was sold", func(t *testing.T, b *ledger.Books) [][]ledger.MatchItem {
			m := both(invoice(t, b, "2017-01-10", "500 USD", "450 EUR"), got(t, b, "500 USD"))
			post(t, b, exchanged("2017-03-05", ledger.Bank, "230 EUR", "1020", "-250 USD"))
			return [][]ledger.MatchItem{m}
		}, "10.00", "10.00", []string{"1020 250.00 USD 230.00 0.00", "0.00"}},
		{"the second of two invoices, in euro", func(t *testing.T, b *ledger.Books) [][]ledger.MatchItem {
			m := both(invoice(t, b, "2017-01-10", "100 USD", "80 EUR"), receipt(t, b, "2017-03-05", "100 USD", "92 EUR"))
			invoice(t, b, "2017-03-02", "100 USD", "90 EUR")
			return [][]ledger.MatchItem{m}
		}, "12.00", "14.00", []string{"1100 100.00 USD 90.00 2.00", "0.00"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := abroadItems(t)
			var ids []storage.ID[ledger.Matched]
			for _, m := range c.do(t, b) {
				ids = append(ids, mustMatch(t, b, ledger.Match{Items: m}).ID)
			}
			require.Equal(t, c.realised, result(t, b, "2017-03-30"))
			require.Equal(t, c.matched, revalued(t, b))
			require.Equal(t, c.result, result(t, b, "2017-03-31"))
			require.Equal(t, c.realised, result(t, b, "2017-04-01"))
			// Undone, the gains are those that a revaluation alone takes, but for what is left to be cleared.
			for _, id := range ids {
				_, err := b.Unmatch(t.Context(), ledger.Unmatch{Match: id, Date: day("2017-03-30")})
				require.NoError(t, err)
			}
			require.Equal(t, "0.00", result(t, b, "2017-03-30"))
			left := revalued(t, b)
			sum, err := decimal.NewFromString(result(t, b, "2017-03-31"))
			require.NoError(t, err)
			require.Equal(t, c.result, sum.Add(decimal.RequireFromString(left[len(left)-1])).StringFixed(2))
		})
		t.Run(c.name+" without a match", func(t *testing.T) {
			b := abroadItems(t)
			c.do(t, b)
			left := revalued(t, b)
			sum, err := decimal.NewFromString(result(t, b, "2017-03-31"))
			require.NoError(t, err)
			require.Equal(t, c.result, sum.Add(decimal.RequireFromString(left[len(left)-1])).StringFixed(2))
		})
	}
}
