package ledger

import (
	"context"
	"time"

	"github.com/tutas/tutas/storage"
)

// openLive gives a new account, which has no postings, its live balance.
func openLive(ctx context.Context, tx *storage.Tx, a *Account, path string) error {
	if !a.live() {
		return nil
	}
	list, err := a.bounds(ctx, tx, path)
	if err != nil {
		return err
	}
	return lives.Insert(ctx, tx, &live{Account: a.Code, Bounds: list, NowOnly: a.NowOnly})
}

// changeLive brings the live balance of a locked account to its new bounds.
func changeLive(ctx context.Context, tx *storage.Tx, old, a *Account) error {
	if !old.live() && !a.live() {
		return nil
	}
	tx.SetValue(liveInTx{}, nil)
	h := &live{Account: a.Code}
	found, err := lives.LoadLocked(ctx, tx, h)
	if err != nil {
		return err
	}
	if !a.live() {
		return dropLive(ctx, tx, h, found[0])
	}
	if h.Bounds, err = a.bounds(ctx, tx, "bounds."); err != nil {
		return err
	}
	h.NowOnly = a.NowOnly
	var l *liveBooks
	if found[0] {
		if err = lives.Update(ctx, tx, h); err == nil {
			l, err = readLive(ctx, tx, h)
		}
	} else if err = tx.HoldOff(ctx); err == nil { // who posted without a look at the bounds is through before we add up
		if err = lives.Insert(ctx, tx, h); err == nil {
			l, err = rebuildLive(ctx, tx, h)
		}
	}
	if err != nil {
		return err
	}
	return l.broken(ctx, tx)
}

// dropLive removes the live balance of an account. The holds on it do not count any more.
func dropLive(ctx context.Context, tx *storage.Tx, h *live, there bool) error {
	if _, err := dropSpans(ctx, tx, h.Account); err != nil {
		return err
	}
	var counted []*claim
	for c, err := range claims.All(ctx, tx, counting(h.Account)) {
		if err != nil {
			return err
		}
		c.Counted = false
		counted = append(counted, c)
	}
	if err := claims.Update(ctx, tx, counted...); err != nil || !there {
		return err
	}
	return lives.Delete(ctx, tx, h)
}

func dropSpans(ctx context.Context, tx *storage.Tx, account string) (old []*liveSpan, err error) {
	for s, err := range liveSpans.All(ctx, tx, storage.Query{Where: []storage.Cond{storage.Eq("account", account)}}) {
		if err != nil {
			return nil, err
		}
		old = append(old, s)
	}
	return old, liveSpans.Delete(ctx, tx, old...)
}

// rebuildLive makes the live balance of a locked account anew, from its parts and the holds on it.
func rebuildLive(ctx context.Context, tx *storage.Tx, h *live) (*liveBooks, error) {
	if _, err := dropSpans(ctx, tx, h.Account); err != nil {
		return nil, err
	}
	list, err := movesFrom(ctx, tx, h.Account)
	if err != nil {
		return nil, err
	}
	l := &liveBooks{heads: map[string]*live{h.Account: h}, books: map[liveKey]*book{}, changed: map[string]bool{h.Account: true}}
	h.Expires = time.Time{}
	var turned []*claim
	open := storage.Query{Where: []storage.Cond{storage.Eq("account", h.Account), storage.Eq("state", HoldOpen)},
		Order: []string{"expires"}}
	for c, err := range claims.All(ctx, tx, open) {
		if err != nil {
			return nil, err
		}
		counts := c.Expires.After(tx.Now())
		if counts {
			h.note(c.Expires)
			list = append(list, move{liveKey: c.key(), date: c.Date, cr: c.Credit, dr: c.Debit})
		}
		if c.Counted != counts {
			c.Counted = counts
			turned = append(turned, c)
		}
	}
	if err := claims.Update(ctx, tx, turned...); err != nil {
		return nil, err
	}
	l.missing(list) // nothing is stored
	for _, m := range list {
		if _, err := l.books[m.liveKey].add(m); err != nil {
			return nil, err
		}
		l.books[m.liveKey].touch(m.date)
	}
	return l, l.save(ctx, tx)
}

// note learns when a hold that counts may end.
func (h *live) note(expires time.Time) {
	if expires.Before(never) && (h.Expires.IsZero() || expires.Before(h.Expires)) {
		h.Expires = expires
	}
}

// movesFrom sums the parts of an account by currency and day.
func movesFrom(ctx context.Context, tx *storage.Tx, account string) (list []move, err error) {
	sums, err := parts.Sum(ctx, tx, storage.Query{Where: []storage.Cond{storage.Eq("account", account)}}, []string{"amount"},
		[]string{"currency", "date"})
	if err != nil {
		return nil, err
	}
	for _, s := range sums {
		list = append(list, move{liveKey: liveKey{account, s.Group.Currency}, date: s.Group.Date, net: s.Totals[0]})
	}
	return list, nil
}

// readLive reads the years of a locked account in each currency, and the tiers of its first day.
func readLive(ctx context.Context, tx *storage.Tx, h *live) (*liveBooks, error) {
	l := &liveBooks{heads: map[string]*live{h.Account: h}, books: map[liveKey]*book{}, changed: map[string]bool{}}
	q := storage.Query{Where: []storage.Cond{storage.Eq("account", h.Account), storage.Eq("span", allYears)}}
	for s, err := range liveSpans.All(ctx, tx, q) {
		if err != nil {
			return nil, err
		}
		years, err := readTier(s.Items)
		if err != nil {
			return nil, err
		}
		l.books[liveKey{s.Account, s.Currency}] = &book{tiers: map[int]tier{allYears: years}, stored: map[int]bool{allYears: true},
			changed: map[int]bool{}}
	}
	for _, at := range l.keys() {
		for {
			_, unread := l.books[at].first()
			if unread == 0 {
				break
			}
			if err := l.read(ctx, tx, []*liveSpan{{Account: at.account, Currency: at.currency, Span: unread}}); err != nil {
				return nil, err
			}
		}
	}
	return l, nil
}

// broken says which bound an account breaks as it is, on any day since its first.
func (l *liveBooks) broken(ctx context.Context, tx *storage.Tx) error {
	for _, at := range l.keys() {
		since, _ := l.books[at].first()
		if since.IsZero() {
			continue // nothing is posted
		}
		if err := l.judge(ctx, tx, at, since, outlook{most, -most}); err != nil {
			return err
		}
	}
	return nil
}
