package journal

import (
	"math"
	"math/big"
	"math/bits"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

// A Number is an exact decimal that remembers how many decimals it was written with. It is a value of two words: up to 63 bits
// it is an integer and a scale, beyond that a big one. The zero Number is 0.
type Number struct {
	n int64
	f *form // nil is scale 0
}

// form is the scale of a number, shared by all of that scale, and the coefficient of a large one.
type form struct {
	scale int32
	big   *big.Int // if not nil, the coefficient; n is then 0
}

const (
	maxPow    = 18   // powers of ten in 63 bits
	maxDigits = 1000 // of a number that is read
	maxResult = 4000 // digits of what is computed
)

var forms = func() (list [64]form) {
	for i := range list {
		list[i].scale = int32(i)
	}
	return list
}()

var pow10 = func() (list [maxPow + 1]int64) {
	list[0] = 1
	for i := 1; i <= maxPow; i++ {
		list[i] = list[i-1] * 10
	}
	return list
}()

func formOf(scale int32) *form {
	switch {
	case scale == 0:
		return nil
	case int(scale) < len(forms):
		return &forms[scale]
	}
	return &form{scale: scale}
}

// small makes a number of an integer and a scale that is not negative.
func small(n int64, scale int32) Number { return Number{n, formOf(scale)} }

// large makes a number of a big coefficient, which it keeps; it becomes a small one where it fits.
func large(n *big.Int, scale int32) Number {
	if n.IsInt64() && n.Int64() != math.MinInt64 {
		return small(n.Int64(), scale)
	}
	return Number{f: &form{scale, n}}
}

// NewNumber makes a number of an integer and its decimals: NewNumber(1250, 2) is 12.50. A negative scale counts as 0.
func NewNumber(n int64, scale int) Number {
	if scale < 0 {
		scale = 0
	}
	if n == math.MinInt64 {
		return large(big.NewInt(n), int32(scale))
	}
	return small(n, int32(scale))
}

// NumberOf makes a number of a decimal, with its decimals.
func NumberOf(d decimal.Decimal) Number {
	if d.Exponent() > 0 {
		d = d.Truncate(0)
		return large(d.BigInt(), 0)
	}
	return large(d.Coefficient(), -d.Exponent())
}

// Scale returns the decimals that it was written with.
func (a Number) Scale() int { return int(a.scale()) }

func (a Number) scale() int32 {
	if a.f == nil {
		return 0
	}
	return a.f.scale
}

func (a Number) wide() bool { return a.f != nil && a.f.big != nil }

// coef is the coefficient; the caller must not change it.
func (a Number) coef() *big.Int {
	if a.wide() {
		return a.f.big
	}
	return big.NewInt(a.n)
}

// Decimal returns the number for calculating with.
func (a Number) Decimal() decimal.Decimal {
	if a.wide() {
		return decimal.NewFromBigInt(a.f.big, -a.f.scale)
	}
	return decimal.New(a.n, -a.scale())
}

// Sign is -1, 0 or 1.
func (a Number) Sign() int {
	switch {
	case a.wide():
		return a.f.big.Sign()
	case a.n < 0:
		return -1
	case a.n > 0:
		return 1
	}
	return 0
}

// IsZero reports whether it is 0, with whatever decimals.
func (a Number) IsZero() bool { return a.Sign() == 0 }

// Neg returns the opposite.
func (a Number) Neg() Number {
	if a.wide() {
		return large(new(big.Int).Neg(a.f.big), a.f.scale)
	}
	return Number{-a.n, a.f}
}

// Abs returns the number without its sign.
func (a Number) Abs() Number {
	if a.Sign() < 0 {
		return a.Neg()
	}
	return a
}

// Add returns the sum, with the decimals of the finer one.
func (a Number) Add(b Number) Number {
	if a.f == b.f && !a.wide() {
		if s := a.n + b.n; (s > a.n) == (b.n > 0) && s != math.MinInt64 {
			return Number{s, a.f}
		}
	}
	return addSlow(a, b)
}

func addSlow(a, b Number) Number {
	if a.scale() < b.scale() {
		a, b = b, a
	}
	k := a.scale() - b.scale()
	if !a.wide() && !b.wide() && k <= maxPow {
		if m, ok := mul64(b.n, pow10[k]); ok {
			if s := a.n + m; (s > a.n) == (m > 0) && s != math.MinInt64 {
				return Number{s, a.f}
			}
		}
	}
	m := new(big.Int).Mul(b.coef(), bigPow(int(k)))
	return large(m.Add(m, a.coef()), a.scale())
}

// Sub returns the difference.
func (a Number) Sub(b Number) Number { return a.Add(b.Neg()) }

// Mul returns the product, with the decimals of both.
func (a Number) Mul(b Number) Number {
	scale := a.scale() + b.scale()
	if !a.wide() && !b.wide() {
		if m, ok := mul64(a.n, b.n); ok {
			return small(m, scale)
		}
	}
	return large(new(big.Int).Mul(a.coef(), b.coef()), scale)
}

// Cmp is -1, 0 or 1 as a is less than, equal to or more than b.
func (a Number) Cmp(b Number) int { return a.Sub(b).Sign() }

// Equal reports whether they are the same number, with whatever decimals.
func (a Number) Equal(b Number) bool { return a.Cmp(b) == 0 }

// div returns the quotient, exact where it ends within extra more decimals than both have, else rounded half to even there.
func (a Number) div(b Number, extra int32) Number {
	scale := max(a.scale(), b.scale()) + extra
	n := new(big.Int).Mul(a.coef(), bigPow(int(scale-a.scale()+b.scale())))
	q, rest := n.QuoRem(n, b.coef(), new(big.Int))
	twice := new(big.Int).Lsh(rest.Abs(rest), 1)
	if c := twice.CmpAbs(b.coef()); c > 0 || c == 0 && q.Bit(0) == 1 {
		q.Add(q, big.NewInt(int64(a.Sign()*b.Sign())))
	}
	return large(q, scale).trim(max(a.scale(), b.scale()))
}

// trim drops zeros at the end down to so many decimals.
func (a Number) trim(least int32) Number {
	ten, rest := big.NewInt(10), new(big.Int)
	n, scale := a.coef(), a.scale()
	for scale > least {
		q, r := new(big.Int).QuoRem(n, ten, rest)
		if r.Sign() != 0 {
			break
		}
		n, scale = q, scale-1
	}
	return large(n, scale)
}

// vanishes reports whether rounding half to even to so many decimals leaves nothing.
func (a Number) vanishes(scale int32) bool {
	if a.IsZero() {
		return true
	}
	k := a.scale() - scale
	if k <= 0 {
		return false
	}
	if !a.wide() && k <= maxPow {
		n := a.n
		if n < 0 {
			n = -n
		}
		return n <= pow10[k]/2
	}
	twice := new(big.Int).Lsh(new(big.Int).Abs(a.coef()), 1)
	return twice.CmpAbs(bigPow(int(k))) <= 0
}

// digits is about how many digits the coefficient has, never less.
func (a Number) digits() int {
	if a.wide() {
		return a.f.big.BitLen()*31/100 + 1
	}
	return 19
}

// String writes it with its decimals, a point and no marks between groups: "-1234.50".
func (a Number) String() string { return string(a.append(nil)) }

func (a Number) append(b []byte) []byte {
	scale := int(a.scale())
	if !a.wide() && scale == 0 {
		return strconv.AppendInt(b, a.n, 10)
	}
	digits := strings.TrimPrefix(a.coef().String(), "-")
	if a.Sign() < 0 {
		b = append(b, '-')
	}
	if pad := scale + 1 - len(digits); pad > 0 {
		digits = strings.Repeat("0", pad) + digits
	}
	b = append(b, digits[:len(digits)-scale]...)
	if scale > 0 {
		b = append(b, '.')
		b = append(b, digits[len(digits)-scale:]...)
	}
	return b
}

func mul64(a, b int64) (int64, bool) {
	neg := (a < 0) != (b < 0)
	hi, lo := bits.Mul64(abs64(a), abs64(b))
	if hi != 0 || lo > math.MaxInt64 {
		return 0, false
	}
	if neg {
		return -int64(lo), true
	}
	return int64(lo), true
}

func abs64(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

func bigPow(k int) *big.Int {
	if k <= maxPow {
		return big.NewInt(pow10[k])
	}
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(k)), nil)
}
