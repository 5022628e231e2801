package storage

import (
	"encoding/json"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage/driver"
)

// A codec moves one Go value to and from its columns. It is bound to a place in a scratch struct, so no reflection is needed.
type codec interface {
	columns(name string) []driver.Column
	put(dst driver.Row) (fault string) // writes the bound value; answers a fault code, or ""
	take(src driver.Row) error         // reads into the bound value
	literal(v any) (driver.Row, bool)  // turns a condition's constant into column values
	show() any                         // the bound value as JSON shows it
	clear()                            // makes the bound value zero
}

func oneColumn(name string, k driver.Kind) []driver.Column {
	return []driver.Column{{Name: name, Kind: k}}
}

// maxText is the longest text in a plain column, in bytes; maxIndexed that in an indexed one, where databases cap the size of an entry.
const (
	maxText    = 1 << 20
	maxIndexed = 1 << 10
)

func textFault(s string) string {
	if !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0 {
		return CodeEncoding
	}
	if len(s) > maxText {
		return CodeTooLong
	}
	return ""
}

type textCodec[S ~string] struct{ p *S }

func (c textCodec[S]) columns(n string) []driver.Column { return oneColumn(n, driver.Text) }
func (c textCodec[S]) put(dst driver.Row) string {
	dst[0] = driver.TextValue(string(*c.p))
	return textFault(string(*c.p))
}
func (c textCodec[S]) take(src driver.Row) error { *c.p = S(src[0].Text()); return nil }
func (c textCodec[S]) literal(v any) (driver.Row, bool) {
	switch v := v.(type) {
	case string:
		return driver.Row{driver.TextValue(v)}, textFault(v) == ""
	case S:
		return driver.Row{driver.TextValue(string(v))}, textFault(string(v)) == ""
	}
	return nil, false
}
func (c textCodec[S]) show() any { return string(*c.p) }
func (c textCodec[S]) clear()    { *c.p = "" }

type enumCodec[S ~string] struct {
	textCodec[S]
	choices []S
}

func (c enumCodec[S]) put(dst driver.Row) string {
	dst[0] = driver.TextValue(string(*c.p))
	for _, s := range c.choices {
		if s == *c.p {
			return ""
		}
	}
	return CodeChoice
}

type boolCodec struct{ p *bool }

func (c boolCodec) columns(n string) []driver.Column { return oneColumn(n, driver.Bool) }
func (c boolCodec) put(dst driver.Row) string        { dst[0] = driver.BoolValue(*c.p); return "" }
func (c boolCodec) take(src driver.Row) error        { *c.p = src[0].Bool(); return nil }
func (c boolCodec) literal(v any) (driver.Row, bool) {
	b, ok := v.(bool)
	return driver.Row{driver.BoolValue(b)}, ok
}
func (c boolCodec) show() any { return *c.p }
func (c boolCodec) clear()    { *c.p = false }

type intCodec[I ~int64 | ~int] struct{ p *I }

func (c intCodec[I]) columns(n string) []driver.Column { return oneColumn(n, driver.Int) }
func (c intCodec[I]) put(dst driver.Row) string        { dst[0] = driver.IntValue(int64(*c.p)); return "" }
func (c intCodec[I]) take(src driver.Row) error        { *c.p = I(src[0].Int()); return nil }
func (c intCodec[I]) literal(v any) (driver.Row, bool) {
	switch v := v.(type) {
	case int:
		return driver.Row{driver.IntValue(int64(v))}, true
	case int64:
		return driver.Row{driver.IntValue(v)}, true
	case I:
		return driver.Row{driver.IntValue(int64(v))}, true
	}
	return nil, false
}
func (c intCodec[I]) show() any { return int64(*c.p) }
func (c intCodec[I]) clear()    { *c.p = 0 }

type idCodec[T any] struct{ p *ID[T] }

func (c idCodec[T]) columns(n string) []driver.Column { return oneColumn(n, driver.UUID) }
func (c idCodec[T]) put(dst driver.Row) string        { dst[0] = driver.UUIDValue(*c.p); return "" }
func (c idCodec[T]) take(src driver.Row) error        { *c.p = src[0].UUID(); return nil }
func (c idCodec[T]) literal(v any) (driver.Row, bool) {
	switch v := v.(type) {
	case ID[T]:
		return driver.Row{driver.UUIDValue(v)}, true
	case string:
		id, err := ParseID[T](v)
		return driver.Row{driver.UUIDValue(id)}, err == nil
	}
	return nil, false
}
func (c idCodec[T]) show() any { return c.p.String() }
func (c idCodec[T]) clear()    { *c.p = ID[T]{} }

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

type dateCodec struct{ p *date.Date }

