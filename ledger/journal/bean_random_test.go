package journal_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger/journal"
)

// randomLots is a beancount journal that buys and sells lots in all ways, some of which are wrong.
func randomLots(r *rand.Rand) string {
	var b strings.Builder
	method := []string{"STRICT", "FIFO", "LIFO", "NONE"}[r.IntN(4)]
	fmt.Fprintf(&b, "2020-01-01 open Assets:A \"%s\"\n2020-01-01 open Assets:C\n2020-01-01 open Income:G\n", method)
	for i := range 2 + r.IntN(8) {
		fmt.Fprintf(&b, "2020-01-%02d * \"x\"\n", i+1)
		for range 1 + r.IntN(2) {
			units := fmt.Sprint(1 + r.IntN(4))
			if r.IntN(3) == 0 {
				units += ".5"
			}
			lot := []string{fmt.Sprintf("{%d USD}", 1+r.IntN(3)), fmt.Sprintf("{%d.25 USD, 2020-01-%02d}", 1+r.IntN(3), 1+r.IntN(20)),
				fmt.Sprintf("{{%d USD}}", 1+r.IntN(30)), fmt.Sprintf("{%d # %d USD}", 1+r.IntN(3), 1+r.IntN(9)), "",
				fmt.Sprintf("{%d USD, \"l%d\"}", 1+r.IntN(3), r.IntN(2))}[r.IntN(6)]
			if i > 1 && r.IntN(3) == 0 {
				if units = "-" + units; method != "NONE" {
					units, lot = "-1", []string{"{}", "{}", fmt.Sprintf("{%d USD}", 1+r.IntN(3))}[r.IntN(3)]
				}
			}
			price := ""
			if lot == "" || r.IntN(3) == 0 {
				price = fmt.Sprintf(" %s %d.%02d USD", []string{"@", "@@"}[r.IntN(2)], 1+r.IntN(5), r.IntN(100))
			}
			fmt.Fprintf(&b, "  Assets:A  %s AA %s%s\n", units, lot, price)
		}
		if r.IntN(8) == 0 {
			fmt.Fprintf(&b, "  Assets:C  %d.00 USD\n  Income:G\n", r.IntN(9)-4)
		} else {
			b.WriteString("  Assets:C\n")
		}
	}
	return b.String()
}

// What beancount refuses is refused, and what it reads has its balances, to the last of 28 digits.
func TestLotsAreBookedAsBeancountDoes(t *testing.T) {
	tool(t, "bean-check")
	n := uint64(5)
	if os.Getenv("TUTAS_LONG") != "" {
		n = 200
	}
	for s := range n {
		t.Run(fmt.Sprint(seed()+s), func(t *testing.T) {
			text := randomLots(rand.New(rand.NewPCG(seed()+s, 99)))
			j, err := journal.Parse(text, journal.Options{Format: journal.Beancount})
			if err == nil {
				err = j.Check()
			}
			file := filepath.Join(t.TempDir(), "lots.beancount")
			require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
			if words, theirs := exec.Command("bean-check", file).CombinedOutput(); theirs != nil || err != nil {
				require.Equal(t, theirs != nil, err != nil, "%v\n%s\n%s", err, words, text)
				return
			}
			require.Equal(t, beancountSays(t, file), figures(j.Balances().Rows()), text)
		})
	}
}
