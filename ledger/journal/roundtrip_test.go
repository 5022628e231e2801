package journal_test

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger/journal"
)

// dump writes all that a journal says, but for places in files.
func dump(j *journal.Journal) string {
	var b strings.Builder
	for _, t := range j.Transactions {
		e := t.Extra
		if e == nil {
			e = &journal.TransactionExtra{}
		}
		fmt.Fprintf(&b, "%s %s %d %q %q %d %q %q %q %q\n", t.Date, e.Date2, t.Status, t.Code, t.Description, t.Flag, e.Payee, e.Comment,
			tags(e.Tags), e.Links)
		for i := range t.Postings {
			p := &t.Postings[i]
			e := p.Extra
			if e == nil {
				e = &journal.PostingExtra{}
			}
			fmt.Fprintf(&b, "  %d %d %s %s %v %q %s %q %d", p.Status, p.Kind, p.Account.Name, p.Amount, p.Inferred() && j.Format != journal.Ledger, e.Comment, e.Date, tags(e.Tags), e.Flag)
			if c := e.Cost; c != nil {
				fmt.Fprintf(&b, " cost %s %v %v", c.Amount, c.Total, c.Virtual)
			}
			if l := e.Lot; l != nil {
				fmt.Fprintf(&b, " lot %s %v %v %s %q", l.Price, l.Total, l.Fixed, l.Date, l.Label)
			}
			if a := e.Assertion; a != nil {
				fmt.Fprintf(&b, " holds %s %v %v", a.Amount, a.All, a.Under)
			}
			b.WriteByte('\n')
		}
	}
	for _, p := range j.Prices {
		fmt.Fprintf(&b, "%s %q %s\n", p.Date, p.Commodity.Symbol, p.Amount)
	}
	accounts := slices.Clone(j.Accounts)
	slices.SortFunc(accounts, func(a, b *journal.Account) int { return strings.Compare(a.Name, b.Name) })
	for _, a := range accounts {
		if a.Declared {
			fmt.Fprintf(&b, "account %q %q %q %v %s %s %s\n", a.Name, a.Type, a.Comment, a.Currencies, a.Booking, a.Opened, a.Closed)
		}
	}
	for _, d := range j.Directives {
		fmt.Fprintf(&b, "%s %s %q %q\n", d.Date, d.Name, d.Text, tags(d.Tags))
	}
	return b.String()
}

// tags leaves out what has neither name nor value.
func tags(list []journal.Tag) (out []string) {
	for _, t := range list {
		out = append(out, t.Name+": "+t.Value)
	}
	return out
}

// again writes a journal and reads it back.
func again(t testing.TB, j *journal.Journal, f journal.Format) (*journal.Journal, string) {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, journal.Write(&b, j, f))
	back, err := journal.Parse(b.String(), journal.Options{Format: f, Name: "written"})
	require.NoError(t, err, b.String())
	return back, b.String()
}

func TestWhatIsWrittenIsReadAgainTheSame(t *testing.T) {
	dir, list := journals(t)
	for _, f := range []journal.Format{journal.Hledger, journal.Ledger} {
		for _, e := range list {
			t.Run(f.String()+"/"+e.File, func(t *testing.T) {
				j, err := journal.Read(t.Context(), os.DirFS(dir), e.File, journal.Options{Format: f})
				require.NoError(t, err)
				back, text := again(t, j, f)
				require.Equal(t, dump(j), dump(back))
				_, second := again(t, back, f)
				require.Equal(t, text, second)
				for _, other := range []journal.Format{journal.Hledger, journal.Ledger} {
					across, _ := again(t, j, other)
					require.Equal(t, figures(j.Balances().Rows()), figures(across.Balances().Rows()))
					require.NoError(t, across.Check())
				}
			})
		}
	}
	_, beans := beanLedgers(t)
	for _, e := range beans {
		t.Run(e.File, func(t *testing.T) {
			j, err := journal.Read(t.Context(), os.DirFS(dir), e.File, journal.Options{})
			require.NoError(t, err)
			back, text := again(t, j, journal.Beancount)
			require.Equal(t, dump(j), dump(back))
			_, second := again(t, back, journal.Beancount)
			require.Equal(t, text, second)
			for _, other := range []journal.Format{journal.Hledger, journal.Ledger} {
				across, _ := again(t, j, other)
				require.Equal(t, figures(j.Balances().Rows()), figures(across.Balances().Rows()))
			}
			run(t, "bean-check", written(t, j, journal.Beancount))
			require.Equal(t, wanted(e.Balances), hledgerSays(t, written(t, j, journal.Hledger)))
			require.Equal(t, wanted(e.Balances), ledgerSays(t, written(t, j, journal.Ledger)))
		})
	}
}
