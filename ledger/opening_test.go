package ledger_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

func opening(account, amount string) ledger.OpeningLeg {
	return ledger.OpeningLeg{Account: account, Amount: money.MustParse(amount)}
}

func TestOpeningBalancesArePostedAgainstTheirAccount(t *testing.T) {
	b := ledger.New(open(t))
	legs := []ledger.OpeningLeg{opening(ledger.Bank, "1000 EUR"), opening(ledger.Equipment, "500 EUR"),
		opening(ledger.Loans, "-300 EUR")}
	legs[1].Dims = ledger.Dims{Department: "sales"}
	cmd := ledger.Opening{Key: "begin", Date: day("2016-12-31"), Legs: legs}
	balanced := cmd
	balanced.Key, balanced.Balanced = "", true
	_, err := b.OpeningBalances(t.Context(), balanced)
	require.ErrorIs(t, err, ledger.ErrUnbalanced)
	p, err := b.OpeningBalances(t.Context(), cmd)
	require.NoError(t, err)
	require.Equal(t, "-1200.00", held(t, b, ledger.OpeningBalances, "EUR", "2016-12-31"))
	again, err := b.OpeningBalances(t.Context(), cmd)
	require.NoError(t, err)
	require.Equal(t, p.ID, again.ID)
	c, err := b.Configuration(t.Context())
	require.NoError(t, err)
	require.Equal(t, p.ID, c.Opened)

	cmd.Key = "other"
	_, err = b.OpeningBalances(t.Context(), cmd)
	require.ErrorIs(t, err, ledger.ErrBegun)
	cmd.Key, cmd.More, cmd.Legs = "more", true, []ledger.OpeningLeg{opening(ledger.ShareCapital, "-1200 EUR")}
	_, err = b.OpeningBalances(t.Context(), cmd)
	require.NoError(t, err)
	require.Equal(t, "0.00", held(t, b, ledger.OpeningBalances, "EUR", "2016-12-31"))

	_, err = b.Reverse(t.Context(), ledger.Reverse{Entry: p.ID})
	require.NoError(t, err)
	_, err = b.OpeningBalances(t.Context(), ledger.Opening{Date: day("2016-12-31"), Legs: legs})
	require.NoError(t, err, "what was undone can be done anew")
	balanced.More, balanced.Legs = true, append(legs, opening(ledger.ShareCapital, "-1200 EUR"))
	_, err = b.OpeningBalances(t.Context(), balanced)
	require.NoError(t, err)
}

func TestOpeningBalancesInForeignCurrencyPassThroughExchange(t *testing.T) {
	b := ledger.New(open(t))
	require.NoError(t, b.DeclareCommodity(t.Context(), ledger.DeclareCommodity{Code: "HOURS", Name: "Hours", Scale: 2}))
	usd := opening(ledger.Bank, "100 USD")
	cmd := ledger.Opening{Date: day("2016-12-31"), Legs: []ledger.OpeningLeg{usd, opening(ledger.Prepaid, "8 HOURS")}}
	_, err := b.OpeningBalances(t.Context(), cmd)
	require.ErrorIs(t, err, ledger.ErrNoRate)
	cmd.Legs[0].Value = money.MustParse("80 GBP")
	_, err = b.OpeningBalances(t.Context(), cmd)
	require.True(t, storage.Has(err, "legs.0.value", storage.CodeCurrency))
	cmd.Legs[0].Value = eur("-80")
	_, err = b.OpeningBalances(t.Context(), cmd)
	require.True(t, storage.Has(err, "legs.0.value", storage.CodeRange))
	cmd.Legs[0].Value = eur("80")
	_, err = b.OpeningBalances(t.Context(), cmd)
	require.NoError(t, err)
	got, err := b.Balances(t.Context(), ledger.BalanceFilter{})
	require.NoError(t, err)
	var rows []string
	for _, r := range got.Rows {
		rows = append(rows, r.Account+" "+r.Amount.String())
	}
	require.Equal(t, []string{"1010 100.00 USD", "1400 8 HOURS", "3900 -80.00 EUR", "3900 -8 HOURS", "3950 80.00 EUR",
		"3950 -100.00 USD"}, rows)
}

func TestOpeningBalancesAreCheckedLikeAnyEntry(t *testing.T) {
	b := ledger.New(open(t))
	_, err := b.OpeningBalances(t.Context(), ledger.Opening{Date: day("2016-12-31")})
	require.True(t, storage.Has(err, "legs", storage.CodeRequired))
	_, err = b.OpeningBalances(t.Context(), ledger.Opening{Legs: []ledger.OpeningLeg{opening(ledger.Bank, "1 EUR")}})
	require.True(t, storage.Has(err, "date", storage.CodeRequired))
	_, err = b.OpeningBalances(t.Context(), ledger.Opening{Date: day("2016-12-31"),
		Legs: []ledger.OpeningLeg{opening(ledger.Bank, "1 EUR"), opening(ledger.Receivables, "1 EUR")}})
	require.True(t, storage.Has(err, "legs.1.account", ledger.ErrControl.Code))
	require.NoError(t, b.Lock(t.Context(), ledger.Lock{Through: day("2016-12-31")}))
	_, err = b.OpeningBalances(t.Context(), ledger.Opening{Date: day("2016-12-31"),
		Legs: []ledger.OpeningLeg{opening(ledger.Bank, "1 EUR")}})
	require.ErrorIs(t, err, ledger.ErrClosedPeriod)
	trial, err := b.TrialBalance(t.Context(), ledger.TrialFilter{Period: date.Period{}})
	require.NoError(t, err)
	require.Empty(t, trial.Rows)
}

func TestOpeningBalancesOnBothSidesOfOneCurrency(t *testing.T) {
	b := ledger.New(open(t))
	legs := []ledger.OpeningLeg{opening(ledger.Bank, "100 USD"), opening(ledger.Loans, "-100 USD")}
	legs[0].Value, legs[1].Value = eur("90"), eur("-95")
	_, err := b.OpeningBalances(t.Context(), ledger.Opening{Date: day("2016-12-31"), Legs: legs})
	require.NoError(t, err)
	require.Equal(t, []string{"0.00", "-5.00", "5.00"}, []string{held(t, b, ledger.Exchange, "USD", "2016-12-31"),
		held(t, b, ledger.Exchange, "EUR", "2016-12-31"), held(t, b, ledger.OpeningBalances, "EUR", "2016-12-31")})
}
