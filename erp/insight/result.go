package insight

import (
	"context"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// ResultFilter asks for a result.
type ResultFilter struct {
	// By is on whose behalf; zero is the system.
	By storage.Ref
	// Period is what it is of; the zero Period is everything.
	Period date.Period
	// Currency is the one that the report is made in; "" is the tenant's.
	Currency money.Currency
	// Where keeps postings with these values only: the result of a department, say.
	Where ledger.Dims
}

// A Result is the income statement in a few lines.
type Result struct {
	Period   date.Period    `json:"period"`
	Currency money.Currency `json:"currency"`
	Figures
	// Accounts says which account makes which line.
	Accounts []AccountLine `json:"accounts"`
	Coverage Coverage      `json:"coverage"`
	// Tie holds what was kept against the profit of the income statement.
	Tie Tie `json:"tie"`
}

// An AccountLine is what an account adds to a line, as people read it.
type AccountLine struct {
	Line    Line         `json:"line"`
	Account string       `json:"account"`
	Name    string       `json:"name"`
	Type    ledger.Type  `json:"type"`
	Amount  money.Amount `json:"amount"`
}

// Result tells what came in, what it cost and what was kept in a period.
//
// Errors: ErrCurrency, *storage.Invalid, storage.ErrOverflow.
func (i *Insight) Result(ctx context.Context, f ResultFilter) (r Result, err error) {
	err = i.view(ctx, f.By, f.Currency, func(m *moment) error {
		r, err = m.result(ctx, f)
		return err
	})
	return r, err
}

func (m *moment) result(ctx context.Context, f ResultFilter) (r Result, err error) {
	r = Result{Period: f.Period, Currency: m.cur}
	chart, err := m.readChart(ctx)
	if err != nil {
		return r, err
	}
	s, err := m.books.IncomeStatement(ctx, ledger.IncomeFilter{By: m.by, Period: f.Period, Where: f.Where})
	if err != nil {
		return r, err
	}
	if r.Figures, err = m.Layout.Arrange(s, m.cur, chart.parent); err != nil {
		return r, err
	}
	for _, list := range []struct {
		lines []ledger.IncomeLine
		t     ledger.Type
	}{{s.Income, ledger.Income}, {s.Expense, ledger.Expense}} {
		for _, l := range list.lines {
			if l.Currency == m.cur {
				r.Accounts = append(r.Accounts, AccountLine{m.Layout.LineOf(l.Account, list.t, chart.parent), l.Account, l.Name, list.t,
					l.Total})
			}
		}
	}
	r.Coverage.Cost = s.Cost
	r.Tie = Tie{"profit", "what was kept is the profit of the income statement", m.zero, r.Kept}
	for _, t := range s.Totals {
		if t.Currency == m.cur {
			r.Tie.Want = t.Profit.Total
		} else {
			r.Coverage.other(t.Currency)
		}
	}
	return r, nil
}

// chart is the accounts of income and expense by code.
type chart map[string]*ledger.Account

func (c chart) parent(code string) string {
	if a := c[code]; a != nil {
		return a.Parent
	}
	return ""
}

// readChart reads it once a report. It is read as the system: how an account is counted does not depend on who looks.
func (m *moment) readChart(ctx context.Context) (chart, error) {
	if m.chart != nil {
		return m.chart, nil
	}
	c := chart{}
	for a, err := range m.books.Accounts(ctx, ledger.AccountFilter{Types: []ledger.Type{ledger.Income, ledger.Expense}}) {
		if err != nil {
			return nil, err
		}
		c[a.Code] = a
	}
	m.chart = c
	return c, nil
}
