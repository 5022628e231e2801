package storage

import (
	"math"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage/driver"
)

// minorCodec keeps a money.Amount as minor units and a currency.
type minorCodec struct{ p *money.Amount }

func (c minorCodec) columns(n string) []driver.Column {
	return []driver.Column{{Name: n, Kind: driver.Int}, {Name: n + "_currency", Kind: driver.Text}}
}
func (c minorCodec) put(dst driver.Row) string {
	row, fault := minorRow(*c.p)
	dst[0], dst[1] = row[0], row[1]
	return fault
}
func minorRow(a money.Amount) ([2]driver.Value, string) {
	m, err := a.Minor()
	if err != nil {
		if _, known := a.Currency().Digits(); !known && a.Currency() != "" {
			return [2]driver.Value{driver.IntValue(0), driver.TextValue("")}, CodeCurrency
		}
		if a.Abs().Decimal().GreaterThan(decimal.New(math.MaxInt64, -4)) {
			return [2]driver.Value{driver.IntValue(0), driver.TextValue("")}, CodeRange
		}
		return [2]driver.Value{driver.IntValue(0), driver.TextValue("")}, CodeScale
	}
	return [2]driver.Value{driver.IntValue(m), driver.TextValue(string(a.Currency()))}, ""
}
func (c minorCodec) take(src driver.Row) error {
	if src[1].Text() == "" {
		*c.p = money.Amount{}
		return nil
	}
	a, err := money.Minor(money.Currency(src[1].Text()), src[0].Int())
	*c.p = a
	return err
}
func (c minorCodec) literal(v any) (driver.Row, bool) {
	switch v := v.(type) {
	case money.Amount:
		row, fault := minorRow(v)
		return row[:], fault == ""
	}
	return nil, false
}
func (c minorCodec) show() any { return *c.p }
func (c minorCodec) clear()    { *c.p = money.Amount{} }

type scaledCodec struct {
	p     *decimal.Decimal
	scale int32
}

func (c scaledCodec) columns(n string) []driver.Column { return oneColumn(n, driver.Int) }
func (c scaledCodec) put(dst driver.Row) string {
	i, fault := scaled(*c.p, c.scale)
	dst[0] = driver.IntValue(i)
	return fault
}
func scaled(d decimal.Decimal, scale int32) (int64, string) {
	switch e := d.Exponent(); { // written out, such numbers could fill the memory
	case e > 1000:
		return 0, CodeRange
	case e < -1000:
		return 0, CodeScale
	}
	s := d.Shift(scale)
	if !s.IsInteger() {
		return 0, CodeScale
	}
	b := s.BigInt()
	if !b.IsInt64() {
		return 0, CodeRange
	}
	return b.Int64(), ""
}
func (c scaledCodec) take(src driver.Row) error { *c.p = unscaled(src[0].Int(), c.scale); return nil }
func unscaled(i int64, scale int32) decimal.Decimal {
	for scale > 0 && i%10 == 0 { // 1050 at scale 3 is 1.05, so that what was stored reads back equal in text too
		i, scale = i/10, scale-1
	}
	return decimal.New(i, -scale)
}
func (c scaledCodec) literal(v any) (driver.Row, bool) {
	var d decimal.Decimal
	switch v := v.(type) {
	case decimal.Decimal:
		d = v
	case int:
		d = decimal.NewFromInt(int64(v))
	default:
		return nil, false
	}
	i, fault := scaled(d, c.scale)
	return driver.Row{driver.IntValue(i)}, fault == ""
}
func (c scaledCodec) show() any { return c.p.String() }
func (c scaledCodec) clear()    { *c.p = decimal.Decimal{} }

type exactCodec struct{ p *decimal.Decimal }

func (c exactCodec) columns(n string) []driver.Column { return oneColumn(n, driver.Decimal) }
func (c exactCodec) put(dst driver.Row) string {
	if e := c.p.Exponent(); e > 1000 || e < -1000 {
		dst[0] = driver.TextValue("0")
		return CodeRange
	}
	dst[0] = driver.TextValue(c.p.String())
	return ""
}
func (c exactCodec) take(src driver.Row) (err error) {
	*c.p, err = decimal.NewFromString(src[0].Text())
	return err
}
func (c exactCodec) literal(any) (driver.Row, bool) { return nil, false }
func (c exactCodec) show() any                      { return c.p.String() }
func (c exactCodec) clear()                         { *c.p = decimal.Decimal{} }
