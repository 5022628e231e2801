package approval

import (
	"context"
	"slices"

	"github.com/tutas/tutas/storage"
)

// A staff loads what a decision needs to know of people, each once.
type staff struct {
	a     *Approvals
	tx    *storage.Tx
	p     *Policy
	f     *Facts
	c     Candidates
	known map[storage.Ref]bool
}

func (a *Approvals) staff(tx *storage.Tx, p *Policy, f *Facts) *staff {
	return &staff{a: a, tx: tx, p: p, f: f, known: map[storage.Ref]bool{}, c: Candidates{Roles: map[string][]storage.Ref{},
		Above: map[storage.Ref]storage.Ref{}, Left: map[storage.Ref]bool{}}}
}

// stages loads the people of all stages that may be asked.
func (s *staff) stages(ctx context.Context) error {
	all := slices.Clone(s.p.Stages)
	for _, r := range s.p.Terms.Rules {
		all = append(all, r.Stages...)
	}
	for _, stage := range all {
		people := stage.People
		switch stage.Who {
		case Managers:
			if err := s.climb(ctx, stage); err != nil {
				return err
			}
			continue
		case Role:
			if s.a.p.Roles == nil {
				continue
			}
			members, err := s.a.p.Roles.Members(ctx, s.tx, stage.Role)
			if err != nil {
				return err
			}
			s.c.Roles[stage.Role], people = members, members
		case Named:
			people = s.f.Document.people(stage.Field)
		}
		for _, p := range people {
			if err := s.person(ctx, p, s.p.Terms.Repeat == Distinct); err != nil {
				return err
			}
		}
	}
	return s.delegations(ctx)
}

// person learns whether someone has left, and who is above: of those who have left, and of all if that is wanted.
func (s *staff) person(ctx context.Context, p storage.Ref, above bool) error {
	for n := 0; n < MaxChain && !p.IsZero(); n++ {
		if !s.known[p] {
			s.known[p] = true
			if s.a.p.Employment != nil {
				left, err := s.a.p.Employment.Left(ctx, s.tx, p)
				if err != nil {
					return err
				}
				if left {
					s.c.Left[p] = true
				}
			}
		}
		if s.a.p.Org == nil || !above && !s.c.Left[p] && s.f.barred(p) == "" {
			return nil
		}
		boss, ok := s.c.Above[p]
		if !ok {
			var err error
			if boss, err = s.a.p.Org.Manager(ctx, s.tx, p); err != nil {
				return err
			}
			s.c.Above[p] = boss
		}
		p = boss
	}
	return nil
}

// climb loads the chain of managers as far as a stage needs, on from what an earlier stage has found. It stops at someone who is in
// the chain already, which Resolve then refuses.
func (s *staff) climb(ctx context.Context, stage Stage) error {
	if s.a.p.Org == nil {
		return nil
	}
	person, level := s.f.Requester, 0
	for i := 0; i <= MaxChain; i++ {
		if i == len(s.c.Managers) {
			boss, err := s.a.p.Org.Manager(ctx, s.tx, person)
			if err != nil || boss.IsZero() {
				return err
			}
			seen := boss == s.f.Requester || slices.ContainsFunc(s.c.Managers, func(m Manager) bool { return m.Person == boss })
			m := Manager{Person: boss}
			if !seen {
				if err := s.manager(ctx, &m); err != nil {
					return err
				}
			}
			if s.c.Managers = append(s.c.Managers, m); seen {
				return nil
			}
		}
		m := s.c.Managers[i]
		person = m.Person
		if s.c.Left[person] || s.f.barred(person) != "" || s.p.Terms.Repeat == Distinct {
			continue
		}
		level++
		enough, err := m.covers(s.f)
		if stage.Levels > 0 {
			enough, err = level >= stage.Levels, nil
		}
		if err != nil || enough {
			return err
		}
	}
	return nil
}

func (s *staff) manager(ctx context.Context, m *Manager) (err error) {
	if m.Limit, m.Limited, err = s.a.p.Org.Limit(ctx, s.tx, m.Person, s.p.Name); err != nil {
		return err
	}
	if s.a.p.Limits != nil {
		if m.Percent, m.PercentLimited, err = s.a.p.Limits.PercentLimit(ctx, s.tx, m.Person, s.p.Name); err != nil {
			return err
		}
	}
	return s.person(ctx, m.Person, false)
}

// seats loads what may have changed for those who have not voted yet.
func (s *staff) seats(ctx context.Context, r *Request, above bool) error {
	for i := range r.Steps {
		if r.Steps[i].Decision != nil {
			continue
		}
		people := []storage.Ref{}
		for k := range r.Steps[i].Seats {
			if r.Steps[i].Seats[k].waits() {
				people = append(people, r.Steps[i].Seats[k].Person)
			}
		}
		if r.Steps[i].Escalate != nil && above {
			people = append(people, r.Steps[i].Escalate.To...)
		}
		for _, p := range people {
			if err := s.person(ctx, p, above); err != nil {
				return err
			}
		}
	}
	return s.delegations(ctx)
}

// delegations loads those of everyone known, and of their delegates.
func (s *staff) delegations(ctx context.Context) error {
	asked := map[storage.Ref]bool{}
	for range MaxChain {
		var ask []storage.Ref
		for p := range s.known {
			if !asked[p] {
				asked[p] = true
				ask = append(ask, p)
			}
		}
		if len(ask) == 0 {
			break
		}
		slices.SortFunc(ask, func(a, b storage.Ref) int { return compareRefs(a, b) })
		for len(ask) > 0 { // those of one kind at a time
			n := 1
			for n < len(ask) && ask[n].Kind == ask[0].Kind {
				n++
			}
			if err := s.delegated(ctx, ask[:n]); err != nil {
				return err
			}
			ask = ask[n:]
		}
	}
	return nil
}

// delegated loads the delegations of people of one kind, and whom they name.
func (s *staff) delegated(ctx context.Context, from []storage.Ref) error {
	q := storage.Query{Where: []storage.Cond{storage.In("from", from...)}, Order: []string{"since"}}
	for d, err := range delegations.All(ctx, s.tx, q) {
		if err != nil {
			return err
		}
		if !d.In(s.p.Name, s.f.At) {
			continue
		}
		s.c.Delegations = append(s.c.Delegations, d.Delegation)
		if err := s.person(ctx, d.To, false); err != nil {
			return err
		}
	}
	return nil
}
