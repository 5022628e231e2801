package postgres

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/postgres/pgtest"
	"github.com/tutas/tutas/storage/storagetest"
)

func TestTheEngineKeepsThePromisesOfTheContract(t *testing.T) {
	conform(t, newPool(t))
	if !storagetest.Long() {
		return
	}
	t.Run("without prepared statements", func(t *testing.T) {
		conform(t, newPool(t, func(c *pgxpool.Config) { c.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeExec }))
	})
	t.Run("under row-level security", func(t *testing.T) {
		dsn := pgtest.DSN(t)
		_, login := plainRole(t, poolOf(t, dsn))
		conform(t, poolOf(t, dsn, login), WithRowSecurity())
	})
}

func conform(t *testing.T, pool *pgxpool.Pool, opts ...Option) {
	t.Helper()
	open := func(t *testing.T, more ...Option) driver.Engine {
		return newEngine(t, pool, append(append([]Option{ownSchema()}, opts...), more...)...)
	}
	storagetest.Run(t, storagetest.Harness{
		Open:      func(t *testing.T) driver.Engine { return open(t) },
		Impatient: func(t *testing.T) driver.Engine { return open(t, BusyTimeout(200*time.Millisecond)) },
		Reopen: func(t *testing.T, e driver.Engine) driver.Engine {
			if err := e.Close(); err != nil {
				t.Fatal(err)
			}
			return newEngine(t, pool, append([]Option{Schema(e.(*Engine).schema)}, opts...)...)
		},
		Host: func(t *testing.T, e driver.Engine) (driver.HostTx, func(context.Context) error, func(context.Context) error) {
			t.Helper()
			tx, err := pool.Begin(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			return e.(*Engine).Join(tx), tx.Commit, tx.Rollback
		},
	})
}
