// What is in the books beside the sealed log: the open tail, and what does not belong there.

package ledger

import (
	"context"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// checkOpen walks the entries that are not sealed yet, and counts whether there are others.
func (v *verifier) checkOpen(ctx context.Context) error {
	total, err := entries.Count(ctx, v.tx, storage.Query{})
	if err != nil {
		return err
	}
	broken := v.out.Break
	head, err := lastBlock(ctx, v.tx)
	if err != nil {
		return err
	}
	v.at.resume(head)
	walk := *v.at
	err = walk.eachOpen(ctx, v.tx, func(list []*Posted) error {
		v.out.Open += int64(len(list))
		if v.out.Break != nil {
			return nil
		}
		ids := make([]storage.ID[Posted], len(list))
		for i, p := range list {
			ids[i] = p.ID
		}
		all, err := v.complete(ctx, ids, list)
		if err != nil {
			return err
		}
		for i := range all {
			own, _ := parseHash(list[i].Digest)
			if all[i].verify(v, own); all[i].broken != nil {
				v.out.Break = all[i].broken
				v.out.Break.Entry = ids[i]
				return v.tell(ctx, &all[i], own)
			}
		}
		return nil
	})
	if err != nil || broken != nil {
		return err
	}
	if total != v.skipped+v.out.Checked+v.out.Open {
		beside, err := v.beside(ctx)
		if err != nil {
			return err
		}
		if beside != nil {
			v.out.Break = beside
		}
	}
	told, err := event.Count(ctx, v.tx, EntryPosted.Name)
	if err != nil || v.out.Break != nil || told <= total {
		return err
	}
	v.out.Break, err = v.bereft(ctx)
	return err
}

// bereft finds an event that tells of an entry that is not there: one that was removed before it was sealed.
func (v *verifier) bereft(ctx context.Context) (*Break, error) {
	var ids []storage.ID[Posted]
	find := func() (*Break, error) {
		list, err := entries.GetMany(ctx, v.tx, ids...)
		for i, p := range list {
			if p == nil {
				return &Break{What: WasRemoved, Entry: ids[i], Fields: []string{"event"}}, nil
			}
		}
		ids = ids[:0]
		return nil, err
	}
	for e, err := range event.Named(ctx, v.tx, EntryPosted.Name) {
		if err != nil {
			return nil, err
		}
		id, err := storage.RefID[Posted](e.Subject)
		if err != nil {
			continue
		}
		if ids = append(ids, id); len(ids) == MaxBlock {
			if b, err := find(); b != nil || err != nil {
				return b, err
			}
		}
	}
	return find()
}

// beside finds what makes the count of entries wrong: one that is in the log but gone, one that is in the log twice, or one that
// is neither in the log nor after it. It holds the IDs of all entries in memory, and is needed only where there is such a one.
func (v *verifier) beside(ctx context.Context) (*Break, error) {
	known := map[storage.ID[Posted]]bool{}
	for b, err := range eachBlock(ctx, v.tx, storage.Query{}) {
		if err != nil {
			return nil, err
		}
		lines, _ := b.lines()
		list, err := v.load(ctx, lines)
		if err != nil {
			return nil, err
		}
		for i, l := range lines {
			at := Break{Sequence: b.First + int64(i), Block: b.Number, Entry: l.id}
			switch {
			case known[l.id]:
				at.What, at.Fields = WasInserted, []string{"log"}
				return &at, nil
			case list[i].entry == nil:
				at.What = WasRemoved
				return &at, nil
			}
			known[l.id] = true
		}
	}
	walk := *v.at
	err := walk.eachOpen(ctx, v.tx, func(list []*Posted) error {
		for _, p := range list {
			known[p.ID] = true
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for p, err := range entries.All(ctx, v.tx, storage.Query{}) {
		if err != nil {
			return nil, err
		}
		if !known[p.ID] {
			return &Break{What: WasInserted, Entry: p.ID, Fields: []string{"log"}}, nil
		}
	}
	return nil, nil
}
