package pipeline

import (
	"context"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// Stats counts and adds up the deals of a filter in groups: a row for each group and currency, in the order of their keys.
//
// By product each line counts, so a deal with two products is in both rows, with its share of the value.
//
// Errors: *storage.Invalid for a condition or a group that cannot be answered, storage.ErrOverflow.
func (s *Deals) Stats(ctx context.Context, f StatsFilter) (list []Stat, err error) {
	f.Limit = 0
	err = s.s.View(ctx, func(tx *storage.Tx) error {
		t := tally{}
		if f.Group == ByProduct {
			err = tallyProducts(ctx, tx, f, t)
		} else {
			err = tallySums(ctx, tx, f, t)
		}
		list = t.list()
		return err
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// tallySums lets the engine add up, and gathers days into months and quarters.
func tallySums(ctx context.Context, tx *storage.Tx, f StatsFilter, t tally) error {
	q, by := f.query(), []string{"status"}
	switch f.Group {
	case All:
	case ByMonth, ByQuarter:
		q.Where = append(q.Where, storage.Present("closed"))
		by = append(by, "closed")
	case ByOwner, ByCustomer, ByPipeline, ByStage, BySource, ByTeam, ByRegion:
		by = append(by, string(f.Group))
	default:
		return &storage.Invalid{Fields: []storage.Fault{{Path: "group", Code: storage.CodeChoice, Text: string(f.Group)}}}
	}
	sums, err := deals.Sum(ctx, tx, q, []string{"amount", "value", "list"}, by)
	if err != nil {
		return err
	}
	for _, sum := range sums {
		cur := sum.Group.Amount.Currency()
		var amounts [3]money.Amount
		for i, n := range sum.Totals {
			if amounts[i], err = money.Minor(cur, n); err != nil {
				return err
			}
		}
		key, ref := groupOf(f, &sum.Group)
		if err := t.at(key, ref, cur).add(sum.Group.Status, sum.Count, amounts[0], amounts[1], amounts[2]); err != nil {
			return err
		}
	}
	return nil
}

// groupOf is the key of the group that a deal belongs to.
func groupOf(f StatsFilter, d *Deal) (string, storage.Ref) {
	switch f.Group {
	case ByOwner:
		return d.Owner.String(), d.Owner
	case ByCustomer:
		return d.Customer.String(), d.Customer
	case ByPipeline:
		return d.Pipeline.String(), pipelines.Ref(d.Pipeline)
	case ByStage:
		return d.Stage, storage.Ref{}
	case BySource:
		return d.Source, storage.Ref{}
	case ByTeam:
		return d.Team, storage.Ref{}
	case ByRegion:
		return d.Region, storage.Ref{}
	case ByMonth:
		return d.Closed.Month().String(), storage.Ref{}
	case ByQuarter:
		return fmt.Sprintf("%s-Q%d", f.Fiscal.Label(d.Closed), f.Fiscal.Quarter(d.Closed)), storage.Ref{}
	}
	return "", storage.Ref{}
}

// tallyProducts goes through the deals and their lines.
func tallyProducts(ctx context.Context, tx *storage.Tx, f StatsFilter, t tally) error {
	for d, err := range New(tx).All(ctx, f.Filter) {
		if err != nil {
			return err
		}
		pending := make([]money.Amount, len(d.Lines)) // by quotes, which do not name lines, where there are some
		if len(d.Lines) > 0 {
			if pending, err = d.Shares(d.Amount); err != nil {
				return err
			}
		}
		counted := map[storage.Ref]bool{}
		for i, l := range d.Lines {
			n := int64(1)
			if counted[l.Product] {
				n = 0
			}
			counted[l.Product] = true
			if err := t.at(l.Product.String(), l.Product, d.Amount.Currency()).add(d.Status, n, pending[i], l.Value, l.List()); err != nil {
				return err
			}
		}
		if len(d.Lines) == 0 {
			if err := t.at("", storage.Ref{}, d.Amount.Currency()).add(d.Status, 1, d.Amount, d.Value, d.List); err != nil {
				return err
			}
		}
	}
	return nil
}

// Cycle tells how long the closed deals of a filter took: won and lost, or those of its Status.
//
// Errors: *storage.Invalid for a condition that cannot be answered.
func (s *Deals) Cycle(ctx context.Context, f Filter) (days Days, err error) {
	f.Limit = 0
	q := f.query()
	q.Where = append(q.Where, storage.Ge("cycle_days", 0))
	err = s.s.View(ctx, func(tx *storage.Tx) error {
		sums, err := deals.Sum(ctx, tx, q, nil, []string{"cycle_days"})
		times := map[int]int64{}
		for _, sum := range sums {
			times[int(sum.Group.cycle)] = sum.Count
		}
		days = Spread(times)
		return err
	})
	return days, err
}

// Retention compares what customers bought in two periods, and names those who bought less by more than some percent.
//
// Errors: *storage.Invalid for a condition that cannot be answered.
func (s *Deals) Retention(ctx context.Context, f Filter, before, after date.Period, percent decimal.Decimal) (r Retention, err error) {
	f.Status = StatusWon
	err = s.s.View(ctx, func(tx *storage.Tx) error {
		bought := func(in date.Period) ([]Stat, error) {
			g := f
			g.Closed = in
			return s.In(tx).Stats(ctx, StatsFilter{Filter: g, Group: ByCustomer})
		}
		was, err := bought(before)
		if err != nil {
			return err
		}
		is, err := bought(after)
		if err != nil {
			return err
		}
		r = Retain(was, is, percent)
		return nil
	})
	return r, err
}
