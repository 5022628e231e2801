package ledger

import (
	"context"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// PostHold posts what is held, or a part of it.
type PostHold struct {
	By   storage.Ref      `json:"by"`
	Key  storage.Key      `json:"key,omitempty"`
	Hold storage.ID[Held] `json:"hold"`
	// Amount is what the debits of the entry come to; only Amount{} is all that is left, a zero amount with a currency is refused. A part is divided among the legs in
	// proportion, to the minor unit; a hold in several currencies is posted as a whole.
	Amount money.Amount `json:"amount"`
	// Keep leaves the rest held, for further parts; else it is free.
	Keep bool `json:"keep,omitempty"`
	// Date is that of the entry; no date takes that of the hold, or today if nothing can be posted there.
	Date date.Date `json:"date"`
	// Text is that of the entry; "" takes that of the hold.
	Text string `json:"text,omitempty"`
}

const verbPostHold = "ledger.hold.post"

// PostHold posts a hold in full or in part, in one transaction with what it frees: so a hold that counted can be posted, if
// nothing else forbids the entry by then.
//
// Errors: storage.ErrNotFound, ErrHoldOver, ErrHoldExpired, ErrHoldLeft, those of Post.
func (b *Books) PostHold(ctx context.Context, cmd PostHold) (Posted, error) {
	var bad faults
	checkReversal(&bad, cmd.Text, cmd.Date, cmd.By, storage.Ref{})
	if cmd.Amount.Sign() < 0 {
		bad.add("amount", storage.CodeNegative)
	}
	if cmd.Amount.IsZero() && cmd.Amount.Currency() != "" {
		bad.add("amount", CodeZero)
	}
	if err := bad.err(); err != nil {
		return Posted{}, err
	}
	var fresh []Posted
	a, err := storage.Once(ctx, b.s, cmd.Key, verbPostHold, cmd, func(tx *storage.Tx) (a answer, err error) {
		if fresh, err = postHold(ctx, tx, cmd); err != nil {
			return a, err
		}
		return answerOf(&fresh[0]), nil
	})
	if err != nil {
		return Posted{}, err
	}
	out, err := b.posted(ctx, []answer{a}, fresh)
	if err != nil {
		return Posted{}, err
	}
	return out[0], nil
}

func postHold(ctx context.Context, tx *storage.Tx, cmd PostHold) ([]Posted, error) {
	h, err := lockHold(ctx, tx, cmd.Hold)
	if err != nil {
		return nil, err
	}
	before := *h
	e := h.Entry
	if e.By = cmd.By; cmd.Text != "" {
		e.Text = cmd.Text
	}
	rules, err := needOf([]*Entry{&e}).read(ctx, tx)
	if err != nil {
		return nil, err
	}
	if e.Legs, h.Left, err = h.share(cmd.Amount, rules); err != nil {
		return nil, err
	}
	if why, _ := rules.shut(e.Date, e.Adjusting, e.By); why != "" && cmd.Date.IsZero() {
		e.Date, e.ValueDate, e.Adjusting = tx.Today(), date.Date{}, false
	} else if !cmd.Date.IsZero() {
		e.Date, e.ValueDate = cmd.Date, date.Date{}
	}
	rest := false
	for _, a := range h.Left {
		rest = rest || !a.IsZero()
	}
	if !rest || !cmd.Keep {
		h.State = HoldPosted
		for i, a := range h.Left {
			h.Left[i] = money.Zero(a.Currency())
		}
	}
	list, err := h.claimed(rules)
	if err != nil {
		return nil, err
	}
	rules.ahead = movesOfClaims(list)
	rules.also = func(ctx context.Context, tx *storage.Tx, l *liveBooks) ([]move, error) {
		return settle(ctx, tx, l, list)
	}
	posted, err := rules.post(ctx, tx, []*Entry{&e}, nil)
	if err != nil {
		return nil, err
	}
	h.Posted = append(h.Posted[:len(h.Posted):len(h.Posted)], posted[0].ID)
	payload := h.payload()
	payload.Entry = posted[0].ID
	return posted, event.Apply(ctx, tx, holds, event.Change[Held]{By: cmd.By, Verb: verbPostHold, Before: &before, After: h,
		Events: []event.Draft{HoldWasPosted.Draft(payload)}})
}

// lockHold reads a hold that is still open.
func lockHold(ctx context.Context, tx *storage.Tx, id storage.ID[Held]) (*Held, error) {
	h, err := holds.Lock(ctx, tx, id)
	switch {
	case err != nil:
		return nil, err
	case h.State == HoldExpired || h.State == HoldOpen && !h.Expires.After(tx.Now()):
		return nil, ErrHoldExpired
	case h.State != HoldOpen:
		return nil, ErrHoldOver.With("%s", h.State)
	}
	return h, nil
}

// share divides an amount among what is left of the legs, each side in proportion, and answers the legs and what is left then.
func (h *Held) share(amount money.Amount, rules Rules) (legs []Leg, left []money.Amount, err error) {
	shares := h.Left
	if amount.Currency() != "" {
		if shares, err = h.divide(amount, rules); err != nil {
			return nil, nil, err
		}
	}
	left = make([]money.Amount, len(h.Left))
	for i, a := range shares {
		if left[i], err = h.Left[i].Sub(a); err != nil {
			return nil, nil, err
		}
		if !a.IsZero() || h.Entry.AllowZero {
			l := h.Entry.Legs[i]
			l.Amount = a
			legs = append(legs, l)
		}
	}
	return legs, left, nil
}

func (h *Held) divide(amount money.Amount, rules Rules) ([]money.Amount, error) {
	c := amount.Currency()
	scale, ok := rules.scale(c)
	if !ok {
		return nil, ErrCommodity.With("%s", c)
	}
	if _, code := minor(amount, scale); code != "" {
		return nil, &storage.Invalid{Fields: []storage.Fault{{Path: "amount", Code: code}}}
	}
	out := make([]money.Amount, len(h.Left))
	for _, side := range []int{1, -1} {
		weights := make([]decimal.Decimal, len(h.Left))
		all := money.Zero(c)
		for i, a := range h.Left {
			if a.Currency() != c {
				return nil, &storage.Invalid{Fields: []storage.Fault{{Path: "amount", Code: storage.CodeCurrency}}}
			}
			if out[i].Currency() == "" {
				out[i] = money.Zero(c)
			}
			if a.Sign() == side {
				weights[i] = a.Abs().Decimal()
				all, _ = all.Add(a.Abs())
			}
		}
		if more, err := amount.Cmp(all); err != nil || more > 0 {
			return nil, ErrHoldLeft.With("%s of %s", all, amount)
		}
		parts, err := amount.AllocateAt(scale, weights...)
		if err != nil {
			return nil, err
		}
		for i, p := range parts {
			if side < 0 {
				p = p.Neg()
			}
			if out[i], err = out[i].Add(p); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// movesOfClaims names the balances that claims are on.
func movesOfClaims(list []*claim) []move {
	out := make([]move, len(list))
	for i, c := range list {
		out[i] = move{liveKey: c.key(), date: c.Date}
	}
	return out
}

// settle brings the stored claims of a hold to what is left, under the locks of the live accounts, and answers what that moves.
func settle(ctx context.Context, tx *storage.Tx, l *liveBooks, list []*claim) (freed []move, err error) {
	stored := make([]*claim, len(list))
	for i, c := range list {
		stored[i] = &claim{Hold: c.Hold, Account: c.Account, Currency: c.Currency}
	}
	found, err := claims.Load(ctx, tx, stored...)
	if err != nil {
		return nil, err
	}
	for i, c := range stored {
		if !found[i] {
			return nil, storage.ErrNotFound.With("what hold %s has of %q", c.Hold, c.Account)
		}
		if c.Counted && l != nil && l.heads[c.Account] != nil {
			freed = append(freed, move{liveKey: c.key(), date: c.Date, cr: list[i].Credit - c.Credit, dr: list[i].Debit - c.Debit})
		}
		c.Credit, c.Debit, c.State = list[i].Credit, list[i].Debit, list[i].State
		c.Counted = c.Counted && c.State == HoldOpen
	}
	return freed, claims.Update(ctx, tx, stored...)
}
