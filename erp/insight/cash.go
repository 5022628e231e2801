package insight

import (
	"cmp"
	"slices"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// A FlowKind says where an expected flow of money comes from.
type FlowKind string

// The kinds of flows. Those of dead deals are expected only by who believes the usual forecast.
const (
	FlowInvoice  FlowKind = "invoice"        // an open invoice is paid
	FlowDeal     FlowKind = "deal"           // a live deal is won and paid, times its probability
	FlowDeadDeal FlowKind = "dead_deal"      // the same of a deal that is older than any that ever closed
	FlowCost     FlowKind = "deal_cost"      // what winning live deals costs
	FlowDeadCost FlowKind = "dead_deal_cost" // what winning dead deals would cost
	FlowRunning  FlowKind = "running"        // payroll, rent and whatever else is paid every month
	FlowOwed     FlowKind = "owed"           // what is owed already
	FlowOther    FlowKind = "other"
)

// A Flow is money that is expected to come in (positive) or go out (negative) on a day.
type Flow struct {
	Date   date.Date    `json:"date"`
	Kind   FlowKind     `json:"kind"`
	Amount money.Amount `json:"amount"`
	Text   string       `json:"text,omitempty"`
	Source storage.Ref  `json:"source"`
}

// fromCustomers reports whether the flow is a payment of a customer's.
func (f Flow) fromCustomers() bool {
	return f.Kind == FlowInvoice || f.Kind == FlowDeal || f.Kind == FlowDeadDeal
}

// Belief says which deals a scenario counts on.
type Belief string

// The beliefs; the zero one counts on live deals.
const (
	LiveDeals Belief = ""
	NoDeals   Belief = "none"
	AllDeals  Belief = "all" // the usual forecast
)

// A Scenario is one way in which things may go.
type Scenario struct {
	// Name is a word for programs, Text says it to people.
	Name string `json:"name"`
	Text string `json:"text"`
	// Late is how many days later than they should customers pay.
	Late  int    `json:"late,omitempty"`
	Deals Belief `json:"deals,omitempty"`
}

// Scenarios are the three that matter.
func Scenarios() []Scenario {
	return []Scenario{
		{Name: "planned", Text: "As planned, live deals only"},
		{Name: "late", Text: "Customers pay 30 days later", Late: 30},
		{Name: "hoped", Text: "You believe the usual forecast", Deals: AllDeals},
	}
}

// Counts reports whether a scenario counts on a flow.
func (s Scenario) Counts(f Flow) bool {
	switch f.Kind {
	case FlowDeal, FlowCost:
		return s.Deals != NoDeals
	case FlowDeadDeal, FlowDeadCost:
		return s.Deals == AllDeals
	}
	return true
}

// A CashScenario is how the balance goes in one scenario.
type CashScenario struct {
	Scenario
	// Balances are those at the end of the outlook's dates.
	Balances []money.Amount `json:"balances"`
	// Lowest is the lowest balance up to the last date, and LowestOn the first day of it.
	Lowest   money.Amount `json:"lowest"`
	LowestOn date.Date    `json:"lowest_on"`
	// Below is the first day that ends below zero; no date if none does.
	Below date.Date `json:"below"`
	// Sums says what came of which kind of flow up to the last date.
	Sums []FlowSum `json:"sums"`
}

// A FlowSum adds up the flows of one kind.
type FlowSum struct {
	Kind   FlowKind     `json:"kind"`
	Amount money.Amount `json:"amount"`
}

// A CashOutlook is the balance of the bank accounts on days to come.
type CashOutlook struct {
	// From is the day at whose end the opening balance stands.
	From      date.Date      `json:"from"`
	Opening   money.Amount   `json:"opening"`
	Dates     []date.Date    `json:"dates"`
	Scenarios []CashScenario `json:"scenarios"`
	// Gaps are, at each date, the highest balance of all scenarios less the lowest; Risk is that at the last date.
	Gaps []money.Amount `json:"gaps"`
	Risk money.Amount   `json:"risk"`
	// Flows are all that were expected, by date.
	Flows []Flow `json:"flows,omitempty"`
	// Doubtful is what is so late that no scenario counts on it.
	Doubtful money.Amount `json:"doubtful"`
	// Assumed says in words what the outlook takes for granted.
	Assumed  []string `json:"assumed,omitempty"`
	Coverage Coverage `json:"coverage"`
	// Tie holds the opening balance against the bank accounts.
	Tie Tie `json:"tie"`
}

// Outlook plays flows from a balance on, in each scenario. It needs no storage. A flow that should have come on or before the
// first day is taken for the day after; flows and opening are of one currency, dates in order.
//
// Errors: money.ErrCurrency.
func Outlook(opening money.Amount, from date.Date, dates []date.Date, flows []Flow, scenarios ...Scenario) (CashOutlook, error) {
	o := CashOutlook{From: from, Opening: opening, Dates: slices.Clone(dates), Flows: byDate(flows, from, Scenario{}),
		Doubtful: money.Zero(opening.Currency())}
	for _, s := range scenarios {
		played, err := play(opening, from, dates, flows, s)
		if err != nil {
			return o, err
		}
		o.Scenarios = append(o.Scenarios, played)
	}
	o.Risk = money.Zero(opening.Currency())
	for n := range dates {
		low, high := opening, opening
		for i, s := range o.Scenarios {
			b := s.Balances[n]
			if i == 0 || b.Decimal().LessThan(low.Decimal()) {
				low = b
			}
			if i == 0 || b.Decimal().GreaterThan(high.Decimal()) {
				high = b
			}
		}
		gap, err := high.Sub(low)
		if err != nil {
			return o, err
		}
		o.Gaps, o.Risk = append(o.Gaps, gap), gap
	}
	return o, nil
}

// byDate shifts flows as a scenario says and puts them in order.
func byDate(flows []Flow, from date.Date, s Scenario) []Flow {
	list := slices.Clone(flows)
	for i := range list {
		f := &list[i]
		if !f.Date.After(from) {
			f.Date = from.AddDays(1)
		}
		if f.fromCustomers() {
			f.Date = f.Date.AddDays(s.Late)
		}
	}
	slices.SortStableFunc(list, func(a, b Flow) int { return a.Date.Compare(b.Date) })
	return list
}

func play(opening money.Amount, from date.Date, dates []date.Date, flows []Flow, s Scenario) (CashScenario, error) {
	out := CashScenario{Scenario: s, Lowest: opening, LowestOn: from}
	if opening.Sign() < 0 {
		out.Below = from
	}
	balance, next := opening, 0
	sums := map[FlowKind]money.Amount{}
	list := byDate(flows, from, s)
	for _, until := range dates {
		for next < len(list) && !list[next].Date.After(until) {
			day := list[next].Date
			for ; next < len(list) && list[next].Date == day; next++ {
				f := list[next]
				if !s.Counts(f) {
					continue
				}
				var err error
				if balance, err = balance.Add(f.Amount); err == nil {
					sums[f.Kind], err = sums[f.Kind].Add(f.Amount)
				}
				if err != nil {
					return out, err
				}
			}
			if balance.Decimal().LessThan(out.Lowest.Decimal()) {
				out.Lowest, out.LowestOn = balance, day
			}
			if balance.Sign() < 0 && out.Below.IsZero() {
				out.Below = day
			}
		}
		out.Balances = append(out.Balances, balance)
	}
	for kind, sum := range sums {
		out.Sums = append(out.Sums, FlowSum{kind, sum})
	}
	slices.SortFunc(out.Sums, func(a, b FlowSum) int { return cmp.Compare(a.Kind, b.Kind) })
	return out, nil
}
