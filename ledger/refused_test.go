package ledger_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

func TestPeriodsThatEndBeforeTheyBeginAreRefused(t *testing.T) {
	b := ledger.New(open(t))
	p := date.Period{From: day("2017-02-01"), To: day("2017-01-01")}
	for name, read := range map[string]func() error{
		"statement": func() error {
			_, err := b.StatementPage(t.Context(), ledger.LineFilter{Account: ledger.Bank, Period: p}, "")
			return err
		},
		"trial":  func() error { _, err := b.TrialBalance(t.Context(), ledger.TrialFilter{Period: p}); return err },
		"income": func() error { _, err := b.IncomeStatement(t.Context(), ledger.IncomeFilter{Period: p}); return err },
		"totals": func() error { _, err := b.Totals(t.Context(), ledger.TotalsFilter{Period: p}); return err },
		"party": func() error {
			_, err := b.PartyStatement(t.Context(), ledger.PartyStatementFilter{Party: ledger.Party{Dimension: ledger.Customer, ID: "c"},
				Period: p})
			return err
		},
		"entries": func() error { _, err := b.EntriesPage(t.Context(), ledger.EntryFilter{Period: p}, ""); return err },
		"matches": func() error { _, err := b.MatchesPage(t.Context(), ledger.MatchFilter{Period: p}, ""); return err },
		"rates":   func() error { _, err := b.RatesPage(t.Context(), ledger.RateFilter{Period: p}, ""); return err },
		"revaluations": func() error {
			_, err := b.RevaluationsPage(t.Context(), ledger.RevaluationFilter{Period: p}, "")
			return err
		},
	} {
		err := read()
		require.True(t, storage.Has(err, "period", storage.CodeRange), "%s: %v", name, err)
	}
	_, err := b.HoldsPage(t.Context(), ledger.HoldFilter{State: "lost"}, "")
	require.True(t, storage.Has(err, "state", storage.CodeChoice), "%v", err)
	for _, err := range b.Holds(t.Context(), ledger.HoldFilter{State: "lost"}) {
		require.True(t, storage.Has(err, "state", storage.CodeChoice), "%v", err)
	}
}

func TestWhatDoesNotExistHasNothing(t *testing.T) {
	b := ledger.New(open(t))
	require.Equal(t, "0.00", held(t, b, "none", "EUR", "2017-01-01"))
	page, err := b.StatementPage(t.Context(), ledger.LineFilter{Account: "none"}, "")
	require.NoError(t, err)
	require.Empty(t, page.Items)
	require.ErrorIs(t, b.EraseText(t.Context(), ledger.EraseText{}), storage.ErrNotFound)
}

func TestAYearIsNotClosedOntoAnAccountThatIsClosed(t *testing.T) {
	b := ledger.New(open(t))
	post(t, b, simple("2016-03-01", ledger.Bank, ledger.Revenue, "5"))
	_, err := b.CloseAccount(t.Context(), ledger.CloseAccount{Code: ledger.RetainedEarnings, Date: day("2016-06-30")})
	require.NoError(t, err)
	openYear(t, b, 2016, false)
	_, err = b.CloseYear(t.Context(), ledger.CloseYear{Year: 2016})
	require.ErrorIs(t, err, ledger.ErrAccountClosed)
	require.True(t, storage.Has(err, "retained_earnings", ledger.ErrAccountClosed.Code))
	_, err = b.CloseAccount(t.Context(), ledger.CloseAccount{Code: ledger.RetainedEarnings})
	require.NoError(t, err)
	closeYear(t, b, 2016)
}

func TestAnAccountIsClosedOnADayOfTheBooks(t *testing.T) {
	b := ledger.New(open(t))
	for _, d := range []date.Date{date.Must(999, 12, 31), date.Must(3000, 1, 1)} {
		_, err := b.CloseAccount(t.Context(), ledger.CloseAccount{Code: ledger.Travel, Date: d})
		require.True(t, storage.Has(err, "date", storage.CodeRange), "%s: %v", d, err)
	}
}

func TestValuePassesThroughEquityOnly(t *testing.T) {
	b := ledger.New(open(t))
	e := exchanged("2017-03-10", ledger.Bank, "100 USD", ledger.Revenue, "-90 EUR")
	for _, account := range []string{ledger.Travel, ledger.Clearing} {
		e.Exchange = account
		_, err := b.Post(t.Context(), e)
		require.True(t, storage.Has(err, "exchange", storage.CodeChoice), "%v", err)
	}
	e.Exchange = ledger.Exchange
	post(t, b, e)
}

func TestNothingIsGivenUpOntoTheItemsOwnAccount(t *testing.T) {
	b := openItems(t, "EUR")
	m := ledger.Match{Items: both(invoice(t, b, "2017-03-01", "100 EUR", "100 EUR"), receipt(t, b, "2017-03-05", "98 EUR", "98 EUR"))}
	off, granted := m, m
	off.WriteOff = &ledger.WriteOff{Account: ledger.Receivables}
	_, err := b.Match(t.Context(), off)
	require.True(t, storage.Has(err, "write_off.account", storage.CodeChoice), "%v", err)
	granted.Discount = &ledger.Discount{Parts: []ledger.DiscountPart{{Account: ledger.Revenue, Amount: money.MustParse("1 EUR")},
		{Account: ledger.Receivables, Amount: money.MustParse("1 EUR")}}}
	_, err = b.Match(t.Context(), granted)
	require.True(t, storage.Has(err, "discount.parts.1.account", storage.CodeChoice), "%v", err)
	off.WriteOff = &ledger.WriteOff{Account: ledger.BadDebts}
	mustMatch(t, b, off)
}
