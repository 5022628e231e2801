package workflow

import (
	"slices"
	"strings"
	"time"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
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

type node[D any] struct {
	kind      nodeKind
	below     []node[D]
	predicate Predicate[D]
	fact      *Fact[D]
	op        Op
	old       bool
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
	nodes := 0
	if c.check(&bad, "", 1, &nodes); len(bad.Fields) > 0 {
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
	n.kind, n.fact, n.op, n.old, n.accept = nodeLeaf, &v.facts[i], c.Op, c.Old, accepts[c.Op]
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
	switch n.op {
	case OpChanged:
		return f.Changed && !n.fact.same(f.Doc, f.Old)
	case OpChangedTo:
		return f.Changed && n.compare(f.Doc, f) && !n.compare(f.Old, f)
	case OpChangedFrom:
		return f.Changed && n.compare(f.Old, f) && !n.compare(f.Doc, f)
	}
	if n.old {
		return f.Changed && n.compare(f.Old, f)
	}
	return n.compare(f.Doc, f)
}

// Which outcomes of a comparison an operator accepts.
const (
	acceptsLess uint8 = 1 << iota
	acceptsEqual
	acceptsMore
	acceptsUnlike // amounts of different currencies
)

// accepts is what each operator with one operand takes.
var accepts = map[Op]uint8{OpEq: acceptsEqual, OpNe: acceptsLess | acceptsMore | acceptsUnlike, OpLt: acceptsLess,
	OpLe: acceptsLess | acceptsEqual, OpGt: acceptsMore, OpGe: acceptsMore | acceptsEqual, OpChangedTo: acceptsEqual, OpChangedFrom: acceptsEqual}

// outcome is the bit of a comparison.
func outcome(c int) uint8 { return 1 << (c + 1) }

// compare asks one document; without a value only OpEmpty holds.
func (n *node[D]) compare(d D, f *Facts[D]) bool {
	switch n.fact.Kind {
	case KindText, KindEnum:
		s, ok := n.fact.text(d)
		return n.compareText(s, ok)
	case KindList:
		list, ok := n.fact.list(d)
		return n.compareList(list, ok)
	}
	if n.accept == 0 {
		return n.compareMany(d, f)
	}
	got, ok := n.against(d, &n.values[0], f)
	return ok && n.accept&got != 0
}

// against compares what is ordered with one operand; ok is false where the document has no value.
func (n *node[D]) against(d D, o *operand, f *Facts[D]) (got uint8, ok bool) {
	switch n.fact.Kind {
	case KindNumber:
		x, ok := n.fact.number(d)
		if !ok {
			return 0, false
		}
		return outcome(o.number.compare(x)), true
	case KindMoney:
		x, ok := n.fact.money(d)
		if !ok {
			return 0, false
		}
		return compareMoney(x, o.money), true
	case KindDate:
		x, ok := n.fact.date(d)
		return outcome(x.Compare(o.day(f.Today))), ok
	case KindInstant:
		x, ok := n.fact.instant(d)
		return outcome(x.Compare(o.moment(f.Now))), ok
	}
	x, ok := n.fact.flag(d)
	if x == o.flag {
		return acceptsEqual, ok
	}
	return acceptsLess, ok
}

// compareMoney orders amounts of one currency; those of different currencies are unequal, and neither is more.
func compareMoney(a, b money.Amount) uint8 {
	if a.Currency() != b.Currency() {
		return acceptsUnlike
	}
	c, err := a.Cmp(b)
	if err != nil {
		return acceptsUnlike
	}
	return outcome(c)
}

// compareMany answers the operators that take no operand, or several.
func (n *node[D]) compareMany(d D, f *Facts[D]) bool {
	switch n.op {
	case OpEmpty, OpPresent:
		_, ok := n.against(d, &operand{}, f)
		return ok == (n.op == OpPresent)
	case OpBetween:
		low, ok := n.against(d, &n.values[0], f)
		high, _ := n.against(d, &n.values[1], f)
		return ok && low&(acceptsEqual|acceptsMore) != 0 && high&(acceptsEqual|acceptsLess) != 0
	}
	for i := range n.values {
		got, ok := n.against(d, &n.values[i], f)
		if !ok {
			return false
		}
		if got == acceptsEqual {
			return n.op == OpIn
		}
	}
	return n.op == OpNotIn
}

func (n *node[D]) compareText(s string, ok bool) bool {
	switch n.op {
	case OpEmpty:
		return !ok
	case OpPresent:
		return ok
	}
	if !ok {
		return false
	}
	switch n.op {
	case OpEq, OpChangedTo, OpChangedFrom:
		return s == n.texts[0]
	case OpNe:
		return s != n.texts[0]
	case OpIn:
		return containsText(n.texts, s)
	case OpNotIn:
		return !containsText(n.texts, s)
	case OpPrefix:
		return strings.HasPrefix(s, n.texts[0])
	case OpContains:
		return strings.Contains(s, n.texts[0])
	}
	return false
}

func (n *node[D]) compareList(list []string, ok bool) bool {
	switch n.op {
	case OpEmpty:
		return !ok
	case OpPresent:
		return ok
	case OpContains, OpAllOf:
		for _, want := range n.texts {
			if !containsText(list, want) {
				return false
			}
		}
		return ok
	case OpAnyOf:
		for _, want := range n.texts {
			if containsText(list, want) {
				return true
			}
		}
	}
	return false
}

// same reports whether two documents have one value in a field.
func (f *Fact[D]) same(a, b D) bool {
	switch f.Kind {
	case KindText, KindEnum:
		x, _ := f.text(a)
		y, _ := f.text(b)
		return x == y
	case KindList:
		x, _ := f.list(a)
		y, _ := f.list(b)
		return slices.Equal(x, y)
	case KindNumber:
		x, ok := f.number(a)
		y, also := f.number(b)
		return ok == also && (!ok || x.Equal(y))
	case KindMoney:
		x, _ := f.money(a)
		y, _ := f.money(b)
		return compareMoney(x, y) == acceptsEqual
	case KindDate:
		x, _ := f.date(a)
		y, _ := f.date(b)
		return x == y
	case KindInstant:
		x, _ := f.instant(a)
		y, _ := f.instant(b)
		return x.Equal(y)
	}
	x, _ := f.flag(a)
	y, _ := f.flag(b)
	return x == y
}
