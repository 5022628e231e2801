package approval

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow"
)

// Repeat says what becomes of a person who comes up more than once.
type Repeat string

// The ways to treat who comes up again.
const (
	// AskAgain asks for each step anew. It is the default.
	AskAgain Repeat = ""
	// Consecutive lets one consent serve steps that follow one another directly.
	Consecutive Repeat = "consecutive"
	// Once lets one consent serve all later steps.
	Once Repeat = "once"
	// Distinct asks someone else instead: the nearest manager who has not come up yet.
	Distinct Repeat = "distinct"
)

// Terms are what a policy says beyond its bound and its stages. The zero Terms say nothing.
type Terms struct {
	// Currency is that in which amounts are compared with bounds and limits; "" is that of AboveAmount. An amount in another one is
	// converted once, when it is submitted, and never rounded.
	Currency money.Currency `json:"currency,omitempty"`
	// Declared are the fields of the document that conditions, stages and edits may speak of, besides amount, percent, currency, requester and beneficiary.
	Declared []Declared `json:"declared,omitempty"`
	// Rules replace the stages where they apply. Of those that do, the most specific is taken.
	Rules  []Rule `json:"rules,omitempty"`
	Repeat Repeat `json:"repeat,omitempty"`
	// Material are the fields whose edit voids the votes: "amount", "percent", "digest" and declared ones. None is all of them but the digest.
	Material []string `json:"material,omitempty"`
	// Tolerance is by how much, in percent of what was approved, an amount or number may change, either way, and votes be kept.
	// What equals it is kept.
	Tolerance decimal.Decimal `json:"tolerance,omitzero"`
	// Locked are the fields that may not be edited while a request is pending.
	Locked []string `json:"locked,omitempty"`
}

// A Rule is a special case with stages of its own.
type Rule struct {
	Name   string             `json:"name"`
	When   workflow.Condition `json:"when"`
	Stages []Stage            `json:"stages"`
}

// Declared is a field of the document that the policy knows.
type Declared struct {
	Name    string        `json:"name"`
	Kind    workflow.Kind `json:"kind"`
	Choices []string      `json:"choices,omitempty"`
}

// specificity is how many comparisons a condition makes.
func specificity(c *workflow.Condition) (n int) {
	if c.Field != "" || c.Predicate != "" {
		n = 1
	}
	for i := range c.All {
		n += specificity(&c.All[i])
	}
	if len(c.Any) > 0 { // one of them is enough
		least := specificity(&c.Any[0])
		for i := range c.Any {
			least = min(least, specificity(&c.Any[i]))
		}
		n += least
	}
	if c.Not != nil {
		n += specificity(c.Not)
	}
	return n
}

// bySpecificity orders rules: those that compare more come first, in the order in which they are declared.
func (t Terms) bySpecificity() []int {
	order := make([]int, len(t.Rules))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(specificity(&t.Rules[b].When), specificity(&t.Rules[a].When))
	})
	return order
}

func (p *Policy) declared(name string) (Declared, bool) {
	for _, d := range p.Terms.Declared {
		if d.Name == name {
			return d, true
		}
	}
	return Declared{}, false
}

// ownFields are those that every policy knows.
var ownFields = []string{"amount", "percent", "digest"}

func (t Terms) check(bad *storage.Invalid, p *Policy, v *workflow.Vocabulary[*Facts]) {
	bad.Check(len(t.Currency) <= 32, "terms.currency", storage.CodeTooLong, "")
	bad.Check(t.Tolerance.Sign() >= 0, "terms.tolerance", storage.CodeNegative, "")
	bad.Check(t.Tolerance.Exponent() >= -100 && t.Tolerance.Exponent() <= 100, "terms.tolerance", storage.CodeRange, "")
	bad.Check(slices.Contains([]Repeat{AskAgain, Consecutive, Once, Distinct}, t.Repeat), "terms.repeat", storage.CodeChoice, "")
	for path, list := range map[string][]string{"terms.locked": t.Locked, "terms.material": t.Material} {
		for i, name := range list {
			_, ok := p.declared(name)
			bad.Check(ok || slices.Contains(ownFields, name), fmt.Sprintf("%s.%d", path, i), workflow.CodeUnknownField, name)
		}
	}
	bad.Check(len(t.Rules) <= maxRules, "terms.rules", storage.CodeRange, "")
	for i := range t.Rules[:min(len(t.Rules), maxRules)] {
		r, path := &t.Rules[i], fmt.Sprintf("terms.rules.%d.", i)
		bad.Check(r.Name != "", path+"name", storage.CodeRequired, "")
		bad.Text(path+"name", r.Name, maxName)
		checkCondition(bad, path+"when", &r.When, v)
		p.checkStages(bad, path+"stages", r.Stages, v)
	}
}
