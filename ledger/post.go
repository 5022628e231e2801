package ledger

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// PostedPayload tells followers of an entry what it is about; its legs are read with Books.Entry.
type PostedPayload struct {
	Date     date.Date          `json:"date"`
	Source   storage.Ref        `json:"source"`
	Reverses storage.ID[Posted] `json:"reverses"`
	Closing  bool               `json:"closing,omitempty"`
	// Adjusting is set for an entry of an adjusting period, Exception for one that needed an exception.
	Adjusting bool                  `json:"adjusting,omitempty"`
	Exception storage.ID[Exception] `json:"exception,omitzero"`
}

// AppendJSON appends what json.Marshal makes of the payload.
func (p PostedPayload) AppendJSON(b []byte) ([]byte, error) {
	b = append(b, `{"date":`...)
	if p.Date.IsZero() {
		b = append(b, "null"...)
	} else {
		b = append(append(b, '"'), p.Date.String()...)
		b = append(b, '"')
	}
	b = p.Source.AppendJSON(append(b, `,"source":`...))
	b = p.Reverses.AppendJSON(append(b, `,"reverses":`...))
	if p.Closing {
		b = append(b, `,"closing":true`...)
	}
	if p.Adjusting {
		b = append(b, `,"adjusting":true`...)
	}
	if !p.Exception.IsZero() {
		b = p.Exception.AppendJSON(append(b, `,"exception":`...))
	}
	return append(b, '}'), nil
}

// EntryPosted is the event of each new entry.
var EntryPosted = event.NewType[PostedPayload]("ledger.entry.posted")

// verbPost is what guards are asked about; they see the Entry.
const verbPost = "ledger.entry.post"

// Post writes entries into the books, all or none, and answers in their order, without legs. An entry whose key was used
// before is not posted again: the first answer comes back. Several entries may each have a key; a refusal is kept with the
// key only where the call has one entry.
//
// A fault of the third of several entries is at "entries.2.legs.0.amount"; of a single one at "legs.0.amount".
//
// Limits of accounts are judged after each entry, in the order given, so an entry that spends what a later one brings is refused.
//
// It takes one round trip; one more where an account keeps a live balance, and one more where the process does not know an account yet or
// settings have changed since. An entry whose key was used before costs more than a new one.
//
// Errors: *storage.Invalid, ErrUnbalanced; ErrNoAccount, ErrAccountClosed, ErrHeading, ErrCurrency, ErrCommodity, ErrControl,
// ErrDimension, ErrClosedPeriod; ErrBelowFloor, ErrAboveCeiling; storage.ErrKeyReused, with the fields that differ from what was posted under
// the key as a *storage.Invalid; storage.ErrForbidden.
func (b *Books) Post(ctx context.Context, list ...Entry) ([]Posted, error) {
	if len(list) == 0 {
		return nil, nil
	}
	ptrs := make([]*Entry, len(list))
	var bad faults
	for i := range list {
		list[i].check(&bad, entryPath(i, len(list)))
		ptrs[i] = list[i].exchanged()
	}
	if err := bad.err(); err != nil {
		return nil, err
	}
	if len(list) == 1 {
		return b.postOne(ctx, ptrs)
	}
	return b.postMany(ctx, ptrs)
}

func entryPath(i, n int) string {
	if n == 1 {
		return ""
	}
	return "entries." + strconv.Itoa(i) + "."
}

func (b *Books) postOne(ctx context.Context, list []*Entry) ([]Posted, error) {
	e, n := list[0], needOf(list)
	var content []byte
	if e.Key != "" {
		content = e.content()
	}
	var fresh []Posted
	a, err := storage.OnceNew(ctx, b.s, e.Key, verbPost, content, func(tx *storage.Tx) (a answer, err error) {
		if fresh, err = post(ctx, tx, list, n, nil); err != nil {
			return a, err
		}
		return answerOf(&fresh[0]), nil
	}, n.announce)
	if err != nil {
		return nil, b.reused(ctx, list, err)
	}
	return b.posted(ctx, []answer{a}, fresh)
}

func (b *Books) postMany(ctx context.Context, list []*Entry) ([]Posted, error) {
	n := needOf(list)
	commands := make([]storage.Command, len(list))
	for i, e := range list {
		if commands[i].Key = e.Key; e.Key != "" {
			commands[i].Content = e.content()
		}
	}
	var fresh []Posted
	all, err := storage.OnceEach(ctx, b.s, verbPost, commands,
		func(tx *storage.Tx, todo []int) (all []answer, err error) {
			chosen := make([]*Entry, len(todo))
			for i, at := range todo {
				chosen[i] = list[at]
			}
			if fresh, err = post(ctx, tx, chosen, n, todo); err != nil {
				return nil, placed(err, todo)
			}
			for i := range fresh {
				all = append(all, answerOf(&fresh[i]))
			}
			return all, nil
		}, n.announce)
	if err != nil {
		return nil, b.reused(ctx, list, err)
	}
	return b.posted(ctx, all, fresh)
}

// placed gives the refusal of a limit the place of its entry in the call.
func placed(err error, todo []int) error {
	var limit *LimitError
	if errors.As(err, &limit) && todo != nil {
		limit.Entry = todo[limit.Entry]
	}
	return err
}

