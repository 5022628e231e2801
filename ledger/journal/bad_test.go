package journal_test

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger/journal"
)

// broken journals: what is wrong, where, and with which code. The first file is "main"; a format of none is tried as hledger's.
var broken = []struct {
	format journal.Format
	text   string
	at     string
	code   string
}{
	{0, "2024-13-01 x\n", "main:1:1", "journal.date"},
	{0, "0000-00-01 x\n", "main:1:1", "journal.date"},
	{0, "2024-02-30 x\n", "main:1:1", "journal.date"},
	{0, "24-02-03 x\n", "main:1:1", "journal.date"},
	{0, "1/2 x\n", "main:1:1", "journal.date"},
	{0, "2024-01-01=x y\n", "main:1:12", "journal.date"},
	{0, "2024-01-01x\n", "main:1:11", "journal.syntax"},
	{0, "Y 20x4\n", "main:1:3", "journal.date"},
	{0, "\n  a  1\n", "main:2:3", "journal.syntax"},
	{0, "hello there\n", "main:1:1", "journal.directive"},
	{0, "+++\n", "main:1:1", "journal.syntax"},
	{0, "2024-01-01 x\n  a  1 EUR\n  b  -2 EUR\n", "main:1:1", "journal.unbalanced"},
	{0, "2024-01-01 x\n  a  1 EUR\n  b  2 USD\n", "main:1:1", "journal.unbalanced"},
	{0, "2024-01-01 x\n  a  1 A\n  b  -1 B\n  c  -1 C\n", "main:1:1", "journal.unbalanced"},
	{0, "2024-01-01 x\n  a  1 A @ 2 B\n  b  -3 B\n", "main:1:1", "journal.unbalanced"},
	{0, "2024-01-01 x\n  [a]  1 EUR\n  b  1 EUR\n  c\n", "main:1:1", "journal.unbalanced"},
	{0, "2024-01-01 x\n  a  1.000 EUR\n  b  -1.001 EUR\n", "main:1:1", "journal.unbalanced"},
	{0, "2024-01-01 x\n  a  1 EUR\n  b\n  c\n", "main:4:3", "journal.elided"},
	{0, "2024-01-01 x\n  a  1 EUR\n  (b)\n  c\n", "main:3:3", "journal.elided"},
	{0, "2024-01-01 x\n  a  1 EUR\n  b  = x\n", "main:3:9", "journal.amount"},
	{0, "2024-01-01 x\n  a  EUR\n  b\n", "main:2:9", "journal.amount"},
	{0, "2024-01-01 x\n  a  1 EUR USD\n  b\n", "main:2:12", "journal.amount"},
	{0, "2024-01-01 x\n  a  --1 EUR\n  b\n", "main:2:7", "journal.amount"},
	{0, "2024-01-01 x\n  a  1.2.3,4.5 EUR\n  b\n", "main:2:9", "journal.amount"},
	{0, "2024-01-01 x\n  a  1 \"EUR\n  b\n", "main:2:8", "journal.amount"},
	{0, "2024-01-01 x\n  a  ($1 + 2 EUR)\n  b\n", "main:2:10", "journal.amount"},
	{0, "2024-01-01 x\n  a  ($1 / 0)\n  b\n", "main:2:10", "journal.amount"},
	{0, "2024-01-01 x\n  a  ($1 * $2)\n  b\n", "main:2:10", "journal.amount"},
	{0, "2024-01-01 x\n  a  ($1 \n  b\n", "main:2:6", "journal.amount"},
	{0, "2024-01-01 x\n  a  1 A @ 2 B @ 3 C\n  b\n", "main:2:16", "journal.syntax"},
	{0, "2024-01-01 x\n  a  1 A {2 B\n  b\n", "main:2:14", "journal.syntax"},
	{0, "2024-01-01 x\n  a  1 A {2 B} {3 B}\n  b\n", "main:2:16", "journal.syntax"},
	{0, "2024-01-01 x\n  a  1 A [2024-01-99]\n  b\n", "main:2:11", "journal.date"},
	{journal.Hledger, "2024-01-01 x\n  a  1 A {}\n  b\n", "main:2:11", "journal.amount"},
	{journal.Ledger, "2024-01-01 x\n  a  1 A {} [2024-01-01]\n  b\n", "main:2:11", "journal.amount"},
	{journal.Ledger, "2024-01-01 x\n  a  1 A {{=}}\n  b\n", "main:2:13", "journal.amount"},
	{journal.Beancount, "pushtag #\n2020-01-01 * \"x\"\n", "main:1:10", "journal.syntax"},
	{0, "2024-01-01 x\n  a  1 A = 1 A x\n  b\n", "main:2:16", "journal.syntax"},
	{0, "2024-01-01 x\n  ()  1 A\n  b\n", "main:2:4", "journal.account"},
	{0, "2024-01-01 x\n  a\x01b  1 A\n  b\n", "main:2:3", "journal.account"},
	{0, "2024-01-01 x\n  " + strings.Repeat("a:", 120) + "b  1 A\n  b\n", "main:2:3", "journal.too_large"},
	{0, "2024-01-01 x\n  a  " + strings.Repeat("9", 1001) + " A\n  b\n", "main:2:6", "journal.too_large"},
	{0, "2024-01-01 x\n  a  1E9999 A\n  b\n", "main:2:6", "journal.too_large"},
	{0, "2024-01-01 x\n  a  " + strings.Repeat("(", 40) + "1\n  b\n", "main:2:39", "journal.too_large"},
	{0, "; x\n" + strings.Repeat("x", 1<<20) + "y\n", "main:2:1048577", "journal.too_large"},
	{0, "ab\xffc\n", "main:1:3", "journal.encoding"},
	{0, "; x\na\x00\n", "main:2:2", "journal.encoding"},
	{0, "include nowhere.journal\n", "main:1:9", "journal.include"},
	{0, "include ../up.journal\n", "main:1:9", "journal.include"},
	{0, "include /etc/passwd\n", "main:1:9", "journal.include"},
	{0, "include circle\n", "circle:2:9", "journal.include"},
	{0, "include none*\n", "main:1:9", "journal.include"},
	{0, "include bad\n", "bad:3:1", "journal.unbalanced"},
	{0, "alias a\n", "main:1:7", "journal.syntax"},
	{0, "alias /a(/ = b\n", "main:1:7", "journal.syntax"},
	{0, "end apply account\n", "main:1:5", "journal.syntax"},
	{0, "apply nonsense x\n", "main:1:16", "journal.directive"},
	{0, "decimal-mark ;\n", "main:1:14", "journal.syntax"},
	{0, "P 2024-01-01 EUR\n", "main:1:17", "journal.amount"},
	{0, "P 2024-01-01 12 USD\n", "main:1:14", "journal.amount"},
	{0, "commodity EUR\n  format 1.00 USD\n", "main:2:3", "journal.amount"},
	{0, "commodity EUR\n  nonsense\n", "main:2:3", "journal.directive"},
	{0, "account a\n  assert x\n", "main:2:3", "journal.directive"},
	{0, "assert x\n", "main:1:1", "journal.directive"},
	{0, "i 2024/01/01 08:00:00 work\n", "main:1:1", "journal.directive"},
	{0, "C 1 kb = 1024 b\n", "main:1:1", "journal.directive"},
	{0, "define x = 1\n", "main:1:1", "journal.directive"},
	{0, "2024-01-01 x\n  a  1 A\n  b  == -3 B\n2024-01-02 y\n  b  == 2 A\n  c\n", "main:5:6", "journal.assignment"},
	{journal.Ledger, "2024-01-01 x\n  a  1 A @ -2 B\n  b\n", "main:2:10", "journal.amount"},
	{journal.Ledger, "commodity EUR\n  format 1.000,00 EUR\n2024-01-01 x\n  a  2,000.5 EUR\n  b\n", "main:4:6", "journal.amount"},
	{journal.Ledger, "= expr 'amount > 5'\n  (a)  1\n", "main:1:1", "journal.directive"},
	{journal.Ledger, "= a\n  b  1\n", "main:1:1", "journal.unbalanced"},
	{journal.Ledger, "= a\n  b\n", "main:1:1", "journal.directive"},
	{journal.Beancount, "2020-01-01 open assets:Cash\n", "main:1:17", "journal.account"},
	{journal.Beancount, "2020-01-01 open Stuff:Cash\n", "main:1:17", "journal.account"},
	{journal.Beancount, "2020-01-01 open Assets:A\n2020-01-02 open Assets:A\n", "main:2:17", "journal.account"},
	{journal.Beancount, "2020-01-01 open Assets:A USD \"AVERAGE\"\n", "main:1:30", "journal.directive"},
	{journal.Beancount, "2020-01-01 nonsense Assets:A\n", "main:1:12", "journal.directive"},
	{journal.Beancount, "2020-01-01 * \"x\n", "main:1:14", "journal.syntax"},
	{journal.Beancount, "2020-01-01 * \"x\"\n  Assets:A  1.00 USD\n  Assets:B  -1.01 USD\n", "main:1:1", "journal.unbalanced"},
	{journal.Beancount, "2020-01-01 * \"x\"\n  Assets:A  1 USD\n  Assets:B  -1 EUR\n", "main:1:1", "journal.unbalanced"},
	{journal.Beancount, "2020-01-01 * \"x\"\n  Assets:A  1 usd\n  Assets:B\n", "main:2:15", "journal.amount"},
	{journal.Beancount, "2020-01-01 * \"x\"\n  Assets:A\n  Assets:B\n", "main:3:3", "journal.elided"},
	{journal.Beancount, "2020-01-01 * \"x\"\n  Assets:A  1 AA {1 USD}\n  Assets:B\n2020-01-02 * \"y\"\n  Assets:A  -1 AA {2 USD}\n  Assets:B\n", "main:5:3", "journal.lot"},
	{journal.Beancount, "2020-01-01 * \"x\"\n  Assets:A  1 AA {1 USD}\n  Assets:A  1 AA {2 USD}\n  Assets:B\n2020-01-02 * \"y\"\n  Assets:A  -1 AA {}\n  Assets:B\n", "main:6:3", "journal.lot"},
	{journal.Beancount, "2020-01-01 * \"x\"\n  Assets:A  1 AA {1 USD}\n  Assets:B\n2020-01-02 * \"y\"\n  Assets:A  -2 AA {}\n  Assets:B\n", "main:5:3", "journal.lot"},
	{journal.Beancount, "2020-01-01 pad Assets:A Equity:B\n", "main:1:1", "journal.pad"},
	{journal.Beancount, "2020-01-01 pad Assets:A Equity:B\n2020-01-01 * \"x\"\n  Assets:A  1 AA {1 USD}\n  Assets:B\n2020-01-03 balance Assets:A 5 AA\n", "main:5:1", "journal.pad"},
	{journal.Beancount, "plugin \"my.plugin\"\n", "main:1:1", "journal.directive"},
	{journal.Beancount, "include \"nowhere\"\n", "main:1:1", "journal.include"},
	{journal.Beancount, "option \"inferred_tolerance_multiplier\" \"x\"\n", "main:1:40", "journal.syntax"},
	{journal.Beancount, "poptag #x\n", "main:1:1", "journal.syntax"},
	{journal.Beancount, "2020-01-01 balance Assets:A 1 ~ -1 USD\n", "main:1:32", "journal.amount"},
}

