package money

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// maxText bounds the digits of a number that is read.
const maxText = 100

// Of makes an amount from a plain decimal number: an optional minus, digits, and optionally a point and more digits. Finer
// decimals than the currency has are kept. It fails with ErrCode, with ErrSyntax, or with ErrOverflow beyond 100 digits.
func Of(c Currency, number string) (Amount, error) {
	d, err := c.lookup()
	if err != nil {
		return Amount{}, err
	}
	return read(c, d, number)
}

// Parse reads what String writes: a number, a space, a currency. An empty text is Amount{}. It fails like Of.
func Parse(s string) (Amount, error) {
	if s == "" {
		return Amount{}, nil
	}
	number, code, ok := strings.Cut(s, " ")
	if !ok {
		return Amount{}, fmt.Errorf("%.80q: %w", s, ErrSyntax)
	}
	return Of(Currency(code), number)
}

// MustParse is Parse for texts in tests and examples. It panics on an error.
func MustParse(s string) Amount {
	a, err := Parse(s)
	if err != nil {
		panic(err)
	}
	return a
}

func read(c Currency, digits int8, s string) (Amount, error) {
	bad := func(kind error) (Amount, error) { return Amount{}, fmt.Errorf("%.80q: %w", s, kind) }
	number := strings.TrimPrefix(s, "-")
	whole, fraction, point := strings.Cut(number, ".")
	if whole == "" || point && fraction == "" {
		return bad(ErrSyntax)
	}
	var n int64
	for _, part := range [2]string{whole, fraction} {
		for i := range len(part) {
			d := part[i] - '0'
			if d > 9 {
				return bad(ErrSyntax)
			}
			n = n*10 + int64(d)
		}
	}
	if len(number) > maxText {
		return bad(ErrOverflow)
	}
	if len(whole)+len(fraction) <= maxPow {
		if len(number) < len(s) {
			n = -n
		}
		return small(c, digits, n, int32(len(fraction))), nil
	}
	wide, _ := new(big.Int).SetString(whole+fraction, 10)
	if len(number) < len(s) {
		wide.Neg(wide)
	}
	return large(c, digits, wide, int32(len(fraction))), nil
}

// String returns the number and the currency: "12.34 USD"; "" for Amount{}.
func (a Amount) String() string {
	if a.cur == "" {
		return ""
	}
	var buf [64]byte
	return string(a.append(buf[:0]))
}

// Text returns the number alone, with the decimals of its currency at least: "12.30"; "0" for Amount{}.
func (a Amount) Text() string {
	var buf [64]byte
	return string(a.appendNumber(buf[:0], "", "."))
}

func (a Amount) append(b []byte) []byte {
	b = a.appendNumber(b, "", ".")
	b = append(b, ' ')
	return append(b, a.cur...)
}

// A Layout says how Format writes a number. The zero Layout writes what Text does.
type Layout struct {
	// Group goes between groups of three digits before the point: "," or "." or "\u202f"; "" for none.
	Group string
	// Point stands before the decimals; "" is ".".
	Point string
	// Whole rounds half up to whole units, for reports.
	Whole bool
}

// Format writes the number for people: Format(Layout{Group: ","}) gives "10,005,534.00".
func (a Amount) Format(l Layout) string {
	if l.Point == "" {
		l.Point = "."
	}
	if l.Whole {
		a = a.RoundAt(0, HalfUp)
		a = large(a.cur, -1, a.integer(), a.scale)
	}
	var buf [64]byte
	return string(a.appendNumber(buf[:0], l.Group, l.Point))
}

func (a Amount) appendNumber(b []byte, group, point string) []byte {
	var buf [24]byte
	var digits []byte
	if a.big != "" {
		digits = []byte(strings.TrimPrefix(a.big, "-"))
	} else {
		digits = strconv.AppendUint(buf[:0], abs(a.coef), 10)
	}
	if a.Sign() < 0 {
		b = append(b, '-')
	}
	whole := len(digits) - int(a.scale)
	if whole <= 0 {
		b = append(b, '0')
	}
	for i := range max(whole, 0) {
		if i > 0 && (whole-i)%3 == 0 {
			b = append(b, group...)
		}
		b = append(b, digits[i])
	}
	if a.scale == 0 {
		return b
	}
	b = append(b, point...)
	for range -whole {
		b = append(b, '0')
	}
	return append(b, digits[max(whole, 0):]...)
}
