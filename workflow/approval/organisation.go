package approval

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// MaxChain is the longest chain of managers that is followed.
const MaxChain = 64

// A Manager is someone above the requester.
type Manager struct {
	Person storage.Ref
	// Limit is the largest amount that the person may approve alone, if Limited: what equals it is covered.
	Limit   money.Amount
	Limited bool
	// Percent is the largest percentage, if PercentLimited.
	Percent        decimal.Decimal
	PercentLimited bool
}

// Candidates are the people among whom a policy finds approvers: what a decision needs to know of the organisation.
type Candidates struct {
	// Managers are those above the requester, nearest first.
	Managers []Manager
	// Roles holds the people of each role that the policy names.
	Roles map[string][]storage.Ref
	// Above holds the manager of people; whom it does not name has none, or is not asked about.
	Above map[storage.Ref]storage.Ref
	// Left are those who do not work here any more, and the places that are vacant: whoever is above is asked.
	Left map[storage.Ref]bool
	// Delegations are those that may be in force.
	Delegations []Delegation
}

// A Delegation lets someone decide for another while it lasts, within that one's limits.
type Delegation struct {
	From storage.Ref `json:"from"`
	To   storage.Ref `json:"to"`
	// Since and Until bound it: it is in force at Since and no more at Until. No Until has no end.
	Since time.Time `json:"since"`
	Until time.Time `json:"until,omitzero"`
	// Policy is the only one for which it holds; "" is all.
	Policy string `json:"policy,omitempty"`
}

// In reports whether the delegation is in force for a policy at an instant.
func (d Delegation) In(policy string, at time.Time) bool {
	return (d.Policy == "" || d.Policy == policy) && !at.Before(d.Since) && (d.Until.IsZero() || at.Before(d.Until))
}

// delegate is whom a person delegates to at an instant; one for this policy goes before one for all. The zero Ref is no one.
func (c *Candidates) delegate(p storage.Ref, policy string, at time.Time) (to storage.Ref) {
	for _, d := range c.Delegations {
		if d.From == p && d.In(policy, at) {
			if d.Policy != "" {
				return d.To
			}
			if to.IsZero() {
				to = d.To
			}
		}
	}
	return to
}

// holder follows delegations, those of delegates too, to who decides for a person now. Delegations that run in a circle, or to someone who may
// not decide, leave it with the person; the reason says so.
func (c *Candidates) holder(p storage.Ref, policy string, f *Facts) (holder storage.Ref, reason string) {
	seen := []storage.Ref{p}
	last := p
	for range MaxChain {
		to := c.delegate(last, policy, f.At)
		if to.IsZero() || c.Left[to] {
			break
		}
		for _, s := range seen {
			if s == to {
				return p, "delegations run in a circle"
			}
		}
		seen, last = append(seen, to), to
	}
	if last == p {
		return p, ""
	}
	if why := f.barred(last); why != "" {
		return p, "the delegate " + last.ID + " " + why
	}
	return last, "delegated to " + last.ID
}

// covers reports whether the person may approve this alone.
func (m Manager) covers(f *Facts) (bool, error) {
	if m.PercentLimited && f.Percent.GreaterThan(m.Percent) {
		return false, nil
	}
	if !m.Limited {
		return true, nil
	}
	c, err := f.base().Cmp(m.Limit)
	if err != nil {
		return false, ErrCurrency.With("%s against the limit of %s", f.base(), m.Limit)
	}
	return c <= 0, nil
}

// limits are the person's limits, in words.
func (m Manager) limits() string {
	switch {
	case m.Limited && m.PercentLimited:
		return "limit of " + m.Limit.String() + " and " + m.Percent.String() + " %"
	case m.PercentLimited:
		return "limit of " + m.Percent.String() + " %"
	}
	return "limit of " + m.Limit.String()
}
