package journal_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/journal"
	"github.com/tutas/tutas/ledger/money"
)

// oddCodes are codes of expense accounts that a journal cannot name as they are; many are the same once they are cleaned.
var oddCodes = []string{"[x]", "(x)", "{x}", "-x-", "A::B", "A:B", "A:-:B", ":a", "a:", ":a:", "x, y", "x,y", "a  b", "a b", "5%", "%35%25", "%",
	"x;y", "x  ; y", `say "hi"`, `back\slash\n`, "[2024-01-01]", "date:2024-01-01", "type: A", "code: other", "name: other", "//x", "http://x/y",
	"*", "! y", "= z", "@", "ü€漢字", "漢字", "ßx", "ǆx", "٣", "a\u00a0b", "a\u200bb", "a\u2028b", "+", "a+b", "=a", "X", "x", strings.Repeat("é", 100),
	strings.Repeat("(", 200), strings.Repeat("[", 200)}

// Accounts whose names are the same in a journal stay apart in it, and have their codes and names again in new books.
func TestAccountsWithTheSameNameStayApart(t *testing.T) {
	chart := []ledger.OpenAccount{{Code: "bank", Name: "Bank", Type: ledger.Asset}}
	codes := slices.Clone(oddCodes)
	random := rand.New(rand.NewPCG(seed(), 11))
	for len(codes) < 250 {
		var b strings.Builder
		for range 1 + random.IntN(8) {
			b.WriteRune([]rune(`ab:::%,[]()  ;"\2C-=|/é`)[random.IntN(23)])
		}
		if code := strings.TrimSpace(b.String()); code != "" && !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	for i, code := range codes {
		chart = append(chart, ledger.OpenAccount{Code: code, Name: codes[(i+7)%len(codes)], Type: ledger.Expense})
	}
	for _, code := range []string{"[same]", "(same)"} {
		chart = append(chart, ledger.OpenAccount{Code: code, Name: " edges, twice ", Type: ledger.Expense})
	}
	b := newBooks(t, chart...)
	for i, a := range chart[1:] {
		eur, err := money.Minor("EUR", int64(300+i))
		require.NoError(t, err)
		_, err = b.Post(t.Context(), ledger.Entry{Date: date.Must(2024, 1, 1), Text: "x", Legs: []ledger.Leg{
			ledger.Debit(a.Code, eur, ledger.Dims{}), ledger.Credit("bank", eur, ledger.Dims{})}})
		require.NoError(t, err)
	}
	same := func(s string) string { return s }
	symbol := func(c money.Currency) string { return string(c) }
	want := trial(t, b, date.Period{}, same, symbol)
	require.Len(t, want, len(chart))
	for f, says := range map[journal.Format]func(testing.TB, string) map[string]map[string]string{
		journal.Hledger: hledgerSays, journal.Ledger: ledgerSays, journal.Beancount: beancountSays} {
		t.Run(f.String(), func(t *testing.T) {
			var text bytes.Buffer
			require.NoError(t, journal.Export(t.Context(), b, &text, journal.ExportOptions{Format: f}))
			j, err := journal.Parse(text.String(), journal.Options{Format: f})
			require.NoError(t, err)
			require.Len(t, j.Accounts, len(chart))
			to := newBooks(t)
			_, err = journal.Import(t.Context(), to, j, journal.ImportOptions{})
			require.NoError(t, err)
			require.Equal(t, want, trial(t, to, date.Period{}, same, symbol))
			for a, err := range to.Accounts(t.Context(), ledger.AccountFilter{}) {
				require.NoError(t, err)
				old, err := b.Account(t.Context(), a.Code)
				require.NoError(t, err)
				require.Equal(t, old.Name, a.Name, a.Code)
				require.Equal(t, old.Type, a.Type, a.Code)
			}
			file := filepath.Join(t.TempDir(), "books."+f.String())
			require.NoError(t, os.WriteFile(file, text.Bytes(), 0o600))
			require.Equal(t, figures(j.Balances().Rows()), says(t, file))
		})
	}
}
