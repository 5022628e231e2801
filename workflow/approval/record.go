package approval

import (
	"time"

	"github.com/tutas/tutas/storage"
)

// A Happening is the name of a Record.
type Happening string

// What happens to requests.
const (
	DidSubmit   Happening = "submitted"
	DidVote     Happening = "voted"
	DidSatisfy  Happening = "auto_satisfied" // an earlier consent of the same person serves
	DidReturn   Happening = "returned"
	DidRecall   Happening = "recalled"
	DidVoid     Happening = "voided"
	DidAmend    Happening = "amended"
	DidAdd      Happening = "added"
	DidComment  Happening = "commented"
	DidReassign Happening = "reassigned"
	DidEscalate Happening = "escalated"
	DidRemind   Happening = "reminded"
	DidLapse    Happening = "overdue"
	DidMigrate  Happening = "migrated"
)

// A Record is one thing that happened to a request: with all of them, in order, Evolve makes the request. It is what the audit shows.
type Record struct {
	// Number counts the records of a request from 1.
	Number     int64     `json:"number"`
	Name       Happening `json:"name"`
	Generation int64     `json:"generation"`
	At         time.Time `json:"at"`
	// By is who did it, zero is the system; For is on whose behalf, if By is a delegate.
	By  storage.Ref `json:"by"`
	For storage.Ref `json:"for,omitzero"`
	// Why is what By said, Reason what the rules say.
	Why    string `json:"why,omitempty"`
	Reason string `json:"reason,omitempty"`
	// Step is a step's number, from 1; a return to step 0 is to the requester. Seat is a place in it, from 0.
	Step    int     `json:"step,omitempty"`
	Seat    int     `json:"seat,omitempty"`
	Verdict Verdict `json:"verdict,omitempty"`
	// From is the number of the step whose consent serves.
	From int `json:"from,omitempty"`
	// Material says that an edit voided the votes.
	Material bool `json:"material,omitempty"`
	// After says that what was added comes after the open steps, not beside them.
	After bool `json:"after,omitempty"`
	// Gone are the seats that were replaced.
	Gone    []int    `json:"gone,omitempty"`
	Ask     *Ask     `json:"ask,omitempty"`
	Content *Content `json:"content,omitempty"`
	Steps   []Step   `json:"steps,omitempty"`
	Seats   []Seat   `json:"seats,omitempty"`
	Comment *Comment `json:"comment,omitempty"`
}

// An Ask is what a submission says besides the content, and what the policy made of it.
type Ask struct {
	Policy        string      `json:"policy"`
	PolicyVersion int64       `json:"policy_version"`
	Subject       storage.Ref `json:"subject"`
	Requester     storage.Ref `json:"requester"`
	Beneficiary   storage.Ref `json:"beneficiary,omitzero"`
	Text          string      `json:"text,omitempty"`
	Rule          string      `json:"rule,omitempty"`
	Notes         []string    `json:"notes,omitempty"`
	Repeat        Repeat      `json:"repeat,omitempty"`
	Locked        []string    `json:"locked,omitempty"`
	Cited         storage.Ref `json:"cited,omitzero"`
}
