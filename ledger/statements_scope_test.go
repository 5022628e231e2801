package ledger_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
)

// One actor sees the postings of a department only, another no salaries.
func TestStatementsShowWhatTheActorMaySee(t *testing.T) {
	agent, clerk := storage.Ref{Kind: "user", ID: "agent"}, storage.Ref{Kind: "user", ID: "clerk"}
	b := ledger.New(open(t, storage.WithScope(func(_ string, by storage.Ref, kind string) storage.Narrowing {
		switch {
		case by == agent && (kind == "ledger.part"):
			return storage.Narrowing{Where: []storage.Cond{storage.Eq("department", "sales")}}
		case by == clerk && kind == "ledger.account":
			return storage.Narrowing{Where: []storage.Cond{storage.Ne("code", ledger.Payroll)}}
		}
		return storage.Narrowing{}
	})))
	for account, d := range map[string]string{ledger.Travel: "sales", ledger.Payroll: "delivery"} {
		e := simple("2017-03-01", account, ledger.Bank, "10")
		e.Legs[0].Dims.Department, e.Legs[1].Dims.Department = d, d
		post(t, b, e)
	}
	_, err := b.Fold(t.Context())
	require.NoError(t, err)
	ctx, march := t.Context(), day("2017-03-01").Month().Period()
	for by, want := range map[storage.Ref][]string{
		agent:         {"-10.00", "-10.00 6400", "-10.00", "10.00 6400"},
		clerk:         {"-20.00", "-10.00  -10.00 6400", "-20.00", "10.00  10.00 6400"},
		{Kind: "all"}: {"-20.00", "-10.00 6010 -10.00 6400", "-20.00", "10.00 6010 10.00 6400"},
	} {
		sheet, err := b.BalanceSheet(ctx, ledger.SheetFilter{By: by})
		require.NoError(t, err)
		flow, err := b.CashFlow(ctx, ledger.CashFilter{By: by, Period: march})
		require.NoError(t, err)
		require.True(t, flow.Ties())
		rows, groups := "", ""
		for _, r := range flow.Parts[0].Rows {
			if r.Kind == ledger.PaymentRow {
				rows += fmt.Sprint(" ", r.Cells[0].Amount.Text(), " ", r.Account)
			}
		}
		why, err := b.ExplainGroups(ctx, ledger.ExplainFilter{By: by, Credit: true, Chosen: ledger.Chosen{Accounts: []string{ledger.Bank}}},
			ledger.ExplainCounter)
		require.NoError(t, err)
		for _, g := range why.Groups {
			groups += fmt.Sprint(" ", g.Amount.Text(), " ", g.Account)
		}
		require.Equal(t, want, []string{sheet.Parts[0].Assets[0].Text(), rows[1:], flow.Parts[0].Closing[0].Text(), groups[1:]}, by)
		if by != clerk {
			continue
		}
		trial, err := b.TrialBalance(ctx, ledger.TrialFilter{By: by, Layout: ledger.Layout{Compare: ledger.Compare{Months: 1}}})
		require.NoError(t, err)
		party, err := b.PartyLedger(ctx, ledger.PartyFilter{By: by, Dimension: ledger.Department, Chosen: ledger.Chosen{
			Types: []ledger.Type{ledger.Expense}}})
		require.NoError(t, err)
		require.Len(t, party.Rows, 1)
		indirect, err := b.CashFlow(ctx, ledger.CashFilter{By: by, Period: march, Indirect: true})
		require.NoError(t, err)
		require.False(t, indirect.Ties(), "and a row says so")
		lines, err := b.Explain(ctx, ledger.ExplainFilter{By: by}, "")
		require.NoError(t, err)
		for _, v := range []any{sheet, flow, why, trial, party, indirect, lines} {
			text, err := json.Marshal(v)
			require.NoError(t, err)
			require.NotContains(t, string(text), ledger.Payroll)
		}
		for r, err := range b.GeneralLedger(ctx, ledger.LedgerFilter{By: by, Period: date.Period{}}) {
			require.NoError(t, err)
			require.NotEqual(t, ledger.Payroll, r.Account)
		}
	}
}
