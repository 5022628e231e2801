package bench_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"testing"
	"time"
)

// BenchmarkLedgerDated posts to an account with 100,000 postings, one without a limit and one with: an entry dated long before all of
// them beside one dated after them. x/today is the throughput of the first by that of the second.
func BenchmarkLedgerDated(b *testing.B) {
	for _, open := range []func(testing.TB) *rig{memoryRig, sqliteRig, postgresRig} {
		r := open(b)
		for _, kind := range []struct {
			name  string
			moves *source
		}{{"plain", newSource(plain)}, {"limited", newSource(limited)}} {
			kind.moves.key = kind.name
			b.Run(fmt.Sprintf("LT-P14/%s/%s", r.name, kind.name), func(b *testing.B) {
				for left := short(500, 100_000); left > 0; left -= 1000 {
					_, err := r.books.Post(b.Context(), entriesOf(kind.moves.take(min(left, 1000)))...)
					must(b, err)
				}
				_, err := r.books.Fold(b.Context())
				must(b, err)
				at := func(days int) side {
					return single(1, func(m move) func(context.Context) error {
						e := m.entry()
						e.Date = firstDay.AddDays(days)
						return func(ctx context.Context) error {
							_, err := r.books.Post(ctx, e)
							return err
						}
					})
				}
				match{moves: kind.moves, n: short(4, 40), ours: at(-365), trips: r.trips, others: map[string]side{"today": at(100)}}.run(b)
			})
		}
	}
}

// BenchmarkLedgerSeal posts and seals the log, beside posting alone. x/post is the throughput with sealing by that without.
// digest-us/post is what the digests cost that each post has in any case: as many bytes hashed, twice an entry.
func BenchmarkLedgerSeal(b *testing.B) {
	for _, open := range []func(testing.TB) *rig{memoryRig, sqliteRig, postgresRig} {
		sealed, other := open(b), open(b)
		moves := newSource(spread)
		for _, size := range []int{1, 100} {
			b.Run(fmt.Sprintf("LT-P10/%s/batch=%d", sealed.name, size), func(b *testing.B) {
				post := sealed.batches(1, size)
				sealing := func(moves []move) func(context.Context) error {
					run := post(moves)
					return func(ctx context.Context) error {
						if err := run(ctx); err != nil {
							return err
						}
						_, err := sealed.books.Seal(ctx)
						return err
					}
				}
				n := short(100, max(200, 20*size))
				match{moves: moves, n: n, commit: size, ours: sealing, others: map[string]side{"post": other.batches(1, size)}}.run(b)
				start, bytes := time.Now(), make([]byte, 300)
				const times = 1000
				for range times {
					for range 2 {
						sum := sha256.Sum256(bytes)
						copy(bytes, sum[:])
					}
				}
				b.ReportMetric(float64(time.Since(start).Microseconds())/times, "digest-us/post")
			})
		}
	}
}
