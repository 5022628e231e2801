package approval

import (
	"fmt"
	"slices"

	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// MaxChain is the longest chain of managers that is followed.
const MaxChain = 64

// Refusals of a policy that finds no one who may approve.
var (
	// ErrNoApprover: a stage has no one, or no one but the requester.
	ErrNoApprover = storage.NewError("approval.no_approver", "there is no one who may approve")
	// ErrCycle: the chain of managers comes back to someone who is in it already, or never ends.
	ErrCycle = storage.NewError("approval.cycle", "the chain of managers runs in a circle")
	// ErrLimit: no one in the chain of managers may approve so much.
	ErrLimit = storage.NewError("approval.limit", "no manager's limit suffices")
	// ErrCurrency: an amount and a bound or limit are of different currencies.
	ErrCurrency = storage.NewError("approval.currency", "the amounts are of different currencies")
)

// A Manager is someone above the requester.
type Manager struct {
	Person storage.Ref
	// Limit is the largest amount that the person may approve alone, if Limited.
	Limit   money.Amount
	Limited bool
}

// Candidates are the people among whom a policy finds approvers.
type Candidates struct {
	// Managers are those above the requester, nearest first.
	Managers []Manager
	// Roles holds the people of each role that the policy names.
	Roles map[string][]storage.Ref
}

// A Step is one decision to be made: any one of the approvers makes it. The steps of a request come one after another.
type Step struct {
	Approvers []storage.Ref `json:"approvers"`
	// Reason says why these.
	Reason string `json:"reason"`
	// Decision is nil while there is none.
	Decision *Decision `json:"decision,omitempty"`
}

// Resolve finds the steps that a policy asks for; none where no approval is needed. It does no I/O, so it serves a dry run
// as well as the real one.
//
// Errors: *storage.Invalid for a policy that makes no sense, ErrNoApprover, ErrCycle, ErrLimit, ErrCurrency.
func Resolve(p Policy, f Facts, c Candidates) ([]Step, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	needed, err := p.Needed(f)
	if err != nil || !needed {
		return nil, err
	}
	var steps []Step
	for _, s := range p.Stages {
		var found []Step
		switch s.Who {
		case Managers:
			found, err = climb(s, f, c.Managers)
		case People:
			for _, person := range s.People {
				if person != f.Requester {
					found = append(found, Step{Approvers: []storage.Ref{person}, Reason: "named by the policy"})
				}
			}
		case Role:
			holders := slices.DeleteFunc(slices.Clone(c.Roles[s.Role]), func(r storage.Ref) bool { return r == f.Requester || r.IsZero() })
			if len(holders) > 0 {
				found = []Step{{Approvers: holders, Reason: "holds the role " + s.Role}}
			}
		}
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, ErrNoApprover.With("%s %s", s.Who, s.Role)
		}
		steps = append(steps, found...)
	}
	return steps, nil
}

// climb asks managers, nearest first, until one's limit suffices or, with Levels, as many as that.
func climb(s Stage, f Facts, chain []Manager) ([]Step, error) {
	var steps []Step
	seen := map[storage.Ref]bool{f.Requester: true}
	for i, m := range chain {
		if seen[m.Person] || i >= MaxChain {
			return nil, ErrCycle.With("%s", m.Person)
		}
		seen[m.Person] = true
		enough, reason := true, "manager without a limit"
		switch {
		case s.Levels > 0:
			enough, reason = len(steps)+1 >= s.Levels, fmt.Sprintf("manager at level %d", len(steps)+1)
		case m.Limited:
			var err error
			if enough, err = m.covers(f.Amount); err != nil {
				return nil, err
			}
			reason = "manager whose limit of " + m.Limit.String() + " suffices"
			if !enough {
				reason = "manager whose limit of " + m.Limit.String() + " does not suffice"
			}
		}
		steps = append(steps, Step{Approvers: []storage.Ref{m.Person}, Reason: reason})
		if enough {
			return steps, nil
		}
	}
	if s.Levels == 0 && len(steps) > 0 {
		return nil, ErrLimit.With("%s", f.Amount)
	}
	return steps, nil
}

// covers reports whether the person may approve an amount alone.
func (m Manager) covers(a money.Amount) (bool, error) {
	if !m.Limited {
		return true, nil
	}
	c, err := a.Cmp(m.Limit)
	if err != nil {
		return false, ErrCurrency.With("%s against the limit of %s", a, m.Limit)
	}
	return c <= 0, nil
}
