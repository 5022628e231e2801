package postgres

import (
	"errors"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/postgres/pgtest"
)

func TestTheDatabaseItselfKeepsTenantsApart(t *testing.T) {
	dsn := pgtest.DSN(t)
	admin := poolOf(t, dsn)
	role, login := plainRole(t, admin)
	box, settled := outbox(), outbox()
	settled.Name, settled.Tailed = "settled", false
	e := newEngine(t, admin, WithRowSecurity())
	migrated(t, e, box, settled)
	command(t, admin, "GRANT USAGE ON SCHEMA tutas TO "+role)
	command(t, admin, "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA tutas TO "+role)
	pool := poolOf(t, dsn, login)
	e = newEngine(t, pool, WithRowSecurity())
	e.learn([]*driver.Table{box, settled}) // this role may not migrate

	tenants := []string{"acme", `o'brien \ "sons"; --`, "", "тұтас"}
	for i, tenant := range tenants {
		tx, err := e.Begin(t.Context(), driver.TxOptions{Tenant: tenant})
		if err == nil {
			err = tx.Commit(t.Context(), insertEvents(box, i))
		}
		if err != nil {
			t.Fatalf("tenant %q: %v", tenant, err)
		}
	}
	for i, tenant := range tenants {
		tx, err := e.Begin(t.Context(), driver.TxOptions{Tenant: tenant, ReadOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		page, err := tx.Tail(t.Context(), driver.TailQuery{Table: box})
		if err != nil || len(page.Rows) != 1 || page.Rows[0][0].UUID() != benchID(i) {
			t.Errorf("tenant %q sees %d rows (%v)", tenant, len(page.Rows), err)
		}
		if err := tx.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	tx, err := e.Begin(t.Context(), driver.TxOptions{Across: true})
	if err != nil {
		t.Fatal(err)
	}
	all := 0
	for _, err := range tx.Query(t.Context(), driver.Query{Table: box}) {
		if err != nil {
			t.Fatal(err)
		}
		all++
	}
	if err := tx.Commit(t.Context()); err != nil || all != len(tenants) {
		t.Errorf("across tenants there are %d rows, want %d (%v)", all, len(tenants), err)
	}

	// What a slip in a statement by hand would see, and could do.
	hand, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = hand.Rollback(t.Context()) }()
	count := func() (n int) {
		t.Helper()
		if err := hand.QueryRow(t.Context(), "SELECT count(*) FROM tutas.outbox WHERE tenant <> ''").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := count(); n != 0 {
		t.Errorf("a session that is nobody's sees %d rows", n)
	}
	if _, err := hand.Exec(t.Context(), "SET LOCAL app.tenant = 'acme'"); err != nil {
		t.Fatal(err)
	}
	if n := count(); n != 1 {
		t.Errorf("acme's session sees %d rows without saying whose", n)
	}
	if tag, err := hand.Exec(t.Context(), "DELETE FROM tutas.outbox"); err != nil || tag.RowsAffected() != 1 {
		t.Errorf("acme's session deletes %d rows, %v", tag.RowsAffected(), err)
	}
	_, err = hand.Exec(t.Context(), "INSERT INTO tutas.outbox (tenant, id, what) VALUES ('other', gen_random_uuid(), '')")
	var pg *pgconn.PgError
	if !errors.As(err, &pg) || pg.Code != "42501" {
		t.Errorf("acme's session writes for another tenant: %v", err)
	}
}

func TestRowSecurityIsAddedToTablesThatExist(t *testing.T) {
	pool := newPool(t)
	box := outbox()
	migrated(t, newEngine(t, pool), box)
	e := newEngine(t, pool, WithRowSecurity())
	schema := driver.Schema{Tables: []*driver.Table{box}}
	if drift, err := e.Drift(t.Context(), schema); err != nil || len(drift) != 1 {
		t.Errorf("drift: %v, %v", drift, err)
	}
	migrated(t, e, box)
	if drift, err := e.Drift(t.Context(), schema); err != nil || len(drift) != 0 {
		t.Errorf("drift: %v, %v", drift, err)
	}
}
