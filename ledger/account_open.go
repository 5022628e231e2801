package ledger

import (
	"context"
	"strconv"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// OpenAccount adds an account; its fields are those of Account.
type OpenAccount struct {
	By       storage.Ref    `json:"by"`
	Key      storage.Key    `json:"key,omitempty"`
	Why      string         `json:"why,omitempty"`
	Code     string         `json:"code"`
	Name     string         `json:"name"`
	Type     Type           `json:"type"`
	Parent   string         `json:"parent,omitempty"`
	Heading  bool           `json:"heading,omitempty"`
	Currency money.Currency `json:"currency,omitempty"`
	Control  string         `json:"control,omitempty"`
	Items    bool           `json:"items,omitempty"`
	Requires []Dimension    `json:"requires,omitempty"`
	Activity Activity       `json:"activity,omitempty"`
	Bounds
	Opened date.Date      `json:"opened"`
	Fields storage.Fields `json:"fields,omitempty"`
}

func (o *OpenAccount) account() *Account {
	return &Account{Code: o.Code, Name: o.Name, Type: o.Type, Parent: o.Parent, Heading: o.Heading, Currency: o.Currency,
		Control: o.Control, Items: o.Items,
		Requires: o.Requires, Activity: o.Activity, Bounds: o.Bounds, Opened: o.Opened, Fields: o.Fields}
}

// AccountPayload tells followers about an account.
type AccountPayload struct {
	Code string `json:"code"`
	Name string `json:"name"`
	Type Type   `json:"type"`
}

// The events of accounts.
var (
	AccountOpened = event.NewType[AccountPayload]("ledger.account.opened")
	AccountClosed = event.NewType[AccountPayload]("ledger.account.closed")
)

// OpenAccount adds an account to the chart.
//
// Errors: *storage.Invalid, ErrAccountExists, ErrNoAccount for a parent that is not there, ErrCommodity for a limit in one that
// is not declared, storage.ErrKeyReused, storage.ErrForbidden.
func (b *Books) OpenAccount(ctx context.Context, cmd OpenAccount) (*Account, error) {
	var bad storage.Invalid
	cmd.account().check(&bad, "")
	if err := bad.Err(); err != nil {
		return nil, err
	}
	return storage.Once(ctx, b.s, cmd.Key, "ledger.account.open", cmd, func(tx *storage.Tx) (*Account, error) {
		list, err := open(ctx, tx, []OpenAccount{cmd})
		if err != nil {
			return nil, err
		}
		return list[0], nil
	})
}

// OpenAccounts adds a whole chart, parents before what is below them; all or nothing. By and Key of the elements do not count.
//
// Errors: as OpenAccount; a fault of the third account is at "2.code".
func (b *Books) OpenAccounts(ctx context.Context, by storage.Ref, chart ...OpenAccount) error {
	var bad storage.Invalid
	list := append([]OpenAccount(nil), chart...)
	seen := map[string]bool{}
	for i := range list {
		path := strconv.Itoa(i) + "."
		list[i].By = by
		list[i].account().check(&bad, path)
		bad.Check(!seen[list[i].Code], path+"code", storage.CodeDuplicate, list[i].Code)
		seen[list[i].Code] = true
	}
	if err := bad.Err(); err != nil {
		return err
	}
	return b.s.Update(ctx, func(tx *storage.Tx) error {
		_, err := open(ctx, tx, list)
		return err
	})
}

// Template opens a chart for each new tenant; see storage.Store.CreateTenant.
func Template(chart []OpenAccount) storage.Template {
	return func(ctx context.Context, tx *storage.Tx) error {
		return New(tx).OpenAccounts(ctx, storage.Ref{}, chart...)
	}
}

// open adds accounts that passed check, one after the other.
func open(ctx context.Context, tx *storage.Tx, list []OpenAccount) ([]*Account, error) {
	known := map[string]*Account{}
	var lookup []*Account
	for i := range list {
		for _, code := range []string{list[i].Code, list[i].Parent} {
			if code != "" && known[code] == nil {
				known[code] = &Account{Code: code}
				lookup = append(lookup, known[code])
			}
		}
	}
	found, err := accounts.Load(ctx, tx, lookup...)
	if err != nil {
		return nil, err
	}
	for i, a := range lookup {
		if !found[i] {
			delete(known, a.Code)
		}
	}
	var opened []*Account
	for i := range list {
		a := list[i].account()
		a.Created = tx.Now()
		if known[a.Code] != nil {
			return nil, ErrAccountExists.With("%s", a.Code)
		}
		if err := below(a, known[a.Parent]); err != nil {
			return nil, err
		}
		err := event.Apply(ctx, tx, accounts, event.Change[Account]{By: list[i].By, Verb: "ledger.account.open",
			Why: list[i].Why, After: a,
			Events: []event.Draft{AccountOpened.Draft(AccountPayload{a.Code, a.Name, a.Type})}})
		if err != nil {
			return nil, err
		}
		if err := openLive(ctx, tx, a, ""); err != nil {
			return nil, err
		}
		known[a.Code], opened = a, append(opened, a)
	}
	// Two who open the same account at once: the loser learns it here rather than at the commit.
	if err := tx.Flush(ctx); err != nil {
		if storage.IsDuplicate(err, accounts, "") {
			return nil, storage.ErrConflict // the next attempt finds the account
		}
		return nil, err
	}
	return opened, nil
}

// below checks that an account may stand under its parent.
func below(a, parent *Account) error {
	switch {
	case a.Parent == "":
		return nil
	case parent == nil:
		return ErrNoAccount.With("parent %q of %q", a.Parent, a.Code)
	case parent.Type != a.Type:
		return &storage.Invalid{Fields: []storage.Fault{{Path: "type", Code: storage.CodeChoice,
			Text: "the account above is of type " + string(parent.Type)}}}
	}
	return nil
}
