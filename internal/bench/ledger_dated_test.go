package bench_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/tutas/tutas/ledger"
)

// BenchmarkLedgerDated posts to an account with 100,000 postings: an entry dated long before them beside one dated after them.
func BenchmarkLedgerDated(b *testing.B) {
	for _, open := range []func(testing.TB) *rig{memoryRig, sqliteRig, postgresRig} {
		r := open(b)
		moves := newSource(hot)
		for left := short(500, 100_000); left > 0; left -= 1000 {
			_, err := r.books.Post(b.Context(), entriesOf(moves.take(min(left, 1000)))...)
			must(b, err)
		}
		_, err := r.books.Fold(b.Context())
		must(b, err)
		at := func(days int) side {
			return single(1, func(m move) func(context.Context) error {
				e := m.entry()
				e.Date = firstDay.AddDays(days)
				return func(ctx context.Context) error {
					_, err := r.books.Post(ctx, []ledger.Entry{e}...)
					return err
				}
			})
		}
		b.Run(fmt.Sprintf("LT-P14/%s/plain", r.name), func(b *testing.B) {
			match{moves: moves, n: short(4, 40), ours: at(-365), trips: r.trips, others: map[string]side{"today": at(100)}}.run(b)
		})
	}
}
