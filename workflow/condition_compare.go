package workflow

import (
	"slices"
	"strings"

	"github.com/tutas/tutas/ledger/money"
)

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
	switch {
	case n.class == classText:
		return n.compareText(n.fact.text(d))
	case n.class == classList:
		return n.compareList(n.fact.list(d))
	case n.accept == 0:
		return n.compareMany(d, f)
	}
	return n.accept&n.against(d, &n.values[0], f) != 0
}

// against compares what is ordered with one operand; 0 where the document has no value.
func (n *node[D]) against(d D, o *operand, f *Facts[D]) uint8 {
	switch n.class {
	case classNumber:
		if x, ok := n.fact.number(d); ok {
			return outcome(o.number.compare(x))
		}
		return 0
	case classMoney:
		if x := n.fact.money(d); x.Currency() != "" {
			return compareMoney(x, o.money)
		}
		return 0
	case classDate:
		if x := n.fact.date(d); !x.IsZero() {
			return outcome(x.Compare(o.day(f.Today)))
		}
		return 0
	case classInstant:
		if x := n.fact.instant(d); !x.IsZero() {
			return outcome(x.Compare(o.moment(f.Now)))
		}
		return 0
	}
	if n.fact.flag(d) == o.flag {
		return acceptsEqual
	}
	return acceptsLess
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

// nothing is what fields are held against where only having a value counts.
var nothing = operand{number: &number{}}

// compareMany answers the operators that take no operand, or several.
func (n *node[D]) compareMany(d D, f *Facts[D]) bool {
	switch n.op {
	case OpEmpty:
		return n.against(d, &nothing, f) == 0
	case OpPresent:
		return n.against(d, &nothing, f) != 0
	case OpBetween:
		return n.against(d, &n.values[0], f)&(acceptsEqual|acceptsMore) != 0 &&
			n.against(d, &n.values[1], f)&(acceptsEqual|acceptsLess) != 0
	}
	for i := range n.values {
		switch n.against(d, &n.values[i], f) {
		case 0:
			return false
		case acceptsEqual:
			return n.op == OpIn
		}
	}
	return n.op == OpNotIn
}

func (n *node[D]) compareText(s string) bool {
	if s == "" {
		return n.op == OpEmpty
	}
	switch n.op {
	case OpEq, OpChangedTo, OpChangedFrom:
		return s == n.texts[0]
	case OpNe:
		return s != n.texts[0]
	case OpIn:
		return slices.Contains(n.texts, s)
	case OpNotIn:
		return !slices.Contains(n.texts, s)
	case OpPrefix:
		return strings.HasPrefix(s, n.texts[0])
	case OpContains:
		return strings.Contains(s, n.texts[0])
	}
	return n.op == OpPresent
}

func (n *node[D]) compareList(list []string) bool {
	if len(list) == 0 {
		return n.op == OpEmpty
	}
	switch n.op {
	case OpContains, OpAllOf:
		for _, want := range n.texts {
			if !slices.Contains(list, want) {
				return false
			}
		}
		return true
	case OpAnyOf:
		for _, want := range n.texts {
			if slices.Contains(list, want) {
				return true
			}
		}
	}
	return n.op == OpPresent
}

// same reports whether two documents have one value in a field.
func (f *Fact[D]) same(a, b D) bool {
	switch f.Kind {
	case KindText, KindEnum:
		return f.text(a) == f.text(b)
	case KindList:
		return slices.Equal(f.list(a), f.list(b))
	case KindNumber:
		x, ok := f.number(a)
		y, also := f.number(b)
		return ok == also && (!ok || x.Equal(y))
	case KindMoney:
		return compareMoney(f.money(a), f.money(b)) == acceptsEqual
	case KindDate:
		return f.date(a) == f.date(b)
	case KindInstant:
		return f.instant(a).Equal(f.instant(b))
	}
	return f.flag(a) == f.flag(b)
}
