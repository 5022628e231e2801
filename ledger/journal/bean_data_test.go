package journal_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger/journal"
)

type beanExpected struct {
	File         string
	Transactions []struct {
		Date, Description, Flag string
		Postings                []struct {
			Account, Commodity string
			Amount             decimal.Decimal
			LotCost            *struct {
				Amount          decimal.Decimal
				Commodity, Date string
			} `json:"lot_cost"`
		}
	}
	Assertions []struct {
		Date, Account, Commodity string
		Amount                   decimal.Decimal
	} `json:"balance_assertions"`
	Balances map[string]map[string]decimal.Decimal
	AtCost   map[string]map[string]decimal.Decimal `json:"balances_at_cost"`
}

func beanLedgers(t testing.TB) (string, []beanExpected) {
	t.Helper()
	dir := data(t)
	raw, err := os.ReadFile(filepath.Join(dir, "expected-beancount.json"))
	require.NoError(t, err)
	var all struct{ Ledgers []beanExpected }
	require.NoError(t, json.Unmarshal(raw, &all))
	require.Len(t, all.Ledgers, 2)
	return dir, all.Ledgers
}

func TestBeancountLedgersGiveTheirBalances(t *testing.T) {
	dir, list := beanLedgers(t)
	for _, e := range list {
		t.Run(e.File, func(t *testing.T) {
			j, err := journal.Read(t.Context(), os.DirFS(dir), e.File, journal.Options{})
			require.NoError(t, err)
			require.Equal(t, journal.Beancount, j.Format)
			require.NoError(t, j.Check())
			require.Equal(t, wanted(e.Balances), figures(j.Balances().Rows()))
			require.Equal(t, wanted(e.AtCost), figures(j.BalancesAtCost().Rows()))
			require.Len(t, j.Transactions, len(e.Transactions))
			for i, want := range e.Transactions {
				got := j.Transactions[i]
				require.Equal(t, want.Date, got.Date.String())
				require.Equal(t, want.Description, got.Description)
				require.Equal(t, want.Flag == "P", got.Flag == 'P')
				require.Len(t, got.Postings, len(want.Postings), want.Description)
				for k, p := range want.Postings {
					q := got.Postings[k]
					require.Equal(t, p.Account, q.Account.Name)
					require.Equal(t, p.Commodity, q.Amount.Commodity.Symbol)
					require.Equal(t, plain(p.Amount), plain(q.Amount.Decimal()))
					if require.Equal(t, p.LotCost != nil, q.Extra != nil && q.Extra.Lot != nil); p.LotCost != nil {
						lot := q.Extra.Lot
						require.Equal(t, plain(p.LotCost.Amount)+p.LotCost.Commodity+p.LotCost.Date,
							plain(lot.Price.Decimal())+lot.Price.Commodity.Symbol+lot.Date.String())
					}
				}
			}
			asserted := 0
			for _, d := range j.Directives {
				if d.Name == "balance" {
					asserted++
				}
			}
			require.Equal(t, len(e.Assertions), asserted)
		})
	}
}
