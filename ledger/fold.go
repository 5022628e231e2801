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

// Handle lets a ticker fold and seal what was posted, and see to live balances and holds.
func Handle(t *event.Ticker) {
	t.Handle(FoldWork, func(ctx context.Context, db *storage.DB, _ storage.Ref) (bool, error) {
		b := New(db)
		_, err := b.Fold(ctx)
		_, failed := b.Seal(ctx)
		return true, errors.Join(err, failed)
	})
	t.Handle(LiveWork, func(ctx context.Context, db *storage.DB, about storage.Ref) (bool, error) {
		return true, New(db).relive(ctx, about.ID)
	})
}

// foldsNow chooses, by chance but for good, one in 64 entries to ask for a fold: asking with each would cost a row, and the
// tail stays short all the same.
func foldsNow(p *Posted) bool { return strings.HasPrefix(p.Digest, "0") && p.Digest[1] < '4' }

// foldStep is how many parts a transaction folds.
const foldStep = 2000

// theFold is the name of the one row.
const theFold = "totals"

// Fold adds what was posted since the last fold to the totals, a few thousand parts a transaction, and answers how many.
// Reports are exact without it; it keeps them fast. Any number of processes may fold at once.
//
// Errors: storage.ErrOverflow when a total leaves 64 bits.
func (b *Books) Fold(ctx context.Context) (folded int, err error) {
	for {
		n := 0
		err := b.s.Update(ctx, func(tx *storage.Tx) (err error) {
			n, err = foldOnce(ctx, tx)
			return err
		})
		folded += n
		if err != nil || n < foldStep {
			return folded, err
		}
	}
}

func foldOnce(ctx context.Context, tx *storage.Tx) (int, error) {
	at, err := lockFold(ctx, tx)
	if err != nil {
		return 0, err
	}
	if err := beginDays(ctx, tx, at); err != nil {
		return 0, err
	}
	tail, err := parts.Tail(ctx, tx, at.Position, foldStep)
	if err != nil || len(tail.Items) == 0 {
		return 0, err
	}
	plain, byDay, byDimension, err := aggregate(tail.Items)
	if err != nil {
		return 0, err
	}
	if err := late(ctx, tx, tail.Items); err != nil {
		return 0, err
	}
	if err := totals.Add(ctx, tx, sums, plain...); err != nil {
		return 0, err
	}
	if err := dayTotals.Add(ctx, tx, sums, byDay...); err != nil {
		return 0, err
	}
	if err := dimensionTotals.Add(ctx, tx, sums, byDimension...); err != nil {
		return 0, err
	}
	at.Position, at.Rows, at.At = tail.Next, at.Rows+int64(len(tail.Items)), tx.Now()
	return len(tail.Items), folds.Update(ctx, tx, at)
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
