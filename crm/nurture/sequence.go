package nurture

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow"
)

// A Sequence is what contacts are taken through: steps, in their order. Each change makes a new version; who is on the way stays
// with the old one.
type Sequence struct {
	ID      storage.ID[Sequence] `json:"id"`
	Version int64                `json:"version"`
	Name    string               `json:"name"`
	// Purpose is what contacts must have agreed to for a mail: "marketing" where it is "".
	Purpose string `json:"purpose"`
	Steps   []Step `json:"steps"`
	// Window is when mails may leave, by the clocks of the contact's zone; without hours it is always open.
	Window Window `json:"window"`
	// Limit is how many mails a contact may get, from all sequences together; the zero Limit is none.
	Limit Limit `json:"limit"`
	// Goal ends an enrolment when it holds at the turn of a step; nil never does.
	Goal *workflow.Condition `json:"goal,omitempty"`
	// Declared are the fields of contacts, and Scores the models of scores, that conditions may ask about: "size", "score.interest".
	Declared []Declared `json:"declared,omitempty"`
	Scores   []string   `json:"scores,omitempty"`
	// Once lets each contact go through it a single time; otherwise one whose enrolment has ended may be enrolled anew.
	Once bool `json:"once,omitempty"`
	// Closed lets nobody in any more; who is on the way goes on.
	Closed  bool           `json:"closed,omitempty"`
	Fields  storage.Fields `json:"fields,omitempty"`
	Created time.Time      `json:"created"`
}

// A Limit is how many mails may go to one contact within so many days, by the clocks of the contact's zone. A mail over the limit
// waits.
type Limit struct {
	Mails int `json:"mails,omitempty"`
	Days  int `json:"days,omitempty"`
}

// maxMails bounds a limit.
const maxMails = 1000

// DefaultPurpose is what contacts must have agreed to where a sequence does not say.
const DefaultPurpose = "marketing"

// Ref points to the sequence.
func (q *Sequence) Ref() storage.Ref { return sequences.Ref(q.ID) }

// Check completes a sequence and finds what is wrong with it, without any storage. Conditions are checked against the declared fields.
//
// Errors: *storage.Invalid with paths such as "steps.2.if.all.0.field" and "window.hours.1.0.to".
func (q *Sequence) Check() error {
	var bad storage.Invalid
	bad.Check(q.Name != "", "name", storage.CodeRequired, "")
	bad.Text("name", q.Name, maxName)
	if q.Purpose == "" {
		q.Purpose = DefaultPurpose
	}
	bad.Text("purpose", q.Purpose, maxName)
	q.Window.check(&bad)
	bad.Check(q.Limit.Mails >= 0 && q.Limit.Mails <= maxMails, "limit.mails", storage.CodeRange, "")
	bad.Check(q.Limit.Days >= 0 && q.Limit.Days <= maxDays, "limit.days", storage.CodeRange, "")
	bad.Check((q.Limit.Mails == 0) == (q.Limit.Days == 0), "limit.days", storage.CodeRequired, "so many mails in so many days")
	bad.Check(len(q.Steps) > 0, "steps", storage.CodeRequired, "")
	bad.Check(len(q.Steps) <= MaxSteps, "steps", storage.CodeRange, "at most "+strconv.Itoa(MaxSteps))
	if err := bad.Err(); err != nil && len(q.Steps) > MaxSteps {
		return err
	}
	v := newVocabulary(&bad, q.Declared, q.Scores)
	if q.Goal != nil {
		v.check(&bad, "goal", *q.Goal)
	}
	q.Steps = slices.Clone(q.Steps)
	names := map[string]bool{}
	for i := range q.Steps {
		s := &q.Steps[i]
		if s.Name == "" {
			s.Name = strconv.Itoa(i + 1)
		}
		bad.Check(!names[s.Name], fmt.Sprintf("steps.%d.name", i), storage.CodeDuplicate, "")
		names[s.Name] = true
	}
	for i := range q.Steps {
		q.Steps[i].check(&bad, fmt.Sprintf("steps.%d.", i), q, i, v)
	}
	return bad.Err()
}

// Step returns the step of a name.
func (q *Sequence) Step(name string) (Step, bool) {
	if i, ok := q.place(name); ok {
		return q.Steps[i], true
	}
	return Step{}, false
}

func (q *Sequence) place(name string) (int, bool) {
	i := slices.IndexFunc(q.Steps, func(s Step) bool { return s.Name == name })
	return i, i >= 0
}

// after names the step behind one; End behind the last.
func (q *Sequence) after(name string) string {
	if i, ok := q.place(name); ok && i+1 < len(q.Steps) {
		return q.Steps[i+1].Name
	}
	return End
}

// mails reports whether any step sends a mail.
func (q *Sequence) mails() bool {
	return slices.ContainsFunc(q.Steps, func(s Step) bool { return s.Do == SendMail })
}

func (q *Sequence) clone() *Sequence {
	c := *q
	c.Steps, c.Fields = slices.Clone(q.Steps), maps.Clone(q.Fields)
	return &c
}
