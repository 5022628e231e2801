package ledger

import (
	"context"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// ChangeAccount gives an account another name, place, demands, activity, sub-ledger or limits. What it does not list (code,
// type, currency) never changes. Every field it lists is set, Bounds and Items excepted, which nil leaves: an empty Parent,
// Control, Requires or Activity clears it.
type ChangeAccount struct {
	By       storage.Ref `json:"by"`
	Key      storage.Key `json:"key,omitempty"`
	Why      string      `json:"why,omitempty"`
	Code     string      `json:"code"`
	Version  int64       `json:"version,omitempty"`
	Name     string      `json:"name"`
	Parent   string      `json:"parent,omitempty"`
	Control  string      `json:"control,omitempty"`
	Requires []Dimension `json:"requires,omitempty"`
	Activity Activity    `json:"activity,omitempty"`
	// Items turns open items on; nil leaves them.
	Items *bool `json:"items,omitempty"`
	// Bounds sets the limits; nil leaves them, so that nobody drops one by forgetting.
	Bounds *Bounds        `json:"bounds,omitempty"`
	Fields storage.Fields `json:"fields,omitempty"`
}

// ChangeAccount changes an account. What was posted before is not looked at again, but for new limits: they are refused where
// the account breaks them already. An account becomes live by adding up its parts, and turning Items on makes items of what was
// posted; all that is posted under this tenant waits for it meanwhile, and then is held against what is new.
//
// Errors: *storage.Invalid, ErrNoAccount, ErrUsed for a parent below the account itself and where Items is turned off and there are some, ErrBelowFloor, ErrAboveCeiling,
// storage.ErrStale, storage.ErrKeyReused, storage.ErrForbidden.
func (b *Books) ChangeAccount(ctx context.Context, cmd ChangeAccount) (*Account, error) {
	return storage.Once(ctx, b.s, cmd.Key, "ledger.account.change", cmd, func(tx *storage.Tx) (*Account, error) {
		old, err := lockAccount(ctx, tx, cmd.Code, cmd.Version)
		if err != nil {
			return nil, err
		}
		a := *old
		a.Name, a.Parent, a.Control, a.Requires, a.Activity, a.Fields = cmd.Name, cmd.Parent, cmd.Control, cmd.Requires, cmd.Activity,
			cmd.Fields
		if cmd.Bounds != nil {
			a.Bounds = *cmd.Bounds
		}
		if cmd.Items != nil {
			a.Items = *cmd.Items
		}
		var bad storage.Invalid
		if a.check(&bad, ""); bad.Err() != nil {
			return nil, bad.Err()
		}
		if err := climb(ctx, tx, &a); err != nil {
			return nil, err
		}
		if cmd.Bounds != nil {
			if err := changeLive(ctx, tx, old, &a); err != nil {
				return nil, err
			}
		}
		if err := event.Apply(ctx, tx, accounts, event.Change[Account]{By: cmd.By, Verb: "ledger.account.change",
			Why: cmd.Why, Before: old, After: &a}); err != nil || a.Items == old.Items {
			return &a, err
		}
		return &a, itemise(ctx, tx, &a)
	})
}

// climb checks the way up from an account: it exists, is of one type and does not come back.
func climb(ctx context.Context, tx *storage.Tx, a *Account) error {
	child := a
	for range maxDepth {
		if child.Parent == "" {
			return nil
		}
		if child.Parent == a.Code {
			return ErrUsed.With("%q would stand below itself", a.Code)
		}
		parent := &Account{Code: child.Parent}
		found, err := accounts.Load(ctx, tx, parent)
		if err != nil {
			return err
		}
		if !found[0] {
			parent = nil
		}
		if err := below(child, parent); err != nil {
			return err
		}
		child = parent
	}
	return ErrUsed.With("the chart is more than %d levels deep", maxDepth)
}

// maxDepth bounds how deep a chart may be.
const maxDepth = 50

// CloseAccount sets the last day on which an account takes postings; no date opens it again.
type CloseAccount struct {
	By      storage.Ref `json:"by"`
	Key     storage.Key `json:"key,omitempty"`
	Why     string      `json:"why,omitempty"`
	Code    string      `json:"code"`
	Version int64       `json:"version,omitempty"`
	Date    date.Date   `json:"date"`
}

// CloseAccount closes an account after a day, or opens it again. No posting under way at that moment slips in after the day.
//
// Errors: *storage.Invalid, ErrNoAccount, ErrUsed where there are postings after the date, storage.ErrStale,
// storage.ErrKeyReused, storage.ErrForbidden.
func (b *Books) CloseAccount(ctx context.Context, cmd CloseAccount) (*Account, error) {
	return storage.Once(ctx, b.s, cmd.Key, "ledger.account.close", cmd, func(tx *storage.Tx) (*Account, error) {
		old, err := lockAccount(ctx, tx, cmd.Code, cmd.Version)
		if err != nil {
			return nil, err
		}
		a := *old
		a.Closed = cmd.Date
		var bad storage.Invalid
		y := cmd.Date.Year()
		bad.Check(cmd.Date.IsZero() || y >= FirstYear && y <= LastYear, "date", storage.CodeRange, "")
		if a.check(&bad, ""); bad.Err() != nil {
			return nil, bad.Err()
		}
		change := event.Change[Account]{By: cmd.By, Verb: "ledger.account.close", Why: cmd.Why, Before: old, After: &a}
		if !a.Closed.IsZero() {
			if err := tx.HoldOff(ctx); err != nil { // who is about to post is through before we look
				return nil, err
			}
			later, err := parts.Count(ctx, tx, storage.Query{Where: []storage.Cond{storage.Eq("account", a.Code),
				storage.Gt("date", a.Closed)}})
			if err != nil {
				return nil, err
			}
			if later > 0 {
				return nil, ErrUsed.With("%q has postings after %s", a.Code, a.Closed)
			}
			change.Events = []event.Draft{AccountClosed.Draft(AccountPayload{a.Code, a.Name, a.Type})}
		}
		return &a, event.Apply(ctx, tx, accounts, change)
	})
}

func lockAccount(ctx context.Context, tx *storage.Tx, code string, version int64) (*Account, error) {
	if fault := textFault(code, maxCode); fault != "" {
		return nil, &storage.Invalid{Fields: []storage.Fault{{Path: "code", Code: fault}}}
	}
	a := &Account{Code: code}
	found, err := accounts.LoadLocked(ctx, tx, a)
	if err != nil {
		return nil, err
	}
	if !found[0] {
		return nil, ErrNoAccount.With("%q", code)
	}
	return a, storage.CheckVersion(version, a.Version)
}
