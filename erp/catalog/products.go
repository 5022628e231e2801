package catalog

import (
	"context"
	"iter"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// Products keeps the products of a tenant.
type Products struct{ s storage.Session }

// New makes the service.
func New(s storage.Session) *Products { return &Products{s} }

// In is the same service inside a transaction.
func (p *Products) In(tx *storage.Tx) *Products { return &Products{tx} }

// Create is the command that adds a product.
type Create struct {
	By            storage.Ref
	Key           storage.Key
	Code          string
	Name          string
	Kind          Kind   // Goods if empty
	Unit          string // "piece" if empty
	Series        string
	TaxCode       string
	Price         money.Amount // list price from From on; may be zero
	Cost          money.Amount // cost from From on; may be zero
	From          date.Date    // the tenant's today if zero
	DeliveryHours decimal.Decimal
	Fields        storage.Fields
}

// ErrCode: another product has this code.
var ErrCode = storage.NewError("catalog.code_taken", "another product has this code")

// Create adds a product.
//
// Errors: *storage.Invalid, ErrCode.
func (p *Products) Create(ctx context.Context, c Create) (*Product, error) {
	var bad storage.Invalid
	bad.Check(c.Code != "", "code", storage.CodeRequired, "")
	bad.Check(c.Name != "", "name", storage.CodeRequired, "")
	bad.Check(c.Price.Sign() >= 0, "price", storage.CodeNegative, "")
	bad.Check(c.Cost.Sign() >= 0, "cost", storage.CodeNegative, "")
	bad.Check(!c.DeliveryHours.IsNegative(), "delivery_hours", storage.CodeNegative, "")
	if err := bad.Err(); err != nil {
		return nil, err
	}
	return storage.Once(ctx, p.s, c.Key, "catalog.product.create", c, func(tx *storage.Tx) (*Product, error) {
		switch n, err := products.Count(ctx, tx, storage.Query{Where: []storage.Cond{storage.Eq("code", c.Code)}}); {
		case err != nil:
			return nil, err
		case n > 0:
			return nil, ErrCode.With("%s", c.Code)
		}
		if c.From.IsZero() {
			c.From = tx.Today()
		}
		x := &Product{ID: storage.NewID[Product](tx), Code: c.Code, Name: c.Name, Kind: c.Kind, Unit: c.Unit, Series: c.Series,
			TaxCode: c.TaxCode, DeliveryHours: c.DeliveryHours, Fields: c.Fields, Created: tx.Now()}
		if x.Kind == "" {
			x.Kind = Goods
		}
		if x.Unit == "" {
			x.Unit = "piece"
		}
		if c.Price.Currency() != "" {
			x.Prices = x.Prices.With(c.From, c.Price)
		}
		if c.Cost.Currency() != "" {
			x.Costs = x.Costs.With(c.From, c.Cost)
		}
		return x, event.Apply(ctx, tx, products, event.Change[Product]{By: c.By, Verb: "catalog.product.create", After: x})
	})
}

// Change is the command that changes a product; a nil leaves a value as it is.
type Change struct {
	By      storage.Ref
	Key     storage.Key
	Version int64
	Why     string
	Product storage.ID[Product]
	Name    *string
	Series  *string
	TaxCode *string
	// Price and Cost hold from From on (the tenant's today if zero).
	Price    *money.Amount
	Cost     *money.Amount
	From     date.Date
	Archived *bool
	Fields   storage.Fields // merged; a nil value removes one
}

// Change changes a product; documents keep the prices they were written with.
//
// Errors: storage.ErrNotFound, storage.ErrStale, *storage.Invalid.
func (p *Products) Change(ctx context.Context, c Change) (*Product, error) {
	var bad storage.Invalid
	bad.Check(c.Name == nil || *c.Name != "", "name", storage.CodeRequired, "")
	bad.Check(c.Price == nil || c.Price.Sign() >= 0, "price", storage.CodeNegative, "")
	bad.Check(c.Cost == nil || c.Cost.Sign() >= 0, "cost", storage.CodeNegative, "")
	if err := bad.Err(); err != nil {
		return nil, err
	}
	return storage.Once(ctx, p.s, c.Key, "catalog.product.change", c, func(tx *storage.Tx) (*Product, error) {
		x, err := products.Lock(ctx, tx, c.Product)
		if err == nil {
			err = storage.CheckVersion(c.Version, x.Version)
		}
		if err != nil {
			return nil, err
		}
		old := *x
		c.apply(x, tx.Today())
		return x, event.Apply(ctx, tx, products, event.Change[Product]{By: c.By, Verb: "catalog.product.change", Why: c.Why, Before: &old, After: x})
	})
}

func (c Change) apply(x *Product, today date.Date) {
	if c.From.IsZero() {
		c.From = today
	}
	set(&x.Name, c.Name)
	set(&x.Series, c.Series)
	set(&x.TaxCode, c.TaxCode)
	set(&x.Archived, c.Archived)
	if c.Price != nil {
		x.Prices = x.Prices.With(c.From, *c.Price)
	}
	if c.Cost != nil {
		x.Costs = x.Costs.With(c.From, *c.Cost)
	}
	if c.Fields != nil {
		merged := storage.Fields{}
		for _, m := range []storage.Fields{x.Fields, c.Fields} {
			for k, v := range m {
				if merged[k] = v; v == nil {
					delete(merged, k)
				}
			}
		}
		x.Fields = merged
	}
}

func set[V any](to *V, v *V) {
	if v != nil {
		*to = *v
	}
}

// Get reads a product, as the actor may see it.
//
// Errors: storage.ErrNotFound.
func (p *Products) Get(ctx context.Context, id storage.ID[Product], by ...storage.Ref) (x *Product, err error) {
	err = p.s.View(ctx, func(tx *storage.Tx) error {
		x, err = products.Get(ctx, tx, id, by...)
		return err
	})
	return x, err
}

// ByCode reads the product with this code.
//
// Errors: storage.ErrNotFound.
func (p *Products) ByCode(ctx context.Context, code string, by ...storage.Ref) (x *Product, err error) {
	err = p.s.View(ctx, func(tx *storage.Tx) error {
		q := storage.Query{Where: []storage.Cond{storage.Eq("code", code)}}
		if len(by) > 0 {
			q.By = by[0]
		}
		x, err = products.First(ctx, tx, q)
		return err
	})
	return x, err
}

// A Filter narrows a list of products.
type Filter struct {
	By     storage.Ref
	Series string
	// Archived lists archived ones too.
	Archived bool
	// Where adds conditions on fields, also the tenant's own ("fields.x").
	Where []storage.Cond
}

func (f Filter) query() storage.Query {
	q := storage.Query{By: f.By, Where: f.Where, Order: []string{"code"}}
	if f.Series != "" {
		q.Where = append(q.Where, storage.Eq("series", f.Series))
	}
	if !f.Archived {
		q.Where = append(q.Where, storage.Eq("archived", false))
	}
	return q
}

// All yields products by code.
func (p *Products) All(ctx context.Context, f Filter) iter.Seq2[*Product, error] {
	return products.All(ctx, p.s, f.query())
}

// Page reads one screen of products by code.
func (p *Products) Page(ctx context.Context, f Filter, from storage.Cursor) (storage.Page[Product], error) {
	return products.Page(ctx, p.s, f.query(), from)
}

// Describe lists the fields of a product for a UI, the tenant's own included.
func (p *Products) Describe(ctx context.Context) (storage.Description, error) {
	return products.Describe(ctx, p.s)
}
