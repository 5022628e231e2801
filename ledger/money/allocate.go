package money

import (
	"cmp"
	"fmt"
	"math/big"
	"math/bits"
	"slices"

	"github.com/shopspring/decimal"
)

// Allocate divides the amount in proportion to the weights, to the minor unit. The parts add up to the whole exactly: each
// weight gets its share rounded toward zero, and the units left over go, one each, to the largest remainders, the first of
// equals first (the method of Hamilton). A weight of zero gets zero, no part has the opposite sign of the whole, and a negative
// amount is divided like its opposite.
//
// It fails with ErrWeights when there is no weight, a negative one, or only zeros; with ErrInexact when the amount has finer
// decimals than its minor unit; and with ErrScale when its currency has no minor unit.
func (a Amount) Allocate(weights ...decimal.Decimal) ([]Amount, error) {
	if err := a.divisible(); err != nil {
		return nil, err
	}
	return a.AllocateAt(a.places(), weights...)
}

// AllocateAt is Allocate to a given number of decimals, from 0 to 18.
func (a Amount) AllocateAt(scale int, weights ...decimal.Decimal) ([]Amount, error) {
	if w, ok := smallWeights(weights); ok {
		return a.AllocateIntsAt(scale, w...)
	}
	return a.allocate(scale, bigWeights(weights))
}

// AllocateInts is Allocate with whole numbers as weights.
func (a Amount) AllocateInts(weights ...int64) ([]Amount, error) {
	if err := a.divisible(); err != nil {
		return nil, err
	}
	return a.AllocateIntsAt(a.places(), weights...)
}

// AllocateIntsAt is AllocateInts to a given number of decimals, from 0 to 18.
func (a Amount) AllocateIntsAt(scale int, weights ...int64) ([]Amount, error) {
	var total uint64
	wide := false
	for _, w := range weights {
		if w < 0 {
			return nil, fmt.Errorf("weight %d: %w", w, ErrWeights)
		}
		var carry uint64
		if total, carry = bits.Add64(total, uint64(w), 0); carry != 0 {
			wide = true
		}
	}
	if total == 0 && !wide {
		return nil, fmt.Errorf("weights sum to zero: %w", ErrWeights)
	}
	units, ok, err := a.units(scale)
	if err != nil {
		return nil, err
	}
	if !ok || wide {
		all := make([]*big.Int, len(weights))
		for i, w := range weights {
			all[i] = big.NewInt(w)
		}
		return a.allocate(scale, all)
	}
	return a.allocateSmall(units, int32(scale), weights, total), nil
}

// Split divides the amount into n parts that differ by at most one minor unit, the larger ones first. It fails like Allocate,
// with ErrWeights when n is not positive.
func (a Amount) Split(n int) ([]Amount, error) {
	if err := a.divisible(); err != nil {
		return nil, err
	}
	return a.SplitAt(a.places(), n)
}

// SplitAt is Split to a given number of decimals, from 0 to 18.
func (a Amount) SplitAt(scale, n int) ([]Amount, error) {
	if n <= 0 {
		return nil, fmt.Errorf("%d parts: %w", n, ErrWeights)
	}
	weights := make([]int64, n)
	for i := range weights {
		weights[i] = 1
	}
	return a.AllocateIntsAt(scale, weights...)
}

func (a Amount) divisible() error {
	if a.digits < 0 {
		return fmt.Errorf("%s: %w", a.cur, ErrScale)
	}
	return nil
}

// units returns the amount in units of 10^-scale, or false where it needs more than 64 bits.
func (a Amount) units(scale int) (int64, bool, error) {
	if scale < 0 || scale > maxPow {
		return 0, false, fmt.Errorf("%d decimals: %w", scale, ErrScale)
	}
	if a.big == "" && int(a.scale) == scale {
		return a.coef, true, nil
	}
	if a.RoundAt(scale, Down) != a {
		return 0, false, fmt.Errorf("%s at %d decimals: %w", a, scale, ErrInexact)
	}
	n, err := a.MinorAt(scale)
	return n, err == nil, nil
}

// allocateSmall divides in 128 bits. A weight is at most total, so each share fits in 64.
func (a Amount) allocateSmall(units int64, scale int32, weights []int64, total uint64) []Amount {
	parts := make([]Amount, len(weights))
	rests := make([]rest, len(weights))
	size, left := abs(units), abs(units)
	for i, w := range weights {
		hi, lo := bits.Mul64(size, uint64(w))
		q, r := bits.Div64(hi, lo, total)
		left -= q
		parts[i].coef = int64(q) // the size for now, see below
		rests[i] = rest{r, i}
	}
	if left > 0 {
		slices.SortFunc(rests, func(x, y rest) int { return cmp.Or(cmp.Compare(y.size, x.size), x.at-y.at) })
		for _, r := range rests[:left] {
			parts[r.at].coef++
		}
	}
	for i := range parts {
		n := parts[i].coef
		if units < 0 {
			n = -n
		}
		parts[i] = small(a.cur, a.digits, n, scale)
	}
	return parts
}

// rest is what was cut off from the share of the weight at a place.
type rest struct {
	size uint64
	at   int
}

// allocate is allocateSmall for numbers of any size.
func (a Amount) allocate(scale int, weights []*big.Int) ([]Amount, error) {
	total := new(big.Int)
	for _, w := range weights {
		if w.Sign() < 0 {
			return nil, fmt.Errorf("weight %s: %w", w, ErrWeights)
		}
		total.Add(total, w)
	}
	if total.Sign() == 0 {
		return nil, fmt.Errorf("weights sum to zero: %w", ErrWeights)
	}
	if _, _, err := a.units(scale); err != nil {
		return nil, err
	}
	size := a.Abs()
	left := size.integerAt(int32(max(scale, int(a.scale))))
	if k := int(a.scale) - scale; k > 0 {
		left.Quo(left, bigPow(k))
	}
	whole := new(big.Int).Set(left)
	shares, rests, order := make([]*big.Int, len(weights)), make([]*big.Int, len(weights)), make([]int, len(weights))
	for i, w := range weights {
		shares[i], rests[i] = new(big.Int).QuoRem(new(big.Int).Mul(whole, w), total, new(big.Int))
		left.Sub(left, shares[i])
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return rests[j].Cmp(rests[i]) })
	for _, i := range order[:left.Int64()] {
		shares[i].Add(shares[i], big.NewInt(1))
	}
	parts := make([]Amount, len(weights))
	for i, s := range shares {
		if a.Sign() < 0 {
			s.Neg(s)
		}
		parts[i] = large(a.cur, a.digits, s, int32(scale))
	}
	return parts, nil
}

// smallWeights brings weights to one scale in 64 bits, where that is possible.
func smallWeights(weights []decimal.Decimal) ([]int64, bool) {
	least := int32(0)
	for _, w := range weights {
		least = min(least, w.Exponent())
	}
	out := make([]int64, len(weights))
	for i, w := range weights {
		n, ok := int64Of(w)
		up := int64(w.Exponent()) - int64(least)
		if !ok || up > maxPow {
			return nil, false
		}
		if out[i], ok = mul64(n, pow10[up]); !ok {
			return nil, false
		}
	}
	return out, true
}

func bigWeights(weights []decimal.Decimal) []*big.Int {
	least := int32(0)
	for _, w := range weights {
		least = min(least, w.Exponent())
	}
	out := make([]*big.Int, len(weights))
	for i, w := range weights {
		n := w.Coefficient()
		out[i] = n.Mul(n, bigPow(int(w.Exponent()-least)))
	}
	return out
}
