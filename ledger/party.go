package ledger

import (
	"cmp"
	"context"
	"slices"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// PartyFilter asks for a ledger by the values of a dimension: by customer, supplier, person and so on.
type PartyFilter struct {
	By        storage.Ref
	Dimension Dimension
	Period    date.Period
	// Chosen narrows it to some accounts: receivables, say.
	Chosen
	Where Dims
}

// A PartyRow is one value of the dimension in one currency. Opening and Closing are debits if positive; Closing is Opening +
// Debit − Credit.
type PartyRow struct {
	// Value is "" for what has none.
	Value    string         `json:"value,omitempty"`
	Currency money.Currency `json:"currency"`
	Opening  money.Amount   `json:"opening"`
	Debit    money.Amount   `json:"debit"`
	Credit   money.Amount   `json:"credit"`
	Closing  money.Amount   `json:"closing"`
}

// A PartyLedger has a row for each value and currency, in their order. The lines behind a row are those of GeneralLedger with
// the value in Where.
type PartyLedger struct {
	Dimension Dimension   `json:"dimension"`
	Period    date.Period `json:"period"`
	Rows      []PartyRow  `json:"rows"`
	Cost      Cost        `json:"cost"`
}

// PartyLedger reads, for each value of a dimension, what was open before a period, what moved, and what is open after it.
//
// Errors: *storage.Invalid, storage.ErrOverflow.
func (b *Books) PartyLedger(ctx context.Context, f PartyFilter) (out PartyLedger, err error) {
	var bad faults
	bad.cut(f.Where)
	bad.Check(f.Dimension.known(), "dimension", storage.CodeChoice, string(f.Dimension))
	bad.period(f.Period)
	if err := bad.err(); err != nil {
		return out, err
	}
	err = b.read(ctx, f.By, func(r *report) error {
		out = PartyLedger{Dimension: f.Dimension, Period: f.Period}
		c := cut{where: f.Where, group: []Dimension{f.Dimension}, closing: true}
		if err := r.choose(ctx, f.Chosen, &c); err != nil {
			return err
		}
		before := date.Until(date.Date{}, f.Period.From)
		if f.Period.From.IsZero() {
			before = date.On(date.Date{})
		}
		got, err := r.columns(ctx, c, []date.Period{before, f.Period})
		if err != nil {
			return err
		}
		all := figures{}
		for i := range got {
			if got[i], err = got[i].merged(); err != nil {
				return err
			}
			for at := range got[i] {
				all[at] = figure{}
			}
		}
		for _, at := range all.byValue(f.Dimension) {
			row := PartyRow{Value: at.dims.Of(f.Dimension), Currency: at.currency}
			if _, _, row.Opening, err = r.sides(ctx, at.currency, got[0][at]); err != nil {
				return err
			}
			var net money.Amount
			if row.Debit, row.Credit, net, err = r.sides(ctx, at.currency, got[1][at]); err != nil {
				return err
			}
			if row.Closing, err = row.Opening.Add(net); err != nil {
				return err
			}
			out.Rows = append(out.Rows, row)
		}
		out.Cost = r.cost
		return nil
	})
	return out, err
}

// byValue lists places by their value in a dimension, then by currency.
func (f figures) byValue(d Dimension) []place {
	list := f.places()
	slices.SortStableFunc(list, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.dims.Of(d), b.dims.Of(d)), cmp.Compare(a.currency, b.currency))
	})
	return list
}
