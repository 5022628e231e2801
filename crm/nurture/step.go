package nurture

import (
	"strconv"
	"strings"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow"
)

// StepKind says what a step does.
type StepKind string

// The kinds of steps.
const (
	// SendMail sends a mail, within the sequence's window and limit.
	SendMail StepKind = "mail"
	// Wait lets time pass, by the clocks of the contact's zone.
	Wait StepKind = "wait"
	// AskPerson gives someone a task, and goes on at once.
	AskPerson StepKind = "task"
	// Branch goes on with one step or another.
	Branch StepKind = "branch"
)

// A Step is one thing of a sequence. Which fields it has depends on what it does.
type Step struct {
	// Name tells steps apart, also between versions: figures are kept by it. "" is its place, from "1".
	Name string   `json:"name"`
	Do   StepKind `json:"do"`

	// Template is what a mail is made of; the Sender knows it.
	Template string `json:"template,omitempty"`

	// Days of a wait go by the clocks of the contact's zone, Hours are of elapsed time, after the days.
	Days  int `json:"days,omitempty"`
	Hours int `json:"hours,omitempty"`

	// Title and Text are a task's, Owner whose it is; Within is in how many days it is due, 0 today.
	Title  string      `json:"title,omitempty"`
	Text   string      `json:"text,omitempty"`
	Owner  storage.Ref `json:"owner,omitzero"`
	Within int         `json:"within,omitempty"`

	// If decides a branch: it goes on with Then where it holds, else with Else. "" is the step after the branch, End the end. Both
	// lie ahead.
	If   workflow.Condition `json:"if,omitzero"`
	Then string             `json:"then,omitempty"`
	Else string             `json:"else,omitempty"`
}

// End is where a branch leads that ends the sequence; no step has this name.
const End = "end"

// Bounds on what a user may declare.
const (
	MaxSteps    = 200
	MaxDeclared = 100
	maxName     = 200
	maxText     = 10_000
	maxDays     = 3660
)

// check finds what is wrong with a step. The paths begin with at: "steps.2.".
func (s *Step) check(bad *storage.Invalid, at string, q *Sequence, i int, v *vocabulary) {
	bad.Text(at+"name", s.Name, maxName)
	bad.Check(s.Name != End, at+"name", storage.CodeChoice, "that is no step")
	only := func(given bool, field string, kind StepKind) {
		bad.Check(!given || s.Do == kind, at+field, storage.CodeChoice, "not of a step that does "+string(s.Do))
	}
	only(s.Template != "", "template", SendMail)
	only(s.Days != 0, "days", Wait)
	only(s.Hours != 0, "hours", Wait)
	only(s.Title != "", "title", AskPerson)
	only(s.Text != "", "text", AskPerson)
	only(s.Within != 0, "within", AskPerson)
	only(s.Then != "", "then", Branch)
	only(s.Else != "", "else", Branch)
	switch s.Do {
	case SendMail:
		bad.Check(s.Template != "", at+"template", storage.CodeRequired, "")
		bad.Text(at+"template", s.Template, maxName)
	case Wait:
		bad.Check(s.Days >= 0 && s.Days <= maxDays, at+"days", storage.CodeRange, "0 to "+strconv.Itoa(maxDays))
		bad.Check(s.Hours >= 0 && s.Hours <= 24*maxDays, at+"hours", storage.CodeRange, "0 to "+strconv.Itoa(24*maxDays))
		bad.Check(s.Days != 0 || s.Hours != 0, at+"days", storage.CodeRequired, "how long?")
	case AskPerson:
		bad.Check(strings.TrimSpace(s.Title) != "", at+"title", storage.CodeRequired, "")
		bad.Text(at+"title", s.Title, 500)
		bad.Text(at+"text", s.Text, maxText)
		bad.Check(s.Within >= 0 && s.Within <= maxDays, at+"within", storage.CodeRange, "")
	case Branch:
		v.check(bad, at+"if", s.If)
		for _, way := range [][2]string{{"then", s.Then}, {"else", s.Else}} {
			if way[1] == "" || way[1] == End {
				continue
			}
			place, known := q.place(way[1])
			bad.Check(known, at+way[0], storage.CodeUnknown, "no such step")
			bad.Check(!known || place > i, at+way[0], storage.CodeRange, "steps only lead forward")
		}
		bad.Check(s.Then != s.Else, at+"else", storage.CodeDuplicate, "both ways are one")
	default:
		bad.Add(at+"do", storage.CodeChoice, "mail, wait, task or branch")
	}
}
