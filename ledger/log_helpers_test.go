package ledger

import (
	"bytes"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
)

func weightOf(n int64) decimal.Decimal { return decimal.NewFromInt(n) }

// importInto moves the tenant to another store.
func importInto(t testing.TB, from *storage.Store) *Books {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, from.ExportTenant(t.Context(), "acme", &out))
	other := storage.Open(memory.New())
	require.NoError(t, other.Migrate(t.Context(), event.Package(), Package()))
	db, err := other.ImportTenant(t.Context(), &out, "")
	require.NoError(t, err)
	return New(db)
}
