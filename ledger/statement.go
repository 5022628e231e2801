package ledger

import (
	"context"
	"iter"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// Statement lists the lines of an account by date with a running balance. It reads page by page; over a tenant's data it is
// no snapshot, but each page is. An account that does not exist has no lines: that is no error.
//
// Errors: *storage.Invalid.
func (b *Books) Statement(ctx context.Context, f LineFilter) iter.Seq2[*Line, error] {
	return func(yield func(*Line, error) bool) {
		f.Limit = 500
		for from := storage.Cursor(""); ; {
			page, err := b.StatementPage(ctx, f, from)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, l := range page.Items {
				if !yield(l, nil) {
					return
				}
			}
			if from = page.Next; from == "" {
				return
			}
		}
	}
}

// StatementPage reads one screen of a statement, an empty one of an account that does not exist.
//
// Errors: storage.ErrBadCursor, *storage.Invalid, storage.ErrOverflow.
func (b *Books) StatementPage(ctx context.Context, f LineFilter, from storage.Cursor) (out storage.Page[Line], err error) {
	if err := f.check(); err != nil {
		return out, err
	}
	err = b.read(ctx, f.By, func(r *report) (err error) {
		page, err := parts.Page(ctx, r.tx, storage.Query{By: f.By, Where: f.conds(f.Period), Order: []string{"date"},
			Limit: f.Limit}, from)
		if err != nil {
			return err
		}
		out = storage.Page[Line]{Next: page.Next}
		out.Items, err = r.lines(ctx, f, page.Items)
		return err
	})
	return out, err
}

func (f LineFilter) check() error {
	var bad faults
	if f.Account == "" {
		bad.add("account", storage.CodeRequired)
	} else if code := textFault(f.Account, maxCode); code != "" {
		bad.add("account", code)
	}
	bad.Check(f.Currency == "" || f.Currency.Valid(), "currency", storage.CodeCurrency, "")
	bad.period(f.Period)
	f.Where.check(&bad, func() string { return "where" })
	return bad.err()
}

func (f LineFilter) conds(p date.Period) []storage.Cond {
	where := append(partConds(p, f.Where), storage.Eq("account", f.Account))
	if f.Currency != "" {
		where = append(where, storage.Eq("currency", f.Currency))
	}
	return where
}

// lines makes the lines of a page, from what the account held before it.
func (r *report) lines(ctx context.Context, f LineFilter, rows []*part) ([]*Line, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	held, err := r.before(ctx, f, rows[0])
	if err != nil {
		return nil, err
	}
	return r.linesAfter(ctx, held, rows)
}

// linesAfter makes lines from what the account held, and goes on with it.
func (r *report) linesAfter(ctx context.Context, held map[money.Currency]money.Amount, rows []*part) ([]*Line, error) {
	heads, err := r.heads(ctx, rows)
	if err != nil {
		return nil, err
	}
	out := make([]*Line, len(rows))
	for i, p := range rows {
		l := &Line{Entry: p.Entry, Leg: p.Leg, Part: p.No, Date: p.Date, Dims: p.Dims, Text: p.Text}
		if head := heads[p.Entry]; head != nil {
			l.Source = head.Source
			if l.Text == "" {
				l.Text = head.Text
			}
		}
		if l.Amount, err = r.amount(ctx, p.Currency, p.Amount); err != nil {
			return nil, err
		}
		if l.Balance, err = held[p.Currency].Add(l.Amount); err != nil {
			return nil, err
		}
		held[p.Currency], out[i] = l.Balance, l
	}
	return out, nil
}

// before finds what the account holds in each currency before a line: at the end of the day before, and what comes first on
// that day.
func (r *report) before(ctx context.Context, f LineFilter, first *part) (map[money.Currency]money.Amount, error) {
	units := map[money.Currency]int64{}
	c := cut{period: date.Period{To: first.Date.AddDays(-1)}, where: f.Where, closing: true}
	c.limit([]string{f.Account})
	got, err := r.gather(ctx, c)
	if err != nil {
		return nil, err
	}
	for at, x := range got {
		units[at.currency] = x.debit - x.credit
	}
	for p, err := range parts.All(ctx, r.tx, storage.Query{By: f.By, Where: f.conds(date.On(first.Date))}) {
		if err != nil {
			return nil, err
		}
		if p.Entry == first.Entry && p.Leg == first.Leg && p.No == first.No {
			break
		}
		units[p.Currency] += p.Amount
	}
	held := map[money.Currency]money.Amount{}
	for c, n := range units {
		if held[c], err = r.amount(ctx, c, n); err != nil {
			return nil, err
		}
	}
	return held, nil
}

// heads reads the entries of some parts, as far as the actor may see them.
func (r *report) heads(ctx context.Context, rows []*part) (map[storage.ID[Posted]]*Posted, error) {
	var ids []storage.ID[Posted]
	heads := map[storage.ID[Posted]]*Posted{}
	for _, p := range rows {
		if _, seen := heads[p.Entry]; !seen {
			heads[p.Entry], ids = nil, append(ids, p.Entry)
		}
	}
	if !entries.Narrowed(r.tx, r.by) {
		list, err := entries.GetMany(ctx, r.tx, ids...)
		for i, p := range list {
			heads[ids[i]] = p
		}
		return heads, err
	}
	for p, err := range entries.All(ctx, r.tx, storage.Query{By: r.by, Where: []storage.Cond{storage.In("id", ids...)}}) {
		if err != nil {
			return nil, err
		}
		heads[p.ID] = p
	}
	return heads, nil
}
