package workflow

import (
	"encoding/json"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// A Document is an aggregate of any kind, known by the names of its fields only: a nil one is none.
type Document struct {
	Ref    storage.Ref
	values map[string]any // of the kind's own Go type: string, bool, decimal.Decimal, money.Amount, date.Date, time.Time, []string
}

// factsOf makes a vocabulary of what a kind says of itself: a reference is the text of its ID, and its kind is "name.kind".
func factsOf(d storage.Description) []Fact[*Document] {
	var list []Fact[*Document]
	for _, f := range d.Fields {
		fact := fieldFact(f.Name, f.Type)
		if fact.Kind == "" {
			continue
		}
		fact.Label, fact.Choices = f.Label, f.Choices
		if f.Type == "choice" {
			fact.Kind = KindEnum
		}
		if list = append(list, fact); f.Type == "ref" {
			list = append(list, fieldFact(f.Name+".kind", "text"))
		}
	}
	return list
}

// fieldFact reads a field of a document.
func fieldFact(name, typ string) Fact[*Document] {
	switch typ {
	case "id", "text", "choice", "ref":
		return TextFact(name, func(d *Document) string { return valueOf[string](d, name) })
	case "bool":
		return BoolFact(name, func(d *Document) bool { return valueOf[bool](d, name) })
	case "int", "decimal":
		return NumberFact(name, func(d *Document) (decimal.Decimal, bool) {
			if d == nil {
				return decimal.Decimal{}, false
			}
			v, ok := d.values[name].(decimal.Decimal)
			return v, ok
		})
	case "money":
		return MoneyFact(name, func(d *Document) money.Amount { return valueOf[money.Amount](d, name) })
	case "date":
		return DateFact(name, func(d *Document) date.Date { return valueOf[date.Date](d, name) })
	case "instant":
		return InstantFact(name, func(d *Document) time.Time { return valueOf[time.Time](d, name) })
	case "json":
		return ListFact(name, func(d *Document) []string { return valueOf[[]string](d, name) })
	}
	return Fact[*Document]{}
}

func valueOf[V any](d *Document, name string) (v V) {
	if d != nil {
		v, _ = d.values[name].(V)
	}
	return v
}

// documentOf makes a document of fields as storage shows them, or as the audit trail keeps them.
func documentOf(ref storage.Ref, desc storage.Description, fields map[string]any) *Document {
	if fields == nil {
		return nil
	}
	d := &Document{Ref: ref, values: make(map[string]any, len(fields))}
	own := ownFields(fields["fields"])
	for _, f := range desc.Fields {
		v := fields[f.Name]
		if f.Own {
			v = own[f.Name[len("fields."):]]
		}
		if v = typed(f.Type, v); v == nil {
			continue
		}
		if ref, ok := v.(storage.Ref); ok {
			d.values[f.Name+".kind"], v = ref.Kind, ref.ID
		}
		d.values[f.Name] = v
	}
	return d
}

func ownFields(v any) map[string]any {
	switch v := v.(type) {
	case storage.Fields:
		return v
	case map[string]any:
		return v
	case json.RawMessage:
		var m map[string]any
		_ = json.Unmarshal(v, &m) // what is no object has no fields
		return m
	}
	return nil
}

// typed makes a value of a type of one that is shown, or of its JSON; nil where there is none.
func typed(typ string, v any) any {
	raw, ok := v.(json.RawMessage)
	if !ok {
		switch known := v.(type) {
		case nil:
			return nil
		case bool, money.Amount, date.Date, time.Time, storage.Ref, []string:
			return known
		case string:
			if typ == "id" || typ == "text" || typ == "choice" {
				return known
			}
		case int64:
			return decimal.NewFromInt(known)
		}
		var err error
		if raw, err = json.Marshal(v); err != nil {
			return nil
		}
	}
	switch typ {
	case "id", "text", "choice":
		return parsed[string](raw)
	case "bool":
		return parsed[bool](raw)
	case "int", "decimal":
		if d, fault := parseNumber(raw); fault == "" {
			return d
		}
		return nil
	case "money":
		return parsed[money.Amount](raw)
	case "date":
		return parsed[date.Date](raw)
	case "instant":
		return parsed[time.Time](raw)
	case "ref":
		return parsed[storage.Ref](raw)
	case "json":
		return parsed[[]string](raw)
	}
	return nil
}

func parsed[V any](raw json.RawMessage) any {
	var v V
	if string(raw) == "null" || json.Unmarshal(raw, &v) != nil {
		return nil
	}
	return v
}
