package pipeline

import (
	"cmp"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// A Group says what statistics are grouped by.
type Group string

// The groups. By month and by quarter the day of closing counts, so open deals are in neither.
const (
	All        Group = ""
	ByOwner    Group = "owner"
	ByCustomer Group = "customer"
	ByProduct  Group = "product"
	ByPipeline Group = "pipeline"
	ByStage    Group = "stage"
	BySource   Group = "source"
	ByTeam     Group = "team"
	ByRegion   Group = "region"
	ByMonth    Group = "month"
	ByQuarter  Group = "quarter"
)

// StatsFilter says which deals statistics are made of, and how they are grouped.
type StatsFilter struct {
	Filter
	Group Group
	// Fiscal cuts the year for ByQuarter; the zero rule is the calendar year.
	Fiscal date.FiscalYear
}

// A Stat is one group of deals in one currency.
type Stat struct {
	// Key is the group: a word, "2017-03", "2017-Q1", the text of Ref or of a pipeline's ID; "" for none.
	Key string `json:"key"`
	// Ref is the owner, customer or product.
	Ref  storage.Ref `json:"ref"`
	Won  int64       `json:"won"`
	Lost int64       `json:"lost"`
	Open int64       `json:"open"`
	// Value is what the won deals were won for, List what they cost by the price list.
	Value money.Amount `json:"value"`
	List  money.Amount `json:"list"`
	// Missed is what the lost ones were expected to bring, Pending what the open ones are.
	Missed  money.Amount `json:"missed"`
	Pending money.Amount `json:"pending"`
}

// WinRate is the share of deals that were won among those that were closed.
func (s Stat) WinRate() Rate { return WinRate(s.Won, s.Lost) }

// add counts some deals of one status. All amounts are of the Stat's currency.
func (s *Stat) add(status Status, n int64, amount, value, list money.Amount) (err error) {
	sum := func(to *money.Amount, a money.Amount) {
		if err == nil {
			*to, err = to.Add(a)
		}
	}
	switch status {
	case StatusWon:
		s.Won += n
		sum(&s.Value, value)
		sum(&s.List, list)
	case StatusLost:
		s.Lost += n
		sum(&s.Missed, amount)
	default:
		s.Open += n
		sum(&s.Pending, amount)
	}
	return err
}

// tally gathers Stats by group and currency.
type tally map[tallyKey]*Stat

type tallyKey struct {
	key string
	cur money.Currency
}

func (t tally) at(key string, r storage.Ref, c money.Currency) *Stat {
	k := tallyKey{key, c}
	if t[k] == nil {
		zero := money.Zero(c)
		t[k] = &Stat{Key: key, Ref: r, Value: zero, List: zero, Missed: zero, Pending: zero}
	}
	return t[k]
}

// list is the tally in the order of keys, then currencies.
func (t tally) list() []Stat {
	list := make([]Stat, 0, len(t))
	for _, s := range t {
		list = append(list, *s)
	}
	slices.SortFunc(list, func(a, b Stat) int {
		return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Value.Currency(), b.Value.Currency()))
	})
	return list
}

// Retention tells which customers bought again.
type Retention struct {
	// Customers bought in the earlier period; Again bought in the later one too.
	Customers int `json:"customers"`
	Again     int `json:"again"`
	// Fallen are those whose value fell by more than the percent given, the largest loss first.
	Fallen []Fall `json:"fallen"`
}

// A Fall is a customer who buys less than before.
type Fall struct {
	Customer storage.Ref  `json:"customer"`
	Before   money.Amount `json:"before"`
	After    money.Amount `json:"after"`
}

// Loss is how much less the customer bought.
func (f Fall) Loss() money.Amount {
	loss, _ := f.Before.Sub(f.After) // of one currency, see Retain
	return loss
}

// Retain compares what customers bought in two periods, by statistics grouped by customer. Deals without a customer are left out,
// and so are customers who pay in another currency than before.
func Retain(before, after []Stat, percent decimal.Decimal) (r Retention) {
	type who struct {
		customer storage.Ref
		cur      money.Currency
	}
	now := map[who]Stat{}
	for _, s := range after {
		now[who{s.Ref, s.Value.Currency()}] = s
	}
	for _, s := range before {
		if s.Won == 0 || s.Ref.IsZero() {
			continue
		}
		r.Customers++
		later := now[who{s.Ref, s.Value.Currency()}]
		if later.Won > 0 {
			r.Again++
		}
		if Over(s.Value, later.Value, percent) {
			r.Fallen = append(r.Fallen, Fall{s.Ref, s.Value, of(s.Value.Currency(), later.Value)})
		}
	}
	slices.SortFunc(r.Fallen, func(a, b Fall) int {
		if a.Before.Currency() != b.Before.Currency() {
			return cmp.Compare(a.Before.Currency(), b.Before.Currency())
		}
		return cmp.Or(b.Loss().Decimal().Cmp(a.Loss().Decimal()), cmp.Compare(a.Customer.String(), b.Customer.String()))
	})
	return r
}
