package ledger

import (
	"context"
	"iter"
	"slices"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
)

// MatchFilter narrows a list of matches, which comes by date.
type MatchFilter struct {
	By     storage.Ref
	Period date.Period
	// Source keeps those of one document.
	Source storage.Ref
	// Undone adds those that were undone.
	Undone bool
	// Limit is the most matches of a page, 50 if zero.
	Limit int
}

func (f MatchFilter) query() storage.Query {
	q := storage.Query{By: f.By, Order: []string{"date"}, Limit: f.Limit, Where: partConds(f.Period, Dims{})}
	if !f.Source.IsZero() {
		q.Where = append(q.Where, storage.Eq("source", f.Source))
	}
	if !f.Undone {
		q.Where = append(q.Where, storage.Absent("undone"))
	}
	return q
}

// Matches lists matches without their pairs; see storage.Table.All for what a list over a tenant's data promises.
func (b *Books) Matches(ctx context.Context, f MatchFilter) iter.Seq2[*Matched, error] {
	q := f.query()
	q.Limit = 0
	return matches.All(ctx, b.s, q)
}

// MatchesPage reads one screen of matches.
//
// Errors: *storage.Invalid, storage.ErrBadCursor.
func (b *Books) MatchesPage(ctx context.Context, f MatchFilter, from storage.Cursor) (storage.Page[Matched], error) {
	if err := checkPeriod(f.Period); err != nil {
		return storage.Page[Matched]{}, err
	}
	return matches.Page(ctx, b.s, f.query(), from)
}

// MatchesOf reads the matches that count of the items of an entry, in the order in which they were made, without their pairs.
func (b *Books) MatchesOf(ctx context.Context, entry storage.ID[Posted]) (list []*Matched, err error) {
	err = b.s.View(ctx, func(tx *storage.Tx) error {
		list, err = matchesOf(ctx, tx, entry)
		slices.Reverse(list)
		return err
	})
	return list, err
}
