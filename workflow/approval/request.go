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
	// Void lost its meaning because the document changed.
	Void State = "void"
	// NotNeeded was below the policy's bound.
	NotNeeded State = "not_needed"
)

// A Verdict is what an approver says.
type Verdict string

// The verdicts.
const (
	Yes Verdict = "approve"
	No  Verdict = "reject"
)

// A Decision is what one person decided in a step.
type Decision struct {
	By      storage.Ref `json:"by"`
	Verdict Verdict     `json:"verdict"`
	At      time.Time   `json:"at"`
	Why     string      `json:"why,omitempty"`
}

// A Request asks for the approval of one content of one document.
//
// Its steps are decided in order; it is approved with the last, and rejected by the first that says no. At most one request
// per policy and subject is current; the Generation counts them.
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
	Text    string         `json:"text"`
	State   State          `json:"state"`
	Steps   []Step         `json:"steps"`
	Created time.Time      `json:"created"`
	Closed  time.Time      `json:"closed"`
	Fields  storage.Fields `json:"fields,omitempty"`
}

// Ref points to the request.
func (r Request) Ref() storage.Ref { return requests.Ref(r.ID) }

// Open returns the index of the step that waits for a decision, -1 if none does.
func (r Request) Open() int {
	if r.State != Pending {
		return -1
	}
	return slices.IndexFunc(r.Steps, func(s Step) bool { return s.Decision == nil })
}

// Waiting returns those of whom one must decide now.
func (r Request) Waiting() []storage.Ref {
	if i := r.Open(); i >= 0 {
		return r.Steps[i].Approvers
	}
	return nil
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
		if _, _, err := Decide(r, Command{By: by, Action: verb}, r.Created); err != nil {
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
