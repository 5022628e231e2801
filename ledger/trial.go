package ledger

import (
	"context"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// TrialFilter asks for a trial balance.
type TrialFilter struct {
	By storage.Ref
	// Period is what the movements are of; with an open From everything up to To is a movement, which gives the balances as
	// of a day.
	Period date.Period
	Chosen
	// Where keeps parts with these values only; such a trial balance need not balance.
	Where Dims
	// Layout adds further periods, a comparison, or a currency.
	Layout
}

// A TrialRow is one account in one currency. Opening and Closing are debits if positive; Closing is Opening + Debit − Credit,
// and of a translated row + Translation.
type TrialRow struct {
	Account  string         `json:"account,omitempty"`
	Name     string         `json:"name,omitempty"`
	Type     Type           `json:"type,omitempty"`
	Currency money.Currency `json:"currency"`
	Opening  money.Amount   `json:"opening"`
	Debit    money.Amount   `json:"debit"`
	Credit   money.Amount   `json:"credit"`
	Closing  money.Amount   `json:"closing"`
	// Translation is what other rates and rounding add to a translated row.
	Translation money.Amount  `json:"translation,omitzero"`
	Against     *TrialAgainst `json:"against,omitempty"`
}

// TrialAgainst is what a row of a trial balance is compared with.
type TrialAgainst struct {
	// Moved compares Debit less Credit.
	Moved Against `json:"moved"`
	// Closing compares the balances; a budget has none.
	Closing *Against `json:"closing,omitempty"`
}

// A Trial is a trial balance.
type Trial struct {
	Period date.Period `json:"period"`
	Rows   []TrialRow  `json:"rows"`
	// Totals has a row for each currency: of the whole books, Opening and Closing are zero and Debit equals Credit.
	Totals []TrialRow `json:"totals"`
	// Further are those of further periods, with the same rows.
	Further []Trial `json:"further,omitempty"`
	Cost    Cost    `json:"cost"`
}

// TrialBalance lists all accounts with postings: what they held before the period, what moved, and what they hold after it.
// All of it is of one moment. Translated, balances are at the closing rates of their days, and the last row has what rounding
// left, so that the whole books tie.
//
// Errors: *storage.Invalid, ErrCommodity, ErrNoRate, storage.ErrOverflow, those of the budget.
func (b *Books) TrialBalance(ctx context.Context, f TrialFilter) (out Trial, err error) {
	var bad faults
	bad.cut(f.Where)
	bad.period(f.Period)
	f.Layout.check(&bad)
	if err := bad.err(); err != nil {
		return out, err
	}
	err = b.read(ctx, f.By, func(r *report) error {
		list, err := r.trials(ctx, f)
		if err != nil {
			return err
		}
		out, out.Further = list[0], list[1:]
		if out.Cost = r.cost; len(list) == 1 {
			out.Further = nil
		}
		return nil
	})
	return out, err
}

// trialer lays out trial balances.
type trialer struct {
	opening, debit, credit, closing map[place][]money.Amount
	compare                         *Compare
	columns                         int
	t                               *translator
	whole                           bool
}

func (r *report) trials(ctx context.Context, f TrialFilter) ([]Trial, error) {
	t, err := r.translate(ctx, f.In)
	if err != nil {
		return nil, err
	}
	c := cut{where: f.Where, closing: true}
	if err := r.choose(ctx, f.Chosen, &c); err != nil {
		return nil, err
	}
	columns, others := f.periods(f.Period)
	s := &trialer{compare: &f.Compare, columns: len(columns), t: t,
		whole: c.chosen == nil && f.Where == (Dims{}) && !parts.Narrowed(r.tx, r.by)}
	if err := r.movements(ctx, f, c, columns, others, s); err != nil {
		return nil, err
	}
	if err := r.accounts(ctx); err != nil {
		return nil, err
	}
	out := make([]Trial, len(columns))
	list := placesOf(s.closing)
	for i, p := range columns {
		out[i].Period = p
		for _, at := range list {
			row, err := s.row(at, i)
			if err != nil {
				return nil, err
			}
			row.Name, row.Type = r.named(at.account)
			out[i].Rows = append(out[i].Rows, row)
		}
		if err := s.total(&out[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// movements reads what was before each column, and what moved in it.
func (r *report) movements(ctx context.Context, f TrialFilter, c cut, columns, others []date.Period, s *trialer) error {
	slots := append(append([]date.Period(nil), columns...), others...)
	books := len(slots)
	if f.Compare.Budget != nil {
		books = len(columns)
	}
	before := make([]date.Period, books)
	for i, p := range slots[:books] {
		if before[i] = date.Until(date.Date{}, p.From); p.From.IsZero() {
			before[i] = date.On(date.Date{})
		}
	}
	got, err := r.columns(ctx, c, append(append([]date.Period(nil), before...), slots[:books]...))
	if err != nil {
		return err
	}
	opening, moved := got[:books], got[books:]
	closing := make([]figures, books)
	for i := range closing {
		closing[i] = figures{}
		for _, list := range []figures{opening[i], moved[i]} {
			for at, x := range list {
				if err := closing[i].add(at, x.debit, x.credit, x.count); err != nil {
					return err
				}
			}
		}
	}
	if s.t.daily() {
		c.daily = true
		if moved, err = r.columns(ctx, c, slots[:books]); err != nil {
			return err
		}
	}
	if f.Compare.Budget != nil {
		planned, err := r.planned(ctx, &f.Layout, columns, f.Where, &c)
		if err != nil {
			return err
		}
		moved, closing = append(moved[:books:books], planned...), append(closing, planned...) // so that each has a row
	}
	if s.opening, err = r.values(ctx, opening, net, s.t, s.t.closing(before)); err != nil {
		return err
	}
	if s.debit, err = r.values(ctx, moved, func(f figure) int64 { return f.debit }, s.t, s.t.flow(slots)); err != nil {
		return err
	}
	if s.credit, err = r.values(ctx, moved, func(f figure) int64 { return f.credit }, s.t, s.t.flow(slots)); err != nil {
		return err
	}
	s.closing, err = r.values(ctx, closing, net, s.t, s.t.closing(slots))
	return err
}

// of is the amount of a place in a slot.
func of(values map[place][]money.Amount, at place, i int) money.Amount {
	if row := values[at]; i < len(row) {
		return row[i]
	}
	return money.Zero(at.currency)
}

// row makes a row of a column.
func (s *trialer) row(at place, i int) (row TrialRow, err error) {
	row = TrialRow{Account: at.account, Currency: at.currency, Opening: of(s.opening, at, i), Debit: of(s.debit, at, i),
		Credit: of(s.credit, at, i), Closing: of(s.closing, at, i)}
	if s.t != nil {
		if row.Translation, err = row.gap(); err != nil {
			return row, err
		}
	}
	if s.compare.isZero() {
		return row, nil
	}
	moved, err := row.Debit.Sub(row.Credit)
	if err != nil {
		return row, err
	}
	other, err := of(s.debit, at, s.columns+i).Sub(of(s.credit, at, s.columns+i))
	if err != nil {
		return row, err
	}
	a, err := s.compare.against(moved, other)
	if err != nil {
		return row, err
	}
	row.Against = &TrialAgainst{Moved: *a}
	if s.compare.Budget == nil {
		row.Against.Closing, err = s.compare.against(row.Closing, of(s.closing, at, s.columns+i))
	}
	return row, err
}

// gap is what a row lacks to its closing.
func (row *TrialRow) gap() (money.Amount, error) {
	sum, err := money.Sum(row.Opening, row.Debit, row.Credit.Neg())
	if err != nil {
		return sum, err
	}
	return row.Closing.Sub(sum)
}

// total fills the totals of a trial balance and, of a translated one, the row that makes it tie.
func (s *trialer) total(out *Trial) (err error) {
	if out.Totals, err = totalRows(out.Rows); err != nil || s.t == nil || !s.whole {
		return err
	}
	for _, sum := range out.Totals {
		row := TrialRow{Name: "Translation and rounding", Currency: sum.Currency, Opening: sum.Opening.Neg(),
			Closing: sum.Closing.Neg(), Debit: money.Zero(sum.Currency), Credit: money.Zero(sum.Currency)}
		left, err := sum.Debit.Sub(sum.Credit)
		if err != nil {
			return err
		}
		if left.Sign() > 0 {
			row.Credit = left
		} else {
			row.Debit = left.Neg()
		}
		if row.Translation, err = row.gap(); err != nil {
			return err
		}
		if !(row.Opening.IsZero() && row.Closing.IsZero() && left.IsZero()) {
			out.Rows = append(out.Rows, row)
		}
	}
	out.Totals, err = totalRows(out.Rows)
	return err
}

// totalRows sums rows by currency, in the order in which currencies first come.
func totalRows(rows []TrialRow) (sums []TrialRow, err error) {
	at := map[money.Currency]int{}
	for _, row := range rows {
		i, known := at[row.Currency]
		if !known {
			i = len(sums)
			at[row.Currency] = i
			zero := money.Zero(row.Currency)
			sums = append(sums, TrialRow{Currency: row.Currency, Opening: zero, Debit: zero, Credit: zero, Closing: zero})
		}
		s := &sums[i]
		for _, pair := range [][2]*money.Amount{{&s.Opening, &row.Opening}, {&s.Debit, &row.Debit}, {&s.Credit, &row.Credit},
			{&s.Closing, &row.Closing}, {&s.Translation, &row.Translation}} {
			if *pair[0], err = pair[0].Add(*pair[1]); err != nil {
				return nil, err
			}
		}
	}
	return sums, nil
}
