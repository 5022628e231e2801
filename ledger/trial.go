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
}

// A TrialRow is one account in one currency. Opening and Closing are debits if positive; Closing is Opening + Debit − Credit.
type TrialRow struct {
	Account  string         `json:"account,omitempty"`
	Name     string         `json:"name,omitempty"`
	Type     Type           `json:"type,omitempty"`
	Currency money.Currency `json:"currency"`
	Opening  money.Amount   `json:"opening"`
	Debit    money.Amount   `json:"debit"`
	Credit   money.Amount   `json:"credit"`
	Closing  money.Amount   `json:"closing"`
}

// A Trial is a trial balance.
type Trial struct {
	Period date.Period `json:"period"`
	Rows   []TrialRow  `json:"rows"`
	// Totals has a row for each currency: of the whole books, Opening and Closing are zero and Debit equals Credit.
	Totals []TrialRow `json:"totals"`
	Cost   Cost       `json:"cost"`
}

// TrialBalance lists all accounts with postings: what they held before the period, what moved, and what they hold after it.
// All of it is of one moment.
//
// Errors: *storage.Invalid, storage.ErrOverflow.
func (b *Books) TrialBalance(ctx context.Context, f TrialFilter) (out Trial, err error) {
	if err := checkCut(f.Where); err != nil {
		return out, err
	}
	err = b.read(ctx, f.By, func(r *report) (err error) {
		out, err = r.trial(ctx, f)
		return err
	})
	return out, err
}

func (r *report) trial(ctx context.Context, f TrialFilter) (out Trial, err error) {
	out.Period = f.Period
	c := cut{period: f.Period, where: f.Where, closing: true}
	if err := r.choose(ctx, f.Chosen, &c); err != nil {
		return out, err
	}
	before := date.Until(date.Date{}, f.Period.From)
	if f.Period.From.IsZero() {
		before = date.On(date.Date{})
	}
	got, err := r.columns(ctx, c, []date.Period{before, f.Period})
	if err != nil {
		return out, err
	}
	all := figures{}
	for _, list := range got {
		for at := range list {
			all[at] = figure{}
		}
	}
	if err := r.accounts(ctx); err != nil {
		return out, err
	}
	for _, at := range all.places() {
		row := TrialRow{Account: at.account, Currency: at.currency}
		row.Name, row.Type = r.named(at.account)
		if _, _, row.Opening, err = r.sides(ctx, at.currency, got[0][at]); err != nil {
			return out, err
		}
		var net money.Amount
		if row.Debit, row.Credit, net, err = r.sides(ctx, at.currency, got[1][at]); err != nil {
			return out, err
		}
		if row.Closing, err = row.Opening.Add(net); err != nil {
			return out, err
		}
		out.Rows = append(out.Rows, row)
	}
	out.Cost = r.cost
	out.Totals, err = totalRows(out.Rows)
	return out, err
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
			{&s.Closing, &row.Closing}} {
			if *pair[0], err = pair[0].Add(*pair[1]); err != nil {
				return nil, err
			}
		}
	}
	return sums, nil
}
