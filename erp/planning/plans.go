package planning

import (
	"context"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
)

// People is what planning needs to know of who can work. Package erp/people satisfies it.
type People interface {
	// Members returns the people whom a Ref stands for: those of a team, or the person itself.
	Members(ctx context.Context, tx *storage.Tx, team storage.Ref) ([]storage.Ref, error)
	// Capacity returns the hours that a person can work in each of some periods.
	Capacity(ctx context.Context, tx *storage.Tx, person storage.Ref, during []date.Period) ([]decimal.Decimal, error)
}

// Hours is what planning needs to know of what was worked. Package erp/project satisfies it.
type Hours interface {
	// Worked returns the hours that a person worked in each of some periods.
	Worked(ctx context.Context, tx *storage.Tx, person storage.Ref, during []date.Period) ([]decimal.Decimal, error)
}

// Ports are what planning needs from outside. Without People nobody has capacity, without Hours nothing was worked.
type Ports struct {
	People People
	Hours  Hours
}

// Plans keeps allocations and compares them with what people can do.
type Plans struct {
	s     storage.Session
	ports Ports
}

// New makes the service over a tenant's data.
func New(s storage.Session, ports Ports) *Plans { return &Plans{s: s, ports: ports} }

// In returns the same service inside a transaction.
func (p *Plans) In(tx *storage.Tx) *Plans { return &Plans{s: tx, ports: p.ports} }

// LoadQuery asks for a load.
type LoadQuery struct {
	// By is on whose behalf: allocations that the actor may not see are left out.
	By storage.Ref
	// Who is a person or a team.
	Who storage.Ref
	// During is the time to look at.
	During date.Period
	// Weekly cuts it into weeks instead of months.
	Weekly bool
	// AsOf is the first day that counts as it is planned; no date is today.
	AsOf date.Date
}

// Load compares what is asked of a person or a team with what they can do, by month or by week.
//
// Errors: *storage.Invalid, and those of the ports.
func (p *Plans) Load(ctx context.Context, q LoadQuery) (loads Loads, err error) {
	var bad storage.Invalid
	bad.Check(!q.Who.IsZero(), "who", storage.CodeRequired, "")
	if checkDays(&bad, q.During.From, q.During.To); bad.Err() != nil {
		return nil, bad.Err()
	}
	periods := Months(q.During)
	if q.Weekly {
		periods = Weeks(q.During)
	}
	err = p.s.View(ctx, func(tx *storage.Tx) error {
		if q.AsOf.IsZero() {
			q.AsOf = tx.Today()
		}
		crew, err := p.crew(ctx, tx, q.Who)
		if err != nil {
			return err
		}
		capacity, err := p.capacity(ctx, tx, crew, periods)
		if err != nil {
			return err
		}
		demand := make([]Demand, len(periods))
		if err := p.worked(ctx, tx, crew, periods, q.AsOf, demand); err != nil {
			return err
		}
		holders := crew
		if !slices.Contains(crew, q.Who) {
			holders = append([]storage.Ref{q.Who}, crew...)
		}
		for _, who := range holders {
			if err := p.planned(ctx, tx, q, who, periods, demand); err != nil {
				return err
			}
		}
		loads, err = LoadOf(periods, capacity, demand)
		return err
	})
	return loads, err
}

func (p *Plans) crew(ctx context.Context, tx *storage.Tx, who storage.Ref) ([]storage.Ref, error) {
	if p.ports.People == nil {
		return []storage.Ref{who}, nil
	}
	return p.ports.People.Members(ctx, tx, who)
}

// capacity sums what each of the crew can do.
func (p *Plans) capacity(ctx context.Context, tx *storage.Tx, crew []storage.Ref, during []date.Period) ([]decimal.Decimal, error) {
	if p.ports.People == nil {
		return make([]decimal.Decimal, len(during)), nil
	}
	return sumOf(crew, during, func(who storage.Ref) ([]decimal.Decimal, error) {
		return p.ports.People.Capacity(ctx, tx, who,
			during)
	})
}

// worked adds what each of the crew has worked before a day.
func (p *Plans) worked(ctx context.Context, tx *storage.Tx, crew []storage.Ref, periods []date.Period, before date.Date, demand []Demand) error {
	if p.ports.Hours == nil {
		return nil
	}
	var past []date.Period // the periods before the day; they come first
	for _, period := range periods {
		if period.From.Before(before) {
			past = append(past, date.Period{From: period.From, To: date.Earlier(period.To, before.AddDays(-1))})
		}
	}
	hours, err := sumOf(crew, past, func(who storage.Ref) ([]decimal.Decimal, error) {
		return p.ports.Hours.Worked(ctx, tx,
			who, past)
	})
	if err != nil {
		return err
	}
	for i, h := range hours {
		demand[i].Worked = h
	}
	return nil
}

// planned adds what is allocated to a person or a team from a day on.
func (p *Plans) planned(ctx context.Context, tx *storage.Tx, q LoadQuery, who storage.Ref, periods []date.Period, demand []Demand) error {
	var crew []storage.Ref
	f := Filter{By: q.By, Who: who, During: date.Period{From: date.Later(q.AsOf, q.During.From), To: q.During.To}}
	for a, err := range allocations.All(ctx, tx, f.query()) {
		if err != nil {
			return err
		}
		if crew == nil {
			if crew, err = p.crew(ctx, tx, who); err != nil {
				return err
			}
		}
		pieces := Cut(a.Days(), periods, q.AsOf)
		weights, err := p.capacity(ctx, tx, crew, pieces)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(weights, decimal.Decimal.IsPositive) {
			for i, piece := range pieces {
				weights[i] = decimal.NewFromInt(int64(piece.Days()))
			}
		}
		for i, hours := range Spread(a.Hours, weights) {
			at := slices.IndexFunc(periods, func(period date.Period) bool { return period.Contains(pieces[i].From) })
			if at >= 0 && !pieces[i].From.Before(q.AsOf) {
				demand[at].Planned = demand[at].Planned.Add(hours)
			}
		}
	}
	return nil
}

// sumOf adds up, period by period, what a question answers for each of the crew.
func sumOf(crew []storage.Ref, during []date.Period, ask func(storage.Ref) ([]decimal.Decimal, error)) ([]decimal.Decimal, error) {
	sum := make([]decimal.Decimal, len(during))
	if len(during) == 0 {
		return sum, nil
	}
	for _, who := range crew {
		hours, err := ask(who)
		if err != nil {
			return nil, err
		}
		if len(hours) != len(during) {
			return nil, ErrUneven.With("%s", who)
		}
		for i, h := range hours {
			sum[i] = sum[i].Add(h)
		}
	}
	return sum, nil
}
