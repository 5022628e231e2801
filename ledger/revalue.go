package ledger

import (
	"context"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// Revalue asks for a revaluation.
type Revalue struct {
	By   storage.Ref `json:"by"`
	Key  storage.Key `json:"key,omitempty"`
	Why  string      `json:"why,omitempty"`
	Date date.Date   `json:"date"`
	// Rates are what one unit of a currency costs in base currency; what is not among them has the rate of the books.
	Rates map[money.Currency]decimal.Decimal `json:"rates,omitempty"`
	// Chosen narrows it to some accounts; without it all assets and liabilities are monetary. What will not be settled in
	// money, such as equipment, does not belong in it (IAS 21.16).
	Chosen
	// Dry computes it and posts nothing.
	Dry bool `json:"dry,omitempty"`
}

// Revalue posts, on a day, what each account has won or lost unrealised at the rates of that day, and its reversal on the first
// day of the next period (IAS 21.23 and 28): in base currency only, the exchange account against unrealised gains and losses,
// a leg for each account and currency. It is about the books as they are: done again for the same day, it posts the difference
// only, and nothing if there is none.
//
// What amounts are booked at is found from all entries in foreign currencies up to the day, which are read one by one. What
// Match has taken to gains and losses is not taken again: the account that a payment came to, or went from, holds it at what
// the match valued it at. What is booked, less the residue, is what the exchange account holds in base currency.
//
// Errors: *storage.Invalid, ErrNoRate, ErrClosedPeriod and the like as of Post; storage.ErrKeyReused, storage.ErrForbidden.
func (b *Books) Revalue(ctx context.Context, cmd Revalue) (out *Revaluation, err error) {
	if err := cmd.check(); err != nil {
		return nil, err
	}
	if cmd.Dry {
		err = b.s.View(ctx, func(tx *storage.Tx) error {
			out, err = revaluation(ctx, tx, cmd)
			return err
		})
		return out, err
	}
	return storage.Once(ctx, b.s, cmd.Key, "ledger.books.revalue", cmd, func(tx *storage.Tx) (*Revaluation, error) {
		return revalue(ctx, tx, cmd)
	})
}

func (cmd *Revalue) check() error {
	var bad storage.Invalid
	bad.Check(cmd.Date.Year() >= FirstYear && cmd.Date.Year() <= LastYear, "date", storage.CodeRange, "")
	bad.Text("why", cmd.Why, MaxText)
	for c, v := range cmd.Rates {
		bad.Check(c.Valid(), "rates", storage.CodeCurrency, "")
		bad.Check(sound(v) && v.IsPositive(), "rates."+string(c), storage.CodeRange, "")
	}
	slices.SortFunc(bad.Fields, func(a, b storage.Fault) int { return strings.Compare(a.Path, b.Path) })
	return bad.Err()
}

// revaluation computes what a revaluation comes to.
func revaluation(ctx context.Context, tx *storage.Tx, cmd Revalue) (*Revaluation, error) {
	h, err := foreignHeld(ctx, tx, cmd.Date, cmd.Chosen)
	if err != nil {
		return nil, err
	}
	out := &Revaluation{ID: cmd.Date.String(), Date: cmd.Date, Reversed: nextPeriod(h.set.Fiscal, cmd.Date), By: cmd.By,
		At: tx.Now()}
	if out.Residue, err = h.r.amount(ctx, h.set.Base, h.residue); err != nil {
		return nil, err
	}
	out.Gain = money.Zero(h.set.Base)
	for _, at := range h.places() {
		x := h.at[at]
		if x.amount == 0 {
			continue
		}
		line := RevaluationLine{Account: at.account, Currency: at.currency}
		if line.Amount, err = h.r.amount(ctx, at.currency, x.amount); err != nil {
			return nil, err
		}
		if line.Booked, err = h.r.amount(ctx, h.set.Base, x.booked); err != nil {
			return nil, err
		}
		if v, stated := cmd.Rates[at.currency]; stated {
			line.Rate = Rate{From: at.currency, To: h.set.Base, Date: cmd.Date, Value: v, Per: decimal.NewFromInt(1)}
		} else if line.Rate, err = rateAt(ctx, tx, at.currency, h.set.Base, cmd.Date); err != nil {
			return nil, err
		}
		if line.Value, err = h.convert(line.Amount, line.Rate); err != nil {
			return nil, err
		}
		if line.Gain, err = line.Value.Sub(line.Booked); err != nil {
			return nil, err
		}
		if out.Gain, err = out.Gain.Add(line.Gain); err != nil {
			return nil, err
		}
		out.Lines = append(out.Lines, line)
	}
	return out, nil
}

// nextPeriod is the first day of the period after that of a day.
func nextPeriod(rule date.FiscalYear, d date.Date) date.Date {
	for _, p := range rule.Periods(rule.Year(d)) {
		if p.Contains(d) {
			return p.To.AddDays(1)
		}
	}
	return d.AddDays(1)
}

func revalue(ctx context.Context, tx *storage.Tx, cmd Revalue) (*Revaluation, error) {
	if _, err := lockConfiguration(ctx, tx); err != nil { // one at a time
		return nil, err
	}
	before := &Revaluation{ID: cmd.Date.String()}
	found, err := revaluations.Load(ctx, tx, before)
	if err != nil {
		return nil, err
	}
	now, err := revaluation(ctx, tx, cmd)
	if err != nil {
		return nil, err
	}
	now.Version, now.Entries = before.Version, before.Entries
	set, err := settingsOf(ctx, tx)
	if err != nil {
		return nil, err
	}
	legs, err := revaluationLegs(set, before.Lines, now.Lines)
	if err != nil {
		return nil, err
	}
	if len(legs) == 0 && found[0] {
		before.Residue = now.Residue
		return before, nil
	}
	change := event.Change[Revaluation]{By: cmd.By, Verb: "ledger.books.revalue", Why: cmd.Why, After: now}
	if found[0] {
		change.Before = before
	}
	if len(legs) > 0 {
		id, err := postRevaluation(ctx, tx, cmd, now.Reversed, legs)
		if err != nil {
			return nil, err
		}
		now.Entries = append(slices.Clone(now.Entries), id)
		change.Events = []event.Draft{BooksRevalued.Draft(RevaluedPayload{now.Date, now.Reversed, now.Gain})}
	}
	return now, event.Apply(ctx, tx, revaluations, change)
}

func postRevaluation(ctx context.Context, tx *storage.Tx, cmd Revalue, reversed date.Date, legs []Leg) (
	id storage.ID[Posted], err error) {
	e := &Entry{By: cmd.By, Date: cmd.Date, Text: cmd.Why, Source: RevaluationRef(cmd.Date), Legs: legs,
		AllowSelf: true}
	if e.Text == "" {
		e.Text = "Revaluation at the rates of " + cmd.Date.String()
	}
	var bad faults
	if e.check(&bad, ""); bad.err() != nil {
		return id, bad.err()
	}
	list := []*Entry{e}
	rules, err := needOf(list).read(ctx, tx)
	if err != nil {
		return id, err
	}
	posted, err := rules.post(ctx, tx, list, nil)
	if err != nil {
		return id, err
	}
	_, err = reverse(ctx, tx, Reverse{By: cmd.By, Why: cmd.Why, Entry: posted[0].ID, Date: reversed, Source: e.Source}, nil)
	return posted[0].ID, err
}
