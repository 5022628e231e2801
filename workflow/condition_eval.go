package workflow

import (
	"slices"
	"time"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
)

// Facts is what a condition is asked about.
type Facts[D any] struct {
	Doc D
	// Old is the document before the change, where Changed says that there was one.
	Old     D
	Changed bool
	// Now and Today are what relative values count from.
	Now   time.Time
	Today date.Date
}

// A Test is a compiled condition. It is immutable and safe for concurrent use.
type Test[D any] struct {
	root  node[D]
	reads []string
}

type nodeKind uint8

const (
	nodeAll nodeKind = iota
	nodeAny
	nodeNot
	nodePredicate
	nodeLeaf
)

// side is which of the two documents a leaf asks, or how it holds them against each other.
type side uint8

const (
	sideNow side = iota
	sideOld
	sideChanged
	sideChangedTo
	sideChangedFrom
)

// class is how a field is compared: Kind as a number, which is quicker to tell apart.
type class uint8

const (
	classText class = iota
	classList
	classNumber
	classMoney
	classDate
	classInstant
	classBool
)

var classes = map[Kind]class{KindText: classText, KindEnum: classText, KindList: classList, KindNumber: classNumber, KindMoney: classMoney,
	KindDate: classDate, KindInstant: classInstant, KindBool: classBool}

type node[D any] struct {
	kind      nodeKind
	below     []node[D]
	predicate Predicate[D]
	fact      *Fact[D]
	op        Op
	side      side
	class     class
	accept    uint8
	values    []operand
	texts     []string // the same, where they are texts
	at        string
	source    *Condition
}

// Compile checks a condition against the vocabulary.
//
// Errors: *storage.Invalid with JSON pointers as paths.
func (v *Vocabulary[D]) Compile(c Condition) (*Test[D], error) {
	var bad storage.Invalid
	if c.check(&bad, "", 1, &size{}); len(bad.Fields) > 0 {
		return nil, bad.Err()
	}
	t := &Test[D]{}
	t.root = v.compile(&bad, t, &c, "")
	if err := bad.Err(); err != nil {
		return nil, err
	}
	slices.Sort(t.reads)
	t.reads = slices.Compact(t.reads)
	return t, nil
}

func (v *Vocabulary[D]) compile(bad *storage.Invalid, t *Test[D], c *Condition, at string) node[D] {
	n := node[D]{at: pointer(at), source: c}
	list := func(kind nodeKind, word string, below []Condition) node[D] {
		n.kind = kind
		for i := range below {
			n.below = append(n.below, v.compile(bad, t, &below[i], at+"/"+word+"/"+itoa(i)))
		}
		return n
	}
	switch {
	case len(c.Any) > 0:
		return list(nodeAny, "any", c.Any)
	case c.Not != nil:
		n.kind, n.below = nodeNot, []node[D]{v.compile(bad, t, c.Not, at+"/not")}
		return n
	case c.Predicate != "":
		n.kind, n.predicate = nodePredicate, v.predicates[c.Predicate]
		bad.Check(n.predicate != nil, at+"/predicate", CodeUnknownPredicate, clip(c.Predicate))
		return n
	case c.Field == "":
		return list(nodeAll, "all", c.All)
	}
	i, ok := v.byName[c.Field]
	if !ok {
		bad.Add(at+"/field", CodeUnknownField, clip(c.Field))
		return n
	}
	n.kind, n.fact, n.op, n.accept = nodeLeaf, &v.facts[i], c.Op, accepts[c.Op]
	n.class = classes[n.fact.Kind]
	switch {
	case c.Op == OpChanged:
		n.side = sideChanged
	case c.Op == OpChangedTo:
		n.side = sideChangedTo
	case c.Op == OpChangedFrom:
		n.side = sideChangedFrom
	case c.Old:
		n.side = sideOld
	}
	t.reads = append(t.reads, c.Field)
	if !slices.Contains(n.fact.Kind.Operators(), c.Op) {
		bad.Add(at+"/op", CodeOperator, clip(string(c.Op))+" on "+string(n.fact.Kind))
		return n
	}
	n.values = n.fact.operands(bad, at, c.Op, c.Value)
	for i := range n.values {
		n.texts = append(n.texts, n.values[i].text)
	}
	return n
}

// Reads lists the fields that the condition looks at, sorted. What predicates look at is not among them.
func (t *Test[D]) Reads() []string { return t.reads }

// Holds answers the question. It allocates nothing.
func (t *Test[D]) Holds(f *Facts[D]) bool { return t.root.holds(f) }

func (n *node[D]) holds(f *Facts[D]) bool {
	switch n.kind {
	case nodeAll:
		for i := range n.below {
			if !n.below[i].holds(f) {
				return false
			}
		}
		return true
	case nodeAny:
		for i := range n.below {
			if n.below[i].holds(f) {
				return true
			}
		}
		return false
	case nodeNot:
		return !n.below[0].holds(f)
	case nodePredicate:
		return n.predicate(f)
	}
	return n.leaf(f)
}

// leaf compares a field.
func (n *node[D]) leaf(f *Facts[D]) bool {
	switch n.side {
	case sideNow:
		return n.compare(f.Doc, f)
	case sideOld:
		return f.Changed && n.compare(f.Old, f)
	case sideChangedTo:
		return f.Changed && n.compare(f.Doc, f) && !n.compare(f.Old, f)
	case sideChangedFrom:
		return f.Changed && n.compare(f.Old, f) && !n.compare(f.Doc, f)
	}
	return f.Changed && !n.fact.same(f.Doc, f.Old)
}
