package nurture

import (
	"cmp"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow"
)

// An Action is what a Command does.
type Action string

// The actions.
const (
	// Begin enrols.
	Begin Action = "enrol"
	// Advance is what timers do: the next step has its turn.
	Advance Action = "advance"
	Pausing Action = "pause"
	Resumes Action = "resume"
	// Leave ends an enrolment for a reason. A reply after the end is noted.
	Leave Action = "exit"
)

// A Command is something that is to happen to an enrolment.
type Command struct {
	// By is who does it; zero is the system.
	By     storage.Ref
	Action Action
	Why    string
	Reason Reason
	// Turn is that of the enrolment when the timer was set.
	Turn int64
	// At is when what leads to it happened; zero is now.
	At time.Time
}

// A Person is what sequences need to know of a contact.
type Person struct {
	// Zone is the name of the contact's time zone: "America/New_York". "" is the company's.
	Zone string
	// Address is where mails go.
	Address string
	// Consent says that mails for the purpose are allowed now, Since when that was said last; zero is long ago.
	Consent bool
	Since   time.Time
	// Facts are what conditions may ask about.
	Facts Facts
}

// A Situation is what a decision needs to know besides the enrolment. It is loaded before; the decision does no I/O.
type Situation struct {
	// Sequence is the version of the enrolment.
	Sequence *Sequence
	// Person is the contact; nil is gone.
	Person *Person
	// Zone is the company's time zone, for contacts that have none; "" is UTC.
	Zone string
	// Sent are the instants of the latest mails to the contact, from any sequence, as many as the limit lets through, the latest last.
	Sent []time.Time
	// Unsubscribed is when the contact last wanted no more mails.
	Unsubscribed time.Time
	// Scores are the contact's, by model.
	Scores map[string]decimal.Decimal
}

// Decide tells what a command does to an enrolment, as records: Evolve makes the new enrolment of them, Effects what has to
// follow. No records with no error mean that nothing changes: a timer that is stale or early, a signal from before the enrolment
// began. For Begin the enrolment is not begun. At equal instants the commands of people go before those of timers.
//
// Errors: ErrPaused, ErrActive, ErrEnded, *storage.Invalid for a zone that there is not, or without a sequence.
func Decide(e Enrolment, c Command, s Situation, at time.Time) ([]Record, error) {
	if (c.Action == Begin || c.Action == Advance) && (s.Sequence == nil || len(s.Sequence.Steps) == 0) {
		return nil, invalid("sequence", storage.CodeRequired, "")
	}
	switch c.Action {
	case Begin:
		return []Record{{Number: e.Turn + 1, Name: DidEnrol, At: at, By: c.By, Why: c.Why, Next: s.Sequence.Steps[0].Name, Due: at}}, nil
	case Advance:
		if e.State != Active || e.Turn != c.Turn || at.Before(e.Due) {
			return nil, nil
		}
		return advance(e, c, &s, at)
	case Pausing, Resumes:
		if _, err := life.Next(e.State, workflow.Action(c.Action), &e); err != nil {
			return nil, err
		}
		r := e.record(DidPause, &c, at)
		if c.Action == Resumes {
			r.Name, r.Due = DidResume, e.Due
			if r.Due.Before(at) {
				r.Due = at
			}
		}
		return []Record{r}, nil
	case Leave:
		return leave(&e, &c, at)
	}
	return nil, invalid("action", storage.CodeChoice, "")
}

// record is the next record of the enrolment.
func (e *Enrolment) record(name Happening, c *Command, at time.Time) Record {
	return Record{Number: e.Turn + 1, Name: name, At: at, By: c.By, Why: c.Why}
}

func leave(e *Enrolment, c *Command, at time.Time) ([]Record, error) {
	if !c.At.IsZero() {
		at = c.At
	}
	if at.Before(e.Began) {
		return nil, nil
	}
	r := e.record(DidExit, c, at)
	if r.Reason = c.Reason; c.Reason == Replied && !e.Open() {
		if e.Answered || e.Sent == 0 {
			return nil, nil
		}
		r.Name = DidAnswer
		return []Record{r}, nil
	}
	_, err := life.Next(e.State, "exit", e)
	return []Record{r}, err
}

// advance does the step that has its turn and those behind it, until one has to wait, or would be the second to reach someone.
func advance(e Enrolment, c Command, s *Situation, at time.Time) (list []Record, err error) {
	add := func(r Record) {
		list = append(list, r)
		e = Evolve(e, r)
	}
	exit := func(why Reason) ([]Record, error) {
		r := e.record(DidExit, &c, at)
		r.Reason = why
		add(r)
		return list, nil
	}
	if s.Person == nil {
		return exit(Gone)
	}
	name := cmp.Or(s.Person.Zone, s.Zone, "UTC")
	zone, err := zoneOf(name)
	if err != nil {
		return nil, err
	}
	for reached := false; ; {
		if holds, err := s.holds(&e, s.Sequence.Goal, zone, at); err != nil || holds {
			if err != nil {
				return nil, err
			}
			return exit(Goal)
		}
		step, there := s.Sequence.Step(e.Next)
		if !there {
			add(e.record(DidFinish, &c, at))
			return list, nil
		}
		r := e.record(DidWait, &c, at)
		r.Step, r.Next, r.Due = step.Name, s.Sequence.after(step.Name), at
		if reached && (step.Do == SendMail || step.Do == AskPerson) {
			return list, nil
		}
		switch step.Do {
		case Wait:
			r.Due = Later(zone, at, step.Days, time.Duration(step.Hours)*time.Hour)
			add(r)
			return list, nil
		case AskPerson:
			r.Name, reached = DidTask, true
		case Branch:
			holds, err := s.holds(&e, &step.If, zone, at)
			if err != nil {
				return nil, err
			}
			way := step.Else
			if holds {
				way = step.Then
			}
			r.Name, r.Next = DidBranch, cmp.Or(way, r.Next)
		case SendMail:
			if why := s.barred(); why != "" {
				return exit(why)
			}
			when, err := s.Sequence.Window.Next(name, s.Sequence.Limit.next(zone, s.Sent, at))
			if err != nil {
				return nil, err
			}
			if when.After(at) {
				r.Name, r.Next, r.Due = DidDefer, step.Name, when
				add(r)
				return list, nil
			}
			r.Name, reached = DidMail, true
		}
		add(r)
	}
}

// barred says why a contact may not get mails now, "" if it may.
func (s *Situation) barred() Reason {
	switch p := s.Person; {
	case !s.Unsubscribed.IsZero() && !p.Since.After(s.Unsubscribed):
		return Unsubscribed
	case !p.Consent:
		return NoConsent
	case p.Address == "":
		return NoAddress
	}
	return ""
}

// holds asks a condition about the contact; nil never holds.
func (s *Situation) holds(e *Enrolment, c *workflow.Condition, zone *time.Location, at time.Time) (bool, error) {
	if c == nil {
		return false, nil
	}
	var bad storage.Invalid
	test := newVocabulary(&bad, s.Sequence.Declared, s.Sequence.Scores).check(&bad, "if", *c)
	if err := bad.Err(); err != nil {
		return false, err
	}
	today := date.FromTime(at, zone)
	return test.Holds(&workflow.Facts[*subject]{Now: at, Today: today, Doc: &subject{facts: s.Person.Facts, scores: s.Scores, sent: e.Sent,
		days: today.Sub(date.FromTime(e.Began, zone))}}), nil
}
