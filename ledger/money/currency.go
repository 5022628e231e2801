package money

import (
	"fmt"
	"unicode"
	"unicode/utf8"
)

// A Currency is an ISO 4217 code such as "EUR", or the code of a commodity of one's own such as "POINTS".
//
// Codes on the ISO list know their decimals. For every other code, and for the few listed ones without a minor unit (gold, the
// testing code), the number of decimals is given where it is needed: Scaled, RoundAt, MinorAt, AllocateAt.
type Currency string

// MaxScale is the largest number of decimals that a commodity may declare unless its host says otherwise, and the number to which
// amounts of commodities without a minor unit are rounded when no scale is given.
const MaxScale = 8

// maxCode bounds the bytes of a code.
const maxCode = 32

type isoEntry struct {
	code   Currency
	name   string
	number uint16
	digits int8
}

// ParseCurrency accepts exactly the codes of the ISO 4217 list, in capitals. It fails with ErrCode.
func ParseCurrency(s string) (Currency, error) {
	i := isoIndex(Currency(s))
	if i < 0 {
		return "", fmt.Errorf("%.40q: %w", s, ErrCode)
	}
	return isoList[i].code, nil
}

// Digits returns the decimals of the minor unit: 2 for USD, 0 for JPY, 3 for KWD, 4 for CLF. It reports false for codes
// without one, such as XAU and all that are not on the ISO list.
func (c Currency) Digits() (int, bool) {
	d := c.digits()
	return max(int(d), 0), d >= 0
}

// digits is -1 where there is no minor unit.
func (c Currency) digits() int8 {
	if i := isoIndex(c); i >= 0 {
		return isoList[i].digits
	}
	return -1
}

// Listed reports whether the code is on the ISO 4217 list.
func (c Currency) Listed() bool { return isoIndex(c) >= 0 }

// Name returns the English name on the ISO 4217 list, or "".
func (c Currency) Name() string {
	if i := isoIndex(c); i >= 0 {
		return isoList[i].name
	}
	return ""
}

// Numeric returns the three digits of the numeric code, "840" for USD, or "" when the code is not listed.
func (c Currency) Numeric() string {
	i := isoIndex(c)
	if i < 0 {
		return ""
	}
	return fmt.Sprintf("%03d", isoList[i].number)
}

// Valid reports whether the code may stand in an amount: a listed one, or 1 to 32 bytes of printable UTF-8 without a space at
// either end.
func (c Currency) Valid() bool { return isoIndex(c) >= 0 || c.own() }

func (c Currency) own() bool {
	if len(c) == 0 || len(c) > maxCode || c[0] == ' ' || c[len(c)-1] == ' ' {
		return false
	}
	for _, r := range string(c) {
		if r == utf8.RuneError || r != ' ' && !unicode.IsGraphic(r) || r != ' ' && unicode.IsSpace(r) {
			return false
		}
	}
	return true
}

// lookup returns the digits of a valid code.
func (c Currency) lookup() (int8, error) {
	if i := isoIndex(c); i >= 0 {
		return isoList[i].digits, nil
	}
	if !c.own() {
		return 0, fmt.Errorf("%.40q: %w", string(c), ErrCode)
	}
	return -1, nil
}

// Currencies returns all codes of the ISO 4217 list in alphabetic order.
func Currencies() []Currency {
	all := make([]Currency, len(isoList))
	for i, e := range isoList {
		all[i] = e.code
	}
	return all
}
