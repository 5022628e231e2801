package bench_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// postmaster is the process whose children serve us, 0 where it does not run on this machine or cannot be looked at.
var postmaster atomic.Int64

// findServer learns which process serves a pool.
func findServer(b testing.TB, p *pgxpool.Pool) {
	var backend int64
	must(b, p.QueryRow(b.Context(), "SELECT pg_backend_pid()").Scan(&backend))
	name, _ := os.ReadFile("/proc/" + strconv.FormatInt(backend, 10) + "/cmdline")
	if strings.HasPrefix(string(name), "postgres: ") {
		postmaster.Store(parentOf("/proc/" + strconv.FormatInt(backend, 10)))
	}
}

// parentOf reads it from /proc/PID/stat, behind the name of the program, which may hold anything.
func parentOf(dir string) int64 {
	stat, _ := os.ReadFile(filepath.Join(dir, "stat"))
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if len(fields) < 2 {
		return 0
	}
	n, _ := strconv.ParseInt(fields[1], 10, 64)
	return n
}

// served is the processor time of the server's processes, 0 if it is not known.
func served() (sum time.Duration) {
	if postmaster.Load() == 0 {
		return 0
	}
	all, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range all {
		if parentOf(dir) != postmaster.Load() {
			continue
		}
		text, _ := os.ReadFile(filepath.Join(dir, "schedstat")) // its first number counts nanoseconds
		first, _, _ := strings.Cut(string(text), " ")
		n, _ := strconv.ParseInt(first, 10, 64)
		sum += time.Duration(n)
	}
	return sum
}
