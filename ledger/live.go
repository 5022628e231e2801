package ledger

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// live is the one row to lock for an account that keeps its balance while it is posted to. It has the bounds too, so that
// whoever holds the lock judges by those of this moment.
type live struct {
	Account string
	Bounds  []bound
	NowOnly bool
	// Expires is when the first of the holds that count may end; none if there is none.
	Expires time.Time
}

// liveSpan is a tier of a live balance; see swing.
type liveSpan struct {
	Account  string
	Currency money.Currency
	Span     int
	Items    string
}

var (
	lives = storage.Define("ledger.live", func(l *live) []storage.Field {
		return []storage.Field{storage.Text("account", &l.Account).Key().Limit(maxCode), storage.JSON("bounds", &l.Bounds),
			storage.Bool("now_only", &l.NowOnly), storage.Instant("expires", &l.Expires).Optional()}
	}, storage.Rank(20))

	liveSpans = storage.Define("ledger.live_span", func(s *liveSpan) []storage.Field {
		return []storage.Field{storage.Text("account", &s.Account).Key().Limit(maxCode),
			storage.Text("currency", &s.Currency).Key().Limit(32), storage.Int("span", &s.Span).Key(), storage.Text("items", &s.Items)}
	})
)

// liveBooks is the live balances that some entries touch, read under the locks of their accounts. Entries are applied to it one
// by one, in memory; one that is refused leaves nothing; save writes what has come of it, once.
type liveBooks struct {
	heads   map[string]*live
	books   map[liveKey]*book
	changed map[string]bool // heads to be written
	scales  map[money.Currency]int
	gone    map[string]bool // accounts that turned out not to be live
	stamp   int
}

// liveInTx is where a transaction keeps its liveBooks, so that what it posts next needs no round trip for the same accounts.
type liveInTx struct{}

// liveStamp marks what was done with liveBooks. If the mark is gone, the nested Update in which it was done was undone, and
// locks may be gone too.
type liveStamp struct {
	l  *liveBooks
	no int
}

func (l *liveBooks) mark(tx *storage.Tx) {
	l.stamp++
	tx.FirstTime(liveStamp{l, l.stamp})
}

// liveIn finds the liveBooks of a transaction, if they still stand.
func liveIn(tx *storage.Tx) *liveBooks {
	if l, _ := tx.Value(liveInTx{}).(*liveBooks); l != nil && !tx.FirstTime(liveStamp{l, l.stamp}) {
		return l
	}
	return &liveBooks{heads: map[string]*live{}, books: map[liveKey]*book{}, changed: map[string]bool{}, gone: map[string]bool{}}
}

// lockLive takes the locks of the live accounts among those that are moved, in the order of their codes, and reads what their
// balances need, in one round trip. It answers nil if there is none. Accounts that are not known are read.
func lockLive(ctx context.Context, tx *storage.Tx, list []move, known map[string]*Account) (*liveBooks, error) {
	l := liveIn(tx)
	heads, err := l.unlocked(ctx, tx, list, known)
	if err != nil || len(heads)+len(l.heads) == 0 {
		return nil, err
	}
	tx.SetValue(liveInTx{}, nil) // until all is well
	for _, h := range heads {
		l.heads[h.Account] = h
	}
	wanted := l.missing(list)
	if err := liveSpans.Ahead(tx, wanted...); err != nil {
		return nil, err
	}
	found, err := lives.LoadLocked(ctx, tx, heads...)
	if err != nil {
		return nil, err
	}
	if err := l.read(ctx, tx, wanted); err != nil {
		return nil, err
	}
	for i, h := range heads {
		if !found[i] { // switched off meanwhile
			delete(l.heads, h.Account)
			l.gone[h.Account] = true
		}
	}
	for _, code := range slices.Sorted(maps.Keys(l.heads)) {
		if h := l.heads[code]; !h.Expires.IsZero() && !h.Expires.After(tx.Now()) {
			if err := l.expire(ctx, tx, h); err != nil {
				return nil, err
			}
		}
	}
	l.mark(tx)
	tx.SetValue(liveInTx{}, l)
	return l, nil
}

