package project

import (
	"context"
	"iter"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// Billing narrows a list of hours by whether they are on an invoice.
type Billing string

// The kinds of hours.
const (
	// ToBeBilled are billable and on no invoice.
	ToBeBilled Billing = "to_be_billed"
	// OnInvoice are billed.
	OnInvoice Billing = "on_invoice"
	// Never are not billable.
	Never Billing = "never"
)

// A TimeFilter narrows a list of hours; zero fields do not narrow.
type TimeFilter struct {
	// By is on whose behalf the list is read.
	By      storage.Ref
	Project storage.ID[Project]
	Person  storage.Ref
	Invoice storage.Ref
	During  date.Period
	Billing Billing
	Where   []storage.Cond
}

func (f TimeFilter) query() storage.Query {
	q := storage.Query{By: f.By, Where: f.Where[:len(f.Where):len(f.Where)], Order: []string{"date"}}
	add := func(use bool, c storage.Cond) {
		if use {
			q.Where = append(q.Where, c)
		}
	}
	add(!f.Project.IsZero(), storage.Eq("project", f.Project))
	add(!f.Person.IsZero(), storage.Eq("person", f.Person))
	add(!f.Invoice.IsZero(), storage.Eq("invoice", f.Invoice))
	add(f.Billing == ToBeBilled || f.Billing == OnInvoice, storage.Eq("billed", f.Billing == OnInvoice))
	add(f.Billing == ToBeBilled || f.Billing == Never, storage.Eq("billable", f.Billing == ToBeBilled))
	add(!f.During.From.IsZero(), storage.Ge("date", f.During.From))
	add(!f.During.To.IsZero(), storage.Le("date", f.During.To))
	return q
}

// Times yields hours by date.
func (p *Projects) Times(ctx context.Context, f TimeFilter) iter.Seq2[*Time, error] {
	return times.All(ctx, p.s, f.query())
}

// TimesPage returns a screenful of hours by date.
//
// Errors: storage.ErrBadCursor, *storage.Invalid.
func (p *Projects) TimesPage(ctx context.Context, f TimeFilter, from storage.Cursor) (storage.Page[Time], error) {
	return times.Page(ctx, p.s, f.query(), from)
}

// Totals are sums over hours.
type Totals struct {
	// Hours are all of them: Billed ones, those ToBill, and those that are Free.
	Hours, Billed, ToBill, Free decimal.Decimal
	// Cost holds an amount for each currency.
	Cost []money.Amount
}

// Totals adds up hours and what they cost.
//
// Errors: *storage.Invalid, storage.ErrOverflow.
func (p *Projects) Totals(ctx context.Context, f TimeFilter) (sum Totals, err error) {
	q := f.query()
	q.Order = nil
	err = p.s.View(ctx, func(tx *storage.Tx) error {
		sum = Totals{}
		groups, err := times.Sum(ctx, tx, q, []string{"hours", "cost"}, []string{"billable", "billed"})
		if err != nil {
			return err
		}
		for _, g := range groups {
			hours := decimal.New(g.Totals[0], -hourScale)
			sum.Hours = sum.Hours.Add(hours)
			switch {
			case g.Group.Billed:
				sum.Billed = sum.Billed.Add(hours)
			case g.Group.Billable:
				sum.ToBill = sum.ToBill.Add(hours)
			default:
				sum.Free = sum.Free.Add(hours)
			}
			if currency := g.Group.Cost.Currency(); currency != "" {
				cost, err := money.Minor(currency, g.Totals[1])
				if err != nil {
					return err
				}
				if sum.Cost, err = addTo(sum.Cost, cost); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return sum, err
}

func addTo(list []money.Amount, a money.Amount) ([]money.Amount, error) {
	for i, b := range list {
		if b.Currency() == a.Currency() {
			sum, err := b.Add(a)
			list[i] = sum
			return list, err
		}
	}
	return append(list, a), nil
}

// Worked returns the hours that a person worked in each of some periods, on all projects. It is the port that planning.Hours
// asks for.
func (p *Projects) Worked(ctx context.Context, tx *storage.Tx, person storage.Ref, during []date.Period) ([]decimal.Decimal, error) {
	hours := make([]decimal.Decimal, len(during))
	if len(during) == 0 {
		return hours, nil
	}
	all := during[0] // from the first day to the last; an open end stays open
	for _, d := range during[1:] {
		if d.From.Before(all.From) {
			all.From = d.From
		}
		if d.To.IsZero() || (!all.To.IsZero() && d.To.After(all.To)) {
			all.To = d.To
		}
	}
	q := TimeFilter{Person: person, During: all}.query()
	q.Order = nil
	days, err := times.Sum(ctx, tx, q, []string{"hours"}, []string{"date"})
	if err != nil {
		return nil, err
	}
	for _, day := range days {
		for i, d := range during {
			if d.Contains(day.Group.Date) {
				hours[i] = hours[i].Add(decimal.New(day.Totals[0], -hourScale))
			}
		}
	}
	return hours, nil
}

// hourScale is to how many decimals hours are kept.
const hourScale = 4
