package journal

import "strings"

// posting reads a posting: status account  amount {lot} @ cost = assertion ; comment.
func (r *reader) posting(x lexer) error {
	p := Posting{line: r.line, column: uint8(min(x.i+1, 255))}
	p.Status = x.status()
	name, at, kind, err := r.accountName(&x)
	if err != nil {
		return err
	}
	p.Kind = kind
	if p.Account, err = r.account(name, at); err != nil {
		return err
	}
	if err := r.amounts(&x, &p); err != nil {
		return err
	}
	r.body = append(r.body, p)
	x.skip()
	if x.peek() == ';' {
		return r.comment(x.s[x.i+1:])
	}
	return nil
}

// accountName steps over an account, which two blanks or a tab end.
func (r *reader) accountName(x *lexer) (name string, at int, kind Kind, err error) {
	at = x.i
	s := x.s
	i := at
	for i < len(s) && s[i] != '\t' && (s[i] != ' ' || i+1 < len(s) && s[i+1] != ' ' && s[i+1] != '\t') {
		i++
	}
	name = s[at:i]
	x.i = i
	x.skip()
	if n := len(name); n > 1 {
		switch {
		case name[0] == '(' && name[n-1] == ')':
			name, at, kind = strings.TrimSpace(name[1:n-1]), at+1, Virtual
		case name[0] == '[' && name[n-1] == ']':
			name, at, kind = strings.TrimSpace(name[1:n-1]), at+1, Balanced
		}
	}
	if name == "" {
		return "", at, kind, r.fault(at, ErrAccount, "an empty name")
	}
	return name, at, kind, nil
}

// amounts reads what follows an account.
func (r *reader) amounts(x *lexer, p *Posting) (err error) {
	switch x.peek() {
	case 0, ';':
		p.flags |= inferred
		return nil
	case '=':
		p.flags |= assigned
		return r.assertion(x, p)
	}
	at := x.i
	var f flags
	if p.Amount, f, err = r.amount(x); err != nil {
		return err
	}
	p.flags |= f
	if c := p.Amount.Commodity; f == 0 && c.seen <= p.Amount.scale() {
		c.seen = p.Amount.scale() + 1
	}
	for {
		x.skip()
		switch c := x.peek(); {
		case c == 0 || c == ';':
			return nil
		case c == '@' || c == '(' && strings.HasPrefix(x.rest(), "(@"):
			err = r.cost(x, p)
		case c == '{':
			err = r.lot(x, p)
		case c == '[':
			err = r.lotDate(x, p)
		case c == '(' && p.Extra != nil && p.Extra.Lot != nil:
			end := strings.IndexByte(x.rest(), ')')
			if end < 0 {
				return r.fault(x.i, ErrSyntax, "the note of a lot does not end")
			}
			p.Extra.Lot.Label = x.s[x.i+1 : x.i+end]
			x.i += end + 1
		case c == '=':
			return r.assertion(x, p)
		default:
			return r.fault(x.i, ErrAmount, near(x.s[at:]))
		}
		if err != nil {
			return err
		}
	}
}

// cost reads @ one, @@ all, (@) and (@@).
func (r *reader) cost(x *lexer, p *Posting) (err error) {
	at := x.i
	c := &Cost{}
	c.Virtual = x.has("(")
	x.i++
	c.Total = x.has("@")
	if c.Virtual && !x.has(")") {
		return r.fault(at, ErrSyntax, "the parenthesis does not end")
	}
	if e := p.extra(); e.Cost != nil {
		return r.fault(at, ErrSyntax, "a second cost")
	}
	x.skip()
	if c.Amount, _, err = r.amount(x); err != nil {
		return err
	}
	if c.Amount.Sign() < 0 && r.j.Format == Ledger {
		return r.fault(at, ErrAmount, "a cost below zero")
	}
	p.Extra.Cost = c
	// What lot the cost was paid from changes nothing here.
	for {
		x.skip()
		switch {
		case x.peek() == '{' || x.peek() == '[':
			end := strings.IndexAny(x.rest(), "}]")
			if end < 0 {
				return r.fault(x.i, ErrSyntax, "the lot does not end")
			}
			x.i += end + 1
			x.has("}")
		default:
			return nil
		}
	}
}

// lot reads {one}, {{all}}, {=one}. Neither hledger nor ledger takes one without a price.
func (r *reader) lot(x *lexer, p *Posting) (err error) {
	at := x.i
	e := p.extra()
	if e.Lot == nil {
		e.Lot = &Lot{}
	}
	if e.Lot.Price.Commodity != nil {
		return r.fault(at, ErrSyntax, "a second lot")
	}
	x.i++
	end := "}"
	if x.has("{") {
		e.Lot.Total, end = true, "}}"
	}
	x.skip()
	e.Lot.Fixed = x.has("=")
	x.skip()
	if e.Lot.Price, _, err = r.amount(x); err != nil {
		return err
	}
	x.skip()
	if !x.has(end) {
		return r.fault(x.i, ErrSyntax, "a lot ends with "+end)
	}
	return nil
}

// lotDate reads [2024-01-31].
func (r *reader) lotDate(x *lexer, p *Posting) (err error) {
	e := p.extra()
	if e.Lot == nil {
		e.Lot = &Lot{}
	}
	x.i++
	year, _, _ := r.t.Date.Date()
	if e.Lot.Date, err = r.date(x, year); err != nil {
		return err
	}
	if !x.has("]") {
		return r.fault(x.i, ErrSyntax, "a lot's date ends with ]")
	}
	return nil
}

// assertion reads = and its kinds, and the balance.
func (r *reader) assertion(x *lexer, p *Posting) (err error) {
	a := &Assertion{line: r.line, column: int32(x.i + 1)}
	x.i++
	a.All = x.has("=")
	a.Under = x.has("*")
	x.skip()
	p.extra().Assertion = a
	if a.Amount, _, err = r.amount(x); err != nil {
		return err
	}
	x.skip()
	if x.peek() == '@' || x.peek() == '{' { // hledger reads a cost here, and does not compare it
		if err := r.ignoredCost(x); err != nil {
			return err
		}
	}
	if c := x.peek(); c != 0 && c != ';' {
		return r.fault(x.i, ErrSyntax, near(x.rest()))
	}
	return nil
}

func (r *reader) ignoredCost(x *lexer) (err error) {
	var q Posting
	for {
		switch x.peek() {
		case '@':
			err = r.cost(x, &q)
		case '{':
			err = r.lot(x, &q)
		default:
			return nil
		}
		if err != nil {
			return err
		}
		x.skip()
	}
}
