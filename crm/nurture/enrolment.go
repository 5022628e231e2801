package nurture

import (
	"time"

	"github.com/tutas/tutas/storage"
)

// An Enrolment is one contact on the way through one version of a sequence.
type Enrolment struct {
	ID      storage.ID[Enrolment] `json:"id"`
	Version int64                 `json:"version"`
	// Sequence is its name, Edition the version with which the enrolment began, and which it keeps.
	Sequence string      `json:"sequence"`
	Edition  int64       `json:"edition"`
	Contact  storage.Ref `json:"contact"`
	State    State       `json:"state"`
	// Next is the step that has its turn next, at Due; "" and zero when it has ended. A paused one remembers both.
	Next string    `json:"next"`
	Due  time.Time `json:"due"`
	// Turn is how many records there are: a timer that was set in an earlier turn does nothing.
	Turn int64 `json:"turn"`
	// Sent is how many mails have left; Mailed is the step of the last of them.
	Sent   int    `json:"sent"`
	Mailed string `json:"mailed"`
	// Answered says that the contact replied, to the mail of the step Mailed.
	Answered bool `json:"answered"`
	// Reason is why it ended early, Ended when it ended.
	Reason Reason    `json:"reason"`
	Ended  time.Time `json:"ended"`
	// Owner is whose tasks its steps are that name nobody.
	Owner storage.Ref `json:"owner"`
	// Origin is what led to it: a form, a score, a fair.
	Origin storage.Ref    `json:"origin"`
	Began  time.Time      `json:"began"`
	Fields storage.Fields `json:"fields"`
}

// State says how an enrolment stands.
type State string

// The states.
const (
	Active   State = "active"
	Paused   State = "paused"
	Finished State = "finished"
	Exited   State = "exited"
)

// Reason says why an enrolment ended before its last step.
type Reason string

// The reasons.
const (
	// Replied, Unsubscribed, Bounced and Goal are told; Goal may also be a sequence's own condition.
	Replied      Reason = "replied"
	Unsubscribed Reason = "unsubscribed"
	Bounced      Reason = "bounced"
	Goal         Reason = "goal"
	// Manual is someone's decision.
	Manual Reason = "manual"
	// NoConsent, NoAddress and Gone were found when a step had its turn.
	NoConsent Reason = "no_consent"
	NoAddress Reason = "no_address"
	Gone      Reason = "gone"
)

// Refusals.
var (
	// ErrPaused: the enrolment is paused.
	ErrPaused = storage.NewError("nurture.paused", "the enrolment is paused")
	// ErrActive: the enrolment is not paused.
	ErrActive = storage.NewError("nurture.active", "the enrolment is not paused")
	// ErrEnded: the enrolment has finished, or exited.
	ErrEnded = storage.NewError("nurture.ended", "the enrolment has ended")
	// ErrClosed: nobody enters the sequence any more.
	ErrClosed = storage.NewError("nurture.closed", "the sequence is closed")
	// ErrNoPort: a sequence asks for what nobody is there to do: send mails, plan tasks, know contacts.
	ErrNoPort = storage.NewError("nurture.no_port", "nobody is there to do this")
	// ErrNotStuck: nothing of the enrolment was given up.
	ErrNotStuck = storage.NewError("nurture.not_stuck", "nothing was given up")
)

// Ref points to the enrolment.
func (e *Enrolment) Ref() storage.Ref { return enrolments.Ref(e.ID) }

// Open reports whether the enrolment is on its way, or paused.
func (e *Enrolment) Open() bool { return e.State == Active || e.State == Paused }
