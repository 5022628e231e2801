package postgres

import (
	"context"
	"os"
	"os/exec"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/postgres/pgtest"
	"github.com/tutas/tutas/storage/storagetest"
)

// crashDSN tells the child which server to write to.
const crashDSN = "TUTAS_CRASH_DSN"

func TestAKilledClientLosesNothingItAcknowledged(t *testing.T) {
	storagetest.Crash(t, crashOptions(pgtest.DSN(t)))
}

func TestAKilledServerLosesNothingItAcknowledged(t *testing.T) {
	s := pgtest.Own(t)
	o := crashOptions(s.DSN())
	o.Kill = func(t *testing.T) {
		if err := s.Stop("immediate"); err != nil {
			t.Fatal(err)
		}
		if err := s.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	storagetest.Crash(t, o)
}

func crashOptions(dsn string) storagetest.CrashOptions {
	return storagetest.CrashOptions{
		Open: func(t *testing.T) driver.Engine {
			pool := poolOf(t, dsn)
			return closing{newEngine(t, pool), pool}
		},
		Child: func(t *testing.T) *exec.Cmd {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestCrashChild$")
			cmd.Env = append(os.Environ(), crashDSN+"="+dsn)
			return cmd
		},
	}
}

// closing closes the pool along with the engine, as the harness opens many.
type closing struct {
	driver.Engine
	pool *pgxpool.Pool
}

func (c closing) Close() error {
	err := c.Engine.Close()
	c.pool.Close()
	return err
}

// TestCrashChild is the process that is killed; in a run of the tests it has nothing to do.
func TestCrashChild(t *testing.T) {
	if os.Getenv(storagetest.CrashRun) == "" {
		return
	}
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, os.Getenv(crashDSN))
	if err != nil {
		t.Fatal(err)
	}
	e, err := Open(ctx, pool)
	if err != nil {
		t.Fatal(err)
	}
	t.Fatal(storagetest.CrashChild(ctx, e))
}
