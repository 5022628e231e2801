package billing

import (
	"context"
	"iter"

	"github.com/tutas/tutas/erp"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
)

var invoices = storage.Define("billing.invoice", func(i *Invoice) []storage.Field {
	return []storage.Field{
		storage.UUID("id", &i.ID).Key(), storage.Version(&i.Version), storage.Enum("kind", &i.Kind, Normal, Credit),
		storage.Enum("state", &i.State, Drafted, Issued, Paid, Credited), storage.Text("number", &i.Number).Limit(100),
		storage.RefTo("customer", &i.Customer), storage.RefTo("origin", &i.Origin), storage.RefTo("owner", &i.Owner),
		storage.Date("date", &i.Date), storage.Date("due", &i.Due), storage.JSON("terms", &i.Terms),
		storage.Text("currency", &i.Currency).Limit(20), storage.Text("method", &i.Method).Limit(20),
		storage.Minor("net", &i.Net), storage.Minor("tax", &i.Tax), storage.Minor("gross", &i.Gross), storage.Minor("rounding", &i.Rounding),
		storage.JSON("taxes", &i.Taxes), storage.Minor("open", &i.Open), storage.RefTo("entry", &i.Entry), storage.UUID("credits", &i.Credits),
		storage.Text("note", &i.Note).Limit(10000), storage.Instant("created", &i.Created), storage.Custom(&i.Fields),
	}
}, storage.Index("number", "number"), storage.Index("customer", "customer", "state", "due"), storage.Index("state", "state", "due"),
	storage.Index("origin", "origin"), storage.Index("date", "date"))

// line is a row of an invoice.
type line struct {
	Invoice storage.ID[Invoice]
	erp.Line
}

var lines = storage.Define("billing.line", func(l *line) []storage.Field {
	return append([]storage.Field{storage.UUID("invoice", &l.Invoice).Key(), storage.Int("no", &l.No).Key()}, erp.LineFields(&l.Line)...)
}, storage.ChildOf(invoices, "invoice"), storage.Index("source", "source"))

// Package is what this package keeps in a store.
func Package() storage.Package {
	return storage.Package{Name: "erp/billing", Tables: []storage.Declaration{invoices, lines, payments, allocations}}
}

// Ref points to an invoice.
func Ref(id storage.ID[Invoice]) storage.Ref { return invoices.Ref(id) }

// A Filter narrows a list of invoices.
type Filter struct {
	By       storage.Ref
	Customer storage.Ref
	Origin   storage.Ref
	State    State
	// From and To bound the date of issue, both inclusive; no date is no bound.
	From, To date.Date
	// Where adds conditions on fields, also the tenant's own ("fields.x").
	Where []storage.Cond
	// Order names the fields to sort by: "due", "date", "number"; by creation if empty.
	Order []string
	Desc  bool
	Limit int
}

func (f Filter) query() storage.Query {
	q := storage.Query{By: f.By, Where: append([]storage.Cond(nil), f.Where...), Order: f.Order, Desc: f.Desc, Limit: f.Limit}
	add := func(use bool, c storage.Cond) {
		if use {
			q.Where = append(q.Where, c)
		}
	}
	add(!f.Customer.IsZero(), storage.Eq("customer", f.Customer))
	add(!f.Origin.IsZero(), storage.Eq("origin", f.Origin))
	add(f.State != "", storage.Eq("state", f.State))
	add(!f.From.IsZero(), storage.Ge("date", f.From))
	add(!f.To.IsZero(), storage.Le("date", f.To))
	return q
}

// Get reads an invoice with its lines, as the actor may see it.
//
// Errors: storage.ErrNotFound.
func (b *Invoices) Get(ctx context.Context, id storage.ID[Invoice], by ...storage.Ref) (i *Invoice, err error) {
	err = b.s.View(ctx, func(tx *storage.Tx) error {
		if i, err = invoices.Get(ctx, tx, id, by...); err != nil {
			return err
		}
		return loadLines(ctx, tx, i)
	})
	return i, err
}

func loadLines(ctx context.Context, tx *storage.Tx, i *Invoice) error {
	i.Lines = nil
	for l, err := range lines.All(ctx, tx, storage.Query{Where: []storage.Cond{storage.Eq("invoice", i.ID)}}) {
		if err != nil {
			return err
		}
		i.Lines = append(i.Lines, l.Line)
	}
	return nil
}

// All yields invoices, without their lines.
func (b *Invoices) All(ctx context.Context, f Filter) iter.Seq2[*Invoice, error] {
	return invoices.All(ctx, b.s, f.query())
}

// Page reads one screen of invoices, without their lines.
func (b *Invoices) Page(ctx context.Context, f Filter, from storage.Cursor) (storage.Page[Invoice], error) {
	return invoices.Page(ctx, b.s, f.query(), from)
}

// Lines yields the lines of all issued invoices of a filter, each with its invoice: what a report needs.
func (b *Invoices) Lines(ctx context.Context, f Filter) iter.Seq2[erp.Line, error] {
	return func(yield func(erp.Line, error) bool) {
		for i, err := range b.All(ctx, f) {
			if err == nil && i.State != Drafted {
				err = b.s.View(ctx, func(tx *storage.Tx) error { return loadLines(ctx, tx, i) })
			}
			if err != nil {
				yield(erp.Line{}, err)
				return
			}
			for _, l := range i.Lines {
				if !yield(l, nil) {
					return
				}
			}
		}
	}
}

// Describe lists the fields of an invoice for a UI, the tenant's own included.
func (b *Invoices) Describe(ctx context.Context) (storage.Description, error) {
	return invoices.Describe(ctx, b.s)
}
