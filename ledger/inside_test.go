package ledger

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
)

// openInside makes a tenant with the trading chart, for tests that look inside.
func openInside(t testing.TB) *storage.DB {
	t.Helper()
	store := storage.Open(memory.New(), storage.Clock(func() time.Time { return time.Date(2017, 6, 1, 9, 0, 0, 0, time.UTC) }))
	require.NoError(t, store.Migrate(t.Context(), event.Package(), Package()))
	db, err := store.CreateTenant(t.Context(), storage.Tenant{ID: "acme", Currency: "EUR"}, Template(TradingChart()))
	require.NoError(t, err)
	return db
}

func postInside(t testing.TB, b *Books, day, amount string) {
	t.Helper()
	a := money.MustParse(amount + " EUR")
	_, err := b.Post(t.Context(), Entry{Date: date.MustParse(day), Legs: []Leg{Debit(Travel, a, Dims{}), Credit(Bank, a, Dims{})}})
	require.NoError(t, err)
}
