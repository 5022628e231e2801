package journal_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger/journal"
)

// fuzzed is what holds for any text: it is refused with a place and a code, or its transactions balance, and what is written is
// read again the same.
func fuzzed(t *testing.T, text string, f journal.Format) {
	o := journal.Options{Format: f, Name: "main", Year: 2024, Automated: f == journal.Hledger,
		FS: fstest.MapFS{"main": {Data: []byte(text)}, "other": {Data: []byte("2024-01-01 x\n  a  1\n  b\n")}}}
	j, err := journal.Parse(text, o)
	if err != nil {
		var e *journal.Error
		if !errors.As(err, &e) || e.Err == nil || e.Line < 1 || e.Column < 0 || e.File == "" {
			t.Fatalf("no place or code: %v", err)
		}
		if lines := strings.Count(text, "\n") + 2; e.File == "main" && e.Line > lines {
			t.Fatalf("%v is beyond the %d lines", err, lines)
		}
		return
	}
	balanced(t, j)
	if err := j.Check(); err != nil {
		var e *journal.Error
		require.ErrorAs(t, err, &e)
	}
	var b bytes.Buffer
	if err := journal.Write(&b, j, f); err != nil {
		require.ErrorIs(t, err, journal.ErrWrite)
		return
	}
	back, err := journal.Parse(b.String(), journal.Options{Format: f, Name: "written", IgnorePlugins: true})
	if err != nil {
		t.Fatalf("%v\n%s", err, b.String())
	}
	if f != journal.Beancount && len(j.Automated) > 0 {
		return // applied rules become plain postings
	}
	require.Equal(t, dump(j), dump(back), b.String())
	require.Equal(t, figures(j.Balances().Rows()), figures(back.Balances().Rows()), b.String())
}

// balanced checks that each transaction sums to zero at weight, up to what rounding may leave: less than one of a commodity, or
// it is an exchange of two.
func balanced(t *testing.T, j *journal.Journal) {
	for _, x := range j.Transactions {
		for _, kind := range []journal.Kind{journal.Real, journal.Balanced} {
			sums := map[string]journal.Number{}
			signs := map[int]int{}
			for i := range x.Postings {
				p := &x.Postings[i]
				if p.Amount.Commodity == nil {
					t.Fatalf("no amount: %v", p.Account)
				}
				if w := p.Weight(j.Format); p.Kind == kind {
					sums[w.Commodity.Symbol] = sums[w.Commodity.Symbol].Add(w.Number)
				}
			}
			open := 0
			for _, n := range sums {
				if n.Abs().Cmp(journal.NewNumber(1, 0)) >= 0 {
					open++
					signs[n.Sign()]++
				}
			}
			if open != 0 && (open != 2 || signs[1] != 1) && j.Format != journal.Beancount {
				t.Fatalf("unbalanced at %v: %v", j.Position(x), sums)
			}
		}
	}
}

func seeds(f *testing.F, list ...string) {
	f.Helper()
	for _, s := range list {
		f.Add(s)
	}
}

var plainSeeds = []string{
	"2024-01-01=2024/1/2 * (code) payee | note  ; tag: value, date:2024-01-05\n  ; more\n  assets:cash  $-1,000.50 = $-1,000.50  ; c\n  expenses:food\n",
	"D $1,000.00\ncommodity 1.000,00 EUR\ndecimal-mark .\nY2023\n1/5 ! x\n  a  5\n  [b]  1 \"a b\" @@ 3 EUR\n  [c]\n  (d)  2 X {1 EUR} [2024-01-01] @ 2 EUR\n  e\n",
	"alias /^(a+):(b)$/ = \\2:\\1\nalias x=y\napply account top\n2024-01-01\n  a:b  ($10.00 * 2 / 3)\n  x\nend apply account\nend aliases\n",
	"P 2024-01-01 12:00 EUR $1.10\naccount a  ; type:A\n  ; note\npayee p\ntag t\ncomment\n x\nend comment\n~ monthly\n  a  1\n  b\n= a\n  (c)  *2\n2024-01-01 x\n  a  1E3 X\n  b\n",
	"2024-01-01 x\n  a  1 000 000.00 EUR\n  b  == 5 EUR\n  c  =* 3 EUR\n",
	"include other\nbucket z\n2024-01-02 y\n  a  12345678901234567890.123456789012345678901 Z\n",
	"apply tag hello: w\napply year 2020\n1/2 x\n  a  1 A\n  a  2 B\n  a  3 C\n  b\nend apply year\nend apply tag\n",
	"= /^a/\n  (b)  0.5\n  [c]  $1\n  [d]  $-1\n2024-01-01 x\n  a  $2 @ 3 EUR\n  b  -6 EUR\n", "\ufeff2024-01-01 x  ; y\r\n\ta\t1 A @ 2 B\r\n\tb\r\n",
}

func FuzzHledger(f *testing.F) {
	seeds(f, plainSeeds...)
	f.Fuzz(func(t *testing.T, text string) { fuzzed(t, text, journal.Hledger) })
}

func FuzzLedger(f *testing.F) {
	seeds(f, plainSeeds...)
	f.Fuzz(func(t *testing.T, text string) { fuzzed(t, text, journal.Ledger) })
}

func FuzzBeancount(f *testing.F) {
	seeds(f, `option "title" "T"
option "inferred_tolerance_default" "*:0.001"
plugin "beancount.plugins.implicit_prices"
2020-01-01 open Assets:Cash USD,EUR "FIFO"
2020-01-01 open Assets:Stock
  key: "value"
2020-01-01 open Equity:Open
2020-01-01 commodity USD
pushtag #trip
2020-01-02 * "Payee" "a \"text\"" #tag ^link
  meta: 2020-01-01
  Assets:Stock  10 AAPL {100.00 USD, 2020-01-02, "lot"} @ 110 USD
  ! Assets:Cash
poptag #trip
2020-01-03 txn "sell"
  Assets:Stock  -4 AAPL {} @@ 480 USD
  Assets:Cash  (400.00 + 2*40) USD
  Equity:Open
`, `2020-01-01 open Assets:A
2020-01-01 open Equity:B
2020-01-01 pad Assets:A Equity:B
2020-01-02 balance Assets:A 5.00 ~ 0.01 USD
2020-01-02 price USD 1.1 EUR
2020-01-03 note Assets:A "x
y"
2020-01-03 event "a" "b"
2020-01-04 ! "x"
  Assets:A  1 AA {{30 USD}}
  Assets:A  2 AA {5 # 10 USD}
  Equity:B  -50 USD
2020-01-05 * "y"
  Assets:A  USD
  Equity:B  3 USD @ EUR
  Equity:B  -3 EUR
2020-02-01 close Assets:A
2020-02-01 custom "x" 1 TRUE
2020-02-01 document Assets:A "x.pdf"
2020-02-01 query "q" "SELECT 1"
`)
	f.Fuzz(func(t *testing.T, text string) { fuzzed(t, text, journal.Beancount) })
}
