package planning

import (
	"slices"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// hourScale is to how many decimals hours are kept and spread.
const hourScale = 4

// A Demand is what is asked of people in a period.
type Demand struct {
	// Worked are hours that were logged, Planned those that are allocated.
	Worked, Planned decimal.Decimal
}

// Hours returns both together.
func (d Demand) Hours() decimal.Decimal { return d.Worked.Add(d.Planned) }

// A Load is demand against capacity in one period.
type Load struct {
	Period   date.Period
	Capacity decimal.Decimal
	Demand
	// Percent is demand in percent of capacity, rounded half up to one decimal; 0 where there is no capacity.
	Percent decimal.Decimal
	// Over says that demand is above capacity.
	Over bool
}

// Loads is the load of consecutive periods.
type Loads []Load

// Over returns the overloaded periods.
func (l Loads) Over() Loads {
	return slices.DeleteFunc(slices.Clone(l), func(one Load) bool { return !one.Over })
}

// ErrUneven: capacity, demand and periods are not of one length.
var ErrUneven = storage.NewError("planning.uneven", "capacity and demand are not of the same periods")

// LoadOf compares capacity with demand, period by period.
//
// Errors: ErrUneven.
func LoadOf(periods []date.Period, capacity []decimal.Decimal, demand []Demand) (Loads, error) {
	if len(periods) != len(capacity) || len(periods) != len(demand) {
		return nil, ErrUneven
	}
	list := make(Loads, len(periods))
	for i := range periods {
		l := Load{Period: periods[i], Capacity: capacity[i], Demand: demand[i]}
		l.Over = l.Hours().GreaterThan(l.Capacity)
		if l.Capacity.IsPositive() {
			l.Percent = money.HalfUp.Round(l.Hours().Mul(decimal.NewFromInt(100)).DivRound(l.Capacity, 8), 1)
		}
		list[i] = l
	}
	return list, nil
}

// Spread divides hours in proportion to weights, to four decimals. The parts sum to the whole: what is left over goes, a
// unit each, to the largest remainders, the first of equals first. Without any weight above zero all of it goes to the first
// part.
func Spread(hours decimal.Decimal, weights []decimal.Decimal) []decimal.Decimal {
	parts := make([]decimal.Decimal, len(weights))
	total := decimal.Zero
	for _, w := range weights {
		total = total.Add(decimal.Max(w, decimal.Zero))
	}
	if len(weights) == 0 {
		return parts
	}
	if total.IsZero() {
		parts[0] = hours
		return parts
	}
	unit, left := decimal.New(1, -hourScale), hours
	rest := make([]decimal.Decimal, len(weights))
	order := make([]int, len(weights))
	for i, w := range weights {
		// hours*w = quotient*total + remainder, with the quotient in whole units
		parts[i], rest[i] = hours.Mul(decimal.Max(w, decimal.Zero)).QuoRem(total, hourScale)
		left = left.Sub(parts[i])
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return rest[b].Abs().Cmp(rest[a].Abs()) })
	if left.IsNegative() {
		unit = unit.Neg()
	}
	for _, i := range order {
		if left.Abs().LessThan(unit.Abs()) {
			break
		}
		parts[i] = parts[i].Add(unit)
		left = left.Sub(unit)
	}
	parts[order[0]] = parts[order[0]].Add(left) // hours with finer decimals than are kept
	return parts
}

// Cut divides a period at the beginnings of others and at a day, so that each piece is wholly inside or outside each of them.
func Cut(p date.Period, at []date.Period, day date.Date) []date.Period {
	if !p.Closed() || p.Empty() {
		return nil
	}
	starts := []date.Date{p.From}
	add := func(d date.Date) {
		if d.After(p.From) && !d.After(p.To) {
			starts = append(starts, d)
		}
	}
	for _, q := range at {
		add(q.From)
		add(q.To.AddDays(1))
	}
	add(day)
	slices.SortFunc(starts, date.Date.Compare)
	starts = slices.Compact(starts)
	pieces := make([]date.Period, len(starts))
	for i, from := range starts {
		pieces[i] = date.Period{From: from, To: p.To}
		if i+1 < len(starts) {
			pieces[i].To = starts[i+1].AddDays(-1)
		}
	}
	return pieces
}

// Weeks returns the parts of a period in each of its weeks, which begin on Monday.
func Weeks(p date.Period) []date.Period {
	var list []date.Period
	if !p.Closed() {
		return nil
	}
	for from := p.From; !from.IsZero() && !from.After(p.To); {
		to := date.Earlier(from.AddDays((7-int(from.Weekday()))%7), p.To)
		list = append(list, date.Period{From: from, To: to})
		from = to.AddDays(1)
	}
	return list
}

// Months returns the parts of a period in each of its months.
func Months(p date.Period) []date.Period { return slices.Collect(p.Months()) }
