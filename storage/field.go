package storage

import (
	"encoding/json"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage/driver"
)

// A Field binds one Go value to its columns under one name. That name is also the one in JSON, events, the audit trail, imports,
// conditions and fault paths. The constructors below make fields; their methods refine them.
type Field struct {
	name     string
	label    string
	kind     string
	codec    codec
	key      bool
	optional bool
	version  *int64
	custom   *customCodec
	was      []string
	fallback driver.Value
	limit    int
	choices  []string
	personal bool
}

// UUID keeps an identifier.
func UUID[T any](name string, p *ID[T]) Field {
	return Field{name: name, kind: "id", codec: idCodec[T]{p}}
}

// Version keeps the number of changes of the row, from 1. A table with a version detects lost updates.
func Version(p *int64) Field {
	return Field{name: "version", kind: "int", codec: intCodec[int64]{p}, version: p}
}

// Text keeps text of any length up to 1 MiB (1 KiB where it is indexed): valid UTF-8 without NUL.
func Text[S ~string](name string, p *S) Field {
	return Field{name: name, kind: "text", codec: textCodec[S]{p}, limit: maxText}
}

// Enum keeps one of the given words.
func Enum[S ~string](name string, p *S, choices ...S) Field {
	f := Field{name: name, kind: "choice", codec: enumCodec[S]{textCodec[S]{p}, choices}}
	for _, c := range choices {
		f.choices = append(f.choices, string(c))
	}
	return f
}

// Bool keeps a truth value.
func Bool(name string, p *bool) Field { return Field{name: name, kind: "bool", codec: boolCodec{p}} }

// Int keeps a whole number.
func Int[I ~int64 | ~int](name string, p *I) Field {
	return Field{name: name, kind: "int", codec: intCodec[I]{p}}
}

// Minor keeps an amount as minor units and a currency: filterable, summable. One with finer digits than its currency has is refused.
func Minor(name string, p *money.Amount) Field {
	return Field{name: name, kind: "money", codec: minorCodec{p}}
}

// Scaled keeps a decimal at a fixed number of digits after the point: filterable, summable. One with more digits is refused.
func Scaled(name string, scale int32, p *decimal.Decimal) Field {
	return Field{name: name, kind: "decimal", codec: scaledCodec{p, scale}}
}

// Exact keeps any decimal as it is; it cannot be filtered or summed.
func Exact(name string, p *decimal.Decimal) Field {
	return Field{name: name, kind: "decimal", codec: exactCodec{p}, fallback: driver.TextValue("0")}
}

// Date keeps a civil date.
func Date(name string, p *date.Date) Field {
	return Field{name: name, kind: "date", codec: dateCodec{p}}
}

// Instant keeps a moment to the microsecond.
func Instant(name string, p *time.Time) Field {
	return Field{name: name, kind: "instant", codec: instantCodec{p}}
}

// JSON keeps any value as JSON text; it is shown, not filtered.
func JSON[V any](name string, p *V) Field {
	return Field{name: name, kind: "json", codec: jsonCodec[V]{p}, fallback: driver.TextValue("null")}
}

// JSONText keeps JSON text that the caller has encoded, compactly as package encoding/json does, without looking at it again; it is shown, not filtered.
func JSONText(name string, p *json.RawMessage) Field {
	return Field{name: name, kind: "json", codec: jsonTextCodec{p}, fallback: driver.TextValue("null")}
}

// RefTo keeps a pointer to anything.
func RefTo(name string, p *Ref) Field { return Field{name: name, kind: "ref", codec: refCodec{p}} }

// Custom keeps the fields that a tenant declared for itself; see DeclareField.
func Custom(p *Fields) Field {
	c := &customCodec{p: p}
	return Field{name: "fields", kind: "fields", codec: c, custom: c, fallback: driver.TextValue("{}")}
}

// Key makes the field part of the primary key. Key fields come first.
func (f Field) Key() Field { f.key = true; return f }

// Optional lets a date or instant be absent: its zero value.
func (f Field) Optional() Field { f.optional = true; return f }

// Was names the field's earlier name, so that a migration renames its columns.
func (f Field) Was(old ...string) Field { f.was = old; return f }

// Label is what a screen calls the field; without one it is the name.
func (f Field) Label(label string) Field { f.label = label; return f }

// Personal marks a value about a person: the audit trail keeps it apart, so that it can be erased.
func (f Field) Personal() Field { f.personal = true; return f }

// Limit bounds a text, in bytes.
func (f Field) Limit(bytes int) Field { f.limit = bytes; return f }

// Default is what rows get that were written before the field was added: a bool, an int64 or a text. Without one it is the kind's zero.
func (f Field) Default(v any) Field {
	if row, ok := f.codec.literal(v); ok {
		f.fallback = row[0]
	}
	return f
}

// columns lists the driver's columns of the field.
func (f Field) columns() []driver.Column {
	cols := f.codec.columns(f.name)
	for i := range cols {
		if f.optional {
			cols[i].Nullable = true
		}
		if !f.fallback.IsNull() && i == 0 {
			cols[i].Default = f.fallback
		}
	}
	for _, old := range f.was {
		for i, c := range f.codec.columns(old) {
			cols[i].Was = append(cols[i].Was, c.Name)
		}
	}
	return cols
}

// put writes the field's values into an empty row and answers a fault code.
func (f *Field) put(dst driver.Row, limit int) string {
	fault := f.codec.put(dst)
	if fault == CodeRequired && f.optional {
		return ""
	}
	if fault == "" && limit > 0 && len(dst[0].Text()) > limit {
		return CodeTooLong
	}
	return fault
}
