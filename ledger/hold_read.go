package ledger

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/tutas/tutas/storage"
)

// HoldFilter narrows a list of holds, which comes in the order in which they were placed.
type HoldFilter struct {
	// By is on whose behalf; zero is the system.
	By storage.Ref
	// Account keeps those with a leg on an account.
	Account string
	// State keeps those of one state, as of now: a hold that has expired is not open, whether or not that is noted.
	State HoldState
	// Source keeps those of one document.
	Source storage.Ref
	// Desc puts the latest first.
	Desc bool
	// Limit is the most holds of a page, 50 if zero.
	Limit int
}

// query asks for holds, or for what they have of an account.
func (f HoldFilter) query(now time.Time) storage.Query {
	q := storage.Query{By: f.By, Desc: f.Desc, Limit: f.Limit}
	switch f.State {
	case "":
	case HoldOpen:
		q.Where = append(q.Where, storage.Eq("state", f.State), storage.Gt("expires", now))
	case HoldExpired:
		q.Where = append(q.Where, storage.In("state", HoldOpen, HoldExpired), storage.Le("expires", now))
	default:
		q.Where = append(q.Where, storage.Eq("state", f.State))
	}
	if !f.Source.IsZero() {
		q.Where = append(q.Where, storage.Eq("source", f.Source))
	}
	if f.Account != "" {
		q.By = storage.Ref{} // asked when the holds themselves are read
		q.Where = append(q.Where, storage.Eq("account", f.Account), storage.Eq("first", true))
	}
	return q
}

// Held reads a hold.
//
// Errors: storage.ErrNotFound, also for one that the actor may not see.
func (b *Books) Held(ctx context.Context, id storage.ID[Held], by ...storage.Ref) (out *Held, err error) {
	err = b.s.View(ctx, func(tx *storage.Tx) error {
		if out, err = holds.Get(ctx, tx, id, by...); err == nil {
			out.shown(tx.Now())
		}
		return err
	})
	return out, err
}

// Holds lists holds; see storage.Table.All for what a list over a tenant's data promises.
//
// Errors: *storage.Invalid.
func (b *Books) Holds(ctx context.Context, f HoldFilter) iter.Seq2[*Held, error] {
	return func(yield func(*Held, error) bool) {
		f.Limit = pageOfHolds
		for from := storage.Cursor(""); ; {
			page, err := b.HoldsPage(ctx, f, from)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, h := range page.Items {
				if !yield(h, nil) {
					return
				}
			}
			if from = page.Next; from == "" {
				return
			}
		}
	}
}

// pageOfHolds is how many holds a list reads at a time.
const pageOfHolds = 200

// HoldsPage reads one screen of holds. Of those on an account, a page has fewer where the actor may not see some.
//
// Errors: storage.ErrBadCursor, *storage.Invalid.
func (b *Books) HoldsPage(ctx context.Context, f HoldFilter, from storage.Cursor) (page storage.Page[Held], err error) {
	if f.State != "" && !slices.Contains(holdStates, f.State) {
		return page, &storage.Invalid{Fields: []storage.Fault{{Path: "state", Code: storage.CodeChoice}}}
	}
	err = b.s.View(ctx, func(tx *storage.Tx) error {
		page = storage.Page[Held]{}
		q := f.query(tx.Now())
		if f.Account == "" {
			page, err = holds.Page(ctx, tx, q, from)
		} else {
			err = pageOfAccount(ctx, tx, f, q, from, &page)
		}
		for _, h := range page.Items {
			h.shown(tx.Now())
		}
		return err
	})
	return page, err
}

func pageOfAccount(ctx context.Context, tx *storage.Tx, f HoldFilter, q storage.Query, from storage.Cursor,
	page *storage.Page[Held]) error {
	of, err := claims.Page(ctx, tx, q, from)
	if err != nil {
		return err
	}
	page.Next = of.Next
	ids := make([]storage.ID[Held], len(of.Items))
	for i, c := range of.Items {
		ids[i] = c.Hold
	}
	for h, err := range holds.All(ctx, tx, storage.Query{By: f.By, Where: []storage.Cond{storage.In("id", ids...)}, Desc: f.Desc}) {
		if err != nil {
			return err
		}
		page.Items = append(page.Items, h)
	}
	return nil
}
