package ledger

import (
	"context"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// CashFilter asks for a cash-flow statement.
type CashFilter struct {
	By     storage.Ref
	Period date.Period
	// Indirect begins with the profit instead of listing what was received and paid.
	Indirect bool
	// Where keeps parts with these values only: of the direct method those that cash was received or paid for. Such a
	// statement need not tie, and a line says by how much.
	Where Dims
	Layout
}

// The kinds of rows that only a cash-flow statement has.
const (
	// ReceiptRow and PaymentRow are what cash was received or paid for, by account; without one where the other side is hidden
	// from the actor.
	ReceiptRow RowKind = "receipt"
	PaymentRow RowKind = "payment"
	// ProfitRow is where the indirect method begins. AdjustmentRow takes out of it what no cash is paid for, ElsewhereRow what
	// belongs to another activity; ChangeRow is the change of an account.
	ProfitRow     RowKind = "profit"
	AdjustmentRow RowKind = "adjustment"
	ElsewhereRow  RowKind = "elsewhere"
	ChangeRow     RowKind = "change"
	// ClosingEntryRow is cash that a closing entry moved, which no profit has.
	ClosingEntryRow RowKind = "closing_entry"
	// OpeningRow and EndRow are the cash before and after.
	OpeningRow RowKind = "opening"
	EndRow     RowKind = "end"
)

// A CashFlow is a cash-flow statement. Which accounts are cash, and which activity others belong to, the accounts say: see
// Account.ActivityOf. Source: IAS 7, by the direct method (18(a), 19) or the indirect one (18(b), 20).
type CashFlow struct {
	Indirect bool          `json:"indirect,omitempty"`
	Columns  []date.Period `json:"columns"`
	// Others are what each column is compared with; none without a comparison.
	Others []date.Period `json:"others,omitempty"`
	// Parts has one statement for each currency, in order of their codes.
	Parts []CashPart `json:"parts"`
	Cost  Cost       `json:"cost"`
}

// A CashPart is the cash flow in one currency, what comes in positive.
type CashPart struct {
	Currency money.Currency `json:"currency"`
	Rows     []StatementRow `json:"rows"`
	// Operating, Investing and Financing sum each column.
	Operating []money.Amount `json:"operating"`
	Investing []money.Amount `json:"investing"`
	Financing []money.Amount `json:"financing"`
	// Opening and Closing are what the cash accounts held before and after each column.
	Opening []money.Amount `json:"opening"`
	Closing []money.Amount `json:"closing"`
	// Difference is what the rows miss of Closing less Opening: zero of whole books.
	Difference []money.Amount `json:"difference"`
}

// Ties reports whether the flows are the change of cash, in each column and currency.
func (s *CashFlow) Ties() bool {
	for _, p := range s.Parts {
		if !allZero(p.Difference) {
			return false
		}
	}
	return true
}

// CashFlow reads what moved on the cash accounts in a period.
//
// The direct method reads each entry that moved cash. What moved is for the legs on the other side: an entry that pays 90 for
// 100 of salaries and 20 of charges, less 30 of tax withheld, paid 75 for salaries and 15 for charges, by the method of
// money.Allocate. Cash that went from one cash account to another is no flow. Its Cost is the entries that moved cash.
//
// The indirect method begins with the profit, adds expenses that no cash is paid for (accounts of NonCash) and takes off the
// changes of all other accounts, without what those expenses did to them.
//
// Errors: *storage.Invalid, ErrCommodity, ErrNoRate, storage.ErrOverflow, those of the budget.
func (b *Books) CashFlow(ctx context.Context, f CashFilter) (out CashFlow, err error) {
	var bad faults
	bad.cut(f.Where)
	bad.period(f.Period)
	f.Layout.check(&bad)
	if err := bad.err(); err != nil {
		return out, err
	}
	err = b.read(ctx, f.By, func(r *report) (err error) {
		out, err = r.cashFlow(ctx, f)
		return err
	})
	return out, err
}

// A casher reads and lays out cash flows.
type casher struct {
	r              *report
	f              *CashFilter
	t              *translator
	c              cut
	slots          []date.Period
	columns, books int // columns come first; books are the slots that are read from the books, the rest is a budget
	whole          bool
	cash           []string

	// What the lines are made of: in and out by account, or profit, adjustments and changes.
	lines           []cashLine
	opening, ending map[place][]money.Amount
}

// A cashLine is a set of rows, one for each account.
type cashLine struct {
	kind    RowKind
	section Activity // "" leaves it to the account
	sum     bool     // one row for all accounts
	values  map[place][]money.Amount
	sign    int64
}

func (r *report) cashFlow(ctx context.Context, f CashFilter) (out CashFlow, err error) {
	out.Indirect = f.Indirect
	out.Columns, out.Others = f.periods(f.Period)
	s := &casher{r: r, f: &f, columns: len(out.Columns), books: len(out.Columns)}
	s.slots = append(append(s.slots, out.Columns...), out.Others...)
	if f.Compare.Budget == nil {
		s.books = len(s.slots)
	}
	if err := r.accounts(ctx); err != nil {
		return out, err
	}
	if s.t, err = r.translate(ctx, f.In); err != nil {
		return out, err
	}
	s.c = cut{where: f.Where, closing: true}
	if err := r.choose(ctx, Chosen{}, &s.c); err != nil {
		return out, err
	}
	s.whole = s.c.chosen == nil && f.Where == (Dims{}) && !parts.Narrowed(r.tx, r.by)
	for _, a := range r.ordered {
		if a.ActivityOf() == CashActivity {
			s.cash = append(s.cash, a.Code)
		}
	}
	if err := s.balances(ctx); err != nil {
		return out, err
	}
	if f.Indirect {
		err = s.indirect(ctx)
	} else {
		err = s.direct(ctx)
	}
	if err != nil {
		return out, err
	}
	lists := []map[place][]money.Amount{s.opening, s.ending}
	for _, l := range s.lines {
		lists = append(lists, l.values)
	}
	for _, c := range currenciesOf(lists...) {
		part, err := s.part(c)
		if err != nil {
			return out, err
		}
		out.Parts = append(out.Parts, part)
	}
	out.Cost = r.cost
	return out, nil
}

// balances reads the cash before and after each slot.
func (s *casher) balances(ctx context.Context) error {
	before, after := make([]date.Period, s.books), make([]date.Period, s.books)
	for i, p := range s.slots[:s.books] {
		if before[i] = date.Until(date.Date{}, p.From); p.From.IsZero() {
			before[i] = date.On(date.Date{})
		}
		after[i] = date.Period{To: p.To}
	}
	c := s.c
	c.limit(s.cash)
	got, err := s.r.columns(ctx, c, append(before, after...))
	if err != nil {
		return err
	}
	if s.opening, err = s.r.values(ctx, got[:s.books], net, s.t, s.t.closing(before)); err != nil {
		return err
	}
	s.ending, err = s.r.values(ctx, got[s.books:], net, s.t, s.t.closing(after))
	return err
}

// plan adds what a budget says of accounts that are no cash, after the slots of the books.
func (s *casher) plan(ctx context.Context, got []figures) ([]figures, error) {
	if s.f.Compare.Budget == nil {
		return got, nil
	}
	planned, err := s.r.planned(ctx, &s.f.Layout, s.slots[:s.books], s.f.Where, &s.c)
	if err != nil {
		return nil, err
	}
	for _, list := range planned {
		got = append(got, list.only(func(code string) bool { return s.activity(code) != CashActivity }))
	}
	return got, nil
}

func (s *casher) activity(code string) Activity {
	if a := s.r.chart[code]; a != nil {
		return a.ActivityOf()
	}
	return Operating
}
