package ledger

import (
	"context"
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// A Layout says which columns a statement has; the zero Layout is one column, in each currency by itself.
type Layout struct {
	// Further are columns beside the first: months, quarters, years. A balance sheet is as of their last days.
	Further []date.Period `json:"further,omitempty"`
	Compare Compare       `json:"compare"`
	In      Translation   `json:"in"`
}

// Compare sets each column against another period or against what was planned; the zero Compare does not.
type Compare struct {
	// With is the period that the only column is compared with.
	With date.Period `json:"with"`
	// Months compares each column with the period so many months before it: 12 is the same a year ago.
	Months int `json:"months,omitempty"`
	// Budget compares each column with what was planned for it.
	Budget Budget `json:"-"`
	// Places is the number of decimals of percents: one if zero, none if negative. They are rounded by Mode, half up if zero.
	Places int        `json:"places,omitempty"`
	Mode   money.Mode `json:"mode,omitempty"`
}

func (c *Compare) isZero() bool { return c.With == (date.Period{}) && c.Months == 0 && c.Budget == nil }

// A Budget says what was planned. Package cost has one; a host may bring its own.
type Budget interface {
	// Planned returns the figures for a period, each account and currency any number of times: debits positive, as in the
	// books. For a balance sheet the period has no beginning, and the figures are balances.
	Planned(ctx context.Context, tx *storage.Tx, f BudgetFilter) ([]Planned, error)
}

// A BudgetFilter asks for planned figures.
type BudgetFilter struct {
	// By is on whose behalf; zero is the system.
	By     storage.Ref
	Period date.Period
	Where  Dims
}

// Planned is a figure of a budget.
type Planned struct {
	Account string
	Amount  money.Amount
}

// A Cell is one figure of a statement, beside what it is compared with.
type Cell struct {
	Amount  money.Amount `json:"amount"`
	Against *Against     `json:"against,omitempty"`
}

// Against is what a figure is compared with.
type Against struct {
	Amount money.Amount `json:"amount"`
	// Difference is the figure less Amount.
	Difference money.Amount `json:"difference"`
	// Percent is Difference in percent of Amount without its sign; nothing where Amount is zero.
	Percent *decimal.Decimal `json:"percent,omitempty"`
}

// against compares a figure with another.
func (c *Compare) against(a, other money.Amount) (*Against, error) {
	d, err := a.Sub(other)
	if err != nil {
		return nil, err
	}
	out := &Against{Amount: other, Difference: d}
	if other.IsZero() {
		return out, nil
	}
	places := c.Places
	if places == 0 {
		places = 1
	}
	p, err := d.MulQuoAt(decimal.NewFromInt(100), other.Abs().Decimal(), max(places, 0), c.Mode)
	if err != nil {
		return nil, err
	}
	percent := p.Decimal()
	out.Percent = &percent
	return out, nil
}

// cells makes cells of the figures of a row: the columns and then, where there is a comparison, what each is compared with.
func (c *Compare) cells(values []money.Amount, columns int) ([]Cell, error) {
	out := make([]Cell, columns)
	for i := range out {
		out[i].Amount = values[i]
		if len(values) == columns {
			continue
		}
		var err error
		if out[i].Against, err = c.against(values[i], values[columns+i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// periods lists the columns, and what they are compared with; for a budget that is the columns again.
func (l *Layout) periods(first date.Period) (columns, others []date.Period) {
	columns = append([]date.Period{first}, l.Further...)
	for _, p := range columns {
		switch {
		case l.Compare.Budget != nil:
			others = append(others, p)
		case l.Compare.Months != 0:
			others = append(others, monthsBefore(p, l.Compare.Months))
		case l.Compare.With != (date.Period{}):
			others = append(others, l.Compare.With)
		}
	}
	return columns, others
}

// monthsBefore is a period some months earlier: from the same day, to the same day or, from the end of a month, to an end of
// month.
func monthsBefore(p date.Period, n int) date.Period {
	if !p.From.IsZero() {
		p.From = p.From.AddMonths(-n)
	}
	if to := p.To; !to.IsZero() {
		if p.To = to.AddMonths(-n); to == to.EndOfMonth() {
			p.To = p.To.EndOfMonth()
		}
	}
	return p
}

// maxColumns bounds how many columns a statement has.
const maxColumns = 400

// check notes what cannot be laid out.
func (l *Layout) check(bad *faults) {
	bad.Check(len(l.Further) < maxColumns, "further", storage.CodeTooLong, "")
	for i, p := range l.Further {
		bad.Check(!p.Empty(), "further."+strconv.Itoa(i), storage.CodeRange, "it ends before it begins")
	}
	ways := 0
	for _, on := range []bool{l.Compare.With != (date.Period{}), l.Compare.Months != 0, l.Compare.Budget != nil} {
		if on {
			ways++
		}
	}
	bad.Check(ways <= 1, "compare", storage.CodeChoice, "one of with, months and budget")
	bad.Check(!l.Compare.With.Empty(), "compare.with", storage.CodeRange, "it ends before it begins")
	bad.Check(l.Compare.With == (date.Period{}) || len(l.Further) == 0, "compare.with", storage.CodeChoice,
		"one period beside several columns")
	bad.Check(l.Compare.Months >= -12*LastYear && l.Compare.Months <= 12*LastYear, "compare.months", storage.CodeRange, "")
	bad.Check(l.Compare.Places <= 12, "compare.places", storage.CodeRange, "")
	_, err := l.Compare.Mode.MarshalText()
	bad.Check(err == nil, "compare.mode", storage.CodeChoice, "")
	l.In.check(bad)
}

// planned reads what a budget says of each column.
func (r *report) planned(ctx context.Context, l *Layout, columns []date.Period, where Dims, c *cut) ([]figures, error) {
	out := make([]figures, len(columns))
	for i, p := range columns {
		out[i] = figures{}
		list, err := l.Compare.Budget.Planned(ctx, r.tx, BudgetFilter{By: r.by, Period: p, Where: where})
		if err != nil {
			return nil, err
		}
		for _, f := range list {
			if c.chosen != nil && !c.chosen(f.Account) {
				continue
			}
			if _, err := r.amount(ctx, f.Amount.Currency(), 0); err != nil { // learns the scale
				return nil, err
			}
			scale, _ := r.rules.scale(f.Amount.Currency())
			n, code := minor(f.Amount, scale)
			if code != "" {
				return nil, &storage.Invalid{Fields: []storage.Fault{{Path: "compare.budget", Code: code, Text: f.Amount.String()}}}
			}
			debit, credit := max(n, 0), max(-n, 0)
			if err := out[i].add(place{account: f.Account, currency: f.Amount.Currency()}, debit, credit, 1); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}
