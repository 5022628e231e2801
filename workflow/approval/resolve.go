package approval

import (
	"fmt"
	"slices"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow"
)

// Refusals of a policy that finds no one who may approve.
var (
	// ErrNoApprover: a stage has no one, or no one who may decide.
	ErrNoApprover = storage.NewError("approval.no_approver", "there is no one who may approve")
	// ErrCycle: the chain of managers comes back to someone who is in it already, or never ends.
	ErrCycle = storage.NewError("approval.cycle", "the chain of managers runs in a circle")
	// ErrLimit: no one in the chain of managers may approve so much.
	ErrLimit = storage.NewError("approval.limit", "no manager's limit suffices")
	// ErrCurrency: an amount and a bound or limit are of different currencies.
	ErrCurrency = storage.NewError("approval.currency", "the amounts are of different currencies")
)

// An Unresolved is a stage for which no step can be found.
type Unresolved struct {
	// Path leads to the stage in the policy: "stages.1", "terms.rules.0.stages.0.quorum".
	Path string
	Err  error
}

// Error says where and what.
func (u *Unresolved) Error() string { return u.Path + ": " + u.Err.Error() }

// Unwrap is what is wrong.
func (u *Unresolved) Unwrap() error { return u.Err }

// A Resolution is who has to approve something, and why.
type Resolution struct {
	Steps []Step `json:"steps"`
	// Rule is the name of the special case that was taken, "" where none applies.
	Rule string `json:"rule,omitempty"`
	// Notes tell, stage by stage, what was left out and why.
	Notes []string `json:"notes,omitempty"`
}

// Resolve finds the steps that a policy asks for; none where no approval is needed. It does no I/O, so it serves a dry run
// as well as the real one.
//
// Errors: *storage.Invalid for a policy that makes no sense, or a document that is not as it declares; ErrNoApprover, ErrCycle, ErrLimit, ErrCurrency and ErrQuorum in an *Unresolved.
func Resolve(p Policy, f Facts, c Candidates) ([]Step, error) {
	r, err := Explain(p, f, c)
	return r.Steps, err
}

// Explain is Resolve with the reasons of what was left out.
//
// Errors: as Resolve.
func Explain(p Policy, f Facts, c Candidates) (Resolution, error) {
	if err := p.Check(); err != nil {
		return Resolution{}, err
	}
	if err := f.Document.check(p.Terms.Declared); err != nil {
		return Resolution{}, err
	}
	needed, err := p.Needed(f)
	if err != nil {
		return Resolution{}, err
	}
	if !needed {
		return Resolution{Notes: []string{"not above the bound of the policy"}}, nil
	}
	r := &resolver{p: &p, f: &f, c: &c, v: p.vocabulary(&storage.Invalid{})}
	stages, path := p.Stages, "stages"
	for _, i := range p.Terms.bySpecificity() {
		rule := &p.Terms.Rules[i]
		holds, err := r.holds(&rule.When)
		if err != nil {
			return Resolution{}, err
		}
		if holds {
			stages, path, r.out.Rule = rule.Stages, fmt.Sprintf("terms.rules.%d.stages", i), rule.Name
			break
		}
	}
	for i := range stages {
		if err := r.stage(i, &stages[i]); err != nil {
			at := fmt.Sprintf("%s.%d", path, i)
			if inner, ok := err.(*Unresolved); ok {
				at, err = at+"."+inner.Path, inner.Err
			}
			return Resolution{}, &Unresolved{at, err}
		}
	}
	return r.out, nil
}

// resolver finds the steps of one request.
type resolver struct {
	p     *Policy
	f     *Facts
	c     *Candidates
	v     *workflow.Vocabulary[*Facts]
	out   Resolution
	used  []storage.Ref // who has come up, for Distinct
	group int
}

func (r *resolver) holds(c *workflow.Condition) (bool, error) {
	test, err := r.v.Compile(*c)
	if err != nil {
		return false, err
	}
	return test.Holds(&workflow.Facts[*Facts]{Doc: r.f, Now: r.f.At, Today: r.f.Today}), nil
}

func (r *resolver) note(stage int, format string, args ...any) {
	r.out.Notes = append(r.out.Notes, fmt.Sprintf("stage %d: ", stage+1)+fmt.Sprintf(format, args...))
}

// asked reports whether a stage applies.
func (r *resolver) asked(i int, s *Stage) (bool, error) {
	if s.When != nil {
		holds, err := r.holds(s.When)
		if err != nil {
			return false, err
		}
		if !holds {
			r.note(i, "its condition does not hold")
			return false, nil
		}
	}
	if s.AboveAmount != nil {
		over, err := above(r.f.base(), *s.AboveAmount)
		if err != nil {
			return false, err
		}
		if !over {
			r.note(i, "%s is not above %s", r.f.base(), *s.AboveAmount)
			return false, nil
		}
	}
	if s.AbovePercent != nil && !r.f.Percent.GreaterThan(*s.AbovePercent) {
		r.note(i, "%s %% is not above %s %%", r.f.Percent, *s.AbovePercent)
		return false, nil
	}
	return true, nil
}