// unlocked lists the accounts that keep live balances and are not locked yet, by code.
func (l *liveBooks) unlocked(ctx context.Context, tx *storage.Tx, list []move, known map[string]*Account) (heads []*live,
	err error) {
	var unknown []string
	seen := make(map[string]bool, len(known))
	note := func(a *Account) {
		if a.live() {
			heads = append(heads, &live{Account: a.Code})
		}
	}
	for i := range list {
		code := list[i].account
		if seen[code] || l.heads[code] != nil || l.gone[code] {
			continue
		}
		seen[code] = true
		if a := known[code]; a != nil {
			note(a)
		} else {
			unknown = append(unknown, code)
		}
	}
	if len(unknown) > 0 {
		found, err := accountsOf(ctx, tx, unknown)
		if err != nil {
			return nil, err
		}
		for _, code := range unknown {
			if a := found[code]; a != nil {
				note(a)
			}
		}
	}
	slices.SortFunc(heads, func(a, b *live) int { return strings.Compare(a.Account, b.Account) })
	return heads, nil
}

// missing lists the tiers of live accounts that are not read yet, in order.
func (l *liveBooks) missing(list []move) (wanted []*liveSpan) {
	for i := range list {
		m := &list[i]
		if l.heads[m.account] == nil {
			continue
		}
		b := l.books[m.liveKey]
		if b == nil {
			b = &book{tiers: map[int]tier{}, stored: map[int]bool{}, changed: map[int]bool{}}
			l.books[m.liveKey] = b
		}
		for _, name := range tiersOf(m.date) {
			if _, there := b.tiers[name]; !there {
				b.tiers[name] = nil
				wanted = append(wanted, &liveSpan{Account: m.account, Currency: m.currency, Span: name})
			}
		}
	}
	slices.SortFunc(wanted, func(a, b *liveSpan) int {
		return cmp.Or(strings.Compare(a.Account, b.Account), strings.Compare(string(a.Currency), string(b.Currency)), a.Span-b.Span)
	})
	return wanted
}

func (l *liveBooks) read(ctx context.Context, tx *storage.Tx, wanted []*liveSpan) error {
	found, err := liveSpans.Load(ctx, tx, wanted...)
	if err != nil {
		return err
	}
	for i, s := range wanted {
		b := l.books[liveKey{s.Account, s.Currency}]
		b.stored[s.Span] = found[i]
		if b.tiers[s.Span], err = readTier(s.Items); err != nil {
			return err
		}
	}
	return nil
}

// apply takes in one entry: all moves, or none. The error of a limit is a *LimitError.
func (l *liveBooks) apply(ctx context.Context, tx *storage.Tx, entry []move) (err error) {
	var undo []saved
	defer func() {
		if err != nil {
			for i := len(undo) - 1; i >= 0; i-- {
				undo[i].restore()
			}
		}
	}()
	type affected struct {
		liveKey
		since  date.Date
		before outlook
	}
	var few [4]affected
	all := few[:0]
next:
	for i := range entry {
		m := &entry[i]
		if l.heads[m.account] == nil {
			continue
		}
		for j := range all {
			if all[j].liveKey == m.liveKey {
				all[j].since = date.Earlier(all[j].since, m.date)
				continue next
			}
		}
		all = append(all, affected{liveKey: m.liveKey, since: m.date})
	}
	for j := range all {
		a := &all[j]
		a.before = l.books[a.liveKey].from(a.since, l.heads[a.account].NowOnly)
	}
	for _, m := range entry {
		if l.heads[m.account] == nil {
			continue
		}
		was, err := l.books[m.liveKey].add(m)
		if err != nil {
			return err
		}
		undo = append(undo, was)
	}
	for j := range all {
		a := &all[j]
		if err := l.judge(ctx, tx, a.liveKey, a.since, a.before); err != nil {
			return err
		}
	}
	for _, m := range entry {
		if l.heads[m.account] != nil {
			l.books[m.liveKey].touch(m.date)
		}
	}
	l.mark(tx)
	return nil
}

