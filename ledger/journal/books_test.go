package journal_test

import (
	"bytes"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/journal"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
)

// newBooks opens empty books with a clock that stands still.
func newBooks(t testing.TB, chart ...ledger.OpenAccount) *ledger.Books {
	t.Helper()
	store := storage.Open(memory.New(), storage.Clock(func() time.Time { return time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC) }))
	require.NoError(t, store.Migrate(t.Context(), event.Package(), ledger.Package()))
	db, err := store.CreateTenant(t.Context(), storage.Tenant{ID: "acme", Currency: "EUR"}, ledger.Template(chart))
	require.NoError(t, err)
	return ledger.New(db)
}

// seed is that of the random cases: the same each time, unless TUTAS_SEED says otherwise.
func seed() uint64 {
	n, err := strconv.ParseUint(os.Getenv("TUTAS_SEED"), 10, 64)
	if err != nil {
		return 1
	}
	return n
}

// randomBooks holds a few hundred entries in several currencies, with names and texts that a journal has to be careful with.
func randomBooks(t testing.TB) *ledger.Books {
	t.Helper()
	b := newBooks(t, append(ledger.ServicesChart(),
		ledger.OpenAccount{Code: "Assets:Bank:Über (neu)", Name: "Konto; [2]", Type: ledger.Asset},
		ledger.OpenAccount{Code: "Assets:Bank:Über -neu-", Name: "like the other", Type: ledger.Asset},
		ledger.OpenAccount{Code: "x", Name: "two  blanks\tand a tab", Type: ledger.Expense, Control: "billing"},
		ledger.OpenAccount{Code: "7", Name: "=#*!", Type: ledger.Income, Opened: date.Must(2024, 1, 1)})...)
	ctx := t.Context()
	for code, scale := range map[money.Currency]int{"POINTS": 0, "GOLD oz": 8, "a\"b;1": 3, "shares_of-x.y": 4} {
		require.NoError(t, b.DeclareCommodity(ctx, ledger.DeclareCommodity{Code: code, Name: string(code), Scale: scale}))
	}
	random := rand.New(rand.NewPCG(seed(), 7))
	currencies := []money.Currency{"EUR", "USD", "JPY", "KWD", "POINTS", "GOLD oz", "a\"b;1", "shares_of-x.y"}
	scales := []int{2, 2, 0, 3, 0, 8, 3, 4}
	accounts := []string{ledger.Bank, ledger.Revenue, ledger.Travel, ledger.RentExpense, ledger.ShareCapital, ledger.Loans,
		"Assets:Bank:Über (neu)", "Assets:Bank:Über -neu-", "x", "7"}
	texts := []string{"", "Rent", "a;b  ;c", "* star", "(code) text", "[2024-01-01] date:2024-13-45", "VALUE:: 30 DM", "two\nlines", "say \"hi\" \\ back",
		"tag: value, other: one", "=", "| bar |", "#hash ^link", "ü€漢字", "  edges  "}
	pick := func() string { return texts[random.IntN(len(texts))] }
	var list []ledger.Entry
	for i := range 300 {
		e := ledger.Entry{Date: date.Must(2024, 1, 1).AddDays(random.IntN(700)), AllowSelf: true, Text: pick(), Key: storage.Key("k" + strconv.Itoa(i)),
			Source: storage.Ref{Kind: "billing.invoice", ID: strconv.Itoa(i)}, Carried: ledger.Carried{Meta: map[string]string{"Odd key:": pick(), "date": "tomorrow"}}}
		if i%5 == 0 {
			e.ValueDate = e.Date.AddDays(3)
		}
		for range 1 + random.IntN(3) {
			c := random.IntN(len(currencies))
			n := random.Int64N(1_000_000_000) + 1
			if i%50 == 0 {
				n = random.Int64N(ledger.MaxMinor/2) + ledger.MaxMinor/2
			}
			a, err := money.Scaled(currencies[c], n, scales[c])
			require.NoError(t, err)
			d := ledger.Leg{Account: accounts[random.IntN(len(accounts))], Amount: a, Text: pick(), Dims: ledger.Dims{Customer: "c" + strconv.Itoa(i%7)}}
			if random.IntN(3) == 0 {
				for w := range 3 {
					d.Split = append(d.Split, ledger.Share{Weight: journal.NewNumber(int64(w+1), 0).Decimal(), Dims: ledger.Dims{Department: pick2(w)}})
				}
			}
			e.Legs = append(e.Legs, d, ledger.Credit(accounts[random.IntN(len(accounts))], a, ledger.Dims{}))
		}
		list = append(list, e)
	}
	_, err := b.Post(ctx, list...)
	require.NoError(t, err)
	return b
}

