package journal

import (
	"strings"
	"unicode/utf8"
)

// beanFlags are the marks that a transaction or a posting of beancount may have.
const beanFlags = "*!&#?%PSTCURM"

// text reads a string in double quotes with beancount's escapes.
func (r *reader) quoted(x *lexer) (string, error) {
	at := x.i
	if x.peek() != '"' {
		return "", r.fault(at, ErrSyntax, "a text in quotes is missing: "+near(x.rest()))
	}
	x.i++
	from := x.i
	escaped := false
	for ; x.i < len(x.s); x.i++ {
		switch x.s[x.i] {
		case '\\':
			x.i++
			escaped = true
		case '"':
			s := x.s[from:min(x.i, len(x.s))]
			x.i++
			if escaped {
				s = unescape(s)
			}
			return s, nil
		}
	}
	x.i = at
	return "", r.fault(at, ErrSyntax, "the quote does not end")
}

func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
			switch s[i] {
			case 'n':
				b.WriteByte('\n')
				continue
			case 't':
				b.WriteByte('\t')
				continue
			case 'r':
				b.WriteByte('\r')
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// opened reports whether a string that begins in the line does not end in it.
func opened(line string) bool {
	in := false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case in && c == '\\':
			i++
		case c == '"':
			in = !in
		case c == ';' && !in:
			return false
		}
	}
	return in
}

func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }
func isLower(c byte) bool { return c >= 'a' && c <= 'z' }

// beanAccount reads an account: parts that begin with a capital, a digit or a letter beyond ASCII, with colons between them.
func (r *reader) beanAccount(x *lexer) (*Account, error) {
	at := x.i
	parts := 0
	ok := true
	for {
		begin := x.i
		for x.i < len(x.s) {
			c := x.s[x.i]
			if !isUpper(c) && !isLower(c) && !isDigit(c) && c != '-' && c < utf8.RuneSelf {
				break
			}
			x.i++
		}
		c := byte(0)
		if x.i > begin {
			c = x.s[begin]
		}
		ok = ok && (isUpper(c) || c >= utf8.RuneSelf || parts > 0 && isDigit(c))
		parts++
		if x.peek() != ':' {
			break
		}
		x.i++
	}
	name := x.s[at:x.i]
	if !ok || parts < 2 {
		x.i = at
		return nil, r.fault(at, ErrAccount, "not an account: "+near(x.rest()))
	}
	if len(name) > maxName || parts > maxParts {
		return nil, r.fault(at, ErrTooLarge, "an account's name has at most 1000 bytes and 100 parts")
	}
	if a := r.raw[name]; a != nil {
		return a, nil
	}
	root := name[:strings.IndexByte(name, ':')]
	if _, ok := r.roots[root]; !ok {
		return nil, r.fault(at, ErrAccount, "an account begins with one of the five roots, not "+near(root))
	}
	a := r.j.AddAccount(name)
	r.raw[name] = a
	return a, nil
}

// currency reads a commodity of beancount: capitals, digits and '._-, at least two bytes; "" if none is ahead.
func (x *lexer) currency() string {
	from := x.i
	if !isUpper(x.peek()) {
		return ""
	}
	i := x.i
	for i < len(x.s) && (isUpper(x.s[i]) || isDigit(x.s[i]) || strings.IndexByte("'._-", x.s[i]) >= 0) {
		i++
	}
	for i > from && !isUpper(x.s[i-1]) && !isDigit(x.s[i-1]) {
		i--
	}
	if n := i - from; n < 2 || n > 24 || i < len(x.s) && isLower(x.s[i]) {
		return ""
	}
	x.i = i
	return x.s[from:i]
}

func (r *reader) mustCurrency(x *lexer) (*Commodity, error) {
	at := x.i
	c := x.currency()
	if c == "" {
		return nil, r.fault(at, ErrAmount, "a currency is missing: "+near(x.rest()))
	}
	return r.commodity(c), nil
}

// beanNumber reads a number or arithmetic on numbers; ok is false if none is ahead.
func (r *reader) beanNumber(x *lexer) (n Number, ok bool, err error) {
	x.skip()
	if c := x.peek(); !isDigit(c) && c != '-' && c != '+' && c != '(' && c != '.' {
		return n, false, nil
	}
	n, err = r.beanTerms(x, 0)
	return n, true, err
}

func (r *reader) beanTerms(x *lexer, depth int) (Number, error) {
	a, err := r.beanFactors(x, depth)
	for err == nil {
		x.skip()
		op := x.peek()
		if op != '+' && op != '-' {
			return a, nil
		}
		x.i++
		var b Number
		if b, err = r.beanFactors(x, depth); op == '-' {
			b = b.Neg()
		}
		a = a.Add(b)
	}
	return a, err
}

func (r *reader) beanFactors(x *lexer, depth int) (Number, error) {
	a, err := r.beanFactor(x, depth)
	for err == nil {
		x.skip()
		op, at := x.peek(), x.i
		if op != '*' && op != '/' {
			return a, nil
		}
		x.i++
		var b Number
		b, err = r.beanFactor(x, depth)
		switch {
		case err != nil:
		case op == '/' && b.IsZero():
			err = r.fault(at, ErrAmount, "divided by zero")
		case a.digits()+b.digits() > maxResult || a.Scale()+b.Scale() > maxResult:
			err = r.fault(at, ErrTooLarge, tooLarge)
		case op == '/':
			a = a.quotient(b)
		default:
			a = a.Mul(b)
		}
	}
	return a, err
}

// quotient divides as beancount's decimals do: 28 digits in all.
func (a Number) quotient(b Number) Number {
	return NumberOf(a.Decimal().DivRound(b.Decimal(), 40)).significant(28)
}

// rounded28 is a number as beancount's decimals keep it.
func (a Number) rounded28() Number {
	if a.wide() && a.digits() > 28 {
		return a.significant(28)
	}
	return a
}

// significant rounds half to even to so many digits, and drops zeros at the end beyond the scale of the whole.
func (a Number) significant(most int32) Number {
	n := int32(len(a.coef().String()))
	if a.Sign() < 0 {
		n--
	}
	if over := n - most; over > 0 && over <= a.scale() {
		a = NumberOf(a.Decimal().RoundBank(a.scale() - over))
	}
	return a.trim(0)
}

func (r *reader) beanFactor(x *lexer, depth int) (Number, error) {
	if depth > maxDepth {
		return Number{}, r.fault(x.i, ErrTooLarge, tooLarge)
	}
	x.skip()
	switch c := x.peek(); {
	case c == '(':
		open := x.i
		x.i++
		n, err := r.beanTerms(x, depth+1)
		x.skip()
		if err == nil && !x.has(")") {
			err = r.fault(open, ErrAmount, "the parenthesis does not end")
		}
		return n, err
	case c == '-' || c == '+':
		x.i++
		n, err := r.beanFactor(x, depth+1)
		if c == '-' {
			n = n.Neg()
		}
		return n, err
	}
	from := x.i
	for x.i < len(x.s) && (isDigit(x.s[x.i]) || x.s[x.i] == ',' || x.s[x.i] == '.') {
		x.i++
	}
	text := x.s[from:x.i]
	if text == "" || len(text) > maxDigits || strings.Trim(text, ".,") == "" {
		return Number{}, r.fault(from, ErrAmount, near(x.s[from:]))
	}
	return r.numberOf(text, '.', from)
}
