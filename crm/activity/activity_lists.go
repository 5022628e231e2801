package activity

import (
	"context"
	"iter"
	"slices"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
)

// A Filter narrows a list of activities.
type Filter struct {
	// By is on whose behalf.
	By      storage.Ref
	Subject storage.Ref
	Owner   storage.Ref
	Kind    Kind
	// Open keeps the tasks that are not done.
	Open bool
	// DueBy keeps the tasks that are due on a day or before.
	DueBy date.Date
	// Where holds further conditions, on fields of the tenant's own above all.
	Where []storage.Cond
	// Limit is the most activities; 0 is all (for a page: 50).
	Limit int
}

func (f Filter) query() storage.Query {
	q := storage.Query{By: f.By, Limit: f.Limit, Order: []string{"at"}, Desc: true, Where: append([]storage.Cond(nil), f.Where...)}
	if !f.Subject.IsZero() {
		q.Where = append(q.Where, storage.Eq("subject", f.Subject))
	}
	if !f.Owner.IsZero() {
		q.Where = append(q.Where, storage.Eq("owner", f.Owner))
	}
	if f.Kind != "" {
		q.Where = append(q.Where, storage.Eq("kind", f.Kind))
	}
	if f.Open {
		q.Where = append(q.Where, storage.Eq("open", true))
	}
	if !f.DueBy.IsZero() {
		q.Where = append(q.Where, storage.Le("due", f.DueBy))
	}
	return q
}

// Get reads an activity; with an actor only if that actor may see it.
//
// Errors: storage.ErrNotFound.
func (s *Activities) Get(ctx context.Context, id storage.ID[Activity], by ...storage.Ref) (a *Activity, err error) {
	err = s.s.View(ctx, func(tx *storage.Tx) error {
		a, err = activities.Get(ctx, tx, id, by...)
		return err
	})
	return a, err
}

// All yields activities, the latest first: the timeline of Filter.Subject.
func (s *Activities) All(ctx context.Context, f Filter) iter.Seq2[*Activity, error] {
	return activities.All(ctx, s.s, f.query())
}

// Page reads one screen of activities, the latest first.
//
// Errors: storage.ErrBadCursor, *storage.Invalid.
func (s *Activities) Page(ctx context.Context, f Filter, from storage.Cursor) (storage.Page[Activity], error) {
	return activities.Page(ctx, s.s, f.query(), from)
}

// Describe tells a UI what an activity is made of and what may be done with this one.
//
// Errors: storage.ErrNotFound.
func (s *Activities) Describe(ctx context.Context, id storage.ID[Activity], by ...storage.Ref) (d storage.Description, err error) {
	err = s.s.View(ctx, func(tx *storage.Tx) error {
		a, err := activities.Get(ctx, tx, id, by...)
		if err != nil {
			return err
		}
		d, err = activities.Describe(ctx, tx)
		d.Verbs = Verbs(a)
		return err
	})
	return d, err
}

// NextStep reads the task of a subject that comes first; nil if there is none.
func (s *Activities) NextStep(ctx context.Context, subject storage.Ref, by ...storage.Ref) (next *Activity, err error) {
	steps, err := s.nextSteps(ctx, []storage.Ref{subject}, by...)
	return steps[subject], err
}

// WithoutNextStep answers which of some subjects, open deals say, nobody plans to do anything about: those without an open task,
// in the order given.
func (s *Activities) WithoutNextStep(ctx context.Context, subjects ...storage.Ref) (flagged []storage.Ref, err error) {
	steps, err := s.nextSteps(ctx, subjects)
	if err != nil {
		return nil, err
	}
	for _, r := range subjects {
		if steps[r] == nil {
			flagged = append(flagged, r)
		}
	}
	return flagged, nil
}

// nextSteps reads the first task of many subjects, a batch of one kind in each round trip.
func (s *Activities) nextSteps(ctx context.Context, subjects []storage.Ref, by ...storage.Ref) (map[storage.Ref]*Activity, error) {
	kinds := map[string][]storage.Ref{}
	for _, r := range subjects {
		kinds[r.Kind] = append(kinds[r.Kind], r)
	}
	steps := map[storage.Ref]*Activity{}
	err := s.s.View(ctx, func(tx *storage.Tx) error {
		clear(steps)
		for _, refs := range kinds {
			for some := range slices.Chunk(refs, 250) {
				q := storage.Query{Where: []storage.Cond{storage.Eq("open", true), storage.In("subject", some...)}}
				if len(by) > 0 {
					q.By = by[0]
				}
				for a, err := range activities.All(ctx, tx, q) {
					if err != nil {
						return err
					}
					if first := steps[a.Subject]; first == nil || before(a, first) {
						steps[a.Subject] = a
					}
				}
			}
		}
		return nil
	})
	return steps, err
}
