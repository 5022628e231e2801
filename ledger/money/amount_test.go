package money_test

import (
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/money"
)

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

func want(t *testing.T, have money.Amount, err error, text string) {
	t.Helper()
	if err != nil || have.String() != text {
		t.Errorf("have %q, %v; want %q", have, err, text)
	}
}

func wantError(t *testing.T, err, kind error) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("have error %v, want %v", err, kind)
	}
}

func TestANumberHasOneFormHoweverItWasMade(t *testing.T) {
	minor, _ := money.Minor("USD", 1250)
	scaled, _ := money.Scaled("USD", 12_500_000, 6)
	whole, _ := money.Scaled("USD", 125, 1)
	decimals, _ := money.FromDecimal("USD", dec("12.5000"))
	wide, _ := money.FromDecimal("USD", dec("12.5000000000000000000000000000000"))
	text, _ := money.Of("USD", "0012.500")
	product := money.MustParse("5 USD").Mul(dec("2.5"))
	rounded := money.MustParse("12.4999999 USD").Round(money.HalfUp)
	large := money.MustParse("123456789012345678901234567890.25 USD")
	back, _ := large.Sub(money.MustParse("123456789012345678901234567877.75 USD"))
	members := map[money.Amount]bool{}
	for _, a := range []money.Amount{minor, scaled, whole, decimals, wide, text, product, rounded, back} {
		want(t, a, nil, "12.50 USD")
		members[a] = true
	}
	again := money.MustParse("0123456789012345678901234567890.250 USD")
	if len(members) != 1 || large != again || !large.Equal(again) {
		t.Error("equal amounts are not ==")
	}
}

func TestMinorUnitsAndScales(t *testing.T) {
	for _, c := range []struct {
		amount string
		scale  int // -1: that of the currency
		want   int64
		err    error
	}{
		{"12.34 USD", -1, 1234, nil},
		{"-0.01 USD", -1, -1, nil},
		{"1234 JPY", -1, 1234, nil},
		{"1.234 KWD", -1, 1234, nil},
		{"1.2345 CLF", -1, 12345, nil},
		{"12.345 USD", -1, 0, money.ErrInexact},
		{"1.5 JPY", -1, 0, money.ErrInexact},
		{"1 XAU", -1, 0, money.ErrScale},
		{"1 POINTS", -1, 0, money.ErrScale},
		{"1.25 POINTS", 2, 125, nil},
		{"1.25 POINTS", 4, 12500, nil},
		{"1.25 POINTS", 1, 0, money.ErrInexact},
		{"1.50 USD", 1, 15, nil},
		{"1.50 USD", 0, 0, money.ErrInexact},
		{"92233720368547758.07 USD", -1, math.MaxInt64, nil},
		{"-92233720368547758.08 USD", -1, math.MinInt64, nil},
		{"92233720368547758.08 USD", -1, 0, money.ErrOverflow},
		{"92233720368547758.08 USD", 0, 0, money.ErrInexact},
		{"92233720368547758.10 USD", 1, 922337203685477581, nil},
		{"92233720368547758.07 USD", 3, 0, money.ErrOverflow},
		{"1 USD", 19, 0, money.ErrScale},
		{"1 USD", -2, 0, money.ErrScale},
		{"0.00000000000000000001 X", 0, 0, money.ErrInexact},
		{"", -1, 0, nil},
	} {
		a := money.MustParse(c.amount)
		have, err := a.MinorAt(c.scale)
		if c.scale == -1 {
			have, err = a.Minor()
		}
		if have != c.want || !errors.Is(err, c.err) {
			t.Errorf("%q at %d: %d, %v; want %d, %v", c.amount, c.scale, have, err, c.want, c.err)
		}
	}
	_, err := money.Minor("POINTS", 1)
	wantError(t, err, money.ErrScale)
	_, err = money.Minor("", 1)
	wantError(t, err, money.ErrCode)
	_, err = money.Scaled("POINTS", 1, 19)
	wantError(t, err, money.ErrScale)
	_, err = money.Scaled("PO\nINTS", 1, 2)
	wantError(t, err, money.ErrCode)
	_, err = money.FromDecimal("USD", decimal.New(1, math.MaxInt32))
	wantError(t, err, money.ErrOverflow)
	_, err = money.FromDecimal("", dec("1"))
	wantError(t, err, money.ErrCode)
}

func TestAddingUnlikeCurrenciesIsAnError(t *testing.T) {
	usd, eur := money.MustParse("1 USD"), money.MustParse("1 EUR")
	for _, b := range []money.Amount{eur, money.Zero("EUR"), money.MustParse("1 POINTS")} {
		for _, op := range []func(money.Amount) (money.Amount, error){usd.Add, usd.Sub} {
			if got, err := op(b); !errors.Is(err, money.ErrCurrency) || got != (money.Amount{}) {
				t.Errorf("%s and %s: %s, %v", usd, b, got, err)
			}
		}
		_, err := usd.Cmp(b)
		wantError(t, err, money.ErrCurrency)
	}
	_, err := money.Sum(usd, eur)
	wantError(t, err, money.ErrCurrency)
}

