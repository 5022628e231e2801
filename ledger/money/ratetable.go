package money

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/shopspring/decimal"
)

// A Day is a date that can compare itself: date.Date and time.Time are such.
type Day[D any] interface{ Compare(D) int }

// A Quote is one dated line of a rate table: on Date, one unit of the table's base is worth Value of Currency.
type Quote[D any] struct {
	Date     D
	Currency Currency
	Value    decimal.Decimal
}

// A RateTable holds the rates of one base currency by date, as central banks publish them, in memory. It does not change once
// made and may be used from many goroutines.
//
// On a day without a quote the last earlier one counts, for each currency by itself; a pair without the base is crossed over it,
// exactly. The rate's Date tells the older of the days it is from.
type RateTable[D Day[D]] struct {
	base   Currency
	source string
	series map[Currency][]Quote[D]
}

// NewRateTable makes a table from quotes in any order. It fails with ErrCode for a malformed code, and with ErrRate for a value
// that is not positive, for a quote of the base itself, and for two different quotes of one currency and day.
func NewRateTable[D Day[D]](base Currency, source string, quotes []Quote[D]) (*RateTable[D], error) {
	if _, err := base.lookup(); err != nil {
		return nil, err
	}
	t := &RateTable[D]{base: base, source: source, series: map[Currency][]Quote[D]{}}
	for _, q := range quotes {
		if _, err := q.Currency.lookup(); err != nil {
			return nil, err
		}
		if q.Value.Sign() <= 0 || q.Currency == base {
			return nil, fmt.Errorf("%s in %s on %v is %s: %w", base, q.Currency, q.Date, q.Value, ErrRate)
		}
		t.series[q.Currency] = append(t.series[q.Currency], q)
	}
	for c, s := range t.series {
		slices.SortStableFunc(s, func(a, b Quote[D]) int { return a.Date.Compare(b.Date) })
		for i := 1; i < len(s); i++ {
			if s[i].Date.Compare(s[i-1].Date) == 0 && !s[i].Value.Equal(s[i-1].Value) {
				return nil, fmt.Errorf("%s in %s on %v is both %s and %s: %w", base, c, s[i].Date, s[i-1].Value, s[i].Value, ErrRate)
			}
		}
	}
	return t, nil
}

// Base returns the currency that the table's quotes are for.
func (t *RateTable[D]) Base() Currency { return t.base }

// Rate returns the rate of a pair on a date. It fails with ErrRate when a currency has no quote on or before that date. The
// rate of a currency to itself is one.
func (t *RateTable[D]) Rate(from, to Currency, on D) (Rate, error) {
	r := Rate{From: from, To: to, Value: one, Per: one, Source: t.source}
	if from == to {
		r.Date = fmt.Sprint(on)
		return r, nil
	}
	var days [2]*Quote[D]
	for i, c := range [2]Currency{from, to} {
		if c == t.base {
			continue
		}
		if days[i] = t.find(c, on); days[i] == nil {
			return Rate{}, fmt.Errorf("%s in %s on %v: %w", t.base, c, on, ErrRate)
		}
	}
	oldest := cmp.Or(days[0], days[1])
	if days[0] != nil {
		r.Per = days[0].Value
	}
	if days[1] != nil {
		r.Value = days[1].Value
		if days[1].Date.Compare(oldest.Date) < 0 {
			oldest = days[1]
		}
	}
	r.Date = fmt.Sprint(oldest.Date)
	return r, nil
}

// find returns the last quote on or before a date, or nil.
func (t *RateTable[D]) find(c Currency, on D) *Quote[D] {
	s := t.series[c]
	i, _ := slices.BinarySearchFunc(s, on, func(q Quote[D], on D) int {
		if q.Date.Compare(on) <= 0 {
			return -1
		}
		return 1
	})
	if i == 0 {
		return nil
	}
	return &s[i-1]
}

// Mean returns the unweighted mean of the quotes dated from first to last, both included, as the exact rate of the base to a
// currency: what one translates a period's income with. It fails with ErrRate when there is no quote in that time.
func (t *RateTable[D]) Mean(c Currency, first, last D) (Rate, error) {
	sum, n := decimal.Decimal{}, int64(0)
	for _, q := range t.series[c] {
		if q.Date.Compare(first) >= 0 && q.Date.Compare(last) <= 0 {
			sum, n = sum.Add(q.Value), n+1
		}
	}
	if n == 0 {
		return Rate{}, fmt.Errorf("%s in %s from %v to %v: %w", t.base, c, first, last, ErrRate)
	}
	return Rate{From: t.base, To: c, Value: sum, Per: decimal.NewFromInt(n), Date: fmt.Sprintf("%v/%v", first, last),
		Source: t.source}, nil
}
