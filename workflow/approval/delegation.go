package approval

import (
	"cmp"
	"context"
	"iter"
	"time"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/workflow"
)

// A Mandate is a Delegation that is kept.
type Mandate struct {
	ID      storage.ID[Mandate] `json:"id"`
	Version int64               `json:"version"`
	Delegation
	Created time.Time `json:"created"`
}

var delegations = storage.Define("approval.delegation", func(m *Mandate) []storage.Field {
	return []storage.Field{
		storage.UUID("id", &m.ID).Key(), storage.Version(&m.Version), storage.RefTo("from", &m.From), storage.RefTo("to", &m.To),
		storage.Instant("since", &m.Since), storage.Instant("until", &m.Until).Optional(), storage.Text("policy", &m.Policy).Limit(maxName),
		storage.Instant("created", &m.Created),
	}
}, storage.Index("from", "from", "since"))

func compareRefs(a, b storage.Ref) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID))
}

// Delegate lets someone decide for another.
type Delegate struct {
	By  storage.Ref
	Key storage.Key
	Why string
	Delegation
}

// Delegate lets someone decide for another while the delegation lasts: from Since, now if there is none, until just before Until. What waits for
// that person goes to the delegate too, when it begins: for one that begins later see HandleTimers.
//
// Errors: *storage.Invalid.
func (a *Approvals) Delegate(ctx context.Context, c Delegate) (*Mandate, error) {
	var bad storage.Invalid
	bad.Check(!c.From.IsZero(), "from", storage.CodeRequired, "")
	bad.Check(!c.To.IsZero(), "to", storage.CodeRequired, "")
	bad.Check(c.From != c.To, "to", storage.CodeDuplicate, "is who delegates")
	bad.Text("policy", c.Policy, maxName)
	if err := bad.Err(); err != nil {
		return nil, err
	}
	return storage.Once(ctx, a.s, c.Key, "approval.delegation.give", c, func(tx *storage.Tx) (*Mandate, error) {
		m := &Mandate{ID: storage.NewID[Mandate](tx), Delegation: c.Delegation, Created: tx.Now()}
		if m.Since.IsZero() {
			m.Since = tx.Now()
		}
		m.Since, m.Until = m.Since.UTC(), m.Until.UTC()
		if !m.Until.IsZero() && !m.Until.After(m.Since) {
			return nil, invalid("until", storage.CodeRange, "is not after since")
		}
		if err := event.Apply(ctx, tx, delegations, event.Change[Mandate]{By: c.By, Verb: "approval.delegation.give", Why: c.Why, After: m}); err != nil {
			return nil, err
		}
		if m.Since.After(tx.Now()) {
			return m, workflow.SetTimer(ctx, tx, workflow.Timer{Name: delegationTimer, For: delegations.Ref(m.ID), Due: m.Since})
		}
		return m, a.In(tx).reassignAll(ctx, tx, c.By, c.From)
	})
}

// EndDelegation ends a delegation.
type EndDelegation struct {
	By         storage.Ref
	Key        storage.Key
	Why        string
	Delegation storage.ID[Mandate]
}

// EndDelegation ends a delegation now. What waits with the delegate stays there, and the person may decide it as well.
//
// Errors: storage.ErrNotFound.
func (a *Approvals) EndDelegation(ctx context.Context, c EndDelegation) (*Mandate, error) {
	return storage.Once(ctx, a.s, c.Key, "approval.delegation.end", c, func(tx *storage.Tx) (*Mandate, error) {
		m, err := delegations.Lock(ctx, tx, c.Delegation)
		if err != nil || !m.Until.IsZero() && !m.Until.After(tx.Now()) {
			return m, err
		}
		old := *m
		if m.Until = tx.Now(); m.Since.After(m.Until) {
			m.Since = m.Until
		}
		if err := event.Apply(ctx, tx, delegations, event.Change[Mandate]{By: c.By, Verb: "approval.delegation.end", Why: c.Why, Before: &old,
			After: m}); err != nil || !old.Since.After(tx.Now()) {
			return m, err
		}
		return m, workflow.CancelTimers(ctx, tx, delegations.Ref(m.ID), delegationTimer)
	})
}

// Delegations yields the delegations that someone has given, the oldest first.
func (a *Approvals) Delegations(ctx context.Context, from storage.Ref, by ...storage.Ref) iter.Seq2[*Mandate, error] {
	q := storage.Query{Where: []storage.Cond{storage.Eq("from", from)}, Order: []string{"since"}}
	if len(by) > 0 {
		q.By = by[0]
	}
	return delegations.All(ctx, a.s, q)
}

// reassignAll gives what waits for a person to whom it belongs now.
func (a *Approvals) reassignAll(ctx context.Context, tx *storage.Tx, by, person storage.Ref) error {
	var ids []storage.ID[Request]
	for t, err := range tasks.All(ctx, tx, TaskFilter{Approver: person}.query()) {
		if err != nil {
			return err
		}
		if len(ids) == 0 || ids[len(ids)-1] != t.Request {
			ids = append(ids, t.Request)
		}
	}
	refs := make([]storage.Ref, len(ids))
	for i, id := range ids {
		refs[i] = requests.Ref(id)
	}
	if err := storage.LockRefs(ctx, tx, refs...); err != nil { // in their order, not in that of the list
		return err
	}
	for _, id := range ids {
		r, err := requests.Lock(ctx, tx, id)
		if err != nil {
			return err
		}
		if _, err := a.carry(ctx, tx, *r, Command{By: by, Action: Reassign}); err != nil {
			return err
		}
	}
	return nil
}
