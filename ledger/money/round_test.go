package money_test

import (
	"encoding/json"
	"testing"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/money"
)

var modes = []money.Mode{money.HalfUp, money.HalfEven, money.HalfDown, money.Up, money.Down, money.Ceiling, money.Floor}

func TestRoundingModes(t *testing.T) {
	for _, c := range []struct {
		number string
		want   [7]string // half up, half even, half down, up, down, ceiling, floor
	}{
		{"5.5", [7]string{"6", "6", "5", "6", "5", "6", "5"}},
		{"2.5", [7]string{"3", "2", "2", "3", "2", "3", "2"}},
		{"1.6", [7]string{"2", "2", "2", "2", "1", "2", "1"}},
		{"1.1", [7]string{"1", "1", "1", "2", "1", "2", "1"}},
		{"1.0", [7]string{"1", "1", "1", "1", "1", "1", "1"}},
		{"0.5", [7]string{"1", "0", "0", "1", "0", "1", "0"}},
		{"0.4", [7]string{"0", "0", "0", "1", "0", "1", "0"}},
		{"0.0", [7]string{"0", "0", "0", "0", "0", "0", "0"}},
		{"-0.4", [7]string{"0", "0", "0", "-1", "0", "0", "-1"}},
		{"-0.5", [7]string{"-1", "0", "0", "-1", "0", "0", "-1"}},
		{"-1.0", [7]string{"-1", "-1", "-1", "-1", "-1", "-1", "-1"}},
		{"-1.1", [7]string{"-1", "-1", "-1", "-2", "-1", "-1", "-2"}},
		{"-1.6", [7]string{"-2", "-2", "-2", "-2", "-1", "-1", "-2"}},
		{"-2.5", [7]string{"-3", "-2", "-2", "-3", "-2", "-2", "-3"}},
		{"-5.5", [7]string{"-6", "-6", "-5", "-6", "-5", "-5", "-6"}},
		{"2.50000000000000000000000000001", [7]string{"3", "3", "3", "3", "2", "3", "2"}},
		{"-2.49999999999999999999999999999", [7]string{"-2", "-2", "-2", "-3", "-2", "-2", "-3"}},
		{"9223372036854775807.5", [7]string{"9223372036854775808", "9223372036854775808", "9223372036854775807",
			"9223372036854775808", "9223372036854775807", "9223372036854775808", "9223372036854775807"}},
	} {
		for i, m := range modes {
			if have := money.MustParse(c.number + " JPY").Round(m); have != money.MustParse(c.want[i]+" JPY") {
				t.Errorf("%s %s: %s, want %s", c.number, m, have, c.want[i])
			}
			if have := m.Round(dec(c.number), 0); !have.Equal(dec(c.want[i])) {
				t.Errorf("decimal %s %s: %s, want %s", c.number, m, have, c.want[i])
			}
		}
	}
}

// The decimal package has five of the modes of its own; the others follow from symmetry.
func TestRoundingAgreesWithDecimalsAtAnyScale(t *testing.T) {
	r := rnd(t)
	for range 4_000 {
		a, x := anyAmount(t, r)
		places := int32(r.IntN(14) - 4)
		unit := decimal.New(1, -places)
		for m, want := range map[money.Mode]decimal.Decimal{
			money.HalfUp: x.Round(places), money.HalfEven: x.RoundBank(places), money.Up: x.RoundUp(places),
			money.Down: x.RoundDown(places), money.Ceiling: x.RoundCeil(places), money.Floor: x.RoundFloor(places),
		} {
			have := a.RoundAt(int(places), m)
			if !have.Decimal().Equal(want) || !m.Round(x, int(places)).Equal(want) {
				t.Fatalf("%s to %d %s: %s and %s, want %s", a, places, m, have, m.Round(x, int(places)), want)
			}
			if again := have.RoundAt(int(places), m); again != have {
				t.Fatalf("rounding %s again gives %s", have, again)
			}
			byStep, err := a.RoundTo(unit, m)
			if err != nil || byStep != have {
				t.Fatalf("%s to steps of %s %s: %s, %v; want %s", a, unit, m, byStep, err, have)
			}
		}
		down, up := a.RoundAt(int(places), money.HalfDown).Decimal(), a.RoundAt(int(places), money.HalfUp).Decimal()
		if tie := x.Sub(down).Abs().Mul(decimal.New(2, 0)).Equal(unit); tie == down.Equal(up) || x.Sub(down).Abs().GreaterThan(unit) {
			t.Fatalf("%s to %d: half down %s, half up %s", a, places, down, up)
		}
	}
}

