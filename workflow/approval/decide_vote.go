package approval

import (
	"slices"
	"time"

	"github.com/tutas/tutas/storage"
)

// barred refuses those who may never decide.
func (r *Request) barred(by storage.Ref) error {
	switch {
	case by.IsZero():
		return ErrNotAssigned.With("the system never decides")
	case by == r.Requester:
		return ErrRequester
	case by == r.Flow.Beneficiary:
		return ErrBeneficiary
	case by == r.Flow.Editor:
		return ErrEditor
	}
	return nil
}

// seat finds an open step, and the seat in it, in which a person may decide now: the own seat before that of someone else.
func (r *Request) seat(by storage.Ref, number int, s *Situation, at time.Time) (step, seat int, err error) {
	if err := r.barred(by); err != nil {
		return 0, 0, err
	}
	if r.State != Pending {
		return 0, 0, r.over(by, "the request is "+string(r.State))
	}
	voted := false
	for i := range r.Steps {
		open := &r.Steps[i]
		if open.State != StepOpen || number != 0 && number != i+1 {
			continue
		}
		if open.voted(by) {
			voted = true
			continue
		}
		found := -1
		for k := range open.Seats {
			if seat := &open.Seats[k]; seat.waits() && r.acts(seat, by, s, at) && (found < 0 || seat.Person == by) {
				found = k
			}
		}
		if found >= 0 {
			return i, found, nil
		}
	}
	if voted {
		return 0, 0, ErrStepClosed.With("by %s", by)
	}
	return 0, 0, r.over(by, "")
}

// acts reports whether a person decides in a seat: its holder, the person whose it is unless that one has delegated now, and whom that one has
// delegated to since.
func (r *Request) acts(seat *Seat, by storage.Ref, s *Situation, at time.Time) bool {
	if seat.Holder == by || s.People == nil {
		return seat.Holder == by || seat.Person == by
	}
	if seat.Person == by {
		f := r.facts(at)
		now, _ := s.People.holder(by, r.Policy, &f)
		return now == by
	}
	if s.People.delegate(seat.Person, r.Policy, at).IsZero() {
		return false
	}
	f := r.facts(at)
	now, _ := s.People.holder(seat.Person, r.Policy, &f)
	return now == by
}

// over says that a person's step is closed, if there was one, or that someone else is to decide.
func (r *Request) over(by storage.Ref, state string) error {
	for i := len(r.Steps) - 1; i >= 0; i-- {
		s := &r.Steps[i]
		if s.Decision != nil && slices.ContainsFunc(s.Seats, func(seat Seat) bool { return seat.Person == by || seat.Holder == by }) {
			return ErrStepClosed.With("by %s", s.Decision.By)
		}
	}
	if state != "" {
		return ErrStepClosed.With("%s", state)
	}
	return ErrNotAssigned.With("%s; now %s", by, r.Waiting())
}

// vote records a decision in an open step.
func vote(r *Request, c *Command, s *Situation, at time.Time) ([]Record, error) {
	step, seat, err := r.seat(c.By, c.Step, s, at)
	if err != nil {
		return nil, err
	}
	e := r.record(DidVote, c, at)
	e.Step, e.Seat, e.Verdict = step+1, seat, Yes
	if c.Action == Reject {
		e.Verdict = No
	}
	place := &r.Steps[step].Seats[seat]
	if e.Reason = place.Reason; place.Person != c.By {
		e.For = place.Person
	}
	return []Record{e}, nil
}

// sendBack returns the request to an earlier step, or to whoever asked. One person who is to decide suffices.
func sendBack(r *Request, c *Command, s *Situation, at time.Time) ([]Record, error) {
	step, _, err := r.seat(c.By, 0, s, at)
	if err != nil {
		return nil, err
	}
	if c.Step < 0 || c.Step > len(r.Steps) || c.Step > 0 && r.Steps[c.Step-1].Group >= r.Steps[step].Group {
		return nil, invalid("step", storage.CodeRange, "a step before the open one, or 0")
	}
	e := r.record(DidReturn, c, at)
	e.Step = c.Step
	return []Record{e}, nil
}

// addPerson asks one more, in a step of its own: so no other step needs fewer consents than before.
func addPerson(r *Request, c *Command, s *Situation, at time.Time) ([]Record, error) {
	step, _, err := r.seat(c.By, 0, s, at)
	if err != nil {
		return nil, err
	}
	var bad storage.Invalid
	bad.Check(!c.Person.IsZero(), "person", storage.CodeRequired, "")
	added := 0
	group, place := r.Steps[step].Group, 0
	for i := range r.Steps {
		if r.Steps[i].Stage < 0 {
			added++
		}
		if r.Steps[i].Group <= group {
			place = i + 1
		}
		bad.Check(r.Steps[i].State != StepOpen || !r.Steps[i].holds(c.Person), "person", storage.CodeDuplicate, "is to decide already")
	}
	bad.Check(added < maxAdded, "person", storage.CodeRange, "too many were added")
	if err := bad.Err(); err != nil {
		return nil, err
	}
	if err := r.barred(c.Person); err != nil {
		return nil, err
	}
	e := r.record(DidAdd, c, at)
	e.Step, e.After, e.Reason = place+1, c.After, "added by "+c.By.ID
	one := Step{Reason: e.Reason, Stage: -1, Group: group, Need: 1, Seats: []Seat{{Person: c.Person, Holder: c.Person, Reason: e.Reason}}}
	if c.After {
		one.Group++
	}
	one.seated()
	e.Steps = []Step{one}
	return []Record{e}, nil
}
