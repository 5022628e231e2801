package ledger

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// An ExplainBy says into what groups a figure is divided.
type ExplainBy string

// The groups.
const (
	// ExplainMonth and ExplainAccount read folded totals where these can answer.
	ExplainMonth   ExplainBy = "month"
	ExplainAccount ExplainBy = "account"
	// ExplainSource groups by the kind of document behind the entries, ExplainCounter by the account on the other side, by the
	// shares that CashFlow tells. Both read each part.
	ExplainSource  ExplainBy = "source"
	ExplainCounter ExplainBy = "counter"
)

// An ExplainedGroup is a part of a figure: what one month, account or kind of document has of it.
type ExplainedGroup struct {
	Month date.Month `json:"month,omitzero"`
	// Account and Name are those of the account or, by counter-account, of the one on the other side; "" where none is seen.
	Account string `json:"account,omitempty"`
	Name    string `json:"name,omitempty"`
	// Kind is that of the document, "" for none.
	Kind     string         `json:"kind,omitempty"`
	Currency money.Currency `json:"currency"`
	Amount   money.Amount   `json:"amount"`
	// Count is the number of parts or, by counter-account, of shares.
	Count int64 `json:"count"`
}

// Explanation is a figure in groups.
type Explanation struct {
	// Total is the figure, in each currency, by its code.
	Total  []money.Amount   `json:"total"`
	Groups []ExplainedGroup `json:"groups"`
	Cost   Cost             `json:"cost"`
}

// ExplainGroups divides a figure into groups, which sum to it exactly; Explain lists what is in them.
//
// Errors: *storage.Invalid, storage.ErrOverflow.
func (b *Books) ExplainGroups(ctx context.Context, f ExplainFilter, by ExplainBy) (out Explanation, err error) {
	if err := f.check(); err != nil {
		return out, err
	}
	if !slices.Contains([]ExplainBy{ExplainMonth, ExplainAccount, ExplainSource, ExplainCounter}, by) {
		return out, &storage.Invalid{Fields: []storage.Fault{{Path: "by", Code: storage.CodeChoice}}}
	}
	err = b.read(ctx, f.By, func(r *report) error {
		x := &explainer{r: r, f: &f}
		if err := x.begin(ctx); err != nil {
			return err
		}
		groups := grouped{}
		if f.Flow == OfAccounts && f.Absent == "" && f.Side == "" && (by == ExplainMonth || by == ExplainAccount) {
			err = x.fromTotals(ctx, by, groups)
		} else {
			err = x.fromParts(ctx, by, groups)
		}
		if err != nil {
			return err
		}
		out, err = x.explanation(ctx, groups)
		return err
	})
	return out, err
}

// groupOf is what groups are kept by.
type groupOf struct {
	month         int
	account, kind string
	currency      money.Currency
}

type grouped map[groupOf]figure

func (g grouped) add(at groupOf, units int64) error {
	x := g[at]
	sum := x.debit + units
	if (sum > x.debit) != (units > 0) && units != 0 {
		return storage.ErrOverflow
	}
	g[at] = figure{debit: sum, count: x.count + 1}
	return nil
}

func (x *explainer) fromTotals(ctx context.Context, by ExplainBy, out grouped) error {
	x.c.monthly = by == ExplainMonth
	got, err := x.r.gather(ctx, x.c)
	if err != nil {
		return err
	}
	for at, f := range got {
		if x.f.Currency != "" && x.f.Currency != at.currency {
			continue
		}
		key := groupOf{month: at.month, currency: at.currency}
		if by == ExplainAccount {
			key.account = at.account
		}
		count := out[key].count + f.count
		if err := out.add(key, net(f)); err != nil {
			return err
		}
		out[key] = figure{debit: out[key].debit, count: count}
	}
	return nil
}