func TestRoundingToAStep(t *testing.T) {
	for _, c := range []struct {
		amount, step string
		mode         money.Mode
		want         string
	}{
		{"42.06 CHF", "0.05", money.HalfUp, "42.05 CHF"},
		{"42.075 CHF", "0.05", money.HalfUp, "42.10 CHF"},
		{"42.075 CHF", "0.05", money.HalfEven, "42.10 CHF"},
		{"42.025 CHF", "0.05", money.HalfEven, "42.00 CHF"},
		{"-42.075 CHF", "0.05", money.HalfUp, "-42.10 CHF"},
		{"-42.06 CHF", "0.05", money.Ceiling, "-42.05 CHF"},
		{"1234 JPY", "100", money.Up, "1300 JPY"},
		{"1.37 USD", "0.25", money.Down, "1.25 USD"},
		{"1.00 USD", "0.3", money.HalfUp, "0.90 USD"},
		{"123456789012345678901.03 USD", "0.05", money.HalfUp, "123456789012345678901.05 USD"},
		{"0 USD", "0.05", money.Up, "0.00 USD"},
	} {
		have, err := money.MustParse(c.amount).RoundTo(dec(c.step), c.mode)
		want(t, have, err, c.want)
	}
	for _, step := range []string{"0", "-0.05"} {
		_, err := money.MustParse("1 USD").RoundTo(dec(step), money.HalfUp)
		wantError(t, err, money.ErrScale)
	}
}

func TestWhereACurrencyHasNoMinorUnitRoundingKeepsEightDecimals(t *testing.T) {
	a := money.MustParse("0.123456785 BTC")
	want(t, a.Round(money.HalfUp), nil, "0.12345679 BTC")
	if a.IsRound() || !a.Round(money.HalfUp).IsRound() || money.MustParse("0.125 USD").IsRound() ||
		!money.MustParse("0.12 USD").IsRound() {
		t.Error("IsRound")
	}
	third, err := money.MustParse("1 POINTS").Quo(dec("3"), money.HalfUp)
	want(t, third, err, "0.33333333 POINTS")
}

func TestDivisionIsRoundedOnce(t *testing.T) {
	a := money.MustParse("10 USD")
	q, err := a.Quo(dec("3"), money.HalfUp)
	want(t, q, err, "3.33 USD")
	q, err = a.Quo(dec("-3"), money.Up)
	want(t, q, err, "-3.34 USD")
	q, err = a.MulQuoAt(dec("1"), dec("3"), 10, money.HalfUp)
	want(t, q, err, "3.3333333333 USD")
	q, err = a.MulQuoAt(dec("1"), dec("3"), 40, money.HalfUp)
	want(t, q, err, "3.3333333333333333333333333333333333333333 USD")
	// 0.445 twice rounded would be 0.45, then 0.5; once it is 0.4.
	q, err = money.MustParse("0.89 USD").MulQuoAt(dec("1"), dec("2"), 1, money.HalfUp)
	want(t, q, err, "0.40 USD")
	for _, f := range []func() (money.Amount, error){
		func() (money.Amount, error) { return a.Quo(decimal.Zero, money.Up) },
		func() (money.Amount, error) { return a.MulQuo(dec("1"), dec("0.00"), money.Up) },
	} {
		_, err := f()
		wantError(t, err, money.ErrDivision)
	}
}

func TestFractionsAgreeWithDecimals(t *testing.T) {
	r := rnd(t)
	for range 4_000 {
		a, x := anyAmount(t, r)
		num, den, places := anyDecimal(r), anyDecimal(r), int32(r.IntN(14)-2)
		if den.IsZero() {
			continue
		}
		have, err := a.MulQuoAt(num, den, int(places), money.HalfUp)
		if want := x.Mul(num).DivRound(den, places); err != nil || !have.Decimal().Equal(want) {
			t.Fatalf("%s * %s / %s to %d: %s, %v; want %s", a, num, den, places, have, err, want)
		}
		for _, m := range modes { // |have*den - a*num| < |unit*den|, at most half of it for the half modes
			have, _ := a.MulQuoAt(num, den, int(places), m)
			off := have.Decimal().Mul(den).Sub(x.Mul(num)).Abs()
			if m <= money.HalfDown {
				off = off.Mul(decimal.New(2, 0))
			}
			if bound := den.Abs().Shift(-places); off.GreaterThan(bound) || m > money.HalfDown && off.Equal(bound) {
				t.Fatalf("%s * %s / %s to %d %s is off: %s", a, num, den, places, m, have)
			}
		}
	}
}

func TestModesAreWords(t *testing.T) {
	for _, m := range modes {
		text, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		var back money.Mode
		if err := json.Unmarshal(text, &back); err != nil || back != m {
			t.Error(string(text), back, err)
		}
	}
	if money.HalfUp.String() != "half-up" || money.Mode(0) != money.HalfUp || money.Mode(9).String() != "mode-9" {
		t.Error("words")
	}
	m := money.Floor
	for _, s := range []string{"", "HalfUp", "half-Up", "mode-9"} {
		wantError(t, m.UnmarshalText([]byte(s)), money.ErrMode)
	}
	_, err := money.Mode(9).MarshalText()
	wantError(t, err, money.ErrMode)
	if m != money.Floor {
		t.Error("a refused text changed the mode")
	}
}
