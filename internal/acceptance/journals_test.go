package acceptance_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/journal"
	"github.com/tutas/tutas/storage"
)

// someJournal holds transactions in several commodities, some of them exchanges.
func someJournal(n int) string {
	r := rand.New(rand.NewPCG(5, 13))
	var b strings.Builder
	b.WriteString("account assets  ; type:A\n")
	for i := range n {
		fmt.Fprintf(&b, "\n%s * (%d) Payee %d\n", date.Must(2025, 1, 1).AddDays(r.IntN(300)), i, i%7)
		switch i % 4 {
		case 0:
			fmt.Fprintf(&b, "    assets:stock %d    %d SHARE @ %d.%02d EUR\n    assets:bank\n", i%3, 1+r.IntN(20), r.IntN(90), r.IntN(100))
		case 1:
			fmt.Fprintf(&b, "    expenses:food    $%d.%02d  ; customer: c%d\n    liabilities:card\n", r.IntN(900), 1+r.IntN(99), i%5)
		default:
			fmt.Fprintf(&b, "    expenses:rent    %d.%02d EUR\n    expenses:power    %d EUR\n    assets:bank\n", r.IntN(900), r.IntN(100), 1+r.IntN(50))
		}
	}
	return b.String()
}

// held is a trial balance as texts.
func held(t *testing.T, b *ledger.Books) (list []string) {
	t.Helper()
	trial, err := b.TrialBalance(t.Context(), ledger.TrialFilter{})
	require.NoError(t, err)
	for _, row := range trial.Totals {
		require.True(t, row.Closing.IsZero())
	}
	for _, row := range trial.Rows {
		if !row.Closing.IsZero() {
			list = append(list, row.Account+" "+row.Closing.Text()+" "+string(row.Currency))
		}
	}
	return list
}

func TestJournalsGoIntoBooksAndOutAgain(t *testing.T) {
	j, err := journal.Parse(someJournal(120), journal.Options{})
	require.NoError(t, err)
	onEach(t, func(t *testing.T, e engine) {
		w := begin(t, e.open(t), nil, nil)
		c, err := w.Create(t.Context(), storage.Tenant{ID: "acme", Currency: "EUR"})
		require.NoError(t, err)
		o := journal.ImportOptions{Exchange: "equity:exchange", Batch: 50}

		// Nothing is left of an import whose transaction fails.
		stop := errors.New("stop")
		before := held(t, c.Books)
		require.ErrorIs(t, c.Update(t.Context(), func(tx *storage.Tx) error {
			_, err := journal.Import(t.Context(), c.Books.In(tx), j, o)
			require.NoError(t, err)
			return stop
		}), stop)
		require.Equal(t, before, held(t, c.Books))

		first, err := journal.Import(t.Context(), c.Books, j, o)
		require.NoError(t, err)
		require.Len(t, first.Entries, 120)
		once := held(t, c.Books)
		again, err := journal.Import(t.Context(), c.Books, j, o)
		require.NoError(t, err)
		require.Equal(t, len(first.Entries), len(again.Entries))
		require.Empty(t, again.Accounts)
		require.Equal(t, once, held(t, c.Books))
		for _, b := range j.Balances().Rows() {
			code := map[string]string{"$": "USD"}[b.Amount.Commodity.Symbol]
			if code == "" {
				code = b.Amount.Commodity.Symbol
			}
			found := false
			for _, line := range once {
				if rest, ok := strings.CutPrefix(line, b.Account.Name+" "); ok && strings.HasSuffix(rest, " "+code) {
					n, err := journal.Parse("2025-01-01\n  a  "+rest+"\n  b\n", journal.Options{})
					require.NoError(t, err)
					found = n.Balances().Of("a", code).Equal(b.Amount.Number)
				}
			}
			require.True(t, found, "%s %s is not among %q", b.Account.Name, b.Amount, once)
		}

		// Out, and into other books.
		for _, f := range []journal.Format{journal.Hledger, journal.Ledger, journal.Beancount} {
			var text bytes.Buffer
			require.NoError(t, journal.Export(t.Context(), c.Books, &text, journal.ExportOptions{Format: f}))
			back, err := journal.Parse(text.String(), journal.Options{Format: f})
			require.NoError(t, err)
			require.NoError(t, back.Check())
			require.Len(t, back.Transactions, 120)
			if f == journal.Beancount {
				continue // its names are others
			}
			other, err := w.Create(t.Context(), storage.Tenant{ID: f.String(), Currency: "EUR"})
			require.NoError(t, err)
			_, err = journal.Import(t.Context(), other.Books, back, journal.ImportOptions{})
			require.NoError(t, err)
			require.Equal(t, once, held(t, other.Books))
		}
	})
}
