package approval

import (
	"time"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
)

// Refusals of a decision.
var (
	// ErrRequester: who asked may not decide.
	ErrRequester = storage.NewError("approval.requester", "the requester may not decide")
	// ErrBeneficiary: who benefits may not decide.
	ErrBeneficiary = storage.NewError("approval.beneficiary", "who benefits may not decide")
	// ErrEditor: who made the last material edit may not decide.
	ErrEditor = storage.NewError("approval.editor", "who edited it last may not decide")
	// ErrNotRequester: only who asked may recall.
	ErrNotRequester = storage.NewError("approval.not_requester", "only the requester may recall")
	// ErrNotAssigned: someone else is to decide now.
	ErrNotAssigned = storage.NewError("approval.not_assigned", "not assigned to this person")
	// ErrStepClosed: the step, or the whole request, is decided already.
	ErrStepClosed = storage.NewError("approval.step_closed", "decided already")
	// ErrPending: the document already waits for a decision about this very content; recall that request or wait.
	ErrPending = storage.NewError("approval.pending", "a request for this document is pending")
)

// CodeLocked: a field may not be edited while a request is pending.
const CodeLocked = "locked"

// An Action is what a Command does.
type Action string

// The actions.
const (
	// Ask submits, or submits again what was sent back.
	AskFor  Action = "submit"
	Approve Action = "approve"
	Reject  Action = "reject"
	// Return sends the request back to an earlier step, or to whoever asked.
	Return Action = "return"
	// Recall is the requester's way to take a pending request back.
	Recall Action = "recall"
	// Invalidate ends a request whose document has changed.
	Invalidate Action = "void"
	// Amend tells of an edit: a material one voids the votes and asks again.
	Amend Action = "amend"
	// Add asks one more person. Only who is to decide may add; it can only raise the bar.
	Add Action = "add"
	// Remark adds a comment.
	Remark Action = "comment"
	// Reassign gives seats without a vote to whom they belong now: delegates, or those above someone who has left.
	Reassign Action = "reassign"
	// Escalate and Remind are what timers do.
	Escalate Action = "escalate"
	Remind   Action = "remind"
	// Migrate finds the steps anew, by another version of the policy or in another organisation, and keeps the votes of those that stay.
	Migrate Action = "migrate"
)

// A Command is something that is to happen to a request.
type Command struct {
	// By is who does it; zero is the system, which never votes.
	By     storage.Ref
	Action Action
	Why    string
	// Digest is the document's content now, for Invalidate: the same content keeps the request as it is. "" is always another.
	Digest string
	// Step is the number of a step, from 1. A vote without one is for the first open step in which By may vote. For Return it is where to, 0 the requester.
	Step int
	// Turn is that of the step when a timer was set.
	Turn int64
	// Person is whom Add asks; After asks after the open steps, not beside them.
	Person storage.Ref
	After  bool
	// Ask and Content are what is submitted; Content also what the document is after an edit.
	Ask     Ask
	Content Content
	// Attachments belong to a comment, whose text is Why.
	Attachments []storage.Ref
	// Map tells Migrate which new step has the votes of which old one, by numbers: old to new. Without it steps of the same people are the same.
	Map map[int]int
}

// A Situation is what a decision needs to know besides the request. It is loaded before; the decision does no I/O.
type Situation struct {
	// Policy is the version to apply, for AskFor, Amend and Migrate.
	Policy *Policy
	// People is the organisation; without it nobody has delegated or left.
	People *Candidates
	// Cited is an earlier request whose approval may hold, for AskFor.
	Cited *Request
	Today date.Date
}

// facts are what the policy is applied to, for a content.
func (s Situation) facts(a Ask, editor storage.Ref, c Content, at time.Time) Facts {
	return Facts{Requester: a.Requester, Beneficiary: a.Beneficiary, Editor: editor, Amount: c.Amount, Base: c.Base, Percent: c.Percent,
		Document: c.Document, At: at, Today: s.Today}
}

func (s Situation) people() Candidates {
	if s.People == nil {
		return Candidates{}
	}
	return *s.People
}