func (c dateCodec) columns(n string) []driver.Column { return oneColumn(n, driver.Date) }
func (c dateCodec) put(dst driver.Row) string {
	if c.p.IsZero() {
		return CodeRequired
	}
	dst[0] = driver.IntValue(c.p.Days())
	return ""
}
func (c dateCodec) take(src driver.Row) error {
	if src[0].IsNull() {
		*c.p = date.Date{}
		return nil
	}
	*c.p = date.FromDays(src[0].Int())
	return nil
}
func (c dateCodec) literal(v any) (driver.Row, bool) {
	d, ok := v.(date.Date)
	return driver.Row{driver.IntValue(d.Days())}, ok && !d.IsZero()
}
func (c dateCodec) show() any { return *c.p }
func (c dateCodec) clear()    { *c.p = date.Date{} }

type instantCodec struct{ p *time.Time }

// firstInstant and lastInstant bound what can be stored: the years 1 to 9999.
var (
	firstInstant = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	lastInstant  = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
)

func (c instantCodec) columns(n string) []driver.Column { return oneColumn(n, driver.Instant) }
func (c instantCodec) put(dst driver.Row) string {
	if c.p.IsZero() {
		return CodeRequired
	}
	if c.p.Before(firstInstant) || !c.p.Before(lastInstant) {
		dst[0] = driver.IntValue(0)
		return CodeRange
	}
	dst[0] = driver.IntValue(c.p.UnixMicro())
	return ""
}
func (c instantCodec) take(src driver.Row) error {
	if src[0].IsNull() {
		*c.p = time.Time{}
		return nil
	}
	*c.p = time.UnixMicro(src[0].Int()).UTC()
	return nil
}
func (c instantCodec) literal(v any) (driver.Row, bool) {
	t, ok := v.(time.Time)
	return driver.Row{driver.IntValue(t.UnixMicro())}, ok
}
func (c instantCodec) show() any {
	if c.p.IsZero() {
		return nil
	}
	return c.p.UTC()
}
func (c instantCodec) clear() { *c.p = time.Time{} }

type jsonCodec[V any] struct{ p *V }

func (c jsonCodec[V]) columns(n string) []driver.Column { return oneColumn(n, driver.JSON) }
func (c jsonCodec[V]) put(dst driver.Row) string {
	b, err := json.Marshal(*c.p)
	if err != nil {
		dst[0] = driver.TextValue("null")
		return CodeType
	}
	dst[0] = driver.TextValue(string(b))
	if len(b) > 16*maxText {
		return CodeTooLong
	}
	if hasEscape(b, `\ufffd`) || hasEscape(b, `\u0000`) {
		return CodeEncoding
	}
	return ""
}

// hasEscape finds an escape sequence in JSON text. The encoder writes \ufffd only for bytes that were not valid UTF-8, and \u0000 for NUL.
func hasEscape(b []byte, escape string) bool {
	for s := string(b); ; {
		i := strings.Index(s, escape)
		if i < 0 {
			return false
		}
		slashes := 0
		for slashes < i && s[i-1-slashes] == '\\' {
			slashes++
		}
		if slashes%2 == 0 {
			return true
		}
		s = s[i+len(escape):]
	}
}
func (c jsonCodec[V]) take(src driver.Row) error {
	var v V
	if s := src[0].Text(); s != "null" && s != "" {
		if err := json.Unmarshal([]byte(s), &v); err != nil {
			return err
		}
	}
	*c.p = v
	return nil
}
func (c jsonCodec[V]) literal(any) (driver.Row, bool) { return nil, false }
func (c jsonCodec[V]) show() any                      { return *c.p }
func (c jsonCodec[V]) clear()                         { var v V; *c.p = v }

type refCodec struct{ p *Ref }

func (c refCodec) columns(n string) []driver.Column {
	return []driver.Column{{Name: n + "_kind", Kind: driver.Text}, {Name: n + "_id", Kind: driver.Text}}
}
func (c refCodec) put(dst driver.Row) string {
	dst[0], dst[1] = driver.TextValue(c.p.Kind), driver.TextValue(c.p.ID)
	if f := textFault(c.p.Kind); f != "" {
		return f
	}
	if len(c.p.ID) > maxIndexed || len(c.p.Kind) > 64 {
		return CodeTooLong
	}
	return textFault(c.p.ID)
}
func (c refCodec) take(src driver.Row) error {
	*c.p = Ref{Kind: src[0].Text(), ID: src[1].Text()}
	return nil
}
func (c refCodec) literal(v any) (driver.Row, bool) {
	r, ok := v.(Ref)
	return driver.Row{driver.TextValue(r.Kind), driver.TextValue(r.ID)}, ok
}
func (c refCodec) show() any { return *c.p }
func (c refCodec) clear()    { *c.p = Ref{} }
