package journal

import "strings"

// tolerances are the options about them.
type tolerances struct {
	multiplier Number
	fallback   map[string]Number // by currency, "*" for all
	fromCost   bool
}

func newTolerances() tolerances { return tolerances{multiplier: small(5, 1)} }

// option takes note of one that matters here.
func (r *reader) option(name, value string, at int) error {
	number := func(s string) (Number, error) {
		x := lexer{s: strings.TrimSpace(s)}
		n, ok, err := r.beanNumber(&x)
		if err != nil || !ok || x.i < len(x.s) || n.Sign() < 0 {
			return n, r.fault(at, ErrSyntax, "not a number that is not negative: "+near(value))
		}
		return n, nil
	}
	var err error
	switch name {
	case "inferred_tolerance_multiplier", "tolerance_multiplier":
		r.opts.multiplier, err = number(value)
	case "inferred_tolerance_default":
		code, n, _ := strings.Cut(value, ":")
		if r.opts.fallback == nil {
			r.opts.fallback = map[string]Number{}
		}
		r.opts.fallback[strings.TrimSpace(code)], err = number(n)
	case "infer_tolerance_from_cost":
		r.opts.fromCost = strings.EqualFold(value, "true") || value == "1"
	case "name_assets", "name_liabilities", "name_equity", "name_income", "name_expenses":
		letter := map[string]string{"name_assets": "A", "name_liabilities": "L", "name_equity": "E", "name_income": "R",
			"name_expenses": "X"}[name]
		for root, l := range r.roots {
			if l == letter {
				delete(r.roots, root)
			}
		}
		r.roots[value] = letter
	case "booking_method":
		switch value {
		case "STRICT", "FIFO", "LIFO", "NONE":
			r.booking = value
		default:
			err = r.fault(at, ErrDirective, "booking is STRICT, FIFO, LIFO or NONE, not "+near(value))
		}
	}
	return err
}

// tolerance is how far one transaction may be from zero.
type tolerance struct {
	of   map[*Commodity]Number
	opts *tolerances
}

// of infers it from the numbers that are given: half of the last decimal of the coarsest, none for whole numbers.
func (o *tolerances) of(list []Posting, specs []beanSpec) *tolerance {
	t := &tolerance{opts: o}
	set := func(c *Commodity, n Number) {
		if t.of == nil {
			t.of = map[*Commodity]Number{}
		}
		if n.Cmp(t.of[c]) > 0 {
			t.of[c] = n
		}
	}
	costs := map[*Commodity]Number{}
	for i := range list {
		p := &list[i]
		if !specs[i].number || p.Amount.scale() == 0 {
			continue
		}
		n := small(1, p.Amount.scale()).Mul(o.multiplier)
		set(p.Amount.Commodity, n)
		if !o.fromCost || p.Extra == nil {
			continue
		}
		var price Amount
		switch e := p.Extra; {
		case e.Lot != nil:
			price = e.Lot.Price
		case e.Cost != nil && !e.Cost.Total:
			price = e.Cost.Amount
		}
		if price.Commodity != nil {
			m := n.Mul(price.Abs())
			if half := small(5, 1); m.Cmp(half) > 0 {
				m = half
			}
			costs[price.Commodity] = costs[price.Commodity].Add(m)
		}
	}
	for _, p := range list {
		if e := p.Extra; e != nil {
			for _, c := range []*Commodity{lotCommodity(e), costCommodity(e)} {
				if n, ok := costs[c]; ok {
					set(c, n)
				}
			}
		}
	}
	return t
}

func lotCommodity(e *PostingExtra) *Commodity {
	if e.Lot == nil {
		return nil
	}
	return e.Lot.Price.Commodity
}

func costCommodity(e *PostingExtra) *Commodity {
	if e.Cost == nil {
		return nil
	}
	return e.Cost.Amount.Commodity
}

func (t *tolerance) get(c *Commodity) Number {
	if n, ok := t.of[c]; ok {
		return n
	}
	if n, ok := t.opts.fallback[c.Symbol]; ok {
		return n
	}
	return t.opts.fallback["*"]
}

// quantize rounds what is filled in to twice the tolerance's decimals, as beancount does.
func (t *tolerance) quantize(c *Commodity, n Number) Number {
	within := t.get(c)
	if within.IsZero() {
		return n
	}
	quantum := within.Add(within).trim(0)
	if quantum.scale() >= n.scale() || len(quantum.coef().String()) >= 5 {
		return n
	}
	return NumberOf(n.Decimal().RoundBank(quantum.scale()))
}
