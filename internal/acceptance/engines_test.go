package acceptance_test

import (
	"context"
	"crypto/rand"
	"errors"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/memory"
	"github.com/tutas/tutas/storage/postgres"
	"github.com/tutas/tutas/storage/postgres/pgtest"
	"github.com/tutas/tutas/storage/sqlite"
)

func TestMain(m *testing.M) { pgtest.Main(m, pgtest.NoSync()) }

// An engine is one of those that the library comes with.
type engine struct {
	name string
	open func(t testing.TB) driver.Engine
	// writers says that several transactions of one tenant may write at a time.
	writers bool
	// fast engines are tried with everything, the others with a sample.
	fast bool
}

var engines = []engine{
	{name: "memory", fast: true, open: func(testing.TB) driver.Engine { return memory.New() }},
	{name: "sqlite", open: func(t testing.TB) driver.Engine {
		// Nothing is killed here, so nothing has to reach the disk.
		e, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "company.db"), sqlite.Synchronous("OFF"),
			sqlite.BusyTimeout(time.Minute))
		require.NoError(t, err)
		t.Cleanup(func() { _ = e.Close() })
		return e
	}},
	{name: "postgres", writers: true, open: func(t testing.TB) driver.Engine {
		config, err := pgxpool.ParseConfig(pgtest.DSN(t))
		require.NoError(t, err)
		config.MaxConns = 16
		pool, err := pgxpool.NewWithConfig(t.Context(), config)
		require.NoError(t, err)
		t.Cleanup(pool.Close)
		e, err := postgres.Open(t.Context(), pool, postgres.Schema("s_"+strings.ToLower(rand.Text()[:12])),
			postgres.BusyTimeout(time.Minute))
		require.NoError(t, err)
		return e
	}},
}

// single says that a writer waits until the one before has ended.
func (e engine) single() bool { return !e.writers }

// onEach runs a test on every engine.
func onEach(t *testing.T, fn func(t *testing.T, e engine)) {
	t.Helper()
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) { fn(t, e) })
	}
}

// A world is a business on one engine, with a clock that stands still.
type world struct {
	*tutas.Business
	now atomic.Pointer[time.Time]
}

// someDay is when the world begins: a Monday.
var someDay = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// begin opens a business over an engine, with the host's own tables besides ours.
func begin(t testing.TB, e driver.Engine, options []storage.Option, business []tutas.Option, further ...storage.Package) *world {
	t.Helper()
	w := &world{}
	w.advance(0)
	store := storage.Open(e, append([]storage.Option{storage.Clock(func() time.Time { return *w.now.Load() })}, options...)...)
	w.Business = tutas.Open(store, business...)
	require.NoError(t, w.Migrate(t.Context(), further...))
	return w
}

// advance moves the clock on.
func (w *world) advance(d time.Duration) {
	now := someDay
	if old := w.now.Load(); old != nil {
		now = old.Add(d)
	}
	w.now.Store(&now)
}

// company adds a tenant and hires whom the chain needs.
func (w *world) company(t testing.TB, id string) *tutas.Company {
	t.Helper()
	c, err := w.Create(t.Context(), storage.Tenant{ID: id, Currency: "EUR"}, tutas.TradingCompany, w.staff)
	require.NoError(t, err)
	return c
}

// settle ticks until nothing is left to do. On a server that others use as well, a transaction of theirs may hold events
// back for a while.
func (w *world) settle(t testing.TB) {
	t.Helper()
	for range 10_000 {
		stats, err := w.Tick(context.WithoutCancel(t.Context()))
		require.NoError(t, errors.Join(err, stats.Err))
		if stats.Left == 0 {
			return
		}
		<-time.After(time.Millisecond)
	}
	t.Fatal("there is no end of work")
}

func eur(s string) money.Amount { return money.MustParse(s + " EUR") }

// each collects a list.
func each[T any](t testing.TB, seq func(yield func(T, error) bool)) (list []T) {
	t.Helper()
	for v, err := range seq {
		require.NoError(t, err)
		list = append(list, v)
	}
	return list
}

func (w *world) today() date.Date { return date.FromTime(*w.now.Load(), time.UTC) }

var someDate = date.FromTime(someDay, time.UTC)
