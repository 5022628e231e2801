package people

import (
	"context"
	"iter"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
)

// People keeps who works for the company.
type People struct{ s storage.Session }

// New makes the service over a tenant's data.
func New(s storage.Session) *People { return &People{s: s} }

// In returns the same service inside a transaction.
func (p *People) In(tx *storage.Tx) *People { return &People{s: tx} }

// Get returns a person, as far as the actor may see it.
//
// Errors: storage.ErrNotFound.
func (p *People) Get(ctx context.Context, id storage.ID[Person], by ...storage.Ref) (one *Person, err error) {
	err = p.s.View(ctx, func(tx *storage.Tx) error {
		one, err = persons.Get(ctx, tx, id, by...)
		return err
	})
	return one, err
}

// A Filter narrows a list of people; zero fields do not narrow.
type Filter struct {
	// By is on whose behalf the list is read.
	By         storage.Ref
	Department string
	CostCentre string
	Manager    storage.Ref
	// On keeps those who are employed on a date.
	On    date.Date
	Where []storage.Cond
}

func (f Filter) query() storage.Query {
	q := storage.Query{By: f.By, Where: f.Where[:len(f.Where):len(f.Where)], Order: []string{"name"}}
	if f.Department != "" {
		q.Where = append(q.Where, storage.Eq("department", f.Department))
	}
	if f.CostCentre != "" {
		q.Where = append(q.Where, storage.Eq("cost_centre", f.CostCentre))
	}
	if !f.Manager.IsZero() {
		q.Where = append(q.Where, storage.Eq("manager", f.Manager))
	}
	if !f.On.IsZero() {
		q.Where = append(q.Where, storage.Le("hired", f.On), storage.Ge("until", f.On))
	}
	return q
}

// All yields people by name.
func (p *People) All(ctx context.Context, f Filter) iter.Seq2[*Person, error] {
	return persons.All(ctx, p.s, f.query())
}

// Page returns a screenful of people by name.
//
// Errors: storage.ErrBadCursor, *storage.Invalid.
func (p *People) Page(ctx context.Context, f Filter, from storage.Cursor) (storage.Page[Person], error) {
	return persons.Page(ctx, p.s, f.query(), from)
}

// Describe lists the fields of a person for a screen, and what can be done with this one.
//
// Errors: storage.ErrNotFound.
func (p *People) Describe(ctx context.Context, id storage.ID[Person], by storage.Ref) (storage.Description, error) {
	one, err := p.Get(ctx, id, by)
	if err != nil {
		return storage.Description{}, err
	}
	d, err := persons.Describe(ctx, p.s)
	d.Verbs = one.Verbs()
	return d, err
}

// Members returns the people whom a Ref stands for: those of a department, or the person itself. With Capacity it is the
// port that planning.People asks for. Those who have left are members still, since their past hours count.
func (p *People) Members(ctx context.Context, tx *storage.Tx, team storage.Ref) ([]storage.Ref, error) {
	if team.Kind != departmentKind {
		return []storage.Ref{team}, nil
	}
	var list []storage.Ref
	for one, err := range persons.All(ctx, tx, Filter{Department: team.ID}.query()) {
		if err != nil {
			return nil, err
		}
		list = append(list, Ref(one.ID))
	}
	return list, nil
}

// Present returns those of the people whom a Ref stands for who are employed on a date: who may be asked, given a task or a
// vote. A Ref to no one of ours is returned as it is.
func (p *People) Present(ctx context.Context, tx *storage.Tx, team storage.Ref, on date.Date) ([]storage.Ref, error) {
	if team.Kind != departmentKind {
		one, err := find(ctx, tx, team)
		if err != nil || one != nil && !one.Employed().Contains(on) {
			return nil, err
		}
		return []storage.Ref{team}, nil
	}
	var list []storage.Ref
	for one, err := range persons.All(ctx, tx, Filter{Department: team.ID, On: on}.query()) {
		if err != nil {
			return nil, err
		}
		list = append(list, Ref(one.ID))
	}
	return list, nil
}

// Capacity returns the hours that a person can work in each of some periods. Whom we do not employ has none.
func (p *People) Capacity(ctx context.Context, tx *storage.Tx, person storage.Ref, during []date.Period) ([]decimal.Decimal, error) {
	hours := make([]decimal.Decimal, len(during))
	one, err := find(ctx, tx, person)
	if err != nil || one == nil {
		return hours, err
	}
	var holidays []Holiday
	if !one.Calendar.IsZero() {
		c, err := calendars.Get(ctx, tx, one.Calendar)
		if err != nil {
			return nil, err
		}
		holidays = c.Holidays
	}
	var away []Leave
	for l, err := range leaves.All(ctx, tx, storage.Query{Where: []storage.Cond{storage.Eq("person", one.ID)},
		Order: []string{"from"}}) {
		if err != nil {
			return nil, err
		}
		away = append(away, *l)
	}
	for i, period := range during {
		hours[i] = Capacity(one.Week, one.Employed(), holidays, away, period)
	}
	return hours, nil
}
