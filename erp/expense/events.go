package expense

import (
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// What happens to a claim. Who is told of a ClaimSubmitted in the state "submitted" knows that it waits.
var (
	ClaimSubmitted  = event.NewType[Happened]("expense.claim.submitted")
	ClaimApproved   = event.NewType[Happened]("expense.claim.approved")
	ClaimRejected   = event.NewType[Happened]("expense.claim.rejected")
	ClaimPosted     = event.NewType[Happened]("expense.claim.posted")
	ClaimReimbursed = event.NewType[Happened]("expense.claim.reimbursed")
)

// Happened is the payload of a claim's events: enough to decide whether to react; whoever does reads the claim. It carries no
// free text.
type Happened struct {
	State    State        `json:"state"`
	Person   storage.Ref  `json:"person"`
	Origin   storage.Ref  `json:"origin"`
	Approval storage.Ref  `json:"approval"`
	Gross    money.Amount `json:"gross"`
	Open     money.Amount `json:"open"`
	// On is the business date.
	On date.Date `json:"on"`
}

func (c *Claim) happened(on date.Date) Happened {
	return Happened{State: c.State, Person: c.Person, Origin: c.Origin, Approval: c.Approval, Gross: c.Gross, Open: c.Open, On: on}
}
