package journal_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/journal"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// What the books hold after an import is what the journal says; where transactions balance at cost alone, the exchange account
// holds the rest.
func TestImportedJournalsGiveTheirBalances(t *testing.T) {
	dir, list := journals(t)
	for _, e := range list {
		t.Run(e.File, func(t *testing.T) {
			j, err := journal.Read(t.Context(), os.DirFS(dir), e.File, journal.Options{})
			require.NoError(t, err)
			types := map[string]ledger.Type{}
			for _, a := range j.Accounts {
				types[a.Root()] = ledger.Asset
			}
			symbols := map[money.Currency]string{}
			o := journal.ImportOptions{Types: types, Exchange: "exchange", Rounding: "rounding", Currency: func(s string) money.Currency {
				c := money.Currency("own " + s + "_") // none of the ISO list, so that all decimals are kept
				symbols[c] = s
				return c
			}}
			b := newBooks(t)
			first, err := journal.Import(t.Context(), b, j, o)
			require.NoError(t, err)
			got := trial(t, b, date.Period{}, func(s string) string { return s }, func(c money.Currency) string { return symbols[c] })
			delete(got, "exchange")
			delete(got, "rounding")
			require.Equal(t, wanted(e.Balances), got)
			again, err := journal.Import(t.Context(), b, j, o)
			require.NoError(t, err)
			require.Equal(t, first.Entries, again.Entries)
			require.Equal(t, e.Count, len(first.Entries)+first.Empty)
			after := trial(t, b, date.Period{}, func(s string) string { return s }, func(c money.Currency) string { return symbols[c] })
			delete(after, "exchange")
			delete(after, "rounding")
			require.Equal(t, got, after)
		})
	}
}

// Books that were written and read into new books have the same trial balance, also by dimension, and the same sources.
func TestBooksThroughAJournalAreTheSame(t *testing.T) {
	b := randomBooks(t)
	for _, f := range []journal.Format{journal.Hledger, journal.Ledger} {
		t.Run(f.String(), func(t *testing.T) {
			var text bytes.Buffer
			require.NoError(t, journal.Export(t.Context(), b, &text, journal.ExportOptions{Format: f}))
			j, err := journal.Parse(text.String(), journal.Options{Format: f})
			require.NoError(t, err)
			to := newBooks(t)
			done, err := journal.Import(t.Context(), to, j, journal.ImportOptions{})
			require.NoError(t, err)
			require.Len(t, done.Entries, 300)
			same := func(s string) string { return s }
			symbol := func(c money.Currency) string {
				if c == "a\"b;1" {
					return "a'b'1"
				}
				return string(c)
			}
			require.Equal(t, trial(t, b, date.Period{}, same, symbol), trial(t, to, date.Period{}, same, symbol))
			for _, d := range []ledger.Dims{{Customer: "c3"}, {Department: "sales"}} {
				left, err := b.Balances(t.Context(), ledger.BalanceFilter{Where: d})
				require.NoError(t, err)
				right, err := to.Balances(t.Context(), ledger.BalanceFilter{Where: d})
				require.NoError(t, err)
				require.NotEmpty(t, left.Rows)
				require.Equal(t, len(left.Rows), len(right.Rows))
			}
			entries, err := to.BySource(t.Context(), storage.Ref{Kind: "billing.invoice", ID: "17"})
			require.NoError(t, err)
			require.Len(t, entries, 1)
		})
	}
}

func TestAnImportRefusesWhatNoOptionDecides(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		o    journal.ImportOptions
		err  error
		at   string
	}{
		"an exchange":      {"2024-01-01 x\n  assets:a  1 AAPL @ 2 USD\n  assets:b\n", journal.ImportOptions{}, journal.ErrImport, "book:1:1"},
		"a virtual one":    {"2024-01-01 x\n  (assets:a)  1 EUR\n", journal.ImportOptions{}, journal.ErrImport, "book:1:1"},
		"a fraction":       {"\n2024-01-01 x\n  assets:a  1.001 EUR\n  assets:b\n", journal.ImportOptions{}, journal.ErrImport, "book:2:1"},
		"too many digits":  {"2024-01-01 x\n  assets:a  12345678901234567890 EUR\n  assets:b\n", journal.ImportOptions{}, nil, "book:1:1"},
		"a type":           {"2024-01-01 x\n  a  1 EUR\n  b\n", journal.ImportOptions{}, nil, "types.b"},
		"a heading":        {"2024-01-01 x\n  top  1 EUR\n  assets:b\n", journal.ImportOptions{}, ledger.ErrHeading, "book:1:1"},
		"the same as late": {"2024-01-01 x\n  assets:a  1 EUR\n  assets:b\n", journal.ImportOptions{Name: "used"}, storage.ErrKeyReused, ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBooks(t, ledger.OpenAccount{Code: "top", Name: "Top", Type: ledger.Asset, Heading: true})
			used, err := journal.Parse("2024-01-01 x\n  assets:a  1 EUR  ; another comment\n  assets:b\n", journal.Options{})
			require.NoError(t, err)
			_, err = journal.Import(t.Context(), b, used, journal.ImportOptions{Name: "used"})
			require.NoError(t, err)
			j, err := journal.Parse(c.text, journal.Options{Name: "book"})
			require.NoError(t, err)
			_, err = journal.Import(t.Context(), b, j, c.o)
			require.Error(t, err)
			if c.err != nil {
				require.ErrorIs(t, err, c.err)
			} else {
				var bad *storage.Invalid
				require.ErrorAs(t, err, &bad)
			}
			require.Contains(t, err.Error(), c.at)
		})
	}
}

func TestRoundingAndVirtualPostingsGoToTheirAccounts(t *testing.T) {
	j, err := journal.Parse("2024-01-01 x\n  assets:a  1.005 EUR\n  assets:b  -1.001 EUR\n  assets:c  -0.004 EUR\n  (assets:v)  2 EUR\n", journal.Options{})
	require.NoError(t, err)
	b := newBooks(t)
	done, err := journal.Import(t.Context(), b, j, journal.ImportOptions{Rounding: "rounding", Virtual: "virtual"})
	require.NoError(t, err)
	require.Equal(t, []string{"assets:a", "assets:b", "assets:v", "virtual"}, done.Accounts[:min(4, len(done.Accounts))])
	require.Equal(t, map[string]map[string]string{"assets:a": {"EUR": "1"}, "assets:b": {"EUR": "-1"}, "assets:v": {"EUR": "2"}, "virtual": {"EUR": "-2"}},
		trial(t, b, date.Period{}, func(s string) string { return s }, func(c money.Currency) string { return string(c) }))
}
