package catalog

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// Kind tells goods from services.
type Kind string

// The kinds of products.
const (
	Goods   Kind = "goods"
	Service Kind = "service"
)

// A Product is something we sell.
type Product struct {
	ID      storage.ID[Product] `json:"id"`
	Version int64               `json:"version"`
	// Code is what people call it, unique in the tenant.
	Code string `json:"code"`
	Name string `json:"name"`
	Kind Kind   `json:"kind"`
	// Unit is what a quantity counts: "piece", "hour".
	Unit string `json:"unit"`
	// Series groups products for reports.
	Series string `json:"series"`
	// TaxCode names the tax rate that its sales carry; "" is untaxed.
	TaxCode string `json:"tax_code"`
	// Prices are list prices for one unit, Costs what one unit costs us; both by date.
	Prices Dated `json:"prices"`
	Costs  Dated `json:"costs"`
	// DeliveryHours is the work that delivering one unit takes.
	DeliveryHours decimal.Decimal `json:"delivery_hours"`
	Archived      bool            `json:"archived"`
	Fields        storage.Fields  `json:"fields"`
	Created       time.Time       `json:"created"`
}

// Dated is an amount that changes on dates, oldest first.
type Dated []From

// From is the amount that holds from a date on.
type From struct {
	Date   date.Date    `json:"date"`
	Amount money.Amount `json:"amount"`
}

// On returns the amount that holds on a date; false if none does yet.
func (d Dated) On(day date.Date) (money.Amount, bool) {
	for i := len(d) - 1; i >= 0; i-- {
		if !d[i].Date.After(day) {
			return d[i].Amount, true
		}
	}
	return money.Amount{}, false
}

// With returns the dates with one more amount, which replaces another of the same date. The receiver stays as it is.
func (d Dated) With(day date.Date, a money.Amount) Dated {
	out := slices.DeleteFunc(slices.Clone(d), func(f From) bool { return f.Date == day })
	out = append(out, From{day, a})
	slices.SortFunc(out, func(a, b From) int { return a.Date.Compare(b.Date) })
	return out
}

// Ref points to the product.
func (p *Product) Ref() storage.Ref { return products.Ref(p.ID) }

// ErrNoPrice: the product has no price on that date.
var ErrNoPrice = storage.NewError("catalog.no_price", "the product has no price on that date")

// PriceOn returns the list price of one unit on a date.
//
// Errors: ErrNoPrice.
func (p *Product) PriceOn(day date.Date) (money.Amount, error) {
	a, ok := p.Prices.On(day)
	if !ok {
		return a, ErrNoPrice.With("%s on %s", p.Code, day)
	}
	return a, nil
}

// CostOn returns what one unit costs on a date; zero of the price's currency if nothing is known.
func (p *Product) CostOn(day date.Date) money.Amount {
	if a, ok := p.Costs.On(day); ok {
		return a
	}
	if price, ok := p.Prices.On(day); ok {
		return money.Zero(price.Currency())
	}
	return money.Amount{}
}

// Discounted is a price less a percentage, exact: WE-D1, 1,100 less 10 % is 990.
func Discounted(price, percent decimal.Decimal) decimal.Decimal {
	return price.Sub(price.Mul(percent).Div(decimal.NewFromInt(100)))
}

// BelowList says by how much, in percent of the list price rounded half up to two digits, a price lies below it; negative above.
func BelowList(list, price money.Amount) (decimal.Decimal, error) {
	diff, err := list.Sub(price)
	if err != nil || list.IsZero() {
		return decimal.Zero, err
	}
	return money.HalfUp.Round(diff.Decimal().Mul(decimal.NewFromInt(100)).DivRound(list.Decimal(), 10), 2), nil
}

var products = storage.Define("catalog.product", func(p *Product) []storage.Field {
	return []storage.Field{
		storage.UUID("id", &p.ID).Key(), storage.Version(&p.Version), storage.Text("code", &p.Code).Limit(100),
		storage.Text("name", &p.Name).Limit(500), storage.Enum("kind", &p.Kind, Goods, Service), storage.Text("unit", &p.Unit).Limit(50),
		storage.Text("series", &p.Series).Limit(100), storage.Text("tax_code", &p.TaxCode).Limit(50),
		storage.JSON("prices", &p.Prices), storage.JSON("costs", &p.Costs), storage.Scaled("delivery_hours", 4, &p.DeliveryHours),
		storage.Bool("archived", &p.Archived), storage.Instant("created", &p.Created), storage.Custom(&p.Fields),
	}
}, storage.Unique("code", "code"), storage.Index("series", "series", "code"))

// Package is what this package keeps in a store.
func Package() storage.Package {
	return storage.Package{Name: "erp/catalog", Tables: []storage.Declaration{products}}
}

// Ref points to a product.
func Ref(id storage.ID[Product]) storage.Ref { return products.Ref(id) }
