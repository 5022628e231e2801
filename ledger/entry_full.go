package ledger

import (
	"context"
	"iter"

	"github.com/tutas/tutas/storage"
)

// Snapshot calls fn with the books as they are at one moment: whatever it reads agrees, however many calls it takes.
func (b *Books) Snapshot(ctx context.Context, fn func(*Books) error) error {
	return b.s.View(ctx, func(tx *storage.Tx) error { return fn(b.In(tx)) })
}

// EntriesInFull lists entries with their legs, as Entries does without them; it reads the legs of many at a time.
func (b *Books) EntriesInFull(ctx context.Context, f EntryFilter) iter.Seq2[*Posted, error] {
	return func(yield func(*Posted, error) bool) {
		list := make([]*Posted, 0, fewCodes)
		flush := func() bool {
			if len(list) == 0 {
				return true
			}
			err := b.s.View(ctx, func(tx *storage.Tx) error { return fillLegs(ctx, tx, f.By, list...) })
			if err != nil {
				yield(nil, err)
				return false
			}
			for _, p := range list {
				if !yield(p, nil) {
					return false
				}
			}
			list = list[:0]
			return true
		}
		for p, err := range b.Entries(ctx, f) {
			if err != nil {
				yield(nil, err)
				return
			}
			if list = append(list, p); len(list) == fewCodes && !flush() {
				return
			}
		}
		flush()
	}
}
