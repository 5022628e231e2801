package money_test

import (
	"encoding/json"
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/tutas/tutas/ledger/money"
)

const facts = "testdata/"

// expected are figures that were calculated outside this library.
type expected struct {
	MinorUnits  map[money.Currency]string `json:"minor_units"`
	Conversions []struct {
		Date, From, To, Amount, Exact, Expected string
		RateDate                                string `json:"rate_date"`
	} `json:"conversions"`
	MeanUSD string `json:"average_usd_2024"`
}

func readExpected(t testing.TB) (e expected) {
	t.Helper()
	raw, err := os.ReadFile(facts + "expected-rates.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

func TestCurrenciesHaveTheMinorUnitsOfTheISOList(t *testing.T) {
	want := readExpected(t).MinorUnits
	if len(want) != len(money.Currencies()) {
		t.Errorf("%d currencies, want %d", len(money.Currencies()), len(want))
	}
	for c, digits := range want {
		have, ok := c.Digits()
		if !ok && digits != "N.A." || ok && strconv.Itoa(have) != digits {
			t.Errorf("%s has %d (%v), want %s", c, have, ok, digits)
		}
		if _, err := money.ParseCurrency(string(c)); err != nil {
			t.Error(err)
		}
	}
}

func TestListedCurrenciesKnowTheirNameAndNumber(t *testing.T) {
	for _, c := range []struct {
		code               money.Currency
		name, number       string
		digits             int
		hasDigits, isValid bool
	}{
		{"USD", "US Dollar", "840", 2, true, true},
		{"ALL", "Lek", "008", 2, true, true},
		{"JPY", "Yen", "392", 0, true, true},
		{"KWD", "Kuwaiti Dinar", "414", 3, true, true},
		{"CLF", "Unidad de Fomento", "990", 4, true, true},
		{"XAU", "Gold", "959", 0, false, true},
		{"POINTS", "", "", 0, false, true},
		{"£", "", "", 0, false, true},
		{"Chocolate Frogs", "", "", 0, false, true},
		{"", "", "", 0, false, false},
		{" A", "", "", 0, false, false},
		{"A ", "", "", 0, false, false},
		{"A\tB", "", "", 0, false, false},
		{"A\u2028B", "", "", 0, false, false},
		{"A\u00a0B", "", "", 0, false, false},
		{"\xff", "", "", 0, false, false},
		{"A\x00", "", "", 0, false, false},
		{money.Currency(strings.Repeat("X", 33)), "", "", 0, false, false},
	} {
		digits, ok := c.code.Digits()
		if c.code.Name() != c.name || c.code.Numeric() != c.number || digits != c.digits || ok != c.hasDigits ||
			c.code.Valid() != c.isValid ||
			c.code.Listed() != (c.number != "") {
			t.Errorf("%q: %q %q %d %v %v", c.code, c.code.Name(), c.code.Numeric(), digits, ok, c.code.Valid())
		}
	}
}

func TestOnlyListedCodesInCapitalsAreCurrencies(t *testing.T) {
	for _, s := range []string{"", "usd", "US", "USDX", "DEM", "POINTS", "$", " USD"} {
		if c, err := money.ParseCurrency(s); !errors.Is(err, money.ErrCode) || c != "" {
			t.Errorf("%q: %q, %v", s, c, err)
		}
	}
}
