package ledger

import (
	"context"
	"errors"

	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// Cost says what a figure was made from, in rows.
type Cost struct {
	// Totals are folded ones, Tail the parts not folded yet, Parts those that had to be added up one by one.
	Totals int64 `json:"totals"`
	Tail   int64 `json:"tail"`
	Parts  int64 `json:"parts"`
}

// report is one moment of the books: what is folded, and what is not.
type report struct {
	tx    *storage.Tx
	by    storage.Ref
	at    storage.Position
	tail  []*part
	daily bool // days are folded too
	rules Rules
	cost  Cost

	chart   map[string]*Account
	ordered []*Account
}

// longTail is how many entries a report reads unfolded before it folds them.
const longTail = 4 * foldStep

var errLongTail = errors.New("the tail is long")

// read runs fn on one moment of the books. It may run fn more than once.
//
// Over a tenant's data that moment is a snapshot, and where many parts have not been folded they are folded first. Inside a
// transaction, whose statements may see ever newer commits, it is tried again if a fold came between, and in the end the fold
// is kept waiting.
func (b *Books) read(ctx context.Context, by storage.Ref, fn func(*report) error) error {
	if _, inside := b.s.(*storage.Tx); inside {
		return b.s.View(ctx, func(tx *storage.Tx) error { return readInside(ctx, tx, by, fn) })
	}
	for attempt := 0; ; attempt++ {
		limit := longTail
		if attempt == 2 {
			limit = 0 // folding did not help: an open transaction holds it back
		}
		err := b.s.View(ctx, func(tx *storage.Tx) error {
			r := &report{tx: tx, by: by}
			if err := r.begin(ctx, limit); err != nil {
				return err
			}
			return fn(r)
		})
		if !errors.Is(err, errLongTail) {
			return err
		}
		if _, err := b.Fold(ctx); err != nil {
			return err
		}
	}
}

func readInside(ctx context.Context, tx *storage.Tx, by storage.Ref, fn func(*report) error) error {
	for attempt := 0; ; attempt++ {
		r := &report{tx: tx, by: by}
		if attempt == 3 {
			if _, err := lockFold(ctx, tx); err != nil {
				return err
			}
		}
		if err := r.begin(ctx, 0); err != nil {
			return err
		}
		if err := fn(r); err != nil {
			return err
		}
		now := &fold{Name: theFold}
		if _, err := folds.Load(ctx, tx, now); err != nil || now.Position == r.at {
			return err
		}
	}
}

// begin finds the place of the fold and reads what comes after, up to a limit.
func (r *report) begin(ctx context.Context, limit int) error {
	at := &fold{Name: theFold}
	if _, err := folds.Load(ctx, r.tx, at); err != nil {
		return err
	}
	r.at, r.daily = at.Position, at.Days || at.Position == ""
	n := 0
	if limit > 0 {
		n = limit + 1
	}
	tail, err := entries.TailUnsettled(ctx, r.tx, r.at, n)
	if err != nil {
		return err
	}
	if limit > 0 && len(tail.Items) > limit {
		return errLongTail
	}
	r.rules = Rules{}
	r.tail, err = partsOfTail(ctx, r.tx, tail)
	return err
}

// accounts reads the chart as the actor may see it.
func (r *report) accounts(ctx context.Context) error {
	if r.chart != nil {
		return nil
	}
	r.chart = map[string]*Account{}
	for a, err := range accounts.All(ctx, r.tx, storage.Query{By: r.by}) {
		if err != nil {
			return err
		}
		r.chart[a.Code], r.ordered = a, append(r.ordered, a)
	}
	return nil
}

// amount makes money of units, reading the scales of commodities when the first is met.
func (r *report) amount(ctx context.Context, c money.Currency, n int64) (money.Amount, error) {
	if _, listed := c.Digits(); !listed && r.rules.Scales == nil {
		r.rules.Scales = map[money.Currency]int{}
		for k, err := range commodities.All(ctx, r.tx, storage.Query{}) {
			if err != nil {
				return money.Amount{}, err
			}
			r.rules.Scales[k.Code] = k.Scale
		}
	}
	return r.rules.amount(c, n)
}
