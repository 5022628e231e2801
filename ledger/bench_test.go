package ledger_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
)

func keyed(i int) ledger.Entry {
	a := eur("10.50")
	return ledger.Entry{Key: storage.Key(fmt.Sprint("k", i)), Date: day("2017-03-01").AddDays(i % 90),
		Source: storage.Ref{Kind: "shop.order", ID: "42"},
		Legs: []ledger.Leg{ledger.Debit(ledger.Bank, a, ledger.Dims{Customer: "c7"}),
			ledger.Credit(ledger.Revenue, a, ledger.Dims{Customer: "c7", Department: "sales"})}}
}

func BenchmarkPost(b *testing.B) {
	for _, size := range []int{1, 100} {
		b.Run(fmt.Sprint("batch=", size), func(b *testing.B) {
			books := ledger.New(open(b))
			list := make([]ledger.Entry, size)
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				for i := range list {
					list[i] = keyed(n)
					n++
				}
				if _, err := books.Post(b.Context(), list...); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "posts/s")
		})
	}
}

func BenchmarkPostTogether(b *testing.B) {
	for _, size := range []int{1, 100} {
		for _, workers := range []int{1, 8} {
			b.Run(fmt.Sprintf("batch=%d/workers=%d", size, workers), func(b *testing.B) {
				books := ledger.New(open(b))
				var next atomic.Int64
				var group sync.WaitGroup
				for range workers {
					group.Go(func() {
						list := make([]ledger.Entry, size)
						for int(next.Load()) < b.N*size {
							at := int(next.Add(int64(size))) - size
							for i := range list {
								list[i] = keyed(at + i)
							}
							if _, err := books.Post(b.Context(), list...); err != nil {
								b.Error(err)
								return
							}
						}
					})
				}
				group.Wait()
				b.ReportMetric(float64(next.Load())/b.Elapsed().Seconds(), "posts/s")
			})
		}
	}
}

func BenchmarkTrialBalance(b *testing.B) {
	for _, size := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprint("entries=", size), func(b *testing.B) {
			books := ledger.New(open(b))
			for n := 0; n < size; {
				var list []ledger.Entry
				for range 500 {
					list = append(list, keyed(n))
					n++
				}
				post(b, books, list...)
			}
			if _, err := books.Fold(b.Context()); err != nil {
				b.Fatal(err)
			}
			for name, p := range map[string]date.Period{"all": {}, "day": {To: day("2017-04-10")}} {
				b.Run(name, func(b *testing.B) {
					for b.Loop() {
						if _, err := books.TrialBalance(b.Context(), ledger.TrialFilter{Period: p}); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		})
	}
}
