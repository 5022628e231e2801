package money_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/tutas/tutas/ledger/money"
)

func TestWhatIsNoNumberIsRefused(t *testing.T) {
	for text, kind := range map[string]error{
		"12.34": money.ErrSyntax, "USD": money.ErrSyntax, "12.34USD": money.ErrSyntax, " USD": money.ErrSyntax,
		"- USD":  money.ErrSyntax,
		"+1 USD": money.ErrSyntax, "1. USD": money.ErrSyntax, ".5 USD": money.ErrSyntax, "1,5 USD": money.ErrSyntax,
		"1e3 USD": money.ErrSyntax,
		"--1 USD": money.ErrSyntax, "1.2.3 USD": money.ErrSyntax, "1.-2 USD": money.ErrSyntax, "0x1 USD": money.ErrSyntax,
		"NaN USD": money.ErrSyntax,
		"１ USD":   money.ErrSyntax, "1 ": money.ErrCode, "1  USD": money.ErrCode, "1 USD\n": money.ErrCode, " 1 USD": money.ErrSyntax,
		strings.Repeat("9", 101) + " USD":                money.ErrOverflow,
		"0." + strings.Repeat("0", 100) + "1 USD":        money.ErrOverflow,
		"1 " + strings.Repeat("X", 1000):                 money.ErrCode,
		"1" + strings.Repeat("0", 1_000_000) + "x POINT": money.ErrSyntax,
	} {
		have, err := money.Parse(text)
		if !errors.Is(err, kind) || have != (money.Amount{}) || len(err.Error()) > 200 {
			t.Errorf("%.40q: %s, %v; want %v", text, have, err, kind)
		}
	}
	defer func() {
		if err, ok := recover().(error); !ok || !errors.Is(err, money.ErrSyntax) {
			t.Errorf("MustParse panicked with %v", err)
		}
	}()
	money.MustParse("x")
}

func TestNumbersForPeople(t *testing.T) {
	for _, c := range []struct {
		amount string
		layout money.Layout
		want   string
	}{
		{"10005534 USD", money.Layout{Group: ","}, "10,005,534.00"},
		{"-10005534.5 USD", money.Layout{Group: ".", Point: ","}, "-10.005.534,50"},
		{"999 JPY", money.Layout{Group: ","}, "999"},
		{"-1000 JPY", money.Layout{Group: ","}, "-1,000"},
		{"0.05 USD", money.Layout{Group: ","}, "0.05"},
		{"-0.005 USD", money.Layout{}, "-0.005"},
		{"2802496.50 USD", money.Layout{Group: ",", Whole: true}, "2,802,497"},
		{"-0.5 USD", money.Layout{Group: ",", Whole: true}, "-1"},
		{"0.4 USD", money.Layout{Whole: true}, "0"},
		{"123456789012345678901.5 USD", money.Layout{Group: "'", Whole: true}, "123'456'789'012'345'678'902"},
		{"-123456789012345678901.5 USD", money.Layout{Group: "\u202f"},
			"-123\u202f456\u202f789\u202f012\u202f345\u202f678\u202f901.50"},
		{"", money.Layout{Group: ","}, "0"},
	} {
		if have := money.MustParse(c.amount).Format(c.layout); have != c.want {
			t.Errorf("%s as %+v: %s, want %s", c.amount, c.layout, have, c.want)
		}
	}
}

func TestJSONRoundTrip(t *testing.T) {
	for text, want := range map[string]string{
		"12.30 USD":             `{"amount":"12.30","currency":"USD"}`,
		"-0.005 USD":            `{"amount":"-0.005","currency":"USD"}`,
		"7 JPY":                 `{"amount":"7","currency":"JPY"}`,
		"1.5 A\"<\\é":           `{"amount":"1.5","currency":"A\"\u003c\\é"}`,
		"99999999999999999 KWD": `{"amount":"99999999999999999.000","currency":"KWD"}`,
		"":                      `null`,
	} {
		a := money.MustParse(text)
		have, err := json.Marshal(a)
		if err != nil || string(have) != want {
			t.Errorf("%s, %v; want %s", have, err, want)
		}
		back := money.MustParse("1 XTS")
		if err := json.Unmarshal(have, &back); err != nil || back != a {
			t.Errorf("%s comes back as %s, %v", have, back, err)
		}
	}
	type doc struct {
		Total money.Amount            `json:"total,omitzero"`
		By    map[money.Amount]string `json:"by,omitempty"`
	}
	have, err := json.Marshal(doc{By: map[money.Amount]string{money.MustParse("1 USD"): "x"}})
	if err != nil || string(have) != `{"by":{"1.00 USD":"x"}}` {
		t.Errorf("%s, %v", have, err)
	}
	var back doc
	if err := json.Unmarshal(have, &back); err != nil || back.By[money.MustParse("1 USD")] != "x" {
		t.Error(back, err)
	}
}

