package insight

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// check finds percentages that are none.
func (p Policy) check() error {
	var bad storage.Invalid
	bad.Check(len(p.Provision) == 4, "provision", storage.CodeRange, "four percentages")
	for i, percent := range p.Provision {
		bad.Check(!percent.IsNegative() && percent.LessThanOrEqual(hundred), fmt.Sprintf("provision.%d", i), storage.CodeRange,
			"0 to 100")
	}
	return bad.Err()
}

// weighing turns facts into kept money. It keeps the first error, so that the rules below read as they are.
type weighing struct {
	Facts
	policy Policy
	err    error
}

func (w *weighing) plus(a, b money.Amount) money.Amount {
	sum, err := a.Add(b)
	if err != nil && w.err == nil {
		w.err = err
	}
	return sum
}

func (w *weighing) minus(a, b money.Amount) money.Amount { return w.plus(a, b.Neg()) }

// kept is what is kept of an amount at the gross margin of the period, nothing without a margin.
func (w *weighing) kept(a money.Amount) money.Amount {
	return w.share(a, w.Result.Gross.Decimal(), w.Result.Revenue.Decimal())
}

// share is a * part / whole, nothing unless both are above zero.
func (w *weighing) share(a money.Amount, part, whole decimal.Decimal) money.Amount {
	if !part.IsPositive() || !whole.IsPositive() {
		return money.Zero(w.Currency)
	}
	v, err := a.MulQuo(part, whole, money.HalfUp)
	if err != nil && w.err == nil {
		w.err = err
	}
	return v
}

// whole writes money for a sentence.
func whole(a money.Amount) string { return a.Format(money.Layout{Group: ",", Whole: true}) }

