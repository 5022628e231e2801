package money

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// AppendText appends what String returns.
func (a Amount) AppendText(b []byte) ([]byte, error) {
	if a.cur == "" {
		return b, nil
	}
	return a.append(b), nil
}

// MarshalText returns what String does.
func (a Amount) MarshalText() ([]byte, error) { return a.AppendText(nil) }

// UnmarshalText reads what MarshalText writes. It fails like Parse, and then leaves the amount alone.
func (a *Amount) UnmarshalText(text []byte) error {
	parsed, err := Parse(string(text))
	if err == nil {
		*a = parsed
	}
	return err
}

// MarshalJSON writes {"amount":"12.34","currency":"USD"}, the number always as text; null for Amount{}.
func (a Amount) MarshalJSON() ([]byte, error) {
	if a.cur == "" {
		return []byte("null"), nil
	}
	b := make([]byte, 0, 48)
	b = append(b, `{"amount":"`...)
	b = a.appendNumber(b, "", ".")
	b = append(b, `","currency":`...)
	if a.cur.Listed() {
		b = append(b, '"')
		b = append(b, a.cur...)
		return append(b, `"}`...), nil
	}
	code, err := json.Marshal(string(a.cur))
	if err != nil {
		return nil, err
	}
	b = append(b, code...)
	return append(b, '}'), nil
}

// UnmarshalJSON reads what MarshalJSON writes, and nothing else: both members, as texts, once each; null is Amount{}. The one
// exception is a text such as "12.34 USD", because that is how a map's keys arrive. It fails with ErrSyntax, ErrCode or
// ErrOverflow, and then leaves the amount alone.
func (a *Amount) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*a = Amount{}
		return nil
	}
	parsed, err := readOwnJSON(data)
	if err == nil {
		*a = parsed
	}
	return err
}

// readOwnJSON is the fast way for what MarshalJSON writes; everything else is read in full.
func readOwnJSON(data []byte) (Amount, error) {
	rest, ok1 := bytes.CutPrefix(data, []byte(`{"amount":"`))
	number, rest, ok2 := bytes.Cut(rest, []byte(`","currency":"`))
	code, ok3 := bytes.CutSuffix(rest, []byte(`"}`))
	if !ok1 || !ok2 || !ok3 || bytes.ContainsAny(code, `"\`) {
		return readJSON(data)
	}
	return Of(Currency(code), string(number))
}

func readJSON(data []byte) (Amount, error) {
	bad := func(why string) (Amount, error) { return Amount{}, fmt.Errorf("%s: %w", why, ErrSyntax) }
	d := json.NewDecoder(bytes.NewReader(data))
	first, err := d.Token()
	if key, ok := first.(string); ok && key != "" {
		return Parse(key)
	}
	if err != nil || first != json.Delim('{') {
		return bad("an amount is an object")
	}
	var number, code string
	var seen [2]bool
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return bad("broken JSON")
		}
		value, err := d.Token()
		text, ok := value.(string)
		if err != nil || !ok {
			return bad(fmt.Sprintf("%.40q is not a text", key))
		}
		place, target := 0, &number
		switch key {
		case "amount":
		case "currency":
			place, target = 1, &code
		default:
			return bad(fmt.Sprintf("unknown member %.40q", key))
		}
		if seen[place] {
			return bad(fmt.Sprintf("%q stands twice", key))
		}
		seen[place], *target = true, text
	}
	if _, err := d.Token(); err != nil { // the closing brace
		return bad("broken JSON")
	}
	if _, err := d.Token(); err != io.EOF {
		return bad("more than an amount")
	}
	if !seen[0] || !seen[1] {
		return bad("an amount has the members amount and currency")
	}
	return Of(Currency(code), number)
}
