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
	// Advanced: a step agreed and the next one is open.
	Advanced = event.NewType[Outcome]("approval.request.advanced")
	// Granted: all steps have agreed.
	Granted = event.NewType[Outcome]("approval.request.approved")
	// Refused: a step said no.
	Refused = event.NewType[Outcome]("approval.request.rejected")
	// Recalled: who asked took it back.
	Recalled = event.NewType[Outcome]("approval.request.recalled")
	// Voided: the document changed, so whatever was decided holds no more.
	Voided = event.NewType[Outcome]("approval.request.voided")
)

func (r Request) outcome(c Command) Outcome {
	return Outcome{Policy: r.Policy, Subject: r.Subject, Digest: r.Digest, Requester: r.Requester, Amount: r.Amount,
		Percent: r.Percent,
		State:   r.State, By: c.By, Waiting: r.Waiting()}
}
