package ledger

import (
	"context"
	"slices"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// Books is the ledger of one company.
type Books struct{ s storage.Session }

// New makes the books of a tenant (a *storage.DB), or inside a transaction (a *storage.Tx).
func New(s storage.Session) *Books { return &Books{s: s} }

// In returns the same books inside a transaction.
func (b *Books) In(tx *storage.Tx) *Books { return &Books{s: tx} }

// Package is what this package keeps in a store.
func Package() storage.Package {
	return storage.Package{Name: "ledger", Tables: []storage.Declaration{
		accounts, commodities, settings, entries, parts, details, items, matches, pairs, totals, dayTotals, dimensionTotals, folds,
		blocks, sealings, configurations, rates, years, periods, exceptions, revaluations,
		lives, liveSpans, holds, claims}}
}

// setting is the one row of what holds for the books as a whole.
type setting struct {
	Name    string
	Version int64
	Locked  date.Date
	// Shut is what is closed besides, as text, and Through the last day that it is about: who posts later need not read it.
	Shut    string
	Through date.Date
}

// allBooks is the name of that row.
const allBooks = "books"

var settings = storage.Define("ledger.setting", func(s *setting) []storage.Field {
	return []storage.Field{storage.Text("name", &s.Name).Key().Limit(50), storage.Version(&s.Version),
		storage.Date("locked", &s.Locked).Optional(), storage.Text("shut", &s.Shut), storage.Date("through", &s.Through).Optional()}
}, storage.Rank(25), storage.Settled(), storage.Absence())

// A Commodity is a currency of one's own: points, hours, shares. What is on the ISO 4217 list needs no declaration.
type Commodity struct {
	Code    money.Currency `json:"code"`
	Version int64          `json:"version"`
	Name    string         `json:"name"`
	// Scale is how many decimals amounts are kept with, at most money.MaxScale. It never changes.
	Scale int `json:"scale"`
}

var commodities = storage.Define("ledger.commodity", func(c *Commodity) []storage.Field {
	return []storage.Field{storage.Text("code", &c.Code).Key().Limit(32), storage.Version(&c.Version),
		storage.Text("name", &c.Name).Limit(maxName),
		storage.Int("scale", &c.Scale)}
}, storage.Settled())

// need is what has to be read before entries can be admitted.
type need struct {
	accounts    []string
	commodities []money.Currency
}

// needOf lists what the legs name, each once.
func needOf(list []*Entry) *need {
	n := &need{}
	if len(list) == 1 && len(list[0].Legs) <= fewLegs {
		n.accounts = make([]string, 0, len(list[0].Legs))
		for i := range list[0].Legs {
			l := &list[0].Legs[i]
			if !slices.Contains(n.accounts, l.Account) {
				n.accounts = append(n.accounts, l.Account)
			}
			n.addCurrency(l.Amount.Currency())
		}
		return n
	}
	seen := map[string]bool{}
	for _, e := range list {
		for i := range e.Legs {
			if code := e.Legs[i].Account; !seen[code] {
				seen[code] = true
				n.accounts = append(n.accounts, code)
			}
			n.addCurrency(e.Legs[i].Amount.Currency())
		}
	}
	return n
}

// fewLegs is how many accounts are looked at one by one.
const fewLegs = 8

func (n *need) addCurrency(c money.Currency) {
	if _, listed := c.Digits(); !listed && !slices.Contains(n.commodities, c) {
		n.commodities = append(n.commodities, c)
	}
}

// announce makes all of it that is not remembered travel with the next read.
func (n *need) announce(tx *storage.Tx) error {
	if !storage.Recalls(tx, settingKey{}) {
		if err := settings.Ahead(tx, &setting{Name: allBooks}); err != nil {
			return err
		}
	}
	var list []*Account
	for _, code := range n.accounts {
		if !storage.Recalls(tx, accountKey(code)) {
			list = append(list, &Account{Code: code})
		}
	}
	if err := accounts.Ahead(tx, list...); err != nil {
		return err
	}
	var own []*Commodity
	for _, code := range n.commodities {
		if !storage.Recalls(tx, commodityKey(code)) {
			own = append(own, &Commodity{Code: code})
		}
	}
	return commodities.Ahead(tx, own...)
}

// read gathers the rules.
func (n *need) read(ctx context.Context, tx *storage.Tx) (r Rules, err error) {
	if err := n.announce(tx); err != nil {
		return r, err
	}
	c, err := closedOf(ctx, tx)
	if err != nil {
		return r, err
	}
	r = Rules{Locked: c.locked, unread: c.unread, Now: tx.Now()}
	if r.Accounts, err = accountsOf(ctx, tx, n.accounts); err != nil {
		return r, err
	}
	r.Scales, err = ownScales(ctx, tx, n.commodities)
	return r, err
}