func TestWhatIsBrokenIsRefusedWithItsPlace(t *testing.T) {
	for _, c := range broken {
		name := c.text
		if len(name) > 60 {
			name = name[:60]
		}
		t.Run(c.format.String()+" "+name, func(t *testing.T) {
			f := c.format
			if f == journal.Auto {
				f = journal.Hledger
			}
			files := fstest.MapFS{"main": {Data: []byte(c.text)}, "circle": {Data: []byte("; x\ninclude main\n")}, "bad": {Data: []byte("\n\n2024-01-01 x\n  a  1\n")}}
			_, err := journal.Read(t.Context(), files, "main", journal.Options{Format: f})
			var e *journal.Error
			require.ErrorAs(t, err, &e, "it was read")
			require.Equal(t, c.at+" "+c.code, e.Position.String()+" "+e.Err.Code, err.Error())
			require.ErrorIs(t, err, e.Err)
			require.True(t, strings.HasPrefix(err.Error(), c.at+": "), err.Error())
		})
	}
}

// What Check refuses.
var wrong = []struct {
	format journal.Format
	text   string
	at     string
	code   string
}{
	{0, "2024-01-01 x\n  a  1 EUR = 2 EUR\n  b\n", "main:2:12", "journal.assertion"},
	{0, "2024-01-02 x\n  a  1 EUR = 1 EUR\n  b\n2024-01-01 y\n  a  1 EUR\n  b\n", "main:2:12", "journal.assertion"},
	{journal.Ledger, "2024-01-02 x\n  a  1 EUR = 2 EUR\n  b\n2024-01-01 y\n  a  1 EUR\n  b\n", "main:2:12", "journal.assertion"},
	{0, "2024-01-01 x\n  a  1 EUR\n  a  1 USD == 1 USD\n  b\n", "main:3:12", "journal.assertion"},
	{0, "2024-01-01 x\n  a:b  1 EUR\n  a  1 EUR =* 1 EUR\n  b\n", "main:3:12", "journal.assertion"},
	{journal.Ledger, "2024-01-01 x\n  a  1 EUR = 0\n  b\n", "main:2:12", "journal.assertion"},
	{journal.Beancount, "2020-01-01 open Assets:A\n2020-01-02 balance Assets:A 1 USD\n", "main:2:1", "journal.assertion"},
	{journal.Beancount, "2020-01-01 open Assets:A\n2020-01-02 * \"x\"\n  Assets:A  1 USD\n  Assets:B  -1 USD\n", "main:4:3", "journal.account"},
	{journal.Beancount, "2020-01-01 open Assets:A EUR\n2020-01-02 * \"x\"\n  Assets:A  1 USD\n  Assets:A  -1 USD\n", "main:3:3", "journal.account"},
	{journal.Beancount, "2020-01-01 open Assets:A\n2020-01-02 close Assets:A\n2020-01-03 * \"x\"\n  Assets:A  1 USD\n  Assets:A  -1 USD\n", "main:4:3", "journal.account"},
	{journal.Beancount, "2020-01-01 close Assets:A\n", "main:1:1", "journal.account"},
}

func TestCheckFindsTheFirstThatDoesNotHold(t *testing.T) {
	for _, c := range wrong {
		t.Run(c.format.String()+" "+c.text, func(t *testing.T) {
			j, err := journal.Parse(c.text, journal.Options{Format: max(c.format, journal.Hledger), Name: "main"})
			require.NoError(t, err)
			err = j.Check()
			var e *journal.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, c.at+" "+c.code, e.Position.String()+" "+e.Err.Code, err.Error())
		})
	}
}

func TestAMissingFileIsTheFileSystemsError(t *testing.T) {
	_, err := journal.Read(t.Context(), fstest.MapFS{}, "none", journal.Options{})
	require.ErrorIs(t, err, os.ErrNotExist)
}
