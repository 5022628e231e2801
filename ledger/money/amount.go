package money

import (
	"fmt"
	"math/big"

	"github.com/shopspring/decimal"
)

// An Amount is an exact decimal number of one currency. It is a value: methods return new amounts and change nothing.
//
// Amounts have one form per number and currency, so == compares them (12.5 USD == 12.50 USD) and they can be map keys. The zero
// Amount{} is nothing of no currency: it can be added to and compared with any amount, which lets a sum start from it. Only
// Amount{} has no currency.
//
// Up to 18 digits or so an amount is an integer and a scale, and calculating with it allocates nothing; a longer number is
// carried just as exactly, only slower.
type Amount struct {
	coef   int64    // the number is coef / 10^scale …
	big    string   // … unless this holds the digits of a coefficient beyond 64 bits; coef is then 0
	cur    Currency // never needs a check: constructors saw it
	scale  int32    // never below digits, and not larger than the number needs
	digits int8     // of the currency; -1 when it has no minor unit
}

// Zero returns nothing of a currency. It does not check the code; Zero("") is Amount{}.
func Zero(c Currency) Amount {
	if c == "" {
		return Amount{}
	}
	return small(c, c.digits(), 0, 0)
}

// Minor makes an amount from minor units: Minor("USD", 1234) is 12.34 USD, Minor("JPY", 1234) is 1234 JPY. It fails with
// ErrCode for a malformed code and with ErrScale for one without a minor unit, which needs Scaled.
func Minor(c Currency, n int64) (Amount, error) {
	d, err := c.lookup()
	if err != nil {
		return Amount{}, err
	}
	if d < 0 {
		return Amount{}, fmt.Errorf("%s: %w", c, ErrScale)
	}
	return Amount{coef: n, cur: c, scale: int32(d), digits: d}, nil
}

// Scaled makes an amount from an integer with the given number of decimals: Scaled("POINTS", 1250, 2) is 12.5 POINTS. The scale
// may be 0 to 18. It fails with ErrCode or ErrScale.
func Scaled(c Currency, n int64, scale int) (Amount, error) {
	d, err := c.lookup()
	if err != nil {
		return Amount{}, err
	}
	if scale < 0 || scale > maxPow {
		return Amount{}, fmt.Errorf("%d decimals: %w", scale, ErrScale)
	}
	return small(c, d, n, int32(scale)), nil
}

// FromDecimal makes an amount from a decimal, exactly. It fails with ErrCode, or with ErrOverflow for exponents beyond 10,000.
func FromDecimal(c Currency, n decimal.Decimal) (Amount, error) {
	d, err := c.lookup()
	if err != nil {
		return Amount{}, err
	}
	e := n.Exponent()
	if e > maxExponent || e < -maxExponent {
		return Amount{}, fmt.Errorf("exponent %d: %w", e, ErrOverflow)
	}
	if coef, ok := int64Of(n); ok {
		return small(c, d, coef, -e), nil
	}
	return large(c, d, n.Coefficient(), -e), nil
}

// Currency returns the currency; "" for Amount{}.
func (a Amount) Currency() Currency { return a.cur }

// Decimal returns the number.
func (a Amount) Decimal() decimal.Decimal {
	if a.big != "" {
		return decimal.NewFromBigInt(a.integer(), -a.scale)
	}
	return decimal.New(a.coef, -a.scale)
}

// Minor returns the amount in minor units. It fails with ErrInexact when it has finer decimals, with ErrOverflow beyond 64
// bits, and with ErrScale when the currency has no minor unit.
func (a Amount) Minor() (int64, error) {
	if a.big == "" && a.scale == int32(a.digits) {
		return a.coef, nil
	}
	if a.digits < 0 {
		return 0, fmt.Errorf("%s: %w", a.cur, ErrScale)
	}
	return a.MinorAt(int(a.digits))
}

// MinorAt returns the amount as an integer with the given number of decimals: 12.5 at scale 2 is 1250. It fails with ErrInexact
// when the amount has finer decimals, with ErrOverflow beyond 64 bits, and with ErrScale for scales outside 0 to 18.
func (a Amount) MinorAt(scale int) (int64, error) {
	if scale < 0 || scale > maxPow {
		return 0, fmt.Errorf("%d decimals: %w", scale, ErrScale)
	}
	k := int(a.scale) - scale
	switch {
	case a.big != "":
		n := a.integer()
		if k > 0 {
			var rest big.Int
			if n.QuoRem(n, bigPow(k), &rest); rest.Sign() != 0 {
				return 0, fmt.Errorf("%s at %d decimals: %w", a, scale, ErrInexact)
			}
		}
		if k <= 0 || !n.IsInt64() { // more decimals only make a large number larger
			return 0, fmt.Errorf("%s at %d decimals: %w", a, scale, ErrOverflow)
		}
		return n.Int64(), nil
	case k == 0:
		return a.coef, nil
	case k > 0:
		if k > maxPow || a.coef%pow10[k] != 0 {
			return 0, fmt.Errorf("%s at %d decimals: %w", a, scale, ErrInexact)
		}
		return a.coef / pow10[k], nil
	default:
		n, ok := mul64(a.coef, pow10[-k])
		if !ok {
			return 0, fmt.Errorf("%s at %d decimals: %w", a, scale, ErrOverflow)
		}
		return n, nil
	}
}

// Scale returns the number of decimals the amount needs, and at least those of its currency.
func (a Amount) Scale() int { return int(a.scale) }

// IsZero reports whether the number is zero, of whatever currency.
func (a Amount) IsZero() bool { return a.coef == 0 && a.big == "" }

// Sign returns -1, 0 or 1.
func (a Amount) Sign() int {
	switch {
	case a.big != "":
		if a.big[0] == '-' {
			return -1
		}
		return 1
	case a.coef < 0:
		return -1
	case a.coef > 0:
		return 1
	}
	return 0
}
