package acceptance_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// explained sums what the filters of a figure list, page by page, and in groups.
func (w *bookworm) explained(want money.Amount, filters []ledger.ExplainFilter, what any) {
	w.t.Helper()
	lines, groups := money.Zero(want.Currency()), money.Zero(want.Currency())
	var err error
	by := []ledger.ExplainBy{ledger.ExplainMonth, ledger.ExplainAccount, ledger.ExplainSource, ledger.ExplainCounter}[w.rng.IntN(4)]
	for _, f := range filters {
		f.Limit = 1 + w.rng.IntN(30)
		for from := storage.Cursor(""); ; {
			page, err := w.b.Explain(w.t.Context(), f, from)
			require.NoError(w.t, err)
			for _, x := range page.Items {
				lines, err = lines.Add(x.Amount)
				require.NoError(w.t, err)
				require.True(w.t, f.Period.Contains(x.Date))
				require.NotEmpty(w.t, x.Source.Kind)
			}
			if from = page.Next; from == "" {
				break
			}
		}
		got, err := w.b.ExplainGroups(w.t.Context(), f, by)
		require.NoError(w.t, err)
		for _, total := range got.Total {
			groups, err = groups.Add(total)
			require.NoError(w.t, err)
		}
		sum := money.Zero(want.Currency())
		for _, g := range got.Groups {
			sum, err = sum.Add(g.Amount)
			require.NoError(w.t, err)
		}
		if len(got.Total) > 0 {
			require.Equal(w.t, got.Total[0], sum)
		}
	}
	require.NoError(w.t, err)
	require.Equal(w.t, want, lines, "lines of %+v: %+v", what, filters)
	require.Equal(w.t, want, groups, "%s of %+v: %+v", by, what, filters)
}

// explainSheet asks some figures of each statement what they are made of.
func (w *bookworm) explainStatements(share int) {
	t, ctx := w.t, w.t.Context()
	skip := func() bool { return w.rng.IntN(share) > 0 }
	f := ledger.SheetFilter{Date: w.day(), Where: w.dims()}
	if w.rng.IntN(3) == 0 {
		f.Types = []ledger.Type{ledger.Asset, ledger.Expense}
	}
	sheet, err := w.b.BalanceSheet(ctx, f)
	require.NoError(t, err)
	for i, p := range sheet.Parts {
		for j, r := range p.Rows {
			if !skip() {
				w.explained(r.Cells[0].Amount, f.Explain(sheet, i, j, 0), r)
			}
		}
	}
	income := ledger.IncomeFilter{Period: w.period(), GroupBy: ledger.Department}
	statement, err := w.b.IncomeStatement(ctx, income)
	require.NoError(t, err)
	for i, typ := range []ledger.Type{ledger.Income, ledger.Expense, ""} {
		lines := [][]ledger.IncomeLine{statement.Income, statement.Expense, nil}[i]
		for _, total := range statement.Totals {
			lines = append(lines, []ledger.IncomeLine{total.Income, total.Expense, total.Profit}[i])
		}
		for _, l := range lines {
			for column, v := range l.Values {
				if !skip() {
					w.explained(v, income.Explain(statement, l, typ, column), l)
				}
			}
		}
	}
	tf := ledger.TrialFilter{Period: w.period()}
	trial, err := w.b.TrialBalance(ctx, tf)
	require.NoError(t, err)
	for _, r := range append(trial.Rows, trial.Totals...) {
		for i, v := range []money.Amount{r.Opening, r.Debit, r.Credit, r.Closing} {
			figure := []ledger.TrialFigure{ledger.TrialOpening, ledger.TrialDebit, ledger.TrialCredit, ledger.TrialClosing}[i]
			if !skip() {
				w.explained(v, tf.Explain(trial, r, figure), r)
			}
		}
	}
	for _, indirect := range []bool{false, true} {
		cf := ledger.CashFilter{Period: w.period(), Indirect: indirect}
		if w.rng.IntN(3) == 0 {
			cf.Where = w.dims()
		}
		flow, err := w.b.CashFlow(ctx, cf)
		require.NoError(t, err)
		for i, p := range flow.Parts {
			for j, r := range p.Rows {
				if r.Kind != ledger.DifferenceRow && !skip() {
					w.explained(r.Cells[0].Amount, cf.Explain(flow, i, j, 0), r)
				}
			}
		}
	}
}

// checkLedgers ties the general ledger, whole and in pages, and the ledger by a dimension to the trial balance.
func (w *bookworm) checkLedgers() {
	t, ctx, p, where := w.t, w.t.Context(), w.period(), w.dims()
	trial, err := w.b.TrialBalance(ctx, ledger.TrialFilter{Period: p, Where: where})
	require.NoError(t, err)
	f := ledger.LedgerFilter{Period: p, Where: where, Limit: 1 + w.rng.IntN(40)}
	all := each(t, w.b.GeneralLedger(ctx, f))
	var paged []*ledger.LedgerRow
	for from := storage.Cursor(""); ; {
		page, err := w.b.GeneralLedgerPage(ctx, f, from)
		require.NoError(t, err)
		paged = append(paged, page.Items...)
		if from = page.Next; from == "" {
			break
		}
	}
	require.Equal(t, all, paged)
	var ends []*ledger.LedgerRow
	balance, lines := map[string]money.Amount{}, 0
	for _, r := range all {
		at := r.Account + string(r.Currency)
		switch r.Kind {
		case ledger.OpeningRow:
			balance[at] = r.Balance
		case ledger.LineRow:
			lines++
			balance[at], err = balance[at].Add(r.Line.Amount)
			require.NoError(t, err)
			require.Equal(t, balance[at], r.Balance)
		case ledger.EndRow:
			require.Equal(t, balance[at], r.Balance)
			ends = append(ends, r)
		}
	}
	require.Len(t, ends, len(trial.Rows))
	for i, r := range trial.Rows {
		require.Equal(t, []any{r.Account, r.Currency, r.Debit, r.Credit, r.Closing},
			[]any{ends[i].Account, ends[i].Currency, ends[i].Debit, ends[i].Credit, ends[i].Balance})
	}
	count := 0
	for _, m := range w.moves {
		if p.Contains(m.day) && w.has(m, where) {
			count++
		}
	}
	require.Equal(t, count, lines)

	party, err := w.b.PartyLedger(ctx, ledger.PartyFilter{Dimension: ledger.Customer, Period: p,
		Chosen: ledger.Chosen{Types: []ledger.Type{ledger.Asset}}})
	require.NoError(t, err)
	for _, r := range party.Rows {
		of := func(in func(date.Date) bool) money.Amount {
			return w.sum(r.Currency, func(m motion) bool {
				return bookTypes[m.account] == ledger.Asset && m.dims.Customer == r.Value && in(m.day)
			})
		}
		require.Equal(t, of(func(d date.Date) bool { return d.Before(p.From) }), r.Opening)
		require.Equal(t, of(func(d date.Date) bool { return p.To.IsZero() || !d.After(p.To) }), r.Closing)
		moved, err := r.Debit.Sub(r.Credit)
		require.NoError(t, err)
		require.Equal(t, of(p.Contains), moved)
	}
}

func TestEveryFigureIsTheSumOfItsExplanation(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		seeds, share := []uint64{3}, 12
		if e.fast {
			seeds, share = []uint64{3, 4, rand.Uint64()}, 2
		}
		for _, seed := range seeds {
			t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
				w := newBookworm(t, e, seed)
				for range 2 {
					w.post(40)
					w.explainStatements(share)
					w.checkLedgers()
					_, err := w.b.Fold(t.Context())
					require.NoError(t, err)
				}
			})
		}
	})
}
