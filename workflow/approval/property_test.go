package approval_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow"
	"github.com/tutas/tutas/workflow/approval"
)

var everyone = []storage.Ref{ana, ben, cem, dia, eli, fay, gus, hal}

// anything makes up a policy and an organisation, with circles, leavers and delegations.
func anything(rng *rand.Rand) (approval.Policy, approval.Candidates) {
	c := approval.Candidates{Above: map[storage.Ref]storage.Ref{}, Left: map[storage.Ref]bool{}, Roles: map[string][]storage.Ref{"r": some(rng, 5)}}
	for _, p := range everyone {
		if rng.IntN(4) > 0 {
			c.Above[p] = everyone[rng.IntN(len(everyone))]
		}
		if rng.IntN(12) == 0 {
			c.Left[p] = true
		}
	}
	for _, p := range some(rng, 5) {
		c.Managers = append(c.Managers, approval.Manager{Person: p, Limit: eur(fmt.Sprint(rng.IntN(2000))), Limited: rng.IntN(3) > 0})
	}
	for range rng.IntN(4) {
		d := approval.Delegation{From: everyone[rng.IntN(8)], To: everyone[rng.IntN(8)], Since: noon.Add(time.Duration(rng.IntN(20)-10) * time.Minute)}
		if rng.IntN(2) == 0 {
			d.Until = d.Since.Add(time.Duration(rng.IntN(30)) * time.Minute)
		}
		c.Delegations = append(c.Delegations, d)
	}
	p := approval.Policy{Name: "p", Version: 1, Measure: approval.Always}
	for range 1 + rng.IntN(3) {
		s := approval.Stage{Parallel: rng.IntN(3) == 0}
		switch rng.IntN(3) {
		case 0:
			s.Who, s.Levels = approval.Managers, rng.IntN(3)
		case 1:
			s.Who, s.People, s.Together = approval.People, some(rng, 4), rng.IntN(2) == 0
			if len(s.People) == 0 {
				s.People = []storage.Ref{fay}
			}
		default:
			s.Who, s.Role = approval.Role, "r"
		}
		if s.Who == approval.Role || s.Together {
			s.Quorum = []approval.Quorum{{}, {Count: approval.AnyOf}, {Count: approval.AllOf}, {Count: approval.NOf, N: 1, Veto: true},
				{Count: approval.Ratio, N: 2, Of: 3}}[rng.IntN(5)]
		}
		if rng.IntN(3) == 0 {
			s.Due, s.Remind, s.Escalate = time.Hour, []int{50}, &approval.Escalation{Replace: rng.IntN(2) == 0, Times: rng.IntN(3)}
		}
		p.Stages = append(p.Stages, s)
	}
	p.Terms.Repeat = []approval.Repeat{approval.AskAgain, approval.Consecutive, approval.Once, approval.Distinct}[rng.IntN(4)]
	p.Terms.Tolerance = decimal.NewFromInt(5)
	return p, c
}

func some(rng *rand.Rand, most int) []storage.Ref {
	list := slices.Clone(everyone)
	rng.Shuffle(len(list), func(i, k int) { list[i], list[k] = list[k], list[i] })
	return list[:rng.IntN(most)]
}

