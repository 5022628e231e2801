package project

import (
	"context"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// Hours are what someone enters in a timesheet.
type Hours struct {
	Project storage.ID[Project]
	Person  storage.Ref
	Date    date.Date
	Hours   decimal.Decimal
	Text    string
	// Free hours are not billed.
	Free bool
	// Price is what an hour is billed at; Amount{} is the project's price. Fixed, where it is not Amount{}, is billed for
	// all of the hours.
	Price, Fixed money.Amount
	Fields       storage.Fields
}

func (h Hours) check(bad *storage.Invalid, path string) {
	bad.Check(!h.Project.IsZero(), path+"project", storage.CodeRequired, "")
	bad.Check(!h.Person.IsZero(), path+"person", storage.CodeRequired, "")
	bad.Check(!h.Date.IsZero(), path+"date", storage.CodeRequired, "")
	switch {
	case h.Hours.Exponent() > 1000 || h.Hours.Exponent() < -1000: // calculating with it could fill the memory
		bad.Add(path+"hours", storage.CodeRange, "a day has 24 hours")
	case h.Hours.Sign() < 0:
		bad.Add(path+"hours", storage.CodeNegative, "")
	case h.Hours.IsZero():
		bad.Add(path+"hours", storage.CodeRequired, "")
	case h.Hours.GreaterThan(decimal.NewFromInt(24)):
		bad.Add(path+"hours", storage.CodeRange, "a day has 24 hours")
	case !h.Hours.Equal(h.Hours.Truncate(4)):
		bad.Add(path+"hours", storage.CodeScale, "")
	}
	bad.Check(h.Price.Sign() >= 0, path+"price", storage.CodeNegative, "")
	bad.Check(h.Fixed.Sign() >= 0, path+"fixed", storage.CodeNegative, "")
}

// LogTime enters hours, as many as there are.
type LogTime struct {
	By    storage.Ref
	Key   storage.Key
	Why   string
	Times []Hours
}

// maxTimes bounds one command.
const maxTimes = 10_000

// LogTime enters hours, all or none, and pins what they cost.
//
// Errors: *storage.Invalid with paths such as "times.2.hours", storage.ErrNotFound for a project, ErrStatus for one that is
// not active, and those of the ports.
func (p *Projects) LogTime(ctx context.Context, c LogTime) ([]*Time, error) {
	var bad storage.Invalid
	bad.Check(len(c.Times) > 0, "times", storage.CodeRequired, "")
	bad.Check(len(c.Times) <= maxTimes, "times", storage.CodeRange, "")
	for i, h := range c.Times {
		h.check(&bad, fmt.Sprintf("times.%d.", i))
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	return storage.Once(ctx, p.s, c.Key, "project.time.log", c, func(tx *storage.Tx) ([]*Time, error) {
		ids := make([]storage.ID[Project], len(c.Times))
		for i, h := range c.Times {
			ids[i] = h.Project
		}
		byID, err := lockActive(ctx, tx, ids...)
		if err != nil {
			return nil, err
		}
		rate := p.rates(ctx, tx)
		list := make([]*Time, len(c.Times))
		for i, h := range c.Times {
			t := &Time{ID: storage.NewID[Time](tx), Created: tx.Now()}
			if err := p.fill(t, h, byID[h.Project], rate); err != nil {
				return nil, err
			}
			if err := p.post(ctx, tx, c.By, byID[h.Project], nil, t); err != nil {
				return nil, err
			}
			if err := event.Apply(ctx, tx, times, event.Change[Time]{By: c.By, Verb: "project.time.log", Why: c.Why,
				After: t}); err != nil {
				return nil, err
			}
			list[i] = t
		}
		return list, nil
	})
}

// fill sets what was entered and pins the cost.
func (p *Projects) fill(t *Time, h Hours, on *Project, rate rateFunc) (err error) {
	if t.Rate == (money.Amount{}) || t.Person != h.Person || t.Date != h.Date {
		if t.Rate, err = rate(h.Person, h.Date); err != nil {
			return err
		}
	}
	t.Project, t.Person, t.Date, t.Hours, t.Text = h.Project, h.Person, h.Date, h.Hours, h.Text
	t.Billable, t.Price, t.Fixed, t.Fields = !h.Free, h.Price, h.Fixed, h.Fields
	if t.Price == (money.Amount{}) {
		t.Price = on.Price
	}
	t.Cost = Cost(t.Rate, t.Hours)
	return nil
}

type rateFunc func(person storage.Ref, on date.Date) (money.Amount, error)

// rates asks the port, once for each person and day.
func (p *Projects) rates(ctx context.Context, tx *storage.Tx) rateFunc {
	type question struct {
		person storage.Ref
		on     date.Date
	}
	known := map[question]money.Amount{}
	return func(person storage.Ref, on date.Date) (money.Amount, error) {
		q := question{person, on}
		if a, ok := known[q]; ok || p.ports.Rates == nil {
			return a, nil
		}
		a, err := p.ports.Rates.CostRate(ctx, tx, person, on)
		if err == nil {
			known[q] = a
		}
		return a, err
	}
}

// lockActive locks projects on which hours are about to change.
func lockActive(ctx context.Context, tx *storage.Tx, ids ...storage.ID[Project]) (map[storage.ID[Project]]*Project, error) {
	byID := map[storage.ID[Project]]*Project{}
	var list []*Project
	for _, id := range ids {
		if byID[id] == nil {
			byID[id] = &Project{ID: id}
			list = append(list, byID[id])
		}
	}
	found, err := projects.LoadLocked(ctx, tx, list...)
	if err != nil {
		return nil, err
	}
	for i, one := range list {
		if !found[i] {
			return nil, storage.ErrNotFound.With("%s", Ref(one.ID))
		}
		if _, err := one.next("log_time"); err != nil {
			return nil, ErrStatus.With("hours on %s while it is %s", one.Name, one.Status)
		}
	}
	return byID, nil
}

// post enters the cost of hours in the books: what they cost now less what they cost before. Either may be nil.
func (p *Projects) post(ctx context.Context, tx *storage.Tx, by storage.Ref, on *Project, before, after *Time) error {
	if p.ports.Journal == nil {
		return nil
	}
	e := ledger.Entry{By: by, Text: "Hours"}
	for i, t := range []*Time{before, after} {
		if t == nil || t.Cost.IsZero() {
			continue
		}
		cost := t.Cost
		if i == 0 {
			cost = cost.Neg()
		}
		dims := on.Dims()
		dims.Person = t.Person.ID
		absorbed := ledger.Dims{Department: dims.Department, CostCentre: dims.CostCentre, Person: dims.Person, Region: dims.Region}
		e.Legs = append(e.Legs, ledger.Debit(p.ports.Delivery, cost, dims), ledger.Credit(p.ports.Absorbed, cost, absorbed))
		e.Date, e.Source = t.Date, TimeRef(t.ID)
	}
	if len(e.Legs) == 0 {
		return nil
	}
	ref, err := p.ports.Journal.Post(ctx, tx, e)
	if err == nil && after != nil {
		after.Posting = ref
	}
	return err
}