// fromParts reads every part, or share.
func (x *explainer) fromParts(ctx context.Context, by ExplainBy, out grouped) error {
	x.f.Limit = entriesChunk
	for from := storage.Cursor(""); ; {
		x.out = x.out[:0]
		next, err := x.page(ctx, from)
		if err != nil {
			return err
		}
		if by == ExplainCounter && x.f.Flow == OfAccounts {
			err = x.byCounter(ctx, out)
		} else {
			err = x.byPart(by, out)
		}
		if err != nil || next == "" {
			return err
		}
		from = next
	}
}

func (x *explainer) units(e *Explained) (int64, error) {
	scale, _ := x.r.rules.scale(e.Amount.Currency())
	n, err := e.Amount.MinorAt(scale)
	if x.f.Credit { // turned around once already
		n = -n
	}
	return n, err
}

func (x *explainer) byPart(by ExplainBy, out grouped) error {
	for _, e := range x.out {
		n, err := x.units(e)
		if err != nil {
			return err
		}
		key := groupOf{currency: e.Amount.Currency()}
		switch by {
		case ExplainMonth:
			key.month = monthOf(e.Date)
		case ExplainSource:
			key.kind = e.Source.Kind
		default:
			key.account = e.Account
		}
		if err := out.add(key, n); err != nil {
			return err
		}
	}
	return nil
}

// byCounter divides each part among the other side of its entry.
func (x *explainer) byCounter(ctx context.Context, out grouped) error {
	var list []*Posted
	seen := map[storage.ID[Posted]]bool{}
	for _, e := range x.out {
		if !seen[e.Entry] {
			seen[e.Entry], list = true, append(list, &Posted{ID: e.Entry})
		}
	}
	rows, err := partsOf(ctx, x.r.tx, x.r.by, list...)
	if err != nil {
		return err
	}
	for _, p := range list {
		x.r.cost.Parts += int64(len(rows[p.ID]))
	}
	for _, e := range x.out {
		n, err := x.units(e)
		if err != nil {
			return err
		}
		currency := e.Amount.Currency()
		others := slices.DeleteFunc(slices.Clone(rows[e.Entry]), func(p *part) bool {
			return p.Currency != currency || p.Amount == 0 || n == 0 || p.Amount < 0 == (n < 0)
		})
		if len(others) == 0 {
			if err := out.add(groupOf{currency: currency}, n); err != nil {
				return err
			}
			continue
		}
		shares, err := x.r.shares(ctx, currency, n, others)
		if err != nil {
			return err
		}
		for i, p := range others {
			key := groupOf{account: p.Account, currency: currency}
			if x.r.chart[p.Account] == nil { // an account that the actor may not see
				key.account = ""
			}
			if err := out.add(key, shares[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// explanation puts groups in order and sums them.
func (x *explainer) explanation(ctx context.Context, groups grouped) (out Explanation, err error) {
	keys := make([]groupOf, 0, len(groups))
	for at := range groups {
		keys = append(keys, at)
	}
	slices.SortFunc(keys, func(a, b groupOf) int {
		return cmp.Or(cmp.Compare(a.currency, b.currency), cmp.Compare(a.month, b.month), cmp.Compare(a.account, b.account),
			cmp.Compare(a.kind, b.kind))
	})
	for _, at := range keys {
		g := ExplainedGroup{Account: at.account, Kind: at.kind, Currency: at.currency, Count: groups[at].count}
		g.Name, _ = x.r.named(at.account)
		if at.month > 0 {
			if g.Month, err = date.NewMonth(at.month/100, time.Month(at.month%100)); err != nil {
				return out, err
			}
		}
		if g.Amount, err = x.r.amount(ctx, at.currency, groups[at].debit); err != nil {
			return out, err
		}
		if x.f.Credit {
			g.Amount = g.Amount.Neg()
		}
		out.Groups = append(out.Groups, g)
		if n := len(out.Total); n == 0 || out.Total[n-1].Currency() != at.currency {
			out.Total = append(out.Total, g.Amount)
		} else if out.Total[n-1], err = out.Total[n-1].Add(g.Amount); err != nil {
			return out, err
		}
	}
	out.Cost = x.r.cost
	return out, nil
}
