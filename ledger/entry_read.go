package ledger

import (
	"context"
	"iter"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// EntryFilter narrows a list of entries, which comes by date, then in the order of posting.
type EntryFilter struct {
	By     storage.Ref
	Period date.Period
	// Source keeps those of one document.
	Source storage.Ref
	// Fields keeps those whose own fields fulfil conditions, such as storage.Eq("fields.cost_type", "fuel").
	Fields []storage.Cond
	// Adjusting keeps adjusting entries only.
	Adjusting bool
	// Desc puts the latest first.
	Desc bool
	// Limit is the most entries of a page, 50 if zero.
	Limit int
}

func (f EntryFilter) query() storage.Query {
	q := storage.Query{By: f.By, Order: []string{"date"}, Desc: f.Desc, Limit: f.Limit, Where: partConds(f.Period, Dims{})}
	if f.Adjusting {
		q.Where = append(q.Where, storage.Eq("adjusting", true))
	}
	if !f.Source.IsZero() {
		q.Where = append(q.Where, storage.Eq("source", f.Source))
	}
	return q
}

// Entries lists entries without their legs; see storage.Table.All for what a list over a tenant's data promises.
func (b *Books) Entries(ctx context.Context, f EntryFilter) iter.Seq2[*Posted, error] {
	q := f.query()
	q.Limit = 0
	if len(f.Fields) > 0 {
		return b.byFields(ctx, f)
	}
	return entries.All(ctx, b.s, q)
}

// EntriesPage reads one screen of entries.
//
// Errors: *storage.Invalid, storage.ErrBadCursor.
func (b *Books) EntriesPage(ctx context.Context, f EntryFilter, from storage.Cursor) (storage.Page[Posted], error) {
	if err := checkPeriod(f.Period); err != nil {
		return storage.Page[Posted]{}, err
	}
	if len(f.Fields) > 0 {
		return b.byFieldsPage(ctx, f, from)
	}
	return entries.Page(ctx, b.s, f.query(), from)
}

// Entry reads an entry with its legs.
//
// Errors: storage.ErrNotFound, also for one that the actor may not see.
func (b *Books) Entry(ctx context.Context, id storage.ID[Posted], by ...storage.Ref) (out *Posted, err error) {
	err = b.s.View(ctx, func(tx *storage.Tx) error {
		if out, err = entries.Get(ctx, tx, id, by...); err != nil {
			return err
		}
		return fillLegs(ctx, tx, actor(by), out)
	})
	return out, err
}

func actor(by []storage.Ref) storage.Ref {
	if len(by) > 0 {
		return by[0]
	}
	return storage.Ref{}
}

// BySource reads the entries behind a document, with their legs, by date. The reversal of an entry has the same source unless
// it named another.
func (b *Books) BySource(ctx context.Context, source storage.Ref, by ...storage.Ref) (list []*Posted, err error) {
	err = b.s.View(ctx, func(tx *storage.Tx) error {
		list = nil
		for p, err := range entries.All(ctx, tx, EntryFilter{By: actor(by), Source: source}.query()) {
			if err != nil {
				return err
			}
			list = append(list, p)
		}
		return fillLegs(ctx, tx, actor(by), list...)
	})
	return list, err
}

// fillLegs reads the legs of entries.
func fillLegs(ctx context.Context, tx *storage.Tx, by storage.Ref, list ...*Posted) error {
	byEntry, err := partsOf(ctx, tx, by, list...)
	if err != nil {
		return err
	}
	if err := fillDetails(ctx, tx, by, list...); err != nil {
		return err
	}
	opened, err := itemsByEntry(ctx, tx, by, list...)
	if err != nil {
		return err
	}
	r := &report{tx: tx}
	for _, p := range list {
		for _, i := range opened[p.ID] {
			if _, err := r.amount(ctx, i.Base, 0); err != nil {
				return err
			}
		}
		for _, row := range byEntry[p.ID] {
			if _, err := r.amount(ctx, row.Currency, 0); err != nil { // learns the scales that are needed
				return err
			}
		}
		if p.Legs, err = r.rules.legs(byEntry[p.ID]); err != nil {
			return err
		}
		if err := fillItems(r.rules, p, byEntry[p.ID], opened[p.ID]); err != nil {
			return err
		}
	}
	return nil
}

// partsOf reads the rows of entries, those of each in order.
func partsOf(ctx context.Context, tx *storage.Tx, by storage.Ref, list ...*Posted) (map[storage.ID[Posted]][]*part, error) {
	byEntry := make(map[storage.ID[Posted]][]*part, len(list))
	for from := 0; from < len(list); from += fewCodes {
		var ids []storage.ID[Posted]
		for _, p := range list[from:min(from+fewCodes, len(list))] {
			ids = append(ids, p.ID)
		}
		for row, err := range parts.All(ctx, tx, storage.Query{By: by, Where: []storage.Cond{storage.In("entry", ids...)}}) {
			if err != nil {
				return nil, err
			}
			byEntry[row.Entry] = append(byEntry[row.Entry], row)
		}
	}
	return byEntry, nil
}

// LineFilter asks for the statement of one account.
type LineFilter struct {
	By       storage.Ref
	Account  string
	Currency money.Currency // "" for all
	Period   date.Period
	Where    Dims
	// Limit is the most lines of a page, 50 if zero.
	Limit int
}

// A Line is a part on an account's statement.
type Line struct {
	Entry  storage.ID[Posted] `json:"entry"`
	Leg    int                `json:"leg"`
	Part   int                `json:"part"`
	Date   date.Date          `json:"date"`
	Amount money.Amount       `json:"amount"`
	// Balance is what the account holds in this currency after the line: of all time, not only of the period, as far as Where
	// sees.
	Balance money.Amount `json:"balance"`
	Dims    Dims         `json:"dims"`
	// Text is that of the leg or, without one, of the entry.
	Text   string      `json:"text,omitempty"`
	Source storage.Ref `json:"source"`
}
