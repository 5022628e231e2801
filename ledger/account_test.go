package ledger_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

func TestReadyChartsOpenForATenant(t *testing.T) {
	for name, chart := range map[string][]ledger.OpenAccount{"services": ledger.ServicesChart(), "trading": ledger.TradingChart()} {
		t.Run(name, func(t *testing.T) {
			store := open(t).Store()
			db, err := store.CreateTenant(t.Context(), storage.Tenant{ID: "other"}, ledger.Template(chart))
			require.NoError(t, err)
			n := 0
			for a, err := range ledger.New(db).Accounts(t.Context(), ledger.AccountFilter{}) {
				require.NoError(t, err)
				require.Equal(t, a.Heading, a.Parent == "", a.Code)
				n++
			}
			require.Equal(t, len(chart), n)
			require.ErrorIs(t, ledger.New(db).OpenAccounts(t.Context(), storage.Ref{}, chart...), ledger.ErrAccountExists)
		})
	}
}

func TestAccountsFormATreeOfOneType(t *testing.T) {
	b := ledger.New(open(t))
	open := func(code, parent string, typ ledger.Type) error {
		_, err := b.OpenAccount(t.Context(), ledger.OpenAccount{Code: code, Name: code, Type: typ, Parent: parent})
		return err
	}
	require.NoError(t, open("Assets:Bank", "1000", ledger.Asset))
	require.NoError(t, open("Assets:Bank:Savings", "Assets:Bank", ledger.Asset))
	require.True(t, storage.Has(open("x", "1000", ledger.Income), "type", storage.CodeChoice))
	require.ErrorIs(t, open("x", "nowhere", ledger.Income), ledger.ErrNoAccount)
	require.ErrorIs(t, open("1000", "", ledger.Asset), ledger.ErrAccountExists)
	_, err := b.ChangeAccount(t.Context(), ledger.ChangeAccount{Code: "Assets:Bank", Name: "Banks", Parent: "Assets:Bank:Savings"})
	require.ErrorIs(t, err, ledger.ErrUsed)
	post(t, b, simple("2017-03-01", "Assets:Bank:Savings", ledger.ShareCapital, "5"),
		simple("2017-03-01", "Assets:Bank", ledger.ShareCapital, "1"))
	got, err := b.Balances(t.Context(), ledger.BalanceFilter{Chosen: ledger.Chosen{Under: []string{"Assets:Bank"}}})
	require.NoError(t, err)
	require.Len(t, got.Rows, 2)
	got, err = b.Balances(t.Context(), ledger.BalanceFilter{Chosen: ledger.Chosen{Accounts: []string{"nowhere"}}})
	require.NoError(t, err)
	require.Empty(t, got.Rows)
}

func TestBadAccountsAreRefusedWithAllThatIsWrong(t *testing.T) {
	b := ledger.New(open(t))
	_, err := b.OpenAccount(t.Context(), ledger.OpenAccount{Code: " 1", Name: strings.Repeat("n", 10_000), Type: "x",
		Currency: "\x00",
		Control:  strings.Repeat("c", 65), Requires: []ledger.Dimension{"mood", ledger.Deal, ledger.Deal}})
	for path, code := range map[string]string{"code": storage.CodeFormat, "name": storage.CodeTooLong, "type": storage.CodeChoice,
		"currency": storage.CodeCurrency, "control": storage.CodeTooLong, "requires": storage.CodeDuplicate} {
		require.True(t, storage.Has(err, path, code), "%s %s: %v", path, code, err)
	}
	err = b.OpenAccounts(t.Context(), storage.Ref{}, ledger.OpenAccount{Code: "a", Name: "a", Type: ledger.Asset},
		ledger.OpenAccount{Code: "a", Type: ledger.Asset})
	require.True(t, storage.Has(err, "1.code", storage.CodeDuplicate))
	require.True(t, storage.Has(err, "1.name", storage.CodeRequired))
	_, err = b.Account(t.Context(), "a")
	require.ErrorIs(t, err, ledger.ErrNoAccount)
	_, err = b.Account(t.Context(), "\x00")
	require.ErrorIs(t, err, ledger.ErrNoAccount)
}

func TestAnAccountClosesAndOpensAgain(t *testing.T) {
	db := open(t)
	b := ledger.New(db)
	post(t, b, simple("2017-03-10", ledger.Travel, ledger.Bank, "5"))
	_, err := b.CloseAccount(t.Context(), ledger.CloseAccount{Code: ledger.Travel, Date: day("2017-03-09")})
	require.ErrorIs(t, err, ledger.ErrUsed)
	a, err := b.CloseAccount(t.Context(), ledger.CloseAccount{Code: ledger.Travel, Date: day("2017-03-31"),
		By: storage.Ref{Kind: "user", ID: "1"}, Why: "moved"})
	require.NoError(t, err)
	_, err = b.Post(t.Context(), simple("2017-04-01", ledger.Travel, ledger.Bank, "5"))
	require.ErrorIs(t, err, ledger.ErrAccountClosed)
	_, err = b.CloseAccount(t.Context(), ledger.CloseAccount{Code: ledger.Travel, Version: a.Version - 1})
	require.ErrorIs(t, err, storage.ErrStale)
	_, err = b.CloseAccount(t.Context(), ledger.CloseAccount{Code: ledger.Travel, Version: a.Version})
	require.NoError(t, err)
	post(t, b, simple("2017-04-01", ledger.Travel, ledger.Bank, "5"))
	var verbs []string
	for e, err := range event.Trail(t.Context(), db, event.Filter{Subject: ledger.AccountRef(ledger.Travel)}) {
		require.NoError(t, err)
		verbs = append(verbs, e.Verb+" "+e.Why)
	}
	require.Equal(t, []string{"ledger.account.open ", "ledger.account.close moved", "ledger.account.close "}, verbs)
}

func TestVerbsSayWhyNot(t *testing.T) {
	verbs := map[string]string{}
	for _, v := range ledger.Verbs(&ledger.Account{Heading: true, Closed: date.Must(2017, 1, 1)}) {
		verbs[v.Name] = v.Why
	}
	require.Equal(t, map[string]string{"post": ledger.ErrHeading.Text, "change": "",
		"close": "the account is closed after 2017-01-01", "reopen": ""}, verbs)
}

func TestACommodityKeepsItsScale(t *testing.T) {
	b := ledger.New(open(t))
	declare := func(c string, scale int) error {
		return b.DeclareCommodity(t.Context(), ledger.DeclareCommodity{Code: "HOURS", Name: c, Scale: scale})
	}
	require.NoError(t, declare("Hours", 4))
	require.NoError(t, declare("Hours worked", 4))
	require.True(t, storage.Has(declare("Hours", 2), "scale", storage.CodeRange))
	require.True(t, storage.Has(b.DeclareCommodity(t.Context(), ledger.DeclareCommodity{Code: "EUR", Scale: 2}), "code",
		storage.CodeCurrency))
}
