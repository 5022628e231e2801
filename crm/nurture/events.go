package nurture

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// Happened is the payload of an enrolment's events: enough to decide whether to react. It names no one and carries no free text.
type Happened struct {
	Sequence string      `json:"sequence"`
	Edition  int64       `json:"edition"`
	Contact  storage.Ref `json:"contact"`
	Origin   storage.Ref `json:"origin"`
	State    State       `json:"state"`
	// Step is what was done or put off; Next has its turn at Due.
	Step   string    `json:"step,omitempty"`
	Next   string    `json:"next,omitempty"`
	Due    time.Time `json:"due,omitzero"`
	Reason Reason    `json:"reason,omitempty"`
}

// What happens to an enrolment.
var (
	Enrolled = event.NewType[Happened]("nurture.enrolment.enrolled")
	Waiting  = event.NewType[Happened]("nurture.enrolment.waiting")
	MailSent = event.NewType[Happened]("nurture.enrolment.sent")
	Tasked   = event.NewType[Happened]("nurture.enrolment.tasked")
	Branched = event.NewType[Happened]("nurture.enrolment.branched")
	Deferred = event.NewType[Happened]("nurture.enrolment.deferred")
	Halted   = event.NewType[Happened]("nurture.enrolment.paused")
	Resumed  = event.NewType[Happened]("nurture.enrolment.resumed")
	Done     = event.NewType[Happened]("nurture.enrolment.finished")
	Left     = event.NewType[Happened]("nurture.enrolment.exited")
	Answered = event.NewType[Happened]("nurture.enrolment.answered")
)

var happenings = map[Happening]event.Type[Happened]{DidEnrol: Enrolled, DidWait: Waiting, DidMail: MailSent, DidTask: Tasked, DidBranch: Branched,
	DidDefer: Deferred, DidPause: Halted, DidResume: Resumed, DidFinish: Done, DidExit: Left, DidAnswer: Answered}

// told are the events of records.
func told(e Enrolment, list []Record) (drafts []event.Draft) {
	for _, r := range list {
		e = Evolve(e, r)
		drafts = append(drafts, happenings[r.Name].Draft(Happened{Sequence: e.Sequence, Edition: e.Edition, Contact: e.Contact, Origin: e.Origin,
			State: e.State, Step: r.Step, Next: e.Next, Due: e.Due, Reason: r.Reason}))
	}
	return drafts
}

// Reached is the payload of a score's events: which threshold, and what the score was then.
type Reached struct {
	Model     string          `json:"model"`
	Contact   storage.Ref     `json:"contact"`
	Threshold string          `json:"threshold"`
	Points    decimal.Decimal `json:"points"`
	At        time.Time       `json:"at"`
}

// What happens to a score.
var (
	// Crossed: a threshold was reached from below.
	Crossed = event.NewType[Reached]("nurture.score.crossed")
	// Fell: the score is below a threshold again, which may be reached anew.
	Fell = event.NewType[Reached]("nurture.score.fell")
)