// anyCommand makes up something that happens.
func anyCommand(rng *rand.Rand, r approval.Request) approval.Command {
	c := approval.Command{By: everyone[rng.IntN(8)], Action: approval.Approve}
	if w := r.Waiting(); len(w) > 0 && rng.IntN(4) > 0 {
		c.By = w[rng.IntN(len(w))]
	}
	switch rng.IntN(16) {
	case 0, 1:
		c.Action = approval.Reject
	case 2:
		c.Action, c.Step = approval.Return, rng.IntN(4)
	case 3:
		c.Action, c.Person, c.After = approval.Add, everyone[rng.IntN(8)], rng.IntN(2) == 0
	case 4, 5:
		c.Action, c.Step = []approval.Action{approval.Escalate, approval.Remind}[rng.IntN(2)], 1+rng.IntN(3)
		if c.Step <= len(r.Steps) {
			c.Turn = r.Steps[c.Step-1].Turn
		}
		c.By = storage.Ref{}
	case 6:
		c.Action = approval.Reassign
	case 7:
		c.Action, c.Content = approval.Amend, approval.Content{Amount: eur(fmt.Sprint(850 + rng.IntN(150))), Digest: "d"}
	case 8:
		c.Action = approval.Migrate
	case 9:
		c.Action, c.Why = approval.Remark, "x"
	case 10:
		if rng.IntN(4) == 0 {
			c.Action = []approval.Action{approval.Recall, approval.Invalidate}[rng.IntN(2)]
		}
	case 11:
		c.Action, c.Ask = approval.AskFor, approval.Ask{Requester: ana, Subject: claim, Beneficiary: hal}
	}
	return c
}

// Whatever the policy, the organisation and the commands, in any order: who asked, benefits or edited last is never among the votes, nor is anyone
// twice in a step; an outcome is set once a generation; a refused command changes nothing; a vote is for an open seat of its holder; and the records make the
// state, from any point on and through JSON.
func TestDecisionsKeepTheRules(t *testing.T) {
	const seed = 20260302
	done, decided := 0, 0
	for n := range 20000 {
		rng := rand.New(rand.NewPCG(seed, uint64(n)))
		fail := func(format string, args ...any) {
			t.Helper()
			t.Fatalf("seed %d run %d: %s", seed, n, fmt.Sprintf(format, args...))
		}
		p, c := anything(rng)
		s := approval.Situation{Policy: &p, People: &c}
		at := noon
		list, err := approval.Decide(approval.Request{}, approval.Command{By: ana, Action: approval.AskFor, Content: approval.Content{Amount: eur("900")},
			Ask: approval.Ask{Requester: ana, Subject: claim, Beneficiary: hal}}, s, at)
		if err != nil {
			continue
		}
		done++
		r := approval.Fold(approval.Request{}, list...)
		all := slices.Clone(list)
		deep := n%40 == 0 // what is slow to compare
		for range 12 {
			at = at.Add(time.Duration(rng.IntN(4)) * time.Minute)
			cmd := anyCommand(rng, r)
			var before []byte
			if deep {
				before, _ = json.Marshal(r)
			}
			list, err := approval.Decide(r, cmd, s, at)
			if err != nil && len(list) > 0 {
				fail("a refused command has records")
			}
			next := r
			for i, e := range list {
				if e.Number != next.Flow.Count+1 {
					fail("%s has number %d after %d", e.Name, e.Number, next.Flow.Count)
				}
				if e.Name == approval.DidVote || e.Name == approval.DidSatisfy {
					step := next.Steps[e.Step-1]
					seat := step.Seats[e.Seat]
					if step.State != approval.StepOpen || seat.Vote != nil || seat.Gone {
						fail("a vote for what is not open: %+v", e)
					}
					if e.By != seat.Holder && e.By != seat.Person && !delegatedTo(c, seat.Person, e.By, at) {
						fail("%s is not to vote for %+v", e.By, seat)
					}
				}
				if open := next.State == approval.Pending; !open && i == 0 && (e.Name == approval.DidVote || e.Name == approval.DidReturn) {
					fail("%s when it is %s", e.Name, next.State)
				}
				was := next.State
				if next = approval.Evolve(next, e); was != approval.Pending && next.State != was && e.Name != approval.DidSubmit && !e.Material &&
					(e.Name != approval.DidVoid && e.Name != approval.DidRecall) {
					fail("%s makes %s of %s", e.Name, next.State, was)
				}
			}
			if deep {
				if now, _ := json.Marshal(r); !bytes.Equal(before, now) {
					fail("%s changed what it was given", cmd.Action)
				}
			}
			all, r = append(all, list...), next
			checkVotes(r, fail)
			if len(list) > 0 {
				decided++
			}
		}
		if deep {
			state := approval.Request{}
			for _, e := range all {
				b, err := json.Marshal(e)
				var back approval.Record
				if err != nil || json.Unmarshal(b, &back) != nil {
					fail("a record is no JSON: %v", err)
				}
				next := approval.Evolve(state, back)
				b, _ = json.Marshal(next)
				state = approval.Request{}
				if err := json.Unmarshal(b, &state); err != nil {
					fail("a state is no JSON: %v", err)
				}
			}
			a, _ := json.Marshal(state)
			b, _ := json.Marshal(r)
			if !bytes.Equal(a, b) {
				fail("replayed\n%s\nis not\n%s", a, b)
			}
		} else if got := approval.Fold(approval.Request{}, all...); got.State != r.State || got.Flow.Count != r.Flow.Count || names(got.Steps) != names(r.Steps) {
			fail("replayed it is another")
		}
	}
	if done < 8000 || decided < 30000 {
		t.Fatalf("only %d requests and %d decisions were tried", done, decided)
	}
}

