package money_test

import (
	"testing"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/money"
)

// The names carry the numbers of the worked examples that established systems publish in their tests.

func usd(s string) money.Amount { return money.MustParse(s + " USD") }

func half(s string) string { return usd(s).Round(money.HalfUp).Text() }

func equal(t *testing.T, have, want string) {
	t.Helper()
	if have != want {
		t.Errorf("have %s, want %s", have, want)
	}
}

func allocated(t *testing.T, whole, weights, want string) {
	t.Helper()
	parts, err := usd(whole).Allocate(decs(weights)...)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, texts(parts), want)
}

func ratio(t *testing.T, a, num, den, want string) {
	t.Helper()
	have, err := usd(a).MulQuo(dec(num), dec(den), money.HalfUp)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, have.Text(), want)
}

func TestWE_TR40_ShareOverTwoAnalyticAccounts(t *testing.T) {
	allocated(t, "100.03", "0.7 0.3", "70.02 30.01")
}

func TestWE_R1_RevenueOverThreeMonths(t *testing.T) {
	parts, err := usd("300").Split(3)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, texts(parts), "100.00 100.00 100.00")
}

func TestWE_V13_LandedCostByValue(t *testing.T) {
	allocated(t, "80", "120 200 0", "30.00 50.00 0.00")
	allocated(t, "0.04", "1 1 1 1 1 1 1", "0.01 0.01 0.01 0.01 0.00 0.00 0.00")
}

func TestWE_T15_FixedTaxOverTwoAccounts(t *testing.T) {
	allocated(t, "42.00", "10 90", "4.20 37.80")
}

func TestWE_T1_RoundingPerLineAndPerDocument(t *testing.T) {
	tax := usd("1.24").Mul(dec("0.10"))
	equal(t, tax.Round(money.HalfUp).Times(2).Text(), "0.24")
	equal(t, tax.Times(2).Round(money.HalfUp).Text(), "0.25")
}

func TestWE_TR1_TR2_HundredSmallLines(t *testing.T) {
	line := usd("1.001")
	equal(t, line.Mul(dec("0.2")).Times(100).Round(money.HalfUp).Text(), "20.02")
	equal(t, line.Mul(dec("0.2")).Round(money.HalfUp).Times(100).Text(), "20.00")
}

func TestWE_T6_TaxIncluded(t *testing.T) {
	net, err := usd("52.50").MulQuoAt(dec("100"), dec("112"), 6, money.HalfUp)
	want(t, net, err, "46.875 USD")
	tax, err := usd("52.50").Sub(net)
	want(t, tax, err, "5.625 USD")
}

func TestWE_T7_CashStepOfFiveCents(t *testing.T) {
	for gross, want := range map[string]string{"5.00": "4.75", "50.00": "47.60"} {
		net, err := usd(gross).MulQuoAt(dec("100"), dec("105"), 6, money.HalfUp)
		if err != nil {
			t.Fatal(err)
		}
		net, err = net.RoundTo(dec("0.05"), money.HalfUp)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, net.Text(), want)
	}
}

func TestWE_T10_CurrencyWithoutDecimals(t *testing.T) {
	equal(t, money.MustParse("22689 CLP").Mul(dec("1.19")).Round(money.HalfUp).String(), "27000 CLP")
	net, err := money.MustParse("10920 CLP").MulQuo(dec("100"), dec("119"), money.HalfUp)
	want(t, net, err, "9176 CLP")
}

func TestWE_T17_PreciseLines(t *testing.T) {
	line := usd("3.05").Mul(dec("20.10"))
	equal(t, line.Text(), "61.305")
	equal(t, line.Round(money.HalfUp).Text(), "61.31")
	equal(t, line.Times(2).Round(money.HalfUp).Text(), "122.61")
}

func TestWE_TR15_FourDecimalsVanish(t *testing.T) { equal(t, half("0.0035"), "0.00") }

func TestWE_TR25_RatesBothWays(t *testing.T) {
	rate := money.Rate{From: "EUR", To: "USD", Value: dec("1.3")}
	have, err := money.Convert(money.MustParse("10 EUR"), rate, money.HalfUp)
	want(t, have, err, "13.00 USD")
	have, err = money.Convert(usd("10"), rate.Inverse(), money.HalfUp)
	want(t, have, err, "7.69 EUR")
	have, err = money.ConvertAt(usd("10"), rate.Inverse(), 27, money.HalfUp)
	want(t, have, err, "7.692307692307692307692307692 EUR")
}

func TestWE_TR26_ZeroAtTheUnit(t *testing.T) {
	for number, want := range map[string]bool{"0": true, "0.0002": true, "0.0009": false, "0.002": false} {
		for _, a := range []money.Amount{usd(number), usd(number).Neg()} {
			if a.RoundAt(3, money.HalfUp).IsZero() != want {
				t.Errorf("%s", a)
			}
		}
	}
}

func TestWE_TR27_CashRounding(t *testing.T) {
	cash, err := usd("42.06").RoundTo(dec("0.05"), money.Up)
	want(t, cash, err, "42.10 USD")
	rounding, err := cash.Sub(usd("42.06"))
	want(t, rounding, err, "0.04 USD")
}

func TestWE_S19_HalfUpOnDecimals(t *testing.T) {
	equal(t, usd("55").Mul(dec("0.067")).Text(), "3.685")
	equal(t, usd("55").Mul(dec("0.067")).Round(money.HalfUp).Text(), "3.69")
}

func TestWE_S7_S8_S11_S12_Proration(t *testing.T) {
	ratio(t, "910.00", "32", "91", "320.00")
	ratio(t, "200.00", "29", "30", "193.33")
	ratio(t, "1188.00", "243", "366", "788.75")
	ratio(t, "60.00", "21", "28", "45.00")
	ratio(t, "100.00", decimal.New(15, 0).Mul(dec("0.10")).String(), "365", "0.41") // N3
}

func TestWE_S10_ProratedTax(t *testing.T) {
	ratio(t, "29.99", "6", "7", "25.71")
	tax, err := usd("29.99").MulQuo(dec("6").Mul(dec("0.2333")), dec("7"), money.HalfUp)
	want(t, tax, err, "6.00 USD")
}

func TestWE_X4_ForeignClaimsInclusiveOfTax(t *testing.T) {
	for _, c := range [][5]string{{"1500", "1", "3", "115", "434.78 65.22"}, {"700", "1", "2", "110", "318.18 31.82"}} {
		gross, err := usd(c[0]).MulQuo(dec(c[1]), dec(c[2]), money.HalfUp)
		if err != nil {
			t.Fatal(err)
		}
		net, err := gross.MulQuo(dec("100"), dec(c[3]), money.HalfUp)
		if err != nil {
			t.Fatal(err)
		}
		tax, err := gross.Sub(net)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, net.Text()+" "+tax.Text(), c[4])
	}
}

func TestWE_FX3_ForeignRemainder(t *testing.T) {
	ratio(t, "8000", "5", "95", "421.05")
}
