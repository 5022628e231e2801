package insight

import (
	"context"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/erp/people"
	"github.com/tutas/tutas/erp/planning"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
)

// LoadFilter asks for load against capacity.
type LoadFilter struct {
	By storage.Ref
	// Teams are people or teams; none takes every department of Sources.People.
	Teams []storage.Ref
	// During is the time to look at, month by month.
	During date.Period
	// AsOf is the first day that counts as it is planned and not as it was worked; no date is today.
	AsOf date.Date
}

// Load is what is asked of teams against what they can do.
type Load struct {
	During date.Period `json:"during"`
	Teams  []TeamLoad  `json:"teams"`
}

// A TeamLoad is the load of a team by month.
type TeamLoad struct {
	Team   storage.Ref     `json:"team"`
	Name   string          `json:"name"`
	Months []planning.Load `json:"months"`
	// Over is how many months are above 100 %, and OverHours by how many hours these are.
	Over      int             `json:"over"`
	OverHours decimal.Decimal `json:"over_hours"`
	// Capacity and Hours are those of all months.
	Capacity decimal.Decimal `json:"capacity"`
	Hours    decimal.Decimal `json:"hours"`
}

// Load compares what is asked of teams with what they can do, by month.
//
// Errors: ErrSource without Plans, *storage.Invalid.
func (i *Insight) Load(ctx context.Context, f LoadFilter) (l Load, err error) {
	err = i.view(ctx, f.By, "", func(m *moment) error {
		l, err = m.load(ctx, f)
		return err
	})
	return l, err
}

func (m *moment) load(ctx context.Context, f LoadFilter) (l Load, err error) {
	if m.Plans == nil {
		return l, ErrSource.With("Plans")
	}
	l.During = f.During
	if len(f.Teams) == 0 {
		if f.Teams, err = m.departments(ctx); err != nil {
			return l, err
		}
	}
	for _, team := range f.Teams {
		months, err := m.Plans.Load(ctx, planning.LoadQuery{By: m.by, Who: team, During: f.During, AsOf: f.AsOf})
		if err != nil {
			return l, err
		}
		t := TeamLoad{Team: team, Months: months}
		if t.Name, err = m.called(ctx, team); err != nil {
			return l, err
		}
		for _, month := range months {
			t.Capacity, t.Hours = t.Capacity.Add(month.Capacity), t.Hours.Add(month.Demand.Hours())
			if month.Over {
				t.Over++
				t.OverHours = t.OverHours.Add(month.Demand.Hours().Sub(month.Capacity))
			}
		}
		l.Teams = append(l.Teams, t)
	}
	return l, nil
}

// departments lists the departments that people are in, in the order in which they first come.
func (m *moment) departments(ctx context.Context) (list []storage.Ref, err error) {
	if m.People == nil {
		return nil, nil
	}
	seen := map[string]bool{"": true}
	for p, err := range m.People.All(ctx, people.Filter{By: m.by}) {
		if err != nil {
			return nil, err
		}
		if !seen[p.Department] {
			seen[p.Department] = true
			list = append(list, people.Department(p.Department))
		}
	}
	return list, nil
}
