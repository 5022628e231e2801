package insight

import (
	"context"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/crm/pipeline"
	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// Basis says what counts as buying.
type Basis string

// The bases.
const (
	// FromBooks counts revenue posted; it is what the zero Basis means.
	FromBooks Basis = "books"
	// FromDeals counts deals won.
	FromDeals Basis = "deals"
)

// RetentionFilter asks which customers stay.
type RetentionFilter struct {
	By       storage.Ref
	Currency money.Currency
	// Before and After are the two periods that are compared.
	Before date.Period
	After  date.Period
	Basis  Basis
	// Percent is by how much less a customer must buy to be named, 50 if zero.
	Percent decimal.Decimal
}

// Retention tells which customers bought again.
type Retention struct {
	Before   date.Period    `json:"before"`
	After    date.Period    `json:"after"`
	Basis    Basis          `json:"basis"`
	Currency money.Currency `json:"currency"`
	// Customers bought in the first period, Again in the second too; Rate is that in percent. New bought in the second only.
	Customers int             `json:"customers"`
	Again     int             `json:"again"`
	Rate      decimal.Decimal `json:"rate"`
	New       int             `json:"new"`
	// Fallen bought again, but less by more than the percent asked for; Lost did not buy again. Both come by what is gone, the
	// most first.
	Fallen []Fading `json:"fallen"`
	Lost   []Fading `json:"lost"`
	// Unknown is what was bought, in both periods, by nobody knows whom.
	Unknown  money.Amount `json:"unknown"`
	Coverage Coverage     `json:"coverage"`
}

// A Fading is a customer who buys less than before.
type Fading struct {
	Customer storage.Ref  `json:"customer"`
	Name     string       `json:"name"`
	Before   money.Amount `json:"before"`
	After    money.Amount `json:"after"`
	Gone     money.Amount `json:"gone"`
}

// Retention compares what customers bought in two periods: who bought again, who bought less by more than half, who did not
// come back.
//
// Errors: ErrSource for FromDeals without Deals, ErrCurrency, *storage.Invalid, storage.ErrOverflow.
func (i *Insight) Retention(ctx context.Context, f RetentionFilter) (r Retention, err error) {
	err = i.view(ctx, f.By, f.Currency, func(m *moment) error {
		r, err = m.retention(ctx, f)
		return err
	})
	return r, err
}

func (m *moment) retention(ctx context.Context, f RetentionFilter) (r Retention, err error) {
	if f.Basis == "" {
		f.Basis = FromBooks
	}
	if f.Percent.IsZero() {
		f.Percent = decimal.New(50, 0)
	}
	r = Retention{Before: f.Before, After: f.After, Basis: f.Basis, Currency: m.cur, Unknown: m.zero}
	bought := m.booked
	switch {
	case f.Basis == FromDeals && m.Deals == nil:
		return r, ErrSource.With("Deals")
	case f.Basis == FromDeals:
		bought = m.won
	case f.Basis != FromBooks:
		return r, &storage.Invalid{Fields: []storage.Fault{{Path: "basis", Code: storage.CodeChoice, Text: string(f.Basis)}}}
	}
	was, err := bought(ctx, f.Before, &r)
	if err != nil {
		return r, err
	}
	is, err := bought(ctx, f.After, &r)
	if err != nil {
		return r, err
	}
	r.compare(was, is, f.Percent)
	for _, list := range [][]Fading{r.Fallen, r.Lost} {
		for n := range list {
			if list[n].Name, err = m.called(ctx, list[n].Customer); err != nil {
				return r, err
			}
		}
	}
	return r, nil
}

// compare fills in who stayed; the statistics are grouped by customer and of one currency.
func (r *Retention) compare(was, is []pipeline.Stat, percent decimal.Decimal) {
	old := map[storage.Ref]bool{}
	for _, s := range was {
		old[s.Ref] = s.Won > 0
	}
	for _, s := range is {
		if s.Won > 0 && !old[s.Ref] {
			r.New++
		}
	}
	compared := pipeline.Retain(was, is, percent)
	r.Customers, r.Again = compared.Customers, compared.Again
	if r.Customers > 0 {
		r.Rate = decimal.New(int64(r.Again)*100, 0).DivRound(decimal.New(int64(r.Customers), 0), 2)
	}
	for _, fall := range compared.Fallen {
		one := Fading{Customer: fall.Customer, Before: fall.Before, After: fall.After, Gone: fall.Loss()}
		if fall.After.Sign() > 0 {
			r.Fallen = append(r.Fallen, one)
		} else {
			r.Lost = append(r.Lost, one)
		}
	}
}

// booked adds up the revenue of a period by customer.
func (m *moment) booked(ctx context.Context, in date.Period, r *Retention) ([]pipeline.Stat, error) {
	t, err := m.margins(ctx, MarginFilter{Period: in, Per: ledger.Customer, Unnamed: true}, &Result{})
	if err != nil {
		return nil, err
	}
	r.Coverage.Postings += t.Coverage.Postings
	r.Coverage.Cost = t.Coverage.Cost
	for _, c := range t.Coverage.Others {
		r.Coverage.other(c)
	}
	var list []pipeline.Stat
	for _, row := range t.Rows {
		if row.Value == "" {
			if r.Unknown, err = r.Unknown.Add(row.Revenue); err != nil {
				return nil, err
			}
			continue
		}
		s := pipeline.Stat{Ref: m.ref(ledger.Customer, row.Value), Value: row.Revenue}
		if row.Revenue.Sign() > 0 {
			s.Won = 1
		}
		list = append(list, s)
	}
	return list, nil
}

// won adds up the deals won in a period by customer.
func (m *moment) won(ctx context.Context, in date.Period, r *Retention) (list []pipeline.Stat, err error) {
	all, err := m.Deals.Stats(ctx, pipeline.StatsFilter{Group: pipeline.ByCustomer,
		Filter: pipeline.Filter{By: m.by, Status: pipeline.StatusWon, Closed: in}})
	if err != nil {
		return nil, err
	}
	for _, s := range all {
		switch {
		case s.Value.Currency() != m.cur:
			r.Coverage.Skipped += s.Won
			r.Coverage.other(s.Value.Currency())
		case s.Ref.IsZero():
			if r.Unknown, err = r.Unknown.Add(s.Value); err != nil {
				return nil, err
			}
		default:
			list = append(list, s)
		}
	}
	return list, nil
}
