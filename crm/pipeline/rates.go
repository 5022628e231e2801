package pipeline

import (
	"cmp"
	"iter"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/money"
)

// A Rate is a share as an exact fraction: 4238 of 6711.
type Rate struct {
	Part  int64 `json:"part"`
	Whole int64 `json:"whole"`
}

// WinRate is the share of deals that were won among those that were closed.
func WinRate(won, lost int64) Rate { return Rate{won, won + lost} }

// Percent is the share of 100, rounded half up to some decimals; 0 of nothing.
func (r Rate) Percent(places int) decimal.Decimal {
	if r.Whole == 0 {
		return decimal.Decimal{}
	}
	return decimal.New(r.Part, 2).DivRound(decimal.New(r.Whole, 0), int32(places))
}

// Days tells how long deals took.
type Days struct {
	Count int64 `json:"count"`
	Sum   int64 `json:"sum"`
	Min   int   `json:"min"`
	Max   int   `json:"max"`
	// Median is the one in the middle, or halfway between the two in the middle; Mean is rounded half up to two decimals.
	Median decimal.Decimal `json:"median"`
	Mean   decimal.Decimal `json:"mean"`
}

// CycleDays summarises how long deals took, one number of days for each.
func CycleDays(days ...int) Days {
	times := map[int]int64{}
	for _, d := range days {
		times[d]++
	}
	return Spread(times)
}

// Spread summarises how long deals took, from how many deals took how many days.
func Spread(times map[int]int64) (s Days) {
	var each []int
	for d, n := range times {
		if n > 0 {
			each = append(each, d)
			s.Count += n
			s.Sum += int64(d) * n
		}
	}
	if s.Count == 0 {
		return s
	}
	slices.Sort(each)
	s.Min, s.Max = each[0], each[len(each)-1]
	s.Mean = decimal.New(s.Sum, 0).DivRound(decimal.New(s.Count, 0), 2)
	at := func(place int64) int64 { // the place-th in order, from 0
		for _, d := range each {
			if place -= times[d]; place < 0 {
				return int64(d)
			}
		}
		return int64(s.Max)
	}
	if s.Count%2 == 1 {
		s.Median = decimal.New(at(s.Count/2), 0)
	} else {
		s.Median = decimal.New((at(s.Count/2-1)+at(s.Count/2))*5, -1)
	}
	return s
}

// A Count is how many deals share a key.
type Count[K any] struct {
	Key K     `json:"key"`
	N   int64 `json:"n"`
}

// Funnel counts deals by any key, in the order of the keys: by stage, by owner and month, by whatever the function returns.
func Funnel[K cmp.Ordered](deals iter.Seq[*Deal], key func(*Deal) K) []Count[K] {
	n := map[K]int64{}
	for d := range deals {
		n[key(d)]++
	}
	list := make([]Count[K], 0, len(n))
	for k, c := range n {
		list = append(list, Count[K]{k, c})
	}
	slices.SortFunc(list, func(a, b Count[K]) int { return cmp.Compare(a.Key, b.Key) })
	return list
}

// Weighted is an amount times a probability in percent, rounded half up to the minor unit.
func Weighted(a money.Amount, percent decimal.Decimal) money.Amount {
	return a.Mul(percent.Shift(-2)).Round(money.HalfUp)
}

// A Discount is what was given away below the price list.
type Discount struct {
	// Given is list minus value; below zero where more than list was paid.
	Given money.Amount `json:"given"`
	// Percent is Given in percent of list, rounded half up to two decimals.
	Percent decimal.Decimal `json:"percent"`
}

// DiscountOf compares what is paid with the price list. A list of zero gives no discount.
func DiscountOf(list, value money.Amount) Discount {
	given, err := list.Sub(value)
	if err != nil || list.Sign() <= 0 {
		return Discount{Given: money.Zero(list.Currency())}
	}
	return Discount{given, given.Decimal().Mul(hundred).DivRound(list.Decimal(), 2)}
}

// Over reports whether more than some percent of list was given away: exactly, without rounding.
func Over(list, value money.Amount, percent decimal.Decimal) bool {
	given, err := list.Sub(value)
	return err == nil && list.Sign() > 0 && given.Decimal().Mul(hundred).Cmp(list.Decimal().Mul(percent)) > 0
}

// Discount compares what a deal was won for, or else is expected to bring, with the price list.
func (d *Deal) Discount() Discount {
	if d.Status == StatusWon {
		return DiscountOf(d.List, d.Value)
	}
	return DiscountOf(d.List, d.Amount)
}
