package approval

import (
	"context"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// ErrPending: the document already waits for a decision about this very content; recall that request or wait.
var ErrPending = storage.NewError("approval.pending", "a request for this document is pending")

// Submit asks for approval.
type Submit struct {
	By  storage.Ref
	Key storage.Key
	Why string
	// Policy is the name of the policy to apply.
	Policy string
	// Subject is the document that asks.
	Subject        storage.Ref
	SubjectVersion int64
	// Digest stands for the content to be approved; see DigestOf.
	Digest string
	// Requester is whose request it is; zero is By. The chain of managers begins above this person.
	Requester storage.Ref
	Amount    money.Amount
	Percent   decimal.Decimal
	Text      string
	Fields    storage.Fields
}

func (c Submit) facts() Facts {
	f := Facts{Requester: c.Requester, Amount: c.Amount, Percent: c.Percent}
	if f.Requester.IsZero() {
		f.Requester = c.By
	}
	return f
}

func (c Submit) check() error {
	var bad storage.Invalid
	bad.Check(c.Policy != "", "policy", storage.CodeRequired, "")
	bad.Check(!c.Subject.IsZero(), "subject", storage.CodeRequired, "")
	bad.Check(!c.facts().Requester.IsZero(), "requester", storage.CodeRequired, "")
	bad.Check(c.Amount.Sign() >= 0, "amount", storage.CodeNegative, "")
	bad.Check(c.Percent.Sign() >= 0, "percent", storage.CodeNegative, "")
	bad.Check(c.Percent.Exponent() <= 1000 && c.Percent.Exponent() >= -1000, "percent", storage.CodeRange, "")
	bad.Check(c.SubjectVersion >= 0, "subject_version", storage.CodeNegative, "")
	return bad.Err()
}

// Submit asks for the approval of a document's content. Below the policy's bound the request it returns is NotNeeded; else
// it is Pending and waits for the approvers of its first step. An earlier request of the document is superseded; one that is
// still pending about another content becomes void.
//
// Errors: *storage.Invalid, storage.ErrNotFound for the policy, ErrPending, those of Resolve and of the ports.
func (a *Approvals) Submit(ctx context.Context, c Submit) (*Request, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	return storage.Once(ctx, a.s, c.Key, "approval.request.submit", c, func(tx *storage.Tx) (*Request, error) {
		p, steps, err := a.resolve(ctx, tx, c)
		if err != nil {
			return nil, err
		}
		m, err := lockMatter(ctx, tx, c.Policy, c.Subject)
		if err != nil {
			return nil, err
		}
		if err := supersede(ctx, tx, m, c); err != nil {
			return nil, err
		}
		r := &Request{ID: storage.NewID[Request](tx), Policy: p.Name, PolicyVersion: p.Version, Subject: c.Subject,
			SubjectVersion: c.SubjectVersion, Digest: c.Digest, Generation: m.Generation + 1, Requester: c.facts().Requester,
			Amount:  c.Amount,
			Percent: c.Percent, Text: c.Text, State: Pending, Steps: steps, Created: tx.Now(), Fields: c.Fields}
		var events []event.Draft
		if len(steps) == 0 {
			r.State, r.Closed = NotNeeded, tx.Now()
		} else {
			events = []event.Draft{Submitted.Draft(r.outcome(Command{By: c.By}))}
		}
		m.Request, m.Generation = r.ID, r.Generation
		if err := matters.Update(ctx, tx, m); err != nil {
			return nil, err
		}
		err = event.Apply(ctx, tx, requests, event.Change[Request]{By: c.By, Verb: "approval.request.submit", Why: c.Why,
			After: r, Events: events})
		if err != nil {
			return nil, err
		}
		return r, assign(ctx, tx, nil, r)
	})
}

// supersede makes room for a new request: one that is pending about an older content is void.
func supersede(ctx context.Context, tx *storage.Tx, m *matter, c Submit) error {
	if m.Generation == 0 {
		return nil
	}
	last, err := requests.Lock(ctx, tx, m.Request)
	if err != nil || last.State != Pending {
		return err
	}
	if last.Digest == c.Digest {
		return ErrPending.With("%s", last.ID)
	}
	_, err = carry(ctx, tx, *last, Command{By: c.By, Action: Invalidate, Why: "asked again about another content", Digest: c.Digest})
	return err
}

// Plan answers who would have to approve this, and writes nothing: the steps that Submit would find for the same command,
// none if no approval is needed.
//
// Errors: as Submit.
func (a *Approvals) Plan(ctx context.Context, c Submit) (steps []Step, err error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	err = a.s.View(ctx, func(tx *storage.Tx) error {
		_, steps, err = a.resolve(ctx, tx, c)
		return err
	})
	return steps, err
}

// resolve loads the policy and the people it may need, and applies the rule.
func (a *Approvals) resolve(ctx context.Context, tx *storage.Tx, c Submit) (*Policy, []Step, error) {
	p, err := policyNamed(ctx, tx, c.Policy)
	if err != nil {
		return nil, nil, err
	}
	f := c.facts()
	if needed, err := p.Needed(f); err != nil || !needed {
		return p, nil, err
	}
	var people Candidates
	for _, s := range p.Stages {
		switch {
		case s.Who == Managers && a.p.Org != nil:
			if people.Managers, err = a.chain(ctx, tx, p, s, f, people.Managers); err != nil {
				return nil, nil, err
			}
		case s.Who == Role && a.p.Roles != nil:
			members, err := a.p.Roles.Members(ctx, tx, s.Role)
			if err != nil {
				return nil, nil, err
			}
			if people.Roles == nil {
				people.Roles = map[string][]storage.Ref{}
			}
			people.Roles[s.Role] = members
		}
	}
	steps, err := Resolve(*p, f, people)
	return p, steps, err
}

// chain climbs as far as a stage needs, on from what an earlier stage has found. It stops at someone who is in the chain
// already, which Resolve then refuses.
func (a *Approvals) chain(ctx context.Context, tx *storage.Tx, p *Policy, s Stage, f Facts, found []Manager) ([]Manager, error) {
	person := f.Requester
	for i := 0; i <= MaxChain; i++ {
		if i == len(found) {
			boss, err := a.p.Org.Manager(ctx, tx, person)
			if err != nil {
				return nil, err
			}
			if boss.IsZero() {
				return found, nil
			}
			seen := boss == f.Requester || slices.ContainsFunc(found, func(m Manager) bool { return m.Person == boss })
			m := Manager{Person: boss}
			if !seen {
				if m.Limit, m.Limited, err = a.p.Org.Limit(ctx, tx, boss, p.Name); err != nil {
					return nil, err
				}
			}
			found = append(found, m)
			if seen {
				return found, nil
			}
		}
		enough, err := found[i].covers(f.Amount)
		if s.Levels > 0 {
			enough, err = i+1 >= s.Levels, nil
		}
		if err != nil || enough {
			return found, err
		}
		person = found[i].Person
	}
	return found, nil
}
