package journal

import (
	"math/big"
	"strings"
	"unicode"
	"unicode/utf8"
)

// stops are the bytes that end a commodity's symbol without quotes.
var stops = func() (set [256]bool) {
	for _, c := range []byte(" \t0123456789-+.,@*;\"{}=()[]<>!&^|~/:?'") {
		set[c] = true
	}
	for c := range byte(' ') {
		set[c] = true
	}
	set[0x7f] = true
	return set
}()

// digitsOf is a number as it stands, before it is known which of its marks is the decimal one.
type digitsOf struct {
	text string
	// value is that with a point as the decimal mark, if plain.
	value Number
	// plain says that there are digits and at most one point.
	plain, point bool
}

// scanNumber steps over a number without a sign.
func (r *reader) scanNumber(x *lexer) (d digitsOf, err error) {
	from := x.i
	var n int64
	count, decimals := 0, int32(-1)
	for x.i < len(x.s) {
		c := x.s[x.i]
		if isDigit(c) {
			n = n*10 + int64(c-'0')
			count++
			if decimals >= 0 {
				decimals++
			}
		} else if c == '.' && decimals < 0 {
			decimals = 0
		} else {
			break
		}
		x.i++
	}
	if c := x.peek(); count <= maxPow && c != ',' && c != '.' && c != ' ' && c != '\'' && c != 'e' && c != 'E' ||
		c == ' ' && count <= maxPow && (x.i+1 >= len(x.s) || !isDigit(x.s[x.i+1])) {
		if count == 0 {
			return d, r.fault(from, ErrAmount, near(x.s[from:]))
		}
		d.text, d.plain, d.point = x.s[from:x.i], true, decimals >= 0
		d.value = small(n, max(decimals, 0))
		return d, nil
	}
	return r.scanMarked(x, from)
}

// scanMarked steps over a number with marks, many digits or an exponent.
func (r *reader) scanMarked(x *lexer, from int) (d digitsOf, err error) {
	for x.i = from; x.i < len(x.s); x.i++ {
		switch c := x.s[x.i]; {
		case isDigit(c), c == '.', c == ',':
		case (c == ' ' || c == '\'') && x.i > from && isDigit(x.s[x.i-1]) && x.i+1 < len(x.s) && isDigit(x.s[x.i+1]):
		default:
			d.text = x.s[from:x.i]
			goto end
		}
	}
	d.text = x.s[from:x.i]
end:
	if len(d.text) > maxDigits {
		return d, r.fault(from, ErrTooLarge, "a number has at most 1000 digits")
	}
	if strings.IndexFunc(d.text, func(c rune) bool { return c >= '0' && c <= '9' }) < 0 {
		return d, r.fault(from, ErrAmount, near(x.s[from:]))
	}
	return d, nil
}

// exponent reads what follows an e, if digits do: 1e3 is hledger's 1000.
func (x *lexer) exponent() (n int, ok bool) {
	at := x.i
	if c := x.peek(); c != 'e' && c != 'E' {
		return 0, false
	}
	x.i++
	neg := x.peek() == '-'
	if neg || x.peek() == '+' {
		x.i++
	}
	n, digits := x.number(4)
	if digits == 0 || isDigit(x.peek()) {
		x.i = at
		return 0, false
	}
	if neg {
		n = -n
	}
	return n, true
}

// resolve decides which mark is the decimal one. A single mark that could be either is the decimal one for hledger unless the
// journal declares another; for ledger a comma before groups of three is none, unless the commodity was seen with a decimal
// comma.
func (r *reader) resolve(d digitsOf, c *Commodity, at int) (Number, error) {
	mark := r.scope.mark
	if mark == 0 && c != nil {
		mark = c.mark
	}
	if d.plain && (!d.point || mark != ',') {
		return d.value, nil
	}
	dots, commas := strings.Count(d.text, "."), strings.Count(d.text, ",")
	decimal := mark
	if mark == 0 || r.j.Format == Ledger && r.scope.mark == 0 {
		switch {
		case dots > 0 && commas > 0: // the last one, which stands once
			decimal = '.'
			if strings.LastIndexByte(d.text, ',') > strings.LastIndexByte(d.text, '.') {
				decimal = ','
			}
			if r.j.Format == Ledger && mark == ',' && decimal == '.' {
				return Number{}, r.fault(at, ErrAmount, "a point after a decimal comma")
			}
		case commas == 1 && r.j.Format == Ledger && mark != ',' && (len(d.text)-strings.IndexByte(d.text, ',')-1)%3 == 0:
			decimal = '.'
		case commas == 1:
			decimal = ','
		case dots == 1 && mark != ',':
			decimal = '.'
		case dots > 1:
			decimal = ','
		case commas > 1:
			decimal = '.'
		}
		if r.j.Format == Ledger && decimal == ',' && c != nil {
			c.mark = ','
		}
	}
	return r.numberOf(d.text, decimal, at)
}

// numberOf reads digits with a known decimal mark; all other marks stand between groups before it.
func (r *reader) numberOf(text string, decimal byte, at int) (Number, error) {
	digits := make([]byte, 0, len(text))
	scale := int32(-1)
	for i := range len(text) {
		switch c := text[i]; {
		case isDigit(c):
			digits = append(digits, c)
			if scale >= 0 {
				scale++
			}
		case c == decimal && scale < 0:
			scale = 0
		case scale >= 0 || c == decimal || len(digits) == 0:
			return Number{}, r.fault(at+i, ErrAmount, near(text))
		}
	}
	if len(digits) <= maxPow {
		n := int64(0)
		for _, c := range digits {
			n = n*10 + int64(c-'0')
		}
		return small(n, max(scale, 0)), nil
	}
	n, _ := new(big.Int).SetString(string(digits), 10)
	return large(n, max(scale, 0)), nil
}