// judge holds a balance against its bounds, from a day on.
func (l *liveBooks) judge(ctx context.Context, tx *storage.Tx, at liveKey, since date.Date, before outlook) error {
	h := l.heads[at.account]
	if len(h.Bounds) == 0 {
		return nil
	}
	now := l.books[at].from(since, h.NowOnly)
	for i := range h.Bounds {
		b := &h.Bounds[i]
		if b.Currency != "" && b.Currency != at.currency {
			continue
		}
		if short, above := b.breach(before, now); short > 0 {
			return l.refusal(ctx, tx, at, b, since, now, short, above)
		}
	}
	return nil
}

// breach is by how much the outlook is beyond the bound, zero if it is not, or not more than before.
func (b *bound) breach(before, now outlook) (short int64, above bool) {
	lowWas, lowIs, topWas, topIs := before.low, now.low, before.top, now.top
	if b.Sense < 0 {
		lowWas, lowIs, topWas, topIs = -before.top, -now.top, -before.low, -now.low
	}
	if b.Min != nil && lowIs < *b.Min && lowIs < lowWas {
		return *b.Min - lowIs, false
	}
	if b.Max != nil && topIs > *b.Max && topIs > topWas {
		return topIs - *b.Max, true
	}
	return 0, false
}

// refusal finds the day on which most is missing and says it all.
func (l *liveBooks) refusal(ctx context.Context, tx *storage.Tx, at liveKey, b *bound, since date.Date, now outlook, short int64,
	above bool) error {
	e := &LimitError{Account: at.account, above: above}
	scale, err := l.scale(ctx, tx, at.currency)
	if err != nil {
		return err
	}
	limit, balance := b.Min, now.low
	if above {
		limit = b.Max
	}
	if above == (b.Sense > 0) {
		balance = now.top
	}
	for _, x := range [3]struct {
		to *money.Amount
		n  int64
	}{{&e.Limit, *limit}, {&e.Balance, b.Sense * balance}, {&e.Missing, short}} {
		if *x.to, err = money.Scaled(at.currency, x.n, scale); err != nil {
			return err
		}
	}
	for unread := 1; !l.heads[at.account].NowOnly && unread > 0; {
		if e.Date, unread = l.books[at].worst(since, above == (b.Sense > 0)); unread > 0 {
			l.books[at].tiers[unread] = nil
			if err := l.read(ctx, tx, []*liveSpan{{Account: at.account, Currency: at.currency, Span: unread}}); err != nil {
				return err
			}
		}
	}
	return e
}

func (l *liveBooks) scale(ctx context.Context, tx *storage.Tx, c money.Currency) (int, error) {
	if n, listed := c.Digits(); listed {
		return n, nil
	}
	if n, known := l.scales[c]; known {
		return n, nil
	}
	n, err := scaleOf(ctx, tx, c)
	if err == nil {
		if l.scales == nil {
			l.scales = map[money.Currency]int{}
		}
		l.scales[c] = n
	}
	return n, err
}

// save writes what the entries have changed.
func (l *liveBooks) save(ctx context.Context, tx *storage.Tx) error {
	var fresh, known []*liveSpan
	for _, at := range l.keys() {
		b := l.books[at]
		for _, name := range b.names() {
			s := &liveSpan{Account: at.account, Currency: at.currency, Span: name, Items: b.tiers[name].text()}
			if b.stored[name] {
				known = append(known, s)
			} else {
				fresh = append(fresh, s)
			}
			b.stored[name] = true
		}
		clear(b.changed)
	}
	if err := liveSpans.Update(ctx, tx, known...); err != nil {
		return err
	}
	if err := liveSpans.Insert(ctx, tx, fresh...); err != nil {
		return err
	}
	var heads []*live
	for _, h := range l.heads {
		if l.changed[h.Account] {
			heads = append(heads, h)
		}
	}
	slices.SortFunc(heads, func(a, b *live) int { return strings.Compare(a.Account, b.Account) })
	if err := lives.Update(ctx, tx, heads...); err != nil {
		return err
	}
	clear(l.changed)
	return nil
}

// keys lists the balances in order.
func (l *liveBooks) keys() []liveKey {
	keys := make([]liveKey, 0, len(l.books))
	for at := range l.books {
		keys = append(keys, at)
	}
	slices.SortFunc(keys, func(a, b liveKey) int {
		return cmp.Or(strings.Compare(a.account, b.account), strings.Compare(string(a.currency), string(b.currency)))
	})
	return keys
}
