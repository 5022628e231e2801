package nurture

import (
	"time"

	"github.com/tutas/tutas/storage"
)

// A Happening names what a Record tells.
type Happening string

// What happens to an enrolment.
const (
	DidEnrol  Happening = "enrolled"
	DidWait   Happening = "waiting"
	DidMail   Happening = "sent"
	DidTask   Happening = "tasked"
	DidBranch Happening = "branched"
	// DidDefer: a mail has to wait for the window, or for the limit.
	DidDefer  Happening = "deferred"
	DidPause  Happening = "paused"
	DidResume Happening = "resumed"
	DidFinish Happening = "finished"
	DidExit   Happening = "exited"
	// DidAnswer: the contact replied after the end.
	DidAnswer Happening = "answered"
)

// A Record is one thing that happened to an enrolment. Folded by Evolve, its records make it.
type Record struct {
	// Number counts the records of an enrolment from 1.
	Number int64       `json:"number"`
	Name   Happening   `json:"name"`
	At     time.Time   `json:"at"`
	By     storage.Ref `json:"by"`
	Why    string      `json:"why,omitempty"`
	// Step is what was done or put off; Next has its turn at Due.
	Step   string    `json:"step,omitempty"`
	Next   string    `json:"next,omitempty"`
	Due    time.Time `json:"due,omitzero"`
	Reason Reason    `json:"reason,omitempty"`
}

// Evolve is an enrolment after a record. It decides nothing.
func Evolve(e Enrolment, r Record) Enrolment {
	e.Turn = r.Number
	switch r.Name {
	case DidEnrol:
		e.State, e.Began, e.Next, e.Due = Active, r.At, r.Next, r.Due
	case DidWait, DidTask, DidBranch, DidDefer:
		e.Next, e.Due = r.Next, r.Due
	case DidMail:
		e.Next, e.Due, e.Mailed = r.Next, r.Due, r.Step
		e.Sent++
	case DidPause:
		e.State = Paused
	case DidResume:
		e.State, e.Due = Active, r.Due
	case DidFinish, DidExit:
		e.State, e.Next, e.Due, e.Ended = Finished, "", time.Time{}, r.At
		if r.Name == DidExit {
			e.State, e.Reason = Exited, r.Reason
		}
		e.Answered = e.Answered || r.Reason == Replied
	case DidAnswer:
		e.Answered = true
	}
	return e
}

// Fold is an enrolment after some records.
func Fold(e Enrolment, records ...Record) Enrolment {
	for _, r := range records {
		e = Evolve(e, r)
	}
	return e
}

// An EffectKind says what an Effect asks for.
type EffectKind string

// The kinds of effects.
const (
	MailLeaves   EffectKind = "mail"
	TaskOpens    EffectKind = "task"
	SetTimer     EffectKind = "set_timer"
	CancelTimers EffectKind = "cancel_timers"
)

// An Effect is something that has to follow. It is data: who carries it out is another matter.
type Effect struct {
	Kind EffectKind
	// Step is which mail leaves, or which task opens.
	Step string
	// Due is when the timer is due that has the turn Turn.
	Due  time.Time
	Turn int64
}

// Effects are what has to follow as records make one enrolment of another. Replaying records with Evolve has none.
func Effects(before Enrolment, records ...Record) (list []Effect) {
	for _, r := range records {
		switch r.Name {
		case DidMail:
			list = append(list, Effect{Kind: MailLeaves, Step: r.Step})
		case DidTask:
			list = append(list, Effect{Kind: TaskOpens, Step: r.Step})
		}
	}
	after := Fold(before, records...)
	switch {
	case after.State == Active && after.Turn != before.Turn:
		list = append(list, Effect{Kind: SetTimer, Due: after.Due, Turn: after.Turn})
	case before.State == Active && after.State != Active:
		list = append(list, Effect{Kind: CancelTimers})
	}
	return list
}
