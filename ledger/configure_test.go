package ledger_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

func TestBooksThatWereNeverConfiguredHaveTheReadyAccounts(t *testing.T) {
	b := ledger.New(open(t))
	c, err := b.Configuration(t.Context())
	require.NoError(t, err)
	require.Equal(t, money.Currency("EUR"), c.Base)
	require.Equal(t, []string{"3950", "4910", "6910", "4910", "6910", "3100", "3900", "6900"}, []string{c.Exchange, c.ExchangeGains,
		c.ExchangeLosses, c.UnrealisedGains, c.UnrealisedLosses, c.RetainedEarnings, c.OpeningBalances, c.Rounding})
}

func TestConfigureChecksItsAccounts(t *testing.T) {
	b := ledger.New(open(t))
	require.NoError(t, b.OpenAccounts(t.Context(), storage.Ref{},
		ledger.OpenAccount{Code: "3951", Name: "Exchange, EUR only", Type: ledger.Equity, Currency: "EUR"},
		ledger.OpenAccount{Code: "4911", Name: "Unrealised gains", Type: ledger.Income}))
	for _, c := range []struct {
		cmd        ledger.Configure
		path, code string
	}{
		{ledger.Configure{Exchange: "nowhere"}, "exchange", "ledger.no_account"},
		{ledger.Configure{Exchange: ledger.Bank}, "exchange", storage.CodeChoice},
		{ledger.Configure{Exchange: "3951"}, "exchange", "ledger.currency"},
		{ledger.Configure{ExchangeGains: "4000"}, "exchange_gains", "ledger.heading"},
		{ledger.Configure{RetainedEarnings: ledger.Revenue}, "retained_earnings", storage.CodeChoice},
		{ledger.Configure{Base: "\x00"}, "base", storage.CodeCurrency},
		{ledger.Configure{Fiscal: date.FiscalYear{Day: 31}}, "fiscal", storage.CodeRange},
	} {
		_, err := b.Configure(t.Context(), c.cmd)
		require.True(t, storage.Has(err, c.path, c.code), "%v", err)
	}
	c, err := b.Configure(t.Context(), ledger.Configure{Key: "c", Base: "INR", UnrealisedGains: "4911",
		Fiscal: date.FiscalYear{Month: time.April}})
	require.NoError(t, err)
	require.Equal(t, []string{"4911", ledger.ExchangeLosses}, []string{c.UnrealisedGains, c.UnrealisedLosses})
	got, err := b.Configuration(t.Context())
	require.NoError(t, err)
	require.Equal(t, c, got)
	_, err = b.Configure(t.Context(), ledger.Configure{Base: "EUR", Version: 1})
	require.ErrorIs(t, err, storage.ErrStale)
}

func TestTheBaseCurrencyStaysOnceValueHasPassed(t *testing.T) {
	b := ledger.New(open(t))
	post(t, b, simple("2017-03-01", ledger.Bank, ledger.Exchange, "80"))
	_, err := b.Configure(t.Context(), ledger.Configure{Base: "INR"})
	require.ErrorIs(t, err, ledger.ErrUsed)
	_, err = b.Configure(t.Context(), ledger.Configure{Base: "EUR"})
	require.NoError(t, err)
}
