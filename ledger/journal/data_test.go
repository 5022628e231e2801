package journal_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger/journal"
)

// expected is one journal of expected-balances.json.
type expected struct {
	File         string
	Count        int `json:"transactions_count"`
	Postings     int `json:"postings_count"`
	Balances     map[string]map[string]decimal.Decimal
	Roots        map[string]map[string]decimal.Decimal `json:"root_balances"`
	Transactions []struct {
		Date, Description, Code, Status string
		Postings                        []struct {
			Account, Commodity string
			Amount             decimal.Decimal
		}
	}
}

// data is the folder of journals that nobody of this project wrote; without it the test is skipped.
func data(t testing.TB) string {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "shared", "data", "journals")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no folder ../shared/data/journals beside the repository")
	}
	return dir
}

func journals(t testing.TB) (string, []expected) {
	t.Helper()
	dir := data(t)
	raw, err := os.ReadFile(filepath.Join(dir, "expected-balances.json"))
	require.NoError(t, err)
	var all struct{ Journals []expected }
	require.NoError(t, json.Unmarshal(raw, &all))
	require.Len(t, all.Journals, 71)
	return dir, all.Journals
}

// figures writes balances as account, commodity and number without zeros at the end.
func figures(rows []journal.Balance) map[string]map[string]string {
	out := map[string]map[string]string{}
	for _, b := range rows {
		if out[b.Account.Name] == nil {
			out[b.Account.Name] = map[string]string{}
		}
		out[b.Account.Name][b.Amount.Commodity.Symbol] = plain(b.Amount.Decimal())
	}
	return out
}

// plain is a decimal without zeros at the end.
func plain(d decimal.Decimal) string {
	if s := d.String(); s != "-0" {
		return s
	}
	return "0"
}

func wanted(list map[string]map[string]decimal.Decimal) map[string]map[string]string {
	out := map[string]map[string]string{}
	for account, row := range list {
		for c, n := range row {
			if n.IsZero() {
				continue
			}
			if out[account] == nil {
				out[account] = map[string]string{}
			}
			out[account][c] = plain(n)
		}
	}
	return out
}

func TestAllJournalsGiveTheirBalances(t *testing.T) {
	dir, list := journals(t)
	for _, f := range []journal.Format{journal.Hledger, journal.Ledger} {
		for _, e := range list {
			t.Run(f.String()+"/"+e.File, func(t *testing.T) {
				j, err := journal.Read(t.Context(), os.DirFS(dir), e.File, journal.Options{Format: f})
				require.NoError(t, err)
				require.NoError(t, j.Check())
				require.Equal(t, wanted(e.Balances), figures(j.Balances().Rows()))
				require.Len(t, j.Transactions, e.Count)
				require.Equal(t, wanted(e.Roots), byRoot(j))
				if e.Transactions != nil {
					require.Equal(t, explicit(e), listed(j))
				}
			})
		}
	}
}

// byRoot sums balances by the first part of the account's name.
func byRoot(j *journal.Journal) map[string]map[string]string {
	sums := map[string]map[string]decimal.Decimal{}
	for _, b := range j.Balances().Rows() {
		root := b.Account.Root()
		if sums[root] == nil {
			sums[root] = map[string]decimal.Decimal{}
		}
		symbol := b.Amount.Commodity.Symbol
		sums[root][symbol] = sums[root][symbol].Add(b.Amount.Decimal())
	}
	return wanted(sums)
}

// explicit lists the transactions with all amounts, by date, the postings of one account together where an amount of several commodities
// was left out, and none of nothing.
func explicit(e expected) (out []string) {
	for _, x := range e.Transactions {
		line := x.Date + " " + x.Status + " " + x.Code + " " + strings.TrimSpace(x.Description)
		for _, p := range x.Postings {
			if !p.Amount.IsZero() {
				line += " | " + p.Account + " " + plain(p.Amount) + " " + p.Commodity
			}
		}
		out = append(out, line)
	}
	return out
}

func listed(j *journal.Journal) (out []string) {
	list := slices.Clone(j.Transactions)
	slices.SortStableFunc(list, func(a, b *journal.Transaction) int { return a.Date.Compare(b.Date) })
	for _, x := range list {
		line := x.Date.String() + " " + [...]string{"Unmarked", "Pending", "Cleared"}[x.Status] + " " + x.Code + " " + x.Description
		for _, p := range x.Postings {
			if !p.Amount.IsZero() {
				line += " | " + p.Account.Name + " " + plain(p.Amount.Decimal()) + " " + p.Amount.Commodity.Symbol
			}
		}
		out = append(out, line)
	}
	return out
}
