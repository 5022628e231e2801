package approval

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// State is where a request stands.
type State string

// The states of a request.
const (
	// Pending waits for a decision.
	Pending State = "pending"
	// Approved has every step's consent.
	Approved State = "approved"
	// Rejected was refused by one step.
	Rejected State = "rejected"
	// Cancelled was recalled by whoever asked.
	Cancelled State = "cancelled"
	// Draft was sent back to whoever asked, who may submit it again.
	Draft State = "draft"
	// Void lost its meaning because the document changed.
	Void State = "void"
	// NotNeeded was below the policy's bound.
	NotNeeded State = "not_needed"
)

// A Request asks for the approval of one content of one document.
//
// Its steps are decided in order; it is approved with the last, and rejected by the first that says no. At most one request
// per policy and subject is current. The Generation counts how often the document has asked: anew, again after it was sent back, or
// because of a material edit.
type Request struct {
	ID      storage.ID[Request] `json:"id"`
	Version int64               `json:"version"`
	// Policy and PolicyVersion tell what it was submitted under.
	Policy        string `json:"policy"`
	PolicyVersion int64  `json:"policy_version"`
	// Subject is the document; SubjectVersion and Digest say which content of it.
	Subject        storage.Ref `json:"subject"`
	SubjectVersion int64       `json:"subject_version"`
	Digest         string      `json:"digest"`
	Generation     int64       `json:"generation"`
	Requester      storage.Ref `json:"requester"`
	// Amount and Percent are what the policy was applied to.
	Amount  money.Amount    `json:"amount"`
	Percent decimal.Decimal `json:"percent"`
	// Text tells the approver what it is about.
	Text    string    `json:"text"`
	State   State     `json:"state"`
	Steps   []Step    `json:"steps"`
	Created time.Time `json:"created"`
	Closed  time.Time `json:"closed"`
	// Flow is what decisions need to know besides.
	Flow   Flow           `json:"flow"`
	Fields storage.Fields `json:"fields,omitempty"`
}

// A Flow is how a request came to be where it is.
type Flow struct {
	// Count is the number of its records, Turn how often a step was opened.
	Count int64 `json:"count"`
	Turn  int64 `json:"turn,omitempty"`
	// Base is the amount in the policy's currency, at the Rate of when it was asked; neither is there if nothing was converted.
	Base     money.Amount    `json:"base,omitzero"`
	Rate     decimal.Decimal `json:"rate,omitzero"`
	Document Document        `json:"document,omitempty"`
	// Asked is the content that the votes are about. What was edited since within the tolerance is compared with it.
	Asked       Content     `json:"asked"`
	Beneficiary storage.Ref `json:"beneficiary,omitzero"`
	// Editor made the last material edit.
	Editor storage.Ref `json:"editor,omitzero"`
	// Rule is the special case of the policy, Notes what was left out and why.
	Rule   string   `json:"rule,omitempty"`
	Notes  []string `json:"notes,omitempty"`
	Repeat Repeat   `json:"repeat,omitempty"`
	Locked []string `json:"locked,omitempty"`
	// Cited is the request whose approval of the same content holds for this one.
	Cited    storage.Ref `json:"cited,omitzero"`
	Comments []Comment   `json:"comments,omitempty"`
}

// A Comment is what someone says about a request, with attachments.
type Comment struct {
	By          storage.Ref   `json:"by"`
	At          time.Time     `json:"at"`
	Text        string        `json:"text"`
	Attachments []storage.Ref `json:"attachments,omitempty"`
}

// Content is what is to be approved.
type Content struct {
	SubjectVersion int64  `json:"subject_version,omitempty"`
	Digest         string `json:"digest,omitempty"`
	// Amount is as the document has it, Base the same in the policy's currency at the Rate, unrounded.
	Amount   money.Amount    `json:"amount,omitzero"`
	Base     money.Amount    `json:"base,omitzero"`
	Rate     decimal.Decimal `json:"rate,omitzero"`
	Percent  decimal.Decimal `json:"percent,omitzero"`
	Document Document        `json:"document,omitempty"`
}

// Ref points to the request.
func (r Request) Ref() storage.Ref { return requests.Ref(r.ID) }

// Open returns the index of the first step that waits for a decision, -1 if none does.
func (r Request) Open() int {
	if r.State != Pending {
		return -1
	}
	return slices.IndexFunc(r.Steps, func(s Step) bool { return s.State == StepOpen })
}

// Waiting returns those whose decision is wanted now.
func (r Request) Waiting() (list []storage.Ref) {
	if r.State != Pending {
		return nil
	}
	for i := range r.Steps {
		if r.Steps[i].State == StepOpen {
			list = append(list, r.Steps[i].waiting()...)
		}
	}
	return list
}

// Covers reports whether the request lets the document go on with a content: it is approved, or approval was not needed, for
// exactly that.
func (r Request) Covers(digest string) bool {
	return (r.State == Approved || r.State == NotNeeded) && r.Digest == digest
}

// Verbs says what a person may do with the request now, and why not.
func (r Request) Verbs(by storage.Ref) []storage.Verb {
	var list []storage.Verb
	for _, verb := range []Action{Approve, Reject, Recall} {
		v := storage.Verb{Name: string(verb)}
		if _, err := Decide(r, Command{By: by, Action: verb}, Situation{}, r.Created); err != nil {
			v.Why = err.Error()
		}
		list = append(list, v)
	}
	return list
}

// DigestOf returns a digest of a content: of the fields of a document that an approval is about, in JSON. Give it what
// matters and leave out what may change freely.
//
// Errors: *storage.Invalid for what JSON cannot show.
func DigestOf(content any) (string, error) {
	b, err := json.Marshal(content)
	if err != nil {
		return "", &storage.Invalid{Fields: []storage.Fault{{Path: "content", Code: storage.CodeType, Text: err.Error()}}}
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}
