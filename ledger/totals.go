package ledger

import (
	"context"
	"time"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// TotalsFilter asks for a cut through the books: which postings, and what to group them by.
type TotalsFilter struct {
	By     storage.Ref
	Period date.Period
	Chosen
	// Where keeps parts with these values only.
	Where Dims
	// GroupBy lists dimensions; ByAccount and ByMonth group by these too. The currency always does.
	GroupBy   []Dimension
	ByAccount bool
	ByMonth   bool
	// Closing counts closing entries too.
	Closing bool
}

// A TotalsRow is one group.
type TotalsRow struct {
	Account  string         `json:"account,omitempty"`
	Currency money.Currency `json:"currency"`
	Month    date.Month     `json:"month"`
	// Dims holds the values of the dimensions grouped by; "" where a part has none.
	Dims   Dims         `json:"dims"`
	Debit  money.Amount `json:"debit"`
	Credit money.Amount `json:"credit"`
	// Amount is Debit less Credit.
	Amount money.Amount `json:"amount"`
	// Count is the number of parts.
	Count int64 `json:"count"`
}

// Totals is a cut, by account, currency, month and dimensions.
type Totals struct {
	Rows []TotalsRow `json:"rows"`
	Cost Cost        `json:"cost"`
}

// Totals cuts the books. By one dimension, or none, it reads folded totals; by several, counting those in Where, it adds up
// the parts of the period in the database: Cost says which.
//
// Errors: *storage.Invalid, storage.ErrOverflow.
func (b *Books) Totals(ctx context.Context, f TotalsFilter) (out Totals, err error) {
	var bad faults
	bad.cut(f.Where, f.GroupBy...)
	bad.period(f.Period)
	if err := bad.err(); err != nil {
		return out, err
	}
	err = b.read(ctx, f.By, func(r *report) error {
		out = Totals{}
		c := cut{period: f.Period, where: f.Where, group: f.GroupBy, monthly: f.ByMonth, closing: f.Closing}
		if err := r.choose(ctx, f.Chosen, &c); err != nil {
			return err
		}
		got, err := r.gather(ctx, c)
		if err != nil {
			return err
		}
		if !f.ByAccount {
			if got, err = got.merged(); err != nil {
				return err
			}
		}
		for _, at := range got.places() {
			row := TotalsRow{Account: at.account, Currency: at.currency, Dims: at.dims, Count: got[at].count}
			if at.month > 0 {
				if row.Month, err = date.NewMonth(at.month/100, time.Month(at.month%100)); err != nil {
					return err
				}
			}
			if row.Debit, row.Credit, row.Amount, err = r.sides(ctx, at.currency, got[at]); err != nil {
				return err
			}
			out.Rows = append(out.Rows, row)
		}
		out.Cost = r.cost
		return nil
	})
	return out, err
}

// merged adds up all accounts.
func (f figures) merged() (figures, error) {
	out := figures{}
	for at, x := range f {
		at.account = ""
		if err := out.add(at, x.debit, x.credit, x.count); err != nil {
			return nil, err
		}
	}
	return out, nil
}
