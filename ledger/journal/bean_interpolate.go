package journal

import "slices"

// interpolate fills in what one transaction leaves out, and checks that it balances.
func (r *reader) interpolate(t *Transaction, specs []beanSpec) error {
	within := r.opts.of(r.body, specs)
	s := &r.scratch
	s.reset()
	elided, open := -1, []int(nil)
	for i := range r.body {
		p, spec := &r.body[i], &specs[i]
		lotOpen := p.Extra != nil && p.Extra.Lot != nil && r.lotPrice(p, *spec) == nil
		switch {
		case p.flags&inferred != 0:
			if elided >= 0 {
				return r.faultAt(spec.line, int(spec.column), ErrElided, "")
			}
			elided = i
		case !spec.number, spec.price && (!spec.priceNumber || p.Extra.Cost.Amount.Commodity == nil) && p.Extra.Lot == nil, lotOpen,
			p.Extra != nil && p.Extra.Lot != nil && p.Extra.Lot.Price.Commodity == nil:
			open = append(open, i)
		default:
			w := p.Weight(Beancount)
			s.add(w.Commodity, w.Number)
		}
	}
	if elided >= 0 && len(open) > 0 { // which of them would take the rest?
		return r.faultAt(specs[open[0]].line, int(specs[open[0]].column), ErrElided, "")
	}
	if err := r.interpolateOpen(open, specs, within); err != nil {
		return err
	}
	for i := range r.body {
		if e := r.body[i].Extra; e != nil && e.Cost != nil && !specs[i].priceNumber {
			e.Cost = nil // a price beside a lot that is left out tells nothing
		}
	}
	if elided >= 0 {
		for i := range s.list {
			s.list[i].n = within.quantize(s.list[i].c, s.list[i].n.rounded28())
		}
		r.fill(elided, s.list)
		if p := &r.body[elided]; p.Amount.IsZero() { // nothing was left: the posting goes, as in beancount
			r.body = slices.Delete(r.body, elided, elided+1)
		}
		return nil
	}
	var left []sum
	for _, x := range s.list {
		if x.n.Abs().Cmp(within.get(x.c)) > 0 {
			left = append(left, x)
		}
	}
	if len(left) > 0 {
		return r.faultAt(t.line, 1, ErrUnbalanced, listed(left)+" too much")
	}
	return nil
}

// interpolateOpen fills in a missing number of units, of a price or of a lot's price, at most one in a currency.
func (r *reader) interpolateOpen(open []int, specs []beanSpec, within *tolerance) error {
	s := &r.scratch
	taken := map[*Commodity]bool{}
	for _, i := range open {
		p, spec := &r.body[i], &specs[i]
		fail := func(detail string) error { return r.faultAt(spec.line, int(spec.column), ErrElided, detail) }
		var c *Commodity
		switch {
		case spec.lotCurrency != nil:
			c = spec.lotCurrency
		case p.Extra != nil && p.Extra.Lot != nil:
		case spec.price:
			c = p.Extra.Cost.Amount.Commodity
		default:
			c = p.Amount.Commodity
		}
		if c == nil { // the only other currency that is not balanced yet
			for _, x := range s.list {
				if !x.n.IsZero() && !taken[x.c] {
					if c != nil {
						return fail("its currency is not clear")
					}
					c = x.c
				}
			}
			if c == nil {
				return fail("its currency is not clear")
			}
		}
		if taken[c] {
			return fail("")
		}
		taken[c] = true
		rest := s.get(c).Neg()
		e := p.Extra
		switch {
		case !spec.number && (e == nil || e.Lot == nil && e.Cost == nil):
			p.Amount.Number, spec.number = within.quantize(c, rest), true
		case !spec.number && (e.Lot != nil && spec.one != nil && spec.all == nil || e.Lot == nil && spec.priceNumber && !e.Cost.Total):
			price := e.priceOf(spec)
			if price.IsZero() {
				return fail("units at a price of nothing")
			}
			p.Amount.Number, spec.number = within.quantize(p.Amount.Commodity, rest.quotient(price)), true
			if e.Lot != nil {
				e.Lot.Price = Amount{price, c}
				if e.Lot.Date.IsZero() {
					e.Lot.Date = r.bookDate
				}
			}
		case !spec.number || p.Amount.IsZero():
			return fail("too much is left out")
		case e.Lot != nil:
			each := rest.quotient(p.Amount.Number)
			if r.lotPrice(p, *spec) != nil { // only the currency was missing
				each = *r.lotPrice(p, *spec)
			}
			if each.Sign() < 0 {
				return fail("the price of a lot would be below zero")
			}
			e.Lot.Price, spec.lotCurrency, spec.one, spec.all = Amount{each, c}, c, &each, nil
		default:
			if !spec.priceNumber {
				e.Cost.Amount.Number = rest.quotient(p.Amount.Number).Abs()
				if e.Cost.Total {
					e.Cost.Amount.Number = rest.Abs()
				}
			}
			e.Cost.Amount.Commodity, spec.priceNumber = c, true
		}
		w := p.Weight(Beancount)
		s.add(w.Commodity, w.Number)
	}
	return nil
}

// priceOf is the price of one that the weight is counted at.
func (e *PostingExtra) priceOf(s *beanSpec) Number {
	if e.Lot != nil {
		return *s.one
	}
	return e.Cost.Amount.Number
}
