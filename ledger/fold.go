package ledger

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// FoldWork is the kind of the wake-ups that ask for a fold; see Handle.
const FoldWork = "ledger.fold"

// Handle lets a ticker fold and seal what was posted, and see to holds.
func Handle(t *event.Ticker) {
	t.Handle(FoldWork, func(ctx context.Context, db *storage.DB, _ storage.Ref) (bool, error) {
		b := New(db)
		_, err := b.Fold(ctx)
		_, failed := b.Seal(ctx)
		return true, errors.Join(err, failed)
	})
	t.Handle(HoldWork, func(ctx context.Context, db *storage.DB, about storage.Ref) (bool, error) {
		return true, New(db).expireHold(ctx, about)
	})
}

// foldsNow chooses, by chance but for good, one in 64 entries to ask for a fold: asking with each would cost a row, and the
// tail stays short all the same.
func foldsNow(p *Posted) bool { return strings.HasPrefix(p.Digest, "0") && p.Digest[1] < '4' }

// foldStep is how many entries a transaction folds.
const foldStep = 1000

// theFold is the name of the one row.
const theFold = "totals"

// Fold adds what was posted since the last fold to the totals, a thousand entries a transaction, and answers how many parts.
// Reports are exact without it; it keeps them fast. Any number of processes may fold at once.
//
// Errors: storage.ErrOverflow when a total leaves 64 bits.
func (b *Books) Fold(ctx context.Context) (folded int, err error) {
	for {
		n, all := 0, false
		err := b.s.Update(ctx, func(tx *storage.Tx) (err error) {
			n, all, err = foldOnce(ctx, tx)
			return err
		})
		if err != nil {
			return folded, err
		}
		if folded += n; all {
			return folded, nil
		}
	}
}

func foldOnce(ctx context.Context, tx *storage.Tx) (n int, all bool, err error) {
	at, err := lockFold(ctx, tx)
	if err != nil {
		return 0, false, err
	}
	if err := beginDays(ctx, tx, at); err != nil {
		return 0, false, err
	}
	tail, err := entries.Tail(ctx, tx, at.Position, foldStep)
	if err != nil || len(tail.Items) == 0 {
		return 0, true, err
	}
	rows, err := partsOfTail(ctx, tx, tail)
	if err != nil {
		return 0, false, err
	}
	plain, byDay, byDimension, err := aggregate(rows)
	if err != nil {
		return 0, false, err
	}
	if err := totals.Add(ctx, tx, sums, plain...); err != nil {
		return 0, false, err
	}
	if err := dayTotals.Add(ctx, tx, sums, byDay...); err != nil {
		return 0, false, err
	}
	if err := dimensionTotals.Add(ctx, tx, sums, byDimension...); err != nil {
		return 0, false, err
	}
	at.Position, at.Rows, at.At = tail.Next, at.Rows+int64(len(rows)), tx.Now()
	return len(rows), len(tail.Items) < foldStep, folds.Update(ctx, tx, at)
}

// fewEntries is of how many entries the parts are read at a time: of most, that is one page.
const fewEntries = 200

// partsOfTail reads the parts of entries that were posted one after the other. What carries a place in the order of commits is the
// entry alone: that is written once where its parts are several.
func partsOfTail(ctx context.Context, tx *storage.Tx, tail storage.Tail[Posted]) (rows []*part, err error) {
	for some := range slices.Chunk(tail.Items, fewEntries) {
		ids := make([]storage.ID[Posted], len(some))
		for i, p := range some {
			ids[i] = p.ID
		}
		for row, err := range parts.All(ctx, tx, storage.Query{Where: []storage.Cond{storage.In("entry", ids...)}}) {
			if err != nil {
				return nil, err
			}
			rows = append(rows, row)
		}
	}
	return rows, nil
}

