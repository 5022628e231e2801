// Reading the sealed log.

package ledger

import (
	"context"
	"iter"
	"time"

	"github.com/tutas/tutas/storage"
)

// A Head is a place in the sealed log: its hash stands for all entries up to the sequence.
type Head struct {
	Sequence int64  `json:"sequence"`
	Hash     string `json:"hash"`
}

// Head returns the end of the sealed log, zero where nothing is sealed. Whoever keeps it outside the database can tell later
// that nothing before it was changed: see VerifyFilter.Anchors.
func (b *Books) Head(ctx context.Context) (h Head, err error) {
	err = b.s.View(ctx, func(tx *storage.Tx) error {
		last, err := lastBlock(ctx, tx)
		h = Head{last.last(), last.Hash}
		return err
	})
	return h, err
}

// Sequence returns the sequence number of an entry, 0 while it is not sealed.
//
// Errors: storage.ErrNotFound.
func (b *Books) Sequence(ctx context.Context, id storage.ID[Posted]) (n int64, err error) {
	err = b.s.View(ctx, func(tx *storage.Tx) error {
		found, err := sequences(ctx, tx, id)
		if n = found[id]; err == nil && n == 0 {
			_, err = entries.Get(ctx, tx, id)
		}
		return err
	})
	return n, err
}

// SequenceAt returns the sequence up to which entries were sealed at an instant, 0 for none.
func (b *Books) SequenceAt(ctx context.Context, at time.Time) (n int64, err error) {
	err = b.s.View(ctx, func(tx *storage.Tx) error {
		last, err := firstBlock(ctx, tx, storage.Query{Where: []storage.Cond{storage.Le("at", at)}, Desc: true})
		n = last.last()
		return err
	})
	return n, err
}

// firstBlock reads the first block of a query; one of number 0 is none.
func firstBlock(ctx context.Context, tx *storage.Tx, q storage.Query) (*block, error) {
	q.Limit = 1
	for b, err := range blocks.All(ctx, tx, q) {
		return b, err
	}
	return &block{}, nil
}

// fewBlocks is how many blocks are held at a time: they are long.
const fewBlocks = 4

// eachBlock yields the blocks of a query, a few at a time.
func eachBlock(ctx context.Context, tx *storage.Tx, q storage.Query) iter.Seq2[*block, error] {
	q.Limit = fewBlocks
	return func(yield func(*block, error) bool) {
		for from := storage.Cursor(""); ; {
			page, err := blocks.Page(ctx, tx, q, from)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, b := range page.Items {
				if !yield(b, nil) {
					return
				}
			}
			if from = page.Next; from == "" {
				return
			}
		}
	}
}

// blocksFrom asks for the block that holds a sequence and those after it.
func blocksFrom(ctx context.Context, tx *storage.Tx, sequence int64) (q storage.Query, err error) {
	if sequence <= 1 {
		return q, nil
	}
	b, err := firstBlock(ctx, tx, storage.Query{Where: []storage.Cond{storage.Le("first", sequence)}, Desc: true})
	q.Where = []storage.Cond{storage.Ge("number", b.Number)}
	return q, err
}

// sequences finds the sequence of each of some entries that is sealed. It reads the blocks whose IDs may be among them: since
// IDs rise with time, that is one or two for entries of one time.
func sequences(ctx context.Context, tx *storage.Tx, ids ...storage.ID[Posted]) (map[storage.ID[Posted]]int64, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	low, high := ids[0].String(), ids[0].String()
	asked := make(map[storage.ID[Posted]]bool, len(ids))
	for _, id := range ids {
		low, high, asked[id] = min(low, id.String()), max(high, id.String()), true
	}
	out := make(map[storage.ID[Posted]]int64, len(ids))
	q := storage.Query{Where: []storage.Cond{storage.Ge("high", low), storage.Le("low", high)}, Order: []string{"high"}}
	for b, err := range eachBlock(ctx, tx, q) {
		if err != nil {
			return nil, err
		}
		lines, _ := b.lines()
		for i, l := range lines {
			if asked[l.id] && out[l.id] == 0 {
				out[l.id] = b.First + int64(i)
			}
		}
	}
	return out, nil
}
