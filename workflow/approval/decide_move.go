package approval

import (
	"fmt"
	"slices"
	"time"

	"github.com/tutas/tutas/storage"
)

// facts are those of the request as it is.
func (r *Request) facts(at time.Time) Facts {
	return Facts{Requester: r.Requester, Beneficiary: r.Flow.Beneficiary, Editor: r.Flow.Editor, Amount: r.Amount, Base: r.Flow.Base,
		Percent: r.Percent, Document: r.Flow.Document, At: at}
}

// assignments are the seats of a step that belong to someone else now.
func assignments(r *Request, i int, s *Situation, at time.Time) (records []Record) {
	if s.People == nil {
		return nil
	}
	f := r.facts(at)
	step := r.Steps[i]
	step.Seats = slices.Clone(step.Seats)
	for k := range step.Seats {
		seat := &step.Seats[k]
		if !seat.waits() {
			continue
		}
		to := s.successor(*seat, &step, &f)
		holder, reason := s.People.holder(to.Person, r.Policy, &f)
		switch {
		case holder != to.Person && holder != seat.Holder && step.holds(holder):
			holder, reason = to.Person, "the delegate "+holder.ID+" decides here already"
		case holder == to.Person && reason == "":
			reason = "no delegation"
		}
		if to.Holder = holder; to.Person == seat.Person && to.Holder == seat.Holder {
			continue
		}
		e := r.record(DidReassign, &Command{}, at)
		e.Number += int64(len(records))
		e.Step, e.Seat, e.Reason = i+1, k, reason
		if to.Person != seat.Person {
			e.Reason = to.Reason
		}
		e.Seats = []Seat{to}
		records, step.Seats[k] = append(records, e), to
	}
	return records
}

// successor is who has a seat, if its person has left: the nearest above who may decide.
func (s *Situation) successor(seat Seat, step *Step, f *Facts) Seat {
	at := seat.Person
	for range MaxChain {
		if !s.People.Left[at] && (at == seat.Person || f.barred(at) == "" && !step.holds(at)) {
			break
		}
		next := s.People.Above[at]
		if next.IsZero() || next == seat.Person {
			return seat
		}
		at = next
	}
	if at == seat.Person || s.People.Left[at] {
		return seat
	}
	return Seat{Person: at, Holder: at, Reason: "in place of " + seat.Person.ID + ", who has left"}
}

// reassign gives the seats of open steps to whom they belong now. A delegation that is over leaves its holder in place: the
// person may decide again, and whoever is first does.
func reassign(r *Request, c *Command, s *Situation, at time.Time) (records []Record) {
	if r.State != Pending {
		return nil
	}
	for i := range r.Steps {
		if r.Steps[i].State != StepOpen {
			continue
		}
		for _, e := range assignments(r, i, s, at) {
			if old := r.Steps[i].Seats[e.Seat]; e.Seats[0].Person == old.Person && e.Seats[0].Holder == old.Person {
				continue
			}
			e.Number, e.By, e.Why = r.Flow.Count+int64(len(records))+1, c.By, c.Why
			records = append(records, e)
		}
	}
	return records
}

// lapse is what a timer does; a stale one does nothing.
func lapse(r *Request, c *Command, s *Situation, at time.Time) []Record {
	if r.State != Pending || c.Step < 1 || c.Step > len(r.Steps) {
		return nil
	}
	step := &r.Steps[c.Step-1]
	if step.State != StepOpen || step.Turn != c.Turn {
		return nil
	}
	if c.Action == Remind {
		e := r.record(DidRemind, c, at)
		e.Step, e.Reason = c.Step, fmt.Sprintf("waits for %s", step.waiting())
		return []Record{e}
	}
	e := r.record(DidLapse, c, at)
	e.Step, e.Reason = c.Step, "not decided in time"
	if esc := step.Escalate; esc != nil && step.Escalated < max(esc.Times, 1) {
		f := r.facts(at)
		if e.Seats, e.Gone = s.escalate(step, r.Policy, &f); len(e.Seats) > 0 {
			e.Name = DidEscalate
			return []Record{e}
		}
		e.Reason += ", and there is no one to escalate to"
	}
	return []Record{e}
}

