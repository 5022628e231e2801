// Verify: is the log still what was sealed, and are the entries still what the log says?

package ledger

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/tutas/tutas/storage"
)

// VerifyFilter says what to verify; the zero VerifyFilter is everything.
type VerifyFilter struct {
	// From is the sequence to begin with; what is before it is trusted. The block that holds it is verified whole.
	From int64
	// Anchors are heads that were kept outside the database. Without one, a log that was rewritten as a whole, with all its
	// hashes, cannot be told from the first.
	Anchors []Head
}

// Verification is an answer.
type Verification struct {
	// Checked is how many sealed entries were read and found as they were sealed.
	Checked int64 `json:"checked"`
	// Open is how many entries are not sealed yet. They are held against their own digests only.
	Open int64 `json:"open"`
	// Erased is how many of the entries checked had texts that were erased; their digests hold without them.
	Erased int64 `json:"erased"`
	// Head is the last entry of the sealed log, or, if there is a break, the last one before it: what can be published.
	Head Head `json:"head"`
	// Break is the first entry that is not as it was; nil if all are.
	Break *Break `json:"break,omitempty"`
}

// What happened to an entry or to the log.
type What string

// What can have happened.
const (
	// WasChanged: the entry or its parts differ from what was sealed or, not sealed yet, from its own digest.
	WasChanged What = "changed"
	// WasRemoved: the entry is gone.
	WasRemoved What = "removed"
	// WasInserted: the entry was never posted: the log does not have it, though it comes before its end, or no event tells of it.
	WasInserted What = "inserted"
	// WasReordered: another entry of the block belongs at this sequence.
	WasReordered What = "reordered"
	// BlockChanged: a block was changed or removed; Fields says where.
	BlockChanged What = "block_changed"
	// WasRewritten: the log is sound in itself but not the one that an anchor is of. It was rewritten at or before this sequence,
	// and after the anchor before it.
	WasRewritten What = "rewritten"
)

// A Break is the first place where the books are not what they were.
type Break struct {
	What What `json:"what"`
	// Sequence is the place in the log, 0 for an entry that is not in it. Block is the number of its block.
	Sequence int64              `json:"sequence"`
	Block    int64              `json:"block"`
	Entry    storage.ID[Posted] `json:"entry"`
	// Fields lists what differs, as far as can be told: "date", "legs.0.parts.0.amount", "digest" (the entry's stored digest is not
	// the sealed one), or of a block "hash", "lines". It is empty where only the digest tells that something does.
	Fields []string `json:"fields,omitempty"`
	// Was is what stood in the one field before, where it can be found out.
	Was string `json:"was,omitempty"`
}

// String says what happened where.
func (b *Break) String() string {
	s := string(b.What)
	if b.Sequence > 0 {
		s += " at " + strconv.FormatInt(b.Sequence, 10)
	}
	if !b.Entry.IsZero() {
		s += ", " + entries.Ref(b.Entry).String()
	}
	if len(b.Fields) > 0 {
		s += ": " + strings.Join(b.Fields, ", ")
	}
	return s
}

// Verify recomputes the sealed log: the digest of each entry from its row and its parts, the chain of hashes and the blocks;
// and it looks for entries that are in the books beside the log. It names the first that is not as it was. Of entries not
// sealed yet it can tell those that do not fit their own digests, and those whose event is missing or stands alone. Columns
// that no digest covers, such as a part's month and the link to a reversal, are held against those that are covered.
//
// It reads all in one snapshot, a block at a time. Over books in a transaction, what others commit meanwhile may count as open.
func (b *Books) Verify(ctx context.Context, f VerifyFilter) (out Verification, err error) {
	err = b.s.View(ctx, func(tx *storage.Tx) error {
		v := &verifier{tx: tx, anchors: slices.Clone(f.Anchors), links: map[storage.ID[Posted]]string{}}
		err := v.run(ctx, f.From)
		out = v.out
		return err
	})
	return out, err
}

// verifier is one run.
type verifier struct {
	tx      *storage.Tx
	out     Verification
	anchors []Head
	links   map[storage.ID[Posted]]string // what is wrong with links between entries and their reversals

	prev    *block // the block before
	h       hash   // the chain so far
	skipped int64  // sealed entries before the first that is checked
	at      *sealing
}

func (v *verifier) run(ctx context.Context, from int64) error {
	slices.SortStableFunc(v.anchors, func(a, b Head) int { return cmp.Compare(a.Sequence, b.Sequence) })
	v.at = &sealing{Name: theSealing}
	if _, err := sealings.Load(ctx, v.tx, v.at); err != nil {
		return err
	}
	if err := v.checkLinks(ctx); err != nil {
		return err
	}
	if err := v.begin(ctx, from); err != nil {
		return err
	}
	if err := v.checkBlocks(ctx, from); err != nil {
		return err
	}
	return v.checkOpen(ctx)
}

