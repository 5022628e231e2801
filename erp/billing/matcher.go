package billing

import (
	"context"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// A Matcher lets open items of the receivables account settle one another in the books, inside the transaction. *ledger.Books serves,
// with a few lines around it; so does any other ledger that keeps open items.
type Matcher interface {
	// Match posts the entry, if it has legs, and settles the items. Where the account keeps no items it only posts, and names no
	// match in its answer.
	Match(ctx context.Context, tx *storage.Tx, m Match) (Matched, error)
	// Unmatch opens the items of a match again and takes back what it posted.
	Unmatch(ctx context.Context, tx *storage.Tx, u Unmatch) error
}

// Match says which legs on the receivables account settle one another: debits with credits, those with an amount first.
type Match struct {
	By  storage.Ref
	Why string
	// Source is the payment or the credit note behind it.
	Source storage.Ref
	// Account is that of the items.
	Account string
	// Entry is posted first, unless it has no legs.
	Entry ledger.Entry
	Items []MatchItem
	// Discount and WriteOff take what then remains, and are posted by the books' rule; nil for none.
	Discount *ledger.Discount
	WriteOff *ledger.WriteOff
}

// A MatchItem is a leg of an entry and how much of it is settled.
type MatchItem struct {
	// Entry is what the journal answered; zero is the entry of the match.
	Entry storage.Ref
	Leg   int // counted from 1
	// Amount, above nothing, is used to the last unit; zero is as much as fits.
	Amount money.Amount
}

// Matched is what became of a match: the entry that was posted, the match, and the day from which it counts.
type Matched struct {
	Entry, Match storage.Ref
	Date         date.Date
}

// Unmatch undoes a match from a day on.
type Unmatch struct {
	By     storage.Ref
	Why    string
	Source storage.Ref
	Match  storage.Ref
	Date   date.Date
}

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

// discountParts says where the early discount of an invoice goes: off what was earned, and off the tax on it.
func (b *Invoices) discountParts(i *Invoice) (parts []ledger.DiscountPart, err error) {
	net, tax, err := i.Terms.Early().Of(i.Net, i.Tax)
	if err != nil {
		return nil, err
	}
	account := b.p.Accounts.Discount
	if account == "" {
		account = b.p.Accounts.Revenue
	}
	for _, p := range []ledger.DiscountPart{{Account: account, Amount: net}, {Account: b.p.Accounts.Tax, Amount: tax}} {
		if !p.Amount.IsZero() {
			parts = append(parts, p)
		}
	}
	return parts, nil
}

// relieve posts what was granted and given up in books without open items, and answers from which day all of it counts.
func (b *Invoices) relieve(ctx context.Context, tx *storage.Tx, s *settling, group []int) (on date.Date, err error) {
	on = s.date
	for _, at := range group {
		on = date.Later(on, s.list[at].Date)
	}
	for _, at := range group {
		if !s.made[at].gives() {
			continue
		}
		e, err := b.reliefEntry(s.by, s.source, on, s.list[at], s.made[at], false)
		if err != nil {
			return on, err
		}
		if _, err := b.p.Journal.Post(ctx, tx, e); err != nil {
			return on, err
		}
	}
	return on, nil
}

// reliefEntry takes what was granted and given up off what a customer owes, or puts it back.
func (b *Invoices) reliefEntry(by, source storage.Ref, on date.Date, i *Invoice, a *Allocation, back bool) (e ledger.Entry, err error) {
	customer := ledger.Dims{Customer: i.Customer.ID}
	e = ledger.Entry{By: by, Date: on, Text: "write-off", Source: source}
	total := a.WriteOff
	if !a.WriteOff.IsZero() {
		e.Legs = append(e.Legs, ledger.Debit(b.p.Accounts.WriteOff, a.WriteOff, customer))
	}
	if a.discounted() {
		e.Text = "early discount"
		parts, err := b.discountParts(i)
		if err != nil {
			return e, err
		}
		shares := make([]money.Amount, len(parts))
		if shares[0] = a.Discount; len(parts) > 1 {
			if shares, err = a.Discount.Allocate(parts[0].Amount.Decimal(), parts[1].Amount.Decimal()); err != nil {
				return e, err
			}
		}
		for n, p := range parts {
			e.Legs = append(e.Legs, ledger.Debit(p.Account, shares[n], customer))
		}
		if total, err = total.Add(a.Discount); err != nil {
			return e, err
		}
	}
	e.Legs = append(e.Legs, ledger.Credit(b.p.Accounts.Receivable, total, customer))
	for n := range e.Legs {
		if back {
			e.Legs[n].Amount = e.Legs[n].Amount.Neg()
		}
	}
	return e, nil
}
