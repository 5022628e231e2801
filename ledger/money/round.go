package money

import (
	"fmt"

	"github.com/shopspring/decimal"
)

// A Mode names a way of rounding. The zero Mode is HalfUp, the usual one in trade.
type Mode uint8

// The rounding modes.
const (
	// HalfUp goes to the nearest; a tie goes away from zero: 2.5 to 3, -2.5 to -3.
	HalfUp Mode = iota
	// HalfEven goes to the nearest; a tie goes to the even neighbour: 2.5 to 2, 3.5 to 4.
	HalfEven
	// HalfDown goes to the nearest; a tie goes toward zero: 2.5 to 2, -2.5 to -2.
	HalfDown
	// Up goes away from zero: 2.1 to 3, -2.1 to -3.
	Up
	// Down goes toward zero: 2.9 to 2, -2.9 to -2.
	Down
	// Ceiling goes toward plus infinity: 2.1 to 3, -2.9 to -2.
	Ceiling
	// Floor goes toward minus infinity: 2.9 to 2, -2.1 to -3.
	Floor
)

// away reports whether to step away from zero, given that something was cut off: odd tells whether what is left is odd, half
// compares what was cut off with half a step.
func (m Mode) away(negative, odd bool, half int) bool {
	switch m {
	case HalfEven:
		return half > 0 || half == 0 && odd
	case HalfDown:
		return half > 0
	case Up:
		return true
	case Down:
		return false
	case Ceiling:
		return !negative
	case Floor:
		return negative
	}
	return half >= 0
}

// Round rounds a decimal to a number of decimals, which may be negative: 1 of Round(d, 2) is 0.01, of Round(d, -3) it is 1000.
// It is for what is not money: quantities, hours, percentages.
func (m Mode) Round(d decimal.Decimal, places int) decimal.Decimal {
	places = min(max(places, -maxExponent), maxExponent)
	k := -int(d.Exponent()) - places
	if k <= 0 {
		return d
	}
	if n, ok := int64Of(d); ok && k <= maxPow {
		if q, ok := mulDiv(n, 1, pow10[k], m); ok {
			return decimal.New(q, int32(-places))
		}
	}
	return decimal.NewFromBigInt(bigDiv(d.Coefficient(), bigPow(k), m), int32(-places))
}

// Round rounds to the minor unit; where the currency has none, to MaxScale decimals.
func (a Amount) Round(m Mode) Amount { return a.RoundAt(a.places(), m) }

// RoundAt rounds to a number of decimals, which may be as low as -18: RoundAt(-3, m) gives whole thousands.
func (a Amount) RoundAt(scale int, m Mode) Amount {
	scale = max(scale, -maxPow)
	k := int(a.scale) - scale
	if k <= 0 {
		return a
	}
	if a.big == "" && k <= maxPow {
		if q, ok := mulDiv(a.coef, 1, pow10[k], m); ok {
			return small(a.cur, a.digits, q, int32(scale))
		}
	}
	return large(a.cur, a.digits, bigDiv(a.integer(), bigPow(k), m), int32(scale))
}

// RoundTo rounds to a multiple of a step such as 0.05. It fails with ErrScale when the step is not positive.
func (a Amount) RoundTo(step decimal.Decimal, m Mode) (Amount, error) {
	if step.Sign() <= 0 {
		return Amount{}, fmt.Errorf("step %s: %w", step, ErrScale)
	}
	steps, err := a.ratio(a.cur, a.digits, one, step, 0, m)
	if err != nil {
		return Amount{}, err
	}
	return steps.Mul(step), nil
}

// IsRound reports whether the amount has no decimals beyond its minor unit; where the currency has none, beyond MaxScale.
func (a Amount) IsRound() bool { return int(a.scale) <= a.places() }

var modeWords = [...]string{"half-up", "half-even", "half-down", "up", "down", "ceiling", "floor"}

// String returns the mode's word, such as "half-up".
func (m Mode) String() string {
	if int(m) < len(modeWords) {
		return modeWords[m]
	}
	return fmt.Sprintf("mode-%d", uint8(m))
}

// ParseMode reads a mode's word. It fails with ErrMode.
func ParseMode(s string) (Mode, error) {
	for i, w := range modeWords {
		if s == w {
			return Mode(i), nil
		}
	}
	return 0, fmt.Errorf("%.40q: %w", s, ErrMode)
}

// MarshalText writes the mode's word. It fails with ErrMode for a number that is no mode.
func (m Mode) MarshalText() ([]byte, error) {
	if int(m) >= len(modeWords) {
		return nil, fmt.Errorf("%s: %w", m, ErrMode)
	}
	return []byte(modeWords[m]), nil
}

// UnmarshalText reads a mode's word. It fails with ErrMode.
func (m *Mode) UnmarshalText(text []byte) error {
	parsed, err := ParseMode(string(text))
	if err == nil {
		*m = parsed
	}
	return err
}
