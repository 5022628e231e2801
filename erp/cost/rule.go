package cost

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// A Rule says how the costs of one centre are shared among others.
type Rule struct {
	ID      storage.ID[Rule] `json:"id"`
	Version int64            `json:"version"`
	Name    string           `json:"name"`
	// From is the code of the centre whose costs are shared.
	From    string    `json:"from"`
	Shares  []Share   `json:"shares"`
	Created time.Time `json:"created"`
}

// A Share is what one centre takes: its weight among those of all shares.
type Share struct {
	Centre string          `json:"centre"`
	Weight decimal.Decimal `json:"weight"`
}

// A Portion is what came to one centre.
type Portion struct {
	Centre string
	Amount money.Amount
}

// Distribute divides an amount among centres by weight, to the minor unit; the portions sum to the amount.
//
// Errors: *storage.Invalid for shares that nothing can be divided by, or an amount with finer decimals than its currency has.
func Distribute(a money.Amount, shares []Share) ([]Portion, error) {
	var bad storage.Invalid
	if checkShares(&bad, shares); bad.Err() != nil {
		return nil, bad.Err()
	}
	weights := make([]decimal.Decimal, len(shares))
	for i, s := range shares {
		weights[i] = s.Weight
	}
	parts, err := a.Allocate(weights...)
	if err != nil {
		return nil, fault("amount", storage.CodeScale)
	}
	list := make([]Portion, len(shares))
	for i, part := range parts {
		list[i] = Portion{Centre: shares[i].Centre, Amount: part}
	}
	return list, nil
}

func checkShares(bad *storage.Invalid, shares []Share) {
	total := decimal.Zero
	seen := map[string]bool{}
	for i, s := range shares {
		path := fmt.Sprintf("shares.%d.", i)
		bad.Check(s.Centre != "", path+"centre", storage.CodeRequired, "")
		bad.Check(!seen[s.Centre], path+"centre", storage.CodeDuplicate, "")
		bad.Check(s.Weight.Sign() >= 0, path+"weight", storage.CodeNegative, "")
		x := s.Weight.Exponent() // weights are small numbers; anything else is a mistake
		bad.Check(x >= -30 && x <= 30 && s.Weight.Coefficient().BitLen() <= 128, path+"weight", storage.CodeRange, "")
		seen[s.Centre] = true
		if len(bad.Fields) == 0 {
			total = total.Add(s.Weight)
		}
	}
	bad.Check(len(shares) <= 1000, "shares", storage.CodeRange, "")
	bad.Check(len(bad.Fields) > 0 || total.IsPositive(), "shares", storage.CodeRequired, "")
}

// Reallocate makes the entry that moves what a rule's centre holds on each account to the other centres; no legs if it holds
// nothing.
//
// Errors: *storage.Invalid.
func Reallocate(r Rule, totals []Total, on date.Date) (ledger.Entry, error) {
	e := ledger.Entry{Date: on, Text: r.Name}
	for _, t := range totals {
		if t.Centre != r.From || t.Amount.IsZero() {
			continue
		}
		portions, err := Distribute(t.Amount, r.Shares)
		if err != nil {
			return e, err
		}
		e.Legs = append(e.Legs, ledger.Credit(t.Account, t.Amount, ledger.Dims{CostCentre: r.From}))
		for _, p := range portions {
			if !p.Amount.IsZero() {
				e.Legs = append(e.Legs, ledger.Debit(t.Account, p.Amount, ledger.Dims{CostCentre: p.Centre}))
			}
		}
	}
	return e, nil
}

// SetRule declares a rule, or changes the one of the same name.
type SetRule struct {
	By      storage.Ref
	Key     storage.Key
	Version int64
	Why     string
	Name    string
	From    string
	Shares  []Share
}

