package bench_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
	"github.com/tutas/tutas/storage/postgres"
	"github.com/tutas/tutas/storage/sqlite"
	"github.com/tutas/tutas/storage/storagetest"
)

// mixed is half a trading company's entries and half transfers between a hundred accounts.
func mixed(r *rand.Rand) (string, []leg) {
	if r.IntN(2) == 0 {
		return trading(r)
	}
	a, cents := r.IntN(100), 100+r.Int64N(10_000)
	return "Transfer", []leg{{numbered(a), cents}, {numbered((a + 1 + r.IntN(99)) % 100), -cents}}
}

// A shelf is an engine on which books of several sizes stand, with the SQL of its database.
type shelf struct {
	name  string
	store *storage.Store
	// groupBy sums all postings of a tenant up to a day, by account; nil where there is no SQL.
	groupBy func(ctx context.Context, tenant string, asOf date.Date) (rows int, err error)
}

func shelves(b testing.TB) []shelf {
	open := func(e driver.Engine) *storage.Store {
		store := storage.Open(e)
		must(b, store.Migrate(b.Context(), event.Package(), ledger.Package()))
		return store
	}
	file, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "books.db"))
	must(b, err)
	b.Cleanup(func() { _ = file.Close() })
	p, _ := pool(b)
	schema := fresh("books")
	server, err := postgres.Open(b.Context(), p, postgres.Schema(schema))
	must(b, err)
	const sums = "SELECT account, currency, sum(amount) FROM %s WHERE tenant = %s AND date <= %s GROUP BY account, currency"
	return []shelf{
		{name: "memory", store: open(memory.New())},
		{name: "sqlite", store: open(file), groupBy: func(ctx context.Context, tenant string, asOf date.Date) (n int, err error) {
			rows, err := file.DB().QueryContext(ctx, fmt.Sprintf(sums, "tutas_ledger_part", "?", "?"), tenant, asOf.String())
			if err != nil {
				return 0, err
			}
			return drain(rows)
		}},
		{name: "postgres", store: open(server), groupBy: func(ctx context.Context, tenant string, asOf date.Date) (n int, err error) {
			rows, err := p.Query(ctx, fmt.Sprintf(sums, schema+".ledger_part", "$1", "$2"), tenant, asOf.Time(time.UTC, 0, 0))
			if err != nil {
				return 0, err
			}
			_, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (x int, err error) {
				var account, currency string
				n++
				return x, r.Scan(&account, &currency, &x)
			})
			return n, err
		}},
	}
}

func drain(rows *sql.Rows) (n int, err error) {
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var account, currency string
		var sum int64
		if err := rows.Scan(&account, &currency, &sum); err != nil {
			return 0, err
		}
		n++
	}
	return n, rows.Err()
}

// fill makes books of so many entries, folded but for the last few.
func (s shelf) fill(b testing.TB, entries int) *ledger.Books {
	db, err := s.store.CreateTenant(b.Context(), storage.Tenant{ID: fmt.Sprint("t", entries), Currency: "EUR"}, ledger.Template(chart()))
	must(b, err)
	books, moves := ledger.New(db), newSource(mixed)
	for left := entries; left > 0; left -= 1000 {
		_, err := books.Post(b.Context(), entriesOf(moves.take(min(left, 1000)))...)
		must(b, err)
		if left%100_000 == 0 {
			_, err := books.Fold(b.Context())
			must(b, err)
		}
	}
	_, err = books.Fold(b.Context())
	must(b, err)
	_, err = books.Post(b.Context(), entriesOf(moves.take(64))...) // as many as come between two folds
	must(b, err)
	return books
}

var midMonth = firstDay.AddDays(40)

var reads = []struct {
	id, name string
	do       func(ctx context.Context, b *ledger.Books) error
}{
	{"LT-P11", "balance", func(ctx context.Context, b *ledger.Books) error {
		_, err := b.Balance(ctx, numbered(7), "EUR", date.Date{})
		return err
	}},
	{"LT-P11", "statement-page", func(ctx context.Context, b *ledger.Books) error {
		_, err := b.StatementPage(ctx, ledger.LineFilter{Account: numbered(7), Period: date.Period{From: midMonth}}, "")
		return err
	}},
	{"LT-P11", "trial-balance", func(ctx context.Context, b *ledger.Books) error {
		_, err := b.TrialBalance(ctx, ledger.TrialFilter{})
		return err
	}},
	{"LT-P11", "income-statement", func(ctx context.Context, b *ledger.Books) error {
		_, err := b.IncomeStatement(ctx, ledger.IncomeFilter{Period: firstDay.Month().Period()})
		return err
	}},
	{"LT-P12", "trial-balance-as-of", func(ctx context.Context, b *ledger.Books) error {
		_, err := b.TrialBalance(ctx, ledger.TrialFilter{Period: date.Period{To: midMonth}})
		return err
	}},
}

// BenchmarkLedgerRead reads books of 10,000 and of 100,000 entries (with TUTAS_LONG=1 also of a million), turn and turn about:
// us/read, and x/smallest, the time by that of the smallest books. As of a day within a month there is also x/groupby, our
// time by that of the SQL that sums all postings.
func BenchmarkLedgerRead(b *testing.B) {
	sizes := []int{short(200, 10_000), short(1000, 100_000)}
	if storagetest.Long() {
		sizes = append(sizes, 1_000_000)
	}
	for _, s := range shelves(b) {
		books := make([]*ledger.Books, len(sizes))
		for i, n := range sizes {
			books[i] = s.fill(b, n)
		}
		for _, r := range reads {
			for i, n := range sizes[1:] {
				b.Run(fmt.Sprintf("%s/%s/%s/entries=%d", r.id, s.name, r.name, n), func(b *testing.B) {
					var small, large, sums []float64
					timed := func(into *[]float64, do func() error) {
						start := time.Now()
						must(b, do())
						*into = append(*into, float64(time.Since(start).Nanoseconds())/1e3)
					}
					for b.Loop() {
						timed(&small, func() error { return r.do(b.Context(), books[0]) })
						timed(&large, func() error { return r.do(b.Context(), books[i+1]) })
						if r.id == "LT-P12" && s.groupBy != nil {
							timed(&sums, func() error {
								_, err := s.groupBy(b.Context(), fmt.Sprint("t", n), midMonth)
								return err
							})
						}
					}
					b.ReportMetric(0, "ns/op")
					b.ReportMetric(median(large), "us/read")
					b.ReportMetric(median(large)/median(small), "x/smallest")
					if len(sums) > 0 {
						b.ReportMetric(median(large)/median(sums), "x/groupby")
					}
				})
			}
		}
	}
}
