package approval

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// Measure is what a policy looks at to tell whether approval is needed.
type Measure string

// The measures.
const (
	// Always needs approval, whatever the figures.
	Always Measure = "always"
	// ByAmount needs approval above AboveAmount.
	ByAmount Measure = "amount"
	// ByPercent needs approval above AbovePercent.
	ByPercent Measure = "percent"
)

// Who says where a stage finds its approvers.
type Who string

// The ways to find approvers.
const (
	// Managers are those above the requester, one step each, until one's limit suffices.
	Managers Who = "managers"
	// People are named, one step each.
	People Who = "people"
	// Role is whoever holds a role: one step, in which any one of them decides.
	Role Who = "role"
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
}

// A Policy says when approval is needed and who gives it. It is data: it can be kept as JSON and changed by a user.
type Policy struct {
	ID      storage.ID[Policy] `json:"id"`
	Version int64              `json:"version"`
	// Name is how documents ask for it, and what people's limits are given for: "discount".
	Name    string  `json:"name"`
	Measure Measure `json:"measure"`
	// AboveAmount is the largest amount that needs no approval, for ByAmount.
	AboveAmount money.Amount `json:"above_amount"`
	// AbovePercent is the largest percentage that needs no approval, for ByPercent: 10 is 10 %.
	AbovePercent decimal.Decimal `json:"above_percent"`
	// Stages come one after another.
	Stages  []Stage        `json:"stages"`
	Fields  storage.Fields `json:"fields,omitempty"`
	Created time.Time      `json:"created"`
}

// Facts are what a policy is applied to.
type Facts struct {
	// Requester asks, and so never decides.
	Requester storage.Ref
	// Amount is compared with a ByAmount policy and with the limits of managers. An Amount{} is within any limit.
	Amount money.Amount
	// Percent is compared with a ByPercent policy.
	Percent decimal.Decimal
}

// Bounds on what a user may declare.
const (
	maxName   = 200
	maxStages = 20
	maxPeople = 50
)

// Check collects what is wrong with a policy.
//
// Errors: *storage.Invalid.
func (p Policy) Check() error {
	var bad storage.Invalid
	bad.Check(p.Name != "", "name", storage.CodeRequired, "")
	bad.Check(len(p.Name) <= maxName, "name", storage.CodeTooLong, "")
	switch p.Measure {
	case Always:
	case ByAmount:
		bad.Check(p.AboveAmount.Currency() != "", "above_amount", storage.CodeCurrency, "a bound has a currency")
		bad.Check(p.AboveAmount.Sign() >= 0, "above_amount", storage.CodeNegative, "")
	case ByPercent:
		bad.Check(p.AbovePercent.Sign() >= 0, "above_percent", storage.CodeNegative, "")
	default:
		bad.Add("measure", storage.CodeChoice, "")
	}
	bad.Check(len(p.Stages) > 0, "stages", storage.CodeRequired, "a policy needs someone who approves")
	bad.Check(len(p.Stages) <= maxStages, "stages", storage.CodeRange, "")
	for i, s := range p.Stages {
		s.check(&bad, fmt.Sprintf("stages.%d.", i))
	}
	return bad.Err()
}

func (s Stage) check(bad *storage.Invalid, path string) {
	switch s.Who {
	case Managers:
		bad.Check(s.Levels >= 0, path+"levels", storage.CodeNegative, "")
		bad.Check(s.Levels <= MaxChain, path+"levels", storage.CodeRange, "")
	case People:
		bad.Check(len(s.People) > 0, path+"people", storage.CodeRequired, "")
		bad.Check(len(s.People) <= maxPeople, path+"people", storage.CodeRange, "")
		for i, p := range s.People {
			bad.Check(!p.IsZero(), fmt.Sprintf("%speople.%d", path, i), storage.CodeRequired, "")
		}
	case Role:
		bad.Check(s.Role != "", path+"role", storage.CodeRequired, "")
		bad.Check(len(s.Role) <= maxName, path+"role", storage.CodeTooLong, "")
	default:
		bad.Add(path+"who", storage.CodeChoice, "")
	}
}

// Needed reports whether the policy asks for approval: what equals the bound does not need it.
//
// Errors: ErrCurrency.
func (p Policy) Needed(f Facts) (bool, error) {
	switch p.Measure {
	case ByAmount:
		c, err := f.Amount.Cmp(p.AboveAmount)
		if err != nil {
			return false, ErrCurrency.With("%s against the policy's bound of %s", f.Amount, p.AboveAmount)
		}
		return c > 0, nil
	case ByPercent:
		return f.Percent.GreaterThan(p.AbovePercent), nil
	}
	return true, nil
}
