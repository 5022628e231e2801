package ledger

import (
	"slices"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
)

// Explain names what a figure of a balance sheet is made of: the filters' sums are, together, the figure. It is none for a row
// that no posting stands behind, such as that of a translation; a translated figure is explained in the currencies of the
// books.
func (f SheetFilter) Explain(s Sheet, part, row, column int) []ExplainFilter {
	p, r := s.Parts[part], s.Parts[part].Rows[row]
	x := ExplainFilter{By: f.By, Chosen: f.Chosen, Where: f.Where, Period: date.Period{To: s.Columns[column].To}, Closing: true,
		Currency: f.In.currency(p.Currency), Credit: r.Section != string(Asset)}
	switch r.Kind {
	case AccountRow:
		x.Chosen = Chosen{Accounts: []string{r.Account}}
	case HeadingRow:
		if f.Chosen.isZero() {
			x.Chosen = Chosen{Under: []string{r.Account}}
			break
		}
		x.Chosen = Chosen{Accounts: []string{r.Account}}
		for _, below := range p.Rows[row+1:] {
			if below.Level <= r.Level {
				break
			}
			x.Accounts = append(x.Accounts, below.Account)
		}
	case ResultRow, EarlierRow:
		if x.Chosen.narrow(Income, Expense); r.Kind == EarlierRow {
			x.Period.To = s.Years[column].From.AddDays(-1)
		} else {
			x.Period = s.Years[column]
		}
	case TotalRow:
		switch Type(r.Section) {
		case Equity:
			x.Chosen.narrow(Equity, Income, Expense)
		case "":
			x.Chosen.narrow(Liability, Equity, Income, Expense)
		default:
			x.Chosen.narrow(Type(r.Section))
		}
	case DifferenceRow:
		x.Credit = false
	default:
		return nil
	}
	return []ExplainFilter{x}
}

// narrow keeps accounts of some types.
func (f *Chosen) narrow(list ...Type) {
	if len(f.Types) > 0 {
		list = slices.DeleteFunc(list, func(t Type) bool { return !slices.Contains(f.Types, t) })
	}
	f.Types = list
	if len(list) == 0 {
		f.Types = []Type{"none"}
	}
}

// currency is that of the books behind a figure: "" where several were translated.
func (t *Translation) currency(c money.Currency) money.Currency {
	if t.Currency != "" {
		return ""
	}
	return c
}

// Explain names what a figure of an income statement is made of. The line is one of the statement's or, of a total, the type
// says which: Income, Expense, or "" for the profit.
func (f IncomeFilter) Explain(s IncomeStatement, line IncomeLine, typ Type, column int) []ExplainFilter {
	x := ExplainFilter{By: f.By, Chosen: f.Chosen, Where: f.Where, Period: f.Period, Currency: f.In.currency(line.Currency),
		Credit: typ != Expense}
	if len(s.Periods) > 0 {
		x.Period = s.Periods[column]
	}
	if f.GroupBy != "" {
		if x.Where = x.Where.With(f.GroupBy, s.Columns[column]); s.Columns[column] == "" {
			x.Absent = f.GroupBy
		}
	}
	switch {
	case line.Account != "":
		x.Chosen = Chosen{Accounts: []string{line.Account}}
	case typ == "":
		x.Chosen.narrow(Income, Expense)
	default:
		x.Chosen.narrow(typ)
	}
	return []ExplainFilter{x}
}

// A TrialFigure is one of the four figures of a row of a trial balance.
type TrialFigure string

// The figures.
const (
	TrialOpening TrialFigure = "opening"
	TrialDebit   TrialFigure = "debit"
	TrialCredit  TrialFigure = "credit"
	TrialClosing TrialFigure = "closing"
)

// Explain names what a figure of a trial balance is made of: of the row of an account, or of a total, which has none. It is
// none for an opening where there is no time before.
func (f TrialFilter) Explain(t Trial, row TrialRow, figure TrialFigure) []ExplainFilter {
	x := ExplainFilter{By: f.By, Chosen: f.Chosen, Where: f.Where, Period: t.Period,
		Currency: f.In.currency(row.Currency), Closing: true}
	if row.Account != "" {
		x.Chosen = Chosen{Accounts: []string{row.Account}}
	} else if row.Name != "" { // what a translation left
		return nil
	}
	switch figure {
	case TrialOpening:
		if t.Period.From.IsZero() {
			return nil
		}
		x.Period = date.Until(date.Date{}, t.Period.From)
	case TrialDebit:
		x.Side = DebitSide
	case TrialCredit:
		x.Side, x.Credit = CreditSide, true
	case TrialClosing:
		x.Period = date.Period{To: t.Period.To}
	default:
		return nil
	}
	return []ExplainFilter{x}
}

// Explain names what a figure of a cash-flow statement is made of: the filters' sums are, together, the figure. Totals of the
// indirect method are explained by their rows. It is none for a difference, for what a translation left, and for accounts that
// the actor may not see, which are then missing in a total too.
func (f CashFilter) Explain(s CashFlow, part, row, column int) []ExplainFilter {
	p, r := s.Parts[part], s.Parts[part].Rows[row]
	cash := Chosen{Activities: []Activity{CashActivity}}
	x := ExplainFilter{By: f.By, Where: f.Where, Period: s.Columns[column], Currency: f.In.currency(p.Currency),
		Chosen: Chosen{Accounts: []string{r.Account}}}
	switch r.Kind {
	case ReceiptRow, PaymentRow:
		if x.Flow = CashReceived; r.Kind == PaymentRow {
			x.Flow = CashPaid
		}
		if r.Account == "" { // what the actor may not see
			return nil
		}
	case ProfitRow:
		x.Chosen, x.Credit = Chosen{Types: []Type{Income, Expense}}, true
	case AdjustmentRow:
		x.Flow = NonCashFrom
	case ElsewhereRow:
	case AccountRow:
		x.Credit = true
	case ChangeRow:
		x.Credit = true
		on := x
		on.Flow = NonCashOn
		return []ExplainFilter{x, on}
	case ClosingEntryRow:
		x.Chosen, x.Credit = cash, true
		all := x
		all.Closing, all.Credit = true, false
		return []ExplainFilter{all, x}
	case OpeningRow, EndRow:
		x.Chosen, x.Closing = cash, true
		if x.Period.From, x.Period.To = (date.Date{}), s.Columns[column].To; r.Kind == OpeningRow {
			if s.Columns[column].From.IsZero() {
				return nil
			}
			x.Period = date.Until(date.Date{}, s.Columns[column].From)
		}
	case TotalRow:
		return f.explainTotal(s, part, row, column, x)
	default:
		return nil
	}
	return []ExplainFilter{x}
}

func (f CashFilter) explainTotal(s CashFlow, part, row, column int, x ExplainFilter) (list []ExplainFilter) {
	section := s.Parts[part].Rows[row].Section
	if !f.Indirect {
		x.Chosen, x.Flow = Chosen{}, CashMoved
		if section != "" {
			x.Activities = []Activity{Activity(section)}
		}
		if section == string(Operating) {
			x.Activities = append(x.Activities, NonCash)
		}
		return []ExplainFilter{x}
	}
	for i, other := range s.Parts[part].Rows[:row] {
		if other.Kind != TotalRow && (section == "" || other.Section == section) {
			list = append(list, f.Explain(s, part, i, column)...)
		}
	}
	return list
}
