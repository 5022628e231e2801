package ledger

import (
	"context"
	"errors"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// Opening is what a company brings along: the balances of its accounts on the day on which these books begin.
type Opening struct {
	By   storage.Ref `json:"by"`
	Key  storage.Key `json:"key,omitempty"`
	Why  string      `json:"why,omitempty"`
	Date date.Date   `json:"date"`
	// Source opens the control accounts of a sub-ledger, as for any entry; balances of another sub-ledger need a call of their own.
	Source storage.Ref  `json:"source"`
	Legs   []OpeningLeg `json:"legs"`
	// Balanced demands that the balances sum to zero, so that nothing is left on the opening account.
	Balanced bool `json:"balanced,omitempty"`
	// More adds to opening balances that were posted before.
	More bool `json:"more,omitempty"`
}

// An OpeningLeg is what an account holds: a debit if positive.
type OpeningLeg struct {
	Account string       `json:"account"`
	Amount  money.Amount `json:"amount"`
	// Value is what an amount in a foreign currency was booked for, in the base currency; without it the rate of the day says.
	Value money.Amount `json:"value"`
	Dims  Dims         `json:"dims"`
	Text  string       `json:"text,omitempty"`
}

// OpeningBalances posts them as one entry. What they lack in the base currency is taken by the opening account; amounts in
// foreign currencies pass through the exchange account at their value. A commodity without a rate is taken by the opening
// account as it is.
//
// Errors: *storage.Invalid and those of Post, with the legs as they were given; ErrUnbalanced if they must balance and do not;
// ErrNoRate; ErrBegun if opening balances are there and More is not said; storage.ErrKeyReused, storage.ErrForbidden.
func (b *Books) OpeningBalances(ctx context.Context, cmd Opening) (Posted, error) {
	var bad faults
	if len(cmd.Legs) == 0 {
		bad.add("legs", storage.CodeRequired)
	}
	for i := range cmd.Legs {
		l := &cmd.Legs[i]
		bad.Check(l.Value.IsZero() || l.Value.Sign() == l.Amount.Sign(), legPath("", i)+".value", storage.CodeRange, "")
	}
	if err := bad.err(); err != nil {
		return Posted{}, err
	}
	var fresh []Posted
	id, err := storage.Once(ctx, b.s, cmd.Key, "ledger.books.begin", cmd, func(tx *storage.Tx) (id storage.ID[Posted], err error) {
		if fresh, err = begin(ctx, tx, cmd); err != nil {
			return id, err
		}
		return fresh[0].ID, nil
	})
	if err != nil {
		return Posted{}, err
	}
	list, err := b.answers(ctx, []storage.ID[Posted]{id}, fresh)
	if err != nil {
		return Posted{}, err
	}
	return list[0], nil
}

func begin(ctx context.Context, tx *storage.Tx, cmd Opening) ([]Posted, error) {
	old, err := lockConfiguration(ctx, tx)
	if err != nil {
		return nil, err
	}
	if !old.Opened.IsZero() && !cmd.More {
		first, err := entries.Get(ctx, tx, old.Opened)
		if err != nil {
			return nil, err
		}
		if first.ReversedBy.IsZero() {
			return nil, ErrBegun.With("on %s", first.Date)
		}
	}
	e, err := openingEntry(ctx, tx, cmd, old.filled(tx))
	if err != nil {
		return nil, err
	}
	list := []*Entry{e}
	rules, err := needOf(list).read(ctx, tx)
	if err != nil {
		return nil, err
	}
	posted, err := rules.post(ctx, tx, list, nil)
	if err != nil || cmd.More && !old.Opened.IsZero() {
		return posted, err
	}
	c := *old
	c.Opened = posted[0].ID
	return posted, event.Apply(ctx, tx, configurations, event.Change[Configuration]{By: cmd.By, Verb: "ledger.books.begin",
		Why: cmd.Why, Before: old, After: &c})
}

// openingEntry makes the entry: the legs as they were given, then what passes between currencies, then what is lacking.
func openingEntry(ctx context.Context, tx *storage.Tx, cmd Opening, set Configuration) (*Entry, error) {
	e := &Entry{By: cmd.By, Date: cmd.Date, Text: cmd.Why, Source: cmd.Source, AllowSelf: true}
	if e.Text == "" {
		e.Text = "Opening balances"
	}
	var bad faults
	var passed []Leg // through the exchange account: each amount, and after it what it is worth
	for i, l := range cmd.Legs {
		e.Legs = append(e.Legs, Leg{Account: l.Account, Amount: l.Amount, Dims: l.Dims, Text: l.Text})
		c := l.Amount.Currency()
		if c == "" || c == set.Base || cmd.Date.IsZero() {
			bad.Check(l.Value.IsZero(), legPath("", i)+".value", storage.CodeCurrency, "")
			continue
		}
		value, ok, err := openingValue(ctx, tx, cmd.Date, l, set.Base)
		if err != nil {
			return nil, err
		}
		if value.Currency() != set.Base && ok {
			bad.add(legPath("", i)+".value", storage.CodeCurrency)
			continue
		}
		if ok {
			e.Legs[i].Value = value
			passed = append(passed, Leg{Account: set.Exchange, Amount: l.Amount.Neg()}, Leg{Account: set.Exchange, Amount: value})
		}
	}
	if err := bad.err(); err != nil {
		return nil, err
	}
	e.Legs = append(e.Legs, passed...)
	for _, lack := range e.lack(nil) {
		if cmd.Balanced && lack.Currency() == set.Base {
			bad.refuse("legs", ErrUnbalanced, lack.String()+" too much")
		}
		e.Legs = append(e.Legs, Leg{Account: set.OpeningBalances, Amount: lack.Neg()})
	}
	if bad.first == nil {
		e.check(&bad, "")
	}
	return e, bad.err()
}

// openingValue is what a foreign amount counts for, and whether it has a value at all.
func openingValue(ctx context.Context, tx *storage.Tx, on date.Date, l OpeningLeg, base money.Currency) (
	money.Amount, bool, error) {
	if !l.Value.IsZero() {
		return l.Value, true, nil
	}
	r, err := rateAt(ctx, tx, l.Amount.Currency(), base, on)
	if err != nil {
		if _, listed := l.Amount.Currency().Digits(); !listed && errors.Is(err, ErrNoRate) {
			return money.Amount{}, false, nil
		}
		return money.Amount{}, false, err
	}
	value, err := r.Convert(l.Amount, money.HalfUp)
	return value, true, err
}
