package approval

import (
	"context"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// A Vote decides an open step of a request, or recalls it.
type Vote struct {
	By  storage.Ref
	Key storage.Key
	// Version is the request's as By saw it; 0 does not care.
	Version int64
	Why     string
	Request storage.ID[Request]
	// Step is the number of the step, from 1; 0 is the first open one in which By may decide.
	Step int
}

// Approve agrees in an open step. The last step's consent approves the request; else the next step opens.
//
// Errors: storage.ErrNotFound, storage.ErrStale, ErrRequester, ErrBeneficiary, ErrEditor, ErrNotAssigned, ErrStepClosed.
func (a *Approvals) Approve(ctx context.Context, v Vote) (*Request, error) {
	return a.decide(ctx, Approve, v)
}

// Reject refuses in an open step; when its quorum cannot be reached any more, the request is rejected.
//
// Errors: as Approve.
func (a *Approvals) Reject(ctx context.Context, v Vote) (*Request, error) {
	return a.decide(ctx, Reject, v)
}

// Recall takes a pending request back; only its requester or the system may.
//
// Errors: storage.ErrNotFound, storage.ErrStale, ErrNotRequester, ErrStepClosed.
func (a *Approvals) Recall(ctx context.Context, v Vote) (*Request, error) {
	return a.decide(ctx, Recall, v)
}

// Return sends the request back to the earlier step that the vote names, whose votes and those after it are void; or, with no Step, to whoever
// asked, as a draft to be submitted again.
//
// Errors: as Approve, and *storage.Invalid for a step that is not before the open one.
func (a *Approvals) Return(ctx context.Context, v Vote) (*Request, error) {
	return a.decide(ctx, Return, v)
}

// Reassign gives what waits to whom it belongs now, after someone has left or a delegation has begun.
//
// Errors: storage.ErrNotFound, storage.ErrStale.
func (a *Approvals) Reassign(ctx context.Context, v Vote) (*Request, error) {
	return a.decide(ctx, Reassign, v)
}

func (a *Approvals) decide(ctx context.Context, action Action, v Vote) (*Request, error) {
	return a.command(ctx, v, v, Command{By: v.By, Action: action, Why: v.Why, Step: v.Step})
}

// command carries out a command on a request, once for its key.
func (a *Approvals) command(ctx context.Context, v Vote, content any, c Command) (*Request, error) {
	return storage.Once(ctx, a.s, v.Key, "approval.request."+string(c.Action), content, func(tx *storage.Tx) (*Request, error) {
		r, err := requests.Lock(ctx, tx, v.Request)
		if err != nil {
			return nil, err
		}
		if err := storage.CheckVersion(v.Version, r.Version); err != nil {
			return nil, err
		}
		return a.In(tx).carry(ctx, tx, *r, c)
	})
}

// A Result is what became of one of several decisions.
type Result struct {
	Request *Request
	Err     error
}

// DecideEach decides several requests, each in a transaction of its own: one that is refused does not keep the others from being decided. The action is
// Approve, Reject or Recall. The results are in the order of the votes.
func (a *Approvals) DecideEach(ctx context.Context, action Action, votes ...Vote) []Result {
	list := make([]Result, len(votes))
	for i, v := range votes {
		switch action {
		case Approve, Reject, Recall:
			list[i].Request, list[i].Err = a.decide(ctx, action, v)
		default:
			list[i].Err = invalid("action", storage.CodeChoice, "")
		}
	}
	return list
}

// Addition asks one more person.
type Addition struct {
	Vote
	Person storage.Ref
	// After asks when the open steps are decided, not beside them.
	After bool
}

// Add asks one more person, in a step of its own. Who is to decide now may add, and no step needs fewer consents for it.
//
// Errors: as Approve, and *storage.Invalid for someone who is to decide already.
func (a *Approvals) Add(ctx context.Context, c Addition) (*Request, error) {
	return a.command(ctx, c.Vote, c, Command{By: c.By, Action: Add, Why: c.Why, Person: c.Person, After: c.After})
}

// Say is a comment, with attachments.
type Say struct {
	By          storage.Ref
	Key         storage.Key
	Request     storage.ID[Request]
	Text        string
	Attachments []storage.Ref
}

// Comment adds a comment to a request, whatever its state.
//
// Errors: storage.ErrNotFound, *storage.Invalid.
func (a *Approvals) Comment(ctx context.Context, c Say) (*Request, error) {
	return a.command(ctx, Vote{Key: c.Key, Request: c.Request}, c, Command{By: c.By, Action: Remark, Why: c.Text, Attachments: c.Attachments})
}

// An Edit tells that a document has changed.
type Edit struct {
	By  storage.Ref
	Key storage.Key
	Why string
	// Policy and Subject name the request: the current one.
	Policy  string
	Subject storage.Ref
	// Digest stands for the document's content now. "" is another than before, whatever it was.
	Digest string
}

// Void ends the current request of a document whose content is not the one that was asked about any more: what was decided
// holds no longer, and what is pending need not be decided. With the same content nothing happens.
//
// Errors: storage.ErrNotFound if the document never asked.
func (a *Approvals) Void(ctx context.Context, e Edit) (*Request, error) {
	return storage.Once(ctx, a.s, e.Key, "approval.request.void", e, func(tx *storage.Tx) (*Request, error) {
		_, r, err := lockCurrent(ctx, tx, e.Policy, e.Subject)
		if err != nil {
			return nil, err
		}
		return a.carry(ctx, tx, *r, Command{By: e.By, Action: Invalidate, Why: e.Why, Digest: e.Digest})
	})
}

// lockCurrent locks a document's latest request, and the matter before it.
func lockCurrent(ctx context.Context, tx *storage.Tx, policy string, subject storage.Ref) (*matter, *Request, error) {
	m := &matter{Policy: policy, Subject: subject}
	found, err := matters.LoadLocked(ctx, tx, m)
	if err != nil {
		return nil, nil, err
	}
	if !found[0] {
		return nil, nil, storage.ErrNotFound.With("%s has no request under %s", subject, policy)
	}
	r, err := requests.Lock(ctx, tx, m.Request)
	return m, r, err
}

// An Amendment tells what a document has become by an edit.
type Amendment struct {
	By             storage.Ref
	Key            storage.Key
	Why            string
	Policy         string
	Subject        storage.Ref
	SubjectVersion int64
	Digest         string
	Amount         money.Amount
	Percent        decimal.Decimal
	Lines          []decimal.Decimal
	Document       Document
}

// Amend follows an edit of a document, in the transaction of the edit. Fields that are locked may not be edited while the request is pending. What is
// material voids the votes and asks again, in the next generation, under the same version of the policy; who edited may not decide then. All else is
// noted, and the approval holds for the new content. What was asked is compared, not the last edit.
//
// Errors: *storage.Invalid, with CodeLocked for locked fields; storage.ErrNotFound if the document never asked; those of Resolve.
func (a *Approvals) Amend(ctx context.Context, c Amendment) (*Request, error) {
	var bad storage.Invalid
	checkContent(&bad, c.Amount, c.SubjectVersion, c.Document, append(c.Lines[:len(c.Lines):len(c.Lines)], c.Percent)...)
	if err := bad.Err(); err != nil {
		return nil, err
	}
	return storage.Once(ctx, a.s, c.Key, "approval.request.amend", c, func(tx *storage.Tx) (*Request, error) {
		m, r, err := lockCurrent(ctx, tx, c.Policy, c.Subject)
		if err != nil {
			return nil, err
		}
		p, err := policyAt(ctx, tx, r.Policy, r.PolicyVersion)
		if err != nil {
			return nil, err
		}
		content := Content{SubjectVersion: c.SubjectVersion, Digest: c.Digest, Amount: c.Amount, Percent: decimal.Max(c.Percent, Worst(c.Lines...)),
			Document: c.Document}
		if r.Flow.Rate.Sign() > 0 && c.Amount.Currency() == r.Amount.Currency() { // the rate stays
			content.Rate = r.Flow.Rate
			content.Base, err = Convert(c.Amount, r.Flow.Base.Currency(), r.Flow.Rate)
		} else {
			content, err = a.convert(ctx, tx, p, content)
		}
		if err != nil {
			return nil, err
		}
		s := Situation{Policy: p, Today: tx.Today()}
		f := s.facts(Ask{Requester: r.Requester, Beneficiary: r.Flow.Beneficiary}, c.By, content, tx.Now())
		if err := a.people(ctx, tx, &s, f); err != nil {
			return nil, err
		}
		return a.carryOn(ctx, tx, m, *r, Command{By: c.By, Action: Amend, Why: c.Why, Content: content}, s)
	})
}

// Migration moves a pending request to another version of its policy.
type Migration struct {
	Vote
	// To is the version, 0 the latest. The present one finds the steps anew: after a reorganisation.
	To int64
	// Map tells which new step has the votes of which old one, by numbers: old to new. Without it steps of the same people are the same.
	Map map[int]int
}

// Migrate finds the steps of a pending request anew, by another version of its policy or in today's organisation, and keeps the votes of those that
// stay. Nothing moves a request but this.
//
// Errors: storage.ErrNotFound, storage.ErrStale, ErrStepClosed, *storage.Invalid, those of Resolve.
func (a *Approvals) Migrate(ctx context.Context, c Migration) (*Request, error) {
	return storage.Once(ctx, a.s, c.Key, "approval.request.migrate", c, func(tx *storage.Tx) (*Request, error) {
		r, err := requests.Lock(ctx, tx, c.Request)
		if err != nil {
			return nil, err
		}
		if err := storage.CheckVersion(c.Version, r.Version); err != nil {
			return nil, err
		}
		p, err := policyAt(ctx, tx, r.Policy, c.To)
		if err != nil {
			return nil, err
		}
		s, f := Situation{Policy: p, Today: tx.Today()}, r.facts(tx.Now())
		f.Today = s.Today
		if err := a.people(ctx, tx, &s, f); err != nil {
			return nil, err
		}
		return a.carryOn(ctx, tx, nil, *r, Command{By: c.By, Action: Migrate, Why: c.Why, Map: c.Map}, s)
	})
}