func TestJSONIsStrict(t *testing.T) {
	for text, kind := range map[string]error{
		`{"amount":12.34,"currency":"USD"}`: money.ErrSyntax,
		`{"amount":"12.34"}`:                money.ErrSyntax,
		`{"currency":"USD"}`:                money.ErrSyntax,
		`{}`:                                money.ErrSyntax,
		`[]`:                                money.ErrSyntax,
		`""`:                                money.ErrSyntax,
		`12`:                                money.ErrSyntax,
		`{"Amount":"1","currency":"USD"}`:   money.ErrSyntax,
		`{"amount":"1","currency":"USD","x":"1"}`:                        money.ErrSyntax,
		`{"amount":"1","amount":"2","currency":"USD"}`:                   money.ErrSyntax,
		`{"amount":"1","currency":null}`:                                 money.ErrSyntax,
		`{"amount":{"amount":"1"},"currency":"USD"}`:                     money.ErrSyntax,
		`{"amount":"1e5","currency":"USD"}`:                              money.ErrSyntax,
		`{"amount":"","currency":"USD"}`:                                 money.ErrSyntax,
		`{"amount":"1","currency":""}`:                                   money.ErrCode,
		`{"amount":"1","currency":"U\u0000D"}`:                           money.ErrCode,
		`{"amount":"` + strings.Repeat("1", 101) + `","currency":"USD"}`: money.ErrOverflow,
	} {
		a := money.MustParse("1 XTS")
		if err := json.Unmarshal([]byte(text), &a); !errors.Is(err, kind) || a != money.MustParse("1 XTS") {
			t.Errorf("%s: %s, %v", text, a, err)
		}
	}
	var a money.Amount
	for _, text := range []string{``, `{`, `{"amount"`, `{"amount":"1","currency":"USD"}x`, `{"amount":"1","currency":"USD"`,
		`{"amount":"1","currency":"USD"} {}`} {
		wantError(t, a.UnmarshalJSON([]byte(text)), money.ErrSyntax)
	}
	wantError(t, a.UnmarshalText([]byte("1 ")), money.ErrCode)
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"", "12.34 USD", "-0.00 JPY", "007.5 POINTS", "99999999999999999999.999 KWD", "1e5 USD",
		"1 Chocolate Frogs", "-.5 X"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := money.Parse(s)
		if err != nil {
			if a != (money.Amount{}) {
				t.Fatalf("%q: an error and %s", s, a)
			}
			return
		}
		again, err := money.Parse(a.String())
		if err != nil || again != a {
			t.Fatalf("%q: %s, then %s, %v", s, a, again, err)
		}
		back, err := money.FromDecimal(a.Currency(), a.Decimal())
		if s != "" && (err != nil || back != a) {
			t.Fatalf("%q: %s as a decimal gives %s, %v", s, a, back, err)
		}
		data, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, &again); err != nil || again != a {
			t.Fatalf("%q: %s from %s, %v", s, again, data, err)
		}
	})
}

func FuzzJSON(f *testing.F) {
	f.Add([]byte(`{"amount":"12.34","currency":"USD"}`))
	f.Add([]byte(`{"currency":"X","amount":"-1"}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var a, b money.Amount
		if json.Unmarshal(data, &a) != nil {
			return
		}
		again, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(again, &b); err != nil || a != b {
			t.Fatalf("%s gives %s, then %s gives %s, %v", data, a, again, b, err)
		}
	})
}
