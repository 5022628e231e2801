package journal

import "strings"

// A sum is what something comes to in a commodity.
type sum struct {
	c *Commodity
	n Number
}

// sums adds amounts by commodity, in the order in which they first come.
type sums struct {
	list []sum
	at   map[*Commodity]int // from manyCommodities on
}

const manyCommodities = 24

func (s *sums) reset() { s.list, s.at = s.list[:0], nil }

func (s *sums) add(c *Commodity, n Number) {
	if s.at != nil {
		if i, ok := s.at[c]; ok {
			s.list[i].n = s.list[i].n.Add(n)
			return
		}
		s.at[c] = len(s.list)
		s.list = append(s.list, sum{c, n})
		return
	}
	for i := range s.list {
		if s.list[i].c == c {
			s.list[i].n = s.list[i].n.Add(n)
			return
		}
	}
	s.list = append(s.list, sum{c, n})
	if len(s.list) > manyCommodities {
		s.at = make(map[*Commodity]int, 2*len(s.list))
		for i := range s.list {
			s.at[s.list[i].c] = i
		}
	}
}

// Weight is what a posting counts for where its transaction is to balance, by the format's rule: hledger takes the cost,
// beancount the lot's price before the cost, with 28 digits, and ledger does so where the posting has both.
func (p *Posting) Weight(f Format) Amount {
	e := p.Extra
	if e == nil || e.Cost == nil && (e.Lot == nil || f != Beancount) {
		return p.Amount
	}
	var w Amount
	switch {
	case e.Lot != nil && e.Lot.Price.Commodity != nil && f != Hledger:
		w = priced(p.Amount.Number, e.Lot.Price, e.Lot.Total)
	case e.Cost == nil:
		return p.Amount
	default:
		w = priced(p.Amount.Number, e.Cost.Amount, e.Cost.Total)
	}
	if f == Beancount {
		w.Number = w.rounded28()
	}
	return w
}

// priced is what a number of units comes to at a price for one or for all.
func priced(units Number, price Amount, total bool) Amount {
	switch {
	case !total:
		return Amount{units.Mul(price.Number), price.Commodity}
	case units.Sign() < 0:
		return Amount{price.Neg(), price.Commodity}
	case units.Sign() == 0:
		return Amount{small(0, price.scale()), price.Commodity}
	}
	return price
}

// balance fills in the amount that was left out, or checks that nothing is missing: among the real postings, and among those in
// brackets.
func (r *reader) balance(t *Transaction) error {
	if len(r.body) == 2 && r.body[0].Extra == nil && r.body[1].Extra == nil { // most of them
		a, b := &r.body[0], &r.body[1]
		if a.Kind == Real && b.Kind == Real && a.flags == 0 {
			switch {
			case b.flags == inferred:
				b.Amount = Amount{a.Amount.Neg(), a.Amount.Commodity}
				return nil
			case b.flags == 0 && a.Amount.Commodity == b.Amount.Commodity && a.Amount.Number == b.Amount.Neg():
				return nil
			}
		}
	}
	brackets := false
	for i := range r.body {
		switch p := &r.body[i]; {
		case p.Kind == Balanced:
			brackets = true
		case p.Kind == Virtual && p.flags&inferred != 0:
			return r.faultAt(p.line, int(p.column), ErrElided, "a posting that need not balance has an amount")
		}
	}
	if err := r.balanceKind(t, Real); err != nil || !brackets {
		return err
	}
	return r.balanceKind(t, Balanced)
}

func (r *reader) balanceKind(t *Transaction, kind Kind) error {
	s := &r.scratch
	s.reset()
	elided, costs := -1, false
	for i := range r.body {
		p := &r.body[i]
		switch {
		case p.Kind != kind:
		case p.flags&inferred == 0:
			w := p.Weight(r.j.Format)
			s.add(w.Commodity, w.Number)
			costs = costs || p.Extra != nil && p.Extra.Cost != nil
		case elided >= 0:
			return r.faultAt(p.line, int(p.column), ErrElided, "")
		default:
			elided = i
		}
	}
	if elided >= 0 {
		r.fill(elided, s.list)
		return nil
	}
	var left []sum
	for _, x := range s.list {
		switch {
		case x.n.IsZero():
		case !x.n.vanishes(r.precision(x.c, kind)):
			left = append(left, x)
		default:
			r.absorb(x, kind)
		}
	}
	if len(left) == 0 || len(left) == 2 && !costs && left[0].n.Sign() != left[1].n.Sign() {
		return nil // two commodities against each other are an exchange at the rate that they imply
	}
	return r.faultAt(t.line, 1, ErrUnbalanced, listed(left)+" too much")
}

// absorb takes what rounding leaves from a quotient, if there is one, so that the transaction balances exactly wherever it is
// written.
func (r *reader) absorb(x sum, kind Kind) {
	for i := range r.body {
		p := &r.body[i]
		priced := p.Extra != nil && (p.Extra.Cost != nil || p.Extra.Lot != nil)
		if p.Kind == kind && p.flags&computed != 0 && p.Amount.Commodity == x.c && !priced {
			p.Amount.Number = p.Amount.Sub(x.n).trim(0)
			return
		}
	}
}

// listed writes sums for people.
func listed(list []sum) string {
	var words []string
	for i, x := range list {
		if i == 5 {
			words = append(words, "…")
			break
		}
		words = append(words, near(Amount{x.n, x.c}.String()))
	}
	return strings.Join(words, ", ")
}

// fill gives the posting that has no amount what the others leave, one posting for each commodity.
func (r *reader) fill(at int, list []sum) {
	p := &r.body[at]
	var rest []Posting
	filled := false
	for _, x := range list {
		switch {
		case x.n.IsZero():
		case !filled:
			p.Amount, filled = Amount{x.n.Neg(), x.c}, true
		default:
			q := *p
			q.Extra, q.Amount, q.flags = nil, Amount{x.n.Neg(), x.c}, q.flags|further
			rest = append(rest, q)
		}
	}
	if !filled {
		if len(list) > 0 {
			p.Amount = Amount{list[0].n, list[0].c}
		} else {
			p.Amount = Amount{Commodity: r.commodity("")}
		}
	}
	if len(rest) > 0 {
		tail := append([]Posting(nil), r.body[at+1:]...)
		r.body = append(append(r.body[:at+1], rest...), tail...)
	}
}

// precision is how many decimals must vanish for a transaction to balance: those of its own amounts of the commodity; without
// any, the most that the journal has shown so far, or those of its costs.
func (r *reader) precision(c *Commodity, kind Kind) int32 {
	most, costs := int32(-1), int32(0)
	quotients := false
	for i := range r.body {
		p := &r.body[i]
		if p.Kind != kind {
			continue
		}
		if p.Amount.Commodity == c {
			if quotients = quotients || p.flags&computed != 0; p.flags&computed == 0 {
				most = max(most, p.Amount.scale())
			}
		}
		if e := p.Extra; e != nil && e.Cost != nil && e.Cost.Amount.Commodity == c {
			costs = max(costs, e.Cost.Amount.scale())
		}
		if e := p.Extra; e != nil && e.Lot != nil && e.Lot.Price.Commodity == c {
			costs = max(costs, e.Lot.Price.scale())
		}
	}
	switch {
	case most >= 0:
		return most
	case quotients:
		return divExtra / 2
	case c.seen > 0:
		return c.seen - 1
	}
	return costs
}
