// The audit of what is kept besides the totals: live balances and open items.

package ledger

import (
	"context"
	"fmt"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
)

// liveDay is a day of a live balance, or a month (its first day) or a year, by tier.
type liveDay struct {
	liveKey
	tier int // 0 years, 1 months, 2 days
	no   int
}

// lives holds live balances, at each tier, against the parts and the holds that count.
func (a *auditor) lives(ctx context.Context) error {
	kept := map[string]bool{}
	for h, err := range lives.All(ctx, a.tx, storage.Query{}) {
		if err != nil {
			return err
		}
		kept[h.Account] = true
	}
	for _, x := range a.ordered {
		if x.live() != kept[x.Code] {
			a.find("live.account", lives.Kind()+"/"+x.Code, fmt.Sprint(x.live()), fmt.Sprint(kept[x.Code]))
		}
		if kept[x.Code] {
			if err := a.live(ctx, x.Code); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *auditor) live(ctx context.Context, account string) error {
	list, err := movesFrom(ctx, a.tx, account)
	if err != nil {
		return err
	}
	for c, err := range claims.All(ctx, a.tx, counting(account)) {
		if err != nil {
			return err
		}
		list = append(list, move{liveKey: c.key(), date: c.Date, cr: c.Credit, dr: c.Debit})
	}
	sums := map[liveDay]*[2]swing{}
	add := func(side int, at liveDay, net, cr, dr int64) {
		s := sums[at]
		if s == nil {
			s = new([2]swing)
			sums[at] = s
		}
		s[side].net, s[side].cr, s[side].dr = s[side].net+net, s[side].cr+cr, s[side].dr+dr
	}
	for _, m := range list {
		for i, no := range []int{m.date.Year(), monthOf(m.date), monthOf(m.date)*100 + m.date.Day()} {
			add(0, liveDay{m.liveKey, i, no}, m.net, m.cr, m.dr)
		}
	}
	q := storage.Query{Where: []storage.Cond{storage.Eq("account", account)}}
	for s, err := range liveSpans.All(ctx, a.tx, q) {
		if err != nil {
			return err
		}
		t, err := readTier(s.Items)
		if err != nil {
			return err
		}
		for _, x := range t {
			at := liveDay{liveKey: liveKey{s.Account, s.Currency}, no: s.Span*100 + x.no}
			switch {
			case s.Span == allYears:
				at.no = x.no
			case s.Span <= LastYear:
				at.tier = 1
			default:
				at.tier = 2
			}
			add(1, at, x.net, x.cr, x.dr)
		}
	}
	byPlace := map[string]*[2]swing{}
	for at, s := range sums {
		byPlace[fmt.Sprint(liveSpans.Kind(), "/", at.account, " ", at.currency, " ", at.no)] = s
	}
	show := func(s swing) string { return fmt.Sprintf("net %d credit held %d debit held %d", s.net, s.cr, s.dr) }
	for _, place := range sortedKeys(byPlace) {
		s := byPlace[place]
		a.expect("live.sum", place, show(s[0]), show(s[1]))
	}
	return nil
}

// items holds open items against the parts on their accounts, by account, currency and day, and each in itself.
func (a *auditor) items(ctx context.Context) error {
	var codes []string
	for _, x := range a.ordered {
		if x.Items {
			codes = append(codes, x.Code)
		}
	}
	type place struct {
		liveKey
		day date.Date
	}
	sums := map[place]*[2]int64{}
	add := func(side int, at place, n int64) {
		if sums[at] == nil {
			sums[at] = new([2]int64)
		}
		sums[at][side] += n
	}
	by := []string{"account", "currency", "date"}
	q := storage.Query{Where: []storage.Cond{storage.In("account", codes...)}}
	made, err := parts.Sum(ctx, a.tx, q, []string{"amount"}, by)
	if err != nil {
		return err
	}
	for _, s := range made {
		add(0, place{liveKey{s.Group.Account, s.Group.Currency}, s.Group.Date}, s.Totals[0])
	}
	opened, err := items.Sum(ctx, a.tx, storage.Query{}, []string{"amount"}, by)
	if err != nil {
		return err
	}
	for _, s := range opened {
		add(1, place{liveKey{s.Group.Account, s.Group.Currency}, s.Group.Date}, s.Totals[0])
	}
	byPlace := map[string]*[2]int64{}
	for at, s := range sums {
		byPlace[fmt.Sprint(items.Kind(), "/", at.account, " ", at.currency, " ", at.day)] = s
	}
	for _, at := range sortedKeys(byPlace) {
		a.expect("item.sum", at, fmt.Sprint(byPlace[at][0]), fmt.Sprint(byPlace[at][1]))
	}
	for i, err := range items.All(ctx, a.tx, storage.Query{}) {
		if err != nil {
			return err
		}
		at := fmt.Sprint(items.Kind(), "/", i.Entry, " ", i.Leg, " ", i.Part)
		if i.Open != 0 && (i.Open > 0) != (i.Amount > 0) || max(i.Open, -i.Open) > max(i.Amount, -i.Amount) {
			a.find("item.open", at, fmt.Sprint("at most ", i.Amount), fmt.Sprint(i.Open))
		}
		if (i.Open == 0) != i.Closed.Before(forever) {
			a.find("item.closed", at, fmt.Sprint(i.Open == 0), i.Closed.String())
		}
	}
	return nil
}
