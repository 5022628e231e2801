package sales

import (
	"context"
	"errors"
	"iter"
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/erp"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
)

var orders = storage.Define("sales.order", func(o *Order) []storage.Field {
	return []storage.Field{
		storage.UUID("id", &o.ID).Key(), storage.Version(&o.Version),
		storage.Enum("state", &o.State, Drafted, Confirmed, Fulfilled, Closed, Cancelled),
		storage.Text("number", &o.Number).Limit(100), storage.RefTo("customer", &o.Customer), storage.RefTo("origin", &o.Origin),
		storage.RefTo("owner", &o.Owner), storage.Date("date", &o.Date), storage.Date("confirmed_on", &o.ConfirmedOn).Optional(),
		storage.Date("fulfilled_on", &o.FulfilledOn).Optional(), storage.Date("closed_on", &o.ClosedOn).Optional(),
		storage.JSON("terms", &o.Terms),
		storage.Text("currency", &o.Currency).Limit(20), storage.Text("method", &o.Method).Limit(20),
		storage.Minor("net", &o.Net), storage.Minor("tax", &o.Tax), storage.Minor("gross", &o.Gross), storage.Minor("rounding", &o.Rounding),
		storage.JSON("taxes", &o.Taxes), storage.Scaled("discount", 2, &o.Discount), storage.RefTo("approval", &o.Approval),
		storage.Text("reference", &o.Reference).Limit(500), storage.Text("note", &o.Note).Limit(10000),
		storage.Instant("created", &o.Created),
		storage.Custom(&o.Fields),
	}
}, storage.Index("number", "number"), storage.Index("customer", "customer", "state", "date"), storage.Index("origin", "origin"),
	storage.Index("state", "state", "date"), storage.Index("owner", "owner", "state", "date"), storage.Index("date", "date"))

// line is a row of an order.
type line struct {
	Order storage.ID[Order]
	List  decimal.Decimal
	erp.Line
}

var lines = storage.Define("sales.line", func(l *line) []storage.Field {
	return append([]storage.Field{storage.UUID("order", &l.Order).Key(), storage.Int("no", &l.No).Key(), storage.Scaled("list", 6, &l.List)},
		erp.LineFields(&l.Line)...)
}, storage.ChildOf(orders, "order"), storage.Index("product", "product"))

// Package is what this package keeps in a store.
func Package() storage.Package {
	return storage.Package{Name: "erp/sales", Tables: []storage.Declaration{orders, lines}}
}

// Ref points to an order.
func Ref(id storage.ID[Order]) storage.Ref { return orders.Ref(id) }

// A Filter narrows a list of orders.
type Filter struct {
	By       storage.Ref
	Customer storage.Ref
	Origin   storage.Ref
	Owner    storage.Ref
	State    State
	// From and To bound the date of the order, both inclusive; no date is no bound.
	From, To date.Date
	// Where adds conditions on fields, also the tenant's own ("fields.x").
	Where []storage.Cond
	// Order names the fields to sort by: "date", "number"; by creation if empty.
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
	add(!f.Owner.IsZero(), storage.Eq("owner", f.Owner))
	add(f.State != "", storage.Eq("state", f.State))
	add(!f.From.IsZero(), storage.Ge("date", f.From))
	add(!f.To.IsZero(), storage.Le("date", f.To))
	return q
}

// Get reads an order with its lines, as the actor may see it.
//
// Errors: storage.ErrNotFound.
func (s *Orders) Get(ctx context.Context, id storage.ID[Order], by ...storage.Ref) (o *Order, err error) {
	err = s.s.View(ctx, func(tx *storage.Tx) error {
		if o, err = orders.Get(ctx, tx, id, by...); err != nil {
			return err
		}
		return loadLines(ctx, tx, o)
	})
	return o, err
}

// All yields orders, without their lines.
func (s *Orders) All(ctx context.Context, f Filter) iter.Seq2[*Order, error] {
	return orders.All(ctx, s.s, f.query())
}

// Page reads one screen of orders, without their lines.
//
// Errors: storage.ErrBadCursor, *storage.Invalid.
func (s *Orders) Page(ctx context.Context, f Filter, from storage.Cursor) (storage.Page[Order], error) {
	return orders.Page(ctx, s.s, f.query(), from)
}

// Describe lists the fields of an order for a UI, the tenant's own included.
func (s *Orders) Describe(ctx context.Context) (storage.Description, error) {
	return orders.Describe(ctx, s.s)
}

func loadLines(ctx context.Context, tx *storage.Tx, o *Order) error {
	o.Lines, o.List = nil, nil
	for l, err := range lines.All(ctx, tx, storage.Query{Where: []storage.Cond{storage.Eq("order", o.ID)}}) {
		if err != nil {
			return err
		}
		o.Lines, o.List = append(o.Lines, l.Line), append(o.List, l.List)
	}
	return nil
}

// insertLines writes the lines one by one, so that a fault says in which line it is; they travel together.
func insertLines(ctx context.Context, tx *storage.Tx, o *Order) error {
	for n, l := range o.Lines {
		err := lines.Insert(ctx, tx, &line{o.ID, o.List[n], l})
		var bad *storage.Invalid
		if errors.As(err, &bad) {
			in := &storage.Invalid{}
			for _, f := range bad.Fields {
				in.Add("lines."+strconv.Itoa(n)+"."+f.Path, f.Code, f.Text)
			}
			return in
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func deleteLines(ctx context.Context, tx *storage.Tx, o *Order) error {
	for l, err := range lines.All(ctx, tx, storage.Query{Where: []storage.Cond{storage.Eq("order", o.ID)}}) {
		if err != nil {
			return err
		}
		if err := lines.Delete(ctx, tx, l); err != nil {
			return err
		}
	}
	return nil
}
