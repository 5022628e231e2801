//go:build !race

// The race detector's own memory is many times as much as what is measured here.

package bench_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/tutas/tutas/storage/sqlite"
	"github.com/tutas/tutas/storage/storagetest"
)

// peakLimit is what a process may hold that posts a million entries to a file.
const peakLimit = 150 << 20

// TestPostingToAFileTakesLittleMemory posts 20,000 entries, or with TUTAS_LONG=1 a million, in batches and with folds between. It
// looks at the peak of what the kernel holds of this process, which SQLite's own memory is part of.
func TestPostingToAFileTakesLittleMemory(t *testing.T) {
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0o600); err != nil {
		t.Skip("the peak of a process can be reset on Linux only: ", err)
	}
	entries := 20_000
	if storagetest.Long() {
		entries = 1_000_000
	}
	e, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "books.db"), sqlite.Synchronous("OFF"))
	must(t, err)
	t.Cleanup(func() { _ = e.Close() })
	_, books := openBooks(t, e)
	moves := newSource(mixed)
	for posted := 0; posted < entries; posted += 1000 {
		_, err := books.Post(t.Context(), entriesOf(moves.take(1000))...)
		must(t, err)
		if posted%10_000 == 0 {
			_, err := books.Fold(t.Context())
			must(t, err)
		}
	}
	peak := peakMemory(t)
	t.Logf("%d entries, at most %d MiB", entries, peak>>20)
	if peak > peakLimit {
		t.Errorf("the process took %d MiB, more than %d", peak>>20, peakLimit>>20)
	}
}

// peakMemory is the most that this process had in memory since the peak was reset.
func peakMemory(t *testing.T) int64 {
	status, err := os.ReadFile("/proc/self/status")
	must(t, err)
	_, rest, found := bytes.Cut(status, []byte("VmHWM:"))
	words := bytes.Fields(rest)
	if !found || len(words) == 0 {
		t.Fatal("the kernel does not say")
	}
	kib, err := strconv.ParseInt(string(words[0]), 10, 64)
	must(t, err)
	return kib << 10
}
