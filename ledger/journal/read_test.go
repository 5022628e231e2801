package journal_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger/journal"
)

// said is what a journal's accounts hold, in one line.
func said(j *journal.Journal) string {
	var out []string
	for _, b := range j.Balances().Rows() {
		out = append(out, b.Account.Name+" "+b.Amount.Number.String()+b.Amount.Commodity.Symbol)
	}
	return strings.Join(out, ", ")
}

// What the accounts hold, as hledger 1.25, ledger 3.3.0 and bean-check 2.3.5 say of the same texts.
var readings = []struct {
	name   string
	format journal.Format
	text   string
	want   string
}{
	{"a single comma is hledger's decimal mark", journal.Hledger, "2024-01-01 x\n  a  1,000 E\n  b\n", "a 1.000E, b -1.000E"},
	{"and ledger's mark of thousands", journal.Ledger, "2024-01-01 x\n  a  1,000 E\n  b\n", "a 1000E, b -1000E"},
	{"unless two digits follow", journal.Ledger, "2024-01-01 x\n  a  1,50 E\n  b\n2024-01-01 x\n  a  1.000 E\n  b\n2024-01-01 x\n  a  2,000 E\n  b\n", "a 1003.500E, b -1003.500E"},
	{"a declared mark", journal.Hledger, "commodity 1.000,00 E\n2024-01-01 x\n  a  1.000 E\n  b\n2024-01-01 x\n  a  2,000 E\n  b\n", "a 1002.000E, b -1002.000E"},
	{"decimal-mark", journal.Hledger, "decimal-mark ,\n2024-01-01 x\n  a  1.000 E\n  b\n", "a 1000E, b -1000E"},
	{"marks of many kinds", journal.Hledger, "2024-01-01 x\n  a  1 000 000.00 E\n  a  1,00,000.00 E\n  a  1,000,000 E\n  a  1.0000,678 E\n  b\n", "a 2110000.678E, b -2110000.678E"},
	{"signs and sides", journal.Ledger, "2024-01-01 x\n  a  -$5\n  a  $-5\n  a  - $5\n  a  EUR 5\n  a  EUR-5\n  a  -EUR5\n  a  5EUR\n  a  \"a b\" 5\n  a  5 \"c d3\"\n  b\n",
		"a -15$, a 5a b, a 5c d3, b 15$, b -5a b, b -5c d3"},
	{"exponents", journal.Hledger, "2024-01-01 x\n  a  1E3 X\n  a  1e-2 X\n  b\n", "a 1000.01X, b -1000.01X"},
	{"points at the ends", journal.Hledger, "2024-01-01 x\n  a  5. E\n  a  .5 E\n  a  +5 E\n  c\n", "a 10.5E, c -10.5E"},
	{"D in hledger", journal.Hledger, "D $1000.00\n2024-01-01 x\n  a  10\n  b\n", "a 10$, b -10$"},
	{"D in ledger", journal.Ledger, "D $1000.00\n2024-01-01 x\n  a  10\n  b\n", "a 10, b -10"},
	{"many commodities left out", journal.Hledger, "2024-01-01 x\n  a  $10\n  a  10 X\n  a  10 Y @ $1\n  b\n", "a 10$, a 10X, a 10Y, b -20$, b -10X"},
	{"virtual ones of both kinds", journal.Hledger, "2024-01-01 x\n  a  $10\n  (v)  $3\n  [w]  $4\n  [z]\n  b\n", "a 10$, b -10$, v 3$, w 4$, z -4$"},
	{"costs", journal.Ledger, "2024-01-01 x\n  a  2 X @ $3\n  a  -2 Y @@ $5\n  a  2 Z (@) $1\n  a  1 W (@@) $9\n  b\n", "a 1W, a 2X, a -2Y, a 2Z, b -12$"},
	{"a lot and a cost weigh the cost in hledger", journal.Hledger, "2024-01-01 x\n  a  -10 X {2 Y} @ 3 Y\n  b\n", "a -10X, b 30Y"},
	{"and the lot in ledger", journal.Ledger, "2024-01-01 x\n  a  -10 X {2 Y} @ 3 Y\n  b\n", "a -10X, b 20Y"},
	{"a lot alone weighs nothing", journal.Ledger, "2024-01-01 x\n  a  1 GOLD {$2000.00}\n  b\n", "a 1GOLD, b -1GOLD"},
	{"assigned in the order of dates", journal.Hledger, "2024-01-04 x\n  a  $10\n  b\n2024-01-03 x\n  a  = $25\n  b\n", "a 35$, b -35$"},
	{"assigned as it stands", journal.Ledger, "2024-01-04 x\n  a  $10\n  b\n2024-01-03 x\n  a  = $25\n  b\n", "a 25$, b -25$"},
	{"nothing assigned in ledger", journal.Ledger, "2024-01-04 x\n  a  $10\n  b\n2024-01-05 x\n  a  = 0\n  b\n", ""},
	{"assigned with what is below", journal.Hledger, "2024-01-04 x\n  a:b  $10\n  b\n2024-01-05 x\n  a  =* $25\n  b\n", "a 15$, a:b 10$, b -25$"},
	{"aliases in hledger", journal.Hledger, "alias A=Assets:Bank\n2024-01-04 x\n  A  $10\n  A:Sub  $10\n  X:A  $10\n  B\napply account Top\n2024-01-04 x\n  A  $10\n  B\n" +
		"end apply account\nalias /^(.+):bank:([^:]+)$/ = \\1:\\2\n2024-01-04 x\n  Assets:bank:wells  $10\n  B\n",
		"Assets:Bank 10$, Assets:Bank:Sub 10$, Assets:wells 10$, B -40$, Top:A 10$, Top:B -10$, X:A 10$"},
	{"aliases in ledger", journal.Ledger, "alias A=Assets:Bank\n2024-01-04 x\n  A  $10\n  A:Sub  $10\n  X:A  $10\n  B\napply account Top\n2024-01-04 x\n  A  $10\n  B\n",
		"Assets:Bank 20$, Assets:Bank:Sub 10$, B -30$, Top:B -10$, X:A 10$"},
	{"bucket", journal.Ledger, "bucket Cash\n2024-01-04 x\n  a:b  1 E\n", "Cash -1E, a:b 1E"},
	{"expressions", journal.Ledger, "2024-01-04 x\n  a  ($10.00 * 2)\n  a  (-$1 + (2 * $3))\n  b\n", "a 25.00$, b -25.00$"},
	{"what a quotient leaves goes with it", journal.Ledger, "2024-01-04 x\n  a  ($100.00 / 3)\n  b  $-33.33\n", "a 33.33$, b -33.33$"},
	{"an automated transaction of ledger's", journal.Ledger, "2024-01-01 x\n  food  $10\n  cash\n= /food/\n  (budget)  -1\n  [tax]  0.1\n  [owed]  -0.1\n2024-01-04 x\n  food  $10\n  cash\n",
		"budget -10$, cash -20$, food 20$, owed -1.0$, tax 1.0$"},
	{"none in hledger", journal.Hledger, "= food\n  (budget)  *-1\n2024-01-04 x\n  food  $10\n  cash\n", "cash -10$, food 10$"},
	{"comments of all kinds", journal.Hledger, "# x\n* y\n; z\ncomment\n  a  1\nend comment\n2024-01-04 x ; y\n  ; z\n  a  $1 ; w\n  ; v\n  b  ;u\n\n;x\n", "a 1$, b -1$"},
	{"years and marks of dates", journal.Hledger, "Y2023\n2024.1.4 x\n  a  1 X\n  b\n1/5 y\n  a  1 X\n  b\n2024-1-6=1/7 * y\n  a  1 X\n  b\n", "a 3X, b -3X"},
	{"twenty digits", journal.Hledger, "2024-01-04 x\n  a  12345678901234567890.1 X\n  a  12345678901234567890.22 X\n  b\n", "a 24691357802469135780.32X, b -24691357802469135780.32X"},
	{"half of the last decimal is rounding", journal.Hledger, "2024-01-04 x\n  a  1 X @ 3.333 E\n  b  -3.33 E\n", "a 1X, b -3.33E"},
	{"beancount's lots first in, first out", journal.Beancount, "2020-01-01 open Assets:A \"FIFO\"\n2020-01-01 * \"x\"\n  Assets:A  2 AA {1 USD}\n  Assets:C\n2020-01-02 * \"y\"\n  Assets:A  2 AA {2 USD}\n" +
		"  Assets:C\n2020-01-03 * \"z\"\n  Assets:A  -3 AA {}\n  Assets:C\n", "Assets:A 1AA, Assets:C -2USD"},
	{"last in, first out", journal.Beancount, "2020-01-01 open Assets:A \"LIFO\"\n2020-01-01 * \"x\"\n  Assets:A  2 AA {1 USD}\n  Assets:C\n2020-01-02 * \"y\"\n  Assets:A  2 AA {2 USD}\n" +
		"  Assets:C\n2020-01-03 * \"z\"\n  Assets:A  -3 AA {}\n  Assets:C\n", "Assets:A 1AA, Assets:C -1USD"},
	{"prices, totals and what is left out", journal.Beancount, "2020-01-01 * \"x\"\n  Assets:A  10 AA {{33.00 USD}}\n  Assets:B  5 BB {2 # 1.00 USD}\n  Assets:C  3 CC @ 2.00 USD\n  Assets:D  USD\n" +
		"2020-01-02 * \"y\"\n  Assets:A  -4 AA {3.30 USD} @ 5 USD\n  Assets:D  20.00 USD\n  Income:G\n",
		"Assets:A 6AA, Assets:B 5BB, Assets:C 3CC, Assets:D -30.00USD, Income:G -6.80USD"},
	{"a price that is left out", journal.Beancount, "2020-01-01 * \"x\"\n  Assets:A  4 AA {USD}\n  Assets:B  -10.00 USD\n2020-01-02 * \"y\"\n  Assets:A  -4 AA {2.5 USD}\n  Assets:B  10.00 USD\n", ""},
	{"padding in two currencies", journal.Beancount, "2020-01-01 pad Assets:A Equity:O\n2020-01-02 * \"x\"\n  Assets:A:B  1 USD\n  Assets:C\n2020-01-03 balance Assets:A 5 USD\n2020-01-03 balance Assets:A 7 EUR\n",
		"Assets:A 7EUR, Assets:A 4USD, Assets:A:B 1USD, Assets:C -1USD, Equity:O -7EUR, Equity:O -4USD"},
}

