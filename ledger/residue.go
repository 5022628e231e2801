package ledger

import (
	"context"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// A Residue is what ClearResidue cleared.
type Residue struct {
	Entry storage.ID[Posted] `json:"entry"`
	// Amount is what the account held; of a residue in base currency, what was won if positive.
	Amount money.Amount `json:"amount"`
	// Value is what it is worth: at the rate at which the account was last settled.
	Value money.Amount `json:"value"`
}

// ClearResidue clears what is left in one currency only.
type ClearResidue struct {
	By   storage.Ref `json:"by"`
	Key  storage.Key `json:"key,omitempty"`
	Why  string      `json:"why,omitempty"`
	Date date.Date   `json:"date"`
	// Account and Currency say what to clear: an amount in foreign currency that has no value left, or, with no account, what
	// is left in base currency.
	Account  string         `json:"account,omitempty"`
	Currency money.Currency `json:"currency,omitempty"`
	// Source opens a control account, as for any entry.
	Source storage.Ref `json:"source"`
}

// ClearResidue posts an entry in one currency only. With no account it takes to gains or losses what was won or lost for good
// because money came in at another rate than it was booked at. With an account it takes from that an amount in foreign currency
// whose whole value has been settled: it moves to the exchange account, and gains and losses are not touched.
//
// Errors: *storage.Invalid; ErrNoResidue where nothing is left, or where what is left still has a value; those of Post;
// storage.ErrKeyReused, storage.ErrForbidden.
func (b *Books) ClearResidue(ctx context.Context, cmd ClearResidue) (Residue, error) {
	var bad storage.Invalid
	bad.Check(cmd.Date.Year() >= FirstYear && cmd.Date.Year() <= LastYear, "date", storage.CodeRange, "")
	bad.Check((cmd.Account == "") == (cmd.Currency == ""), "currency", storage.CodeRequired, "with an account, and only then")
	bad.Text("account", cmd.Account, maxCode)
	bad.Text("why", cmd.Why, MaxText)
	if err := bad.Err(); err != nil {
		return Residue{}, err
	}
	return storage.Once(ctx, b.s, cmd.Key, "ledger.books.clear_residue", cmd, func(tx *storage.Tx) (Residue, error) {
		return clearResidue(ctx, tx, cmd)
	})
}

func clearResidue(ctx context.Context, tx *storage.Tx, cmd ClearResidue) (out Residue, err error) {
	if _, err := lockConfiguration(ctx, tx); err != nil {
		return out, err
	}
	h, err := foreignHeld(ctx, tx, cmd.Date, Chosen{})
	if err != nil {
		return out, err
	}
	e := &Entry{By: cmd.By, Date: cmd.Date, Text: cmd.Why, Source: cmd.Source}
	if e.Text == "" {
		e.Text = "Residue of exchange"
	}
	if cmd.Account == "" {
		if out.Amount, err = h.r.amount(ctx, h.set.Base, h.residue); err != nil {
			return out, err
		}
		if out.Value = out.Amount; out.Amount.IsZero() {
			return out, ErrNoResidue
		}
		other := h.set.ExchangeGains
		if h.residue < 0 {
			other = h.set.ExchangeLosses
		}
		e.Legs = []Leg{{Account: h.set.Exchange, Amount: out.Amount}, {Account: other, Amount: out.Amount.Neg()}}
	} else {
		x := h.at[place{account: cmd.Account, currency: cmd.Currency}]
		switch {
		case x == nil || x.amount == 0:
			return out, ErrNoResidue
		case x.carried != 0:
			return out, ErrNoResidue.With("%q has a value of %d minor units", cmd.Account, x.carried)
		}
		if out.Amount, err = h.r.amount(ctx, cmd.Currency, x.amount); err != nil {
			return out, err
		}
		if out.Value, err = h.r.amount(ctx, h.set.Base, proportion(x.amount, x.lastValue, x.lastAmount)); err != nil {
			return out, err
		}
		e.Legs = []Leg{{Account: cmd.Account, Amount: out.Amount.Neg()}, {Account: h.set.Exchange, Amount: out.Amount}}
	}
	list := []*Entry{e}
	rules, err := needOf(list).read(ctx, tx)
	if err != nil {
		return out, err
	}
	posted, err := rules.post(ctx, tx, list, nil)
	if err != nil {
		return out, err
	}
	out.Entry = posted[0].ID
	return out, nil
}
