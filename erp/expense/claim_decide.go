package expense

import (
	"context"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// Decide is the command that lets a claim pass, or not, once its approval is decided.
type Decide struct {
	By      storage.Ref
	Key     storage.Key
	Claim   storage.ID[Claim]
	Version int64
	Why     string
}

// Approve lets a claim pass that its approvers have agreed to. Call it when the approval is granted. A refusal is kept under the
// command's key: to try again, use another.
//
// Errors: ErrNeedsApproval while nobody has agreed, ErrDecided, ErrOwnClaim, storage.ErrNotFound, storage.ErrStale,
// storage.ErrForbidden.
func (s *Claims) Approve(ctx context.Context, c Decide) (*Claim, error) {
	return s.decide(ctx, c, "expense.claim.approve", Granted, Approved, ErrNeedsApproval, ClaimApproved)
}

// Reject ends a claim that an approver has refused.
//
// Errors: ErrNotRejected while nobody has refused, ErrDecided, ErrOwnClaim, storage.ErrNotFound, storage.ErrStale,
// storage.ErrForbidden.
func (s *Claims) Reject(ctx context.Context, c Decide) (*Claim, error) {
	return s.decide(ctx, c, "expense.claim.reject", Refused, Rejected, ErrNotRejected, ClaimRejected)
}

func (s *Claims) decide(ctx context.Context, c Decide, verb string, wanted Verdict, to State, no *storage.Error,
	told event.Type[Happened]) (*Claim, error) {
	return storage.Once(ctx, s.s, c.Key, verb, c, func(tx *storage.Tx) (*Claim, error) {
		claim, err := lock(ctx, tx, c.Claim, c.Version)
		if err != nil {
			return nil, err
		}
		old := *claim
		switch {
		case claim.State != Submitted:
			return nil, ErrDecided.With("it is %s", claim.State)
		case c.By == claim.Person:
			return nil, ErrOwnClaim
		}
		if s.p.Approvals != nil {
			verdict, err := s.ask(ctx, tx, c.By, claim)
			if err != nil {
				return nil, err
			}
			if verdict != wanted {
				return nil, no
			}
		}
		claim.State = to
		return claim, event.Apply(ctx, tx, claims, event.Change[Claim]{By: c.By, Verb: verb, Why: c.Why, Before: &old, After: claim,
			Events: []event.Draft{told.Draft(claim.happened(tx.Today()))}})
	})
}
