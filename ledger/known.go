// Balances as they were known: of any business date, at any place in the log.

package ledger

import (
	"context"
	"slices"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
)

// KnownFilter asks for balances as they were known.
type KnownFilter struct {
	By storage.Ref
	// Sequence is the last sealed entry that was known; see SequenceAt for that of an instant. 0 knows nothing.
	Sequence int64
	// AsOf is the last business date that counts; no date counts everything.
	AsOf date.Date
	Chosen
	Where Dims
}

// KnownAt reads what accounts held as of a date, as it was known when the log ended at a sequence: entries sealed later, also
// those dated back, do not count. An account without postings then is left out.
//
// It adds up the parts of the entries up to the sequence, or takes those of all later ones off the balances of today, whichever
// are fewer: a place near either end of the log is cheap, one in the middle costs half the log. Over books in a transaction it
// always adds up, since what others commit meanwhile must not count.
//
// Errors: *storage.Invalid, also for a sequence that is not in the log; storage.ErrOverflow.
func (b *Books) KnownAt(ctx context.Context, f KnownFilter) (out Balances, err error) {
	if err := checkCut(f.Where); err != nil {
		return out, err
	}
	_, inside := b.s.(*storage.Tx)
	err = b.read(ctx, f.By, func(r *report) error {
		out = Balances{}
		head, err := lastBlock(ctx, r.tx)
		if err != nil {
			return err
		}
		if f.Sequence < 0 || f.Sequence > head.last() {
			return &storage.Invalid{Fields: []storage.Fault{{Path: "sequence", Code: storage.CodeRange}}}
		}
		c := cut{period: date.Period{To: f.AsOf}, where: f.Where, closing: true}
		if err := r.choose(ctx, f.Chosen, &c); err != nil {
			return err
		}
		var got figures
		if inside || f.Sequence <= head.last()-f.Sequence {
			got = figures{}
			err = eachLine(ctx, r.tx, 1, f.Sequence, func(ids []storage.ID[Posted]) error { return r.addEntries(ctx, &c, ids, got) })
		} else {
			got, err = r.lessLater(ctx, c, f.Sequence, head)
		}
		if err != nil {
			return err
		}
		out.Rows, err = r.balances(ctx, got)
		out.Cost = r.cost
		return err
	})
	return out, err
}

// balances makes rows of figures.
func (r *report) balances(ctx context.Context, got figures) (rows []Balance, err error) {
	if err := r.accounts(ctx); err != nil {
		return nil, err
	}
	for _, at := range got.places() {
		row := Balance{Account: at.account, Currency: at.currency}
		row.Name, row.Type = r.named(at.account)
		if row.Debit, row.Credit, row.Amount, err = r.sides(ctx, at.currency, got[at]); err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// lessLater is the figures of today less those of the entries after a sequence.
func (r *report) lessLater(ctx context.Context, c cut, sequence int64, head *block) (figures, error) {
	got, err := r.gather(ctx, c)
	if err != nil {
		return nil, err
	}
	later := figures{}
	add := func(ids []storage.ID[Posted]) error { return r.addEntries(ctx, &c, ids, later) }
	if err := eachLine(ctx, r.tx, sequence+1, head.last(), add); err != nil {
		return nil, err
	}
	at := &sealing{Name: theSealing}
	if _, err := sealings.Load(ctx, r.tx, at); err != nil {
		return nil, err
	}
	at.resume(head)
	err = at.eachOpen(ctx, r.tx, func(list []*Posted) error {
		ids := make([]storage.ID[Posted], len(list))
		for i, p := range list {
			ids[i] = p.ID
		}
		return add(ids)
	})
	for at, x := range later {
		now := got[at]
		if now = (figure{now.debit - x.debit, now.credit - x.credit, now.count - x.count}); now == (figure{}) {
			delete(got, at)
		} else {
			got[at] = now
		}
	}
	return got, err
}

// addEntries adds the parts of some entries.
func (r *report) addEntries(ctx context.Context, c *cut, ids []storage.ID[Posted], out figures) error {
	for some := range slices.Chunk(ids, manyIDs) {
		if err := r.addParts(ctx, c, c.period, out, storage.In("entry", some...)); err != nil {
			return err
		}
	}
	return nil
}

// eachLine yields the IDs of the sealed entries from one sequence to another, in their order, some at a time.
func eachLine(ctx context.Context, tx *storage.Tx, from, to int64, fn func([]storage.ID[Posted]) error) error {
	if from > to {
		return nil
	}
	q, err := blocksFrom(ctx, tx, from)
	if err != nil {
		return err
	}
	q.Where = append(q.Where, storage.Le("first", to))
	for b, err := range eachBlock(ctx, tx, q) {
		if err != nil {
			return err
		}
		lines, _ := b.lines()
		var ids []storage.ID[Posted]
		for i, l := range lines {
			if n := b.First + int64(i); n >= from && n <= to {
				ids = append(ids, l.id)
			}
		}
		if err := fn(ids); err != nil {
			return err
		}
	}
	return nil
}
