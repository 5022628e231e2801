package project

import (
	"context"
	"iter"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// Rates is where the cost of an hour comes from. Package erp/people satisfies it.
type Rates interface {
	// CostRate returns what an hour of a person costs on a date.
	CostRate(ctx context.Context, tx *storage.Tx, person storage.Ref, on date.Date) (money.Amount, error)
}

// Journal is where the cost of hours is posted.
type Journal interface {
	// Post enters an entry in the books and returns a Ref to it.
	Post(ctx context.Context, tx *storage.Tx, e ledger.Entry) (storage.Ref, error)
}

// A Chain knows the deal that a document came of, so that what a project costs names it.
type Chain interface {
	// Deal returns the value of the ledger's dimension deal for an origin, "" if it came of none.
	Deal(ctx context.Context, tx *storage.Tx, origin storage.Ref) (string, error)
}

// Ports are what projects need from outside. Each may be nil.
type Ports struct {
	Rates   Rates
	Journal Journal
	Chain   Chain
	// Delivery is the code of the account that is debited with the cost of hours, Absorbed that of the one credited: labour
	// that payroll has paid for and projects have used. Both are needed with a Journal.
	Delivery, Absorbed string
}

// Projects keeps projects, their hours and their milestones.
type Projects struct {
	s     storage.Session
	ports Ports
}

// New makes the service over a tenant's data.
func New(s storage.Session, ports Ports) *Projects { return &Projects{s: s, ports: ports} }

// In returns the same service inside a transaction.
func (p *Projects) In(tx *storage.Tx) *Projects { return &Projects{s: tx, ports: p.ports} }

// Get returns a project, as far as the actor may see it.
//
// Errors: storage.ErrNotFound.
func (p *Projects) Get(ctx context.Context, id storage.ID[Project], by ...storage.Ref) (one *Project, err error) {
	err = p.s.View(ctx, func(tx *storage.Tx) error {
		one, err = projects.Get(ctx, tx, id, by...)
		return err
	})
	return one, err
}

// A Filter narrows a list of projects; zero fields do not narrow.
type Filter struct {
	// By is on whose behalf the list is read.
	By       storage.Ref
	Customer storage.Ref
	Origin   storage.Ref
	Manager  storage.Ref
	Status   Status
	Where    []storage.Cond
}

func (f Filter) query() storage.Query {
	q := storage.Query{By: f.By, Where: f.Where[:len(f.Where):len(f.Where)], Order: []string{"created"}}
	for i, ref := range []storage.Ref{f.Customer, f.Origin, f.Manager} {
		if !ref.IsZero() {
			q.Where = append(q.Where, storage.Eq([]string{"customer", "origin", "manager"}[i], ref))
		}
	}
	if f.Status != "" {
		q.Where = append(q.Where, storage.Eq("status", f.Status))
	}
	return q
}

// All yields projects, the oldest first.
func (p *Projects) All(ctx context.Context, f Filter) iter.Seq2[*Project, error] {
	return projects.All(ctx, p.s, f.query())
}

// Page returns a screenful of projects, the oldest first.
//
// Errors: storage.ErrBadCursor, *storage.Invalid.
func (p *Projects) Page(ctx context.Context, f Filter, from storage.Cursor) (storage.Page[Project], error) {
	return projects.Page(ctx, p.s, f.query(), from)
}

// Describe lists the fields of a project for a screen, and what can be done with this one.
//
// Errors: storage.ErrNotFound.
func (p *Projects) Describe(ctx context.Context, id storage.ID[Project], by storage.Ref) (storage.Description, error) {
	one, err := p.Get(ctx, id, by)
	if err != nil {
		return storage.Description{}, err
	}
	d, err := projects.Describe(ctx, p.s)
	d.Verbs = one.Verbs()
	return d, err
}
