package bench_test

import (
	"context"
	"database/sql"
	"sync"
	"testing"
	"time"
)

// sqliteBooks are the hand's books in a file of SQLite: one connection, a prepared statement a row, BEGIN IMMEDIATE, WAL, a full
// sync a commit. Callers wait in line for the connection, since SQLite has one writer.
type sqliteBooks struct {
	mu                                            sync.Mutex
	conn                                          *sql.Conn
	begin, commit, rollback                       *sql.Stmt
	entry, posting, balance, insKey, event, audit *sql.Stmt
}

func newSQLiteBooks(b testing.TB, path string, all bool) *sqliteBooks {
	b.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)&_pragma=journal_mode(wal)&_pragma=synchronous(FULL)&_pragma=cache_size(-16384)")
	must(b, err)
	b.Cleanup(func() { _ = db.Close() })
	conn, err := db.Conn(b.Context())
	must(b, err)
	b.Cleanup(func() { _ = conn.Close() })
	for _, text := range schemaOf("", "text", "text", "text", all) {
		_, err := conn.ExecContext(b.Context(), text)
		must(b, err)
	}
	_, err = conn.ExecContext(b.Context(), "BEGIN")
	must(b, err)
	for _, a := range chart() {
		_, err := conn.ExecContext(b.Context(), "INSERT INTO account VALUES (?, 0)", a.Code)
		must(b, err)
	}
	_, err = conn.ExecContext(b.Context(), "COMMIT")
	must(b, err)
	prepare := func(text string) *sql.Stmt {
		s, err := conn.PrepareContext(context.Background(), text)
		must(b, err)
		return s
	}
	h := &sqliteBooks{conn: conn, begin: prepare("BEGIN IMMEDIATE"), commit: prepare("COMMIT"), rollback: prepare("ROLLBACK"),
		entry: prepare("INSERT INTO entry VALUES (?, ?, ?, ?, ?)"), posting: prepare("INSERT INTO posting VALUES (?, ?, ?, ?)"),
		balance: prepare("UPDATE account SET balance = balance + ? WHERE code = ?")}
	if all {
		h.insKey = prepare("INSERT INTO key VALUES (?, ?, ?, ?, ?)")
		h.event = prepare("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?)")
		h.audit = prepare("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?)")
	}
	return h
}

// A row is a statement with its arguments.
type row struct {
	stmt *sql.Stmt
	args []any
}

func (h *sqliteBooks) one(m move) func(ctx context.Context) error { return h.many([]move{m}) }

// many writes row by row, each balance with its posting.
func (h *sqliteBooks) many(moves []move) func(ctx context.Context) error {
	var rows []row
	add := func(s *sql.Stmt, args ...any) {
		if s != nil {
			rows = append(rows, row{s, args})
		}
	}
	for _, m := range moves {
		w := m.written()
		id, at := w.id.String(), w.at.Format(time.RFC3339Nano)
		add(h.entry, id, w.date.String(), at, w.text, w.source())
		for i, l := range w.legs {
			add(h.posting, id, i+1, l.account, l.cents)
			add(h.balance, l.cents, l.account)
		}
		add(h.insKey, w.name, "post", w.digest, id, at)
		add(h.event, w.event.String(), "posted", w.subject(), handActor, at, w.payload)
		add(h.audit, w.audit.String(), "post", w.subject(), handActor, at, w.payload)
	}
	return func(ctx context.Context) (err error) {
		h.mu.Lock()
		defer h.mu.Unlock()
		if _, err := h.begin.ExecContext(ctx); err != nil {
			return err
		}
		defer func() {
			if err != nil {
				_, _ = h.rollback.ExecContext(context.WithoutCancel(ctx))
			}
		}()
		for _, r := range rows {
			if _, err := r.stmt.ExecContext(ctx, r.args...); err != nil {
				return err
			}
		}
		_, err = h.commit.ExecContext(ctx)
		return err
	}
}
