package planning

import (
	"context"
	"iter"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// An Allocation promises hours of a person or a team to a project.
type Allocation struct {
	ID      storage.ID[Allocation] `json:"id"`
	Version int64                  `json:"version"`
	// Who is a person or a team.
	Who     storage.Ref `json:"who"`
	Project storage.Ref `json:"project"`
	// From and To are the first and the last day.
	From date.Date `json:"from"`
	To   date.Date `json:"to"`
	// Hours are those of all the days together.
	Hours   decimal.Decimal `json:"hours"`
	Text    string          `json:"text"`
	Created time.Time       `json:"created"`
	Fields  storage.Fields  `json:"fields,omitempty"`
}

// Days returns the allocation's days.
func (a Allocation) Days() date.Period { return date.Period{From: a.From, To: a.To} }

// Package is what this package keeps in a store.
func Package() storage.Package {
	return storage.Package{Name: "erp/planning", Tables: []storage.Declaration{allocations}}
}

var allocations = storage.Define("planning.allocation", func(a *Allocation) []storage.Field {
	return []storage.Field{
		storage.UUID("id", &a.ID).Key(), storage.Version(&a.Version), storage.RefTo("who", &a.Who),
		storage.RefTo("project", &a.Project),
		storage.Date("from", &a.From), storage.Date("to", &a.To), storage.Scaled("hours", hourScale, &a.Hours),
		storage.Text("text", &a.Text).Limit(10_000), storage.Instant("created", &a.Created), storage.Custom(&a.Fields),
	}
}, storage.Index("who", "who", "from"), storage.Index("project", "project", "from"), storage.Index("from", "from"))

// maxYears bounds an allocation and a report.
const maxYears = 10

func checkDays(bad *storage.Invalid, from, to date.Date) {
	bad.Check(!from.IsZero(), "from", storage.CodeRequired, "")
	bad.Check(!to.IsZero(), "to", storage.CodeRequired, "")
	bad.Check(!to.Before(from), "to", storage.CodeRange, "before it begins")
	bad.Check(to.Sub(from) <= maxYears*366, "to", storage.CodeRange, "more than ten years")
}

// Allocate promises hours, or changes what was promised.
type Allocate struct {
	By      storage.Ref
	Key     storage.Key
	Version int64
	Why     string
	// Allocation is the one to be changed; zero makes a new one.
	Allocation storage.ID[Allocation]
	Who        storage.Ref
	Project    storage.Ref
	From, To   date.Date
	Hours      decimal.Decimal
	Text       string
	Fields     storage.Fields
}

// Allocate promises hours of a person or a team to a project, or changes what was promised. It does not refuse an overload:
// Load shows it.
//
// Errors: *storage.Invalid, storage.ErrNotFound, storage.ErrStale.
func (p *Plans) Allocate(ctx context.Context, c Allocate) (*Allocation, error) {
	var bad storage.Invalid
	bad.Check(!c.Who.IsZero(), "who", storage.CodeRequired, "")
	bad.Check(c.Hours.Sign() >= 0, "hours", storage.CodeNegative, "")
	bad.Check(!c.Hours.IsZero(), "hours", storage.CodeRequired, "")
	if checkDays(&bad, c.From, c.To); bad.Err() != nil {
		return nil, bad.Err()
	}
	return storage.Once(ctx, p.s, c.Key, "planning.allocation.set", c, func(tx *storage.Tx) (*Allocation, error) {
		change := event.Change[Allocation]{By: c.By, Verb: "planning.allocation.set", Why: c.Why}
		a := &Allocation{ID: storage.NewID[Allocation](tx), Who: c.Who, Project: c.Project, From: c.From, To: c.To,
			Hours: c.Hours, Text: c.Text,
			Created: tx.Now(), Fields: c.Fields}
		if !c.Allocation.IsZero() {
			old, err := allocations.Lock(ctx, tx, c.Allocation)
			if err != nil {
				return nil, err
			}
			if err := storage.CheckVersion(c.Version, old.Version); err != nil {
				return nil, err
			}
			change.Before = old
			a.ID, a.Version, a.Created = old.ID, old.Version, old.Created
		}
		change.After = a
		return a, event.Apply(ctx, tx, allocations, change)
	})
}

// Release takes a promise back.
//
// Errors: storage.ErrNotFound.
func (p *Plans) Release(ctx context.Context, by storage.Ref, id storage.ID[Allocation], why string) error {
	return p.s.Update(ctx, func(tx *storage.Tx) error {
		old, err := allocations.Lock(ctx, tx, id)
		if err != nil {
			return err
		}
		return event.Apply(ctx, tx, allocations, event.Change[Allocation]{By: by, Verb: "planning.allocation.release", Why: why,
			Before: old})
	})
}

// A Filter narrows a list of allocations; zero fields do not narrow.
type Filter struct {
	// By is on whose behalf the list is read.
	By      storage.Ref
	Who     storage.Ref
	Project storage.Ref
	// During keeps those that touch a period.
	During date.Period
	Where  []storage.Cond
}

func (f Filter) query() storage.Query {
	q := storage.Query{By: f.By, Where: f.Where[:len(f.Where):len(f.Where)], Order: []string{"from"}}
	if !f.Who.IsZero() {
		q.Where = append(q.Where, storage.Eq("who", f.Who))
	}
	if !f.Project.IsZero() {
		q.Where = append(q.Where, storage.Eq("project", f.Project))
	}
	if !f.During.To.IsZero() {
		q.Where = append(q.Where, storage.Le("from", f.During.To))
	}
	if !f.During.From.IsZero() {
		q.Where = append(q.Where, storage.Ge("to", f.During.From))
	}
	return q
}

// All yields allocations by their first day.
func (p *Plans) All(ctx context.Context, f Filter) iter.Seq2[*Allocation, error] {
	return allocations.All(ctx, p.s, f.query())
}

// Page returns a screenful of allocations by their first day.
//
// Errors: storage.ErrBadCursor, *storage.Invalid.
func (p *Plans) Page(ctx context.Context, f Filter, from storage.Cursor) (storage.Page[Allocation], error) {
	return allocations.Page(ctx, p.s, f.query(), from)
}

// Get returns an allocation, as far as the actor may see it.
//
// Errors: storage.ErrNotFound.
func (p *Plans) Get(ctx context.Context, id storage.ID[Allocation], by ...storage.Ref) (a *Allocation, err error) {
	err = p.s.View(ctx, func(tx *storage.Tx) error {
		a, err = allocations.Get(ctx, tx, id, by...)
		return err
	})
	return a, err
}
