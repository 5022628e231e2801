package pgtest_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/tutas/tutas/storage/postgres/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestEachCallGivesAnEmptyDatabaseOfItsOwn(t *testing.T) {
	a, b := pgtest.DSN(t), pgtest.DSN(t)
	if a == b {
		t.Fatalf("twice the same database: %s", a)
	}
	one, err := pgx.Connect(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	defer one.Close(t.Context())
	two, err := pgx.Connect(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	defer two.Close(t.Context())
	if _, err := one.Exec(t.Context(), `CREATE TABLE t (x int)`); err != nil {
		t.Fatal(err)
	}
	if _, err := two.Exec(t.Context(), `SELECT * FROM t`); err == nil {
		t.Fatal("a table made in one database shows in the other")
	}
}

func TestADurableServerSyncsUnlessToldNotTo(t *testing.T) {
	for want, dsn := range map[string]string{"on": pgtest.Own(t).DSN(), "off": pgtest.Own(t, pgtest.NoSync()).DSN()} {
		conn, err := pgx.Connect(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		var got string
		if err := conn.QueryRow(t.Context(), `SHOW fsync`).Scan(&got); err != nil || got != want {
			t.Errorf("fsync is %s, want %s (%v)", got, want, err)
		}
		_ = conn.Close(t.Context())
	}
}

func TestWhatWasCommittedOutlivesACrashOfTheServer(t *testing.T) {
	s := pgtest.Own(t)
	conn, err := pgx.Connect(t.Context(), s.DSN())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), `CREATE TABLE t (x int); INSERT INTO t VALUES (7)`); err != nil {
		t.Fatal(err)
	}
	if err := s.Stop("immediate"); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), `SELECT 1`); err == nil {
		t.Fatal("a stopped server still answers")
	}
	if err := s.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	conn, err = pgx.Connect(t.Context(), s.DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var x int
	if err := conn.QueryRow(t.Context(), `SELECT x FROM t`).Scan(&x); err != nil || x != 7 {
		t.Fatalf("after the crash: %d, %v", x, err)
	}
	if err := s.Stop("gently"); err == nil || !strings.Contains(err.Error(), "gently") {
		t.Errorf("a mode that does not exist: %v", err)
	}
}

func TestANamedServerIsNotOursToStop(t *testing.T) {
	own := pgtest.Own(t)
	t.Setenv("TUTAS_POSTGRES_DSN", own.DSN())
	s, err := pgtest.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Stop("fast"); !errors.Is(err, pgtest.ErrForeign) {
		t.Errorf("stopped a named server: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := pgx.Connect(t.Context(), own.DSN()); err != nil {
		t.Errorf("closing took the named server along: %v", err)
	}
	t.Setenv("TUTAS_POSTGRES_DSN", "host=/nowhere user=me")
	if _, err := pgtest.Start(t.Context()); err == nil {
		t.Error("a server that does not answer was accepted")
	}
}
