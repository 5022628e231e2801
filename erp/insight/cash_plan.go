package insight

import (
	"context"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// A CashPlan asks for a cash outlook. The zero plan looks three months ahead from today, and takes from the books what it is
// not told.
type CashPlan struct {
	By       storage.Ref
	Currency money.Currency
	// From is the day at whose end the outlook begins; no date is today.
	From date.Date
	// Dates are the days to tell the balance of; none takes the ends of so many Months, 3 if zero.
	Dates  []date.Date
	Months int
	// Scenarios are what may happen; none takes those of Scenarios.
	Scenarios []Scenario
	// Running is what is paid every month. None takes the average of the last whole months in the books, so many as Average says,
	// 3 if zero.
	Running []Running
	Average int
	// Further flows are added as they are: a loan, a tax payment, a machine.
	Further []Flow
	// Terms is how many days after a deal is won it is paid, 30 if zero.
	Terms int
	// Variable is what winning costs, in percent of what is won; nil takes what goods and commission cost in the months of the
	// average.
	Variable *decimal.Decimal
	// Owed is after how many days what is owed now is paid, 30 if zero.
	Owed int
	// Overdue is in how many days what is overdue is paid, 30 if zero; what is more than Doubtful days late, 90 if zero, is not
	// counted on at all.
	Overdue  int
	Doubtful int
}

// Running is an amount that is paid every month.
type Running struct {
	Text   string       `json:"text"`
	Amount money.Amount `json:"amount"`
	// Day of the month, the last where the month is shorter; 0 is the last.
	Day int `json:"day"`
}

func (p CashPlan) complete(today date.Date) CashPlan {
	or := func(n *int, usual int) {
		if *n == 0 {
			*n = usual
		}
	}
	or(&p.Months, 3)
	or(&p.Average, 3)
	or(&p.Terms, 30)
	or(&p.Owed, 30)
	or(&p.Overdue, 30)
	or(&p.Doubtful, 90)
	if p.From.IsZero() {
		p.From = today
	}
	if len(p.Dates) == 0 {
		month := p.From.Month()
		if p.From != month.Last() {
			month = month.Prev()
		}
		for n := range p.Months {
			p.Dates = append(p.Dates, month.Add(n+1).Last())
		}
	}
	if len(p.Scenarios) == 0 {
		p.Scenarios = Scenarios()
	}
	return p
}

// maxDates bounds an outlook: a day each for ten years.
const maxDates = 3660

func (p CashPlan) check() error {
	var bad storage.Invalid
	for path, n := range map[string]int{"months": p.Months, "average": p.Average, "terms": p.Terms, "owed": p.Owed,
		"overdue": p.Overdue, "doubtful": p.Doubtful} {
		bad.Check(n >= 0, path, storage.CodeNegative, "")
		bad.Check(n <= maxDates, path, storage.CodeRange, "")
	}
	bad.Check(len(p.Dates) <= maxDates, "dates", storage.CodeRange, "")
	for i, d := range p.Dates {
		bad.Check(!d.IsZero(), fmt.Sprintf("dates.%d", i), storage.CodeRequired, "")
		bad.Check(i == 0 || d.After(p.Dates[i-1]), fmt.Sprintf("dates.%d", i), storage.CodeRange, "not after the one before")
	}
	return bad.Err()
}

// Cash tells what the balance of the bank accounts will be, in scenarios: from open invoices by their due dates, open deals by
// their probabilities, what is paid every month and what is owed already.
//
// Without Invoices or Deals it leaves these out, and its coverage says so.
//
// Errors: ErrCurrency, *storage.Invalid, money.ErrCurrency for amounts of another currency in the plan, storage.ErrOverflow.
func (i *Insight) Cash(ctx context.Context, p CashPlan) (o CashOutlook, err error) {
	if err := p.check(); err != nil {
		return o, err
	}
	err = i.view(ctx, p.By, p.Currency, func(m *moment) error {
		o, err = m.cash(ctx, p.complete(m.tx.Today()))
		return err
	})
	return o, err
}

func (m *moment) cash(ctx context.Context, p CashPlan) (o CashOutlook, err error) {
	last := p.Dates[len(p.Dates)-1]
	opening, cost, err := m.held(ctx, m.Layout.Bank, p.From)
	if err != nil {
		return o, err
	}
	g := &gathering{moment: m, plan: p, doubtful: m.zero}
	for _, step := range []func(context.Context) error{g.invoices, g.running, g.deals, g.owed} {
		if err := step(ctx); err != nil {
			return o, err
		}
	}
	for _, r := range g.plan.Running {
		for month := p.From.Month(); !month.First().After(last); month = month.Next() {
			day := month.Last()
			if r.Day > 0 {
				day = month.Day(r.Day)
			}
			if day.After(p.From) {
				g.flows = append(g.flows, Flow{Date: day, Kind: FlowRunning, Amount: r.Amount.Neg(), Text: r.Text})
			}
		}
	}
	g.flows = append(g.flows, p.Further...)
	if o, err = Outlook(opening, p.From, p.Dates, g.flows, p.Scenarios...); err != nil {
		return o, err
	}
	o.Doubtful, o.Assumed, o.Coverage = g.doubtful, g.assumed, g.coverage
	o.Coverage.Cost = cost
	trial, err := m.books.TrialBalance(ctx, ledger.TrialFilter{By: m.by, Period: date.Period{To: p.From},
		Chosen: ledger.Chosen{Under: m.Layout.Bank}})
	if err != nil {
		return o, err
	}
	o.Tie = Tie{"bank", "the opening balance is that of the bank accounts", m.zero, opening}
	for _, row := range trial.Totals {
		if row.Currency == m.cur {
			o.Tie.Want = row.Closing
		}
	}
	return o, nil
}
