package ledger

import (
	"context"
	"slices"

	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// itemise makes items of what was posted on an account before it kept any. The other way there is no way back.
func itemise(ctx context.Context, tx *storage.Tx, a *Account) error {
	if !a.Items {
		n, err := items.Count(ctx, tx, storage.Query{Where: []storage.Cond{storage.Eq("account", a.Code)}})
		if err == nil && n > 0 {
			err = ErrUsed.With("%q has %d items", a.Code, n)
		}
		return err
	}
	if err := tx.HoldOff(ctx); err != nil { // who posted without an item is through before we look
		return err
	}
	scales, err := allScales(ctx, tx)
	if err != nil {
		return err
	}
	rules := Rules{Accounts: map[string]*Account{a.Code: a}, Scales: scales}
	var undone, some []storage.ID[Posted]
	seen := map[storage.ID[Posted]]bool{}
	flush := func() error {
		more, err := rules.itemiseSome(ctx, tx, some)
		undone, some = append(undone, more...), some[:0]
		return err
	}
	q := storage.Query{Where: []storage.Cond{storage.Eq("account", a.Code)}, Order: []string{"date"}}
	for p, err := range parts.All(ctx, tx, q) {
		if err != nil {
			return err
		}
		if seen[p.Entry] {
			continue
		}
		seen[p.Entry] = true
		if some = append(some, p.Entry); len(some) == fewCodes {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if err := flush(); err != nil {
		return err
	}
	slices.SortFunc(undone, func(a, b storage.ID[Posted]) int { return slices.Compare(a[:], b[:]) })
	return rules.settleReversals(ctx, tx, undone)
}

// itemiseSome makes items of some entries, and answers which of these are reversals.
func (r Rules) itemiseSome(ctx context.Context, tx *storage.Tx, ids []storage.ID[Posted]) (undone []storage.ID[Posted],
	err error) {
	list, err := entries.GetMany(ctx, tx, ids...)
	if err != nil {
		return nil, err
	}
	byEntry, err := partsOf(ctx, tx, storage.Ref{}, list...)
	if err != nil {
		return nil, err
	}
	w := posting{rules: r}
	var fresh []*item
	for _, p := range list {
		plain := *p
		plain.Reverses = storage.ID[Posted]{} // valued like any other; settleReversals does the rest
		opened, err := w.itemsOf(ctx, tx, &plain, byEntry[p.ID], "")
		if err != nil {
			return nil, err
		}
		if fresh = append(fresh, opened...); !p.Reverses.IsZero() && len(opened) > 0 {
			undone = append(undone, p.ID)
		}
	}
	return undone, items.Insert(ctx, tx, fresh...)
}

// settleReversals matches the items of reversals, in the order of posting, with those that they reverse.
func (r Rules) settleReversals(ctx context.Context, tx *storage.Tx, ids []storage.ID[Posted]) error {
	for from := 0; from < len(ids); from += fewCodes {
		list, err := entries.GetMany(ctx, tx, ids[from:min(from+fewCodes, len(ids))]...)
		if err != nil {
			return err
		}
		for _, p := range list {
			var own []*item
			for i, err := range items.All(ctx, tx, storage.Query{Where: []storage.Cond{storage.Eq("entry", p.ID)}}) {
				if err != nil {
					return err
				}
				if r.Accounts[i.Account] != nil {
					own = append(own, i)
				}
			}
			if own, err = matchReversal(ctx, tx, p, own); err != nil {
				return err
			}
			if err := items.Update(ctx, tx, own...); err != nil {
				return err
			}
		}
	}
	return nil
}

// allScales reads the scales of every commodity.
func allScales(ctx context.Context, tx *storage.Tx) (map[money.Currency]int, error) {
	scales := map[money.Currency]int{}
	for c, err := range commodities.All(ctx, tx, storage.Query{}) {
		if err != nil {
			return nil, err
		}
		scales[c.Code] = c.Scale
	}
	return scales, nil
}