// escalate finds who is asked instead, or as well, and the seats that are replaced. How many have to agree stays: so no more seats go
// than the rest can do without.
func (s *Situation) escalate(step *Step, policy string, f *Facts) (seats []Seat, gone []int) {
	people := s.people()
	_, yes, _ := step.tally()
	add := func(to storage.Ref, why string) {
		for n := 0; n < MaxChain && people.Left[to]; n++ {
			to = people.Above[to]
		}
		if to.IsZero() || people.Left[to] || f.barred(to) != "" || step.holds(to) || seatOf(seats, to) {
			return
		}
		seat := Seat{Person: to, Holder: to, Reason: why}
		if holder, reason := people.holder(to, policy, f); holder != to && !step.holds(holder) && !seatOf(seats, holder) {
			seat.Holder, seat.Reason = holder, why+"; "+reason
		}
		seats = append(seats, seat)
	}
	var waiting []int
	for i := range step.Seats {
		if step.Seats[i].waits() {
			waiting = append(waiting, i)
			if p := step.Seats[i].Person; len(step.Escalate.To) == 0 {
				add(people.Above[p], "above "+p.ID+", who did not decide in time")
			}
		}
	}
	for _, to := range step.Escalate.To {
		add(to, "the step was not decided in time")
	}
	if step.Escalate.Replace && len(seats) > 0 {
		gone = waiting
		if yes+len(seats) < step.Need {
			gone = waiting[:min(len(seats), len(waiting))]
		}
	}
	return seats, gone
}

// migrate finds the steps anew and takes over the votes of those that stay.
func migrate(r *Request, c *Command, s *Situation, at time.Time) ([]Record, error) {
	if r.State != Pending {
		return nil, ErrStepClosed.With("the request is %s", r.State)
	}
	if s.Policy == nil || s.Policy.Name != r.Policy {
		return nil, invalid("policy", storage.CodeRequired, "")
	}
	f := r.facts(at)
	f.Today = s.Today
	found, err := Explain(*s.Policy, f, s.people())
	if err != nil {
		return nil, err
	}
	if len(found.Steps) == 0 {
		return nil, ErrNoApprover.With("version %d asks no one", s.Policy.Version)
	}
	pairs, err := pairSteps(r.Steps, found.Steps, c.Map)
	if err != nil {
		return nil, err
	}
	for old, now := range pairs {
		if now >= 0 {
			found.Steps[now].take(&r.Steps[old])
		}
	}
	group := found.Steps[len(found.Steps)-1].Group
	for i, old := range r.Steps {
		if old.Stage < 0 && pairs[i] < 0 { // who was added stays
			group++
			if old.Group = group; old.State == StepOpen {
				old.State = StepWaiting
			}
			found.Steps = append(found.Steps, old)
		}
	}
	e := r.record(DidMigrate, c, at)
	e.Reason = fmt.Sprintf("from version %d to %d", r.PolicyVersion, s.Policy.Version)
	e.Steps = found.Steps
	e.Ask = &Ask{PolicyVersion: s.Policy.Version, Rule: found.Rule, Notes: found.Notes, Repeat: s.Policy.Terms.Repeat, Locked: s.Policy.Terms.Locked}
	return []Record{e}, nil
}

// pairSteps says which new step each old one has become, -1 for none.
func pairSteps(old, now []Step, given map[int]int) ([]int, error) {
	pairs, taken := make([]int, len(old)), make([]bool, len(now))
	for i := range old {
		pairs[i] = -1
		if given != nil {
			to, ok := given[i+1]
			if !ok {
				continue
			}
			if to < 1 || to > len(now) || taken[to-1] {
				return nil, invalid(fmt.Sprintf("map.%d", i+1), storage.CodeRange, "no such new step, or one that is taken")
			}
			pairs[i], taken[to-1] = to-1, true
			continue
		}
		for k := range now {
			if !taken[k] && samePeople(&old[i], &now[k]) {
				pairs[i], taken[k] = k, true
				break
			}
		}
	}
	for i := range given {
		if i < 1 || i > len(old) {
			return nil, invalid(fmt.Sprintf("map.%d", i), storage.CodeRange, "no such old step")
		}
	}
	return pairs, nil
}

func samePeople(a, b *Step) bool {
	return len(a.Seats) == len(b.Seats) && !slices.ContainsFunc(a.Seats, func(s Seat) bool {
		return !slices.ContainsFunc(b.Seats, func(t Seat) bool { return s.Person == t.Person })
	})
}

// take gives the step the votes of an old one, of people who have a seat in both, and counts them by its own quorum.
func (s *Step) take(old *Step) {
	for i := range s.Seats {
		for k := range old.Seats {
			if v := old.Seats[k].Vote; v != nil && s.Seats[i].Person == old.Seats[k].Person && !s.voted(v.By) {
				s.Seats[i].Vote = v
				s.count(v)
				break
			}
		}
	}
}
