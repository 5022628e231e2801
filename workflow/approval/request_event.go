package approval

import (
	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// An Outcome is the payload of every event about a request: what was asked for, and how it stands.
type Outcome struct {
	Policy    string          `json:"policy"`
	Subject   storage.Ref     `json:"subject"`
	Digest    string          `json:"digest"`
	Requester storage.Ref     `json:"requester"`
	Amount    money.Amount    `json:"amount"`
	Percent   decimal.Decimal `json:"percent"`
	State     State           `json:"state"`
	// By is who brought this about.
	By storage.Ref `json:"by"`
	// Waiting are those of whom one must decide now.
	Waiting []storage.Ref `json:"waiting,omitempty"`
}

// The events about a request. A request that needs no approval tells nothing.
var (
	// Submitted: someone asks.
	Submitted = event.NewType[Outcome]("approval.request.submitted")
	// Voted: someone decided, and the step still waits for others.
	Voted = event.NewType[Outcome]("approval.request.voted")
	// Advanced: a step agreed and the next one is open.
	Advanced = event.NewType[Outcome]("approval.request.advanced")
	// Granted: all steps have agreed.
	Granted = event.NewType[Outcome]("approval.request.approved")
	// Refused: a step said no.
	Refused = event.NewType[Outcome]("approval.request.rejected")
	// Returned: it was sent back to a step or, as a draft, to whoever asked.
	Returned = event.NewType[Outcome]("approval.request.returned")
	// Recalled: who asked took it back.
	Recalled = event.NewType[Outcome]("approval.request.recalled")
	// Voided: the document changed, so whatever was decided holds no more.
	Voided = event.NewType[Outcome]("approval.request.voided")
	// Amended: the document was edited; if that was material, all are asked again.
	Amended = event.NewType[Outcome]("approval.request.amended")
	// Reassigned: someone else is to decide, or someone more.
	Reassigned = event.NewType[Outcome]("approval.request.reassigned")
	// Escalated: it was not decided in time, and someone else is asked.
	Escalated = event.NewType[Outcome]("approval.request.escalated")
	// Reminded: those who wait to decide are reminded.
	Reminded = event.NewType[Outcome]("approval.request.reminded")
	// Overdue: it was not decided in time.
	Overdue = event.NewType[Outcome]("approval.request.overdue")
	// Commented: someone said something.
	Commented = event.NewType[Outcome]("approval.request.commented")
	// Migrated: it goes by another version of the policy, or another organisation.
	Migrated = event.NewType[Outcome]("approval.request.migrated")
)

// outcomes are the events of a state that a request has come to.
var outcomes = map[State]event.Type[Outcome]{Approved: Granted, Rejected: Refused, Cancelled: Recalled, Void: Voided, Draft: Returned}

// happenings are the events of records that leave the request pending.
var happenings = map[Happening]event.Type[Outcome]{DidSubmit: Submitted, DidVote: Voted, DidReturn: Returned, DidAmend: Amended, DidAdd: Reassigned,
	DidReassign: Reassigned, DidEscalate: Escalated, DidRemind: Reminded, DidLapse: Overdue, DidComment: Commented, DidMigrate: Migrated}

// told is the event of one decision.
func told(before, after Request, first Record) []event.Draft {
	typ, ok := outcomes[after.State]
	if !ok || before.State == after.State {
		typ, ok = happenings[first.Name]
	}
	switch {
	case !ok, first.Name == DidSubmit && after.State == NotNeeded:
		return nil
	case first.Name == DidVote && after.State == Pending && after.Flow.Turn > before.Flow.Turn:
		typ = Advanced
	}
	return []event.Draft{typ.Draft(after.outcome(Command{By: first.By}))}
}

func (r Request) outcome(c Command) Outcome {
	return Outcome{Policy: r.Policy, Subject: r.Subject, Digest: r.Digest, Requester: r.Requester, Amount: r.Amount,
		Percent: r.Percent,
		State:   r.State, By: c.By, Waiting: r.Waiting()}
}