// SetRule declares a rule, or changes the one of the same name.
//
// Errors: *storage.Invalid, also for a centre that is not there; storage.ErrStale.
func (s *Costs) SetRule(ctx context.Context, c SetRule) (*Rule, error) {
	var bad storage.Invalid
	bad.Check(c.Name != "", "name", storage.CodeRequired, "")
	bad.Check(c.From != "", "from", storage.CodeRequired, "")
	checkShares(&bad, c.Shares)
	for i, share := range c.Shares {
		bad.Check(share.Centre != c.From || c.From == "", fmt.Sprintf("shares.%d.centre", i), storage.CodeDuplicate, "its own costs")
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	return storage.Once(ctx, s.s, c.Key, "cost.rule.set", c, func(tx *storage.Tx) (*Rule, error) {
		if err := known(ctx, tx, c); err != nil {
			return nil, err
		}
		r := &Rule{ID: storage.NewID[Rule](tx), Name: c.Name, From: c.From, Shares: c.Shares, Created: tx.Now()}
		change := event.Change[Rule]{By: c.By, Verb: "cost.rule.set", Why: c.Why, After: r}
		old, err := ruleNamed(ctx, tx, c.Name)
		switch {
		case err == nil:
			change.Before = old
			r.ID, r.Version, r.Created = old.ID, old.Version, old.Created
		case !errors.Is(err, storage.ErrNotFound):
			return nil, err
		}
		if err := storage.CheckVersion(c.Version, r.Version); err != nil {
			return nil, err
		}
		return r, event.Apply(ctx, tx, rules, change)
	})
}

// known checks that the centres of a rule exist.
func known(ctx context.Context, tx *storage.Tx, c SetRule) error {
	codes := []string{c.From}
	for _, s := range c.Shares {
		codes = append(codes, s.Centre)
	}
	found := map[string]bool{}
	for one, err := range centres.All(ctx, tx, storage.Query{Where: []storage.Cond{storage.In("code", codes...)}}) {
		if err != nil {
			return err
		}
		found[one.Code] = true
	}
	var bad storage.Invalid
	bad.Check(found[c.From], "from", storage.CodeUnknown, "")
	for i, s := range c.Shares {
		bad.Check(found[s.Centre], fmt.Sprintf("shares.%d.centre", i), storage.CodeUnknown, "")
	}
	return bad.Err()
}

func ruleNamed(ctx context.Context, tx *storage.Tx, name string) (*Rule, error) {
	return rules.First(ctx, tx, storage.Query{Where: []storage.Cond{storage.Eq("name", name)}})
}

// Rules yields all rules by name.
func (s *Costs) Rules(ctx context.Context, by storage.Ref) iter.Seq2[*Rule, error] {
	return rules.All(ctx, s.s, storage.Query{By: by, Order: []string{"name"}})
}

// Allocate shares the costs of a centre.
type Allocate struct {
	By  storage.Ref
	Key storage.Key
	Why string
	// Rule is the name of the rule.
	Rule string
	// During is when the costs arose, On the date of the entry that moves them; it lies in During, else what is moved would
	// not be missing there.
	During date.Period
	On     date.Date
}

// ErrNoBooks: the ports that read or write the ledger are not there.
var ErrNoBooks = storage.NewError("cost.no_books", "there are no books to read or write")

// Allocate shares what a rule's centre holds in a period among the other centres, with one entry. It returns the entry's
// Ref; the zero Ref if there was nothing to share.
//
// Errors: *storage.Invalid, storage.ErrNotFound for the rule, ErrNoBooks, and those of the ports.
func (s *Costs) Allocate(ctx context.Context, c Allocate) (storage.Ref, error) {
	var bad storage.Invalid
	bad.Check(c.Rule != "", "rule", storage.CodeRequired, "")
	bad.Check(c.During.Closed() && !c.During.Empty(), "during", storage.CodeRequired, "")
	bad.Check(c.During.Contains(c.On), "on", storage.CodeRange, "not in the period")
	if err := bad.Err(); err != nil {
		return storage.Ref{}, err
	}
	if s.ports.Books == nil || s.ports.Journal == nil {
		return storage.Ref{}, ErrNoBooks
	}
	return storage.Once(ctx, s.s, c.Key, "cost.rule.allocate", c, func(tx *storage.Tx) (storage.Ref, error) {
		r, err := ruleNamed(ctx, tx, c.Rule)
		if err != nil {
			return storage.Ref{}, err
		}
		if r, err = rules.Lock(ctx, tx, r.ID); err != nil { // so that it is not done twice at once
			return storage.Ref{}, err
		}
		totals, err := s.ports.Books.CentreTotals(ctx, tx, c.During)
		if err != nil {
			return storage.Ref{}, err
		}
		e, err := Reallocate(*r, totals, c.On)
		if err != nil || len(e.Legs) == 0 {
			return storage.Ref{}, err
		}
		if err := tx.Guard(ctx, c.By, "cost.rule.allocate", r, r); err != nil {
			return storage.Ref{}, err
		}
		e.By, e.Source = c.By, rules.Ref(r.ID)
		return s.ports.Journal.Post(ctx, tx, e)
	})
}
