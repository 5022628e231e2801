package insight

import (
	"cmp"
	"context"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// MarginFilter asks for a table of margins.
type MarginFilter struct {
	// By is on whose behalf; zero is the system.
	By       storage.Ref
	Period   date.Period
	Currency money.Currency
	// Per is the dimension whose values are the rows.
	Per ledger.Dimension
	// Where keeps postings with these values only: the products of one region, say.
	Where ledger.Dims
	// Unnamed leaves out what the values are called, which costs a look-up each.
	Unnamed bool
}

// Tables lists the dimensions that margins are usually asked for.
func Tables() []ledger.Dimension {
	return []ledger.Dimension{ledger.Customer, ledger.Product, ledger.Project, ledger.Department, ledger.CostCentre, ledger.Person,
		ledger.Region, ledger.Deal}
}

// None is what a row is called that has no value.
const None = "(none)"

// A Margin is a row: what one value of a dimension brought in and what was kept of it.
type Margin struct {
	// Value is the value's identifier, "" for postings that have none; Name is what people call it.
	Value string `json:"value"`
	Name  string `json:"name"`
	Figures
	Postings int64 `json:"postings"`
}

// A MarginTable has a row for each value, the largest gross profit first, and last the row of what has no value.
type MarginTable struct {
	Per      ledger.Dimension `json:"per"`
	Period   date.Period      `json:"period"`
	Currency money.Currency   `json:"currency"`
	Rows     []Margin         `json:"rows"`
	Total    Figures          `json:"total"`
	// Assigned is how much of the revenue has a value, in percent.
	Assigned decimal.Decimal `json:"assigned"`
	Coverage Coverage        `json:"coverage"`
	// Ties hold the rows' sums against the gross profit and the profit of the income statement.
	Ties []Tie `json:"ties"`
}

// Row returns the row of a value.
func (t MarginTable) Row(value string) (Margin, bool) {
	for _, r := range t.Rows {
		if r.Value == value {
			return r, true
		}
	}
	return Margin{}, false
}

// Margins tells where money is kept: for each value of a dimension what it brought in, what that cost directly, and what was
// kept.
//
// Errors: ErrCurrency, *storage.Invalid, storage.ErrOverflow.
func (i *Insight) Margins(ctx context.Context, f MarginFilter) (t MarginTable, err error) {
	err = i.view(ctx, f.By, f.Currency, func(m *moment) error {
		result, err := m.result(ctx, ResultFilter{Period: f.Period, Where: f.Where})
		if err != nil {
			return err
		}
		t, err = m.margins(ctx, f, &result)
		return err
	})
	return t, err
}

// margins makes a table and ties it to the result of the same period.
func (m *moment) margins(ctx context.Context, f MarginFilter, result *Result) (t MarginTable, err error) {
	t = MarginTable{Per: f.Per, Period: f.Period, Currency: m.cur, Total: nothing(m.cur)}
	chart, err := m.readChart(ctx)
	if err != nil {
		return t, err
	}
	cut, err := m.books.Totals(ctx, ledger.TotalsFilter{By: m.by, Period: f.Period, Where: f.Where,
		GroupBy: []ledger.Dimension{f.Per}, ByAccount: true,
		Chosen: ledger.Chosen{Types: []ledger.Type{ledger.Income, ledger.Expense}}})
	if err != nil {
		return t, err
	}
	rows := map[string]*Margin{}
	for _, row := range cut.Rows {
		if row.Currency != m.cur {
			t.Coverage.other(row.Currency)
			continue
		}
		value := row.Dims.Of(f.Per)
		at := rows[value]
		if at == nil {
			at = &Margin{Value: value, Figures: nothing(m.cur)}
			rows[value] = at
		}
		line, profit := m.Layout.LineOf(row.Account, chart[row.Account].Type, chart.parent), row.Amount.Neg()
		if err := at.add(line, profit); err != nil {
			return t, err
		}
		if err := t.Total.add(line, profit); err != nil {
			return t, err
		}
		at.Postings += row.Count
		t.Coverage.Postings += row.Count
	}
	t.Coverage.Cost = cut.Cost
	t.Rows = sorted(rows)
	t.Total = t.Total.rated()
	with := t.Total.Revenue
	if none, ok := t.Row(""); ok {
		if with, err = with.Sub(none.Revenue); err != nil {
			return t, err
		}
	}
	t.Assigned = Percent(with, t.Total.Revenue, 2)
	t.Ties = []Tie{
		{"gross_by_" + string(f.Per), "the table by " + string(f.Per) + " sums to the gross profit of the income statement",
			result.Gross, t.Total.Gross},
		{"profit_by_" + string(f.Per), "the table by " + string(f.Per) + " sums to the profit of the income statement", result.Kept,
			t.Total.Kept},
	}
	return t, m.nameRows(ctx, f, t.Rows)
}

// sorted lists rows, the largest gross profit first and what has no value last.
func sorted(rows map[string]*Margin) []Margin {
	list := make([]Margin, 0, len(rows))
	for _, r := range rows {
		r.Figures = r.rated()
		list = append(list, *r)
	}
	slices.SortFunc(list, func(a, b Margin) int {
		if (a.Value == "") != (b.Value == "") {
			return cmp.Compare(b.Value, a.Value)
		}
		return cmp.Or(b.Gross.Decimal().Cmp(a.Gross.Decimal()), cmp.Compare(a.Value, b.Value))
	})
	return list
}

func (m *moment) nameRows(ctx context.Context, f MarginFilter, rows []Margin) error {
	for i := range rows {
		rows[i].Name = rows[i].Value
	}
	if n := len(rows); n > 0 && rows[n-1].Value == "" {
		rows[n-1].Name = None
		rows = rows[:n-1]
	}
	if f.Unnamed {
		return nil
	}
	for i := range rows {
		name, err := m.called(ctx, m.ref(f.Per, rows[i].Value))
		if err != nil {
			return err
		}
		rows[i].Name = name
	}
	return nil
}
