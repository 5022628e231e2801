package journal

// Amounts as expressions: ($10.00 * 2), (-$3 + $1.50), ($100 / 3). A quotient that does not end is rounded half to even, 12
// decimals finer than what it is of.

const (
	maxDepth  = 32 // of parentheses
	divExtra  = 12
	tooLarge  = "an expression has at most 32 parentheses in one another and a result of 4000 digits"
	twoUnlike = "amounts of two commodities"
)

// expression reads what stands in parentheses.
func (r *reader) expression(x *lexer) (a Amount, f flags, err error) {
	a, f, err = r.sum(x, 0)
	if err == nil && a.Commodity == nil {
		a.Commodity = r.scope.bare
		if a.Commodity == nil {
			a.Commodity = r.commodity("")
		}
	}
	return a, f, err
}

// factor reads a parenthesis, a signed factor or an amount.
func (r *reader) factor(x *lexer, depth int) (a Amount, f flags, err error) {
	if depth > maxDepth {
		return a, 0, r.fault(x.i, ErrTooLarge, tooLarge)
	}
	x.skip()
	switch x.peek() {
	case '(':
		return r.sum(x, depth)
	case '-', '+':
		neg := x.peek() == '-'
		x.i++
		a, f, err = r.factor(x, depth+1)
		if neg {
			a.Number = a.Neg()
		}
		return a, f, err
	}
	bare := r.scope.bare
	r.scope.bare = nil // a factor without a commodity has none, also after D
	a, f, err = r.amount(x)
	r.scope.bare = bare
	if err == nil && a.Commodity.Symbol == "" {
		a.Commodity = nil
	}
	return a, f, err
}

// sum reads "(", terms, ")".
func (r *reader) sum(x *lexer, depth int) (a Amount, f flags, err error) {
	if depth > maxDepth {
		return a, 0, r.fault(x.i, ErrTooLarge, tooLarge)
	}
	open := x.i
	x.i++
	if a, f, err = r.product(x, depth); err != nil {
		return a, 0, err
	}
	for {
		x.skip()
		at := x.i
		switch x.peek() {
		case ')':
			x.i++
			return a, f, nil
		case '+', '-':
			neg := x.peek() == '-'
			x.i++
			b, more, err := r.product(x, depth)
			if err != nil {
				return a, 0, err
			}
			if a.Commodity != b.Commodity && !(a.Commodity == nil && a.IsZero()) && !(b.Commodity == nil && b.IsZero()) {
				return a, 0, r.fault(at, ErrAmount, twoUnlike)
			}
			if neg {
				b.Number = b.Neg()
			}
			if a.Commodity == nil {
				a.Commodity = b.Commodity
			}
			a.Number, f = a.Add(b.Number), f|more
		default:
			return a, 0, r.fault(open, ErrAmount, "the parenthesis does not end, or holds more than numbers and + - * /")
		}
	}
}

// product reads factors between * and /.
func (r *reader) product(x *lexer, depth int) (a Amount, f flags, err error) {
	if a, f, err = r.factor(x, depth+1); err != nil {
		return a, 0, err
	}
	for {
		x.skip()
		op, at := x.peek(), x.i
		if op != '*' && op != '/' {
			return a, f, nil
		}
		x.i++
		b, more, err := r.factor(x, depth+1)
		f |= more
		switch {
		case err != nil:
			return a, 0, err
		case op == '*' && a.Commodity != nil && b.Commodity != nil, op == '/' && b.Commodity != nil:
			return a, 0, r.fault(at, ErrAmount, "a commodity times or by a commodity")
		case op == '/' && b.IsZero():
			return a, 0, r.fault(at, ErrAmount, "divided by zero")
		case a.digits()+b.digits() > maxResult || a.Scale()+b.Scale() > maxResult:
			return a, 0, r.fault(at, ErrTooLarge, tooLarge)
		case op == '/':
			a.Number, f = a.div(b.Number, divExtra), f|computed
		default:
			if a.Commodity == nil {
				a.Commodity = b.Commodity
			}
			a.Number = a.Mul(b.Number)
		}
	}
}