func TestTheZeroAmountIsNeutral(t *testing.T) {
	var none money.Amount
	a := money.MustParse("-12.34 USD")
	sum, err := none.Add(a)
	want(t, sum, err, "-12.34 USD")
	sum, err = a.Add(none)
	want(t, sum, err, "-12.34 USD")
	sum, err = none.Sub(a)
	want(t, sum, err, "12.34 USD")
	sum, err = money.Sum(none, a, a, none)
	want(t, sum, err, "-24.68 USD")
	if c, err := none.Cmp(a); c != 1 || err != nil {
		t.Error(c, err)
	}
	if sum, err := money.Sum(); sum != none || err != nil {
		t.Error(sum, err)
	}
	twice := none.Times(3).Mul(dec("1.5")).Neg().Abs().Round(money.Up)
	if twice != none || !none.IsZero() || none.Sign() != 0 || none.Text() != "0" || money.Zero("") != none {
		t.Errorf("%#v", twice)
	}
	if parts, err := none.Split(2); err != nil || parts[0] != none {
		t.Error(parts, err)
	}
	if money.Zero("USD") == none || money.Zero("USD") != money.MustParse("0 USD") ||
		money.Zero("USD") != money.MustParse("-0.000 USD") {
		t.Error("there is one zero of a currency, and it has that currency")
	}
}

func TestLargeNumbersStayExact(t *testing.T) {
	top, _ := money.Minor("USD", math.MaxInt64)
	bottom, _ := money.Minor("USD", math.MinInt64)
	cent := money.MustParse("0.01 USD")
	a, err := top.Add(cent)
	want(t, a, err, "92233720368547758.08 USD")
	a, err = a.Sub(cent)
	want(t, a, err, "92233720368547758.07 USD")
	if a != top {
		t.Error("a way out of 64 bits and back changes the form")
	}
	want(t, bottom.Neg(), nil, "92233720368547758.08 USD")
	want(t, bottom.Neg().Neg(), nil, "-92233720368547758.08 USD")
	if bottom.Neg().Neg() != bottom || bottom.Abs().Sign() != 1 || bottom.Neg().Neg().Sign() != -1 {
		t.Error("the smallest number")
	}
	a, err = bottom.Sub(cent)
	want(t, a, err, "-92233720368547758.09 USD")
	want(t, top.Times(10), nil, "922337203685477580.70 USD")
	want(t, top.Mul(dec("1.01")), nil, "93156057572233235.6507 USD")
	want(t, money.MustParse("1 USD").Mul(decimal.New(1, 30)), nil, "1000000000000000000000000000000.00 USD")
	if c, err := top.Times(2).Cmp(top); c != 1 || err != nil {
		t.Error(c, err)
	}
	if c, err := top.Times(-2).Cmp(top.Times(2)); c != -1 || err != nil {
		t.Error(c, err)
	}
}

// rnd gives seeded numbers; the seed is printed when a test fails.
func rnd(t *testing.T) *rand.Rand {
	seed := uint64(time.Now().UnixNano())
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	})
	return rand.New(rand.NewPCG(seed, 1))
}

// anyDecimal is of up to 30 digits, often short, often near the edge of 64 bits.
func anyDecimal(r *rand.Rand) decimal.Decimal {
	n := new(big.Int).SetUint64(r.Uint64() >> r.IntN(64))
	switch r.IntN(8) {
	case 0:
		n.Mul(n, big.NewInt(int64(r.Uint32())))
	case 1:
		n.SetInt64(math.MaxInt64 - int64(r.IntN(3)) + 1)
	case 2:
		n.SetUint64(1 << 63)
	}
	if r.IntN(2) == 0 {
		n.Neg(n)
	}
	return decimal.NewFromBigInt(n, int32(r.IntN(14)-10))
}

func anyAmount(t *testing.T, r *rand.Rand) (money.Amount, decimal.Decimal) {
	t.Helper()
	c := []money.Currency{"USD", "JPY", "KWD", "POINTS"}[r.IntN(4)]
	return amountOf(t, c, anyDecimal(r))
}

func amountOf(t *testing.T, c money.Currency, d decimal.Decimal) (money.Amount, decimal.Decimal) {
	t.Helper()
	a, err := money.FromDecimal(c, d)
	if err != nil {
		t.Fatal(err)
	}
	return a, d
}

// Decimals serve as the oracle: they know only big integers.
func TestArithmeticAgreesWithDecimals(t *testing.T) {
	r := rnd(t)
	for range 4_000 {
		a, x := anyAmount(t, r)
		b, y := amountOf(t, a.Currency(), anyDecimal(r))
		c, _ := amountOf(t, a.Currency(), anyDecimal(r))
		f := anyDecimal(r)
		n := r.Int64() >> r.IntN(64)
		same := func(what string, have money.Amount, wanted decimal.Decimal) {
			t.Helper()
			canonical, _ := amountOf(t, a.Currency(), wanted)
			again, err := money.Parse(have.String())
			if !have.Decimal().Equal(wanted) || have != canonical || err != nil || again != have || have.Sign() != wanted.Sign() {
				t.Fatalf("%s of %s, %s, %s: %s, want %s (%v)", what, a, b, f, have, wanted, err)
			}
		}
		same("itself", a, x)
		sum, err := a.Add(b)
		same("sum", sum, x.Add(y))
		if err != nil {
			t.Fatal(err)
		}
		difference, _ := a.Sub(b)
		same("difference", difference, x.Sub(y))
		same("negative", a.Neg(), x.Neg())
		same("size", a.Abs(), x.Abs())
		same("product", a.Mul(f), x.Mul(f))
		same("multiple", a.Times(n), x.Mul(decimal.NewFromInt(n)))
		if have, err := a.Cmp(b); err != nil || have != x.Cmp(y) {
			t.Fatalf("%s against %s: %d, %v", a, b, have, err)
		}
		left, _ := sum.Add(c)
		right, _ := b.Add(c)
		if right, _ = a.Add(right); left != right {
			t.Fatalf("(%s + %s) + %s = %s, other way %s", a, b, c, left, right)
		}
	}
}