func TestEachFormatIsReadAsItsProgramDoes(t *testing.T) {
	for _, c := range readings {
		t.Run(c.name, func(t *testing.T) {
			j, err := journal.Parse(c.text, journal.Options{Format: c.format, Name: "main"})
			require.NoError(t, err)
			require.Equal(t, c.want, said(j))
		})
	}
}

// The programs say the same of these texts, but for the quotient, of which ledger keeps a fraction.
func TestTheProgramsReadTheSameTextsSo(t *testing.T) {
	for _, c := range readings {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			j, err := journal.Parse(c.text, journal.Options{Format: c.format, Name: "main"})
			require.NoError(t, err)
			file := filepath.Join(t.TempDir(), "main."+c.format.String())
			text, says := c.text, hledgerSays
			switch {
			case strings.Contains(text, " / "):
				return
			case c.format == journal.Ledger:
				says = ledgerSays
			case c.format == journal.Beancount:
				text, says = "plugin \"beancount.plugins.auto_accounts\"\n"+text, beancountSays
			}
			require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
			require.Equal(t, figures(j.Balances().Rows()), says(t, file))
		})
	}
}

func TestIncludedFilesAreReadWhereTheyStand(t *testing.T) {
	files := fstest.MapFS{
		"books/main.journal":   {Data: []byte("alias a=A\nY2020\ninclude sub/*.journal\n1/3 x\n  b  1 E = 4 E\n  c\n")},
		"books/sub/1.journal":  {Data: []byte("D $1.00\nY2019\n1/1 x\n  a  1 E\n  b\n")},
		"books/sub/2.journal":  {Data: []byte("1/2 x\n  b  4\n  c\ninclude ../deep.journal\n")},
		"books/deep.journal":   {Data: []byte("1/2 x\n  b  4 E\n  c\n")},
		"books/sub/not.ledger": {Data: []byte("+++")},
	}
	j, err := journal.Read(t.Context(), files, "books/main.journal", journal.Options{})
	require.NoError(t, err)
	require.NoError(t, j.Check())
	require.Equal(t, "A 1E, b 4, b 4E, c -4, c -5E", said(j))
	require.Equal(t, []string{"books/main.journal", "books/sub/1.journal", "books/sub/2.journal", "books/deep.journal"}, j.Files)
	require.Equal(t, "2019-01-01", j.Transactions[0].Date.String())
	require.Equal(t, "books/deep.journal:1:1", j.Position(j.Transactions[2]).String())
	require.Equal(t, "2020-01-03", j.Transactions[3].Date.String())
}

