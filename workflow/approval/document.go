package approval

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow"
)

// A Document is the declared fields of what asks for approval, each as JSON.
type Document map[string]json.RawMessage

// NewDocument makes a document of Go values: texts, bools, decimals, amounts, dates, instants, references and lists of texts.
//
// Errors: *storage.Invalid for what JSON cannot show.
func NewDocument(values map[string]any) (Document, error) {
	d := make(Document, len(values))
	var bad storage.Invalid
	for name, v := range values {
		b, err := json.Marshal(v)
		if err != nil {
			bad.Add("document."+name, storage.CodeType, err.Error())
		}
		d[name] = b
	}
	return d, bad.Err()
}

// read is a field as a value of a type; false where there is none.
func read[V any](d Document, name string) (v V, ok bool) {
	raw, ok := d[name]
	if !ok || string(raw) == "null" || json.Unmarshal(raw, &v) != nil {
		var none V
		return none, false
	}
	return v, true
}

func readPlain[V any](f *Facts, name string) (v V) {
	if f != nil {
		v, _ = read[V](f.Document, name)
	}
	return v
}

// fact declares a field to conditions.
func (d Declared) fact() (f workflow.Fact[*Facts], ok bool) {
	n := d.Name
	switch d.Kind {
	case workflow.KindText:
		return workflow.TextFact(n, func(f *Facts) string { return readPlain[string](f, n) }), true
	case workflow.KindEnum:
		return workflow.EnumFact(n, func(f *Facts) string { return readPlain[string](f, n) }, d.Choices...), true
	case workflow.KindNumber:
		return workflow.NumberFact(n, func(f *Facts) (decimal.Decimal, bool) {
			if f == nil {
				return decimal.Decimal{}, false
			}
			return read[decimal.Decimal](f.Document, n)
		}), true
	case workflow.KindMoney:
		return workflow.MoneyFact(n, func(f *Facts) money.Amount { return readPlain[money.Amount](f, n) }), true
	case workflow.KindBool:
		return workflow.BoolFact(n, func(f *Facts) bool { return readPlain[bool](f, n) }), true
	case workflow.KindDate:
		return workflow.DateFact(n, func(f *Facts) date.Date { return readPlain[date.Date](f, n) }), true
	case workflow.KindInstant:
		return workflow.InstantFact(n, func(f *Facts) time.Time { return readPlain[time.Time](f, n) }), true
	case workflow.KindList:
		return workflow.ListFact(n, func(f *Facts) []string { return readPlain[[]string](f, n) }), true
	}
	return f, false
}

// check finds what is not as the policy declares it: conditions would take it for missing, and a stage would be left out.
func (d Document) check(declared []Declared) error {
	var bad storage.Invalid
	for _, one := range declared {
		if raw := d[one.Name]; len(raw) == 0 || string(raw) == "null" || len(d.people(one.Name)) > 0 {
			continue
		}
		if code := one.fault(d); code != "" {
			bad.Add("document."+one.Name, code, string(one.Kind))
		}
	}
	return bad.Err()
}

// fault is the code of what is wrong with the field in a document.
func (d Declared) fault(doc Document) string {
	ok := true
	switch d.Kind {
	case workflow.KindText:
		_, ok = read[string](doc, d.Name)
	case workflow.KindEnum:
		var word string
		if word, ok = read[string](doc, d.Name); ok && word != "" && len(d.Choices) > 0 && !slices.Contains(d.Choices, word) {
			return storage.CodeChoice
		}
	case workflow.KindNumber:
		var n decimal.Decimal
		if n, ok = read[decimal.Decimal](doc, d.Name); ok && (n.Exponent() > 1000 || n.Exponent() < -1000) {
			return storage.CodeRange
		}
	case workflow.KindMoney:
		_, ok = read[money.Amount](doc, d.Name)
	case workflow.KindBool:
		_, ok = read[bool](doc, d.Name)
	case workflow.KindDate:
		_, ok = read[date.Date](doc, d.Name)
	case workflow.KindInstant:
		_, ok = read[time.Time](doc, d.Name)
	case workflow.KindList:
		_, ok = read[[]string](doc, d.Name)
	}
	if !ok {
		return storage.CodeType
	}
	return ""
}

// vocabulary is what the policy's conditions may speak of.
func (p *Policy) vocabulary(bad *storage.Invalid) *workflow.Vocabulary[*Facts] {
	facts := []workflow.Fact[*Facts]{
		workflow.MoneyFact("amount", func(f *Facts) money.Amount { return f.base() }),
		workflow.NumberFact("percent", func(f *Facts) (decimal.Decimal, bool) { return f.Percent, true }),
		workflow.TextFact("currency", func(f *Facts) string { return string(f.Amount.Currency()) }),
		workflow.TextFact("requester", func(f *Facts) string { return f.Requester.String() }),
		workflow.TextFact("beneficiary", func(f *Facts) string {
			if f.Beneficiary.IsZero() {
				return ""
			}
			return f.Beneficiary.String()
		}),
	}
	bad.Check(len(p.Terms.Declared) <= maxDeclared, "terms.declared", storage.CodeRange, "")
	for i, d := range p.Terms.Declared[:min(len(p.Terms.Declared), maxDeclared)] {
		f, ok := d.fact()
		path := fmt.Sprintf("terms.declared.%d.", i)
		bad.Check(ok, path+"kind", storage.CodeChoice, "")
		bad.Check(d.Kind != workflow.KindEnum || len(d.Choices) > 0, path+"choices", storage.CodeRequired, "")
		bad.Text(path+"name", d.Name, maxName)
		bad.Check(d.Name != "" && !strings.ContainsAny(d.Name, "/~"), path+"name", storage.CodeRequired, "")
		if ok {
			facts = append(facts, f)
		}
	}
	v, err := workflow.NewVocabulary(nil, facts...)
	bad.Check(err == nil, "terms.declared", storage.CodeDuplicate, "names are there once, and none is amount, percent, currency, requester or beneficiary")
	if err != nil {
		return nil
	}
	return v
}

// people reads the people whom a field names, each as "kind/id".
func (d Document) people(field string) (list []storage.Ref) {
	texts, ok := read[[]string](d, field)
	if one, is := read[string](d, field); !ok && is {
		texts = []string{one}
	}
	if ref, is := read[storage.Ref](d, field); !ok && is && !ref.IsZero() {
		return []storage.Ref{ref}
	}
	for _, s := range texts {
		if kind, id, ok := strings.Cut(s, "/"); ok && kind != "" && id != "" {
			list = append(list, storage.Ref{Kind: kind, ID: id})
		}
	}
	return list
}
