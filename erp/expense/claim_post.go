package expense

import (
	"context"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// Post is the command that puts a claim in the books.
type Post struct {
	By      storage.Ref
	Key     storage.Key
	Claim   storage.ID[Claim]
	Version int64
	Date    date.Date // of the entry; the claim's if zero
	Why     string
}

// Post puts an approved claim in the books: from now on the person is owed what is open.
//
// Errors: ErrNotApproved, ErrAdvance, storage.ErrNotFound, storage.ErrStale, storage.ErrForbidden, and those of the journal.
func (s *Claims) Post(ctx context.Context, c Post) (*Claim, error) {
	return storage.Once(ctx, s.s, c.Key, "expense.claim.post", c, func(tx *storage.Tx) (*Claim, error) {
		claim, err := lock(ctx, tx, c.Claim, c.Version)
		if err != nil {
			return nil, err
		}
		old := *claim
		if claim.State, err = claim.next("post", c.By); err != nil {
			return nil, err
		}
		if c.Date.IsZero() {
			c.Date = claim.Date
		}
		if err := useAdvances(ctx, tx, c.By, claim); err != nil {
			return nil, err
		}
		if claim.Entry, err = s.p.Journal.Post(ctx, tx, Entry(claim, s.p.Accounts, c.By, c.Date)); err != nil {
			return nil, err
		}
		return claim, event.Apply(ctx, tx, claims, event.Change[Claim]{By: c.By, Verb: "expense.claim.post", Why: c.Why,
			Before: &old, After: claim, Events: []event.Draft{ClaimPosted.Draft(claim.happened(c.Date))}})
	})
}

// Entry is a claim in the books: each line is a cost of its category, the tax is to be reclaimed, an advance is used up, and the
// rest is owed to the person.
func Entry(c *Claim, a Accounts, by storage.Ref, on date.Date) ledger.Entry {
	person := ledger.Dims{Person: c.Person.ID}
	e := ledger.Entry{By: by, Date: on, Text: c.Text, Source: Ref(c.ID)}
	add := func(leg ledger.Leg, text string) {
		if leg.Text = text; !leg.Amount.IsZero() {
			e.Legs = append(e.Legs, leg)
		}
	}
	for _, l := range c.Lines {
		text := l.Text
		if text == "" {
			text = l.Merchant
		}
		add(ledger.Debit(a.expense(l.Category), l.Net, l.Dims), text)
	}
	add(ledger.Debit(a.Tax, c.Tax, person), "")
	add(ledger.Credit(a.Advances, c.Advance, person), "")
	add(ledger.Credit(a.Payable, c.Open, person), "")
	return e
}

// useAdvances takes what a claim uses off the advances that the person holds, the oldest first.
//
// Errors: ErrAdvance.
func useAdvances(ctx context.Context, tx *storage.Tx, by storage.Ref, c *Claim) error {
	need := c.Advance
	if need.IsZero() {
		return nil
	}
	held, err := lockAdvances(ctx, tx, c.Person, c.Currency)
	if err != nil {
		return err
	}
	for _, p := range held {
		old, use := *p, p.Left
		if less, err := need.Cmp(use); err != nil {
			return ErrCurrency.Because(err)
		} else if less < 0 {
			use = need
		}
		if use.Sign() <= 0 {
			continue
		}
		if p.Left, err = p.Left.Sub(use); err == nil {
			need, err = need.Sub(use)
		}
		if err != nil {
			return ErrCurrency.Because(err)
		}
		p.Held = !p.Left.IsZero()
		err = event.Apply(ctx, tx, payments, event.Change[Payment]{By: by, Verb: "expense.payment.use", Before: &old, After: p})
		if err != nil {
			return err
		}
	}
	if !need.IsZero() {
		return ErrAdvance.With("%s of %s is missing", need, c.Advance)
	}
	return nil
}

// lockAdvances reads the advances that a person holds in a currency, the oldest first, and locks them.
func lockAdvances(ctx context.Context, tx *storage.Tx, person storage.Ref, currency money.Currency) (held []*Payment, err error) {
	q := storage.Query{Where: []storage.Cond{storage.Eq("person", person), storage.Eq("held", true)}, Order: []string{"date"}}
	for p, err := range payments.All(ctx, tx, q) {
		if err != nil {
			return nil, err
		}
		if p.Amount.Currency() == currency {
			held = append(held, &Payment{ID: p.ID})
		}
	}
	_, err = payments.LoadLocked(ctx, tx, held...)
	return held, err
}
