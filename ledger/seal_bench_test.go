package ledger_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/tutas/tutas/ledger"
)

// BenchmarkSeal says what share of posting sealing is: LT-P10 allows a tenth.
func BenchmarkSeal(b *testing.B) {
	for _, size := range []int{1, 100} {
		b.Run(fmt.Sprint("batch=", size), func(b *testing.B) {
			books := ledger.New(open(b))
			list := make([]ledger.Entry, size)
			n := 0
			var sealing time.Duration
			for b.Loop() {
				for i := range list {
					list[i] = keyed(n)
					n++
				}
				if _, err := books.Post(b.Context(), list...); err != nil {
					b.Fatal(err)
				}
				if n%1000 < size {
					begin := time.Now()
					if _, err := books.Seal(b.Context()); err != nil {
						b.Fatal(err)
					}
					sealing += time.Since(begin)
				}
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "posts/s")
			b.ReportMetric(100*sealing.Seconds()/(b.Elapsed()-sealing).Seconds(), "%-sealing")
		})
	}
}

func BenchmarkVerify(b *testing.B) {
	for _, size := range []int{1_000, 100_000} {
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
			if _, err := books.Seal(b.Context()); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if v, err := books.Verify(b.Context(), ledger.VerifyFilter{}); err != nil || v.Break != nil {
					b.Fatal(v, err)
				}
			}
		})
	}
}
