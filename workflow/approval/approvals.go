package approval

import (
	"context"
	"errors"
	"iter"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow"
)

// Org is what a manager chain needs to know of the organisation. Package erp/people satisfies it, and so does a host with a
// chart of its own.
type Org interface {
	// Manager returns a person's manager; the zero Ref for someone at the top.
	Manager(ctx context.Context, tx *storage.Tx, person storage.Ref) (storage.Ref, error)
	// Limit returns the largest amount that a person may approve alone under a policy; false for someone without a limit.
	Limit(ctx context.Context, tx *storage.Tx, person storage.Ref, policy string) (money.Amount, bool, error)
}

// Roles is what a Role stage needs to know.
type Roles interface {
	// Members returns the people who hold a role, in the order in which they are shown.
	Members(ctx context.Context, tx *storage.Tx, role string) ([]storage.Ref, error)
}

// Employment is what approvals need to know of who still works here.
type Employment interface {
	// Left reports whether a person works here no more, or a place is vacant.
	Left(ctx context.Context, tx *storage.Tx, person storage.Ref) (bool, error)
}

// PercentLimits are for policies about percentages.
type PercentLimits interface {
	// PercentLimit returns the largest percentage that a person may approve alone under a policy; false for someone without a limit.
	PercentLimit(ctx context.Context, tx *storage.Tx, person storage.Ref, policy string) (decimal.Decimal, bool, error)
}

// Rates converts amounts into the currency of a policy.
type Rates interface {
	// Rate returns how many units of a currency one unit of another is worth now.
	Rate(ctx context.Context, tx *storage.Tx, from, to money.Currency) (decimal.Decimal, error)
}

// Ports are what approvals need from outside. Each may be nil if no policy asks for it.
type Ports struct {
	Org   Org
	Roles Roles
	// Employment is Org itself if that satisfies it; so are Limits. Without, no one has left, and no one is limited by percent.
	Employment Employment
	Limits     PercentLimits
	// Rates converts amounts. Without, an amount in another currency than the policy's is refused.
	Rates Rates
	// Hours are those in which deadlines run; nil is around the clock.
	Hours *workflow.Hours
}

// Approvals keeps policies and requests.
type Approvals struct {
	s storage.Session
	p Ports
}

// New makes the service over a tenant's data.
func New(s storage.Session, p Ports) *Approvals {
	if e, ok := p.Org.(Employment); ok && p.Employment == nil {
		p.Employment = e
	}
	if l, ok := p.Org.(PercentLimits); ok && p.Limits == nil {
		p.Limits = l
	}
	return &Approvals{s: s, p: p}
}

// In returns the same service inside a transaction.
func (a *Approvals) In(tx *storage.Tx) *Approvals { return &Approvals{s: tx, p: a.p} }

// Get returns a request, as far as the actor may see it.
//
// Errors: storage.ErrNotFound.
func (a *Approvals) Get(ctx context.Context, id storage.ID[Request], by ...storage.Ref) (r *Request, err error) {
	err = a.s.View(ctx, func(tx *storage.Tx) error {
		r, err = requests.Get(ctx, tx, id, by...)
		return err
	})
	return r, err
}

// A Filter narrows a list of requests; zero fields do not narrow.
type Filter struct {
	// By is on whose behalf the list is read.
	By        storage.Ref
	Policy    string
	Subject   storage.Ref
	Requester storage.Ref
	State     State
	Where     []storage.Cond
}

func (f Filter) query() storage.Query {
	q := storage.Query{By: f.By, Where: f.Where, Order: []string{"created"}}
	add := func(use bool, c storage.Cond) {
		if use {
			q.Where = append(q.Where[:len(q.Where):len(q.Where)], c)
		}
	}
	add(f.Policy != "", storage.Eq("policy", f.Policy))
	add(!f.Subject.IsZero(), storage.Eq("subject", f.Subject))
	add(!f.Requester.IsZero(), storage.Eq("requester", f.Requester))
	add(f.State != "", storage.Eq("state", f.State))
	return q
}

// All yields requests, the oldest first.
func (a *Approvals) All(ctx context.Context, f Filter) iter.Seq2[*Request, error] {
	return requests.All(ctx, a.s, f.query())
}

// Page returns a screenful of requests, the oldest first.
//
// Errors: storage.ErrBadCursor, *storage.Invalid.
func (a *Approvals) Page(ctx context.Context, f Filter, from storage.Cursor) (storage.Page[Request], error) {
	return requests.Page(ctx, a.s, f.query(), from)
}

// Current returns the latest request of a document under a policy.
//
// Errors: storage.ErrNotFound.
func (a *Approvals) Current(ctx context.Context, policy string, subject storage.Ref, by ...storage.Ref) (r *Request, err error) {
	err = a.s.View(ctx, func(tx *storage.Tx) error {
		m := &matter{Policy: policy, Subject: subject}
		found, err := matters.Load(ctx, tx, m)
		if err != nil {
			return err
		}
		if !found[0] {
			return storage.ErrNotFound.With("%s has no request under %s", subject, policy)
		}
		r, err = requests.Get(ctx, tx, m.Request, by...)
		return err
	})
	return r, err
}

// Approved reports whether a document may go on with a content: the latest request under the policy is approved, or needed no
// approval, and was about exactly this content.
func (a *Approvals) Approved(ctx context.Context, policy string, subject storage.Ref, digest string) (bool, error) {
	r, err := a.Current(ctx, policy, subject)
	if errors.Is(err, storage.ErrNotFound) {
		return false, nil
	}
	return err == nil && r.Covers(digest), err
}

// History yields what happened to a request, in order: who did what, when and why, and why they were asked. Folded by Evolve, it makes the request.
func (a *Approvals) History(ctx context.Context, id storage.ID[Request]) iter.Seq2[*Record, error] {
	q := storage.Query{Where: []storage.Cond{storage.Eq("request", id)}, Order: []string{"number"}}
	return func(yield func(*Record, error) bool) {
		for n, err := range records.All(ctx, a.s, q) {
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(&n.Body, nil) {
				return
			}
		}
	}
}
