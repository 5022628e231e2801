package insight

import (
	"context"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// A Tie holds a figure against another that it must equal.
type Tie struct {
	// Name is a word for programs, Text says it to people.
	Name string       `json:"name"`
	Text string       `json:"text"`
	Want money.Amount `json:"want"`
	Got  money.Amount `json:"got"`
}

// Holds reports whether both are equal, to the minor unit.
func (t Tie) Holds() bool { return t.Want == t.Got }

// Off is Got less Want.
func (t Tie) Off() money.Amount {
	off, _ := t.Got.Sub(t.Want) // of one currency
	return off
}

// Hold reports whether all ties hold.
func Hold(ties []Tie) bool {
	for _, t := range ties {
		if !t.Holds() {
			return false
		}
	}
	return true
}

// CheckFilter asks for all checks.
type CheckFilter struct {
	By       storage.Ref
	Currency money.Currency
	// Period is what the margin tables are of; its last day is that of receivables.
	Period date.Period
	// Per lists the tables; none is customer, product, project, department, cost centre, person, region and deal.
	Per []ledger.Dimension
}

// Checks holds everything against the books: the trial balance is zero, what customers owe is the sum of their open invoices,
// and each table sums to the gross profit and the profit of the income statement.
//
// Errors: ErrCurrency, *storage.Invalid, storage.ErrOverflow.
func (i *Insight) Checks(ctx context.Context, f CheckFilter) (ties []Tie, err error) {
	if len(f.Per) == 0 {
		f.Per = Tables()
	}
	err = i.view(ctx, f.By, f.Currency, func(m *moment) error {
		ties = nil
		trial, err := m.books.TrialBalance(ctx, ledger.TrialFilter{By: f.By})
		if err != nil {
			return err
		}
		for _, row := range trial.Totals {
			ties = append(ties, Tie{"trial_balance", "the trial balance in " + string(row.Currency) + " is zero",
				money.Zero(row.Currency), row.Closing})
		}
		if m.Invoices != nil {
			r, err := m.receivables(ctx, f.Period.To)
			if err != nil {
				return err
			}
			ties = append(ties, r.Tie)
		}
		result, err := m.result(ctx, ResultFilter{By: f.By, Period: f.Period})
		if err != nil {
			return err
		}
		ties = append(ties, result.Tie)
		for _, d := range f.Per {
			t, err := m.margins(ctx, MarginFilter{By: f.By, Period: f.Period, Per: d, Unnamed: true}, &result)
			if err != nil {
				return err
			}
			ties = append(ties, t.Ties...)
		}
		return nil
	})
	return ties, err
}
