package tutas_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas"
	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
)

func TestEveryPackageOpensOnOneStore(t *testing.T) {
	b := tutas.Open(storage.Open(memory.New()))
	require.NoError(t, b.Migrate(t.Context()))
	require.NoError(t, b.Migrate(t.Context()), "again changes nothing")
	_, err := b.Create(t.Context(), storage.Tenant{ID: "acme", Currency: "USD"})
	require.NoError(t, err)
	_, err = b.Tenant(t.Context(), "acme")
	require.NoError(t, err)
	_, err = b.Tenant(t.Context(), "other")
	require.ErrorIs(t, err, storage.ErrUnknownTenant)
}

func TestTheTemplatesGiveACompanyAChartAndAPipeline(t *testing.T) {
	b := tutas.Open(storage.Open(memory.New()))
	require.NoError(t, b.Migrate(t.Context()))
	for id, templates := range map[string][]storage.Template{"usual": nil, "trading": {tutas.TradingCompany}, "services": {tutas.ServicesCompany}} {
		c, err := b.Create(t.Context(), storage.Tenant{ID: id, Currency: "EUR"}, templates...)
		require.NoError(t, err)
		var names []string
		for p, err := range c.Deals.Pipelines(t.Context()) {
			require.NoError(t, err)
			names = append(names, p.Name)
		}
		require.Equal(t, []string{"Sales"}, names, id)
		_, err = c.Books.Account(t.Context(), ledger.Receivables)
		require.NoError(t, err, id)
	}
}

func TestRunTicksUntilTheContextEnds(t *testing.T) {
	b := tutas.Open(storage.Open(memory.New()))
	require.NoError(t, b.Migrate(t.Context()))
	_, err := b.Create(t.Context(), storage.Tenant{ID: "acme", Currency: "USD"})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	var ticks []event.Stats
	err = b.Run(ctx, time.Millisecond, func(s event.Stats) {
		if ticks = append(ticks, s); len(ticks) == 3 {
			stop()
		}
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, 1, ticks[0].Tenants, "the accounts that were opened are events")
	require.Zero(t, ticks[2].Tenants)
}
