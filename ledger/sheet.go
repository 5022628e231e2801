package ledger

import (
	"context"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// SheetFilter asks for a balance sheet.
type SheetFilter struct {
	By storage.Ref
	// Date is the last day that counts; no date counts everything.
	Date date.Date
	Chosen
	// Where keeps parts with these values only; such a sheet need not tie, and a line says by how much.
	Where Dims
	// Empty keeps accounts that hold nothing.
	Empty bool
	Layout
}

// RowKind says what a row of a statement is.
type RowKind string

// The kinds of rows.
const (
	// AccountRow is an account that takes postings; HeadingRow one that groups others, with the sum of all below it.
	AccountRow RowKind = "account"
	HeadingRow RowKind = "heading"
	// TotalRow sums a section, or several.
	TotalRow RowKind = "total"
	// ResultRow is the profit of the current year, as far as it is not closed; EarlierRow that of earlier years not closed.
	ResultRow  RowKind = "result"
	EarlierRow RowKind = "earlier"
	// TranslationRow is what rounding and different rates leave when a statement is translated.
	TranslationRow RowKind = "translation"
	// DifferenceRow is what a cut through the books misses to tie.
	DifferenceRow RowKind = "difference"
)

// A StatementRow is one line of a statement, in the order in which people read it.
type StatementRow struct {
	Kind RowKind `json:"kind"`
	// Section is the type of accounts, or the activity, that the row is of; "" for rows about all of them.
	Section string `json:"section,omitempty"`
	// Level is how deep the row stands: 0 for totals and for accounts that stand below none.
	Level   int    `json:"level"`
	Account string `json:"account,omitempty"`
	Name    string `json:"name"`
	// Cells has one figure for each column, as people read it: what is usual for the section is positive.
	Cells []Cell `json:"cells"`
}

// A Sheet is a balance sheet: what a company has, owes and is worth. Source of its form: IAS 1.54 and the accounting equation.
type Sheet struct {
	// Columns are periods whose last days the figures are of.
	Columns []date.Period `json:"columns"`
	// Others are what each column is compared with; none without a comparison.
	Others []date.Period `json:"others,omitempty"`
	// Years are, for each column, the days of the current year that count in its result.
	Years []date.Period `json:"years"`
	// Parts has one sheet for each currency, in order of their codes.
	Parts []SheetPart `json:"parts"`
	Cost  Cost        `json:"cost"`
}

// A SheetPart is the balance sheet in one currency.
type SheetPart struct {
	Currency money.Currency `json:"currency"`
	Rows     []StatementRow `json:"rows"`
	// Assets, Liabilities and Equity sum each column; Equity has the results that are not closed in it, and what a translation
	// left.
	Assets      []money.Amount `json:"assets"`
	Liabilities []money.Amount `json:"liabilities"`
	Equity      []money.Amount `json:"equity"`
	// Difference is Assets less Liabilities and Equity: zero of whole books.
	Difference []money.Amount `json:"difference"`
}

// Ties reports whether assets are liabilities and equity, in each column and currency.
func (s *Sheet) Ties() bool {
	for _, p := range s.Parts {
		if !allZero(p.Difference) {
			return false
		}
	}
	return true
}

// BalanceSheet reads assets, liabilities and equity as of a day, by the tree of the chart, in each currency or translated into
// one. Income and expense that no closing entry has moved are a row of equity: the result of the year that the day is in (by
// the fiscal year of the Configuration), and one row for all years before.
//
// Errors: *storage.Invalid, ErrCommodity, ErrNoRate, storage.ErrOverflow, those of the budget.
func (b *Books) BalanceSheet(ctx context.Context, f SheetFilter) (out Sheet, err error) {
	var bad faults
	f.Where.check(&bad, func() string { return "where" })
	f.Layout.check(&bad)
	if err := bad.err(); err != nil {
		return out, err
	}
	err = b.read(ctx, f.By, func(r *report) (err error) {
		out, err = r.sheet(ctx, f)
		return err
	})
	return out, err
}

// holdings are the figures of a sheet: of each account the balance and, of income and expense, what is of the current year and
// of earlier ones. The first slots are the columns, the others what they are compared with.
type holdings struct {
	balance, current, earlier map[place][]money.Amount
}

func (r *report) sheet(ctx context.Context, f SheetFilter) (out Sheet, err error) {
	if err := r.accounts(ctx); err != nil {
		return out, err
	}
	out.Columns, out.Others = f.periods(date.Period{To: f.Date})
	if out.Years, err = r.years(ctx, out.Columns); err != nil {
		return out, err
	}
	t, err := r.translate(ctx, f.In)
	if err != nil {
		return out, err
	}
	c := cut{where: f.Where, closing: true}
	if err := r.choose(ctx, f.Chosen, &c); err != nil {
		return out, err
	}
	held, err := r.holdings(ctx, &f, c, t, out.Columns, out.Others)
	if err != nil {
		return out, err
	}
	s := sheeter{r: r, f: &f, held: held, columns: len(out.Columns), slots: len(out.Columns) + len(out.Others),
		children: r.children()}
	s.whole = c.chosen == nil && f.Where == (Dims{}) && !parts.Narrowed(r.tx, r.by)
	for _, currency := range currenciesOf(held.balance, held.current, held.earlier) {
		part, err := s.part(currency, t != nil)
		if err != nil {
			return out, err
		}
		out.Parts = append(out.Parts, part)
	}
	out.Cost = r.cost
	return out, nil
}

// holdings reads everything once.
func (r *report) holdings(ctx context.Context, f *SheetFilter, c cut, t *translator, columns, others []date.Period) (
	held holdings, err error) {
	slots := append(append([]date.Period(nil), columns...), others...)
	years, err := r.years(ctx, slots)
	if err != nil {
		return held, err
	}
	for i := range slots {
		slots[i].From = date.Date{}
	}
	ask := make([]date.Period, 0, 2*len(slots))
	books := len(slots)
	if f.Compare.Budget != nil {
		books = len(columns)
	}
	ask = append(append(ask, slots[:books]...), years[:books]...)
	got, err := r.columns(ctx, c, ask)
	if err != nil {
		return held, err
	}
	ends, current := got[:books], got[books:]
	if f.Compare.Budget != nil {
		planned, err := r.planned(ctx, &f.Layout, slots[:books], f.Where, &c)
		if err != nil {
			return held, err
		}
		ends = append(ends[:books:books], planned...)
		if planned, err = r.planned(ctx, &f.Layout, years[:books], f.Where, &c); err != nil {
			return held, err
		}
		current = append(current[:books:books], planned...)
	}
	balance, earlier := make([]figures, len(ends)), make([]figures, len(ends))
	for i := range ends {
		balance[i], earlier[i] = figures{}, figures{}
		for at, x := range ends[i] {
			if !r.ofResult(at.account) {
				balance[i][at] = x
			} else if now := current[i][at]; i < books && net(x) != net(now) {
				earlier[i][at] = figure{x.debit - now.debit, x.credit - now.credit, x.count - now.count}
			}
		}
		current[i] = current[i].only(r.ofResult)
	}
	if held.balance, err = r.values(ctx, balance, net, t, t.closing(slots)); err != nil {
		return held, err
	}
	if held.earlier, err = r.values(ctx, earlier, net, t, t.closing(slots)); err != nil {
		return held, err
	}
	if t.daily() {
		c.daily = true
		byDay, err := r.columns(ctx, c, years[:books])
		if err != nil {
			return held, err
		}
		for i := range byDay {
			current[i] = byDay[i].only(r.ofResult)
		}
	}
	held.current, err = r.values(ctx, current, net, t, t.flow(years))
	return held, err
}

// years are the parts of fiscal years up to the ends of periods.
func (r *report) years(ctx context.Context, list []date.Period) ([]date.Period, error) {
	set, err := settingsOf(ctx, r.tx)
	if err != nil {
		return nil, err
	}
	years := make([]date.Period, len(list))
	for i, p := range list {
		d := p.To
		if d.IsZero() {
			d = r.tx.Today()
		}
		years[i] = date.Period{From: set.Fiscal.Period(set.Fiscal.Year(d)).From, To: p.To}
	}
	return years, nil
}

// ofResult reports whether an account is of income or expense.
func (r *report) ofResult(code string) bool {
	_, typ := r.named(code)
	return typ == Income || typ == Expense
}

// only keeps the figures of some accounts.
func (f figures) only(keep func(account string) bool) figures {
	out := figures{}
	for at, x := range f {
		if keep(at.account) {
			out[at] = x
		}
	}
	return out
}
