package storage

import (
	"encoding/json"
	"strings"
	"unicode/utf8"

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
	plain := len(s) <= 64
	for i := 0; plain && i < len(s); i++ {
		plain = s[i]-1 < 0x7f // ASCII, but no NUL
	}
	if plain {
		return ""
	}
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

type jsonCodec[V any] struct{ p *V }

func (c jsonCodec[V]) columns(n string) []driver.Column { return oneColumn(n, driver.JSON) }
func (c jsonCodec[V]) put(dst driver.Row) string {
	b, err := json.Marshal(*c.p)
	if err != nil {
		dst[0] = driver.TextValue("null")
		return CodeType
	}
	return putJSON(dst, string(b))
}

func putJSON(dst driver.Row, s string) string {
	dst[0] = driver.TextValue(s)
	if len(s) > 16*maxText {
		return CodeTooLong
	}
	if hasEscape(s, `\ufffd`) || hasEscape(s, `\u0000`) || !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0 {
		return CodeEncoding
	}
	return ""
}

// hasEscape finds an escape sequence in JSON text. The encoder writes \ufffd only for bytes that were not valid UTF-8, and \u0000 for NUL.
func hasEscape(s, escape string) bool {
	for {
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
	s := src[0].Text()
	if s == "null" || s == "" {
		c.clear()
		return nil
	}
	var v V
	if err := json.Unmarshal([]byte(s), &v); err != nil {
		return err
	}
	*c.p = v
	return nil
}
func (c jsonCodec[V]) literal(any) (driver.Row, bool) { return nil, false }
func (c jsonCodec[V]) show() any                      { return *c.p }
func (c jsonCodec[V]) clear()                         { var v V; *c.p = v }

// jsonTextCodec keeps JSON text that its owner has encoded.
type jsonTextCodec struct{ p *json.RawMessage }

func (c jsonTextCodec) columns(n string) []driver.Column { return oneColumn(n, driver.JSON) }
func (c jsonTextCodec) put(dst driver.Row) string {
	if len(*c.p) == 0 {
		dst[0] = driver.TextValue("null")
		return ""
	}
	return putJSON(dst, string(*c.p))
}
func (c jsonTextCodec) take(src driver.Row) error {
	return jsonCodec[json.RawMessage](c).take(src)
}
func (c jsonTextCodec) literal(any) (driver.Row, bool) { return nil, false }
func (c jsonTextCodec) show() any                      { return *c.p }
func (c jsonTextCodec) clear()                         { *c.p = nil }

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
	return driver.Row{driver.TextValue(r.Kind), driver.TextValue(r.ID)}, ok && r.fault() == ""
}
func (c refCodec) show() any { return *c.p }
func (c refCodec) clear()    { *c.p = Ref{} }