// answers returns the entries with the identifiers: those just posted, and from the books those that a key replayed.
func (b *Books) answers(ctx context.Context, ids []storage.ID[Posted], fresh []Posted) ([]Posted, error) {
	if slices.EqualFunc(ids, fresh, func(id storage.ID[Posted], p Posted) bool { return p.ID == id }) {
		return fresh, nil
	}
	out := make([]Posted, len(ids))
	var missing []storage.ID[Posted]
	var at []int
	next := 0
	for i, id := range ids {
		if next < len(fresh) && fresh[next].ID == id {
			out[i] = fresh[next]
			next++
		} else {
			missing, at = append(missing, id), append(at, i)
		}
	}
	if len(missing) == 0 {
		return out, nil
	}
	err := b.s.View(ctx, func(tx *storage.Tx) error {
		found, err := entries.GetMany(ctx, tx, missing...)
		if err != nil {
			return err
		}
		for i, p := range found {
			if p == nil {
				return storage.ErrNotFound.With("entry %s", missing[i])
			}
		}
		if err := fillDetails(ctx, tx, storage.Ref{}, found...); err != nil {
			return err
		}
		for i, p := range found {
			out[at[i]] = *p
		}
		return nil
	})
	return out, err
}

// post admits and writes entries that passed check. Faults are named by their places in the call, which at holds, nil for a
// single one.
func post(ctx context.Context, tx *storage.Tx, list []*Entry, n *need, at []int) ([]Posted, error) {
	rules, err := n.read(ctx, tx)
	if err != nil {
		return nil, err
	}
	return rules.post(ctx, tx, list, at)
}

// post is the same with the rules at hand.
func (r Rules) post(ctx context.Context, tx *storage.Tx, list []*Entry, at []int) ([]Posted, error) {
	return r.postAs(ctx, tx, list, storage.ID[Posted]{}, func(i int) string {
		if at == nil {
			return ""
		}
		return "entries." + strconv.Itoa(at[i]) + "."
	})
}

// postAs is the same with fault paths of the caller's, for entries that stand instead of another one.
func (r Rules) postAs(ctx context.Context, tx *storage.Tx, list []*Entry, corrects storage.ID[Posted], path func(int) string) (
	[]Posted, error) {
	var bad faults
	w := posting{rules: r, path: path, posted: make([]Posted, len(list)), rows: make([]*part, 0, 2*len(list)), buf: make([]byte, 0, 512)}
	ends := make([]int, len(list))
	for i, e := range list {
		w.rows = r.admit(w.rows, e, &bad, path(i))
		ends[i] = len(w.rows)
	}
	if err := bad.err(); err != nil {
		return nil, err
	}
	from := 0
	for i, e := range list {
		if err := tx.Guard(ctx, e.By, verbPost, nil, e); err != nil {
			return nil, err
		}
		p := &w.posted[i]
		*p = Posted{ID: storage.NewID[Posted](tx), Date: e.Date, ValueDate: e.ValueDate, At: tx.Now(), By: e.By, Text: e.Text,
			Source: e.Source, Closing: e.Closing, Adjusting: e.Adjusting}
		if p.ValueDate.IsZero() {
			p.ValueDate = p.Date
		}
		if p.carry(e.Carried); !corrects.IsZero() {
			p.Corrects, p.Detailed = corrects, true
		}
		if err := r.pass(ctx, tx, p); err != nil {
			return nil, err
		}
		w.finish(tx, p, w.rows[from:ends[i]])
		from = ends[i]
	}
	return w.posted, w.write(ctx, tx)
}

// A posting puts entries with their parts into the books.
type posting struct {
	rules  Rules            // whose accounts need not be read again
	path   func(int) string // of an entry's faults; nil for none
	posted []Posted
	live   *liveBooks // that the entries were applied to, if they were
	rows   []*part
	later  *[]move // takes what is moved, where a later entry is judged with it
	buf    []byte
}

// finish gives an entry and its parts to each other and seals it.
func (w *posting) finish(tx *storage.Tx, p *Posted, rows []*part) {
	for _, r := range rows {
		r.Entry = p.ID
	}
	w.buf = p.seal(tx, w.buf, rows)
}

func (w *posting) write(ctx context.Context, tx *storage.Tx) error {
	opened, err := w.openItems(ctx, tx)
	if err == nil {
		err = w.constrain(ctx, tx)
	}
	if err != nil {
		return err
	}
	heads := make([]*Posted, len(w.posted))
	var carried []*detail
	notes := make([]event.Note, len(w.posted))
	wake := false
	for i := range w.posted {
		p := &w.posted[i]
		heads[i] = p
		if d := p.detail(); d != nil {
			carried = append(carried, d)
		}
		notes[i] = event.Note{By: p.By, Subject: p.Ref(), Order: 1, Drafts: []event.Draft{EntryPosted.Draft(PostedPayload{
			Date: p.Date, Source: p.Source, Reverses: p.Reverses, Closing: p.Closing, Adjusting: p.Adjusting,
			Exception: p.exception})}}
		p.exception = storage.ID[Exception]{}
		wake = wake || foldsNow(p)
	}
	if err := entries.Insert(ctx, tx, heads...); err != nil {
		return err
	}
	if err := parts.Insert(ctx, tx, w.rows...); err != nil {
		return err
	}
	if err := details.Insert(ctx, tx, carried...); err != nil {
		return err
	}
	if err := items.Insert(ctx, tx, opened...); err != nil {
		return err
	}
	if err := event.AppendAll(ctx, tx, notes...); err != nil || !wake {
		return err
	}
	return event.Wake(ctx, tx, tx.Now(), FoldWork, storage.Ref{})
}
