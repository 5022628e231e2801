package ledger

import (
	"context"
	"slices"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// IncomeFilter asks for an income statement.
type IncomeFilter struct {
	By     storage.Ref
	Period date.Period
	// GroupBy makes a column of each value of a dimension; "" makes one column.
	GroupBy Dimension
	Where   Dims
	Chosen
	// Layout adds columns of further periods, which GroupBy excludes, a comparison, or a currency.
	Layout
}

// An IncomeLine is an account, or a total, in one currency: an amount for each column of the statement, and their sum.
type IncomeLine struct {
	Account  string         `json:"account,omitempty"`
	Name     string         `json:"name,omitempty"`
	Currency money.Currency `json:"currency"`
	Values   []money.Amount `json:"values"`
	Total    money.Amount   `json:"total"`
	// Against has what each value is compared with; nothing without a comparison.
	Against []Against `json:"against,omitempty"`
	// others are the amounts compared with, until the line is complete.
	others []money.Amount
}

// An IncomeTotal sums the statement in one currency.
type IncomeTotal struct {
	Currency money.Currency `json:"currency"`
	Income   IncomeLine     `json:"income"`
	Expense  IncomeLine     `json:"expense"`
	// Profit is income less expense.
	Profit IncomeLine `json:"profit"`
}

// IncomeStatement is what was earned and spent in a period, each as people read it: income and expense positive.
type IncomeStatement struct {
	Period  date.Period `json:"period"`
	GroupBy Dimension   `json:"group_by,omitempty"`
	// Columns are the values of the dimension in order; what has none is "", first. A statement that is not grouped has the
	// one column "", or one for each period, called as the period is.
	Columns []string `json:"columns"`
	// Periods are those of the columns of a statement that is not grouped, Others what each is compared with.
	Periods []date.Period `json:"periods,omitempty"`
	Others  []date.Period `json:"others,omitempty"`
	Income  []IncomeLine  `json:"income"`
	Expense []IncomeLine  `json:"expense"`
	Totals  []IncomeTotal `json:"totals"`
	Cost    Cost          `json:"cost"`
}

// IncomeStatement reads income and expense by account. Closing entries do not count, so that a closed year still shows what
// it was.
//
// Errors: *storage.Invalid, ErrCommodity, ErrNoRate, storage.ErrOverflow, those of the budget.
func (b *Books) IncomeStatement(ctx context.Context, f IncomeFilter) (out IncomeStatement, err error) {
	var group []Dimension
	if f.GroupBy != "" {
		group = []Dimension{f.GroupBy}
	}
	var bad faults
	bad.cut(f.Where, group...)
	bad.period(f.Period)
	f.Layout.check(&bad)
	bad.Check(f.GroupBy == "" || len(f.Further) == 0 && f.Compare.isZero(), "group_by", storage.CodeChoice,
		"a dimension or periods, not both")
	if err := bad.err(); err != nil {
		return out, err
	}
	err = b.read(ctx, f.By, func(r *report) (err error) {
		out, err = r.income(ctx, f, group)
		return err
	})
	return out, err
}

func (r *report) income(ctx context.Context, f IncomeFilter, group []Dimension) (out IncomeStatement, err error) {
	out = IncomeStatement{Period: f.Period, GroupBy: f.GroupBy}
	chosen := f.Chosen
	if len(chosen.Types) == 0 {
		chosen.Types = []Type{Income, Expense}
	}
	t, err := r.translate(ctx, f.In)
	if err != nil {
		return out, err
	}
	c := cut{where: f.Where, group: group, daily: t.daily()}
	if err := r.choose(ctx, chosen, &c); err != nil {
		return out, err
	}
	if err := r.accounts(ctx); err != nil {
		return out, err
	}
	columns, others := f.periods(f.Period)
	got, slots, err := r.slots(ctx, &f.Layout, c, columns, others)
	if err != nil {
		return out, err
	}
	values, err := r.values(ctx, got, net, t, t.flow(slots))
	if err != nil {
		return out, err
	}
	list := placesOf(values)
	if f.GroupBy == "" {
		out.Columns = make([]string, len(columns))
		if len(columns) > 1 || len(others) > 0 {
			out.Periods, out.Others = columns, others
			for i, p := range columns {
				out.Columns[i] = p.String()
			}
		}
	} else {
		for _, at := range list {
			out.Columns = append(out.Columns, at.dims.Of(f.GroupBy))
		}
		slices.Sort(out.Columns)
		if out.Columns = slices.Compact(out.Columns); len(out.Columns) == 0 {
			out.Columns = []string{""}
		}
	}
	lines := map[place]*IncomeLine{}
	for _, at := range list {
		name, typ := r.named(at.account)
		if typ != Income && typ != Expense {
			continue
		}
		key := place{account: at.account, currency: at.currency}
		line := lines[key]
		if line == nil {
			list := &out.Income
			if typ == Expense {
				list = &out.Expense
			}
			*list = append(*list, newLine(at.account, name, at.currency, len(out.Columns), len(others)))
			line = &(*list)[len(*list)-1] // good until the next account of the type, when this one is complete
			lines[key] = line
		}
		row := values[at]
		if typ.Sign() < 0 {
			for i := range row {
				row[i] = row[i].Neg()
			}
		}
		if f.GroupBy != "" {
			i, _ := slices.BinarySearch(out.Columns, at.dims.Of(f.GroupBy))
			err = line.add(i, row[0])
		} else {
			err = line.fill(row, 1)
		}
		if err != nil {
			return out, err
		}
	}
	out.Cost = r.cost
	if err := out.sum(len(others)); err != nil {
		return out, err
	}
	return out, out.compare(&f.Compare)
}

// slots reads the figures of columns and of what they are compared with.
func (r *report) slots(ctx context.Context, l *Layout, c cut, columns, others []date.Period) ([]figures, []date.Period, error) {
	slots := append(append([]date.Period(nil), columns...), others...)
	if l.Compare.Budget == nil {
		got, err := r.columns(ctx, c, slots)
		return got, slots, err
	}
	got, err := r.columns(ctx, c, columns)
	if err != nil {
		return nil, nil, err
	}
	planned, err := r.planned(ctx, l, columns, c.where, &c)
	return append(got, planned...), slots, err
}

// placesOf lists places in order.
func placesOf(values map[place][]money.Amount) []place {
	list := make([]place, 0, len(values))
	for at := range values {
		list = append(list, at)
	}
	slices.SortFunc(list, comparePlaces)
	return list
}

func newLine(account, name string, c money.Currency, columns, others int) IncomeLine {
	return IncomeLine{Account: account, Name: name, Currency: c, Values: zeros(c, columns), Total: money.Zero(c),
		others: zeros(c, others)}
}

func (l *IncomeLine) add(column int, v money.Amount) (err error) {
	if l.Values[column], err = l.Values[column].Add(v); err == nil {
		l.Total, err = l.Total.Add(v)
	}
	return err
}

// fill adds a figure to each column and to each that it is compared with.
func (l *IncomeLine) fill(row []money.Amount, sign int64) error {
	n := len(l.Values)
	for i, v := range row[:n] {
		if sign < 0 {
			v = v.Neg()
		}
		if err := l.add(i, v); err != nil {
			return err
		}
	}
	return addAll(l.others, row[n:], sign)
}

// sum fills the totals.
func (s *IncomeStatement) sum(others int) error {
	find := func(c money.Currency) *IncomeTotal {
		for i := range s.Totals {
			if s.Totals[i].Currency == c {
				return &s.Totals[i]
			}
		}
		line := func() IncomeLine { return newLine("", "", c, len(s.Columns), others) }
		s.Totals = append(s.Totals, IncomeTotal{c, line(), line(), line()})
		return &s.Totals[len(s.Totals)-1]
	}
	for _, list := range []struct {
		lines []IncomeLine
		sign  int64
	}{{s.Income, 1}, {s.Expense, -1}} {
		for _, l := range list.lines {
			t, row := find(l.Currency), append(slices.Clone(l.Values), l.others...)
			side := &t.Income
			if list.sign < 0 {
				side = &t.Expense
			}
			if err := side.fill(row, 1); err != nil {
				return err
			}
			if err := t.Profit.fill(row, list.sign); err != nil {
				return err
			}
		}
	}
	return nil
}

// compare completes the lines of a comparison.
func (s *IncomeStatement) compare(c *Compare) error {
	lines := []*IncomeLine{}
	for i := range s.Income {
		lines = append(lines, &s.Income[i])
	}
	for i := range s.Expense {
		lines = append(lines, &s.Expense[i])
	}
	for i := range s.Totals {
		lines = append(lines, &s.Totals[i].Income, &s.Totals[i].Expense, &s.Totals[i].Profit)
	}
	for _, l := range lines {
		for i, other := range l.others {
			a, err := c.against(l.Values[i], other)
			if err != nil {
				return err
			}
			l.Against = append(l.Against, *a)
		}
		l.others = nil
	}
	return nil
}
