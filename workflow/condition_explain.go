package workflow

import (
	"strconv"
	"strings"
	"time"
)

func itoa(i int) string { return strconv.Itoa(i) }

// A Reason says of one leaf of a condition whether it holds, and what it found.
type Reason struct {
	// Pointer is the JSON pointer of the leaf.
	Pointer string `json:"pointer"`
	Holds   bool   `json:"holds"`
	Field   string `json:"field,omitempty"`
	Op      Op     `json:"op,omitempty"`
	Wanted  string `json:"wanted,omitempty"`
	// Found is the field's value, "" where it has none; Before is that before the change.
	Found     string `json:"found,omitempty"`
	Before    string `json:"before,omitempty"`
	Predicate string `json:"predicate,omitempty"`
}

// Explain lists the leaves that make the answer what it is: of one that is false those that failed, of one that is true those that held. A
// leaf below a "not" counts turned around.
func (t *Test[D]) Explain(f *Facts[D]) (holds bool, because []Reason) {
	return t.root.holds(f), t.root.explain(f, nil)
}

// explain appends the leaves that decided.
func (n *node[D]) explain(f *Facts[D], list []Reason) []Reason {
	holds := n.holds(f)
	switch n.kind {
	case nodeAll, nodeAny:
		for i := range n.below {
			if n.below[i].holds(f) == holds {
				list = n.below[i].explain(f, list)
			}
		}
		return list
	case nodeNot:
		return n.below[0].explain(f, list)
	case nodePredicate:
		return append(list, Reason{Pointer: n.at, Holds: holds, Predicate: n.source.Predicate})
	}
	r := Reason{Pointer: n.at, Holds: holds, Field: n.fact.Name, Op: n.op, Wanted: string(n.source.Value), Found: n.fact.show(f.Doc)}
	if f.Changed {
		r.Before = n.fact.show(f.Old)
	}
	return append(list, r)
}

// show writes a value as people read it.
func (f *Fact[D]) show(d D) string {
	switch f.Kind {
	case KindText, KindEnum:
		return f.text(d)
	case KindNumber:
		if x, ok := f.number(d); ok {
			return x.String()
		}
	case KindMoney:
		if x := f.money(d); x.Currency() != "" {
			return x.String()
		}
	case KindDate:
		if x := f.date(d); !x.IsZero() {
			return x.String()
		}
	case KindInstant:
		if x := f.instant(d); !x.IsZero() {
			return x.UTC().Format(time.RFC3339)
		}
	case KindBool:
		return strconv.FormatBool(f.flag(d))
	case KindList:
		return strings.Join(f.list(d), ", ")
	}
	return ""
}
