package cost

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// A Budget is what one account of a centre may take in a month.
type Budget struct {
	ID      storage.ID[Budget] `json:"id"`
	Version int64              `json:"version"`
	Centre  storage.ID[Centre] `json:"centre"`
	Account string             `json:"account"`
	// Month is its first day.
	Month   date.Date    `json:"month"`
	Amount  money.Amount `json:"amount"`
	Created time.Time    `json:"created"`
}

// SetBudget plans an account of a centre.
type SetBudget struct {
	By      storage.Ref
	Key     storage.Key
	Why     string
	Centre  storage.ID[Centre]
	Account string
	// From is the first month, Months how many there are; 0 is one.
	From   date.Month
	Months int
	// Amount is for all of the months together, and is split evenly.
	Amount money.Amount
}

// SetBudget plans an account of a centre for one month or several, in place of what was planned for them before.
//
// Errors: *storage.Invalid, storage.ErrNotFound, ErrClosed.
func (s *Costs) SetBudget(ctx context.Context, c SetBudget) ([]*Budget, error) {
	n := max(c.Months, 1)
	var bad storage.Invalid
	bad.Check(c.Account != "", "account", storage.CodeRequired, "")
	bad.Check(!c.From.IsZero(), "from", storage.CodeRequired, "")
	bad.Check(c.Months >= 0, "months", storage.CodeNegative, "")
	bad.Check(n <= 120, "months", storage.CodeRange, "at most ten years")
	bad.Check(c.From.IsZero() || n > 120 || !c.From.Add(n-1).IsZero(), "months", storage.CodeRange, "")
	bad.Check(c.Amount.Currency() != "", "amount", storage.CodeCurrency, "")
	if err := bad.Err(); err != nil {
		return nil, err
	}
	parts, err := c.Amount.Split(n)
	if err != nil {
		return nil, fault("amount", storage.CodeScale)
	}
	return storage.Once(ctx, s.s, c.Key, "cost.budget.set", c, func(tx *storage.Tx) ([]*Budget, error) {
		centre, err := centres.Lock(ctx, tx, c.Centre) // so that two cannot plan the same month at once
		if err != nil {
			return nil, err
		}
		if centre.Closed {
			return nil, ErrClosed.With("%s", centre.Code)
		}
		list := make([]*Budget, n)
		for i, part := range parts {
			b := &Budget{ID: storage.NewID[Budget](tx), Centre: c.Centre, Account: c.Account, Month: c.From.Add(i).First(),
				Amount: part, Created: tx.Now()}
			change := event.Change[Budget]{By: c.By, Verb: "cost.budget.set", Why: c.Why, After: b}
			old, err := budgets.First(ctx, tx, storage.Query{Where: []storage.Cond{storage.Eq("centre", c.Centre),
				storage.Eq("account", c.Account), storage.Eq("month", b.Month)}})
			switch {
			case err == nil:
				change.Before = old
				b.ID, b.Version, b.Created = old.ID, old.Version, old.Created
			case !errors.Is(err, storage.ErrNotFound):
				return nil, err
			}
			if err := event.Apply(ctx, tx, budgets, change); err != nil {
				return nil, err
			}
			list[i] = b
		}
		return list, nil
	})
}

// Budgets yields what is planned in some months, by month; a zero centre is all of them, and a zero month does not bound.
func (s *Costs) Budgets(ctx context.Context, centre storage.ID[Centre], from, to date.Month, by storage.Ref) iter.Seq2[*Budget, error] {
	q := storage.Query{By: by, Order: []string{"month"}}
	if !centre.IsZero() {
		q.Where = append(q.Where, storage.Eq("centre", centre))
	}
	if !from.IsZero() {
		q.Where = append(q.Where, storage.Ge("month", from.First()))
	}
	if !to.IsZero() {
		q.Where = append(q.Where, storage.Le("month", to.First()))
	}
	return budgets.All(ctx, s.s, q)
}