func TestTagsCommentsAndTypesAreKept(t *testing.T) {
	j, err := journal.Parse(`account assets:bank  ; type: C, bank: X
apply tag trip: Oslo
2024-01-01=2024-01-03 ! (42) Shop | shoes  ; a: 1, b:
  ; :one:two:
  * assets:bank  -5 E  ; date:2024-01-02, k: v
  costs
end apply tag
P 2024-01-02 12:30:00 E $1.10
~ monthly  ; plan
  costs  5 E
`, journal.Options{})
	require.NoError(t, err)
	x := j.Transactions[0]
	require.Equal(t, []journal.Tag{{Name: "a", Value: "1"}, {Name: "b"}, {Name: "trip", Value: "Oslo"}, {Name: "one"}, {Name: "two"}}, x.Tags())
	require.Equal(t, "42 Shop shoes 1", fmt.Sprintln(x.Code, x.Payee(), x.Note(), x.Status)[:15])
	require.Equal(t, "2024-01-03", x.Extra.Date2.String())
	require.Equal(t, "2024-01-02", x.Postings[0].Extra.Date.String())
	require.Equal(t, journal.Cleared, x.Postings[0].Status)
	require.Equal(t, journal.Tag{Name: "k", Value: "v"}, x.Postings[0].Tags()[1])
	require.True(t, x.Postings[1].Inferred())
	require.Equal(t, "C", j.Account("assets:bank").Type)
	require.Equal(t, "1.10", j.Prices[0].Amount.Number.String())
	require.Equal(t, "monthly", j.Periodic[0].Query)
}

