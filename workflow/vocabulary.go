package workflow

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// Kind is what a field holds.
type Kind string

// The kinds of fields.
const (
	KindText    Kind = "text"
	KindEnum    Kind = "enum" // one of a list of words
	KindNumber  Kind = "number"
	KindMoney   Kind = "money"
	KindBool    Kind = "bool"
	KindDate    Kind = "date"
	KindInstant Kind = "instant"
	KindList    Kind = "list" // of texts
)

// A Fact is a declared field of a document: its name, and how it is read. Reading must not change anything; ok is false where the
// document has no value.
type Fact[D any] struct {
	Name string
	Kind Kind
	// Label is what a screen shows, Choices the words of an enum.
	Label   string
	Choices []string

	// What has a value that stands for none is read without a second result.
	text    func(D) string
	number  func(D) (decimal.Decimal, bool)
	money   func(D) money.Amount
	flag    func(D) bool
	date    func(D) date.Date
	instant func(D) time.Time
	list    func(D) []string
}

// TextFact declares a text. The empty text is none.
func TextFact[D any](name string, read func(D) string) Fact[D] {
	return Fact[D]{Name: name, Kind: KindText, text: read}
}

// EnumFact declares one of some words. The empty word is none.
func EnumFact[D any](name string, read func(D) string, choices ...string) Fact[D] {
	return Fact[D]{Name: name, Kind: KindEnum, Choices: choices, text: read}
}

// NumberFact declares a number.
func NumberFact[D any](name string, read func(D) (decimal.Decimal, bool)) Fact[D] {
	return Fact[D]{Name: name, Kind: KindNumber, number: read}
}

// MoneyFact declares an amount. An amount without a currency is none.
func MoneyFact[D any](name string, read func(D) money.Amount) Fact[D] {
	return Fact[D]{Name: name, Kind: KindMoney, money: read}
}

// BoolFact declares a yes or no.
func BoolFact[D any](name string, read func(D) bool) Fact[D] {
	return Fact[D]{Name: name, Kind: KindBool, flag: read}
}

// DateFact declares a day. The zero date is none.
func DateFact[D any](name string, read func(D) date.Date) Fact[D] {
	return Fact[D]{Name: name, Kind: KindDate, date: read}
}

// InstantFact declares an instant. The zero time is none.
func InstantFact[D any](name string, read func(D) time.Time) Fact[D] {
	return Fact[D]{Name: name, Kind: KindInstant, instant: read}
}

// ListFact declares a list of texts: tags, say. The empty list is none.
func ListFact[D any](name string, read func(D) []string) Fact[D] {
	return Fact[D]{Name: name, Kind: KindList, list: read}
}

// Predicate is a question that conditions can ask by name, where the tree does not suffice. It must be a pure function of what it is given.
type Predicate[D any] func(*Facts[D]) bool

// A Vocabulary is what conditions about a kind of document may speak of. It is immutable and safe for concurrent use.
type Vocabulary[D any] struct {
	facts      []Fact[D]
	byName     map[string]int
	predicates map[string]Predicate[D]
}

// NewVocabulary makes a vocabulary of fields and predicates.
//
// Errors: *storage.Invalid for names that are empty or come twice.
func NewVocabulary[D any](predicates map[string]Predicate[D], facts ...Fact[D]) (*Vocabulary[D], error) {
	v := &Vocabulary[D]{facts: slices.Clone(facts), byName: map[string]int{}, predicates: predicates}
	var bad storage.Invalid
	for i, f := range facts {
		_, twice := v.byName[f.Name]
		bad.Check(f.Name != "", "facts", storage.CodeRequired, "")
		bad.Check(!twice, "facts."+f.Name, storage.CodeDuplicate, "")
		bad.Check(f.Kind != "", "facts."+f.Name, storage.CodeType, "made by none of the constructors")
		v.byName[f.Name] = i
	}
	return v, bad.Err()
}

// Facts lists the fields, for a screen on which conditions are put together.
func (v *Vocabulary[D]) Facts() []Fact[D] { return slices.Clone(v.facts) }

// Predicates lists the names of the predicates, sorted.
func (v *Vocabulary[D]) Predicates() (names []string) {
	for name := range v.predicates {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Operators lists what can be asked of a field of a kind.
func (k Kind) Operators() []Op {
	always := []Op{OpEmpty, OpPresent, OpChanged}
	switch k {
	case KindText:
		return append([]Op{OpEq, OpNe, OpIn, OpNotIn, OpPrefix, OpContains, OpChangedTo, OpChangedFrom}, always...)
	case KindEnum:
		return append([]Op{OpEq, OpNe, OpIn, OpNotIn, OpChangedTo, OpChangedFrom}, always...)
	case KindNumber, KindMoney:
		return append([]Op{OpEq, OpNe, OpLt, OpLe, OpGt, OpGe, OpBetween, OpIn, OpNotIn, OpChangedTo, OpChangedFrom}, always...)
	case KindDate, KindInstant:
		return append([]Op{OpEq, OpNe, OpLt, OpLe, OpGt, OpGe, OpBetween, OpChangedTo, OpChangedFrom}, always...)
	case KindBool:
		return append([]Op{OpEq, OpNe, OpChangedTo, OpChangedFrom}, always...)
	case KindList:
		return append([]Op{OpContains, OpAnyOf, OpAllOf}, always...)
	}
	return nil
}
