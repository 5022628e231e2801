package approval

import (
	"slices"
	"time"

	"github.com/tutas/tutas/storage"
)

// StepState is where a step stands.
type StepState string

// The states of a step.
const (
	StepWaiting  StepState = ""
	StepOpen     StepState = "open"
	StepApproved StepState = "approved"
	StepRejected StepState = "rejected"
)

// A Step is one decision to be made by one or more people. The steps of a request come one after another; those of one Group are open
// at the same time.
type Step struct {
	// Approvers are those who act in its seats.
	Approvers []storage.Ref `json:"approvers"`
	// Reason says why these.
	Reason string `json:"reason"`
	// Decision is the one that closed the step, nil while there is none.
	Decision *Decision `json:"decision,omitempty"`
	// Stage is the place of its stage in the policy, -1 for a step that someone added.
	Stage int       `json:"stage"`
	Group int       `json:"group"`
	State StepState `json:"state,omitempty"`
	Seats []Seat    `json:"seats"`
	// Need is how many of the seats must agree.
	Need int `json:"need"`
	// First lets the first vote decide, Veto the first refusal.
	First bool `json:"first,omitempty"`
	Veto  bool `json:"veto,omitempty"`
	// Turn is that of the request when the step was opened last: a timer that was set in another one does nothing.
	Turn      int64         `json:"turn,omitempty"`
	Due       time.Duration `json:"due,omitempty"`
	Remind    []int         `json:"remind,omitempty"`
	Escalate  *Escalation   `json:"escalate,omitempty"`
	Escalated int           `json:"escalated,omitempty"`
}

// A Seat is one person's place in a step.
type Seat struct {
	// Person is whose decision it is, and whose limit counts.
	Person storage.Ref `json:"person"`
	// Holder is who decides: the person, or whom the person has delegated to.
	Holder storage.Ref `json:"holder"`
	Reason string      `json:"reason"`
	// Vote is nil while there is none.
	Vote *Decision `json:"vote,omitempty"`
	// Gone says that someone else was asked instead.
	Gone bool `json:"gone,omitempty"`
}

// A Verdict is what an approver says.
type Verdict string

// The verdicts.
const (
	Yes Verdict = "approve"
	No  Verdict = "reject"
)

// A Decision is what one person decided in a step.
type Decision struct {
	By storage.Ref `json:"by"`
	// For is on whose behalf, if By is a delegate.
	For     storage.Ref `json:"for,omitzero"`
	Verdict Verdict     `json:"verdict"`
	At      time.Time   `json:"at"`
	Why     string      `json:"why,omitempty"`
	// From is the number of the step whose consent serves this one too; 0 for a vote of its own.
	From int `json:"from,omitempty"`
}

// waits reports whether a seat's vote is wanted.
func (s *Seat) waits() bool { return s.Vote == nil && !s.Gone }

// tally counts the seats that count, and their votes.
func (s *Step) tally() (live, yes, no int) {
	for i := range s.Seats {
		seat := &s.Seats[i]
		if seat.Gone {
			continue
		}
		live++
		switch {
		case seat.Vote == nil:
		case seat.Vote.Verdict == Yes:
			yes++
		default:
			no++
		}
	}
	return live, yes, no
}

// count closes the step if its votes suffice for that.
func (s *Step) count(last *Decision) {
	live, yes, no := s.tally()
	switch {
	case s.First && last.Verdict == Yes, yes >= s.Need:
		s.State, s.Decision = StepApproved, last
	case s.First, s.Veto && no > 0, no > live-s.Need:
		s.State, s.Decision = StepRejected, last
	}
}

// reset takes the step back to before it was opened. Who had been asked is asked again.
func (s *Step) reset() {
	s.State, s.Decision, s.Escalated = StepWaiting, nil, 0
	s.Seats = slices.Clone(s.Seats)
	for i := range s.Seats {
		s.Seats[i].Vote = nil
	}
}

// seated lists who acts in the seats that count.
func (s *Step) seated() {
	s.Approvers = make([]storage.Ref, 0, len(s.Seats))
	for i := range s.Seats {
		if !s.Seats[i].Gone {
			s.Approvers = append(s.Approvers, s.Seats[i].Holder)
		}
	}
}

// voted reports whether a person has voted in the step, for whomever.
func (s *Step) voted(p storage.Ref) bool {
	return slices.ContainsFunc(s.Seats, func(seat Seat) bool { return seat.Vote != nil && seat.Vote.By == p })
}

// holds reports whether a person has a seat, or acts in one.
func (s *Step) holds(p storage.Ref) bool {
	return slices.ContainsFunc(s.Seats, func(seat Seat) bool { return !seat.Gone && (seat.Person == p || seat.Holder == p) })
}

// waiting lists those whose vote is wanted.
func (s *Step) waiting() (list []storage.Ref) {
	for i := range s.Seats {
		if s.Seats[i].waits() {
			list = append(list, s.Seats[i].Holder)
		}
	}
	return list
}
