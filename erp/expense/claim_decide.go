package expense

import (
	"context"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/workflow"
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
	return s.decide(ctx, c, "approve", Granted, ErrNeedsApproval, ClaimApproved)
}

// Reject ends a claim that an approver has refused.
//
// Errors: ErrNotRejected while nobody has refused, ErrDecided, ErrOwnClaim, storage.ErrNotFound, storage.ErrStale,
// storage.ErrForbidden.
func (s *Claims) Reject(ctx context.Context, c Decide) (*Claim, error) {
	return s.decide(ctx, c, "reject", Refused, ErrNotRejected, ClaimRejected)
}

func (s *Claims) decide(ctx context.Context, c Decide, action workflow.Action, wanted Verdict, no *storage.Error,
	told event.Type[Happened]) (*Claim, error) {
	verb := "expense.claim." + string(action)
	return storage.Once(ctx, s.s, c.Key, verb, c, func(tx *storage.Tx) (*Claim, error) {
		claim, err := lock(ctx, tx, c.Claim, c.Version)
		if err != nil {
			return nil, err
		}
		old := *claim
		to, err := claim.next(action, c.By)
		if err != nil {
			return nil, err
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
