package postgres

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/postgres/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// newPool opens a pool over a database of the test's own. Changes may alter how it connects.
func newPool(t testing.TB, changes ...func(*pgxpool.Config)) *pgxpool.Pool {
	t.Helper()
	return poolOf(t, pgtest.DSN(t), changes...)
}

func poolOf(t testing.TB, dsn string, changes ...func(*pgxpool.Config)) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns = 40
	for _, change := range changes {
		change(config)
	}
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// plainRole makes a role without any privilege but that of creating schemas, and returns what has a pool log in as it.
func plainRole(t testing.TB, admin *pgxpool.Pool) (name string, login func(*pgxpool.Config)) {
	t.Helper()
	name = "role_" + strings.ToLower(rand.Text()[:12])
	database := admin.Config().ConnConfig.Database
	command(t, admin, `CREATE ROLE `+name+` LOGIN PASSWORD 'secret'`)
	command(t, admin, `GRANT CREATE ON DATABASE "`+database+`" TO `+name)
	t.Cleanup(func() { // the tables first, or the role cannot go
		for _, sql := range []string{`DROP OWNED BY ` + name + ` CASCADE`, `DROP ROLE ` + name} {
			if _, err := admin.Exec(context.Background(), sql); err != nil {
				t.Error(err)
			}
		}
	})
	return name, func(c *pgxpool.Config) { c.ConnConfig.User, c.ConnConfig.Password = name, "secret" }
}

func command(t testing.TB, pool *pgxpool.Pool, sql string) {
	t.Helper()
	if _, err := pool.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
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

// commit runs a transaction of the tenant acme that only writes.
func commit(t testing.TB, e *Engine, ops ...driver.Op) {
	t.Helper()
	tx, err := e.Begin(t.Context(), driver.TxOptions{Tenant: "acme"})
	if err == nil {
		err = tx.Commit(t.Context(), ops...)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// version returns the server's major version.
func version(t testing.TB, pool *pgxpool.Pool) (n int) {
	t.Helper()
	if err := pool.QueryRow(t.Context(), "SELECT current_setting('server_version_num')::int / 10000").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
