package money

import (
	"math"
	"math/big"
	"math/bits"

	"github.com/shopspring/decimal"
)

// This file holds the arithmetic below amounts: 64 bits with 128 in between, and big integers where that is not enough.

const (
	maxPow      = 18     // 10^18 is the largest power of ten in an int64
	maxExponent = 10_000 // of a decimal that comes from outside
)

var pow10 = [maxPow + 1]int64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
	1e17, 1e18}

func bigPow(n int) *big.Int {
	if n <= maxPow {
		return big.NewInt(pow10[n])
	}
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}

// int64Of returns the coefficient of a decimal of at most 18 digits.
func int64Of(d decimal.Decimal) (int64, bool) {
	if d.NumDigits() > maxPow {
		return 0, false
	}
	return d.CoefficientInt64(), true
}

func mul64(a, b int64) (int64, bool) {
	hi, lo := bits.Mul64(abs(a), abs(b))
	if hi != 0 {
		return 0, false
	}
	return signed(lo, (a < 0) != (b < 0))
}

func abs(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

func signed(n uint64, negative bool) (int64, bool) {
	if negative {
		return -int64(n), n <= 1<<63
	}
	return int64(n), n <= math.MaxInt64
}

// mulDiv returns a*b/c, rounded once; false when the result leaves 64 bits. c is not zero.
func mulDiv(a, b, c int64, m Mode) (int64, bool) {
	hi, lo := bits.Mul64(abs(a), abs(b))
	den := abs(c)
	if hi >= den {
		return 0, false
	}
	q, r := bits.Div64(hi, lo, den)
	negative := (a < 0) != (b < 0) != (c < 0)
	if r != 0 && m.away(negative, q&1 == 1, compareHalf(r, den)) {
		if q++; q == 0 {
			return 0, false
		}
	}
	return signed(q, negative)
}

// compareHalf compares r with half of den; r is below den.
func compareHalf(r, den uint64) int {
	switch rest := den - r; {
	case r < rest:
		return -1
	case r > rest:
		return 1
	}
	return 0
}

// bigDiv returns num/den, rounded. den is not zero.
func bigDiv(num, den *big.Int, m Mode) *big.Int {
	q, r := new(big.Int), new(big.Int)
	q.QuoRem(num, den, r)
	if r.Sign() == 0 {
		return q
	}
	negative := (num.Sign() < 0) != (den.Sign() < 0)
	half := r.Lsh(r, 1).CmpAbs(den)
	if m.away(negative, q.Bit(0) == 1, half) {
		if negative {
			return q.Sub(q, big.NewInt(1))
		}
		return q.Add(q, big.NewInt(1))
	}
	return q
}

// small makes the one form of coef / 10^scale.
func small(c Currency, digits int8, coef int64, scale int32) Amount {
	least := int32(max(digits, 0))
	if coef == 0 {
		scale = least
	}
	for scale > least && coef%10 == 0 {
		coef /= 10
		scale--
	}
	if scale < least {
		n, ok := int64(0), false
		if up := least - scale; up <= maxPow {
			n, ok = mul64(coef, pow10[up])
		}
		if !ok {
			return large(c, digits, big.NewInt(coef), scale)
		}
		coef, scale = n, least
	}
	return Amount{coef: coef, cur: c, scale: scale, digits: digits}
}

// large makes the one form of coef / 10^scale, and may change coef.
func large(c Currency, digits int8, coef *big.Int, scale int32) Amount {
	least := int32(max(digits, 0))
	if coef.IsInt64() && scale >= least {
		return small(c, digits, coef.Int64(), scale)
	}
	var rest big.Int
	ten, q := big.NewInt(10), new(big.Int)
	for scale > least {
		if q.QuoRem(coef, ten, &rest); rest.Sign() != 0 {
			break
		}
		coef, q = q, coef
		scale--
	}
	if scale < least {
		coef = new(big.Int).Mul(coef, bigPow(int(least-scale)))
		scale = least
	}
	if coef.IsInt64() {
		return Amount{coef: coef.Int64(), cur: c, scale: scale, digits: digits}
	}
	return Amount{big: coef.String(), cur: c, scale: scale, digits: digits}
}

// integer returns the coefficient as a big integer of the caller's own.
func (a Amount) integer() *big.Int {
	if a.big == "" {
		return big.NewInt(a.coef)
	}
	n, _ := new(big.Int).SetString(a.big, 10)
	return n
}

// integerAt returns the number at a scale not below its own.
func (a Amount) integerAt(scale int32) *big.Int {
	n := a.integer()
	if scale > a.scale {
		n.Mul(n, bigPow(int(scale-a.scale)))
	}
	return n
}
