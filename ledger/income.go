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
}

// An IncomeLine is an account, or a total, in one currency: an amount for each column of the statement, and their sum.
type IncomeLine struct {
	Account  string         `json:"account,omitempty"`
	Name     string         `json:"name,omitempty"`
	Currency money.Currency `json:"currency"`
	Values   []money.Amount `json:"values"`
	Total    money.Amount   `json:"total"`
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
	// one column "".
	Columns []string      `json:"columns"`
	Income  []IncomeLine  `json:"income"`
	Expense []IncomeLine  `json:"expense"`
	Totals  []IncomeTotal `json:"totals"`
	Cost    Cost          `json:"cost"`
}

// IncomeStatement reads income and expense by account. Closing entries do not count, so that a closed year still shows what
// it was.
//
// Errors: *storage.Invalid, storage.ErrOverflow.
func (b *Books) IncomeStatement(ctx context.Context, f IncomeFilter) (out IncomeStatement, err error) {
	var group []Dimension
	if f.GroupBy != "" {
		group = []Dimension{f.GroupBy}
	}
	if err := checkCut(f.Where, group...); err != nil {
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
	c := cut{period: f.Period, where: f.Where, group: group}
	if err := r.choose(ctx, chosen, &c); err != nil {
		return out, err
	}
	got, err := r.gather(ctx, c)
	if err != nil {
		return out, err
	}
	if err := r.accounts(ctx); err != nil {
		return out, err
	}
	columns := map[string]int{}
	for at := range got {
		if v := at.dims.Of(f.GroupBy); columns[v] == 0 {
			columns[v] = 1
			out.Columns = append(out.Columns, v)
		}
	}
	if slices.Sort(out.Columns); len(out.Columns) == 0 {
		out.Columns = []string{""}
	}
	lines := map[place]*IncomeLine{}
	for _, at := range got.places() {
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
			*list = append(*list, newLine(at.account, name, at.currency, len(out.Columns)))
			line = &(*list)[len(*list)-1] // good until the next account of the type, when this one is complete
			lines[key] = line
		}
		x := got[at]
		v, err := r.amount(ctx, at.currency, typ.Sign()*(x.debit-x.credit))
		if err != nil {
			return out, err
		}
		i, _ := slices.BinarySearch(out.Columns, at.dims.Of(f.GroupBy))
		if err := line.add(i, v); err != nil {
			return out, err
		}
	}
	out.Cost = r.cost
	return out, out.sum()
}

func newLine(account, name string, c money.Currency, columns int) IncomeLine {
	l := IncomeLine{Account: account, Name: name, Currency: c, Values: make([]money.Amount, columns), Total: money.Zero(c)}
	for i := range l.Values {
		l.Values[i] = money.Zero(c)
	}
	return l
}

func (l *IncomeLine) add(column int, v money.Amount) (err error) {
	if l.Values[column], err = l.Values[column].Add(v); err == nil {
		l.Total, err = l.Total.Add(v)
	}
	return err
}

// sum fills the totals.
func (s *IncomeStatement) sum() error {
	find := func(c money.Currency) *IncomeTotal {
		for i := range s.Totals {
			if s.Totals[i].Currency == c {
				return &s.Totals[i]
			}
		}
		n := len(s.Columns)
		s.Totals = append(s.Totals, IncomeTotal{c, newLine("", "", c, n), newLine("", "", c, n), newLine("", "", c, n)})
		return &s.Totals[len(s.Totals)-1]
	}
	for _, l := range s.Income {
		t := find(l.Currency)
		for i, v := range l.Values {
			if err := t.Income.add(i, v); err != nil {
				return err
			}
			if err := t.Profit.add(i, v); err != nil {
				return err
			}
		}
	}
	for _, l := range s.Expense {
		t := find(l.Currency)
		for i, v := range l.Values {
			if err := t.Expense.add(i, v); err != nil {
				return err
			}
			if err := t.Profit.add(i, v.Neg()); err != nil {
				return err
			}
		}
	}
	return nil
}
