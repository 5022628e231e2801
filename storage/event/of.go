package event

import (
	"context"
	"iter"

	"github.com/tutas/tutas/storage"
)

// Of reads the first event of a name about each of some subjects, which are of one kind, in one query. The answer is aligned
// and holds nil where there is none.
func Of(ctx context.Context, tx *storage.Tx, name string, subjects ...storage.Ref) ([]*Event, error) {
	out := make([]*Event, len(subjects))
	at := make(map[storage.Ref]int, len(subjects))
	for i, s := range subjects {
		at[s] = i
	}
	q := storage.Query{Where: []storage.Cond{storage.In("subject", subjects...), storage.Eq("name", name)}}
	for e, err := range events.All(ctx, tx, q) {
		if err != nil {
			return nil, err
		}
		if i, asked := at[e.Subject]; asked && out[i] == nil {
			out[i] = e
		}
	}
	return out, nil
}

// Named yields the events of a name.
func Named(ctx context.Context, tx *storage.Tx, name string) iter.Seq2[*Event, error] {
	return events.All(ctx, tx, storage.Query{Where: []storage.Cond{storage.Eq("name", name)}})
}

// Count says how many events of a name there are; it looks at all events.
func Count(ctx context.Context, tx *storage.Tx, name string) (int64, error) {
	return events.Count(ctx, tx, storage.Query{Where: []storage.Cond{storage.Eq("name", name)}})
}