// delegatedTo reports whether delegations lead from one to another.
func delegatedTo(c approval.Candidates, from, to storage.Ref, at time.Time) bool {
	reached := []storage.Ref{from}
	for i := 0; i < len(reached); i++ {
		for _, d := range c.Delegations {
			if d.From == reached[i] && d.In("p", at) && !slices.Contains(reached, d.To) {
				reached = append(reached, d.To)
			}
		}
	}
	return slices.Contains(reached, to)
}

func checkVotes(r approval.Request, fail func(string, ...any)) {
	for i, s := range r.Steps {
		yes, seen := 0, []storage.Ref{}
		for _, seat := range s.Seats {
			v := seat.Vote
			if v == nil {
				continue
			}
			if v.By == ana || v.By == hal || v.By.IsZero() || !r.Flow.Editor.IsZero() && v.By == r.Flow.Editor {
				fail("%s is among the votes of step %d", v.By, i+1)
			}
			if slices.Contains(seen, v.By) {
				fail("%s votes twice in step %d", v.By, i+1)
			}
			if seen = append(seen, v.By); v.Verdict == approval.Yes {
				yes++
			}
		}
		if s.State == approval.StepApproved && yes < s.Need {
			fail("step %d is approved by %d of %d", i+1, yes, s.Need)
		}
		if r.State == approval.Approved && s.State != approval.StepApproved {
			fail("approved without step %d", i+1)
		}
	}
}

// The plan is what happens if nobody moves.
func TestThePlanEqualsTheRun(t *testing.T) {
	tried := 0
	for n := range 20000 {
		rng := rand.New(rand.NewPCG(7, uint64(n)))
		p, c := anything(rng)
		for i := range p.Stages {
			p.Stages[i].Escalate, p.Stages[i].Remind, p.Stages[i].Due = nil, nil, 0
		}
		s := approval.Situation{Policy: &p, People: &c}
		plan, err := approval.Resolve(p, approval.Facts{Requester: ana, Amount: eur("900"), At: noon}, c)
		list, err2 := approval.Decide(approval.Request{}, approval.Command{By: ana, Action: approval.AskFor, Content: approval.Content{Amount: eur("900")},
			Ask: approval.Ask{Requester: ana, Subject: claim}}, s, noon)
		if (err == nil) != (err2 == nil) {
			t.Fatalf("run %d: %v, %v", n, err, err2)
		}
		if err != nil {
			continue
		}
		tried++
		r := approval.Fold(approval.Request{}, list...)
		for r.State == approval.Pending {
			by := r.Waiting()[0]
			more, err := approval.Decide(r, approval.Command{By: by, Action: approval.Approve}, s, noon)
			if err != nil {
				t.Fatalf("run %d: %s, who waits: %v", n, by, err)
			}
			r = approval.Fold(r, more...)
		}
		if r.State != approval.Approved || names(r.Steps) != names(plan) {
			t.Fatalf("run %d: %s, planned %s, asked %s", n, r.State, names(plan), names(r.Steps))
		}
	}
	if tried < 8000 {
		t.Fatal("too few were tried:", tried)
	}
}

