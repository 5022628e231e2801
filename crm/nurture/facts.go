package nurture

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/workflow"
)

// Facts are the declared fields of a contact, or of an event, each as JSON.
type Facts map[string]json.RawMessage

// NewFacts makes facts of Go values: texts, bools, decimals, amounts, dates, instants and lists of texts.
//
// Errors: *storage.Invalid for what JSON cannot show.
func NewFacts(values map[string]any) (Facts, error) {
	f := make(Facts, len(values))
	var bad storage.Invalid
	for name, v := range values {
		b, err := json.Marshal(v)
		bad.Check(err == nil, "facts."+name, storage.CodeType, "")
		f[name] = b
	}
	return f, bad.Err()
}

// maxFacts bounds what is kept of an event, in bytes.
const maxFacts = 16 << 10

func (f Facts) check(bad *storage.Invalid, path string) {
	size := 0
	for name, v := range f {
		size += len(name) + len(v)
		bad.Check(json.Valid(v), path+"."+name, storage.CodeFormat, "")
		bad.Check(utf8.Valid(v), path+"."+name, storage.CodeEncoding, "")
	}
	bad.Check(size <= maxFacts, path, storage.CodeTooLong, "")
}

// A Declared field is one that conditions may ask about.
type Declared struct {
	Name string        `json:"name"`
	Kind workflow.Kind `json:"kind"`
	// Choices are the words of an enum.
	Choices []string `json:"choices,omitempty"`
}

// subject is what conditions are asked about.
type subject struct {
	facts  Facts
	scores map[string]decimal.Decimal
	// sent is how many mails the enrolment has had, days since when it goes on.
	sent, days int
}

func read[V any](s *subject, name string) (v V, ok bool) {
	if s == nil {
		return v, false
	}
	raw, ok := s.facts[name]
	if !ok || string(raw) == "null" || json.Unmarshal(raw, &v) != nil {
		var none V
		return none, false
	}
	return v, true
}

func plain[V any](s *subject, name string) V {
	v, _ := read[V](s, name)
	return v
}

// fact declares a field to conditions.
func (d Declared) fact() (f workflow.Fact[*subject], ok bool) {
	n := d.Name
	switch d.Kind {
	case workflow.KindText:
		return workflow.TextFact(n, func(s *subject) string { return plain[string](s, n) }), true
	case workflow.KindEnum:
		return workflow.EnumFact(n, func(s *subject) string { return plain[string](s, n) }, d.Choices...), true
	case workflow.KindNumber:
		return workflow.NumberFact(n, func(s *subject) (decimal.Decimal, bool) { return read[decimal.Decimal](s, n) }), true
	case workflow.KindMoney:
		return workflow.MoneyFact(n, func(s *subject) money.Amount { return plain[money.Amount](s, n) }), true
	case workflow.KindBool:
		return workflow.BoolFact(n, func(s *subject) bool { return plain[bool](s, n) }), true
	case workflow.KindDate:
		return workflow.DateFact(n, func(s *subject) date.Date { return plain[date.Date](s, n) }), true
	case workflow.KindInstant:
		return workflow.InstantFact(n, func(s *subject) time.Time { return plain[time.Time](s, n) }), true
	case workflow.KindList:
		return workflow.ListFact(n, func(s *subject) []string { return plain[[]string](s, n) }), true
	}
	return f, false
}

// vocabulary is what conditions may speak of; nil after a fault in the declarations.
type vocabulary struct {
	v *workflow.Vocabulary[*subject]
}

// newVocabulary makes the vocabulary of declared fields and scores. Of an enrolment it knows besides how many mails were "sent",
// and for how many "days" it has been on the way.
func newVocabulary(bad *storage.Invalid, declared []Declared, scores []string) *vocabulary {
	facts := []workflow.Fact[*subject]{
		workflow.NumberFact("sent", func(s *subject) (decimal.Decimal, bool) { return decimal.NewFromInt(int64(s.sent)), true }),
		workflow.NumberFact("days", func(s *subject) (decimal.Decimal, bool) { return decimal.NewFromInt(int64(s.days)), true }),
	}
	bad.Check(len(declared) <= MaxDeclared, "declared", storage.CodeRange, "at most "+strconv.Itoa(MaxDeclared))
	for i, d := range declared[:min(len(declared), MaxDeclared)] {
		at := "declared." + strconv.Itoa(i) + "."
		f, ok := d.fact()
		bad.Check(ok, at+"kind", storage.CodeChoice, "")
		bad.Check(d.Name != "" && !strings.ContainsAny(d.Name, "/~") && !strings.HasPrefix(d.Name, scorePrefix), at+"name", storage.CodeRequired, "a plain name")
		bad.Text(at+"name", d.Name, maxName)
		if ok {
			facts = append(facts, f)
		}
	}
	bad.Check(len(scores) <= MaxDeclared, "scores", storage.CodeRange, "at most "+strconv.Itoa(MaxDeclared))
	for i, name := range scores[:min(len(scores), MaxDeclared)] {
		at := "scores." + strconv.Itoa(i)
		bad.Check(name != "" && !strings.ContainsAny(name, "/~"), at, storage.CodeRequired, "a plain name")
		bad.Text(at, name, maxName)
		facts = append(facts, workflow.NumberFact(scorePrefix+name, func(s *subject) (d decimal.Decimal, ok bool) {
			d, ok = s.scores[name]
			return d, ok
		}))
	}
	v, err := workflow.NewVocabulary(nil, facts...)
	if err != nil {
		bad.Add("declared", storage.CodeDuplicate, "names are there once, and none is sent or days")
		return &vocabulary{}
	}
	return &vocabulary{v}
}

// scorePrefix is how conditions name scores: "score.interest".
const scorePrefix = "score."

// check notes what is wrong with a condition, below a path.
func (v *vocabulary) check(bad *storage.Invalid, path string, c workflow.Condition) *workflow.Test[*subject] {
	if v.v == nil {
		return nil
	}
	t, err := v.v.Compile(c)
	var faults *storage.Invalid
	if errors.As(err, &faults) {
		for _, f := range faults.Fields {
			at := path
			if f.Path != "/" {
				at += strings.ReplaceAll(f.Path, "/", ".")
			}
			bad.Add(at, f.Code, f.Text)
		}
	}
	return t
}
