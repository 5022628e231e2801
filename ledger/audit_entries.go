// The audit of entries, parts and the links between entries.

package ledger

import (
	"bytes"
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// entries reads entries and parts side by side, both by the entry's ID.
func (a *auditor) entries(ctx context.Context) error {
	next, stop := iter.Pull2(parts.All(ctx, a.tx, storage.Query{}))
	defer stop()
	row, err, more := next()
	orphans := func(before *Posted) {
		for ; err == nil && more && (before == nil || bytes.Compare(row.Entry[:], before.ID[:]) < 0); row, err, more = next() {
			a.out.Parts++
			a.find("part.entry", parts.RefOf(row).String()+" "+row.path("entry"), row.Entry.String(), "")
		}
	}
	for p, failed := range entries.All(ctx, a.tx, storage.Query{}) {
		if failed != nil {
			return failed
		}
		orphans(p)
		var rows []*part
		for ; err == nil && more && row.Entry == p.ID; row, err, more = next() {
			rows = append(rows, row)
		}
		if err != nil {
			return err
		}
		a.out.Entries++
		a.out.Parts += int64(len(rows))
		if err := a.entry(ctx, p, rows); err != nil {
			return err
		}
	}
	orphans(nil)
	return err
}

// entry audits one entry by itself.
func (a *auditor) entry(ctx context.Context, p *Posted, rows []*part) error {
	place := p.Ref().String()
	if len(rows) == 0 {
		a.find("entry.parts", place, "", "0")
	}
	sums := map[money.Currency]int64{}
	for _, r := range rows {
		sums[r.Currency] += r.Amount
		switch x := a.report.chart[r.Account]; {
		case x == nil:
			a.find("part.account", place+" "+r.path("account"), "", r.Account)
		case x.Heading:
			a.find("part.heading", place+" "+r.path("account"), "", r.Account)
		case x.Currency != "" && x.Currency != r.Currency:
			a.find("part.currency", place+" "+r.path("currency"), string(x.Currency), string(r.Currency))
		}
	}
	for _, c := range sortedKeys(sums) {
		if sums[c] == 0 {
			continue
		}
		zero, err := a.amount(ctx, c, 0)
		if err != nil {
			return err
		}
		sum, err := a.amount(ctx, c, sums[c])
		if err != nil {
			return err
		}
		a.find("entry.unbalanced", place, zero.String(), sum.String())
	}
	for _, c := range p.copies(rows) {
		a.find("part."+c.field, place+" "+c.part.path(c.field), c.expected, c.found)
	}
	return nil
}

func sortedKeys[K ~string, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b K) int { return strings.Compare(string(a), string(b)) })
	return keys
}

// links holds entries and their reversals against each other, both ways.
func (a *auditor) links(ctx context.Context) error {
	err := eachLinked(ctx, a.tx, "reverses", func(p *Posted, id storage.ID[Posted], other *Posted) {
		if other == nil {
			other = &Posted{}
		}
		a.expect("entry.reversed_by", entries.Ref(id).String(), p.ID.String(), other.ReversedBy.String())
	})
	if err != nil {
		return err
	}
	return eachLinked(ctx, a.tx, "reversed_by", func(p *Posted, id storage.ID[Posted], other *Posted) {
		if other == nil {
			other = &Posted{}
		}
		a.expect("entry.reverses", entries.Ref(id).String(), p.ID.String(), other.Reverses.String())
	})
}

// details holds what entries carry along against them.
func (a *auditor) details(ctx context.Context) error {
	var some []*detail
	check := func() error {
		ids := make([]storage.ID[Posted], 0, 2*len(some))
		for _, d := range some {
			ids = append(ids, d.Entry, d.Corrects)
		}
		list, err := entries.GetMany(ctx, a.tx, ids...)
		for i := range some {
			d, place := some[i], details.RefOf(some[i]).String()
			switch p := list[2*i]; {
			case err != nil:
				return err
			case p == nil:
				a.find("detail.entry", place, d.Entry.String(), "")
			case !p.Detailed:
				a.find("detail.detailed", place, "true", "false")
			default:
				a.expect("detail.date", place, p.Date.String(), d.Date.String())
			}
			if p := list[2*i+1]; !d.Corrects.IsZero() && (p == nil || p.ReversedBy.IsZero()) {
				a.find("detail.corrects", place, d.Corrects.String(), "")
			}
		}
		some = some[:0]
		return err
	}
	for d, err := range details.All(ctx, a.tx, storage.Query{}) {
		if err != nil {
			return err
		}
		if some = append(some, d); len(some) == MaxBlock {
			if err := check(); err != nil {
				return err
			}
		}
	}
	return check()
}
