package bench_test

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tutas/tutas/storage/driver"
)

// A hand writes the rows of n chains in one transaction. Prepare turns rows into arguments beforehand, out of the measured time: what the hand's program would need to
// work them out (prices, tax, digests, JSON) is not counted, so the comparison is with the bare SQL.
type hand interface {
	prepare(n int) (write func(ctx context.Context) error)
}

// quoted lists the columns; tenant first.
func quoted(t *driver.Table) string {
	names := []string{`"tenant"`}
	for _, c := range t.Columns {
		names = append(names, `"`+c.Name+`"`)
	}
	return strings.Join(names, ", ")
}

// sqlHand writes by database/sql, with a prepared statement a table.
type sqlHand struct {
	db      *sql.DB
	rows    *rows
	inserts []*sql.Stmt
	tails   []*sql.Stmt // takes positions in a tailed table
	series  *sql.Stmt
}

func newSQLHand(b testing.TB, path string, r *rows) *sqlHand {
	b.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_txlock=immediate&_pragma=busy_timeout(5000)"+
		"&_pragma=journal_mode(wal)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)")
	must(b, err)
	db.SetMaxOpenConns(1)
	b.Cleanup(func() { _ = db.Close() })
	h := &sqlHand{db: db, rows: r}
	prepare := func(text string) *sql.Stmt {
		s, err := db.Prepare(text)
		must(b, err)
		return s
	}
	for _, t := range r.tables {
		columns, n := quoted(t.Table), len(t.Columns)+1
		var tail *sql.Stmt
		if t.Tailed {
			columns, n = columns+", tail_pos", n+1
			tail = prepare(`UPDATE "tutas_$tail" SET pos = pos + ? WHERE name = '` + t.Name + `' RETURNING pos`)
		}
		h.inserts = append(h.inserts, prepare(`INSERT INTO tutas_`+t.Name+` (`+columns+`) VALUES (?`+strings.Repeat(", ?", n-1)+`)`))
		h.tails = append(h.tails, tail)
	}
	h.series = prepare(`UPDATE tutas_storage_series SET last = last + ? WHERE tenant = ? AND name = ? RETURNING last`)
	return h
}

func (h *sqlHand) prepare(n int) func(ctx context.Context) error {
	args := make([][][]any, len(h.rows.tables))
	for k := range n {
		for i, table := range h.rows.again(k) {
			for _, row := range table {
				a := []any{tenant}
				for c, v := range row {
					a = append(a, sqliteValue(h.rows.tables[i].Columns[c].Kind, v))
				}
				if h.tails[i] != nil {
					a = append(a, nil)
				}
				args[i] = append(args[i], a)
			}
		}
	}
	return func(ctx context.Context) error {
		tx, err := h.db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		last := map[string]int64{}
		for _, name := range h.rows.series {
			var to int64
			if err := tx.Stmt(h.series).QueryRow(n, tenant, name).Scan(&to); err != nil {
				return err
			}
			last[name] = to - int64(n)
		}
		for i, t := range h.rows.tables {
			insert := tx.Stmt(h.inserts[i])
			column, series := t.number()
			var position int64
			if h.tails[i] != nil {
				if err := tx.Stmt(h.tails[i]).QueryRow(len(args[i])).Scan(&position); err != nil {
					return err
				}
				position -= int64(len(args[i]))
			}
			for j, a := range args[i] {
				if column >= 0 {
					a[column+1] = strconv.FormatInt(last[series]+int64(j)+1, 10)
				}
				if h.tails[i] != nil {
					a[len(a)-1] = position + int64(j) + 1
				}
				if _, err := insert.Exec(a...); err != nil {
					return fmt.Errorf("%s: %w", t.Name, err)
				}
			}
		}
		return tx.Commit()
	}
}

func sqliteValue(k driver.Kind, v driver.Value) any {
	switch {
	case v.IsNull():
		return nil
	case k == driver.Bool || k == driver.Int:
		return v.Int()
	case k == driver.UUID:
		return uuid.UUID(v.UUID()).String()
	case k == driver.Date:
		return time.Unix(v.Int()*86400, 0).UTC().Format(time.DateOnly)
	case k == driver.Instant:
		return time.UnixMicro(v.Int()).UTC().Format("2006-01-02T15:04:05.000000Z")
	}
	return v.Text()
}

// pgxHand writes by pgx: numbers and rows in one pipelined batch each, BEGIN and COMMIT among them.
type pgxHand struct {
	pool    *pgxpool.Pool
	rows    *rows
	inserts []string
}

func newPgxHand(pool *pgxpool.Pool, r *rows) *pgxHand {
	h := &pgxHand{pool: pool, rows: r}
	for _, t := range r.tables {
		var marks []string
		for i := range len(t.Columns) + 1 {
			marks = append(marks, "$"+strconv.Itoa(i+1))
		}
		h.inserts = append(h.inserts, `INSERT INTO hand.`+t.Name+` (`+quoted(t.Table)+`) VALUES (`+strings.Join(marks, ", ")+`)`)
	}
	return h
}

func (h *pgxHand) prepare(n int) func(ctx context.Context) error {
	args := make([][][]any, len(h.rows.tables))
	for k := range n {
		for i, table := range h.rows.again(k) {
			for _, row := range table {
				a := []any{tenant}
				for c, v := range row {
					a = append(a, pgxValue(h.rows.tables[i].Columns[c].Kind, v))
				}
				args[i] = append(args[i], a)
			}
		}
	}
	return func(ctx context.Context) error {
		return h.pool.AcquireFunc(ctx, func(c *pgxpool.Conn) error {
			last := map[string]int64{}
			var first pgx.Batch
			first.Queue("BEGIN")
			for _, name := range h.rows.series {
				first.Queue(`UPDATE hand.storage_series SET last = last + $1 WHERE tenant = $2 AND name = $3 RETURNING last`, n, tenant, name).
					QueryRow(func(r pgx.Row) error {
						var to int64
						err := r.Scan(&to)
						last[name] = to - int64(n)
						return err
					})
			}
			if err := c.SendBatch(ctx, &first).Close(); err != nil {
				return err
			}
			var second pgx.Batch
			for i, t := range h.rows.tables {
				column, series := t.number()
				for j, a := range args[i] {
					if column >= 0 {
						a[column+1] = strconv.FormatInt(last[series]+int64(j)+1, 10)
					}
					second.Queue(h.inserts[i], a...)
				}
			}
			second.Queue("COMMIT")
			return c.SendBatch(ctx, &second).Close()
		})
	}
}

func pgxValue(k driver.Kind, v driver.Value) any {
	switch {
	case v.IsNull():
		return nil
	case k == driver.Bool:
		return v.Bool()
	case k == driver.Int:
		return v.Int()
	case k == driver.UUID:
		return v.UUID()
	case k == driver.Date:
		return time.Unix(v.Int()*86400, 0).UTC()
	case k == driver.Instant:
		return time.UnixMicro(v.Int()).UTC()
	}
	return v.Text()
}
