package journal_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger/journal"
)

// tool is a program that reads journals. Without it the test is skipped, but fails in CI.
func tool(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is not installed", name)
		}
		t.Skipf("%s is not installed", name)
	}
	return path
}

// run gives a program a file and returns what it prints.
func run(t testing.TB, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(tool(t, name), args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	var out, words bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &words
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, words.String())
	}
	return out.String()
}

// written is a journal in a format, in a file.
func written(t testing.TB, j *journal.Journal, f journal.Format) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "book."+f.String())
	file, err := os.Create(name)
	require.NoError(t, err)
	require.NoError(t, journal.Write(file, j, f))
	require.NoError(t, file.Close())
	return name
}

// told reads what a program says about balances: lines of account, number and symbol between bars.
func told(t testing.TB, text string) map[string]map[string]string {
	t.Helper()
	out := map[string]map[string]string{}
	for line := range strings.Lines(text) {
		f := strings.Split(strings.TrimRight(line, "\n"), "|")
		require.Len(t, f, 3, line)
		n, err := decimal.NewFromString(f[1])
		require.NoError(t, err, line)
		if n.IsZero() {
			continue
		}
		if out[f[0]] == nil {
			out[f[0]] = map[string]string{}
		}
		sum := n
		if old := out[f[0]][f[2]]; old != "" {
			sum = sum.Add(decimal.RequireFromString(old))
		}
		if out[f[0]][f[2]] = plain(sum); sum.IsZero() {
			delete(out[f[0]], f[2])
		}
	}
	for account, row := range out {
		if len(row) == 0 {
			delete(out, account)
		}
	}
	return out
}

// hledgerSays is what hledger holds a journal's balances to be, exactly.
func hledgerSays(t testing.TB, file string) map[string]map[string]string {
	t.Helper()
	var doc [2]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(run(t, "hledger", "-f", file, "balance", "--flat", "-N", "-E", "-O", "json")), &doc))
	var rows [][4]json.RawMessage
	require.NoError(t, json.Unmarshal(doc[0], &rows))
	var lines strings.Builder
	for _, row := range rows {
		var account string
		require.NoError(t, json.Unmarshal(row[0], &account))
		var amounts []struct {
			Commodity string `json:"acommodity"`
			Quantity  struct {
				Mantissa json.Number `json:"decimalMantissa"`
				Places   int32       `json:"decimalPlaces"`
			} `json:"aquantity"`
		}
		require.NoError(t, json.Unmarshal(row[3], &amounts))
		for _, a := range amounts {
			n, err := decimal.NewFromString(a.Quantity.Mantissa.String())
			require.NoError(t, err)
			lines.WriteString(account + "|" + n.Shift(-a.Quantity.Places).String() + "|" + a.Commodity + "\n")
		}
	}
	return told(t, lines.String())
}

// ledgerSays is what ledger holds them to be.
func ledgerSays(t testing.TB, file string) map[string]map[string]string {
	t.Helper()
	out := run(t, "ledger", "--args-only", "-f", file, "register", "--format", `%(account)|%(quantity(amount))|%(commodity(amount))\n`)
	return told(t, strings.ReplaceAll(out, `"`, ""))
}

// Each journal, as we write it in either format, is read by hledger and by ledger with the same balances. In short, the first
// ones.
func TestProgramsReadOurWritingWithTheSameBalances(t *testing.T) {
	dir, list := journals(t)
	tool(t, "hledger")
	tool(t, "ledger")
	if testing.Short() {
		list = list[:10]
	}
	for _, f := range []journal.Format{journal.Hledger, journal.Ledger} {
		for i, e := range list {
			if os.Getenv("TUTAS_LONG") == "" && i%2 == int(f)%2 {
				continue // each is read in one of the two
			}
			t.Run(f.String()+"/"+e.File, func(t *testing.T) {
				t.Parallel()
				j, err := journal.Read(t.Context(), os.DirFS(dir), e.File, journal.Options{Format: f})
				require.NoError(t, err)
				want := wanted(e.Balances)
				require.Equal(t, want, hledgerSays(t, written(t, j, journal.Hledger)))
				require.Equal(t, want, ledgerSays(t, written(t, j, journal.Ledger)))
			})
		}
	}
}
