package expense

import (
	"context"
	"errors"
	"iter"
	"strconv"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

var claims = storage.Define("expense.claim", func(c *Claim) []storage.Field {
	return []storage.Field{
		storage.UUID("id", &c.ID).Key(), storage.Version(&c.Version),
		storage.Enum("state", &c.State, Submitted, Approved, Rejected, Posted, Paid),
		storage.RefTo("person", &c.Person), storage.RefTo("origin", &c.Origin), storage.Date("date", &c.Date),
		storage.Text("currency", &c.Currency).Limit(20),
		storage.Minor("net", &c.Net), storage.Minor("tax", &c.Tax), storage.Minor("gross", &c.Gross), storage.Minor("advance", &c.Advance),
		storage.Minor("open", &c.Open), storage.RefTo("approval", &c.Approval), storage.RefTo("entry", &c.Entry),
		storage.Text("text", &c.Text).Limit(2000),
		storage.Instant("created", &c.Created), storage.Custom(&c.Fields),
	}
}, storage.Index("person", "person", "state", "date"), storage.Index("state", "state", "date"),
	storage.Index("origin", "origin"), storage.Index("date", "date"))

// line is a row of a claim.
type line struct {
	Claim storage.ID[Claim]
	Line
}

var lines = storage.Define("expense.line", func(l *line) []storage.Field {
	d := &l.Dims
	return []storage.Field{
		storage.UUID("claim", &l.Claim).Key(), storage.Int("no", &l.No).Key(), storage.Date("date", &l.Date),
		storage.Text("category", &l.Category).Limit(100),
		storage.Text("text", &l.Text).Limit(2000), storage.Text("merchant", &l.Merchant).Limit(500), storage.Minor("amount", &l.Amount),
		storage.JSON("rate", &l.Rate), storage.Scaled("tax_percent", 6, &l.TaxPercent), storage.Minor("net", &l.Net), storage.Minor("tax", &l.Tax),
		storage.Minor("gross", &l.Gross), dim("customer", &d.Customer), dim("supplier", &d.Supplier), dim("project", &d.Project),
		dim("department", &d.Department), dim("cost_centre", &d.CostCentre), dim("product", &d.Product), dim("person", &d.Person),
		dim("campaign", &d.Campaign), dim("deal", &d.Deal), dim("region", &d.Region), dim("spare1", &d.Spare1), dim("spare2", &d.Spare2),
	}
}, storage.ChildOf(claims, "claim"), storage.Index("category", "category", "date"))

func dim(name string, p *string) storage.Field { return storage.Text(name, p).Limit(200) }

var payments = storage.Define("expense.payment", func(p *Payment) []storage.Field {
	return []storage.Field{
		storage.UUID("id", &p.ID).Key(), storage.Version(&p.Version), storage.RefTo("person", &p.Person), storage.UUID("claim", &p.Claim),
		storage.Date("date", &p.Date), storage.Minor("amount", &p.Amount), storage.Minor("left", &p.Left), storage.Bool("held", &p.Held),
		storage.Text("text", &p.Text).Limit(2000), storage.RefTo("entry", &p.Entry), storage.Instant("created", &p.Created),
	}
}, storage.Index("person", "person", "held", "date"), storage.Index("claim", "claim", "date"), storage.Index("date", "date"))

// Package is what this package keeps in a store.
func Package() storage.Package {
	return storage.Package{Name: "erp/expense", Tables: []storage.Declaration{claims, lines, payments}}
}

// Ref points to a claim.
func Ref(id storage.ID[Claim]) storage.Ref { return claims.Ref(id) }

// PaymentRef points to a payment.
func PaymentRef(id storage.ID[Payment]) storage.Ref { return payments.Ref(id) }

// A Filter narrows a list of claims.
type Filter struct {
	By     storage.Ref
	Person storage.Ref
	Origin storage.Ref
	State  State
	// From and To bound the date of the claim, both inclusive; no date is no bound.
	From, To date.Date
	// Where adds conditions on fields, also the tenant's own ("fields.x").
	Where []storage.Cond
	// Order names the fields to sort by: "date"; by creation if empty.
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
	add(!f.Person.IsZero(), storage.Eq("person", f.Person))
	add(!f.Origin.IsZero(), storage.Eq("origin", f.Origin))
	add(f.State != "", storage.Eq("state", f.State))
	add(!f.From.IsZero(), storage.Ge("date", f.From))
	add(!f.To.IsZero(), storage.Le("date", f.To))
	return q
}

// Get reads a claim with its lines, as the actor may see it.
//
// Errors: storage.ErrNotFound.
func (s *Claims) Get(ctx context.Context, id storage.ID[Claim], by ...storage.Ref) (c *Claim, err error) {
	err = s.s.View(ctx, func(tx *storage.Tx) error {
		if c, err = claims.Get(ctx, tx, id, by...); err != nil {
			return err
		}
		return loadLines(ctx, tx, c)
	})
	return c, err
}

// All yields claims, without their lines.
func (s *Claims) All(ctx context.Context, f Filter) iter.Seq2[*Claim, error] {
	return claims.All(ctx, s.s, f.query())
}

// Page reads one screen of claims, without their lines.
//
// Errors: storage.ErrBadCursor, *storage.Invalid.
func (s *Claims) Page(ctx context.Context, f Filter, from storage.Cursor) (storage.Page[Claim], error) {
	return claims.Page(ctx, s.s, f.query(), from)
}

// Open adds up what is open on the posted claims of a filter: one amount per currency, by its code, none if nothing is owed. Over
// all claims it is what the account of what people are owed says.
//
// Errors: *storage.Invalid, storage.ErrOverflow.
func (s *Claims) Open(ctx context.Context, f Filter) (open []money.Amount, err error) {
	f.State, f.Order, f.Limit = Posted, nil, 0
	err = s.s.View(ctx, func(tx *storage.Tx) error {
		open = nil
		sums, err := claims.Sum(ctx, tx, f.query(), []string{"open"}, []string{"currency"})
		for _, sum := range sums {
			if err == nil {
				var a money.Amount
				a, err = money.Minor(sum.Group.Currency, sum.Totals[0])
				open = append(open, a)
			}
		}
		return err
	})
	return open, err
}

// Describe lists the fields of a claim for a UI, the tenant's own included.
func (s *Claims) Describe(ctx context.Context) (storage.Description, error) {
	return claims.Describe(ctx, s.s)
}

func loadLines(ctx context.Context, tx *storage.Tx, c *Claim) error {
	c.Lines = nil
	for l, err := range lines.All(ctx, tx, storage.Query{Where: []storage.Cond{storage.Eq("claim", c.ID)}}) {
		if err != nil {
			return err
		}
		c.Lines = append(c.Lines, l.Line)
	}
	return nil
}

// insertLines writes the lines one by one, so that a fault says in which line it is; they travel together.
func insertLines(ctx context.Context, tx *storage.Tx, c *Claim) error {
	for n, l := range c.Lines {
		err := lines.Insert(ctx, tx, &line{c.ID, l})
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
