package storage

import (
	"context"
	"errors"
	"slices"
	"strings"
)

// A Guard is a host's say in every verb: it may veto (any error) or let pass (nil), inside the transaction, before anything is written.
// Verb is "package.noun.verb", such as "billing.invoice.issue"; before and after are pointers to the aggregate, nil when it
// is being created or deleted. It must not change them.
type Guard func(ctx context.Context, tx *Tx, by Ref, verb string, before, after any) error

// WithGuard adds a guard. All guards must agree.
func WithGuard(g Guard) Option { return func(s *Store) { s.guards = append(s.guards, g) } }

// A Narrowing is what an actor may see of one kind.
type Narrowing struct {
	// None hides the kind altogether.
	None bool
	// Where holds conditions on rows, all of which must be true.
	Where []Cond
	// Hidden names fields that are left zero, "fields.x" for one of the tenant's own. Nobody may filter, sort or sum by what is hidden from them.
	Hidden []string
}

// A Scope is a host's say in what an actor sees: it is asked for every get, list, page, sum, export and lineage that is done on someone's behalf.
// Tenant is the tenant's ID, kind the table's.
type Scope func(tenant string, by Ref, kind string) Narrowing

// WithScope adds a scope. All scopes narrow.
func WithScope(sc Scope) Option { return func(s *Store) { s.scopes = append(s.scopes, sc) } }

// Guard asks the host's guards about a verb. Services call it through the one function that writes aggregates; a host calls it for verbs of its own.
//
// Errors: ErrForbidden, or the guard's own coded error.
func (tx *Tx) Guard(ctx context.Context, by Ref, verb string, before, after any) error {
	for _, g := range tx.store.guards {
		if err := g(ctx, tx, by, verb, before, after); err != nil {
			var coded *Error
			var bad *Invalid
			if errors.As(err, &coded) || errors.As(err, &bad) {
				return err
			}
			return ErrForbidden.Because(err)
		}
	}
	return nil
}

// narrow asks the scopes.
func (s *Store) narrow(tenant string, by Ref, kind string) (where []Cond, hidden []string, none bool) {
	for _, sc := range s.scopes {
		n := sc(tenant, by, kind)
		none = none || n.None
		where = append(where, n.Where...)
		hidden = append(hidden, n.Hidden...)
	}
	return where, hidden, none
}

// Hidden names the fields of a kind that an actor may not see, for a package that keeps values of them elsewhere, as an audit trail does.
func (tx *Tx) Hidden(by Ref, kind string) []string {
	if by.IsZero() {
		return nil
	}
	_, hidden, _ := tx.store.narrow(tx.Tenant().ID, by, kind)
	return hidden
}

// hides reports whether a field, or the field that it is a part of, is among those hidden.
func hides(hidden []string, field string) bool {
	return slices.Contains(hidden, field) || strings.HasPrefix(field, "fields.") && slices.Contains(hidden, "fields")
}

// Narrowed reports whether any scope narrows what an actor sees of the table, so that figures kept for everybody must not be shown.
func (t *Table[T]) Narrowed(tx *Tx, by Ref) bool {
	if by.IsZero() {
		return false
	}
	where, hidden, none := tx.store.narrow(tx.Tenant().ID, by, t.kind)
	return none || len(where)+len(hidden) > 0
}

// Visible reports whether an actor may see what a Ref points to. Refs to kinds that are not ours are visible.
func (tx *Tx) Visible(ctx context.Context, by, to Ref) (bool, error) {
	if by.IsZero() || len(tx.store.scopes) == 0 {
		return true, nil
	}
	d := tx.store.declaration(to.Kind)
	if d == nil {
		_, _, none := tx.store.narrow(tx.Tenant().ID, by, to.Kind)
		return !none, nil
	}
	row, err := d.find(ctx, tx, by, to.ID)
	return row != nil, err
}
