package activity

import (
	"maps"
	"strings"
	"time"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// Kind says what sort of activity it is.
type Kind string

// The kinds.
const (
	Call    Kind = "call"
	Email   Kind = "email"
	Meeting Kind = "meeting"
	Note    Kind = "note"
	Task    Kind = "task"
)

// An Activity is something on the timeline of a subject: it happened, or it is a task still to be done.
type Activity struct {
	ID      storage.ID[Activity] `json:"id"`
	Version int64                `json:"version"`
	Kind    Kind                 `json:"kind"`
	// Subject is what it is about.
	Subject storage.Ref `json:"subject"`
	Title   string      `json:"title"`
	Text    string      `json:"text"`
	// At is when it happened; of an open task, when it was planned.
	At time.Time `json:"at"`
	// Owner is who did it, or who shall.
	Owner storage.Ref `json:"owner"`
	// Due is the last day for a task; no date for one without.
	Due date.Date `json:"due"`
	// Open is true for a task that is not done.
	Open bool `json:"open"`
	// Outcome is what came of a task.
	Outcome string         `json:"outcome"`
	Fields  storage.Fields `json:"fields"`
	Created time.Time      `json:"created"`
}

// Ref points to the activity.
func (a *Activity) Ref() storage.Ref { return activities.Ref(a.ID) }

// Overdue reports whether a task should have been done before a day.
func (a *Activity) Overdue(today date.Date) bool {
	return a.Open && !a.Due.IsZero() && a.Due.Before(today)
}

// Next is the task that comes first: the earliest due day, tasks without a day last; of two with one day the older. It is nil if
// none is open.
func Next(tasks []*Activity) (next *Activity) {
	for _, t := range tasks {
		if t.Open && (next == nil || before(t, next)) {
			next = t
		}
	}
	return next
}

func before(a, b *Activity) bool {
	if a.Due != b.Due {
		return b.Due.IsZero() || (!a.Due.IsZero() && a.Due.Before(b.Due))
	}
	if !a.Created.Equal(b.Created) {
		return a.Created.Before(b.Created)
	}
	return a.ID.String() < b.ID.String()
}

func (a *Activity) check() error {
	var bad storage.Invalid
	switch a.Kind {
	case Call, Email, Meeting, Note, Task:
	default:
		bad.Add("kind", storage.CodeChoice, "call, email, meeting, note or task")
	}
	bad.Check(!a.Subject.IsZero(), "subject", storage.CodeRequired, "")
	bad.Check(strings.TrimSpace(a.Title) != "", "title", storage.CodeRequired, "")
	bad.Text("title", a.Title, maxTitle)
	bad.Text("text", a.Text, maxText)
	bad.Text("outcome", a.Outcome, maxText)
	return bad.Err()
}

func (a *Activity) clone() *Activity {
	c := *a
	c.Fields = maps.Clone(a.Fields)
	return &c
}

// The most bytes of texts.
const (
	maxTitle = 500
	maxText  = 100_000
)

// Refusals.
var (
	// ErrDone: the task is done, or the activity is none.
	ErrDone = storage.NewError("activity.done", "there is nothing to do any more")
	// ErrHandedOver: there is a handover for this subject that was not given back.
	ErrHandedOver = storage.NewError("activity.handed_over", "it is handed over already")
	// ErrUnconfirmed: a promise was not confirmed yet.
	ErrUnconfirmed = storage.NewError("activity.unconfirmed", "a promise is not confirmed")
	// ErrDecided: the handover was accepted or given back before.
	ErrDecided = storage.NewError("activity.decided", "the handover is decided already")
)

// What happens to activities. Payloads carry no free text.
var (
	Logged      = event.NewType[Happened]("activity.activity.logged")
	Planned     = event.NewType[Happened]("activity.activity.planned")
	Rescheduled = event.NewType[Happened]("activity.activity.rescheduled")
	Completed   = event.NewType[Happened]("activity.activity.completed")
)

// Happened is the payload of an activity's events.
type Happened struct {
	Kind    Kind        `json:"kind"`
	Subject storage.Ref `json:"subject"`
	Owner   storage.Ref `json:"owner"`
	Due     date.Date   `json:"due"`
}

func happened(a *Activity) Happened { return Happened{a.Kind, a.Subject, a.Owner, a.Due} }

// Verbs says what may be done with an activity now.
func Verbs(a *Activity) []storage.Verb {
	list := taskLife.Verbs(a.progress(), a)
	for i := range list {
		list[i].Name = "activity.activity." + list[i].Name
	}
	return list
}
