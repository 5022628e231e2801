package erp

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/erp/tax"
	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// A Line is a quantity of something at a price. What is given is above the blank line, what Compute fills in below.
type Line struct {
	// Product is what is sold; zero for a free text.
	Product storage.Ref `json:"product"`
	Text    string      `json:"text"`
	// Quantity has at most 4 digits after the point; Price, in the document's currency, at most 6.
	Quantity decimal.Decimal `json:"quantity"`
	Price    decimal.Decimal `json:"price"`
	// Discount is a percentage off the price.
	Discount decimal.Decimal `json:"discount"`
	// TaxCode and TaxPercent are the tax; TaxIncluded says that the price contains it.
	TaxCode     string          `json:"tax_code"`
	TaxPercent  decimal.Decimal `json:"tax_percent"`
	TaxIncluded bool            `json:"tax_included"`
	// Source is what the line was billed or ordered from: an order, hours.
	Source storage.Ref `json:"source"`
	// Dims says what the line's revenue is about.
	Dims ledger.Dims `json:"dims"`

	No    int          `json:"no"`
	Net   money.Amount `json:"net"`
	Tax   money.Amount `json:"tax"`
	Gross money.Amount `json:"gross"`
}

// Totals is what a document comes to.
type Totals struct {
	Net, Tax, Gross money.Amount
	// Rounding is the visible difference between Net and the sum of the lines' net.
	Rounding money.Amount
	// Taxes has one entry per tax code.
	Taxes []tax.Total
}

// Options refine what lines may be; the zero value is a normal sale.
type Options struct {
	// Negative allows negative quantities: credit notes.
	Negative bool
	tax.Options
}

// hundred is 100 %.
var hundred = decimal.NewFromInt(100)

// Compute numbers the lines, fills in their amounts and adds them up.
//
// Errors: *storage.Invalid with paths such as "lines.2.quantity"; those of tax.Compute.
func Compute(c money.Currency, m tax.Method, lines []Line, options ...Options) (Totals, error) {
	var o Options
	if len(options) > 0 {
		o = options[0]
	}
	if err := checkLines(c, lines, o); err != nil {
		return Totals{}, err
	}
	items := make([]tax.Item, len(lines))
	for i, l := range lines {
		items[i] = tax.Item{Quantity: l.Quantity, Price: l.Price.Mul(hundred.Sub(l.Discount)).Div(hundred), Included: l.TaxIncluded,
			Code: l.TaxCode, Percent: l.TaxPercent}
	}
	r, err := tax.Compute(c, m, items, o.Options)
	if err != nil {
		return Totals{}, err
	}
	for i := range lines {
		lines[i].No = i + 1
		lines[i].Net, lines[i].Tax, lines[i].Gross = r.Lines[i].Net, r.Lines[i].Tax, r.Lines[i].Gross
	}
	return Totals{Net: r.Net, Tax: r.Tax, Gross: r.Gross, Rounding: r.Rounding, Taxes: r.Totals}, nil
}

// limit is the largest quantity, price or amount that a line may have; beyond it sums could leave 64 bits.
var limit = decimal.New(1, 12)

