// The sealed log entry by entry, and books built from it anew.

package ledger

import (
	"context"
	"iter"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// A Sealed is an entry in the log.
type Sealed struct {
	Sequence int64  `json:"sequence"`
	Hash     string `json:"hash"`
	// Entry has its legs.
	Entry *Posted `json:"entry"`
}

// ErrBroken: what was sealed is not what is stored; Verify says more.
var ErrBroken = storage.NewError("ledger.broken", "the books are not what was sealed")

// Log yields the sealed entries in their order, from a sequence on. What an auditor needs to recompute the chain is in it.
//
// Errors: ErrBroken at an entry that is gone or differs from what was sealed.
func (b *Books) Log(ctx context.Context, from int64) iter.Seq2[Sealed, error] {
	return func(yield func(Sealed, error) bool) {
		for c, err := range b.chapters(ctx, from) {
			if err == nil {
				err = b.s.View(ctx, func(tx *storage.Tx) error { return c.fillLegs(ctx, tx) })
			}
			if err != nil {
				yield(Sealed{}, err)
				return
			}
			for i, p := range c.list {
				if n := c.block.First + int64(i); n >= from && !yield(Sealed{n, c.hashes[i].String(), p.entry}, nil) {
					return
				}
			}
		}
	}
}

// A chapter is a block with its entries.
type chapter struct {
	block  *block
	list   []found
	hashes []hash
}

// chapters reads the log block by block, and checks each as far as it goes by itself.
func (b *Books) chapters(ctx context.Context, from int64) iter.Seq2[*chapter, error] {
	return func(yield func(*chapter, error) bool) {
		number := int64(0)
		for {
			var c *chapter
			err := b.s.View(ctx, func(tx *storage.Tx) error {
				q := storage.Query{Where: []storage.Cond{storage.Gt("number", number)}}
				if number == 0 {
					var err error
					if q, err = blocksFrom(ctx, tx, from); err != nil {
						return err
					}
				}
				next, err := firstBlock(ctx, tx, q)
				if err != nil || next.Number == 0 {
					c = nil
					return err
				}
				c, err = next.chapter(ctx, tx)
				return err
			})
			if c == nil && err == nil || !yield(c, err) || err != nil {
				return
			}
			number = c.block.Number
		}
	}
}

func (b *block) chapter(ctx context.Context, tx *storage.Tx) (*chapter, error) {
	lines, whole := b.lines()
	h, _ := parseHash(b.Previous)
	c := &chapter{block: b, hashes: make([]hash, len(lines))}
	for i, l := range lines {
		h = h.next(b.First+int64(i), l.id, l.digest)
		c.hashes[i] = h
	}
	if !whole || h.String() != b.Hash {
		return nil, ErrBroken.With("block %d", b.Number)
	}
	v := &verifier{tx: tx}
	var err error
	if c.list, err = v.load(ctx, lines); err != nil {
		return nil, err
	}
	for i := range c.list {
		c.list[i].event = &event.Event{} // whether there is one is Verify's affair
		if c.list[i].verify(v, lines[i].digest); c.list[i].broken != nil {
			return nil, ErrBroken.With("entry %s at %d: %s %v", lines[i].id, b.First+int64(i), c.list[i].broken.What,
				c.list[i].broken.Fields)
		}
	}
	return c, nil
}

func (c *chapter) fillLegs(ctx context.Context, tx *storage.Tx) error {
	r := &report{tx: tx}
	for i := range c.list {
		for _, row := range c.list[i].rows {
			if _, err := r.amount(ctx, row.Currency, 0); err != nil { // learns the scales that are needed
				return err
			}
		}
		var err error
		if c.list[i].entry.Legs, err = r.rules.legs(c.list[i].rows); err != nil {
			return err
		}
	}
	return nil
}
