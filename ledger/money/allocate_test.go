package money_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/money"
)

func texts(parts []money.Amount) string {
	var all []string
	for _, p := range parts {
		all = append(all, p.Text())
	}
	return strings.Join(all, " ")
}

func decs(list string) (all []decimal.Decimal) {
	for _, s := range strings.Fields(list) {
		all = append(all, dec(s))
	}
	return all
}

func TestAllocation(t *testing.T) {
	for _, c := range []struct{ amount, weights, want string }{
		{"1.00 USD", "1 1 1", "0.34 0.33 0.33"},
		{"-1.00 USD", "1 1 1", "-0.34 -0.33 -0.33"},
		{"1.00 USD", "1 2", "0.33 0.67"},
		{"0.01 USD", "0 1 1", "0.00 0.01 0.00"},
		{"0.05 USD", "3 7", "0.02 0.03"}, // 1.5 and 3.5 cents: a tie, the first wins
		{"0.00 USD", "1 2 3", "0.00 0.00 0.00"},
		{"100 JPY", "50 25 25", "50 25 25"},
		{"10 JPY", "0.333 0.333 0.334", "3 3 4"},
		{"1.000 KWD", "1 1 1", "0.334 0.333 0.333"},
		{"10.00 USD", "0.000000000000000000000000000001 0.000000000000000000000000000002", "3.33 6.67"},
		{"10.00 USD", "1e20 2e20 0", "3.33 6.67 0.00"},
		{"92233720368547758.07 USD", "9223372036854775807 1", "92233720368547758.06 0.01"},
		{"-92233720368547758.08 USD", "1 1", "-46116860184273879.04 -46116860184273879.04"},
		{"-92233720368547758.08 USD", "7", "-92233720368547758.08"},
		{"1000000000000000000000000.00 USD", "1 1 1",
			"333333333333333333333333.34 333333333333333333333333.33 333333333333333333333333.33"},
		{"-1000000000000000000000000.00 USD", "0 1", "0.00 -1000000000000000000000000.00"},
	} {
		parts, err := money.MustParse(c.amount).Allocate(decs(c.weights)...)
		if err != nil || texts(parts) != c.want {
			t.Errorf("%s by %s: %s, %v; want %s", c.amount, c.weights, texts(parts), err, c.want)
		}
	}
	parts, err := money.MustParse("10 POINTS").AllocateAt(0, decs("1 1 1")...)
	if err != nil || texts(parts) != "4 3 3" {
		t.Error(parts, err)
	}
	parts, err = money.MustParse("1.005 USD").AllocateAt(3, decs("1 1")...)
	if err != nil || texts(parts) != "0.503 0.502" {
		t.Error(parts, err)
	}
	parts, err = money.MustParse("300 USD").AllocateIntsAt(0, math.MaxInt64, math.MaxInt64, math.MaxInt64)
	if err != nil || texts(parts) != "100.00 100.00 100.00" {
		t.Error(parts, err)
	}
	parts, err = money.MustParse("300 USD").AllocateInts(math.MaxInt64, math.MaxInt64, 2) // 2^64 in all
	if err != nil || texts(parts) != "150.00 150.00 0.00" {
		t.Error(parts, err)
	}
}

