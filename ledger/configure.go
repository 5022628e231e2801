package ledger

import (
	"context"
	"slices"
	"strconv"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// A Configuration is what a company settles about its books: the currency they are kept in, when its years begin, and the
// accounts that the ledger itself posts to. Books that were never configured have the tenant's currency, calendar years and
// the accounts of the ready charts.
type Configuration struct {
	Name    string `json:"-"`
	Version int64  `json:"version"`
	// Base is the currency in which gains, losses and years are stated.
	Base money.Currency `json:"base"`
	// Fiscal cuts time into years and periods.
	Fiscal date.FiscalYear `json:"fiscal"`
	// Exchange is the account through which value passes between currencies (equity).
	Exchange string `json:"exchange"`
	// ExchangeGains and ExchangeLosses take what was realised, UnrealisedGains and UnrealisedLosses what a revaluation finds
	// (income or expense). The latter two are the former two unless they are named.
	ExchangeGains    string `json:"exchange_gains"`
	ExchangeLosses   string `json:"exchange_losses"`
	UnrealisedGains  string `json:"unrealised_gains"`
	UnrealisedLosses string `json:"unrealised_losses"`
	// RetainedEarnings takes the result of each year that is closed (equity).
	RetainedEarnings string `json:"retained_earnings"`
	// OpeningBalances is the other side of what a company brings along (equity).
	OpeningBalances string `json:"opening_balances"`
	// Rounding takes differences of a few minor units (income or expense).
	Rounding string `json:"rounding"`
	// Opened is the entry with which the books began; see OpeningBalances.
	Opened storage.ID[Posted] `json:"opened"`
}

var configurations = storage.Define("ledger.configuration", func(c *Configuration) []storage.Field {
	return []storage.Field{storage.Text("name", &c.Name).Key().Limit(50), storage.Version(&c.Version),
		storage.Text("base", &c.Base).Limit(32), storage.JSON("fiscal", &c.Fiscal),
		storage.Text("exchange", &c.Exchange).Limit(maxCode),
		storage.Text("exchange_gains", &c.ExchangeGains).Limit(maxCode),
		storage.Text("exchange_losses", &c.ExchangeLosses).Limit(maxCode),
		storage.Text("unrealised_gains", &c.UnrealisedGains).Limit(maxCode),
		storage.Text("unrealised_losses", &c.UnrealisedLosses).Limit(maxCode),
		storage.Text("retained_earnings", &c.RetainedEarnings).Limit(maxCode),
		storage.Text("opening_balances", &c.OpeningBalances).Limit(maxCode),
		storage.Text("rounding", &c.Rounding).Limit(maxCode), storage.UUID("opened", &c.Opened)}
}, storage.Rank(15), storage.Settled(), storage.Absence())

// Configure settles what holds for the books as a whole. Each field is set; one without a value takes the default that
// Configuration tells.
type Configure struct {
	By      storage.Ref `json:"by"`
	Key     storage.Key `json:"key,omitempty"`
	Why     string      `json:"why,omitempty"`
	Version int64       `json:"version,omitempty"`

	Base             money.Currency  `json:"base,omitempty"`
	Fiscal           date.FiscalYear `json:"fiscal"`
	Exchange         string          `json:"exchange,omitempty"`
	ExchangeGains    string          `json:"exchange_gains,omitempty"`
	ExchangeLosses   string          `json:"exchange_losses,omitempty"`
	UnrealisedGains  string          `json:"unrealised_gains,omitempty"`
	UnrealisedLosses string          `json:"unrealised_losses,omitempty"`
	RetainedEarnings string          `json:"retained_earnings,omitempty"`
	OpeningBalances  string          `json:"opening_balances,omitempty"`
	Rounding         string          `json:"rounding,omitempty"`
}

// ConfiguredPayload tells followers in which currency the books are kept.
type ConfiguredPayload struct {
	Base money.Currency `json:"base"`
}

// BooksConfigured is the event of each change of the configuration.
var BooksConfigured = event.NewType[ConfiguredPayload]("ledger.books.configured")

// Configure sets the base currency, the fiscal year and the accounts that the ledger posts to.
//
// Errors: *storage.Invalid: an account that is named must exist (ErrNoAccount's code), be no heading, take the currency and be
// of a fitting type; one that is not named must fit if the chart has it. ErrUsed for another base currency once value has
// passed between currencies; storage.ErrStale, storage.ErrKeyReused, storage.ErrForbidden.
func (b *Books) Configure(ctx context.Context, cmd Configure) (Configuration, error) {
	var bad storage.Invalid
	bad.Check(cmd.Base == "" || cmd.Base.Valid(), "base", storage.CodeCurrency, "")
	bad.Check(cmd.Fiscal.Check() == nil, "fiscal", storage.CodeRange, "")
	for _, r := range cmd.roles() {
		code := textFault(r.code, maxCode)
		bad.Check(code == "", r.path, code, "")
	}
	if err := bad.Err(); err != nil {
		return Configuration{}, err
	}
	return storage.Once(ctx, b.s, cmd.Key, "ledger.books.configure", cmd, func(tx *storage.Tx) (Configuration, error) {
		return configure(ctx, tx, cmd)
	})
}

// Configuration reads what holds for the books.
func (b *Books) Configuration(ctx context.Context) (c Configuration, err error) {
	err = b.s.View(ctx, func(tx *storage.Tx) error {
		c, err = settingsOf(ctx, tx)
		return err
	})
	return c, err
}

func configure(ctx context.Context, tx *storage.Tx, cmd Configure) (Configuration, error) {
	old, err := lockConfiguration(ctx, tx)
	if err != nil {
		return *old, err
	}
	if err := storage.CheckVersion(cmd.Version, old.Version); err != nil {
		return *old, err
	}
	c := *old
	c.Base, c.Fiscal, c.Exchange, c.ExchangeGains, c.ExchangeLosses = cmd.Base, cmd.Fiscal, cmd.Exchange, cmd.ExchangeGains,
		cmd.ExchangeLosses
	c.UnrealisedGains, c.UnrealisedLosses, c.RetainedEarnings = cmd.UnrealisedGains, cmd.UnrealisedLosses, cmd.RetainedEarnings
	c.OpeningBalances, c.Rounding = cmd.OpeningBalances, cmd.Rounding
	was, now := old.filled(tx), c.filled(tx)
	if now.Base == "" {
		return c, &storage.Invalid{Fields: []storage.Fault{{Path: "base", Code: storage.CodeRequired,
			Text: "the tenant has no currency of its own"}}}
	}
	if err := checkRoles(ctx, tx, cmd, now); err != nil {
		return c, err
	}
	if was.Base != now.Base && was.Base != "" {
		if err := tx.HoldOff(ctx); err != nil { // who is about to book by the old one is through before we look
			return c, err
		}
		used, err := parts.Count(ctx, tx, storage.Query{Where: []storage.Cond{storage.Eq("account", was.Exchange)}, Limit: 1})
		if err != nil {
			return c, err
		}
		if used > 0 {
			return c, ErrUsed.With("%q holds value exchanged for %s", was.Exchange, was.Base)
		}
	}
	if err := event.Apply(ctx, tx, configurations, event.Change[Configuration]{By: cmd.By, Verb: "ledger.books.configure",
		Why: cmd.Why, Before: old, After: &c, Events: []event.Draft{BooksConfigured.Draft(ConfiguredPayload{now.Base})}}); err != nil {
		return c, err
	}
	return c.filled(tx), nil
}

// lockConfiguration takes the row, making it first.
func lockConfiguration(ctx context.Context, tx *storage.Tx) (*Configuration, error) {
	c := &Configuration{Name: allBooks}
	found, err := configurations.LoadLocked(ctx, tx, c)
	if err == nil && !found[0] {
		if _, err = configurations.InsertNew(ctx, tx, &Configuration{Name: allBooks}); err == nil {
			_, err = configurations.LoadLocked(ctx, tx, c)
		}
	}
	return c, err
}

// filled puts defaults where nothing is said.
func (c Configuration) filled(tx *storage.Tx) Configuration {
	or := func(p *string, otherwise string) {
		if *p == "" {
			*p = otherwise
		}
	}
	if c.Base == "" {
		c.Base = tx.Tenant().Currency
	}
	or(&c.Exchange, Exchange)
	or(&c.ExchangeGains, ExchangeGains)
	or(&c.ExchangeLosses, ExchangeLosses)
	or(&c.UnrealisedGains, c.ExchangeGains)
	or(&c.UnrealisedLosses, c.ExchangeLosses)
	or(&c.RetainedEarnings, RetainedEarnings)
	or(&c.OpeningBalances, OpeningBalances)
	or(&c.Rounding, Rounding)
	return c
}

// role is an account that the ledger posts to, and what it may be.
type role struct {
	path, code string
	types      []Type
	single     bool // takes the base currency only
}

func (c *Configure) roles() []role {
	named := Configuration{Exchange: c.Exchange, ExchangeGains: c.ExchangeGains, ExchangeLosses: c.ExchangeLosses,
		UnrealisedGains: c.UnrealisedGains, UnrealisedLosses: c.UnrealisedLosses, RetainedEarnings: c.RetainedEarnings,
		OpeningBalances: c.OpeningBalances, Rounding: c.Rounding}
	return named.roles()
}

func (c *Configuration) roles() []role {
	equity, result := []Type{Equity}, []Type{Income, Expense}
	return []role{{"exchange", c.Exchange, equity, false}, {"exchange_gains", c.ExchangeGains, result, true},
		{"exchange_losses", c.ExchangeLosses, result, true}, {"unrealised_gains", c.UnrealisedGains, result, true},
		{"unrealised_losses", c.UnrealisedLosses, result, true}, {"retained_earnings", c.RetainedEarnings, equity, false},
		{"opening_balances", c.OpeningBalances, equity, false}, {"rounding", c.Rounding, result, true}}
}

// checkRoles holds the accounts against the chart.
func checkRoles(ctx context.Context, tx *storage.Tx, cmd Configure, now Configuration) error {
	named, list := cmd.roles(), now.roles()
	chart := make([]*Account, len(list))
	for i, r := range list {
		chart[i] = &Account{Code: r.code}
	}
	found, err := accounts.Load(ctx, tx, chart...)
	if err != nil {
		return err
	}
	var bad storage.Invalid
	for i, r := range list {
		a := chart[i]
		if !found[i] {
			bad.Check(named[i].code == "", r.path, ErrNoAccount.Code, strconv.Quote(r.code))
			continue
		}
		bad.Check(slices.Contains(r.types, a.Type), r.path, storage.CodeChoice, strconv.Quote(r.code)+" is "+string(a.Type))
		bad.Check(!a.Heading, r.path, ErrHeading.Code, strconv.Quote(r.code))
		bad.Check(a.Control == "", r.path, ErrControl.Code, strconv.Quote(r.code)+" belongs to "+a.Control)
		bad.Check(a.Currency == "" || r.single && a.Currency == now.Base, r.path, ErrCurrency.Code,
			strconv.Quote(r.code)+" takes "+string(a.Currency))
	}
	return bad.Err()
}
