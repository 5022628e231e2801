package approval

import (
	"slices"
	"time"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// Refusals of a decision.
var (
	// ErrRequester: who asked may not decide.
	ErrRequester = storage.NewError("approval.requester", "the requester may not decide")
	// ErrNotRequester: only who asked may recall.
	ErrNotRequester = storage.NewError("approval.not_requester", "only the requester may recall")
	// ErrNotAssigned: someone else is to decide now.
	ErrNotAssigned = storage.NewError("approval.not_assigned", "not assigned to this person")
	// ErrStepClosed: the step, or the whole request, is decided already.
	ErrStepClosed = storage.NewError("approval.step_closed", "decided already")
)

// An Action is what a Command does.
type Action string

// The actions.
const (
	Approve Action = "approve"
	Reject  Action = "reject"
	// Recall is the requester's way to take a pending request back.
	Recall Action = "recall"
	// Invalidate ends a request whose document has changed.
	Invalidate Action = "void"
)

// A Command is something that happens to a request.
type Command struct {
	// By is who does it; zero is the system, which may recall and invalidate but never votes.
	By     storage.Ref
	Action Action
	Why    string
	// Digest is the document's content now, for Invalidate: the same content keeps the request as it is. "" is always another.
	Digest string
}

// Decide applies a command to a request and returns the request as it is then, with the events that tell of it. The one that
// was given stays as it was. No events with no error mean that nothing changed.
//
// Errors: ErrRequester, ErrNotRequester, ErrNotAssigned, ErrStepClosed.
func Decide(r Request, c Command, at time.Time) (Request, []event.Draft, error) {
	switch c.Action {
	case Approve, Reject:
		return vote(r, c, at)
	case Recall:
		if r.State != Pending {
			return r, nil, ErrStepClosed.With("the request is %s", r.State)
		}
		if c.By != r.Requester && !c.By.IsZero() {
			return r, nil, ErrNotRequester
		}
		r.State, r.Closed = Cancelled, at
		return r, []event.Draft{Recalled.Draft(r.outcome(c))}, nil
	case Invalidate:
		current := r.State == Pending || r.State == Approved || r.State == NotNeeded
		if !current || (c.Digest != "" && c.Digest == r.Digest) {
			return r, nil, nil
		}
		r.State, r.Closed = Void, at
		return r, []event.Draft{Voided.Draft(r.outcome(c))}, nil
	}
	return r, nil, &storage.Invalid{Fields: []storage.Fault{{Path: "action", Code: storage.CodeChoice}}}
}

// vote records a decision in the open step.
func vote(r Request, c Command, at time.Time) (Request, []event.Draft, error) {
	if c.By == r.Requester {
		return r, nil, ErrRequester
	}
	open := r.Open()
	if open < 0 {
		return r, nil, ErrStepClosed.With("the request is %s", r.State)
	}
	if !slices.Contains(r.Steps[open].Approvers, c.By) {
		for _, s := range r.Steps[:open] {
			if slices.Contains(s.Approvers, c.By) {
				return r, nil, ErrStepClosed.With("by %s", s.Decision.By)
			}
		}
		return r, nil, ErrNotAssigned.With("%s", c.By)
	}
	d := &Decision{By: c.By, Verdict: Yes, At: at, Why: c.Why}
	if c.Action == Reject {
		d.Verdict = No
	}
	r.Steps = slices.Clone(r.Steps)
	r.Steps[open].Decision = d
	switch {
	case c.Action == Reject:
		r.State, r.Closed = Rejected, at
		return r, []event.Draft{Refused.Draft(r.outcome(c))}, nil
	case open+1 < len(r.Steps):
		return r, []event.Draft{Advanced.Draft(r.outcome(c))}, nil
	}
	r.State, r.Closed = Approved, at
	return r, []event.Draft{Granted.Draft(r.outcome(c))}, nil
}
