package tax

import (
	"context"
	"iter"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// A Rate is a percentage under a code, at a place, from a date until the next rate of that code and place begins.
type Rate struct {
	ID      storage.ID[Rate] `json:"id"`
	Version int64            `json:"version"`
	// Code is what documents say: "standard", "reduced".
	Code string `json:"code"`
	// Place narrows where it holds ("KZ", "US-CA"); "" is everywhere that has no rate of its own.
	Place   string          `json:"place"`
	Percent decimal.Decimal `json:"percent"`
	From    date.Date       `json:"from"`
}

var rates = storage.Define("tax.rate", func(r *Rate) []storage.Field {
	return []storage.Field{
		storage.UUID("id", &r.ID).Key(), storage.Version(&r.Version), storage.Text("code", &r.Code).Limit(50),
		storage.Text("place", &r.Place).Limit(50), storage.Scaled("percent", 6, &r.Percent), storage.Date("from", &r.From),
	}
}, storage.Unique("code", "code", "place", "from"))

// Package is what this package keeps in a store.
func Package() storage.Package {
	return storage.Package{Name: "erp/tax", Tables: []storage.Declaration{rates}}
}

// ErrNoRate: no rate of the code holds at the place and date.
var ErrNoRate = storage.NewError("tax.no_rate", "no tax rate holds")

// Rates keeps the rates of a tenant.
type Rates struct{ s storage.Session }

// New makes the service.
func New(s storage.Session) *Rates { return &Rates{s} }

// In is the same service inside a transaction.
func (r *Rates) In(tx *storage.Tx) *Rates { return &Rates{tx} }

// DefineRate is the command that adds a rate.
type DefineRate struct {
	By      storage.Ref
	Key     storage.Key
	Code    string
	Place   string
	Percent decimal.Decimal
	From    date.Date
}

// Define adds a rate that holds from a date on; earlier ones keep holding before it.
//
// Errors: *storage.Invalid; storage.ErrExists for a second rate of the same code, place and date.
func (r *Rates) Define(ctx context.Context, c DefineRate) (*Rate, error) {
	var bad storage.Invalid
	bad.Check(c.Code != "", "code", storage.CodeRequired, "")
	bad.Check(!c.Percent.IsNegative(), "percent", storage.CodeNegative, "")
	bad.Check(c.Percent.LessThanOrEqual(decimal.NewFromInt(1000)), "percent", storage.CodeRange, "")
	bad.Check(!c.From.IsZero(), "from", storage.CodeRequired, "")
	if err := bad.Err(); err != nil {
		return nil, err
	}
	return storage.Once(ctx, r.s, c.Key, "tax.rate.define", c, func(tx *storage.Tx) (*Rate, error) {
		rate := &Rate{ID: storage.NewID[Rate](tx), Code: c.Code, Place: c.Place, Percent: c.Percent, From: c.From}
		return rate, event.Apply(ctx, tx, rates, event.Change[Rate]{By: c.By, Verb: "tax.rate.define", After: rate})
	})
}

// At finds the rate of a code at a place on a date: the place's own, or else the one for everywhere.
//
// Errors: ErrNoRate.
func (r *Rates) At(ctx context.Context, code, place string, on date.Date) (rate *Rate, err error) {
	err = r.s.View(ctx, func(tx *storage.Tx) error {
		for _, p := range []string{place, ""} {
			q := storage.Query{Where: []storage.Cond{storage.Eq("code", code), storage.Eq("place", p), storage.Le("from", on)},
				Order: []string{"from"}, Desc: true, Limit: 1}
			for rate, err = range rates.All(ctx, tx, q) {
				return err
			}
		}
		return ErrNoRate.With("%s on %s", code, on)
	})
	if err != nil {
		return nil, err
	}
	return rate, nil
}

// All yields the rates by code, place and date.
func (r *Rates) All(ctx context.Context, by storage.Ref) iter.Seq2[*Rate, error] {
	return rates.All(ctx, r.s, storage.Query{By: by, Order: []string{"code", "place", "from"}})
}