func pick2(n int) string { return []string{"sales", "delivery", ""}[n] }

// trial is what the books hold, under the names that an export uses.
func trial(t testing.TB, b *ledger.Books, p date.Period, account func(string) string, symbol func(money.Currency) string) map[string]map[string]string {
	t.Helper()
	tb, err := b.TrialBalance(t.Context(), ledger.TrialFilter{Period: p})
	require.NoError(t, err)
	out := map[string]map[string]string{}
	for _, row := range tb.Rows {
		if row.Closing.IsZero() {
			continue
		}
		name := account(row.Account)
		if out[name] == nil {
			out[name] = map[string]string{}
		}
		out[name][symbol(row.Currency)] = plain(row.Closing.Decimal())
	}
	return out
}

// exported is the books' journal in a file, and what each account and currency is called in it.
func exported(t testing.TB, b *ledger.Books, o journal.ExportOptions) (file string, account func(string) string, symbol func(money.Currency) string) {
	t.Helper()
	symbols := map[money.Currency]string{}
	if o.Format == journal.Beancount {
		o.Symbol = func(c money.Currency) string { symbols[c] = journal.BeancountCode(string(c)); return symbols[c] }
	} else {
		o.Symbol = func(c money.Currency) string {
			symbols[c] = strings.NewReplacer(`"`, "'", ";", "'").Replace(string(c))
			return symbols[c]
		}
	}
	var text bytes.Buffer
	require.NoError(t, journal.Export(t.Context(), b, &text, o))
	file = filepath.Join(t.TempDir(), "books."+o.Format.String())
	require.NoError(t, os.WriteFile(file, text.Bytes(), 0o600))
	j, err := journal.Parse(text.String(), journal.Options{Format: o.Format, Name: file})
	require.NoError(t, err)
	require.NoError(t, j.Check())
	codes := map[string]string{}
	for _, a := range j.Accounts {
		for _, g := range journal.TagsIn(a.Comment) {
			if g.Name == "code" {
				codes[plainly(t, g.Value)] = a.Name
			}
		}
	}
	for _, d := range j.Directives { // beancount keeps them as metadata
		for _, g := range d.Tags {
			if g.Name == "code" {
				codes[plainly(t, strings.Trim(g.Value, `"`))] = strings.Fields(d.Text)[0]
			}
		}
	}
	return file, func(code string) string {
		if codes[code] == "" {
			t.Fatalf("no name of %q", code)
		}
		return codes[code]
	}, func(c money.Currency) string { return symbols[c] }
}

// plainly undoes percent-escapes.
func plainly(t testing.TB, s string) string {
	t.Helper()
	s, err := url.PathUnescape(s)
	require.NoError(t, err)
	return s
}

// beancountSays is what beancount holds the balances to be, by its query language.
func beancountSays(t testing.TB, file string) map[string]map[string]string {
	t.Helper()
	run(t, "bean-check", file)
	out := run(t, "bean-query", "-f", "csv", file, "SELECT account, str(number), currency")
	lines := strings.SplitAfter(strings.ReplaceAll(out, "\r", ""), "\n")[1:]
	var b strings.Builder
	for _, l := range lines {
		if strings.TrimSpace(l) == "" {
			continue
		}
		f := strings.Split(strings.TrimSpace(l), ",")
		require.Len(t, f, 3, l)
		b.WriteString(strings.TrimSpace(f[0]) + "|" + strings.Trim(strings.TrimPrefix(strings.TrimSpace(f[1]), "Decimal"), "(')") + "|" + strings.TrimSpace(f[2]) + "\n")
	}
	return told(t, b.String())
}

// Real books, as we write them, have the balances of their trial balance in hledger, ledger and beancount.
func TestProgramsReadOurBooksWithTheTrialBalance(t *testing.T) {
	b := randomBooks(t)
	for f, says := range map[journal.Format]func(testing.TB, string) map[string]map[string]string{
		journal.Hledger: hledgerSays, journal.Ledger: ledgerSays, journal.Beancount: beancountSays} {
		for name, p := range map[string]date.Period{"all": {}, "from a day": {From: date.Must(2024, 9, 1), To: date.Must(2025, 3, 31)}} {
			t.Run(f.String()+" "+name, func(t *testing.T) {
				file, account, symbol := exported(t, b, journal.ExportOptions{Format: f, Period: p})
				want := trial(t, b, p, account, symbol)
				require.Greater(t, len(want), 8)
				j, err := journal.Read(t.Context(), os.DirFS(filepath.Dir(file)), filepath.Base(file), journal.Options{Format: f})
				require.NoError(t, err)
				require.Equal(t, want, figures(j.Balances().Rows()))
				require.Equal(t, want, says(t, file))
			})
		}
	}
}
