// The audit of folded totals: each is the sum of its parts.

package ledger

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// sumPlace is where a total is kept, of whatever kind.
type sumPlace struct {
	dimension Dimension
	value     string
	account   string
	currency  money.Currency
	month     int
	day       date.Date
	closing   bool
}

func (p sumPlace) String() string {
	s := fmt.Sprint(p.account, " ", p.currency, " ")
	if p.day.IsZero() {
		s += fmt.Sprint(p.month)
	} else {
		s += p.day.String()
	}
	if p.closing {
		s += " closing"
	}
	if p.dimension != "" {
		s = fmt.Sprint(p.dimension, " ", p.value, " ", s)
	}
	return s
}

// tally is sums by place, from the totals and from the parts.
type tally map[sumPlace]*[2]figure

func (t tally) add(side int, at sumPlace, debit, credit, count int64) {
	x := t[at]
	if x == nil {
		x = new([2]figure)
		t[at] = x
	}
	x[side] = figure{x[side].debit + debit, x[side].credit + credit, x[side].count + count}
}

// addPart adds a part that is not folded yet to the folded side.
func (t tally) addPart(at sumPlace, p *part) {
	at.account, at.currency, at.closing = p.Account, p.Currency, p.Closing
	if p.Credit {
		t.add(0, at, 0, -p.Amount, 1)
	} else {
		t.add(0, at, p.Amount, 0, 1)
	}
}

// addSums adds up the parts in the engine.
func (a *auditor) addSums(ctx context.Context, t tally, q storage.Query, by []string, at func(*part) sumPlace) error {
	sum, err := parts.Sum(ctx, a.tx, q, []string{"amount"}, append([]string{"account", "currency", "closing", "credit"}, by...))
	for _, s := range sum {
		g := at(&s.Group)
		g.account, g.currency, g.closing = s.Group.Account, s.Group.Currency, s.Group.Closing
		if s.Group.Credit {
			t.add(1, g, 0, -s.Totals[0], s.Count)
		} else {
			t.add(1, g, s.Totals[0], 0, s.Count)
		}
	}
	return err
}

// compare notes the places where the two sides differ.
func (a *auditor) compare(code, kind string, t tally) {
	var places []sumPlace
	for at, x := range t {
		if a.out.Totals++; x[0] != x[1] {
			places = append(places, at)
		}
	}
	slices.SortFunc(places, func(a, b sumPlace) int { return cmp.Compare(a.String(), b.String()) })
	show := func(f figure) string { return fmt.Sprintf("debit %d credit %d count %d", f.debit, f.credit, f.count) }
	for _, at := range places {
		a.find(code, kind+"/"+at.String(), show(t[at][1]), show(t[at][0]))
	}
}

func (a *auditor) totals(ctx context.Context) error {
	t := tally{}
	at := func(p *part) sumPlace { return sumPlace{month: p.Month} }
	for x, err := range totals.All(ctx, a.tx, storage.Query{}) {
		if err != nil {
			return err
		}
		t.add(0, sumPlace{account: x.Account, currency: x.Currency, month: x.Month, closing: x.Closing != 0}, x.Debit, x.Credit,
			x.Count)
	}
	for _, p := range a.tail {
		t.addPart(at(p), p)
	}
	if err := a.addSums(ctx, t, storage.Query{}, []string{"month"}, at); err != nil {
		return err
	}
	a.compare("total.sum", totals.Kind(), t)
	return nil
}

func (a *auditor) dayTotals(ctx context.Context) error {
	if !a.daily {
		return nil
	}
	t := tally{}
	at := func(p *part) sumPlace { return sumPlace{day: p.Date} }
	for x, err := range dayTotals.All(ctx, a.tx, storage.Query{}) {
		if err != nil {
			return err
		}
		t.add(0, sumPlace{account: x.Account, currency: x.Currency, day: x.Date, closing: x.Closing != 0}, x.Debit, x.Credit, x.Count)
	}
	for _, p := range a.tail {
		t.addPart(at(p), p)
	}
	if err := a.addSums(ctx, t, storage.Query{}, []string{"date"}, at); err != nil {
		return err
	}
	a.compare("day_total.sum", dayTotals.Kind(), t)
	return nil
}

func (a *auditor) dimensionTotals(ctx context.Context) error {
	for _, d := range dimensions {
		t := tally{}
		at := func(p *part) sumPlace { return sumPlace{dimension: d, value: p.Dims.Of(d), month: p.Month} }
		for x, err := range dimensionTotals.All(ctx, a.tx, storage.Query{Where: []storage.Cond{storage.Eq("dimension", d)}}) {
			if err != nil {
				return err
			}
			t.add(0, sumPlace{dimension: d, value: x.Value, account: x.Account, currency: x.Currency, month: x.Month,
				closing: x.Closing != 0}, x.Debit, x.Credit, x.Count)
		}
		for _, p := range a.tail {
			if p.Dims.Of(d) != "" {
				t.addPart(at(p), p)
			}
		}
		q := storage.Query{Where: []storage.Cond{storage.Ne(string(d), "")}}
		if err := a.addSums(ctx, t, q, []string{string(d), "month"}, at); err != nil {
			return err
		}
		a.compare("dimension_total.sum", dimensionTotals.Kind(), t)
	}
	return nil
}
