package money

import (
	"fmt"

	"github.com/shopspring/decimal"
)

// A Rate is what one currency is worth in another: Per of From are worth Value of To. Two numbers instead of one keep rates exact
// that have no finite decimal: crosses, inverses, means.
type Rate struct {
	From, To Currency
	Value    decimal.Decimal
	// Per is the quantity of From that Value is for; zero stands for one.
	Per decimal.Decimal
	// Date says of which day the rate is, and Source where it is from. They are for the reader; nothing is calculated with them.
	Date, Source string
}

// Rates finds the rate of a pair on a date of type D. RateTable is one; a host may bring its own. It fails with ErrRate.
type Rates[D any] interface {
	Rate(from, to Currency, on D) (Rate, error)
}

// Inverse returns the same rate in the other direction, exactly.
func (r Rate) Inverse() Rate {
	r.From, r.To, r.Value, r.Per = r.To, r.From, r.per(), r.Value
	return r
}

// Cross joins the rate with one that starts where it ends: of EUR to USD and USD to JPY it makes EUR to JPY, exactly. It fails
// with ErrCurrency when they do not meet. The date and the source are those of r.
func (r Rate) Cross(next Rate) (Rate, error) {
	if r.To != next.From {
		return Rate{}, unlike(r.To, next.From)
	}
	r.To, r.Value, r.Per = next.To, r.Value.Mul(next.Value), r.per().Mul(next.per())
	return r, nil
}

// Decimal returns the value of one unit of From, rounded to a number of decimals. It fails with ErrRate when the rate is not
// positive.
func (r Rate) Decimal(places int, m Mode) (decimal.Decimal, error) {
	if err := r.check(); err != nil {
		return decimal.Decimal{}, err
	}
	unit, err := Amount{coef: 1, cur: r.From, digits: -1}.ratio(r.To, -1, r.Value, r.per(), places, m)
	return unit.Decimal(), err
}

func (r Rate) per() decimal.Decimal {
	if r.Per.IsZero() {
		return one
	}
	return r.Per
}

func (r Rate) check() error {
	if r.Value.Sign() <= 0 || r.Per.Sign() < 0 {
		return fmt.Errorf("%s to %s at %s per %s: %w", r.From, r.To, r.Value, r.per(), ErrRate)
	}
	return nil
}

// Convert returns what the amount is worth in the rate's other currency, calculated exactly and rounded once, to the minor unit
// (to MaxScale decimals where there is none). It fails with ErrCurrency when the amount is not of the rate's From, with ErrCode
// when To is no currency, and with ErrRate when the rate is not positive. Amount{} becomes zero.
func Convert(a Amount, r Rate, m Mode) (Amount, error) {
	scale, ok := r.To.Digits()
	if !ok {
		scale = MaxScale
	}
	return ConvertAt(a, r, scale, m)
}

// ConvertAt is Convert rounded to a given number of decimals.
func ConvertAt(a Amount, r Rate, scale int, m Mode) (Amount, error) {
	if a.cur != r.From && a.cur != "" {
		return Amount{}, unlike(a.cur, r.From)
	}
	digits, err := r.To.lookup()
	if err != nil {
		return Amount{}, err
	}
	if err := r.check(); err != nil {
		return Amount{}, err
	}
	return a.ratio(r.To, digits, r.Value, r.per(), scale, m)
}