func BenchmarkDecide(b *testing.B) {
	p := always(approval.Stage{Who: approval.Role, Role: "r", Quorum: approval.Quorum{Count: approval.NOf, N: 2}}, people(dia))
	c := approval.Candidates{Roles: map[string][]storage.Ref{"r": {fay, gus, hal}}}
	s := approval.Situation{Policy: &p, People: &c}
	list, err := approval.Decide(approval.Request{}, approval.Command{By: ana, Action: approval.AskFor,
		Ask: approval.Ask{Requester: ana, Subject: claim}}, s, noon)
	if err != nil {
		b.Fatal(err)
	}
	r := approval.Fold(approval.Request{}, list...)
	for b.Loop() {
		if _, err := approval.Decide(r, approval.Command{By: gus, Action: approval.Approve}, s, noon); err != nil {
			b.Fatal(err)
		}
	}
}

func TestBadDefinitionsAreRefusedWithTheirPaths(t *testing.T) {
	field := func(name string) *workflow.Condition {
		return &workflow.Condition{Field: name, Op: workflow.OpPresent}
	}
	for want, change := range map[string]func(*approval.Policy){
		"stages required": func(p *approval.Policy) { p.Stages = nil },
		"stages.0.quorum.n range": func(p *approval.Policy) {
			p.Stages[0].Together, p.Stages[0].Quorum = true, approval.Quorum{Count: approval.NOf, N: 3}
		},
		"stages.0.quorum.of range":          func(p *approval.Policy) { p.Stages[0].Together, p.Stages[0].Quorum.Count = true, approval.Ratio },
		"stages.0.quorum.count choice":      func(p *approval.Policy) { p.Stages[0].Together, p.Stages[0].Quorum.Count = true, "most" },
		"stages.0.when.field unknown_field": func(p *approval.Policy) { p.Stages[0].When = field("colour") },
		"terms.rules.0.when.all.0.field unknown_field": func(p *approval.Policy) {
			p.Terms.Rules = []approval.Rule{{Name: "x", When: workflow.Condition{All: []workflow.Condition{*field("colour")}}, Stages: p.Stages}}
		},
		"terms.rules.0.stages required": func(p *approval.Policy) { p.Terms.Rules = []approval.Rule{{Name: "x"}} },
		"terms.locked.0 unknown_field":  func(p *approval.Policy) { p.Terms.Locked = []string{"colour"} },
		"terms.tolerance negative":      func(p *approval.Policy) { p.Terms.Tolerance = decimal.NewFromInt(-1) },
		"terms.declared duplicate": func(p *approval.Policy) {
			p.Terms.Declared = []approval.Declared{{Name: "amount", Kind: workflow.KindMoney}}
		},
		"stages.0.due required":       func(p *approval.Policy) { p.Stages[0].Escalate = &approval.Escalation{} },
		"stages.0.remind.0 range":     func(p *approval.Policy) { p.Stages[0].Remind = []int{50} },
		"stages.0.people.1 duplicate": func(p *approval.Policy) { p.Stages[0].Together, p.Stages[0].People = true, []storage.Ref{ben, ben} },
	} {
		p := always(people(ben, cem))
		change(&p)
		var path, code string
		if _, err := fmt.Sscan(want, &path, &code); err != nil {
			t.Fatal(err)
		}
		if err := p.Check(); !storage.Has(err, path, code) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	_, err := approval.Resolve(always(approval.Stage{Who: approval.Role, Role: "r", Quorum: approval.Quorum{Count: approval.NOf, N: 3}}),
		approval.Facts{Requester: ana}, approval.Candidates{Roles: map[string][]storage.Ref{"r": {ana, fay, gus}}})
	if err == nil || err.Error() != "stages.0.quorum: the quorum is larger than the number of people: 3 of 2" {
		t.Error(err)
	}
}