// beginDays lets books that were folded before there were totals of days fold anew, from the first part.
func beginDays(ctx context.Context, tx *storage.Tx, at *fold) error {
	if at.Days {
		return nil
	}
	if at.Position != "" {
		for t, err := range totals.All(ctx, tx, storage.Query{}) {
			if err == nil {
				err = totals.Delete(ctx, tx, t)
			}
			if err != nil {
				return err
			}
		}
		for t, err := range dimensionTotals.All(ctx, tx, storage.Query{}) {
			if err == nil {
				err = dimensionTotals.Delete(ctx, tx, t)
			}
			if err != nil {
				return err
			}
		}
	}
	at.Days, at.Position, at.Rows = true, "", 0
	return nil
}

// lockFold takes the turn to fold.
func lockFold(ctx context.Context, tx *storage.Tx) (*fold, error) {
	at := &fold{Name: theFold}
	found, err := folds.LoadLocked(ctx, tx, at)
	if err == nil && !found[0] {
		if _, err = folds.InsertNew(ctx, tx, &fold{Name: theFold}); err == nil {
			_, err = folds.LoadLocked(ctx, tx, at)
		}
	}
	return at, err
}

// aggregate sums parts by the keys of the totals, in an order that does not depend on maps.
func aggregate(rows []*part) (plain []*total, byDay []*dayTotal, byDimension []*dimensionTotal, err error) {
	totalsByKey, dimensionsByKey := map[total]*total{}, map[dimensionTotal]*dimensionTotal{}
	daysByKey := map[dayTotal]*dayTotal{}
	for _, p := range rows {
		key := total{Account: p.Account, Currency: p.Currency, Month: p.Month}
		if p.Closing {
			key.Closing = 1
		}
		t := totalsByKey[key]
		if t == nil {
			t = new(total)
			*t = key
			totalsByKey[key], plain = t, append(plain, t)
		}
		if err := t.add(p); err != nil {
			return nil, nil, nil, err
		}
		onDay := dayTotal{Account: p.Account, Currency: p.Currency, Date: p.Date, Closing: key.Closing, Month: p.Month}
		on := daysByKey[onDay]
		if on == nil {
			on = new(dayTotal)
			*on = onDay
			daysByKey[onDay], byDay = on, append(byDay, on)
		}
		on.add(p)
		if p.Dims == (Dims{}) {
			continue
		}
		for i, value := range p.Dims.all() {
			if *value == "" {
				continue
			}
			key := dimensionTotal{Dimension: dimensions[i], Value: *value, total: key}
			d := dimensionsByKey[key]
			if d == nil {
				d = new(dimensionTotal)
				*d = key
				dimensionsByKey[key], byDimension = d, append(byDimension, d)
			}
			_ = d.add(p) // less than the plain total, which fitted
		}
	}
	slices.SortFunc(plain, compareTotals)
	slices.SortFunc(byDay, func(a, b *dayTotal) int {
		if c := strings.Compare(a.Account, b.Account); c != 0 {
			return c
		}
		return cmp.Or(strings.Compare(string(a.Currency), string(b.Currency)), a.Date.Compare(b.Date), a.Closing-b.Closing)
	})
	slices.SortFunc(byDimension, func(a, b *dimensionTotal) int {
		if c := strings.Compare(string(a.Dimension), string(b.Dimension)); c != 0 {
			return c
		}
		if c := strings.Compare(a.Value, b.Value); c != 0 {
			return c
		}
		return compareTotals(&a.total, &b.total)
	})
	return plain, byDay, byDimension, nil
}

// add adds a part on its side. A part is at most MaxMinor, so a sum that leaves 64 bits turns negative.
func (t *total) add(p *part) error {
	if p.Credit {
		t.Credit -= p.Amount
	} else {
		t.Debit += p.Amount
	}
	t.Count++
	if t.Debit < 0 || t.Credit < 0 {
		return storage.ErrOverflow
	}
	return nil
}

// add adds a part; it is less than the plain total, which fitted.
func (t *dayTotal) add(p *part) {
	if p.Credit {
		t.Credit -= p.Amount
	} else {
		t.Debit += p.Amount
	}
	t.Count++
}

func compareTotals(a, b *total) int {
	if c := strings.Compare(a.Account, b.Account); c != 0 {
		return c
	}
	if c := strings.Compare(string(a.Currency), string(b.Currency)); c != 0 {
		return c
	}
	return (a.Month*2 + a.Closing) - (b.Month*2 + b.Closing)
}
