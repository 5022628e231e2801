package ledger_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
)

// openOn makes a tenant with the trading chart on an engine.
func openOn(t testing.TB, e driver.Engine, options ...storage.Option) (*storage.Store, *storage.DB) {
	t.Helper()
	var seconds atomic.Int64
	start := time.Date(2017, 6, 1, 9, 0, 0, 0, time.UTC)
	clock := func() time.Time { return start.Add(time.Duration(seconds.Add(1)) * time.Millisecond) }
	store := storage.Open(e, append([]storage.Option{storage.Clock(clock)}, options...)...)
	require.NoError(t, store.Migrate(t.Context(), event.Package(), ledger.Package()))
	db, err := store.CreateTenant(t.Context(), storage.Tenant{ID: "acme", Currency: "EUR"}, ledger.Template(ledger.TradingChart()))
	require.NoError(t, err)
	return store, db
}

// newEngine makes the engine that tests run on; a build with other engines sets another.
var newEngine = func(testing.TB) driver.Engine { return memory.New() }

func open(t testing.TB, options ...storage.Option) *storage.DB {
	_, db := openOn(t, newEngine(t), options...)
	return db
}

func eur(s string) money.Amount { return money.MustParse(s + " EUR") }

func day(s string) date.Date { return date.MustParse(s) }

// simple is an entry of two legs.
func simple(d, debit, credit, amount string) ledger.Entry {
	return ledger.Entry{Date: day(d), Legs: []ledger.Leg{
		ledger.Debit(debit, eur(amount), ledger.Dims{}), ledger.Credit(credit, eur(amount), ledger.Dims{})}}
}

func post(t testing.TB, b *ledger.Books, list ...ledger.Entry) []ledger.Posted {
	t.Helper()
	posted, err := b.Post(t.Context(), list...)
	require.NoError(t, err)
	return posted
}

func TestAKeyPostsOnceAndRefusesAnotherContent(t *testing.T) {
	b := ledger.New(open(t))
	e := simple("2017-03-01", ledger.RentExpense, ledger.Bank, "800")
	e.Key = "rent"
	first := post(t, b, e)
	again := post(t, b, e)
	require.Equal(t, first, again)
	e.Text = "other"
	_, err := b.Post(t.Context(), e)
	require.ErrorIs(t, err, storage.ErrKeyReused)
}
