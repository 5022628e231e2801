package postgres

import (
	"crypto/rand"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/postgres/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// newPool opens a pool over a database of the test's own.
func newPool(t testing.TB) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(pgtest.DSN(t))
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns = 40
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

func newEngine(t testing.TB, pool *pgxpool.Pool, opts ...Option) *Engine {
	t.Helper()
	e, err := Open(t.Context(), pool, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// ownSchema names a schema that no other engine of the test uses.
func ownSchema() Option { return Schema("s_" + strings.ToLower(rand.Text()[:12])) }

func migrated(t testing.TB, e *Engine, tables ...*driver.Table) {
	t.Helper()
	if err := e.Migrate(t.Context(), driver.Schema{Tables: tables}); err != nil {
		t.Fatal(err)
	}
}
