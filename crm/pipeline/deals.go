package pipeline

import (
	"context"
	"iter"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// Deals keeps the pipelines and the deals of a tenant.
type Deals struct{ s storage.Session }

// New makes the service over a tenant's data, or inside a transaction.
func New(s storage.Session) *Deals { return &Deals{s} }

// In is the same service inside a transaction.
func (s *Deals) In(tx *storage.Tx) *Deals { return &Deals{tx} }

// A Filter narrows a list of deals; zero fields do not.
type Filter struct {
	// By is on whose behalf.
	By       storage.Ref
	Customer storage.Ref
	// NoCustomer keeps the deals without a customer.
	NoCustomer bool
	Owner      storage.Ref
	Pipeline   storage.ID[Pipeline]
	Stage      string
	Status     Status
	Source     string
	Team       string
	Region     string
	Origin     storage.Ref
	// Opened and Closed keep the deals that were opened, or closed, in a period.
	Opened date.Period
	Closed date.Period
	// Where holds further conditions, on fields of the tenant's own above all: storage.Eq("fields.segment", "A").
	Where []storage.Cond
	// Limit is the most deals; 0 is all (for a page: 50).
	Limit int
}

func (f Filter) query() storage.Query {
	q := storage.Query{By: f.By, Limit: f.Limit, Where: append([]storage.Cond(nil), f.Where...)}
	and := func(yes bool, c storage.Cond) {
		if yes {
			q.Where = append(q.Where, c)
		}
	}
	and(!f.Customer.IsZero() || f.NoCustomer, storage.Eq("customer", f.Customer))
	and(!f.Owner.IsZero(), storage.Eq("owner", f.Owner))
	and(!f.Pipeline.IsZero(), storage.Eq("pipeline", f.Pipeline))
	and(f.Stage != "", storage.Eq("stage", f.Stage))
	and(f.Status != "", storage.Eq("status", f.Status))
	and(f.Source != "", storage.Eq("source", f.Source))
	and(f.Team != "", storage.Eq("team", f.Team))
	and(f.Region != "", storage.Eq("region", f.Region))
	and(!f.Origin.IsZero(), storage.Eq("origin", f.Origin))
	and(!f.Opened.From.IsZero(), storage.Ge("opened", f.Opened.From))
	and(!f.Opened.To.IsZero(), storage.Le("opened", f.Opened.To))
	and(!f.Closed.From.IsZero(), storage.Ge("closed", f.Closed.From))
	and(!f.Closed.To.IsZero(), storage.Le("closed", f.Closed.To))
	return q
}

// Get reads a deal with its lines; with an actor only if that actor may see it.
//
// Errors: storage.ErrNotFound.
func (s *Deals) Get(ctx context.Context, id storage.ID[Deal], by ...storage.Ref) (d *Deal, err error) {
	err = s.s.View(ctx, func(tx *storage.Tx) error {
		if d, err = deals.Get(ctx, tx, id, by...); err != nil {
			return err
		}
		return loadLines(ctx, tx, actor(by), d)
	})
	if err != nil {
		return nil, err
	}
	return d, nil
}

// All yields deals with their lines, oldest first.
func (s *Deals) All(ctx context.Context, f Filter) iter.Seq2[*Deal, error] {
	return func(yield func(*Deal, error) bool) {
		var chunk []*Deal
		flush := func() bool {
			err := s.s.View(ctx, func(tx *storage.Tx) error { return loadLines(ctx, tx, f.By, chunk...) })
			if err != nil {
				yield(nil, err)
				return false
			}
			for _, d := range chunk {
				if !yield(d, nil) {
					return false
				}
			}
			chunk = nil
			return true
		}
		for d, err := range deals.All(ctx, s.s, f.query()) {
			if err != nil {
				yield(nil, err)
				return
			}
			if chunk = append(chunk, d); len(chunk) == batch && !flush() {
				return
			}
		}
		flush()
	}
}

// Page reads one screen of deals with their lines, oldest first.
//
// Errors: storage.ErrBadCursor, *storage.Invalid.
func (s *Deals) Page(ctx context.Context, f Filter, from storage.Cursor) (page storage.Page[Deal], err error) {
	err = s.s.View(ctx, func(tx *storage.Tx) error {
		if page, err = deals.Page(ctx, tx, f.query(), from); err != nil {
			return err
		}
		return loadLines(ctx, tx, f.By, page.Items...)
	})
	return page, err
}

// History yields the stage changes of a deal, oldest first.
//
// Errors: storage.ErrNotFound for a deal that is not there, or that the actor may not see.
func (s *Deals) History(ctx context.Context, id storage.ID[Deal], by ...storage.Ref) (list []StageChange, err error) {
	err = s.s.View(ctx, func(tx *storage.Tx) error {
		list = nil
		if _, err := deals.Get(ctx, tx, id, by...); err != nil {
			return err
		}
		for c, err := range stageChanges.All(ctx, tx, storage.Query{Where: []storage.Cond{storage.Eq("deal", id)}}) {
			if err != nil {
				return err
			}
			list = append(list, *c)
		}
		return nil
	})
	return list, err
}

// Describe tells a UI what a deal is made of and what may be done with this one.
//
// Errors: storage.ErrNotFound.
func (s *Deals) Describe(ctx context.Context, id storage.ID[Deal], by ...storage.Ref) (d storage.Description, err error) {
	err = s.s.View(ctx, func(tx *storage.Tx) error {
		deal, err := deals.Get(ctx, tx, id, by...)
		if err != nil {
			return err
		}
		d, err = deals.Describe(ctx, tx)
		d.Verbs = Verbs(deal)
		return err
	})
	return d, err
}

func actor(by []storage.Ref) (r storage.Ref) {
	if len(by) > 0 {
		r = by[0]
	}
	return r
}

// apply writes a deal with its lines and, where the stage or the amount changed, its history.
func apply(ctx context.Context, tx *storage.Tx, c event.Change[Deal], at date.Date) (*Deal, error) {
	d, before := c.After, c.Before
	if err := event.Apply(ctx, tx, deals, c); err != nil {
		return nil, err
	}
	if err := saveLines(ctx, tx, before, d); err != nil {
		return nil, err
	}
	if before != nil && before.Stage == d.Stage && before.Amount == d.Amount {
		return d, nil
	}
	step := &StageChange{Deal: d.ID, No: d.Version, At: at, To: d.Stage, Status: d.Status, Recorded: tx.Now(), By: c.By, Amount: d.Amount}
	if before != nil {
		step.From = before.Stage
	}
	if err := stageChanges.Insert(ctx, tx, step); err != nil {
		return nil, err
	}
	return d, nil
}
