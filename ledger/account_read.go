package ledger

import (
	"context"
	"iter"

	"github.com/tutas/tutas/storage"
)

// AccountFilter narrows a list of accounts, which comes by code.
type AccountFilter struct {
	// By is on whose behalf; zero is the system.
	By    storage.Ref
	Types []Type
	// Parent keeps those directly below an account.
	Parent string
	// Prefix keeps codes that begin so.
	Prefix string
	// Where holds further conditions, on the tenant's own fields say.
	Where []storage.Cond
	// Limit is the most accounts of a page, 50 if zero.
	Limit int
}

func (f AccountFilter) query() storage.Query {
	q := storage.Query{By: f.By, Where: append([]storage.Cond(nil), f.Where...), Limit: f.Limit}
	if len(f.Types) > 0 {
		q.Where = append(q.Where, storage.In("type", f.Types...))
	}
	if f.Parent != "" {
		q.Where = append(q.Where, storage.Eq("parent", f.Parent))
	}
	if f.Prefix != "" {
		q.Where = append(q.Where, storage.Prefix("code", f.Prefix))
	}
	return q
}

// Account reads an account.
//
// Errors: ErrNoAccount, also for one that the actor may not see.
func (b *Books) Account(ctx context.Context, code string, by ...storage.Ref) (*Account, error) {
	if textFault(code, maxCode) != "" {
		return nil, ErrNoAccount.With("%.100q", code)
	}
	q := storage.Query{Where: []storage.Cond{storage.Eq("code", code)}, Limit: 1}
	if len(by) > 0 {
		q.By = by[0]
	}
	for a, err := range accounts.All(ctx, b.s, q) {
		return a, err
	}
	return nil, ErrNoAccount.With("%q", code)
}

// Accounts lists accounts by code; see storage.Table.All for what a list over a tenant's data promises.
func (b *Books) Accounts(ctx context.Context, f AccountFilter) iter.Seq2[*Account, error] {
	return accounts.All(ctx, b.s, f.query())
}

// AccountsPage reads one screen of accounts.
//
// Errors: storage.ErrBadCursor, *storage.Invalid.
func (b *Books) AccountsPage(ctx context.Context, f AccountFilter, from storage.Cursor) (storage.Page[Account], error) {
	return accounts.Page(ctx, b.s, f.query(), from)
}

// DescribeAccount tells a screen what accounts are made of, and what may be done with one.
func (b *Books) DescribeAccount(ctx context.Context, a *Account) (storage.Description, error) {
	d, err := accounts.Describe(ctx, b.s)
	d.Verbs = Verbs(a)
	return d, err
}

// Verbs lists what may be done with an account, with the reason for a no.
func Verbs(a *Account) []storage.Verb {
	post, close, reopen := storage.Verb{Name: "post"}, storage.Verb{Name: "close"}, storage.Verb{Name: "reopen"}
	switch {
	case a.Heading:
		post.Why = ErrHeading.Text
	case a.Control != "":
		post.Why = ErrControl.Text
	}
	if a.Closed.IsZero() {
		reopen.Why = "the account is open"
	} else {
		close.Why = "the account is closed after " + a.Closed.String()
	}
	return []storage.Verb{post, {Name: "change"}, close, reopen}
}
