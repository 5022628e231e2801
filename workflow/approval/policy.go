package approval

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow"
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
	Stages []Stage `json:"stages"`
	// Terms say more: special cases, edits, repetitions.
	Terms   Terms          `json:"terms,omitzero"`
	Fields  storage.Fields `json:"fields,omitempty"`
	Created time.Time      `json:"created"`
}

// Facts are what a policy is applied to.
type Facts struct {
	// Requester asks, and so never decides; nor does the Beneficiary, nor the Editor, who made the last material edit.
	Requester   storage.Ref
	Beneficiary storage.Ref
	Editor      storage.Ref
	// Amount is compared with a ByAmount policy and with the limits of managers. An Amount{} is within any limit.
	Amount money.Amount
	// Base is the Amount in the policy's currency, unrounded; see Convert. None is the Amount itself.
	Base money.Amount
	// Percent is compared with a ByPercent policy, and with limits in percent. Of a document with lines it is the worst one's; see Worst.
	Percent decimal.Decimal
	// Document has the declared fields.
	Document Document
	// At is when, for delegations and conditions; Today is the day in the company's zone.
	At    time.Time
	Today date.Date
}

// base is what is compared with bounds and limits.
func (f *Facts) base() money.Amount {
	if f.Base.Currency() != "" {
		return f.Base
	}
	return f.Amount
}

// barred says why someone may not decide, "" if he may.
func (f *Facts) barred(p storage.Ref) string {
	switch {
	case p == f.Requester:
		return "asked for it"
	case !f.Beneficiary.IsZero() && p == f.Beneficiary:
		return "benefits from it"
	case !f.Editor.IsZero() && p == f.Editor:
		return "edited it last"
	}
	return ""
}

// Convert is an amount in another currency at a rate: so many units of it for one. It is not rounded.
//
// Errors: those of money.FromDecimal.
func Convert(a money.Amount, to money.Currency, rate decimal.Decimal) (money.Amount, error) {
	return money.FromDecimal(to, a.Decimal().Mul(rate))
}

// Worst is the largest of the percentages of a document's lines; 0 where there are none. An average would hide a line that gives
// much away behind others that do not.
func Worst(lines ...decimal.Decimal) (worst decimal.Decimal) {
	for _, l := range lines {
		worst = decimal.Max(worst, l)
	}
	return worst
}

// Bounds on what a user may declare.
const (
	maxName      = 200
	maxStages    = 20
	maxPeople    = 50
	maxRules     = 100
	maxDeclared  = 100
	maxRatio     = 1_000_000
	maxReminders = 10
	maxDue       = 10_000 * time.Hour
	maxComments  = 1_000
	maxAdded     = 50
	maxText      = 10_000
)

// Check collects what is wrong with a policy. Conditions are checked against its declared fields, with paths such as "terms.rules.0.when.all.1.field".
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
		bad.Check(p.AboveAmount.Currency() == p.Currency(), "above_amount", storage.CodeCurrency, "the policy compares in "+string(p.Currency()))
	case ByPercent:
		bad.Check(p.AbovePercent.Sign() >= 0, "above_percent", storage.CodeNegative, "")
	default:
		bad.Add("measure", storage.CodeChoice, "")
	}
	v := p.vocabulary(&bad)
	p.checkStages(&bad, "stages", p.Stages, v)
	p.Terms.check(&bad, &p, v)
	return bad.Err()
}

func (p *Policy) checkStages(bad *storage.Invalid, path string, stages []Stage, v *workflow.Vocabulary[*Facts]) {
	bad.Check(len(stages) > 0, path, storage.CodeRequired, "a policy needs someone who approves")
	bad.Check(len(stages) <= maxStages, path, storage.CodeRange, "")
	for i, s := range stages {
		if i < maxStages {
			s.check(bad, fmt.Sprintf("%s.%d.", path, i), p, v)
		}
	}
}

// Currency is that in which amounts are compared; "" where the policy names none.
func (p Policy) Currency() money.Currency {
	if p.Terms.Currency != "" {
		return p.Terms.Currency
	}
	return p.AboveAmount.Currency()
}

// Needed reports whether the policy asks for approval: what equals the bound does not need it.
//
// Errors: ErrCurrency.
func (p Policy) Needed(f Facts) (bool, error) {
	switch p.Measure {
	case ByAmount:
		return above(f.base(), p.AboveAmount)
	case ByPercent:
		return f.Percent.GreaterThan(p.AbovePercent), nil
	}
	return true, nil
}

// above compares an amount with a bound, as they are.
func above(a, bound money.Amount) (bool, error) {
	c, err := a.Cmp(bound)
	if err != nil {
		return false, ErrCurrency.With("%s against the policy's bound of %s", a, bound)
	}
	return c > 0, nil
}
