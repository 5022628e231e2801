package acceptance_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas"
	"github.com/tutas/tutas/crm/pipeline"
	"github.com/tutas/tutas/erp/billing"
	"github.com/tutas/tutas/erp/project"
	"github.com/tutas/tutas/erp/sales"
	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// invariants are what must hold of a company after every transaction, however far a chain has come.
func invariants(t testing.TB, c *tutas.Company, today date.Date) {
	t.Helper()
	ctx := t.Context()
	trial, err := c.Books.TrialBalance(ctx, ledger.TrialFilter{})
	require.NoError(t, err)
	for _, total := range trial.Totals {
		require.True(t, total.Closing.IsZero(), "the trial balance is zero in %s: %v", total.Currency, total.Closing)
		require.Equal(t, total.Debit, total.Credit)
	}
	log, err := c.Books.Verify(ctx, ledger.VerifyFilter{})
	require.NoError(t, err)
	require.Nil(t, log.Break, "the books are what was sealed")
	require.Equal(t, openItems(t, c, today), balance(t, c, ledger.Receivables),
		"the receivables account is what invoices say is open")
	n := 0
	for _, i := range each(t, c.Invoices.All(ctx, billing.Filter{})) {
		if i.Number == "" || i.Kind == billing.Credit { // credit notes have numbers of their own
			continue
		}
		n++
		require.Equal(t, fmt.Sprint(n), i.Number, "invoices are numbered 1 to n")
		require.False(t, i.Entry.IsZero(), "an issued invoice has its entry")
		list, err := c.Books.BySource(ctx, billing.Ref(i.ID))
		require.NoError(t, err)
		require.Len(t, list, 1, "an issued invoice is in the books once")
	}
	n = 0
	for _, o := range each(t, c.Orders.All(ctx, sales.Filter{})) {
		if o.State != sales.Drafted {
			n++
			require.Equal(t, fmt.Sprint("SO", n), o.Number, "orders are numbered 1 to n")
		}
	}
	for _, p := range each(t, c.Projects.All(ctx, project.Filter{})) {
		require.Equal(t, project.Done, p.Status, "a delivery is there with its hours, or not at all")
		sum, err := c.Projects.Totals(ctx, project.TimeFilter{Project: p.ID})
		require.NoError(t, err)
		require.Equal(t, "10", sum.Hours.String())
	}
	var hours, billed decimal.Decimal
	for l, err := range c.Invoices.Lines(ctx, billing.Filter{}) {
		require.NoError(t, err)
		if l.Product.ID == "work" {
			hours = hours.Add(l.Quantity)
		}
	}
	sum, err := c.Projects.Totals(ctx, project.TimeFilter{})
	require.NoError(t, err)
	billed = sum.Billed
	require.Equal(t, billed.String(), hours.String(), "hours invoiced are hours marked as invoiced")
	require.Equal(t, revenue(t, c, ledger.Dims{}), invoiced(t, c).Text(), "the books' revenue is that of the invoices")
}

// finished is what must hold once n chains have come to their end.
func finished(t testing.TB, c *tutas.Company, n int) {
	t.Helper()
	ctx := t.Context()
	times := func(s string) string { return dec(s).Mul(decimal.NewFromInt(int64(n))).StringFixed(2) }
	sum, err := c.Projects.Totals(ctx, project.TimeFilter{})
	require.NoError(t, err)
	require.Equal(t, sum.Hours.String(), sum.Billed.String(), "hours invoiced are hours worked")
	require.Equal(t, times("0"), balance(t, c, ledger.Receivables), "all is paid")
	require.Equal(t, times("1440"), balance(t, c, ledger.Bank))
	require.Equal(t, times("-240"), balance(t, c, ledger.TaxPayable))
	require.Equal(t, times("400"), balance(t, c, ledger.DirectLabour), "ten hours at 40")
	require.Equal(t, times("1200"), revenue(t, c, ledger.Dims{}))
	stats, err := c.Deals.Stats(ctx, pipeline.StatsFilter{Group: pipeline.ByCustomer})
	require.NoError(t, err)
	require.Len(t, stats, n)
	for _, s := range stats {
		require.Equal(t, "1200.00", s.Value.Text())
		require.Equal(t, s.Value.Text(), revenue(t, c, ledger.Dims{Customer: s.Ref.ID}),
			"what a customer's deals were won for is what the books say of the customer")
	}
	byDeal, err := c.Books.Totals(ctx, ledger.TotalsFilter{Chosen: ledger.Chosen{Accounts: []string{ledger.Revenue}},
		GroupBy: []ledger.Dimension{ledger.Deal}})
	require.NoError(t, err)
	require.Len(t, byDeal.Rows, n)
	for _, i := range each(t, c.Invoices.All(ctx, billing.Filter{})) {
		require.Equal(t, billing.Paid, i.State)
	}
	for _, o := range each(t, c.Orders.All(ctx, sales.Filter{})) {
		require.Equal(t, sales.Closed, o.State)
	}
}

func balance(t testing.TB, c *tutas.Company, account string) string {
	t.Helper()
	b, err := c.Books.Balance(t.Context(), account, "EUR", date.Date{})
	require.NoError(t, err)
	return b.Text()
}

func openItems(t testing.TB, c *tutas.Company, today date.Date) string {
	t.Helper()
	ageing, err := c.Invoices.Ageing(t.Context(), billing.Filter{}, today)
	require.NoError(t, err)
	if len(ageing) == 0 {
		return "0.00"
	}
	return ageing[0].Total.Text()
}

// revenue is what the books say was earned with some dimensions.
func revenue(t testing.TB, c *tutas.Company, where ledger.Dims) string {
	t.Helper()
	s, err := c.Books.IncomeStatement(t.Context(), ledger.IncomeFilter{Where: where})
	require.NoError(t, err)
	if len(s.Totals) == 0 {
		return "0.00"
	}
	return s.Totals[0].Income.Total.Text()
}

// invoiced is the net of all invoices that are issued.
func invoiced(t testing.TB, c *tutas.Company) money.Amount {
	t.Helper()
	sum := eur("0")
	for _, i := range each(t, c.Invoices.All(t.Context(), billing.Filter{})) {
		if i.Number != "" {
			var err error
			sum, err = sum.Add(i.Net)
			require.NoError(t, err)
		}
	}
	return sum
}

// export is the tenant's data as bytes.
func export(t testing.TB, s *storage.Store, tenant string) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, s.ExportTenant(context.WithoutCancel(t.Context()), tenant, &b))
	return b.Bytes()
}

// counts tells how many rows a tenant has in each table. In how many blocks the log is sealed is left to chance.
func counts(t testing.TB, s *storage.Store, tenant string) map[string]int {
	t.Helper()
	n := map[string]int{}
	table := ""
	for line := range bytes.Lines(export(t, s, tenant)) {
		if line[0] == '[' {
			n[table]++
			continue
		}
		var head struct {
			Table string `json:"table"`
		}
		require.NoError(t, json.Unmarshal(line, &head))
		table = head.Table
	}
	delete(n, "ledger_block")
	return n
}