func TestBeancountKeepsWhatItSays(t *testing.T) {
	j, err := journal.Parse(`option "title" "T"
pushtag #trip
2020-01-01 ! "Pay\"ee" "two
lines" #tag ^link
  key: "v;x" ; comment
  Assets:A  1.00 USD
    deep: 2020-01-01
  ! Assets:B
poptag #trip
2020-01-01 open Assets:A USD,EUR
  meta: TRUE
`, journal.Options{Format: journal.Beancount})
	require.NoError(t, err)
	x := j.Transactions[0]
	require.Equal(t, `Pay"ee`, x.Payee())
	require.Equal(t, "two\nlines", x.Note())
	require.Equal(t, []journal.Tag{{Name: "tag"}, {Name: "trip"}, {Name: "key", Value: `"v;x"`}}, x.Tags())
	require.Equal(t, []string{"link"}, x.Extra.Links)
	require.Equal(t, "deep", x.Postings[0].Tags()[0].Name)
	require.Equal(t, journal.Pending, x.Postings[1].Status)
	require.Equal(t, []string{"USD", "EUR"}, j.Account("Assets:A").Currencies)
	require.Equal(t, []journal.Tag{{Name: "meta", Value: "TRUE"}}, j.Directives[0].Tags)
	require.Equal(t, []journal.Tag{{Name: "title", Value: "T"}}, j.Options)
}

func TestScanYieldsTheSameOneAtATime(t *testing.T) {
	files := fstest.MapFS{"main": {Data: []byte("2024-01-01 x\n  a  1 E\n  b\n2024-01-02 y\n  a  2 E\n  c\n2024-01-03 z\n  a  = 2 E\n  c\n")}}
	sums, n := journal.NewBalances(), 0
	var last error
	for x, err := range journal.Scan(t.Context(), files, "main", journal.Options{}) {
		if last = err; err != nil {
			break
		}
		sums.Add(x)
		n++
	}
	require.ErrorIs(t, last, journal.ErrAssignment)
	require.Equal(t, 2, n)
	require.Equal(t, "3", sums.Of("a", "E").String())
	for range journal.Scan(t.Context(), files, "main", journal.Options{}) {
		break // the rest is not read
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	long := fstest.MapFS{"main": {Data: []byte(strings.Repeat("2024-01-01 x\n  a  1 E\n  b\n", 5000))}}
	_, err := journal.Read(stopped, long, "main", journal.Options{})
	require.ErrorIs(t, err, context.Canceled)
}

func TestFormatsAreToldByNameAndFirstLine(t *testing.T) {
	for name, want := range map[string]journal.Format{"a.beancount": journal.Beancount, "a.bean": journal.Beancount, "a.ledger": journal.Ledger, "a.dat": journal.Ledger,
		"a.journal": journal.Hledger, "": journal.Hledger} {
		require.Equal(t, want, journal.FormatOf(name, "2024-01-01 x"), name)
	}
	require.Equal(t, journal.Ledger, journal.FormatOf("a.journal", "; -*- ledger -*-\n"))
}
