package tutas_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas"
	"github.com/tutas/tutas/storage"
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
