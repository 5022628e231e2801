package workflow

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tutas/tutas/storage"
)

// A Condition is a question about a document, as a tree that can be kept as JSON. Exactly one of All, Any, Not, Predicate and Field is given;
// the empty condition always holds.
//
//	{"all": [{"field": "total", "op": "gt", "value": {"amount": "1000", "currency": "EUR"}},
//	         {"not": {"field": "customer", "op": "is_empty"}}, {"field": "due", "op": "le", "value": {"today": 3}}]}
type Condition struct {
	All []Condition `json:"all,omitempty"`
	Any []Condition `json:"any,omitempty"`
	Not *Condition  `json:"not,omitempty"`
	// Predicate is the name of a function of the program.
	Predicate string `json:"predicate,omitempty"`
	Field     string `json:"field,omitempty"`
	// Old asks for the value before the change.
	Old bool `json:"old,omitempty"`
	Op  Op   `json:"op,omitempty"`
	// Value is what the field is compared with: a text, a bool, a number or decimal as text, {"amount", "currency"}, a date or an instant as text, {"today":
	// n} (n days from today, in months with {"today_months": n}), {"now_hours": n}, or a list of these.
	Value json.RawMessage `json:"value,omitempty"`
}

// Op is a comparison.
type Op string

// The comparisons. A field without a value fulfils OpEmpty alone; where nothing was before, nothing changed.
const (
	OpEq          Op = "eq"
	OpNe          Op = "ne"
	OpLt          Op = "lt"
	OpLe          Op = "le"
	OpGt          Op = "gt"
	OpGe          Op = "ge"
	OpBetween     Op = "between" // both ends included
	OpIn          Op = "in"
	OpNotIn       Op = "not_in"
	OpPrefix      Op = "prefix"
	OpContains    Op = "contains" // a text within a text, or in a list
	OpAnyOf       Op = "any_of"
	OpAllOf       Op = "all_of"
	OpEmpty       Op = "is_empty"
	OpPresent     Op = "is_present"
	OpChanged     Op = "changed"
	OpChangedTo   Op = "changed_to"
	OpChangedFrom Op = "changed_from"
)

// Limits of a condition: bytes of its JSON, depth, nodes, and values in a list.
const (
	MaxConditionBytes = 256 << 10
	MaxDepth          = 20
	MaxNodes          = 1_000
	MaxValues         = 1_000
)

// Codes of faults in conditions.
const (
	CodeUnknownField     = "unknown_field"
	CodeUnknownPredicate = "unknown_predicate"
	CodeOperator         = "operator" // the field's kind does not know it
	CodeShape            = "shape"    // not exactly one of all, any, not, predicate and field
	CodeTooDeep          = "too_deep"
	CodeTooMany          = "too_many"
)

// ParseCondition reads a condition from JSON.
//
// Errors: *storage.Invalid, with a JSON pointer as the path where there is one.
func ParseCondition(data []byte) (c Condition, err error) {
	if err := decode(data, MaxConditionBytes, 3*MaxDepth, &c); err != nil { // each level is an object in an array; values have two more
		return Condition{}, err
	}
	var bad storage.Invalid
	c.check(&bad, "", 1, &size{})
	return c, bad.Err()
}

// decode reads JSON of so many bytes and levels at most, with no other names than those of v.
func decode(data []byte, bytesMax, levels int, v any) error {
	fault := func(code, text string) error {
		return &storage.Invalid{Fields: []storage.Fault{{Path: "/", Code: code, Text: text}}}
	}
	if len(data) > bytesMax {
		return fault(storage.CodeTooLong, "more than "+strconv.Itoa(bytesMax)+" bytes")
	}
	if nesting(data) > levels {
		return fault(CodeTooDeep, "")
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return fault(storage.CodeFormat, clipTo(err.Error(), 200))
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return fault(storage.CodeFormat, "something follows")
	}
	return nil
}

// nesting is how deep brackets go, those in texts not counted.
func nesting(data []byte) (deepest int) {
	depth, text := 0, false
	for i := 0; i < len(data); i++ {
		switch b := data[i]; {
		case text && b == '\\':
			i++
		case b == '"':
			text = !text
		case !text && (b == '{' || b == '['):
			if depth++; depth > deepest {
				deepest = depth
			}
		case !text && (b == '}' || b == ']'):
			depth--
		}
	}
	return deepest
}

// check finds what is wrong with the shape of the tree, by JSON pointers.
// size is how much of a condition has been looked at.
type size struct{ nodes, bytes int }

func (c *Condition) check(bad *storage.Invalid, at string, depth int, n *size) {
	if n.nodes++; n.nodes == MaxNodes+1 {
		bad.Add(pointer(at), CodeTooMany, "more than "+strconv.Itoa(MaxNodes)+" nodes")
	}
	if n.nodes > MaxNodes || n.bytes > MaxConditionBytes {
		return
	}
	if n.bytes += len(c.Field) + len(c.Predicate) + len(c.Value); n.bytes > MaxConditionBytes {
		bad.Add(pointer(at), storage.CodeTooLong, "more than "+strconv.Itoa(MaxConditionBytes)+" bytes")
		return
	}
	bad.Check(utf8.Valid(c.Value), at+"/value", storage.CodeEncoding, "")
	if depth > MaxDepth {
		bad.Add(pointer(at), CodeTooDeep, "")
		return
	}
	given := 0
	for _, yes := range []bool{len(c.All) > 0, len(c.Any) > 0, c.Not != nil, c.Predicate != "", c.Field != ""} {
		if yes {
			given++
		}
	}
	if given > 1 || given == 0 && (c.Op != "" || c.Value != nil || c.Old) {
		bad.Add(pointer(at), CodeShape, "one of all, any, not, predicate and field")
	}
	for i := range c.All {
		c.All[i].check(bad, at+"/all/"+strconv.Itoa(i), depth+1, n)
	}
	for i := range c.Any {
		c.Any[i].check(bad, at+"/any/"+strconv.Itoa(i), depth+1, n)
	}
	if c.Not != nil {
		c.Not.check(bad, at+"/not", depth+1, n)
	}
}

func pointer(at string) string {
	if at == "" {
		return "/"
	}
	return at
}

// String writes the condition as JSON.
func (c Condition) String() string {
	b, err := json.Marshal(c)
	if err != nil { // a value that is no JSON
		return strings.ToValidUTF8(err.Error(), "?")
	}
	return string(b)
}
