package approval

import (
	"context"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// A Vote decides the open step of a request, or recalls it.
type Vote struct {
	By  storage.Ref
	Key storage.Key
	// Version is the request's as By saw it; 0 does not care.
	Version int64
	Why     string
	Request storage.ID[Request]
}

// Approve agrees in the open step. The last step's consent approves the request; else the next step opens.
//
// Errors: storage.ErrNotFound, storage.ErrStale, ErrRequester, ErrNotAssigned, ErrStepClosed.
func (a *Approvals) Approve(ctx context.Context, v Vote) (*Request, error) {
	return a.decide(ctx, Approve, v)
}

// Reject refuses in the open step, and with it the request.
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

func (a *Approvals) decide(ctx context.Context, action Action, v Vote) (*Request, error) {
	verb := "approval.request." + string(action)
	return storage.Once(ctx, a.s, v.Key, verb, v, func(tx *storage.Tx) (*Request, error) {
		r, err := requests.Lock(ctx, tx, v.Request)
		if err != nil {
			return nil, err
		}
		if err := storage.CheckVersion(v.Version, r.Version); err != nil {
			return nil, err
		}
		return carry(ctx, tx, *r, Command{By: v.By, Action: action, Why: v.Why})
	})
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
		m := &matter{Policy: e.Policy, Subject: e.Subject}
		found, err := matters.LoadLocked(ctx, tx, m)
		if err != nil {
			return nil, err
		}
		if !found[0] {
			return nil, storage.ErrNotFound.With("%s has no request under %s", e.Subject, e.Policy)
		}
		r, err := requests.Lock(ctx, tx, m.Request)
		if err != nil {
			return nil, err
		}
		return carry(ctx, tx, *r, Command{By: e.By, Action: Invalidate, Why: e.Why, Digest: e.Digest})
	})
}

// carry applies a command to a locked request and stores what it becomes.
func carry(ctx context.Context, tx *storage.Tx, old Request, c Command) (*Request, error) {
	r, events, err := Decide(old, c, tx.Now())
	if err != nil {
		return nil, err
	}
	if len(events) == 0 {
		return &old, nil
	}
	err = event.Apply(ctx, tx, requests, event.Change[Request]{By: c.By, Verb: "approval.request." + string(c.Action), Why: c.Why,
		Before: &old, After: &r, Events: events})
	if err != nil {
		return nil, err
	}
	return &r, assign(ctx, tx, &old, &r)
}
