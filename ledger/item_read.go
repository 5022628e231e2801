package ledger

import (
	"context"
	"iter"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// ItemFilter narrows a list of open items, which comes by the day on which they are due.
type ItemFilter struct {
	By storage.Ref
	// AsOf asks what was open at the end of a day; no date is as things stand, with whatever is dated later.
	AsOf date.Date
	// Accounts lists codes; none is all accounts that keep items.
	Accounts []string
	Party    Party
	Currency money.Currency
	// Due keeps what is due in a period.
	Due date.Period
	// Source keeps the items of one document.
	Source storage.Ref
	// Limit is the most items of a page, 50 if zero.
	Limit int
}

func (f ItemFilter) query() storage.Query {
	q := storage.Query{By: f.By, Order: []string{"due"}, Limit: f.Limit}
	if len(f.Accounts) > 0 {
		q.Where = append(q.Where, storage.In("account", f.Accounts...))
	}
	if f.AsOf.IsZero() {
		q.Where = append(q.Where, storage.Eq("closed", forever))
	} else {
		q.Where = append(q.Where, storage.Gt("closed", f.AsOf), storage.Le("date", f.AsOf))
	}
	if f.Party != (Party{}) {
		q.Where = append(q.Where, storage.Eq("party", f.Party.ID), storage.Eq("dimension", f.Party.Dimension))
	}
	if f.Currency != "" {
		q.Where = append(q.Where, storage.Eq("currency", f.Currency))
	}
	if !f.Due.From.IsZero() {
		q.Where = append(q.Where, storage.Ge("due", f.Due.From))
	}
	if !f.Due.To.IsZero() {
		q.Where = append(q.Where, storage.Le("due", f.Due.To))
	}
	if !f.Source.IsZero() {
		q.Where = append(q.Where, storage.Eq("source", f.Source))
	}
	return q
}

// OpenItems lists what is or was open, read in one moment: the open items of an account sum to its balance, as of any day.
func (b *Books) OpenItems(ctx context.Context, f ItemFilter) iter.Seq2[*Item, error] {
	return func(yield func(*Item, error) bool) {
		var list []*Item
		err := b.s.View(ctx, func(tx *storage.Tx) (err error) {
			rows, err := openAsOf(ctx, tx, f)
			if err != nil {
				return err
			}
			list, err = showItems(ctx, tx, rows)
			return err
		})
		if err != nil {
			yield(nil, err)
			return
		}
		for _, i := range list {
			if !yield(i, nil) {
				return
			}
		}
	}
}

// OpenItemsPage reads one screen of open items. As of a day a page may be short, since what was matched then and is open now is
// left out of it.
//
// Errors: storage.ErrBadCursor, *storage.Invalid.
func (b *Books) OpenItemsPage(ctx context.Context, f ItemFilter, from storage.Cursor) (page storage.Page[Item], err error) {
	err = b.s.View(ctx, func(tx *storage.Tx) error {
		rows, err := items.Page(ctx, tx, f.query(), from)
		if err != nil {
			return err
		}
		then, err := changesSince(ctx, tx, f)
		if err != nil {
			return err
		}
		page.Next = rows.Next
		page.Items, err = showItems(ctx, tx, then.apply(rows.Items))
		return err
	})
	return page, err
}

// Item reads one item, open or not.
//
// Errors: storage.ErrNotFound, also for one that the actor may not see.
func (b *Books) Item(ctx context.Context, key ItemKey, by ...storage.Ref) (out *Item, err error) {
	row := key.row()
	q := storage.Query{By: actor(by), Limit: 1, Where: []storage.Cond{storage.Eq("entry", row.Entry), storage.Eq("leg", row.Leg),
		storage.Eq("part", row.Part)}}
	err = b.s.View(ctx, func(tx *storage.Tx) error {
		for i, err := range items.All(ctx, tx, q) {
			if err != nil {
				return err
			}
			list, err := showItems(ctx, tx, []*item{i})
			if err == nil {
				out = list[0]
			}
			return err
		}
		return storage.ErrNotFound.With("item %s leg %d", key.Entry, key.Leg)
	})
	return out, err
}

// openAsOf reads the rows that were open, with what was open of them then.
func openAsOf(ctx context.Context, tx *storage.Tx, f ItemFilter) (rows []*item, err error) {
	q := f.query()
	q.Limit = 0
	for i, err := range items.All(ctx, tx, q) {
		if err != nil {
			return nil, err
		}
		rows = append(rows, i)
	}
	then, err := changesSince(ctx, tx, f)
	return then.apply(rows), err
}

// changes is what was open of items at a day and is not now, and the other way round.
type changes map[ItemKey]struct{ n, worth int64 }

// changesSince reads the pairs that make the difference: those that counted later, and those that counted then and were undone.
func changesSince(ctx context.Context, tx *storage.Tx, f ItemFilter) (changes, error) {
	if f.AsOf.IsZero() {
		return nil, nil
	}
	c := changes{}
	for n, where := range [2][]storage.Cond{{storage.Eq("until", forever), storage.Gt("date", f.AsOf)},
		{storage.Gt("until", f.AsOf), storage.Lt("until", forever), storage.Le("date", f.AsOf)}} {
		sign := int64(1 - 2*n)
		if n := len(f.Accounts); n > 0 && n <= fewCodes {
			where = append(where, storage.In("account", f.Accounts...))
		}
		for p, err := range pairs.All(ctx, tx, storage.Query{Where: where}) {
			if err != nil {
				return nil, err
			}
			c.add(p.Debit, sign*p.Amount, sign*p.DebitWorth)
			c.add(p.Credit, -sign*p.Amount, sign*p.CreditWorth)
		}
	}
	return c, nil
}

func (c changes) add(k ItemKey, n, worth int64) {
	x := c[k]
	x.n, x.worth = x.n+n, x.worth+worth
	c[k] = x
}

// apply puts rows back to what they were, and leaves out those of which nothing was open.
func (c changes) apply(rows []*item) []*item {
	if c == nil {
		return rows
	}
	out := rows[:0]
	for _, i := range rows {
		x := c[i.key()]
		if i.Open, i.Worth = i.Open+x.n, i.Worth+x.worth; i.Open != 0 {
			i.Closed = forever
			out = append(out, i)
		}
	}
	return out
}

// showItems makes Items of rows.
func showItems(ctx context.Context, tx *storage.Tx, rows []*item) ([]*Item, error) {
	r := &report{tx: tx}
	list := make([]*Item, len(rows))
	for n, i := range rows {
		for _, c := range [...]money.Currency{i.Currency, i.Base} {
			if _, err := r.amount(ctx, c, 0); err != nil { // learns the scales that are needed
				return nil, err
			}
		}
		shown, err := r.rules.shown(i)
		if err != nil {
			return nil, err
		}
		list[n] = &shown
	}
	return list, nil
}

// fillItems puts what items know on the legs of an entry.
func fillItems(r Rules, p *Posted, rows []*part, list []*item) error {
	at := map[int]int{}
	for _, row := range rows {
		if _, known := at[row.Leg]; !known {
			at[row.Leg] = len(at)
		}
	}
	for _, i := range list {
		n, ok := at[i.Leg]
		if !ok {
			continue
		}
		l := &p.Legs[n]
		value, err := r.amount(i.Base, i.Value)
		if err == nil && l.Value.Currency() != "" {
			value, err = l.Value.Add(value)
		}
		if err != nil {
			return err
		}
		l.Due, l.Value = i.Due, value
	}
	return nil
}

// itemsByEntry reads the items of entries.
func itemsByEntry(ctx context.Context, tx *storage.Tx, by storage.Ref, list ...*Posted) (map[storage.ID[Posted]][]*item, error) {
	byEntry := map[storage.ID[Posted]][]*item{}
	for from := 0; from < len(list); from += fewCodes {
		var ids []storage.ID[Posted]
		for _, p := range list[from:min(from+fewCodes, len(list))] {
			ids = append(ids, p.ID)
		}
		for i, err := range items.All(ctx, tx, storage.Query{By: by, Where: []storage.Cond{storage.In("entry", ids...)}}) {
			if err != nil {
				return nil, err
			}
			byEntry[i.Entry] = append(byEntry[i.Entry], i)
		}
	}
	return byEntry, nil
}
