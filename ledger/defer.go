package ledger

import (
	"context"
	"strconv"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// A Spread is how an amount is divided over time.
type Spread string

// By month, each month from the first day on has an equal part; by day, each calendar month has what its days come to.
const (
	ByMonth Spread = ""
	ByDay   Spread = "day"
)

// An Installment is the part of an amount that belongs to some days.
type Installment struct {
	Period date.Period `json:"period"`
	// Amount is the part, Left what is still to come after it.
	Amount money.Amount `json:"amount"`
	Left   money.Amount `json:"left"`
}

// maxInstallments bounds how many parts there are: a century of months.
const maxInstallments = 1200

// Defer divides an amount over a period, which must have both ends. What is left after each part is rounded to the minor unit,
// half away from zero, so that it is never further from the truth than that, and the parts sum to the amount.
//
// Errors: *storage.Invalid; those of money.Amount.Minor.
func Defer(amount money.Amount, p date.Period, by Spread) ([]Installment, error) {
	var bad storage.Invalid
	bad.Check(amount.Currency() != "", "amount", storage.CodeCurrency, "")
	bad.Check(p.Days() > 0, "period", storage.CodeRange, "with both ends")
	bad.Check(by == ByMonth || by == ByDay, "spread", storage.CodeChoice, "")
	if err := bad.Err(); err != nil {
		return nil, err
	}
	var out []Installment
	var weights []int64
	add := func(part date.Period, weight int) {
		out, weights = append(out, Installment{Period: part}), append(weights, int64(weight))
	}
	if by == ByDay {
		for part := range p.Months() {
			if add(part, part.Days()); len(out) > maxInstallments {
				break
			}
		}
	} else {
		for from := p.From; !from.After(p.To) && len(out) <= maxInstallments; {
			next := p.From.AddMonths(len(out) + 1)
			add(date.Period{From: from, To: date.Earlier(next.AddDays(-1), p.To)}, 1)
			from = next
		}
	}
	if len(out) > maxInstallments {
		bad.Add("period", storage.CodeRange, "more than a century of months")
		return nil, bad.Err()
	}
	units, err := amount.Minor()
	if err != nil {
		return nil, err
	}
	var total, upto, given int64
	for _, w := range weights {
		total += w
	}
	for i, w := range weights {
		upto += w
		to := proportion(upto, units, total)
		if out[i].Amount, err = money.Minor(amount.Currency(), to-given); err == nil {
			out[i].Left, err = money.Minor(amount.Currency(), units-to)
		}
		if err != nil {
			return nil, err
		}
		given = to
	}
	return out, nil
}

// A Deferral is a cost or income that belongs to a period, and not to the day of its bill or invoice.
type Deferral struct {
	By storage.Ref `json:"by"`
	// Key makes each of the entries happen once; with it the rest can be posted later.
	Key    storage.Key `json:"key,omitempty"`
	Text   string      `json:"text,omitempty"`
	Source storage.Ref `json:"source"`
	// Result is the income or expense account, Deferred the account on which the amount waits: Prepaid, or DeferredRevenue.
	Result   string `json:"result"`
	Deferred string `json:"deferred"`
	// Amount is what is spread: a cost if positive, an income if negative.
	Amount money.Amount `json:"amount"`
	Period date.Period  `json:"period"`
	Spread Spread       `json:"spread,omitempty"`
	Dims   Dims         `json:"dims"`
	// Waiting says that the amount is on the deferred account already; otherwise it is moved there on the first day.
	Waiting bool `json:"waiting,omitempty"`
	// Through posts what is due through a day only; no date posts all.
	Through date.Date `json:"through"`
}

// PostDeferral posts the entries of a deferral, all or none: the amount moves to the deferred account on the first day, and each
// installment back to its result on the last day of its time. With a key, calling it again with a later day posts what has
// fallen due since.
//
// Errors: those of Defer and Post, the faults of entries being at their places among those that are due.
func (b *Books) PostDeferral(ctx context.Context, cmd Deferral) ([]Posted, error) {
	plan, err := Defer(cmd.Amount, cmd.Period, cmd.Spread)
	if err != nil {
		return nil, err
	}
	var list []Entry
	add := func(n int, d date.Date, amount money.Amount) {
		if amount.IsZero() || !cmd.Through.IsZero() && d.After(cmd.Through) {
			return
		}
		e := Entry{By: cmd.By, Date: d, Text: cmd.Text, Source: cmd.Source, Legs: []Leg{
			{Account: cmd.Result, Amount: amount, Dims: cmd.Dims}, {Account: cmd.Deferred, Amount: amount.Neg(), Dims: cmd.Dims}}}
		if cmd.Key != "" {
			e.Key = cmd.Key + storage.Key("/"+strconv.Itoa(n))
		}
		list = append(list, e)
	}
	if !cmd.Waiting {
		add(0, cmd.Period.From, cmd.Amount.Neg())
	}
	for i, part := range plan {
		add(i+1, part.Period.To, part.Amount)
	}
	return b.Post(ctx, list...)
}
