package money

import (
	"fmt"
	"math"
	"math/big"

	"github.com/shopspring/decimal"
)

// Add returns a + b. It fails with ErrCurrency when the currencies differ; Amount{} goes with any.
func (a Amount) Add(b Amount) (Amount, error) {
	if a.cur != b.cur {
		switch {
		case a.cur == "":
			return b, nil
		case b.cur == "":
			return a, nil
		}
		return Amount{}, unlike(a.cur, b.cur)
	}
	if sum := a.coef + b.coef; a.scale == b.scale && a.big == "" && b.big == "" && (sum > a.coef) == (b.coef > 0) {
		if a.scale == int32(a.digits) {
			a.coef = sum
			return a, nil
		}
		return small(a.cur, a.digits, sum, a.scale), nil
	}
	return a.addWide(b), nil
}

// addWide adds what needs rescaling or big integers; the currencies are alike.
func (a Amount) addWide(b Amount) Amount {
	if a.scale > b.scale {
		a, b = b, a
	}
	if up := b.scale - a.scale; a.big == "" && b.big == "" && up <= maxPow {
		if x, ok := mul64(a.coef, pow10[up]); ok {
			if sum := x + b.coef; (sum > x) == (b.coef > 0) {
				return small(a.cur, a.digits, sum, b.scale)
			}
		}
	}
	return large(a.cur, a.digits, new(big.Int).Add(a.integerAt(b.scale), b.integer()), b.scale)
}

// Sub returns a - b. It fails with ErrCurrency when the currencies differ; Amount{} goes with any.
func (a Amount) Sub(b Amount) (Amount, error) { return a.Add(b.Neg()) }

// Sum adds amounts up. It fails with ErrCurrency when the currencies differ; the sum of nothing is Amount{}.
func Sum(amounts ...Amount) (Amount, error) {
	var sum Amount
	for _, a := range amounts {
		var err error
		if sum, err = sum.Add(a); err != nil {
			return Amount{}, err
		}
	}
	return sum, nil
}

// Neg returns -a.
func (a Amount) Neg() Amount {
	if a.big != "" || a.coef == math.MinInt64 {
		return large(a.cur, a.digits, a.integer().Neg(a.integer()), a.scale)
	}
	a.coef = -a.coef
	return a
}

// Abs returns the amount without its sign.
func (a Amount) Abs() Amount {
	if a.Sign() < 0 {
		return a.Neg()
	}
	return a
}

// Mul returns a times a number, exactly: the result has as many decimals as it needs. Round it by name.
func (a Amount) Mul(by decimal.Decimal) Amount {
	scale := a.scale - by.Exponent()
	if f, ok := int64Of(by); ok && a.big == "" {
		if n, ok := mul64(a.coef, f); ok {
			return small(a.cur, a.digits, n, scale)
		}
	}
	return large(a.cur, a.digits, new(big.Int).Mul(a.integer(), by.Coefficient()), scale)
}

// Times returns n times the amount.
func (a Amount) Times(n int64) Amount {
	if a.big == "" {
		if p, ok := mul64(a.coef, n); ok {
			return small(a.cur, a.digits, p, a.scale)
		}
	}
	return large(a.cur, a.digits, new(big.Int).Mul(a.integer(), big.NewInt(n)), a.scale)
}

// Quo returns a divided by a number, rounded to the minor unit (to MaxScale decimals where there is none). It fails with
// ErrDivision.
func (a Amount) Quo(by decimal.Decimal, m Mode) (Amount, error) { return a.MulQuo(one, by, m) }

// MulQuo returns a * num / den, calculated exactly and rounded once, to the minor unit (to MaxScale decimals where there is
// none). It fails with ErrDivision.
func (a Amount) MulQuo(num, den decimal.Decimal, m Mode) (Amount, error) {
	return a.MulQuoAt(num, den, a.places(), m)
}

// MulQuoAt is MulQuo rounded to a given number of decimals.
func (a Amount) MulQuoAt(num, den decimal.Decimal, scale int, m Mode) (Amount, error) {
	return a.ratio(a.cur, a.digits, num, den, scale, m)
}

// one is a constant in all but name: decimals are immutable.
var one = decimal.New(1, 0)

// places is the number of decimals to round to when none is given.
func (a Amount) places() int {
	if a.digits < 0 {
		return MaxScale
	}
	return int(a.digits)
}

// ratio returns the number times num/den as an amount of currency c, rounded once.
func (a Amount) ratio(c Currency, digits int8, num, den decimal.Decimal, scale int, m Mode) (Amount, error) {
	if den.IsZero() {
		return Amount{}, fmt.Errorf("%s / 0: %w", a, ErrDivision)
	}
	scale = min(max(scale, -maxPow), maxExponent)
	// a.coef*n/d is right but for a power of ten, which goes to where it does no harm.
	shift := scale - int(a.scale) + int(num.Exponent()) - int(den.Exponent())
	n, nok := int64Of(num)
	d, dok := int64Of(den)
	if nok && dok && a.big == "" && shift >= -maxPow && shift <= maxPow {
		ok := true
		if shift >= 0 {
			n, ok = mul64(n, pow10[shift])
		} else {
			d, ok = mul64(d, pow10[-shift])
		}
		if ok {
			if q, ok := mulDiv(a.coef, n, d, m); ok {
				return small(c, digits, q, int32(scale)), nil
			}
		}
	}
	top, bottom := new(big.Int).Mul(a.integer(), num.Coefficient()), den.Coefficient()
	if shift >= 0 {
		top.Mul(top, bigPow(shift))
	} else {
		bottom.Mul(bottom, bigPow(-shift))
	}
	return large(c, digits, bigDiv(top, bottom, m), int32(scale)), nil
}

// Equal reports whether both are the same amount of the same currency. It is the same as ==.
func (a Amount) Equal(b Amount) bool { return a == b }

// Cmp returns -1, 0 or 1 as a is less than, equal to or greater than b. It fails with ErrCurrency when the currencies differ;
// Amount{} counts as zero of any.
func (a Amount) Cmp(b Amount) (int, error) {
	if a.cur != b.cur && a.cur != "" && b.cur != "" {
		return 0, unlike(a.cur, b.cur)
	}
	if a.scale == b.scale && a.big == "" && b.big == "" {
		switch {
		case a.coef < b.coef:
			return -1, nil
		case a.coef > b.coef:
			return 1, nil
		}
		return 0, nil
	}
	if sa, sb := a.Sign(), b.Sign(); sa != sb {
		if sa < sb {
			return -1, nil
		}
		return 1, nil
	}
	scale := max(a.scale, b.scale)
	return a.integerAt(scale).Cmp(b.integerAt(scale)), nil
}
