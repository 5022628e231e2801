package ledger

import (
	"context"
	"slices"

	"github.com/tutas/tutas/storage"
)

// itemised reports whether one of the accounts keeps open items.
func (r *Rules) itemised() bool {
	for _, a := range r.Accounts {
		if a.Items {
			return true
		}
	}
	return false
}

// openItems opens an item for each leg on an account that keeps them. The items of a reversal and of what it reverses match.
func (w *posting) openItems(ctx context.Context, tx *storage.Tx) (fresh []*item, err error) {
	if !w.rules.itemised() {
		return nil, nil
	}
	rows := w.rows
	for i := range w.posted {
		p, n := &w.posted[i], 0
		for n < len(rows) && rows[n].Entry == p.ID {
			n++
		}
		path := ""
		if w.path != nil {
			path = w.path(i)
		}
		list, err := w.itemsOf(ctx, tx, p, rows[:n], path)
		if err != nil {
			return nil, err
		}
		if rows = rows[n:]; !p.Reverses.IsZero() {
			if list, err = matchReversal(ctx, tx, p, list); err != nil {
				return nil, err
			}
		}
		fresh = append(fresh, list...)
	}
	return fresh, nil
}

// itemsOf makes the items of an entry.
func (w *posting) itemsOf(ctx context.Context, tx *storage.Tx, p *Posted, rows []*part, path string) ([]*item, error) {
	var list []*item
	for _, r := range rows {
		a := w.rules.Accounts[r.Account]
		if a == nil || !a.Items || r.Amount == 0 {
			continue
		}
		party := PartyOf(a.Type, r.Dims)
		same := func(i *item) bool { return i.Leg == r.Leg && i.Dimension == party.Dimension && i.Party == party.ID }
		if at := slices.IndexFunc(list, same); at >= 0 {
			list[at].Amount += r.Amount
			continue
		}
		i := &item{Entry: p.ID, Leg: r.Leg, Part: r.No, Account: r.Account, Currency: r.Currency, Dimension: party.Dimension,
			Party: party.ID, Date: p.Date, Due: p.Date, Base: r.Currency, Since: p.Date, Closed: forever, Source: p.Source,
			Amount: r.Amount}
		if r.asked != nil && !r.asked.Due.IsZero() {
			i.Due = r.asked.Due
		}
		list = append(list, i)
	}
	list = slices.DeleteFunc(list, func(i *item) bool { return i.Amount == 0 }) // parts that undo each other
	for _, i := range list {
		i.Open, i.Value = i.Amount, i.Amount
	}
	if len(list) > 0 && p.Reverses.IsZero() {
		if err := w.evaluate(ctx, tx, path, p.Date, rows, list); err != nil {
			return nil, err
		}
	}
	for _, i := range list {
		i.Worth = i.Value
	}
	return list, nil
}