func checkLines(c money.Currency, lines []Line, o Options) error {
	var bad storage.Invalid
	bad.Check(len(lines) > 0, "lines", storage.CodeRequired, "")
	if _, ok := c.Digits(); !ok {
		bad.Add("currency", storage.CodeCurrency, "")
	}
	percent := map[string]decimal.Decimal{}
	for i, l := range lines {
		at := func(field string) string { return fmt.Sprintf("lines.%d.%s", i, field) }
		bad.Check(l.Text != "" || !l.Product.IsZero(), at("text"), storage.CodeRequired, "a text or a product")
		if !bounded(&bad, at, l) {
			continue
		}
		bad.Check(o.Negative || !l.Quantity.IsNegative(), at("quantity"), storage.CodeNegative, "")
		bad.Check(!l.Price.IsNegative(), at("price"), storage.CodeNegative, "")
		bad.Check(l.Quantity.Abs().LessThan(limit), at("quantity"), storage.CodeRange, "")
		bad.Check(l.Price.LessThan(limit) && l.Price.Mul(l.Quantity).Abs().LessThan(limit), at("price"), storage.CodeRange, "")
		bad.Check(fits(l.Quantity, 4), at("quantity"), storage.CodeScale, "at most 4 digits")
		bad.Check(fits(l.Price, 6), at("price"), storage.CodeScale, "at most 6 digits")
		bad.Check(!l.Discount.IsNegative() && l.Discount.LessThanOrEqual(hundred), at("discount"), storage.CodeRange, "0 to 100")
		bad.Check(!l.TaxPercent.IsNegative() && l.TaxPercent.LessThan(decimal.NewFromInt(1000)), at("tax_percent"), storage.CodeRange, "")
		if p, seen := percent[l.TaxCode]; seen && !p.Equal(l.TaxPercent) {
			bad.Add(at("tax_percent"), storage.CodeDuplicate, "one tax code has one percentage in a document")
		}
		percent[l.TaxCode] = l.TaxPercent
	}
	return bad.Err()
}

// bounded refuses exponents with which no number of a line is written; calculating with them could fill the memory.
func bounded(bad *storage.Invalid, at func(string) string, l Line) bool {
	before := len(bad.Fields)
	for i, d := range []decimal.Decimal{l.Quantity, l.Price, l.Discount, l.TaxPercent} {
		e := d.Exponent()
		bad.Check(e <= 1000 && e >= -1000, at([]string{"quantity", "price", "discount", "tax_percent"}[i]), storage.CodeRange, "")
	}
	return len(bad.Fields) == before
}

func fits(d decimal.Decimal, digits int32) bool { return d.Equal(d.Truncate(digits)) }

// LineFields binds the columns of a line, for the document packages' own tables.
func LineFields(l *Line) []storage.Field {
	fields := []storage.Field{
		storage.RefTo("product", &l.Product), storage.Text("text", &l.Text).Limit(2000), storage.Scaled("quantity", 4, &l.Quantity),
		storage.Scaled("price", 6, &l.Price), storage.Scaled("discount", 6, &l.Discount), storage.Text("tax_code", &l.TaxCode).Limit(50),
		storage.Scaled("tax_percent", 6, &l.TaxPercent), storage.Bool("tax_included", &l.TaxIncluded), storage.RefTo("source", &l.Source),
		storage.Minor("net", &l.Net), storage.Minor("tax", &l.Tax), storage.Minor("gross", &l.Gross),
	}
	for _, d := range []struct {
		name string
		p    *string
	}{
		{"customer", &l.Dims.Customer}, {"supplier", &l.Dims.Supplier}, {"project", &l.Dims.Project}, {"department", &l.Dims.Department},
		{"cost_centre", &l.Dims.CostCentre}, {"product_value", &l.Dims.Product}, {"person", &l.Dims.Person}, {"campaign", &l.Dims.Campaign},
		{"deal", &l.Dims.Deal}, {"region", &l.Dims.Region}, {"spare1", &l.Dims.Spare1}, {"spare2", &l.Dims.Spare2},
	} {
		fields = append(fields, storage.Text(d.name, d.p).Limit(200))
	}
	return fields
}

// BelowList says by how much, in percent rounded half up to two digits, the worst line lies below its list price; list holds the list price of one unit for each line, and a
// zero list price says nothing.
func BelowList(lines []Line, list []decimal.Decimal) decimal.Decimal {
	worst := decimal.Zero
	for i, l := range lines {
		if i >= len(list) || !list[i].IsPositive() {
			continue
		}
		price := l.Price.Mul(hundred.Sub(l.Discount)).Div(hundred)
		below := list[i].Sub(price).Mul(hundred).DivRound(list[i], 8)
		if below.GreaterThan(worst) {
			worst = below
		}
	}
	return money.HalfUp.Round(worst, 2)
}
