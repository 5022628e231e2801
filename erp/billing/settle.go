package billing

import (
	"context"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// The legs of our entries that are open items.
const (
	invoiceLeg = 1
	paymentLeg = 2
	refundLeg  = 1
)

// A settling is what a payment or a credit note settles, on its way into the books.
type settling struct {
	by     storage.Ref
	why    string
	source storage.Ref
	date   date.Date
	entry  ledger.Entry // to be posted first; none if it has no legs
	from   MatchItem    // what settles
	list   []*Invoice   // each with
	made   []*Allocation
}

// groups divides allocations among matches. One may give up or grant what remains of one invoice, so each further one stands alone.
func (s *settling) groups() [][]int {
	list, some := [][]int{nil}, false
	for n, a := range s.made {
		if a.gives() && some {
			list = append(list, []int{n})
			continue
		}
		list[0], some = append(list[0], n), some || a.gives()
	}
	return list
}

// settleInBooks posts the entry, settles open items and dates the allocations. It answers the entry.
func (b *Invoices) settleInBooks(ctx context.Context, tx *storage.Tx, s *settling) (entry storage.Ref, err error) {
	switch {
	case len(s.made) == 0 && len(s.entry.Legs) == 0:
		return entry, nil
	case len(s.made) == 0:
		return b.p.Journal.Post(ctx, tx, s.entry)
	}
	for n, group := range s.groups() {
		m, err := b.matchOf(s, group)
		if err != nil {
			return entry, err
		}
		if n == 0 {
			m.Entry = s.entry
		}
		done, err := b.match(ctx, tx, m)
		if err != nil {
			return entry, err
		}
		if n == 0 {
			entry = done.Entry
			if s.from.Entry.IsZero() {
				s.from.Entry = entry
			}
		}
		if done.Match.IsZero() { // the books keep no items
			if done.Date, err = b.relieve(ctx, tx, s, group); err != nil {
				return entry, err
			}
		}
		for _, at := range group {
			s.made[at].Match, s.made[at].Date = done.Match, done.Date
		}
	}
	return entry, nil
}

func (b *Invoices) match(ctx context.Context, tx *storage.Tx, m Match) (Matched, error) {
	if b.p.Matcher != nil {
		return b.p.Matcher.Match(ctx, tx, m)
	}
	if len(m.Entry.Legs) == 0 {
		return Matched{}, nil
	}
	entry, err := b.p.Journal.Post(ctx, tx, m.Entry)
	return Matched{Entry: entry}, err
}

// matchOf is the match of some allocations.
func (b *Invoices) matchOf(s *settling, group []int) (m Match, err error) {
	m = Match{By: s.by, Why: s.why, Source: s.source, Account: b.p.Accounts.Receivable}
	used := s.made[group[0]].Amount.Mul(zero)
	for _, at := range group {
		a, i := s.made[at], s.list[at]
		if used, err = used.Add(a.Amount); err != nil {
			return m, ErrCurrency.Because(err)
		}
		item := MatchItem{Entry: i.Entry, Leg: invoiceLeg, Amount: a.Amount.Abs()}
		if a.gives() {
			item.Amount = money.Amount{} // what is used elsewhere is used first
		}
		if !a.WriteOff.IsZero() {
			m.WriteOff = &ledger.WriteOff{Account: b.p.Accounts.WriteOff, Max: a.WriteOff.Abs()}
		}
		if a.discounted() {
			parts, err := b.discountParts(i)
			if err != nil {
				return m, err
			}
			m.Discount = &ledger.Discount{Until: i.Terms.Early().Until(i.Date), Parts: parts}
		}
		m.Items = append(m.Items, item)
	}
	if !used.IsZero() {
		from := s.from
		from.Amount = used
		m.Items = append(m.Items, from)
	}
	return m, nil
}
