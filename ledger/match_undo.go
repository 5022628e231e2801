package ledger

import (
	"context"
	"errors"
	"slices"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// Unmatch undoes a match.
type Unmatch struct {
	By    storage.Ref         `json:"by"`
	Key   storage.Key         `json:"key,omitempty"`
	Why   string              `json:"why,omitempty"`
	Match storage.ID[Matched] `json:"match"`
	// Date is the day from which the items are open again, and that of the reversals of what the match posted; no date is that
	// of the match, or today if the books are locked there.
	Date date.Date `json:"date"`
	// Source is the document that undoes it; items on control accounts demand one of their sub-ledger.
	Source storage.Ref `json:"source"`
}

// Unmatch opens the items of a match again and reverses the entries that it posted: what was moved, the discount, what was
// written off, the exchange difference. One of these that was reversed by itself stays so.
//
// Errors: storage.ErrNotFound, ErrUnmatched, ErrControl, ErrClosedPeriod, ErrAccountClosed, *storage.Invalid,
// storage.ErrKeyReused, storage.ErrForbidden.
func (b *Books) Unmatch(ctx context.Context, cmd Unmatch) (*Matched, error) {
	var bad faults
	if checkReversal(&bad, cmd.Why, cmd.Date, cmd.By, cmd.Source); bad.err() != nil {
		return nil, bad.err()
	}
	var fresh *Matched
	_, err := storage.Once(ctx, b.s, cmd.Key, verbUnmatch, cmd, func(tx *storage.Tx) (_ bool, err error) {
		fresh, err = unmatch(ctx, tx, cmd)
		return true, err
	}, func(*storage.Tx) error { // of an earlier attempt
		fresh = nil
		return nil
	})
	if err != nil {
		return nil, err
	}
	if fresh != nil {
		return fresh, nil
	}
	return b.Matched(ctx, cmd.Match)
}

func unmatch(ctx context.Context, tx *storage.Tx, cmd Unmatch) (*Matched, error) {
	// Locks go from entries over matches to items, as everywhere. Which entries it posted never changes.
	m, err := matches.Get(ctx, tx, cmd.Match)
	if err != nil {
		return nil, err
	}
	var posted []*Posted
	for _, id := range m.entries() {
		posted = append(posted, &Posted{ID: id})
	}
	if _, err := entries.LoadLocked(ctx, tx, posted...); err != nil {
		return nil, err
	}
	if m, err = matches.Lock(ctx, tx, cmd.Match); err != nil {
		return nil, err
	}
	if m.Reversal || !m.Undone.IsZero() {
		return nil, ErrUnmatched.With("%s", m.ID)
	}
	before := *m
	rows, list, err := m.itemsOf(ctx, tx)
	if err != nil {
		return nil, err
	}
	if cmd.Date, err = m.admitUndo(ctx, tx, cmd, rows); err != nil {
		return nil, err
	}
	scales, err := scalesOf(ctx, tx, rows)
	if err != nil {
		return nil, err
	}
	rules := Rules{Scales: scales}
	m.Undone = cmd.Date
	if err := tx.Guard(ctx, cmd.By, verbUnmatch, &before, m); err != nil {
		return nil, err
	}
	if err := m.undo(ctx, tx, rows, list, cmd.Date); err != nil {
		return nil, err
	}
	for _, p := range posted {
		if p.ReversedBy.IsZero() {
			if _, err := reverse(ctx, tx, Reverse{By: cmd.By, Why: cmd.Why, Entry: p.ID, Date: cmd.Date, Source: cmd.Source}, nil); err != nil {
				return nil, err
			}
		}
	}
	if m.Pairs, err = rules.pairs(rows); err != nil {
		return nil, err
	}
	return m, event.Append(ctx, tx, cmd.By, m.Ref(), m.Version, ItemsUnmatched.Draft(MatchedPayload{Date: m.Date, Source: m.Source,
		Undone: m.Undone}))
}

// entries lists those that the match posted, the last first.
func (m *Matched) entries() (list []storage.ID[Posted]) {
	for _, id := range [...]storage.ID[Posted]{m.Exchanged, m.WrittenOff, m.Discounted, m.Moved} {
		if !id.IsZero() {
			list = append(list, id)
		}
	}
	return list
}

// itemsOf reads the pairs of a match and locks their items.
func (m *Matched) itemsOf(ctx context.Context, tx *storage.Tx) (rows []*pair, list map[ItemKey]*item, err error) {
	if rows, err = pairsOf(ctx, tx, m.ID); err != nil {
		return nil, nil, err
	}
	list = map[ItemKey]*item{}
	var locked []*item
	for _, p := range rows {
		for _, k := range [...]ItemKey{p.Debit, p.Credit} {
			if list[k] == nil {
				list[k] = k.row()
				locked = append(locked, list[k])
			}
		}
	}
	found, err := items.LoadLocked(ctx, tx, locked...)
	if err == nil && slices.Contains(found, false) {
		err = storage.ErrNotFound.With("an item of match %s", m.ID)
	}
	return rows, list, err
}

// admitUndo holds the undoing against the accounts and the locks, and finds its date.
func (m *Matched) admitUndo(ctx context.Context, tx *storage.Tx, cmd Unmatch, rows []*pair) (date.Date, error) {
	asked := &Entry{}
	for _, p := range rows {
		asked.Legs = append(asked.Legs, Leg{Account: p.Account})
	}
	n := needOf([]*Entry{asked})
	n.commodities = nil
	rules, err := n.read(ctx, tx)
	if err != nil {
		return cmd.Date, err
	}
	if cmd.Date.IsZero() {
		cmd.Date = m.Date
		if why, _ := rules.shut(m.Date, false, cmd.By); why != "" {
			cmd.Date = date.Later(m.Date, tx.Today())
		}
	}
	var bad faults
	if why, _ := rules.shut(cmd.Date, false, cmd.By); why != "" {
		bad.refuse("date", ErrClosedPeriod, why)
	}
	if cmd.Date.Before(m.Date) {
		bad.add("date", storage.CodeRange)
	}
	for _, code := range n.accounts {
		if a := rules.Accounts[code]; a != nil && !a.Takes(cmd.Source) {
			bad.refuse("source", ErrControl, a.Code+" belongs to "+a.Control)
		}
	}
	return cmd.Date, bad.err()
}

// undo opens the items of a match again from a day on.
func (m *Matched) undo(ctx context.Context, tx *storage.Tx, rows []*pair, list map[ItemKey]*item, from date.Date) error {
	var changed []*item
	for _, p := range rows {
		p.Until = from
		for _, k := range [...]ItemKey{p.Debit, p.Credit} {
			if !slices.Contains(changed, list[k]) {
				changed = append(changed, list[k])
			}
		}
		list[p.Debit].giveBack(p.Amount, p.DebitWorth, from)
		list[p.Credit].giveBack(-p.Amount, p.CreditWorth, from)
	}
	m.Undone = from
	if err := items.Update(ctx, tx, changed...); err != nil {
		return err
	}
	if err := pairs.Update(ctx, tx, rows...); err != nil {
		return err
	}
	return matches.Update(ctx, tx, m)
}

// unmatchAll undoes what an entry that is to be reversed is matched with, or refuses. What came of reversals ends by itself.
func unmatchAll(ctx context.Context, tx *storage.Tx, old *Posted, cmd Reverse) (*Posted, error) {
	list, err := matchesOf(ctx, tx, old.ID)
	if err != nil {
		return old, err
	}
	for _, m := range list {
		switch {
		case m.Reversal:
		case !cmd.Unmatch:
			return old, ErrMatched.With("by %s", m.ID)
		default:
			_, err := unmatch(ctx, tx, Unmatch{By: cmd.By, Why: cmd.Why, Match: m.ID, Date: date.Later(cmd.Date, m.Date),
				Source: cmd.Source})
			if err != nil && !errors.Is(err, ErrUnmatched) { // someone else was faster
				return old, err
			}
			if slices.Contains(m.entries(), old.ID) {
				return entries.Get(ctx, tx, old.ID)
			}
		}
	}
	return old, nil
}

// matchesOf finds the matches that count of the items of an entry, the latest first.
func matchesOf(ctx context.Context, tx *storage.Tx, id storage.ID[Posted]) ([]*Matched, error) {
	var ids []storage.ID[Matched]
	for _, side := range [...]string{"debit", "credit"} {
		for p, err := range pairs.All(ctx, tx, storage.Query{Where: []storage.Cond{storage.Eq(side, id), storage.Eq("until", forever)}}) {
			if err != nil {
				return nil, err
			}
			if !slices.Contains(ids, p.Match) {
				ids = append(ids, p.Match)
			}
		}
	}
	slices.SortFunc(ids, func(a, b storage.ID[Matched]) int { return slices.Compare(b[:], a[:]) })
	return matches.GetMany(ctx, tx, ids...)
}

// matchReversal matches the items of a reversal with those of the entry that it reverses, and answers those to be kept: what
// was no item before needs none to be undone.
func matchReversal(ctx context.Context, tx *storage.Tx, p *Posted, own []*item) ([]*item, error) {
	if len(own) == 0 {
		return nil, nil
	}
	old := make([]*item, len(own))
	for n, i := range own {
		old[n] = ItemKey{Entry: p.Reverses, Leg: i.Leg, Part: i.Part}.row()
	}
	found, err := items.LoadLocked(ctx, tx, old...)
	if err != nil {
		return nil, err
	}
	if err := endReversals(ctx, tx, p, old, found); err != nil {
		return nil, err
	}
	m := &Matched{ID: storage.NewID[Matched](tx), Date: p.Date, At: tx.Now(), By: p.By, Source: p.Source, Reversal: true}
	var rows []*pair
	var kept, changed []*item
	for n, i := range own {
		switch was := old[n]; {
		case !found[n]:
			continue
		case was.Open != was.Amount:
			return nil, ErrMatched.With("leg %d", was.Leg)
		default:
			i.Base, i.Value, i.Worth, i.Booked = was.Base, -was.Value, -was.Value, was.Booked
			on := date.Later(was.Since, i.Since)
			m.Date = date.Later(m.Date, on)
			r := &pair{Match: m.ID, No: len(rows) + 1, Account: i.Account, Currency: i.Currency, Debit: was.key(), Credit: i.key(),
				Amount: was.Amount, Base: was.Base, DebitWorth: was.Value, CreditWorth: i.Value, Date: on, Until: forever}
			if was.Amount < 0 {
				r.Debit, r.Credit, r.Amount, r.DebitWorth, r.CreditWorth = r.Credit, r.Debit, -r.Amount, r.CreditWorth, r.DebitWorth
			}
			was.take(was.Open, on)
			i.take(i.Open, on)
			rows, kept, changed = append(rows, r), append(kept, i), append(changed, was)
		}
	}
	if len(rows) == 0 {
		return kept, nil
	}
	if err := matches.Insert(ctx, tx, m); err != nil {
		return nil, err
	}
	if err := pairs.Insert(ctx, tx, rows...); err != nil {
		return nil, err
	}
	return kept, items.Update(ctx, tx, changed...)
}

// endReversals undoes the match of a reversal that is itself reversed.
func endReversals(ctx context.Context, tx *storage.Tx, p *Posted, old []*item, found []bool) error {
	whole := true
	for n, i := range old {
		whole = whole && (!found[n] || i.Open == i.Amount)
	}
	if whole {
		return nil
	}
	list, err := matchesOf(ctx, tx, p.Reverses)
	if err != nil {
		return err
	}
	for _, m := range list {
		if !m.Reversal {
			continue
		}
		rows, touched, err := m.itemsOf(ctx, tx)
		if err != nil {
			return err
		}
		if err := m.undo(ctx, tx, rows, touched, date.Later(m.Date, p.Date)); err != nil {
			return err
		}
	}
	_, err = items.LoadLocked(ctx, tx, old...)
	return err
}
