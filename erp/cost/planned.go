package cost

import (
	"context"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// Planned is what the budgets say of a period: statements of the ledger compare with it, since it makes Costs a ledger.Budget.
// Of a month that is in the period in part its share by days counts, rounded half up to the minor unit. A budget knows centres
// and no other dimension, so a question about another has no answer.
//
// Errors: those of the store.
func (s *Costs) Planned(ctx context.Context, tx *storage.Tx, f ledger.BudgetFilter) (list []ledger.Planned, err error) {
	centre := f.Where.CostCentre
	if f.Where != (ledger.Dims{CostCentre: centre}) {
		return nil, nil
	}
	codes := map[storage.ID[Centre]]string{}
	for c, err := range centres.All(ctx, tx, Filter{By: f.By}.query()) {
		if err != nil {
			return nil, err
		}
		codes[c.ID] = c.Code
	}
	for b, err := range s.In(tx).Budgets(ctx, storage.ID[Centre]{}, f.Period.From.Month(), f.Period.To.Month(), f.By) {
		if err != nil {
			return nil, err
		}
		code, seen := codes[b.Centre]
		if !seen || centre != "" && centre != code {
			continue
		}
		amount := b.Amount
		if days, of := f.Period.Share(b.Month.Month().Period()); days < of {
			if amount, err = amount.MulQuo(decimal.NewFromInt(int64(days)), decimal.NewFromInt(int64(of)), money.HalfUp); err != nil {
				return nil, err
			}
		}
		list = append(list, ledger.Planned{Account: b.Account, Amount: amount})
	}
	return list, nil
}

var _ ledger.Budget = (*Costs)(nil)
