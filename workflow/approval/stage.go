package approval

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow"
)

// Who says where a stage finds its approvers.
type Who string

// The ways to find approvers.
const (
	// Managers are those above the requester, one step each, until one's limits suffice.
	Managers Who = "managers"
	// People are named: one step each, or one step for all with a Quorum.
	People Who = "people"
	// Role is whoever holds a role: one step.
	Role Who = "role"
	// Named are the people whom a field of the document names: one step. The field is a list of "kind/id".
	Named Who = "field"
)

// A Stage is a part of a policy that yields one or more steps.
type Stage struct {
	Who Who `json:"who"`
	// Levels, where it is not 0, asks that many managers and looks at no limits. A shorter chain asks those there are.
	Levels int `json:"levels,omitempty"`
	// People are the approvers of a People stage, in the order in which they are asked.
	People []storage.Ref `json:"people,omitempty"`
	// Role is the name of a Role stage's role.
	Role string `json:"role,omitempty"`
	// Field is the declared field of a Named stage.
	Field string `json:"field,omitempty"`
	// Together, with People, makes one step of them, in which the Quorum counts.
	Together bool   `json:"together,omitempty"`
	Quorum   Quorum `json:"quorum,omitzero"`
	// Parallel opens the stage together with the one before it; all its steps are then open at once.
	Parallel bool `json:"parallel,omitempty"`
	// When, if given, asks the stage only where it holds.
	When *workflow.Condition `json:"when,omitempty"`
	// AboveAmount and AbovePercent, if given, ask the stage only above them: what equals the bound does not ask it.
	AboveAmount  *money.Amount    `json:"above_amount,omitempty"`
	AbovePercent *decimal.Decimal `json:"above_percent,omitempty"`
	// Due is how much working time there is to decide; 0 has no deadline.
	Due time.Duration `json:"due,omitempty"`
	// Remind are the shares of Due, in percent, after which those who have not decided are reminded.
	Remind []int `json:"remind,omitempty"`
	// Escalate says what happens when Due has passed. Without it the step is overdue, and that is told.
	Escalate *Escalation `json:"escalate,omitempty"`
}

// An Escalation gives a step that is overdue to someone else.
type Escalation struct {
	// Replace takes the step from those who have not decided; else the new ones may decide as well.
	Replace bool `json:"replace,omitempty"`
	// To are who is asked then; none are the managers of those who have not decided.
	To []storage.Ref `json:"to,omitempty"`
	// Times is how often, each after Due anew; 0 is once.
	Times int `json:"times,omitempty"`
}

func (s Stage) check(bad *storage.Invalid, path string, p *Policy, v *workflow.Vocabulary[*Facts]) {
	switch s.Who {
	case Managers:
		bad.Check(s.Levels >= 0, path+"levels", storage.CodeNegative, "")
		bad.Check(s.Levels <= MaxChain, path+"levels", storage.CodeRange, "")
		bad.Check(s.Quorum == Quorum{}, path+"quorum", storage.CodeChoice, "managers are asked one by one")
	case People:
		bad.Check(len(s.People) > 0, path+"people", storage.CodeRequired, "")
		bad.Check(len(s.People) <= maxPeople, path+"people", storage.CodeRange, "")
		bad.Check(s.Together || s.Quorum == Quorum{}, path+"quorum", storage.CodeChoice, "people are asked one by one, unless together")
		checkPeople(bad, path+"people", s.People, s.Together)
	case Role:
		bad.Check(s.Role != "", path+"role", storage.CodeRequired, "")
		bad.Check(len(s.Role) <= maxName, path+"role", storage.CodeTooLong, "")
	case Named:
		_, ok := p.declared(s.Field)
		bad.Check(ok, path+"field", workflow.CodeUnknownField, "")
	default:
		bad.Add(path+"who", storage.CodeChoice, "")
	}
	s.Quorum.check(bad, path+"quorum.")
	if s.Who == People && s.Together {
		if _, err := s.Quorum.Need(len(s.People)); err != nil {
			bad.Add(path+"quorum.n", storage.CodeRange, err.Error())
		}
	}
	checkCondition(bad, path+"when", s.When, v)
	if s.AboveAmount != nil {
		bad.Check(s.AboveAmount.Currency() != "", path+"above_amount", storage.CodeCurrency, "a bound has a currency")
		bad.Check(s.AboveAmount.Sign() >= 0, path+"above_amount", storage.CodeNegative, "")
		bad.Check(p.Currency() == "" || s.AboveAmount.Currency() == p.Currency(), path+"above_amount", storage.CodeCurrency, "the policy compares in "+string(p.Currency()))
	}
	bad.Check(s.AbovePercent == nil || s.AbovePercent.Sign() >= 0, path+"above_percent", storage.CodeNegative, "")
	bad.Check(s.Due >= 0 && s.Due <= maxDue, path+"due", storage.CodeRange, "")
	bad.Check(len(s.Remind) <= maxReminders, path+"remind", storage.CodeRange, "")
	last := 0
	for i, share := range s.Remind {
		bad.Check(share > last && share < 100 && s.Due > 0, fmt.Sprintf("%sremind.%d", path, i), storage.CodeRange,
			"shares of the time until it is due, rising")
		last = share
	}
	if e := s.Escalate; e != nil {
		bad.Check(s.Due > 0, path+"due", storage.CodeRequired, "an escalation has a deadline")
		bad.Check(e.Times >= 0 && e.Times <= MaxChain, path+"escalate.times", storage.CodeRange, "")
		bad.Check(len(e.To) <= maxPeople, path+"escalate.to", storage.CodeRange, "")
		checkPeople(bad, path+"escalate.to", e.To, true)
	}
}

// checkRef bounds a Ref that is kept within JSON as those are that have columns.
func checkRef(bad *storage.Invalid, path string, r storage.Ref) {
	bad.Text(path, r.Kind, 64)
	bad.Text(path, r.ID, 1024)
}

func checkPeople(bad *storage.Invalid, path string, people []storage.Ref, distinct bool) {
	seen := map[storage.Ref]bool{}
	for i, p := range people[:min(len(people), maxPeople)] {
		at := fmt.Sprintf("%s.%d", path, i)
		bad.Check(!p.IsZero(), at, storage.CodeRequired, "")
		checkRef(bad, at, p)
		bad.Check(!distinct || !seen[p], at, storage.CodeDuplicate, "")
		seen[p] = true
	}
}

// checkCondition compiles a condition; its faults keep their pointers, with dots, below the path.
func checkCondition(bad *storage.Invalid, path string, c *workflow.Condition, v *workflow.Vocabulary[*Facts]) {
	if c == nil || v == nil {
		return
	}
	_, err := v.Compile(*c)
	var invalid *storage.Invalid
	switch {
	case errors.As(err, &invalid):
		for _, f := range invalid.Fields {
			bad.Add(path+strings.TrimSuffix(strings.ReplaceAll(f.Path, "/", "."), "."), f.Code, f.Text)
		}
	case err != nil:
		bad.Add(path, storage.CodeFormat, err.Error())
	}
}
