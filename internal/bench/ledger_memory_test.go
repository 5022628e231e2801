package bench_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/uuid"
)

// A floor is what posting cannot be cheaper than: entries in plain Go maps and slices, with keys, behind a lock.
type floor struct {
	mu       sync.Mutex
	keys     map[string]uuid.UUID
	entries  []floorEntry
	balances map[string]int64
}

type floorEntry struct {
	id uuid.UUID
	move
}

var errFloor = errors.New("the legs do not sum to zero")

func (f *floor) post(moves ...move) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, m := range moves {
		if _, known := f.keys[m.name]; known {
			continue
		}
		sum := int64(0)
		for _, l := range m.legs {
			sum += l.cents
			f.balances[l.account] += l.cents
		}
		if sum != 0 {
			return errFloor
		}
		id, err := uuid.NewV7()
		if err != nil {
			return err
		}
		f.keys[m.name] = id
		f.entries = append(f.entries, floorEntry{id, m})
	}
	return nil
}

// BenchmarkLedgerMemory posts to memory beside the floor: one by one, with 8 goroutines, and in batches.
func BenchmarkLedgerMemory(b *testing.B) {
	r := memoryRig(b)
	f := &floor{keys: map[string]uuid.UUID{}, balances: map[string]int64{}}
	one := func(m move) func(context.Context) error { return func(context.Context) error { return f.post(m) } }
	many := func(moves []move) func(context.Context) error {
		return func(context.Context) error { return f.post(moves...) }
	}
	moves := newSource(spread)
	for _, callers := range []int{1, 8} {
		b.Run(fmt.Sprintf("LT-P9/memory/callers=%d", callers), func(b *testing.B) {
			m := match{moves: moves, n: short(200, 2000), ours: r.single(callers), others: map[string]side{"floor": single(callers, one)}}
			if callers > 1 {
				m.others["1-caller"] = r.single(1)
			}
			m.run(b)
		})
	}
	for _, size := range []int{100, 1000} {
		b.Run(fmt.Sprintf("LT-P9/memory/batch=%d", size), func(b *testing.B) {
			match{moves: moves, n: short(size, 2000), commit: size, ours: r.batches(1, size), others: map[string]side{"floor": batches(1, size, many)}}.run(b)
		})
	}
}
