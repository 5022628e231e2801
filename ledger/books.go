package ledger

import (
	"context"

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
}, storage.Rank(25), storage.Settled())

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
	setting     *setting
	accounts    []*Account
	commodities []*Commodity
}

// needOf lists what the legs name, each once.
func needOf(list []*Entry) *need {
	n := &need{setting: &setting{Name: allBooks}}
	seen := map[string]bool{}
	for _, e := range list {
		for i := range e.Legs {
			if code := e.Legs[i].Account; !seen[code] {
				seen[code] = true
				n.accounts = append(n.accounts, &Account{Code: code})
			}
			n.addCurrency(e.Legs[i].Amount.Currency())
		}
	}
	return n
}

func (n *need) addCurrency(c money.Currency) {
	if _, listed := c.Digits(); listed {
		return
	}
	for _, known := range n.commodities {
		if known.Code == c {
			return
		}
	}
	n.commodities = append(n.commodities, &Commodity{Code: c})
}

// announce makes all of it travel with the next read.
func (n *need) announce(tx *storage.Tx) error {
	if err := settings.Ahead(tx, n.setting); err != nil {
		return err
	}
	if err := accounts.Ahead(tx, n.accounts...); err != nil {
		return err
	}
	return commodities.Ahead(tx, n.commodities...)
}

// read gathers the rules. It works on copies, since it may be called again.
func (n *need) read(ctx context.Context, tx *storage.Tx) (r Rules, err error) {
	if err := n.announce(tx); err != nil {
		return r, err
	}
	set := *n.setting
	if _, err := settings.Load(ctx, tx, &set); err != nil {
		return r, err
	}
	list := make([]*Account, len(n.accounts))
	copies := make([]Account, len(n.accounts))
	for i, a := range n.accounts {
		copies[i].Code, list[i] = a.Code, &copies[i]
	}
	found, err := accounts.Load(ctx, tx, list...)
	if err != nil {
		return r, err
	}
	r = Rules{Accounts: make(map[string]*Account, len(list)), Locked: set.Locked, Now: tx.Now()}
	if set.Shut != "" {
		r.unread = &unread{text: set.Shut, through: set.Through}
	}
	for i, a := range list {
		if found[i] {
			r.Accounts[a.Code] = a
		}
	}
	r.Scales, err = n.scales(ctx, tx)
	return r, err
}

func (n *need) scales(ctx context.Context, tx *storage.Tx) (map[money.Currency]int, error) {
	if len(n.commodities) == 0 {
		return nil, nil
	}
	list := make([]*Commodity, len(n.commodities))
	for i, c := range n.commodities {
		list[i] = &Commodity{Code: c.Code}
	}
	found, err := commodities.Load(ctx, tx, list...)
	if err != nil {
		return nil, err
	}
	scales := map[money.Currency]int{}
	for i, c := range list {
		if found[i] {
			scales[c.Code] = c.Scale
		}
	}
	return scales, nil
}
