package approval

import (
	"context"
	"errors"
	"iter"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// SetPolicy declares a policy, or changes the one of the same name.
type SetPolicy struct {
	By  storage.Ref
	Key storage.Key
	// Version is that of the policy to be changed, as By saw it; 0 does not care.
	Version int64
	Why     string
	// Policy is what it shall be; its ID, Version and Created are not looked at.
	Policy Policy
}

// SetPolicy declares a policy, or changes the one of the same name. Requests that were submitted before
// stay with the version they have; see Migrate.
//
// Errors: *storage.Invalid, storage.ErrStale.
func (a *Approvals) SetPolicy(ctx context.Context, c SetPolicy) (*Policy, error) {
	if err := c.Policy.Check(); err != nil {
		return nil, err
	}
	return storage.Once(ctx, a.s, c.Key, "approval.policy.set", c, func(tx *storage.Tx) (*Policy, error) {
		p := c.Policy
		change := event.Change[Policy]{By: c.By, Verb: "approval.policy.set", Why: c.Why, After: &p}
		old, err := policyNamed(ctx, tx, c.Policy.Name)
		switch {
		case errors.Is(err, storage.ErrNotFound):
			if err := storage.CheckVersion(c.Version, 0); err != nil {
				return nil, err
			}
			p.ID, p.Version, p.Created = storage.NewID[Policy](tx), 0, tx.Now()
		case err != nil:
			return nil, err
		default:
			if err := storage.CheckVersion(c.Version, old.Version); err != nil {
				return nil, err
			}
			p.ID, p.Version, p.Created = old.ID, old.Version, old.Created
			change.Before = old
		}
		if err := event.Apply(ctx, tx, policies, change); err != nil {
			return nil, err
		}
		return &p, editions.Insert(ctx, tx, &edition{Policy: p.ID, Version: p.Version, Body: p})
	})
}

// Policy returns the policy of a name.
//
// Errors: storage.ErrNotFound.
func (a *Approvals) Policy(ctx context.Context, name string) (p *Policy, err error) {
	err = a.s.View(ctx, func(tx *storage.Tx) error {
		p, err = policyNamed(ctx, tx, name)
		return err
	})
	return p, err
}

// Policies yields all policies by name.
func (a *Approvals) Policies(ctx context.Context, by storage.Ref) iter.Seq2[*Policy, error] {
	return policies.All(ctx, a.s, storage.Query{By: by, Order: []string{"name"}})
}

func policyNamed(ctx context.Context, tx *storage.Tx, name string) (*Policy, error) {
	p, err := policies.First(ctx, tx, storage.Query{Where: []storage.Cond{storage.Eq("name", name)}})
	if errors.Is(err, storage.ErrNotFound) {
		return nil, storage.ErrNotFound.With("policy %q", name)
	}
	return p, err
}

// policyAt returns a version of a policy.
func policyAt(ctx context.Context, tx *storage.Tx, name string, version int64) (*Policy, error) {
	p, err := policyNamed(ctx, tx, name)
	if err != nil || version == 0 || p.Version == version {
		return p, err
	}
	e := &edition{Policy: p.ID, Version: version}
	found, err := editions.Load(ctx, tx, e)
	if err != nil {
		return nil, err
	}
	if !found[0] {
		return nil, storage.ErrNotFound.With("version %d of policy %q", version, name)
	}
	return &e.Body, nil
}
