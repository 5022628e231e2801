package journal

import "strings"

// commodityDirective reads a symbol, or an amount that shows how it is written.
func (r *reader) commodityDirective(x *lexer) error {
	at := x.i
	text := x.rest()
	if i := strings.IndexByte(text, ';'); i >= 0 {
		text = text[:i]
	}
	y := lexer{s: x.s[:at+len(trimRight(text))], i: at}
	comment := strings.TrimSpace(strings.TrimPrefix(x.rest()[len(text):], ";"))
	if strings.ContainsAny(text, "0123456789") && y.peek() != '"' || strings.Contains(text, `" `) {
		c, err := r.format(&y)
		if err == nil {
			c.Comment = comment
		}
		return err
	}
	symbol, err := r.symbol(&y)
	if err != nil {
		return err
	}
	y.skip()
	if y.i < len(y.s) {
		if y.i = at; y.peek() == '"' {
			c, err := r.format(&y)
			if err == nil {
				c.Comment = comment
			}
			return err
		}
		return r.fault(at, ErrSyntax, near(text))
	}
	if len(symbol) > maxSymbol {
		return r.fault(at, ErrTooLarge, "a symbol has at most 200 bytes")
	}
	r.styled = r.commodity(symbol)
	r.styled.Declared, r.styled.Comment = true, comment
	return nil
}

// commodityLine reads the lines below a commodity directive.
func (r *reader) commodityLine(x lexer) error {
	from := x.i
	word := x.word()
	x.skip()
	switch word {
	case "format":
		c, err := r.format(&x)
		if err == nil && c != r.styled {
			return r.fault(from, ErrAmount, "the format is of another commodity")
		}
		return err
	case "default":
		if r.j.Format == Hledger {
			r.scope.bare = r.styled
		}
	case "alias":
		if r.renamed == nil {
			r.renamed = map[string]string{}
		}
		r.renamed[strings.Trim(trimRight(x.rest()), `"`)] = r.styled.Symbol
		r.lastCommodity = nil
	case "note", "nomarket":
	default:
		return r.fault(from, ErrDirective, refused(word))
	}
	return nil
}

// format reads an amount that shows how its commodity is written.
func (r *reader) format(x *lexer) (*Commodity, error) {
	at := x.i
	bare := r.scope.bare
	r.scope.bare = nil
	y := *x
	a, _, err := r.amount(x)
	r.scope.bare = bare
	if err != nil {
		return nil, err
	}
	x.skip()
	if c := x.peek(); c != 0 && c != ';' {
		return nil, r.fault(x.i, ErrSyntax, near(x.rest()))
	}
	c := a.Commodity
	text := y.s[at:x.i]
	dot, comma := strings.LastIndexByte(text, '.'), strings.LastIndexByte(text, ',')
	switch {
	case r.scope.mark != 0:
	case comma > dot && (dot >= 0 || strings.Count(text, ",") == 1 && (r.j.Format != Ledger || a.Scale() > 0)):
		c.mark = ','
	case dot >= 0 || comma >= 0:
		c.mark = '.'
		if comma < 0 && strings.Count(text, ".") > 1 {
			c.mark = ','
		}
	}
	if r.j.Format == Ledger && c.mark == '.' {
		c.mark = 0
	}
	c.Declared, c.Scale = true, a.Scale()
	y = lexer{s: text} // the format, not the first amount, says where the symbol stands
	c.Left = text[0] != '-' && !isDigit(text[0])
	c.Spaced = strings.IndexByte(strings.ReplaceAll(text, `"`+c.Symbol+`"`, `""`), ' ') >= 0
	c.styled = true
	return c, nil
}

// defaultCommodity reads what follows D.
func (r *reader) defaultCommodity(x *lexer) error {
	c, err := r.format(x)
	if err == nil && r.j.Format == Hledger {
		r.scope.bare = c
	}
	return err
}

// price reads what follows P: date, symbol, amount.
func (r *reader) price(x *lexer) error {
	d, err := r.date(x, r.scope.year)
	if err != nil {
		return err
	}
	x.skip()
	x.clock()
	x.skip()
	at := x.i
	symbol, err := r.symbol(x)
	if err != nil {
		return err
	}
	if symbol == "" {
		return r.fault(at, ErrAmount, "a price is of a commodity")
	}
	x.skip()
	a, _, err := r.amount(x)
	if err != nil {
		return err
	}
	x.skip()
	if c := x.peek(); c != 0 && c != ';' && c != '#' {
		return r.fault(x.i, ErrSyntax, near(x.rest()))
	}
	if len(symbol) > maxSymbol {
		return r.fault(at, ErrTooLarge, "a symbol has at most 200 bytes")
	}
	r.j.Prices = append(r.j.Prices, Price{d, r.commodity(symbol), a})
	return nil
}