// symbol reads a commodity's symbol, quoted or not; "" if none is ahead.
func (r *reader) symbol(x *lexer) (string, error) {
	if x.peek() == '"' {
		end := strings.IndexByte(x.s[x.i+1:], '"')
		if end < 0 {
			return "", r.fault(x.i, ErrAmount, "the quote does not end")
		}
		s := x.s[x.i+1 : x.i+1+end]
		if strings.IndexFunc(s, unicode.IsControl) >= 0 {
			return "", r.fault(x.i, ErrAmount, "a symbol with control characters")
		}
		x.i += end + 2
		return s, nil
	}
	from := x.i
	for x.i < len(x.s) && !stops[x.s[x.i]] {
		x.i++
	}
	return x.s[from:x.i], nil
}

// commodity finds or makes the commodity of a symbol.
func (r *reader) commodity(symbol string) *Commodity {
	if c := r.lastCommodity; c != nil && c.Symbol == symbol {
		return c
	}
	if to, ok := r.renamed[symbol]; ok {
		symbol = to
	}
	c := r.j.AddCommodity(symbol)
	r.lastCommodity = c
	return c
}

// amount reads one amount: a number with a symbol before or behind it, or an expression in parentheses.
func (r *reader) amount(x *lexer) (a Amount, f flags, err error) {
	if x.peek() == '(' {
		return r.expression(x)
	}
	at := x.i
	neg, signed := false, false
	sign := func() error {
		if c := x.peek(); c == '-' || c == '+' {
			if signed {
				return r.fault(x.i, ErrAmount, "two signs")
			}
			neg, signed = c == '-', true
			x.i++
			x.skip()
		}
		return nil
	}
	if err := sign(); err != nil {
		return a, 0, err
	}
	left := false
	var symbol string
	if c := x.peek(); !isDigit(c) && c != '.' && c != ',' {
		quoted := c == '"'
		if symbol, err = r.symbol(x); err != nil {
			return a, 0, err
		}
		if symbol == "" && !quoted {
			return a, 0, r.fault(x.i, ErrAmount, near(x.rest()))
		}
		left = true
	}
	spaced := left && x.peek() == ' '
	x.skip()
	if err := sign(); err != nil {
		return a, 0, err
	}
	start := x.i
	d, err := r.scanNumber(x)
	if err != nil {
		return a, 0, err
	}
	shift, shifted := x.exponent()
	if !left {
		end := x.i
		x.skip()
		spaced = x.i > end
		quoted := x.peek() == '"'
		if symbol, err = r.symbol(x); err != nil {
			return a, 0, err
		}
		if symbol == "" && !quoted {
			x.i = end
		}
	}
	if len(symbol) > maxSymbol {
		return a, 0, r.fault(at, ErrTooLarge, "a symbol has at most 200 bytes")
	}
	c := r.scope.bare
	if symbol != "" || c == nil {
		c = r.commodity(symbol)
		if !c.styled {
			c.styled, c.Left, c.Spaced = true, left, spaced
		}
	}
	n, err := r.resolve(d, c, start)
	if err != nil {
		return a, 0, err
	}
	if shifted {
		if n, err = r.scaled(n, shift, start); err != nil {
			return a, 0, err
		}
	}
	if neg {
		n = n.Neg()
	}
	return Amount{n, c}, 0, nil
}

const maxSymbol = 200

// scaled is n times ten to the power of shift.
func (r *reader) scaled(n Number, shift, at int) (Number, error) {
	if shift > maxDigits || shift < -maxDigits {
		return n, r.fault(at, ErrTooLarge, "an exponent is at most 1000")
	}
	scale := int(n.scale()) - shift
	if scale >= 0 {
		return large(new(big.Int).Set(n.coef()), int32(scale)), nil
	}
	return large(new(big.Int).Mul(n.coef(), bigPow(-scale)), 0), nil
}

// appendTo writes the amount in the form of its commodity.
func (a Amount) appendTo(b []byte) []byte {
	c := a.Commodity
	if c == nil || c.Symbol == "" {
		return a.Number.append(b)
	}
	if c.Left {
		b = appendSymbol(b, c.Symbol)
		if c.Spaced {
			b = append(b, ' ')
		}
		return a.Number.append(b)
	}
	b = a.Number.append(b)
	if c.Spaced || c.Symbol[0] == 'e' || c.Symbol[0] == 'E' {
		b = append(b, ' ')
	}
	return appendSymbol(b, c.Symbol)
}

// appendSymbol writes a symbol, in quotes where one of its bytes needs them.
func appendSymbol(b []byte, symbol string) []byte {
	if bareSymbol(symbol) {
		return append(b, symbol...)
	}
	b = append(b, '"')
	b = append(b, symbol...)
	return append(b, '"')
}

func bareSymbol(symbol string) bool {
	for i := range len(symbol) {
		c := symbol[i]
		if stops[c] || c < ' ' || c == '#' || c == '%' || c == '\\' || c == '`' || c == '_' {
			return false
		}
	}
	r, _ := utf8.DecodeRuneInString(symbol)
	return r != utf8.RuneError
}