func TestWhatCannotBeDividedIsRefused(t *testing.T) {
	usd := money.MustParse("1.00 USD")
	split := func(n int) []decimal.Decimal { return make([]decimal.Decimal, n) }
	for name, c := range map[string]struct {
		do   func() ([]money.Amount, error)
		want error
	}{
		"no weights":           {func() ([]money.Amount, error) { return usd.Allocate() }, money.ErrWeights},
		"no whole weights":     {func() ([]money.Amount, error) { return usd.AllocateInts() }, money.ErrWeights},
		"zero weights":         {func() ([]money.Amount, error) { return usd.Allocate(split(3)...) }, money.ErrWeights},
		"zero of zero weights": {func() ([]money.Amount, error) { return money.Zero("USD").Allocate(split(3)...) }, money.ErrWeights},
		"negative weight":      {func() ([]money.Amount, error) { return usd.Allocate(decs("2 -1")...) }, money.ErrWeights},
		"large negative":       {func() ([]money.Amount, error) { return usd.Allocate(decs("1e30 -1e29")...) }, money.ErrWeights},
		"large zero":           {func() ([]money.Amount, error) { return usd.Allocate(decs("0e30 0e-30")...) }, money.ErrWeights},
		"no parts":             {func() ([]money.Amount, error) { return usd.Split(0) }, money.ErrWeights},
		"minus one part":       {func() ([]money.Amount, error) { return usd.Split(-1) }, money.ErrWeights},
		"finer decimals":       {func() ([]money.Amount, error) { return money.MustParse("1.005 USD").Split(2) }, money.ErrInexact},
		"finer, large": {func() ([]money.Amount, error) {
			return money.MustParse("100000000000000000000.005 USD").Allocate(decs("1e30 1")...)
		}, money.ErrInexact},
		"no minor unit":   {func() ([]money.Amount, error) { return money.MustParse("1 POINTS").Split(2) }, money.ErrScale},
		"a scale too far": {func() ([]money.Amount, error) { return usd.SplitAt(19, 2) }, money.ErrScale},
		"gold": {func() ([]money.Amount, error) { return money.MustParse("1 XAU").Allocate(decs("1 1")...) },
			money.ErrScale},
	} {
		if parts, err := c.do(); !errors.Is(err, c.want) || parts != nil {
			t.Errorf("%s: %v, %v; want %v", name, parts, err, c.want)
		}
	}
}

func TestAllocationLosesNothingAndIsFair(t *testing.T) {
	r := rnd(t)
	for range 3_000 {
		a, _ := anyAmount(t, r)
		scale := r.IntN(6)
		a = a.RoundAt(scale, money.HalfUp)
		weights := make([]decimal.Decimal, 1+r.IntN(9))
		total := decimal.Decimal{}
		for i := range weights {
			if r.IntN(4) > 0 {
				weights[i] = anyDecimal(r).Abs()
			}
			total = total.Add(weights[i])
		}
		parts, err := a.AllocateAt(scale, weights...)
		if total.IsZero() {
			if !errors.Is(err, money.ErrWeights) {
				t.Fatal(err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if sum, err := money.Sum(parts...); err != nil || sum != a {
			t.Fatalf("%s by %s: %s sums to %s, %v", a, weights, parts, sum, err)
		}
		unit := decimal.New(1, -int32(scale))
		for i, p := range parts {
			off := p.Decimal().Mul(total).Sub(a.Decimal().Mul(weights[i])).Abs()
			if off.GreaterThanOrEqual(total.Mul(unit)) || weights[i].IsZero() && !p.IsZero() || p.Sign()*a.Sign() < 0 {
				t.Fatalf("%s by %s: %s is not the share of %s", a, weights, p, weights[i])
			}
			if p != p.RoundAt(scale, money.Up) {
				t.Fatalf("%s is finer than %d decimals", p, scale)
			}
		}
		for i, p := range parts { // who weighs more gets no less
			for j, q := range parts {
				c, _ := p.Abs().Cmp(q.Abs())
				if weights[i].GreaterThan(weights[j]) && c < 0 {
					t.Fatalf("%s by %s: %s", a, weights, parts)
				}
			}
		}
		mirrored, err := a.Neg().AllocateAt(scale, weights...)
		for i := range mirrored {
			mirrored[i] = mirrored[i].Neg()
		}
		if err != nil || !slices.Equal(mirrored, parts) {
			t.Fatalf("%s by %s: %s, mirrored %s", a, weights, parts, mirrored)
		}
	}
}

func TestPartsOfASplitDifferByOneUnitAtMost(t *testing.T) {
	r := rnd(t)
	for range 2_000 {
		a, _ := anyAmount(t, r)
		a = a.RoundAt(2, money.HalfUp)
		n := 1 + r.IntN(40)
		parts, err := a.SplitAt(2, n)
		if err != nil || len(parts) != n {
			t.Fatal(a, n, err)
		}
		sum, _ := money.Sum(parts...)
		spread, _ := parts[0].Sub(parts[n-1])
		if unit := dec("0.01"); sum != a || spread.Abs().Decimal().GreaterThan(unit) {
			t.Fatalf("%s in %d: %s", a, n, parts)
		}
	}
}
