package driver

import (
	"cmp"
	"strings"
)

// Kind says what a column holds, and so how a backend stores and compares it.
type Kind uint8

// The kinds of columns. Each names the constructor of its values.
const (
	// Bool holds true and false (BoolValue).
	Bool Kind = iota + 1
	// Int holds 64-bit integers (IntValue): counts, minor units, decimals at a fixed scale.
	Int
	// Text holds valid UTF-8 without NUL, ordered bytewise (TextValue).
	Text
	// UUID holds sixteen raw bytes, ordered bytewise (UUIDValue).
	UUID
	// Date holds a civil date as days since 1970-01-01 (IntValue), from year 1 to 9999.
	Date
	// Instant holds a moment as microseconds since 1970-01-01T00:00:00Z (IntValue), from year 1 to 9999.
	Instant
	// Decimal holds an exact decimal number in its canonical text (TextValue): stored and returned, never compared or summed.
	Decimal
	// JSON holds JSON text, byte for byte as given (TextValue): stored and returned, never compared.
	JSON
)

// A Value is one cell. The zero Value is null.
type Value struct {
	form form
	i    int64
	s    string
}

type form uint8

const (
	formNull form = iota
	formInt       // also Bool, Date, Instant
	formText      // also UUID, Decimal, JSON
)

// Null is the absent value; it equals Value{}.
var Null = Value{}

// IntValue makes the value of an Int, Date or Instant column.
func IntValue(i int64) Value { return Value{form: formInt, i: i} }

// BoolValue makes the value of a Bool column.
func BoolValue(b bool) Value {
	if b {
		return Value{form: formInt, i: 1}
	}
	return Value{form: formInt}
}

// TextValue makes the value of a Text, Decimal or JSON column.
func TextValue(s string) Value { return Value{form: formText, s: s} }

// UUIDValue makes the value of a UUID column.
func UUIDValue(id [16]byte) Value {
	if id == ([16]byte{}) {
		return Value{form: formText, s: noUUID}
	}
	return Value{form: formText, s: string(id[:])}
}

const noUUID = "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"

// IsNull reports whether the value is absent.
func (v Value) IsNull() bool { return v.form == formNull }

// Int returns the integer, day or microsecond; 0 for other values.
func (v Value) Int() int64 { return v.i }

// Bool returns the truth value; false for other values.
func (v Value) Bool() bool { return v.i != 0 }

// Text returns the text, the JSON or the decimal; "" for other values. Of a UUID it returns the sixteen raw bytes.
func (v Value) Text() string { return v.s }

// UUID returns the sixteen bytes of a UUID; zero for other values.
func (v Value) UUID() (id [16]byte) {
	copy(id[:], v.s)
	return id
}

// Compare orders two values of one column: null first, then numbers by size, texts bytewise.
func Compare(a, b Value) int {
	if a.form != b.form {
		return cmp.Compare(a.form, b.form)
	}
	if a.form == formInt {
		return cmp.Compare(a.i, b.i)
	}
	return strings.Compare(a.s, b.s)
}

// A Row holds one value per column of its table, in the table's order. A key is a row cut off after the key columns.
type Row []Value

// CompareRows orders two rows column by column; a shorter row comes before a longer one with the same beginning.
func CompareRows(a, b Row) int {
	for i := range min(len(a), len(b)) {
		if c := Compare(a[i], b[i]); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(a), len(b))
}

// Clone returns a row that shares nothing with r; nil stays nil.
func (r Row) Clone() Row {
	if r == nil {
		return nil
	}
	return append(make(Row, 0, len(r)), r...)
}
