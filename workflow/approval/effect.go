package approval

import (
	"slices"
	"time"

	"github.com/tutas/tutas/storage"
)

// An EffectKind says what an Effect asks for.
type EffectKind string

// The kinds of effects.
const (
	// OpenTask and CloseTask keep a person's list of what is to be decided.
	OpenTask  EffectKind = "open_task"
	CloseTask EffectKind = "close_task"
	// SetTimer sets a timer of a step after In of working time; CancelTimers removes all of a step.
	SetTimer     EffectKind = "set_timer"
	CancelTimers EffectKind = "cancel_timers"
	// Lock and Unlock the fields of the document that a pending request holds.
	Lock   EffectKind = "lock"
	Unlock EffectKind = "unlock"
	// Became tells that the request has come to a state: the outcome, once.
	Became EffectKind = "became"
)

// An Effect is something that has to follow a decision. It is data: who carries it out is another matter.
type Effect struct {
	Kind EffectKind
	// Step is a step's number, Person whose task it is.
	Step   int
	Person storage.Ref
	// Timer is the name of a timer, Turn its generation, In after how much working time it is due.
	Timer string
	Turn  int64
	In    time.Duration
	// Share tells the timers of a step apart: how much of the time has passed, in percent. For CancelTimers, Shares are all.
	Share  int
	Shares []int
	State  State
}

// Names of timers.
const (
	reminderTimer = "approval.reminder"
	deadlineTimer = "approval.deadline"
)

// wholeTime is the share of a deadline.
const wholeTime = 100

// Effects are what has to follow as one request becomes another: the difference between them. The same request has none, so replaying records with
// Evolve has none either.
func Effects(before, after Request) (list []Effect) {
	old, now := before.desks(), after.desks()
	for _, d := range old {
		if !slices.Contains(now, d) {
			list = append(list, Effect{Kind: CloseTask, Step: d.step, Person: d.person})
		}
	}
	for i := range before.Steps {
		was := &before.Steps[i]
		if before.timed(i) && !(after.timed(i) && after.Steps[i].Turn == was.Turn) {
			list = append(list, Effect{Kind: CancelTimers, Step: i + 1, Shares: append(slices.Clip(was.Remind), wholeTime)})
		}
	}
	for _, d := range now {
		if !slices.Contains(old, d) {
			list = append(list, Effect{Kind: OpenTask, Step: d.step, Person: d.person})
		}
	}
	for i := range after.Steps {
		s := &after.Steps[i]
		if !after.timed(i) || before.timed(i) && before.Steps[i].Turn == s.Turn {
			continue
		}
		for _, share := range s.Remind {
			list = append(list, Effect{Kind: SetTimer, Step: i + 1, Timer: reminderTimer, Turn: s.Turn, In: s.Due * time.Duration(share) / 100,
				Share: share})
		}
		list = append(list, Effect{Kind: SetTimer, Step: i + 1, Timer: deadlineTimer, Turn: s.Turn, In: s.Due, Share: wholeTime})
	}
	if before.State != after.State {
		if after.State != Pending {
			list = append(list, Effect{Kind: Became, State: after.State})
		}
		switch {
		case after.State == Pending:
			list = append(list, Effect{Kind: Lock})
		case before.State == Pending:
			list = append(list, Effect{Kind: Unlock})
		}
	}
	return list
}

// timed reports whether a step, by its index, has timers now.
func (r *Request) timed(i int) bool {
	return r.State == Pending && i < len(r.Steps) && r.Steps[i].State == StepOpen && r.Steps[i].Due > 0
}

// A desk is where a task lies.
type desk struct {
	step   int
	person storage.Ref
}

// desks are the tasks of a request: of the holders of seats whose vote is wanted, and of those on whose behalf they hold them.
func (r *Request) desks() (list []desk) {
	if r.State != Pending {
		return nil
	}
	for i := range r.Steps {
		if r.Steps[i].State != StepOpen {
			continue
		}
		for k := range r.Steps[i].Seats {
			seat := &r.Steps[i].Seats[k]
			if !seat.waits() {
				continue
			}
			for _, p := range []storage.Ref{seat.Holder, seat.Person} {
				if d := (desk{i + 1, p}); !slices.Contains(list, d) && !r.Steps[i].voted(p) {
					list = append(list, d)
				}
			}
		}
	}
	return list
}