// stage adds the steps of one stage.
func (r *resolver) stage(i int, s *Stage) error {
	yes, err := r.asked(i, s)
	if err != nil || !yes {
		return err
	}
	var found [][]Seat
	switch s.Who {
	case Managers:
		found, err = r.climb(i, s)
	case People:
		if s.Together {
			found = r.pool(i, s.People, "named by the policy")
			break
		}
		for _, person := range s.People {
			found = append(found, r.pool(i, []storage.Ref{person}, "named by the policy")...)
		}
	case Role:
		found = r.pool(i, r.c.Roles[s.Role], "holds the role "+s.Role)
	case Named:
		found = r.pool(i, r.f.Document.people(s.Field), "named by the field "+s.Field)
	}
	switch {
	case err != nil:
		return err
	case len(found) == 0:
		return ErrNoApprover.With("%s %s", s.Who, s.Role+s.Field)
	}
	if len(r.out.Steps) > 0 && !s.Parallel {
		r.group++
	}
	for n, seats := range found {
		need, err := s.Quorum.Need(len(seats))
		if err != nil {
			return &Unresolved{"quorum", err}
		}
		if n > 0 && !s.Parallel {
			r.group++
		}
		step := Step{Reason: seats[0].Reason, Stage: i, Group: r.group, Seats: seats, Need: need, First: s.Quorum.Count == FirstVote,
			Veto: s.Quorum.Veto, Due: s.Due, Remind: s.Remind, Escalate: s.Escalate}
		step.seated()
		r.out.Steps = append(r.out.Steps, step)
	}
	return nil
}

// pool gives each of some people who may decide a seat in one step.
func (r *resolver) pool(i int, people []storage.Ref, reason string) [][]Seat {
	var seats []Seat
	for _, p := range people {
		if p.IsZero() || seatOf(seats, p) {
			continue
		}
		if why := r.f.barred(p); why != "" {
			r.note(i, "%s %s", p, why)
			continue
		}
		seat, ok := r.seat(i, p, reason, seats)
		if ok {
			seats = append(seats, seat)
		}
	}
	if len(seats) == 0 {
		return nil
	}
	for k := range seats {
		r.delegated(&seats[k], seats)
		r.used = append(r.used, seats[k].Person)
	}
	return [][]Seat{seats}
}

func seatOf(seats []Seat, p storage.Ref) bool {
	return slices.ContainsFunc(seats, func(s Seat) bool { return s.Person == p || s.Holder == p })
}

// seat finds who has a place: the person, or the nearest manager where the person has left or, with Distinct, has come up before.
func (r *resolver) seat(i int, p storage.Ref, reason string, beside []Seat) (Seat, bool) {
	at, why := p, ""
	for range MaxChain {
		switch {
		case r.c.Left[at]:
			why = at.ID + " has left"
		case r.p.Terms.Repeat == Distinct && slices.Contains(r.used, at):
			why = at.ID + " is asked already"
		case at != p && (r.f.barred(at) != "" || seatOf(beside, at)):
		default:
			if at != p {
				reason = "in place of " + p.ID + ": " + why
				r.note(i, "%s %s", at, reason)
			}
			return Seat{Person: at, Holder: at, Reason: reason}, true
		}
		next := r.c.Above[at]
		if next.IsZero() || next == p {
			break
		}
		at = next
	}
	r.note(i, "%s: %s, and no one above", p, why)
	return Seat{}, false
}

// delegated finds who acts in a seat: not someone who has a seat beside it, since nobody votes twice in one step.
func (r *resolver) delegated(s *Seat, beside []Seat) {
	holder, reason := r.c.holder(s.Person, r.p.Name, r.f)
	switch {
	case holder != s.Person && seatOf(beside, holder):
		reason = "the delegate " + holder.ID + " decides here already"
	case holder != s.Person:
		s.Holder = holder
	}
	if reason != "" {
		s.Reason += "; " + reason
	}
}

// climb asks managers, nearest first, until one's limits suffice or, with Levels, as many as that. Who has left, may not decide, or has come up
// already is passed by.
func (r *resolver) climb(i int, s *Stage) ([][]Seat, error) {
	var found [][]Seat
	seen := map[storage.Ref]bool{r.f.Requester: true}
	for k, m := range r.c.Managers {
		if k >= MaxChain || seen[m.Person] {
			return nil, ErrCycle.With("%s", m.Person)
		}
		seen[m.Person] = true
		why := r.f.barred(m.Person)
		if r.c.Left[m.Person] {
			why = "has left"
		}
		if r.p.Terms.Repeat == Distinct && slices.Contains(r.used, m.Person) {
			why = "is asked already"
		}
		if why != "" {
			r.note(i, "%s %s", m.Person, why)
			continue
		}
		enough, reason := true, "manager without a limit"
		switch {
		case s.Levels > 0:
			enough, reason = len(found)+1 >= s.Levels, fmt.Sprintf("manager at level %d", len(found)+1)
		case m.Limited || m.PercentLimited:
			var err error
			if enough, err = m.covers(r.f); err != nil {
				return nil, err
			}
			reason = "manager whose " + m.limits() + " suffices"
			if !enough {
				reason = "manager whose " + m.limits() + " does not suffice"
			}
		}
		seat := Seat{Person: m.Person, Holder: m.Person, Reason: reason}
		r.delegated(&seat, nil)
		r.used = append(r.used, m.Person)
		if found = append(found, []Seat{seat}); enough {
			return found, nil
		}
	}
	if s.Levels == 0 && len(found) > 0 {
		return nil, ErrLimit.With("%s", r.f.base())
	}
	return found, nil
}
