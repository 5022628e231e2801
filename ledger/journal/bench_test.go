//go:build unix

package journal_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/tutas/tutas/ledger/journal"
)

// child is the variable that makes the test program a reader of one journal, so that its memory can be measured.
const child = "TUTAS_JOURNAL_CHILD"

func TestMain(m *testing.M) {
	name := os.Getenv(child)
	if name == "" {
		os.Exit(m.Run())
	}
	j, err := journal.Read(context.Background(), os.DirFS(filepath.Dir(name)), filepath.Base(name), journal.Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	w := bufio.NewWriter(os.Stdout)
	for _, b := range j.Balances().Rows() {
		fmt.Fprintln(w, b.Account.Name, b.Amount)
	}
	_ = w.Flush()
	os.Exit(0)
}

// generated is a journal of so many entries: half of them leave an amount out.
func generated(b *testing.B, entries int) string {
	b.Helper()
	name := filepath.Join(b.TempDir(), "big.journal")
	f, err := os.Create(name)
	if err != nil {
		b.Fatal(err)
	}
	accounts := []string{"assets:bank:checking", "assets:bank:savings", "expenses:food:groceries", "expenses:rent", "income:salary",
		"liabilities:credit card"}
	for i := range 90 {
		accounts = append(accounts, fmt.Sprintf("expenses:category %d:sub %d", i%10, i))
	}
	random := rand.New(rand.NewPCG(1, 13))
	w := bufio.NewWriter(f)
	for i := range entries {
		from, to, n := random.IntN(len(accounts)), random.IntN(len(accounts)), random.IntN(1_000_000)+1
		fmt.Fprintf(w, "%04d-%02d-%02d * payee %d\n    %s    %d.%02d EUR\n    %s", 2010+i/10_000, 1+(i/800)%12, 1+i%28, i%1000,
			accounts[from], n/100, n%100, accounts[to])
		if i%2 == 0 {
			fmt.Fprintf(w, "   -%d.%02d EUR", n/100, n%100)
		}
		fmt.Fprint(w, "\n\n")
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	return name
}

// measure runs a program to its end: how long it takes and its peak of memory, in MB.
func measure(b *testing.B, cmd *exec.Cmd) (time.Duration, float64) {
	b.Helper()
	begin := time.Now()
	if out, err := cmd.Output(); err != nil || len(out) == 0 {
		b.Fatalf("%s: %v", cmd, err)
	}
	took := time.Since(begin)
	peak := float64(cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss)
	if runtime.GOOS != "darwin" { // there in bytes, elsewhere in KB
		peak *= 1024
	}
	return took, peak / (1 << 20)
}

// LT-P13: reading and balancing a journal of 100,000 entries, as a program of its own, against ledger (at least 6 times as
// fast, in a quarter of its memory) and hledger (30 times as fast). In short 10,000 entries.
func BenchmarkP13Journal(b *testing.B) {
	entries := 100_000
	if testing.Short() {
		entries = 10_000
	}
	name := generated(b, entries)
	b.Run("ours", func(b *testing.B) {
		var took time.Duration
		var peak float64
		runs := 0
		for b.Loop() {
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), child+"="+name)
			d, mb := measure(b, cmd)
			took, peak, runs = took+d, max(peak, mb), runs+1
		}
		b.ReportMetric(peak, "MB")
		for _, program := range []string{"ledger", "hledger"} {
			if _, err := exec.LookPath(program); err != nil {
				continue
			}
			d, mb := measure(b, exec.Command(program, "-f", name, "balance"))
			b.ReportMetric(float64(d)/(float64(took)/float64(runs)), "x-"+program)
			b.ReportMetric(mb/peak, "mem-x-"+program)
		}
	})
	b.Run("in-process", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			j, err := journal.Read(b.Context(), os.DirFS(filepath.Dir(name)), filepath.Base(name), journal.Options{})
			if err != nil {
				b.Fatal(err)
			}
			j.Balances().Rows()
		}
	})
	b.Run("scan", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			sums := journal.NewBalances()
			for t, err := range journal.Scan(b.Context(), os.DirFS(filepath.Dir(name)), filepath.Base(name), journal.Options{}) {
				if err != nil {
					b.Fatal(err)
				}
				sums.Add(t)
			}
			sums.Rows()
		}
	})
}
