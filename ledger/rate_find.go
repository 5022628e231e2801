package ledger

import (
	"context"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// Rate finds what a currency costs in another on a day; no day is today. It is the latest rate of the pair on or before that
// day, else the inverse of the opposite pair's, else the cross over the base currency, whose date is the older of the two;
// inverse and cross are exact. A currency costs one of itself.
//
// Errors: ErrNoRate; *storage.Invalid.
func (b *Books) Rate(ctx context.Context, from, to money.Currency, at date.Date) (r Rate, err error) {
	var bad storage.Invalid
	bad.Check(from.Valid(), "from", storage.CodeCurrency, "")
	bad.Check(to.Valid(), "to", storage.CodeCurrency, "")
	if err := bad.Err(); err != nil {
		return r, err
	}
	err = b.s.View(ctx, func(tx *storage.Tx) error {
		day := at
		if day.IsZero() {
			day = tx.Today()
		}
		r, err = rateAt(ctx, tx, from, to, day)
		return err
	})
	return r, err
}

// rateAt finds the rate of a pair on a day.
func rateAt(ctx context.Context, tx *storage.Tx, from, to money.Currency, at date.Date) (Rate, error) {
	if from == to {
		one := decimal.NewFromInt(1)
		return Rate{From: from, To: to, Date: at, Value: one, Per: one}, nil
	}
	r, err := quoted(ctx, tx, from, to, at)
	if err != nil || r != nil {
		return valueOf(r), err
	}
	set, err := settingsOf(ctx, tx)
	if err != nil || set.Base == "" || from == set.Base || to == set.Base {
		return Rate{}, orNoRate(err, from, to, at)
	}
	first, err := quoted(ctx, tx, from, set.Base, at)
	if err != nil || first == nil {
		return Rate{}, orNoRate(err, from, to, at)
	}
	second, err := quoted(ctx, tx, set.Base, to, at)
	if err != nil || second == nil {
		return Rate{}, orNoRate(err, from, to, at)
	}
	return first.cross(*second), nil
}

func orNoRate(err error, from, to money.Currency, at date.Date) error {
	if err != nil {
		return err
	}
	return ErrNoRate.With("%s in %s on %s", from, to, at)
}

func valueOf(r *Rate) Rate {
	if r == nil {
		return Rate{}
	}
	return *r
}

// quoted finds the latest rate that is kept of a pair, in either direction; nil if there is none.
func quoted(ctx context.Context, tx *storage.Tx, from, to money.Currency, at date.Date) (*Rate, error) {
	for _, pair := range [2][2]money.Currency{{from, to}, {to, from}} {
		list := rates.All(ctx, tx, storage.Query{Order: []string{"date"}, Desc: true, Limit: 1, Where: []storage.Cond{
			storage.Eq("from", pair[0]), storage.Eq("to", pair[1]), storage.Le("date", at)}})
		for r, err := range list {
			if err != nil {
				return nil, err
			}
			if pair[0] != from {
				inverse := r.Inverse()
				return &inverse, nil
			}
			return r, nil
		}
	}
	return nil, nil
}
