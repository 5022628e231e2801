package people

import (
	"context"

	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// Refusals about the organisation.
var (
	// ErrCycle: a person would be above themselves.
	ErrCycle = storage.NewError("people.cycle", "the managers form a circle")
	// ErrTooDeep: a chain of managers is longer than MaxChain.
	ErrTooDeep = storage.NewError("people.too_deep", "the chain of managers is too long")
)

// MaxChain is the longest chain of managers that is followed.
const MaxChain = 64

// Chain returns those above a person, nearest first, by asking who the manager of each is; a zero Ref ends it.
//
// Errors: ErrCycle, ErrTooDeep, and those of manager.
func Chain(person storage.Ref, manager func(storage.Ref) (storage.Ref, error)) ([]storage.Ref, error) {
	var chain []storage.Ref
	seen := map[storage.Ref]bool{person: true}
	for next := person; ; {
		boss, err := manager(next)
		if err != nil || boss.IsZero() {
			return chain, err
		}
		if seen[boss] {
			return chain, ErrCycle.With("%s", boss)
		}
		if len(chain) == MaxChain {
			return chain, ErrTooDeep
		}
		seen[boss] = true
		chain = append(chain, boss)
		next = boss
	}
}

// Managers returns those above a person, nearest first.
//
// Errors: storage.ErrNotFound, ErrCycle, ErrTooDeep.
func (p *People) Managers(ctx context.Context, person storage.ID[Person]) (chain []storage.Ref, err error) {
	err = p.s.View(ctx, func(tx *storage.Tx) error {
		if _, err := persons.Get(ctx, tx, person); err != nil {
			return err
		}
		chain, err = Chain(Ref(person), func(r storage.Ref) (storage.Ref, error) { return managerOf(ctx, tx, r) })
		return err
	})
	return chain, err
}

// Manager returns who decides for a person: the manager or, where that one has left by now, the next one above who has not.
// It is the zero Ref for someone at the top and for whom we do not employ. With Limit it is the port that approval.Org asks
// for.
//
// Errors: ErrTooDeep.
func (p *People) Manager(ctx context.Context, tx *storage.Tx, person storage.Ref) (storage.Ref, error) {
	boss, err := managerOf(ctx, tx, person)
	for range MaxChain {
		if err != nil || boss.IsZero() {
			return boss, err
		}
		one, err := find(ctx, tx, boss)
		if err != nil || one == nil || !one.until.Before(tx.Today()) {
			return boss, err
		}
		boss = one.Manager
	}
	return storage.Ref{}, ErrTooDeep
}

// managerOf returns the manager, whether or not that one is still there.
func managerOf(ctx context.Context, tx *storage.Tx, person storage.Ref) (storage.Ref, error) {
	one, err := find(ctx, tx, person)
	if err != nil || one == nil {
		return storage.Ref{}, err
	}
	return one.Manager, nil
}

// Limit returns the largest amount that a person may approve alone under a policy; false for someone without a limit. Whom
// we do not employ may approve nothing alone.
func (p *People) Limit(ctx context.Context, tx *storage.Tx, person storage.Ref, policy string) (money.Amount, bool, error) {
	one, err := find(ctx, tx, person)
	if err != nil || one == nil {
		return money.Amount{}, true, err
	}
	limit, ok := one.Limit(policy)
	return limit, ok, nil
}

// Left reports whether a person has left by today. Whom we do not employ has not. It is the port approval.Employment.
func (p *People) Left(ctx context.Context, tx *storage.Tx, person storage.Ref) (bool, error) {
	one, err := find(ctx, tx, person)
	return one != nil && one.until.Before(tx.Today()), err
}

// find reads the person that a Ref points to, nil if it is none of ours.
func find(ctx context.Context, tx *storage.Tx, person storage.Ref) (*Person, error) {
	if person.Kind != persons.Kind() {
		return nil, nil
	}
	id, err := storage.ParseID[Person](person.ID)
	if err != nil {
		return nil, nil
	}
	found, err := persons.GetMany(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

// idOf returns the identifier in a Ref to a person.
func idOf(person storage.Ref) (storage.ID[Person], error) {
	if person.Kind != persons.Kind() {
		return storage.ID[Person]{}, storage.ErrNotFound.With("%s", person)
	}
	return storage.RefID[Person](person)
}
