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

// crashDSN tells the child which database to write to.
const crashDSN = "TUTAS_CRASH_DSN"

func TestAKilledClientLosesNothingItAcknowledged(t *testing.T) {
	storagetest.Crash(t, crashOf(pgtest.DSN(t)))
}

func TestAServerStoppedAtOnceLosesNothingItAcknowledged(t *testing.T) {
	server := pgtest.Own(t)
	dsn, _, err := server.Create(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	o := crashOf(dsn)
	o.Kill = func(t *testing.T) {
		if err := server.Stop("immediate"); err != nil {
			t.Fatal(err)
		}
		if err := server.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	storagetest.Crash(t, o)
}

func crashOf(dsn string) storagetest.CrashOptions {
	return storagetest.CrashOptions{
		Open: func(t *testing.T) driver.Engine {
			pool, err := pgxpool.New(t.Context(), dsn)
			if err != nil {
				t.Fatal(err)
			}
			return &closing{newEngine(t, pool), pool}
		},
		Child: func(t *testing.T) *exec.Cmd {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestCrashChild$")
			cmd.Env = append(os.Environ(), crashDSN+"="+dsn)
			return cmd
		},
	}
}

// closing closes the pool with the engine, so that many rounds do not use the server's connections up.
type closing struct {
	driver.Engine
	pool *pgxpool.Pool
}

func (c *closing) Close() error {
	err := c.Engine.Close()
	c.pool.Close()
	return err
}

// TestCrashChild is the process that is killed, or whose server is; in a run of the tests it has nothing to do.
func TestCrashChild(t *testing.T) {
	if os.Getenv(storagetest.CrashRun) == "" {
		return
	}
	pool, err := pgxpool.New(context.Background(), os.Getenv(crashDSN))
	if err != nil {
		t.Fatal(err)
	}
	t.Fatal(storagetest.CrashChild(context.Background(), newEngine(t, pool)))
}
