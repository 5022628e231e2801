package journal

import "strings"

// beanSpec is what a posting leaves open until it is booked.
type beanSpec struct {
	number, currency bool // units: what is given
	// The lot's price as it stands: {one # more}, or {{all}}.
	one, all     *Number
	lotCurrency  *Commodity
	price        bool // a price is asked for: @ or @@
	priceNumber  bool
	line, column int32
}

// beanPosting reads flag account units {lot} @ price.
func (r *reader) beanPosting(x *lexer) (err error) {
	p := Posting{line: r.line, column: uint8(min(x.i+1, 255))}
	s := beanSpec{line: r.line, column: int32(x.i + 1)}
	if c := x.peek(); strings.IndexByte(beanFlags, c) >= 0 && x.i+1 < len(x.s) && (x.s[x.i+1] == ' ' || x.s[x.i+1] == '\t') {
		x.i++
		x.skip()
		switch c {
		case '*':
			p.Status = Cleared
		case '!':
			p.Status = Pending
		default:
			p.extra().Flag = c
		}
	}
	if p.Account, err = r.beanAccount(x); err != nil {
		return err
	}
	if p.Amount.Number, s.number, err = r.beanNumber(x); err != nil {
		return err
	}
	x.skip()
	if c := x.currency(); c != "" {
		p.Amount.Commodity, s.currency = r.commodity(c), true
	} else if s.number {
		return r.fault(x.i, ErrAmount, "a currency is missing: "+near(x.rest()))
	}
	if !s.number && !s.currency {
		p.flags |= inferred
	}
	x.skip()
	if x.peek() == '{' {
		if err := r.beanLot(x, &p, &s); err != nil {
			return err
		}
		x.skip()
	}
	if x.peek() == '@' {
		if err := r.beanCost(x, &p, &s); err != nil {
			return err
		}
	}
	if err := r.eol(x); err != nil {
		return err
	}
	if !s.number && !s.currency && p.Extra != nil && (p.Extra.Lot != nil || p.Extra.Cost != nil) {
		return r.fault(int(s.column)-1, ErrAmount, "a lot or a price of units that are left out")
	}
	if c := p.Amount.Commodity; c != nil && s.number && c.seen <= p.Amount.scale() {
		c.seen = p.Amount.scale() + 1
	}
	r.body = append(r.body, p)
	r.specs[r.t] = append(r.specs[r.t], s)
	return nil
}

func (r *reader) beanLot(x *lexer, p *Posting, s *beanSpec) error {
	at := x.i
	x.i++
	end := "}"
	total := x.has("{")
	if total {
		end = "}}"
	}
	lot := &Lot{}
	p.extra().Lot = lot
	for {
		x.skip()
		switch c := x.peek(); {
		case x.has(end):
			if total && s.one != nil {
				s.one, s.all = nil, s.one
			}
			return nil
		case c == ',':
			x.i++
		case c == '"':
			label, err := r.quoted(x)
			if err != nil {
				return err
			}
			lot.Label = label
		case c == '*':
			return r.fault(x.i, ErrDirective, "lots are not merged")
		case dated(x.rest()):
			d, err := r.date(x, 0)
			if err != nil {
				return err
			}
			lot.Date = d
		case isUpper(c):
			c, err := r.mustCurrency(x)
			if err != nil {
				return err
			}
			s.lotCurrency = c
		case c == '#':
			x.i++
			n, ok, err := r.beanNumber(x)
			if err != nil {
				return err
			} else if !ok || total {
				return r.fault(x.i, ErrAmount, near(x.rest()))
			}
			s.all = &n
		case c == 0 || c == ';':
			return r.fault(at, ErrSyntax, "a lot ends with "+end)
		default:
			n, ok, err := r.beanNumber(x)
			if err != nil {
				return err
			} else if !ok || s.one != nil {
				return r.fault(x.i, ErrAmount, near(x.rest()))
			}
			s.one = &n
		}
	}
}

// dated tells a date from a number, also from the quotient 2024/2.
func dated(s string) bool {
	for i := range 6 {
		if i >= len(s) || (i == 4) == isDigit(s[i]) || i == 4 && s[i] != '-' && s[i] != '/' {
			return false
		}
	}
	rest := s[5:]
	return strings.IndexByte(rest[:min(3, len(rest))], s[4]) > 0
}

func (r *reader) beanCost(x *lexer, p *Posting, s *beanSpec) (err error) {
	x.i++
	c := &Cost{Total: x.has("@")}
	p.extra().Cost = c
	s.price = true
	at := x.i
	if c.Amount.Number, s.priceNumber, err = r.beanNumber(x); err != nil {
		return err
	}
	if c.Amount.Sign() < 0 {
		return r.fault(at, ErrAmount, "a price below zero")
	}
	x.skip()
	if code := x.currency(); code != "" {
		c.Amount.Commodity = r.commodity(code)
	} else if s.priceNumber {
		return r.fault(x.i, ErrAmount, "a currency is missing: "+near(x.rest()))
	}
	return nil
}
