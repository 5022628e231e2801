package bench_test

import (
	"fmt"
	"testing"
)

// BenchmarkLedgerPost posts entries one by one: spread over a thousand accounts, all on one hot account, and as a small trading
// company does, with and without a Writer, beside the hands' SQL. All engines sync each commit. It reports medians: ns/post and, of
// ours, cpu-us/post (of this process), allocs/post and trips/commit (with a Writer, trips/post); x/bare and x/equal are our throughput by theirs,
// server-us/… what each costs PostgreSQL's processes, where they run on this machine.
func BenchmarkLedgerPost(b *testing.B) {
	for _, r := range []struct {
		id   string
		open func(testing.TB) *rig
		n    int // posts of a turn for a caller
	}{{"LT-P7", sqliteRig, 60}, {"LT-P1", postgresRig, 40}} {
		rig := r.open(b)
		for _, load := range []struct {
			name  string
			moves *source
		}{{"spread", newSource(spread)}, {"hot", newSource(hot)}, {"trading", newSource(trading)}} {
			load.moves.key = rig.name + load.name
			for _, callers := range []int{1, 8, 32} {
				if load.name == "trading" && callers != 32 {
					continue
				}
				for _, way := range []string{"post", "writer"} {
					id := r.id
					switch {
					case id == "LT-P1" && load.name != "spread":
						id = "LT-P3"
					case id == "LT-P1" && callers == 1:
						id = "LT-P2"
					}
					b.Run(fmt.Sprintf("%s/%s/%s/callers=%d/%s", id, rig.name, load.name, callers, way), func(b *testing.B) {
						m := match{moves: load.moves, n: max(short(4, r.n)*callers/2, short(8, r.n)), ours: rig.single(callers), trips: rig.trips,
							others: map[string]side{"bare": single(callers, rig.bare.one), "equal": single(callers, rig.equal.one)}}
						if way == "writer" {
							m.ours, m.commit = rig.written(callers), -1
						}
						m.run(b)
					})
				}
			}
		}
	}
}

// BenchmarkLedgerBatch posts atomic batches, beside the hands' statements of many rows (PostgreSQL) or their loop over prepared
// statements (SQLite).
func BenchmarkLedgerBatch(b *testing.B) {
	for _, r := range []struct {
		id   string
		open func(testing.TB) *rig
	}{{"LT-P8", sqliteRig}, {"LT-P5", postgresRig}} {
		rig := r.open(b)
		moves := newSource(spread)
		for _, size := range []int{100, 1000} {
			b.Run(fmt.Sprintf("%s/%s/batch=%d", r.id, rig.name, size), func(b *testing.B) {
				match{moves: moves, n: short(size, 2000), commit: size, ours: rig.batches(1, size), trips: rig.trips,
					others: map[string]side{"bare": batches(1, size, rig.bare.many), "equal": batches(1, size, rig.equal.many)}}.run(b)
			})
		}
		b.Run(fmt.Sprintf("LT-P6/%s/callers=8", rig.name), func(b *testing.B) {
			match{moves: moves, n: short(800, 3200), commit: 100, ours: rig.batches(8, 100), trips: rig.trips,
				others: map[string]side{"1-caller": rig.batches(1, 100)}}.run(b)
		})
		b.Run(fmt.Sprintf("import/%s", rig.name), func(b *testing.B) {
			match{moves: moves, n: short(1000, 100_000), commit: 1000, ours: rig.batches(1, 1000), trips: rig.trips,
				others: map[string]side{"bare": batches(1, 1000, rig.bare.many)}}.run(b)
		})
	}
}
