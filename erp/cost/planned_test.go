package cost_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/erp/cost"
	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
)

func TestAnIncomeStatementComparesWithTheBudgetsOfCentres(t *testing.T) {
	ctx, store := t.Context(), storage.Open(memory.New())
	require.NoError(t, store.Migrate(ctx, event.Package(), ledger.Package(), cost.Package()))
	db, err := store.CreateTenant(ctx, storage.Tenant{ID: "acme", Currency: "USD"}, ledger.Template(ledger.ServicesChart()))
	require.NoError(t, err)
	costs, books := cost.New(db, cost.Ports{}), ledger.New(db)
	for code, amount := range map[string]string{"100": "1200", "200": "620"} {
		c, err := costs.Open(ctx, cost.Open{Code: code, Profile: cost.Profile{Name: code}})
		require.NoError(t, err)
		_, err = costs.SetBudget(ctx, cost.SetBudget{Centre: c.ID, Account: ledger.RentExpense, From: month("2017-01"), Months: 2,
			Amount: usd(amount)})
		require.NoError(t, err)
	}
	_, err = books.Post(ctx, ledger.Entry{Date: date.MustParse("2017-01-05"), Legs: []ledger.Leg{
		ledger.Debit(ledger.RentExpense, usd("700"), ledger.Dims{CostCentre: "100"}), ledger.Credit(ledger.Bank, usd("700"), ledger.Dims{})}})
	require.NoError(t, err)
	january := month("2017-01").Period()
	for name, c := range map[string]struct {
		period date.Period
		where  ledger.Dims
		want   string
	}{
		"all centres": {january, ledger.Dims{}, "910.00 -210.00 -23.1"},
		"one centre":  {january, ledger.Dims{CostCentre: "100"}, "600.00 100.00 16.7"},
		"ten days of 31": {date.Period{From: january.From, To: january.From.AddDays(9)}, ledger.Dims{CostCentre: "200"},
			"100.00 -100.00 -100"},
		"another dimension": {january, ledger.Dims{CostCentre: "100", Project: "p"}, ""},
	} {
		s, err := books.IncomeStatement(ctx, ledger.IncomeFilter{Period: c.period, Where: c.where,
			Layout: ledger.Layout{Compare: ledger.Compare{Budget: costs}}})
		require.NoError(t, err, name)
		got := ""
		for _, l := range s.Expense {
			a := l.Against[0]
			got = a.Amount.Text() + " " + a.Difference.Text() + " " + a.Percent.String()
		}
		require.Equal(t, c.want, got, name)
	}
}
