package people

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

// ErrNoRate: nothing says what an hour of the person cost on that date.
var ErrNoRate = storage.NewError("people.no_rate", "the person has no cost rate on that date")

// A Rate is what an hour of a person's work costs the company, from a date until the next rate begins.
type Rate struct {
	ID      storage.ID[Rate]   `json:"id"`
	Version int64              `json:"version"`
	Person  storage.ID[Person] `json:"person"`
	From    date.Date          `json:"from"`
	Hour    money.Amount       `json:"hour"`
	Created time.Time          `json:"created"`
}

// RateAt returns what an hour costs on a date: by the latest rate, in whatever order, that has begun. False if none has.
func RateAt(rates []Rate, on date.Date) (hour money.Amount, ok bool) {
	var from date.Date
	for _, r := range rates {
		if !r.From.After(on) && (!ok || r.From.After(from)) {
			hour, from, ok = r.Hour, r.From, true
		}
	}
	return hour, ok
}

// SetRate says what an hour of a person costs from a date on.
type SetRate struct {
	By     storage.Ref
	Key    storage.Key
	Why    string
	Person storage.ID[Person]
	From   date.Date
	Hour   money.Amount
}

// SetRate says what an hour of a person costs from a date on; it replaces the rate that begins on the same date. Costs that were
// pinned to hours before stay as they are.
//
// Errors: *storage.Invalid, storage.ErrNotFound.
func (p *People) SetRate(ctx context.Context, c SetRate) (*Rate, error) {
	var bad storage.Invalid
	bad.Check(!c.Person.IsZero(), "person", storage.CodeRequired, "")
	bad.Check(!c.From.IsZero(), "from", storage.CodeRequired, "")
	bad.Check(c.Hour.Sign() >= 0, "hour", storage.CodeNegative, "")
	bad.Check(c.Hour.Currency() != "", "hour", storage.CodeCurrency, "")
	if err := bad.Err(); err != nil {
		return nil, err
	}
	return storage.Once(ctx, p.s, c.Key, "people.rate.set", c, func(tx *storage.Tx) (*Rate, error) {
		if _, err := persons.Lock(ctx, tx, c.Person); err != nil {
			return nil, err
		}
		change := event.Change[Rate]{By: c.By, Verb: "people.rate.set", Why: c.Why}
		old, err := rates.First(ctx, tx, storage.Query{Where: []storage.Cond{storage.Eq("person", c.Person),
			storage.Eq("from", c.From)}})
		r := Rate{ID: storage.NewID[Rate](tx), Person: c.Person, From: c.From, Hour: c.Hour, Created: tx.Now()}
		switch {
		case err == nil:
			change.Before = old
			r.ID, r.Version, r.Created = old.ID, old.Version, old.Created
		case !errors.Is(err, storage.ErrNotFound):
			return nil, err
		}
		change.After = &r
		return &r, event.Apply(ctx, tx, rates, change)
	})
}

// Rates yields the rates of a person, the earliest first.
func (p *People) Rates(ctx context.Context, person storage.ID[Person], by storage.Ref) iter.Seq2[*Rate, error] {
	return rates.All(ctx, p.s, storage.Query{By: by, Where: []storage.Cond{storage.Eq("person", person)}, Order: []string{"from"}})
}

// CostRate returns what an hour of a person costs on a date. It is the port that project.Rates asks for.
//
// Errors: ErrNoRate; storage.ErrNotFound for a Ref that is not to a person of ours.
func (p *People) CostRate(ctx context.Context, tx *storage.Tx, person storage.Ref, on date.Date) (money.Amount, error) {
	id, err := idOf(person)
	if err != nil {
		return money.Amount{}, err
	}
	r, err := rates.First(ctx, tx, storage.Query{Where: []storage.Cond{storage.Eq("person", id), storage.Le("from", on)},
		Order: []string{"from"}, Desc: true})
	if errors.Is(err, storage.ErrNotFound) {
		return money.Amount{}, ErrNoRate.With("%s on %s", person, on)
	}
	if err != nil {
		return money.Amount{}, err
	}
	return r.Hour, nil
}