// many writes a count for a sentence, with thousands apart.
func many(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// plural chooses a word: 1 deal, 2 deals.
func plural(n int64, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return many(n) + " " + more
}

func (w *weighing) margin() string {
	return Percent(w.Result.Gross, w.Result.Revenue, 1).StringFixed(1) + " %"
}

func (w *weighing) deadDeals() Tension {
	t := Tension{Code: DeadDeals, Side: Growth, Count: w.Dead.Count, Amount: w.Dead.Weighted, AtStake: w.kept(w.Dead.Weighted)}
	live := w.minus(w.Forecast.Weighted, w.Dead.Weighted)
	t.Text = fmt.Sprintf("%s of the forecast of %s sits in %s older than any that was ever won (%d days); "+
		"at a gross margin of %s that is %s of kept money.",
		whole(w.Dead.Weighted), whole(w.Forecast.Weighted), plural(w.Dead.Count, "deal", "deals"), w.Longest, w.margin(),
		whole(t.AtStake))
	t.Do = fmt.Sprintf("Close or revive the %s older than %d days, and plan with %s instead of %s.",
		plural(w.Dead.Count, "deal", "deals"), w.Longest, whole(live), whole(w.Forecast.Weighted))
	return t
}

// fallingWins compares the last whole quarter with the one before: by value, and by what the same win rate would have won.
func (w *weighing) fallingWins() Tension {
	t := Tension{Code: FallingWins, Side: Growth, Amount: money.Zero(w.Currency), AtStake: money.Zero(w.Currency)}
	n := len(w.Quarters)
	if n < 2 {
		return t
	}
	before, last := w.Quarters[n-2], w.Quarters[n-1]
	t.Amount = w.minus(before.Value, last.Value)
	closedThen, closedNow := before.Won+before.Lost, last.Won+last.Lost
	if closedThen > 0 && last.Won > 0 {
		// At the win rate of before, closedNow*before.Won/closedThen would have been won; each that was not costs what one brought.
		missed := decimal.New(closedNow*before.Won-last.Won*closedThen, 0)
		byRate := w.share(last.Value, missed, decimal.New(closedThen*last.Won, 0))
		if byRate.Decimal().GreaterThan(t.Amount.Decimal()) {
			t.Amount = byRate
		}
	}
	for i := n - 1; i > 0 && w.Quarters[i].Value.Decimal().LessThan(w.Quarters[i-1].Value.Decimal()); i-- {
		t.Count++
	}
	t.AtStake = w.kept(t.Amount)
	rate := func(q Quarter) string {
		return percent(decimal.New(q.Won, 0), decimal.New(q.Won+q.Lost, 0), 1).StringFixed(1) + " %"
	}
	t.Text = fmt.Sprintf("From %s to %s won value went from %s to %s and the win rate from %s to %s", before.Name, last.Name,
		whole(before.Value), whole(last.Value), rate(before), rate(last))
	if t.Count > 1 {
		t.Text += fmt.Sprintf(", the %s quarter of decline in a row", ordinal(t.Count))
	}
	t.Text += fmt.Sprintf("; that is %s of kept money.", whole(t.AtStake))
	t.Do = fmt.Sprintf("Find out why deals are lost since %s, and win back the %s a quarter.", before.Name, whole(t.Amount))
	return t
}

func ordinal(n int64) string {
	if words := []string{"", "first", "second", "third", "fourth"}; n < int64(len(words)) {
		return words[n]
	}
	return fmt.Sprintf("%dth", n)
}

func (w *weighing) fadingCustomers() Tension {
	t := Tension{Code: FadingCustomers, Side: Growth, Count: int64(len(w.Fading)), Amount: money.Zero(w.Currency)}
	var worst []string
	for i, f := range w.Fading {
		t.Amount = w.plus(t.Amount, f.Gone)
		if i < 3 {
			worst = append(worst, fmt.Sprintf("%s (%s to %s)", f.Name, whole(f.Before), whole(f.After)))
		}
	}
	t.AtStake = w.kept(t.Amount)
	t.Text = fmt.Sprintf("%s of %s bought less than half of the quarter before, %s less; that is %s of kept money.",
		many(t.Count), plural(int64(w.Customers), "customer", "customers"), whole(t.Amount), whole(t.AtStake))
	t.Do = "Call " + strings.Join(worst, ", ")
	if more := len(w.Fading) - len(worst); more > 0 {
		t.Do += fmt.Sprintf(" and %d more", more)
	}
	t.Do += "."
	return t
}

// givenAway counts all of it: what is given away below list is kept money, since costs stay the same.
func (w *weighing) givenAway() Tension {
	t := Tension{Code: GivenAway, Side: Structure, Count: w.Discounts, Amount: w.Given, AtStake: w.Given}
	t.Text = fmt.Sprintf("%s went for more than %s %% below list and gave away %s, all of it kept money.",
		plural(w.Discounts, "won deal", "won deals"), w.Over, whole(w.Given))
	t.Do = fmt.Sprintf("Give less away below list: %s on average in %s", whole(w.each(w.Given, w.Discounts)), plural(w.Discounts,
		"deal", "deals"))
	if w.Unapproved > 0 {
		t.Do += fmt.Sprintf(", %s of which nobody approved", many(w.Unapproved))
	}
	t.Do += "."
	return t
}

func (w *weighing) each(a money.Amount, n int64) money.Amount {
	return w.share(a, decimal.New(1, 0), decimal.New(n, 0))
}

// lossMakers takes products or customers, whichever lose more: the same sales are in both.
func (w *weighing) lossMakers() Tension {
	best := Tension{Code: LossMakers, Side: Structure, Amount: money.Zero(w.Currency), AtStake: money.Zero(w.Currency)}
	for _, per := range w.dimensions() {
		t := Tension{Code: LossMakers, Side: Structure, Amount: money.Zero(w.Currency), AtStake: money.Zero(w.Currency)}
		var worst []string
		for _, l := range w.Losses {
			if l.Per != per || l.Gross.Sign() >= 0 {
				continue
			}
			t.Count++
			t.Amount, t.AtStake = w.plus(t.Amount, l.Revenue), w.minus(t.AtStake, l.Gross)
			if len(worst) < 3 {
				worst = append(worst, fmt.Sprintf("%s (%s at revenue of %s)", l.Name, whole(l.Gross), whole(l.Revenue)))
			}
		}
		named := strings.Join(worst, ", ")
		if more := t.Count - int64(len(worst)); more > 0 {
			named += fmt.Sprintf(" and %d more", more)
		}
		word := strings.ReplaceAll(string(per), "_", " ")
		t.Text = fmt.Sprintf("%s cost more directly than they bring in, %s in all: %s.", plural(t.Count, word, word+"s"),
			whole(t.AtStake), named)
		if t.Count == 1 {
			t.Text = fmt.Sprintf("1 %s costs more directly than it brings in: %s.", word, named)
		}
		t.Do = fmt.Sprintf("Raise the price of %s, deliver cheaper, or stop.", named)
		if per == ledger.Customer {
			t.Do = fmt.Sprintf("Charge %s what they cost, or let them go.", named)
		}
		if t.AtStake.Decimal().GreaterThan(best.AtStake.Decimal()) {
			best = t
		}
	}
	return best
}

// dimensions lists those that losses come by, in their order.
func (w *weighing) dimensions() (list []ledger.Dimension) {
	seen := map[ledger.Dimension]bool{}
	for _, l := range w.Losses {
		if !seen[l.Per] {
			seen[l.Per] = true
			list = append(list, l.Per)
		}
	}
	return list
}

func (w *weighing) overload() Tension {
	t := Tension{Code: Overload, Side: Structure, Count: int64(w.OverMonths), Amount: money.Zero(w.Currency)}
	t.AtStake = w.share(w.Result.Gross, w.OverHours, w.Hours)
	hours := money.HalfUp.Round(w.OverHours, 0)
	t.Text = fmt.Sprintf("Teams were loaded above 100 %% in %d of %s, by %s hours; "+
		"at the gross profit of an hour that is %s of kept money.",
		w.OverMonths, plural(int64(w.Months), "month", "months"), many(hours.IntPart()), whole(t.AtStake))
	t.Do = fmt.Sprintf("Move %s hours out of the %s above capacity, or add people before the next peak.",
		many(hours.IntPart()), plural(int64(w.OverMonths), "month", "months"))
	return t
}

func (w *weighing) latePayment() Tension {
	t := Tension{Code: LatePayment, Side: Structure, Amount: money.Zero(w.Currency), AtStake: money.Zero(w.Currency)}
	for i, late := range []money.Amount{w.Owed.To30, w.Owed.To60, w.Owed.To90, w.Owed.Over90} {
		t.Amount = w.plus(t.Amount, late)
		t.AtStake = w.plus(t.AtStake, late.Mul(w.policy.Provision[i].Shift(-2)).Round(money.HalfUp))
	}
	t.Text = fmt.Sprintf("Of %s that customers owe, %s is overdue and %s for more than 90 days; %s of it may never come.",
		whole(w.Owed.Total), whole(t.Amount), whole(w.Owed.Over90), whole(t.AtStake))
	t.Do = fmt.Sprintf("Collect the %s that is overdue, the oldest first.", whole(t.Amount))
	return t
}

// summary says which side comes first, and what was not looked at.
func (w *weighing) summary(d Diagnosis) string {
	var s string
	switch d.First {
	case Growth:
		s = fmt.Sprintf("Growth first: %s of kept money is at stake in winning customers, %s in running what was won.",
			whole(d.Growth.AtStake), whole(d.Structure.AtStake))
	case Structure:
		s = fmt.Sprintf("Structure first: %s of kept money is at stake in running what was won, %s in winning customers.",
			whole(d.Structure.AtStake), whole(d.Growth.AtStake))
	default:
		s = "No tension in what could be seen."
	}
	if len(d.Missing) > 0 {
		s += " Not looked at: " + strings.Join(d.Missing, ", ") + "."
	}
	return s
}