// begin goes to the block before the first that is verified.
func (v *verifier) begin(ctx context.Context, from int64) error {
	v.prev = &block{}
	if from > 1 {
		q := storage.Query{Where: []storage.Cond{storage.Le("first", from)}, Desc: true}
		first, err := firstBlock(ctx, v.tx, q)
		if err != nil {
			return err
		}
		q.Where = []storage.Cond{storage.Lt("number", first.Number)}
		if v.prev, err = firstBlock(ctx, v.tx, q); err != nil {
			return err
		}
	}
	v.h, _ = parseHash(v.prev.Hash)
	v.skipped = v.prev.last()
	v.out.Head = Head{v.skipped, v.prev.Hash}
	for len(v.anchors) > 0 && v.anchors[0].Sequence < v.skipped {
		v.anchors = v.anchors[1:]
	}
	return nil
}

func (v *verifier) checkBlocks(ctx context.Context, from int64) error {
	q := storage.Query{Where: []storage.Cond{storage.Gt("number", v.prev.Number)}}
	if v.missAnchor(v.skipped) {
		return nil
	}
	for b, err := range eachBlock(ctx, v.tx, q) {
		if err != nil {
			return err
		}
		if err := v.checkBlock(ctx, b); err != nil || v.out.Break != nil {
			return err
		}
		v.prev = b
	}
	if len(v.anchors) > 0 { // the end of the log was cut off
		v.out.Break = &Break{What: WasRemoved, Sequence: v.prev.last() + 1, Block: v.prev.Number + 1}
	}
	return nil
}

// missAnchor holds the chain against the anchors at a sequence.
func (v *verifier) missAnchor(sequence int64) bool {
	for len(v.anchors) > 0 && v.anchors[0].Sequence == sequence {
		if h := v.anchors[0].Hash; h != v.h.String() && (sequence > 0 || h != "") {
			v.out.Break = &Break{What: WasRewritten, Sequence: sequence}
			return true
		}
		v.anchors = v.anchors[1:]
	}
	return false
}

// checkBlock verifies a block and its entries up to the first break.
func (v *verifier) checkBlock(ctx context.Context, b *block) error {
	first := v.prev.last() + 1
	refuse := func(field string) error {
		v.out.Break = &Break{What: BlockChanged, Sequence: first, Block: v.prev.Number + 1, Fields: []string{field}}
		return nil
	}
	switch {
	case b.Number != v.prev.Number+1:
		return refuse("number")
	case b.First != first:
		return refuse("first")
	case b.Previous != v.h.String():
		return refuse("previous")
	}
	lines, whole := b.lines()
	good, what := v.follow(b, lines)
	list, err := v.load(ctx, lines[:good])
	if err != nil {
		return err
	}
	h := v.h
	for i := range list {
		n := first + int64(i)
		if list[i].verify(v, lines[i].digest); list[i].broken != nil {
			v.out.Break = list[i].broken
			v.out.Break.Sequence, v.out.Break.Block, v.out.Break.Entry = n, b.Number, lines[i].id
			return v.tell(ctx, &list[i], lines[i].digest)
		}
		h = h.next(n, lines[i].id, lines[i].digest)
		v.h, v.out.Head = h, Head{n, h.String()}
		if v.out.Checked++; list[i].entry.erased(list[i].rows) {
			v.out.Erased++
		}
		if v.missAnchor(n) {
			v.out.Break.Block, v.out.Break.Entry = b.Number, lines[i].id
			return nil
		}
	}
	first = b.First + int64(good)
	switch low, high := ends(lines); {
	case what != nil:
		v.out.Break = what
	case !whole && int64(len(lines)) != b.Count:
		return refuse("count")
	case !whole:
		return refuse("lines")
	case b.Hash != v.h.String():
		return refuse("hash")
	case b.Low != low || b.High != high:
		return refuse("low")
	case b.Digest != b.digest():
		return refuse("at")
	}
	return nil
}

// follow recomputes the chain through the lines of a block, answers how many of them fit, and what is wrong with the next.
func (v *verifier) follow(b *block, lines []line) (int, *Break) {
	h := v.h
	for i, l := range lines {
		n := b.First + int64(i)
		next := h.next(n, l.id, l.digest)
		if l.fits(next) {
			h = next
			continue
		}
		for _, other := range lines[i+1:] {
			if next := h.next(n, other.id, other.digest); other.fits(next) || l.fits(next) {
				return i, &Break{What: WasReordered, Sequence: n, Block: b.Number, Entry: other.id}
			}
		}
		return i, &Break{What: BlockChanged, Sequence: n, Block: b.Number, Entry: l.id, Fields: []string{"lines"}}
	}
	return len(lines), nil
}

func (l *line) fits(h hash) bool { return l.mark == [markSize]byte(h[:markSize]) }

// ends are the smallest and the largest ID of a block.
func ends(lines []line) (low, high string) {
	for i, l := range lines {
		if id := l.id.String(); i == 0 {
			low, high = id, id
		} else {
			low, high = min(low, id), max(high, id)
		}
	}
	return low, high
}
