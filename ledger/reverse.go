package ledger

import (
	"context"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// Reverse undoes an entry by another one with the opposite amounts.
type Reverse struct {
	By    storage.Ref        `json:"by"`
	Key   storage.Key        `json:"key,omitempty"`
	Why   string             `json:"why,omitempty"`
	Entry storage.ID[Posted] `json:"entry"`
	// Date is that of the reversal; no date takes the entry's own, or today if the books are locked there.
	Date date.Date `json:"date"`
	// Source is the document that undoes it; zero takes the entry's own. Legs on control accounts demand a source of their
	// sub-ledger named here, so that nobody undoes an invoice behind the back of billing.
	Source storage.Ref `json:"source"`
	// Unmatch undoes the matches of the entry's open items first; without it an entry with such is not reversed.
	Unmatch bool `json:"unmatch,omitempty"`
}

// EntryReversed is the event of an entry that was undone; the payload is about the reversal.
var EntryReversed = event.NewType[ReversedPayload]("ledger.entry.reversed")

// ReversedPayload tells followers which entry undoes the subject.
type ReversedPayload struct {
	By   storage.ID[Posted] `json:"by"`
	Date date.Date          `json:"date"`
}

const verbReverse = "ledger.entry.reverse"

// Reverse posts the opposite of an entry, with the same dimensions, and links the two. It happens once to an entry; a
// reversal can itself be reversed. Why is the text of the new entry.
// Open items of the two match, so that nothing of them stays open.
//
// Errors: storage.ErrNotFound, ErrReversed, ErrMatched, ErrClosedPeriod, ErrAccountClosed, ErrControl, ErrBelowFloor, ErrAboveCeiling,
// *storage.Invalid, storage.ErrKeyReused, storage.ErrForbidden.
func (b *Books) Reverse(ctx context.Context, cmd Reverse) (Posted, error) {
	var bad faults
	checkReversal(&bad, cmd.Why, cmd.Date, cmd.By, cmd.Source)
	if err := bad.err(); err != nil {
		return Posted{}, err
	}
	var fresh []Posted
	a, err := storage.Once(ctx, b.s, cmd.Key, verbReverse, cmd, func(tx *storage.Tx) (a answer, err error) {
		p, err := reverse(ctx, tx, cmd, nil)
		if err != nil {
			return a, err
		}
		fresh = []Posted{p}
		return answerOf(&p), nil
	})
	if err != nil {
		return Posted{}, err
	}
	out, err := b.posted(ctx, []answer{a}, fresh)
	if err != nil {
		return Posted{}, err
	}
	return out[0], nil
}

func checkReversal(bad *faults, why string, d date.Date, by, source storage.Ref) {
	if code := textFault(why, MaxText); code != "" {
		bad.add("why", code)
	}
	if y := d.Year(); !d.IsZero() && (y < FirstYear || y > LastYear) {
		bad.add("date", storage.CodeRange)
	}
	checkRef(bad, "by", by)
	checkRef(bad, "source", source)
}

// reverse is Reverse. Where later is given, limits do not judge the reversal: what it moves is added to later, for the entry that follows to be judged with.
func reverse(ctx context.Context, tx *storage.Tx, cmd Reverse, later *[]move) (p Posted, err error) {
	old, err := entries.Lock(ctx, tx, cmd.Entry)
	if err != nil {
		return p, err
	}
	if old.Closing && old.Source.Kind == years.Kind() {
		return p, ErrYearClosed.With("%s is opened again as a whole", old.Source.ID)
	}
	return undo(ctx, tx, old, cmd, nil, later)
}

// undo posts the opposite of an entry that was read and locked. Where that is the closing entry of a year, the year does not
// stand in its way, nor what became of its accounts.
func undo(ctx context.Context, tx *storage.Tx, old *Posted, cmd Reverse, of *Year, later *[]move) (p Posted, err error) {
	if !old.ReversedBy.IsZero() {
		return p, ErrReversed.With("by %s", old.ReversedBy)
	}
	before := *old
	rows, rules, err := reversible(ctx, tx, old)
	if err != nil {
		return p, err
	}
	if of != nil {
		rules.reopen(of.Days())
	}
	if cmd.Date.IsZero() {
		cmd.Date = old.Date
		if why, _ := rules.shut(old.Date, old.Adjusting, cmd.By); why != "" {
			cmd.Date = tx.Today()
		}
	}
	var bad faults
	adjusting := old.Adjusting && cmd.Date == old.Date
	if why, _ := rules.shut(cmd.Date, adjusting, cmd.By); why != "" {
		bad.refuse("date", ErrClosedPeriod, why)
	}
	if of == nil {
		admitReversal(rules, rows, cmd, &bad)
	}
	if err := bad.err(); err != nil {
		return p, err
	}
	if rules.itemised() {
		if old, err = unmatchAll(ctx, tx, old, cmd); err != nil {
			return p, err
		}
		if !old.ReversedBy.IsZero() { // with the match that posted it
			undone, err := entries.Get(ctx, tx, old.ReversedBy)
			if err != nil {
				return p, err
			}
			return *undone, nil
		}
	}
	p = Posted{ID: storage.NewID[Posted](tx), Date: cmd.Date, ValueDate: cmd.Date, At: tx.Now(), By: cmd.By, Text: cmd.Why,
		Source:  cmd.Source,
		Closing: old.Closing, Adjusting: adjusting, Reverses: old.ID}
	if p.Source.IsZero() {
		p.Source = old.Source
	}
	if p.Text == "" {
		p.Text = old.Text
	}
	for _, r := range rows {
		r.Amount, r.Credit, r.Date, r.Month = -r.Amount, r.Amount > 0, p.Date, monthOf(p.Date)
	}
	old.ReversedBy = p.ID
	if err := tx.Guard(ctx, cmd.By, verbReverse, &before, old); err != nil {
		return p, err
	}
	if err := rules.pass(ctx, tx, &p); err != nil {
		return p, err
	}
	w := posting{rules: rules, posted: []Posted{p}, rows: rows, later: later}
	w.finish(tx, &w.posted[0], rows)
	if err := w.write(ctx, tx); err != nil {
		return p, err
	}
	if err := entries.Update(ctx, tx, old); err != nil {
		return p, err
	}
	return w.posted[0], event.Append(ctx, tx, cmd.By, old.Ref(), 2, EntryReversed.Draft(ReversedPayload{By: p.ID, Date: p.Date}))
}

// reversible reads what an entry is made of and what its reversal is held against.
func reversible(ctx context.Context, tx *storage.Tx, old *Posted) ([]*part, Rules, error) {
	byEntry, err := partsOf(ctx, tx, storage.Ref{}, old)
	if err != nil {
		return nil, Rules{}, err
	}
	rows := byEntry[old.ID]
	rules, err := rulesOf(ctx, tx, rows)
	return rows, rules, err
}

// rulesOf reads what rows of entries that were posted are held against. They keep their scales.
func rulesOf(ctx context.Context, tx *storage.Tx, rows []*part) (Rules, error) {
	asked := &Entry{Legs: make([]Leg, len(rows))}
	for i, r := range rows {
		asked.Legs[i].Account = r.Account
	}
	n := needOf([]*Entry{asked})
	n.commodities = nil
	return n.read(ctx, tx)
}

// admitReversal holds a reversal against the rules. Demands for dimensions are not among them: it has those of the entry.
func admitReversal(rules Rules, rows []*part, cmd Reverse, bad *faults) {
	seen := map[string]bool{}
	for _, r := range rows {
		if seen[r.Account] {
			continue
		}
		seen[r.Account] = true
		switch a := rules.Accounts[r.Account]; {
		case a == nil:
			bad.refuse("entry", ErrNoAccount, r.Account)
		case !a.OpenAt(cmd.Date):
			bad.refuse("date", ErrAccountClosed, r.Account)
		case !a.Takes(cmd.Source):
			bad.refuse("source", ErrControl, r.Account+" belongs to "+a.Control)
		}
	}
}
