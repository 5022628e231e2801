//go:build !race

package peers_test

import (
	"slices"
	"testing"
	"time"
)

// A side answers one question n times over.
type side struct {
	name string
	ask  func(n int)
}

// versus asks all sides turn and turn about, and reports the first as ours.
func versus(b *testing.B, sides ...side) {
	const turn = 1000
	took := make([][]float64, len(sides))
	for b.Loop() {
		for i, s := range sides {
			start := time.Now()
			s.ask(turn)
			took[i] = append(took[i], float64(time.Since(start).Nanoseconds())/turn)
		}
	}
	ours := median(took[0])
	b.ReportMetric(ours, "ns/op")
	b.ReportMetric(allocations(sides[0]), "allocs/op")
	for i, s := range sides[1:] {
		theirs := median(took[i+1])
		b.ReportMetric(theirs, s.name+"-ns")
		b.ReportMetric(allocations(s), s.name+"-allocs")
		b.ReportMetric(theirs/ours, "x/"+s.name)
	}
}

func median(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}

func allocations(s side) float64 { return testing.AllocsPerRun(100, func() { s.ask(1) }) }
