package insight

import (
	"cmp"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
)

// A Side is where a tension is.
type Side string

// The sides: winning customers, and running what was won.
const (
	Growth    Side = "growth"
	Structure Side = "structure"
)

// The codes of tensions.
const (
	DeadDeals       = "dead_deals"
	FallingWins     = "falling_wins"
	FadingCustomers = "fading_customers"
	GivenAway       = "discounts"
	LossMakers      = "loss_makers"
	Overload        = "overload"
	LatePayment     = "late_payment"
)

// A Policy says how things are weighed that the books cannot tell.
type Policy struct {
	// Provision is how many percent of what is overdue will never be paid: up to 30 days late, 60, 90, and more. None is 1, 5, 20
	// and 50.
	Provision []decimal.Decimal `json:"provision,omitempty"`
	// Steps is how many things to do are named, 3 if zero.
	Steps int `json:"steps,omitempty"`
}

func (p Policy) complete() Policy {
	if len(p.Provision) == 0 {
		p.Provision = []decimal.Decimal{decimal.New(1, 0), decimal.New(5, 0), decimal.New(20, 0), decimal.New(50, 0)}
	}
	if p.Steps <= 0 {
		p.Steps = 3
	}
	return p
}

// A Tension is something that costs money that could be kept.
type Tension struct {
	// Code is a word for programs; Text and Do say to people what is, and what to do about it.
	Code string `json:"code"`
	Side Side   `json:"side"`
	Text string `json:"text"`
	Do   string `json:"do"`
	// Count and Amount are the figures behind it: deals, customers, months; money as the customer pays it.
	Count  int64        `json:"count"`
	Amount money.Amount `json:"amount"`
	// AtStake is that in kept money.
	AtStake money.Amount `json:"at_stake"`
	// Counted is false where a larger tension of the same side tells of the same money.
	Counted bool `json:"counted"`
}

// A Weight is what is at stake on a side.
type Weight struct {
	AtStake  money.Amount `json:"at_stake"`
	Tensions []Tension    `json:"tensions"`
}

// A Diagnosis tells where the tension is.
type Diagnosis struct {
	Period    date.Period    `json:"period"`
	Currency  money.Currency `json:"currency"`
	Growth    Weight         `json:"growth"`
	Structure Weight         `json:"structure"`
	// First is the side where more is at stake, structure if both weigh the same; "" where nothing is.
	First Side `json:"first"`
	// Steps are the things to do, the one with the most at stake first.
	Steps []Tension `json:"steps"`
	// Text says it in a sentence or two.
	Text string `json:"text"`
	// Missing names what could not be looked at.
	Missing []string `json:"missing,omitempty"`
}

// Diagnose holds growth against structure in kept money. It needs no storage, and the same facts give the same words.
//
// On the side of growth: what the dead deals of the forecast would keep at the period's gross margin; what the last quarter won
// less than the one before, at the same margin; and what customers who fade used to bring, likewise. The latter two are often
// the same money, so only the larger counts. On the side of structure: all that was given away below list; what loss-making
// products or customers lose, whichever is more; the gross profit of the hours above capacity; and the part of overdue invoices
// that may never be paid. Nothing is extrapolated beyond the period.
//
// Errors: money.ErrCurrency for facts of several currencies, *storage.Invalid for a policy that is none.
func Diagnose(f Facts, p Policy) (Diagnosis, error) {
	d := Diagnosis{Period: f.Period, Currency: f.Currency, Missing: f.Missing}
	p = p.complete()
	if err := p.check(); err != nil {
		return d, err
	}
	w := weighing{Facts: f, policy: p}
	d.Growth.Tensions = w.list(w.deadDeals(), w.fallingWins(), w.fadingCustomers())
	d.Structure.Tensions = w.list(w.givenAway(), w.lossMakers(), w.overload(), w.latePayment())
	onlyLarger(d.Growth.Tensions, FallingWins, FadingCustomers)
	for _, side := range []*Weight{&d.Growth, &d.Structure} {
		side.AtStake = money.Zero(f.Currency)
		for _, t := range side.Tensions {
			if t.Counted {
				side.AtStake = w.plus(side.AtStake, t.AtStake)
				d.Steps = append(d.Steps, t)
			}
		}
	}
	if w.err != nil {
		return d, w.err
	}
	bySize(d.Steps)
	d.Steps = d.Steps[:min(len(d.Steps), p.Steps)]
	switch {
	case len(d.Steps) == 0:
	case d.Growth.AtStake.Decimal().GreaterThan(d.Structure.AtStake.Decimal()):
		d.First = Growth
	default:
		d.First = Structure
	}
	d.Text = w.summary(d)
	return d, nil
}

// list keeps what has something at stake, the largest first.
func (w *weighing) list(all ...Tension) []Tension {
	some := slices.DeleteFunc(all, func(t Tension) bool { return t.AtStake.Sign() <= 0 })
	for i := range some {
		some[i].Counted = true
	}
	bySize(some)
	return some
}

func bySize(list []Tension) {
	slices.SortStableFunc(list, func(a, b Tension) int {
		return cmp.Or(b.AtStake.Decimal().Cmp(a.AtStake.Decimal()), cmp.Compare(a.Code, b.Code))
	})
}

// onlyLarger counts only the first of some tensions, which are in order of size.
func onlyLarger(list []Tension, codes ...string) {
	seen := false
	for i := range list {
		if slices.Contains(codes, list[i].Code) {
			list[i].Counted = !seen
			seen = true
		}
	}
}
