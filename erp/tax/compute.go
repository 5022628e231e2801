package tax

import (
	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// A Method says where money is rounded. A document stores its method, so that it can be computed again.
type Method string

// The methods.
const (
	// PerLine rounds each line's net and tax, and adds up what was rounded.
	PerLine Method = "line"
	// PerDocument rounds each line's net, and each rate's tax once, on the unrounded sum.
	PerDocument Method = "document"
	// Precise rounds nothing but the totals; lines show rounded figures, and the difference is visible as Rounding.
	Precise Method = "precise"
)

// An Item is a quantity of something at a price.
type Item struct {
	Quantity decimal.Decimal
	// Price is for one unit, after discounts: without tax, or with it if Included.
	Price    decimal.Decimal
	Included bool
	// Code and Percent are the tax; items of one code have one percentage.
	Code    string
	Percent decimal.Decimal
}

// A Figure is net, tax and gross.
type Figure struct {
	Net, Tax, Gross money.Amount
}

// A Total is what one tax comes to over a document.
type Total struct {
	Code    string
	Percent decimal.Decimal
	Base    money.Amount
	Tax     money.Amount
}

// A Result is what a document comes to.
type Result struct {
	Figure
	// Lines is aligned with the items.
	Lines []Figure
	// Totals has one entry per code, in the order in which codes appear.
	Totals []Total
	// Rounding is what the whole differs from the sum of the lines' net: zero but with Precise.
	Rounding money.Amount
}

// Options refine Compute.
type Options struct {
	// Step rounds to multiples of a coin, such as 0.05; zero is the currency's digits.
	Step decimal.Decimal
	// UnitDigits is how many digits the net price of one unit is printed with, when prices include tax: the line's net is the
	// quantity times what is printed. Zero is the currency's digits.
	UnitDigits int
}

// ErrMethod: no such rounding method.
var ErrMethod = storage.NewError("tax.method", "no such rounding method")

// Compute works out a document.
//
// Errors: ErrMethod, money.ErrScale for a currency without digits, money.ErrOverflow.
func Compute(c money.Currency, m Method, items []Item, options ...Options) (Result, error) {
	var o Options
	if len(options) > 0 {
		o = options[0]
	}
	if m != PerLine && m != PerDocument && m != Precise {
		return Result{}, ErrMethod.With("%q", m)
	}
	if _, err := money.Minor(c, 0); err != nil {
		return Result{}, err
	}
	w := work{currency: c, method: m, o: o}
	for _, it := range items {
		w.add(it)
	}
	return w.result()
}

// hundred is 100 %.
var hundred = decimal.NewFromInt(100)

// work adds up a document in exact decimals.
type work struct {
	currency money.Currency
	method   Method
	o        Options
	lines    []exact
	groups   []group
}

type exact struct{ net, tax decimal.Decimal } // as shown

type group struct {
	code             string
	percent          decimal.Decimal
	shown, unrounded decimal.Decimal // sum of the lines' net
	tax              decimal.Decimal // sum of the lines' tax, as shown
	included         bool            // some price included the tax: the tax is what is left of the gross
}

func (w *work) round(d decimal.Decimal) decimal.Decimal {
	if w.o.Step.IsPositive() {
		return money.HalfUp.Round(d.DivRound(w.o.Step, 20), 0).Mul(w.o.Step)
	}
	digits, _ := w.currency.Digits()
	return money.HalfUp.Round(d, digits)
}

func (w *work) add(it Item) {
	net := it.Quantity.Mul(it.Price)
	shown := exact{}
	if it.Included {
		gross := w.round(net)
		net = gross.Mul(hundred).DivRound(hundred.Add(it.Percent), 20)
		shown.net = w.includedNet(it, gross)
		shown.tax = gross.Sub(shown.net)
	} else {
		shown.net = w.round(net)
		shown.tax = w.round(net.Mul(it.Percent).Div(hundred))
	}
	w.lines = append(w.lines, shown)
	g := w.group(it)
	g.shown, g.unrounded, g.tax = g.shown.Add(shown.net), g.unrounded.Add(net), g.tax.Add(shown.tax)
	g.included = g.included || it.Included
}

// includedNet is the net of a line whose price includes tax: so many times the net price that is printed for one unit.
func (w *work) includedNet(it Item, gross decimal.Decimal) decimal.Decimal {
	share := it.Percent.DivRound(hundred.Add(it.Percent), 30)
	if it.Quantity.IsZero() || it.Quantity.Equal(decimal.NewFromInt(1)) {
		return gross.Sub(w.round(gross.Mul(share)))
	}
	tax := it.Price.Mul(share)
	if w.o.UnitDigits > 0 {
		tax = money.HalfUp.Round(tax, w.o.UnitDigits)
	} else {
		tax = w.round(tax)
	}
	return w.round(it.Price.Sub(tax).Mul(it.Quantity))
}

func (w *work) group(it Item) *group {
	for i := range w.groups {
		if w.groups[i].code == it.Code && w.groups[i].percent.Equal(it.Percent) {
			return &w.groups[i]
		}
	}
	w.groups = append(w.groups, group{code: it.Code, percent: it.Percent})
	return &w.groups[len(w.groups)-1]
}

func (w *work) result() (r Result, err error) {
	amount := func(d decimal.Decimal) money.Amount {
		a, bad := money.FromDecimal(w.currency, d)
		if bad != nil && err == nil {
			err = bad
		}
		return a
	}
	lines, tax := decimal.Zero, decimal.Zero
	for _, l := range w.lines {
		lines = lines.Add(l.net)
		r.Lines = append(r.Lines, Figure{amount(l.net), amount(l.tax), amount(l.net.Add(l.tax))})
	}
	unrounded := decimal.Zero
	for _, g := range w.groups {
		base, t := g.shown, g.tax
		unrounded = unrounded.Add(g.unrounded)
		if w.method == Precise {
			base = w.round(g.unrounded)
		}
		if w.method != PerLine && !g.included {
			t = w.round(g.unrounded.Mul(g.percent).Div(hundred))
		}
		r.Totals = append(r.Totals, Total{g.code, g.percent, amount(base), amount(t)})
		tax = tax.Add(t)
	}
	net := lines
	if w.method == Precise {
		net = w.round(unrounded)
	}
	r.Figure = Figure{amount(net), amount(tax), amount(net.Add(tax))}
	r.Rounding = amount(net.Sub(lines))
	return r, err
}
