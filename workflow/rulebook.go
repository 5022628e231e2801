package workflow

import (
	"cmp"
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"github.com/tutas/tutas/storage"
)

// A Happening is what rules are asked about: something that happened to a document.
type Happening[D any] struct {
	Kind string
	// Event is the name of the event.
	Event            string
	Created, Deleted bool
	// Changed names the fields that are not what they were, sorted or not.
	Changed []string
	Facts[D]
}

// A Rulebook is rules, compiled and indexed by what they look at. It is immutable and safe for concurrent use.
type Rulebook[D any] struct {
	rules []*compiledRule[D] // by order and name
	kinds map[string]*kindRules[D]
}

type compiledRule[D any] struct {
	Rule
	test *Test[D]
	asks bool // a predicate
}

// judge asks the condition. A predicate of the host's that panics fails its own rule only.
func (r *compiledRule[D]) judge(f *Facts[D]) Verdict {
	v := Verdict{Rule: &r.Rule}
	if !r.asks {
		v.Matches = r.test.Holds(f)
		return v
	}
	v.Failure = storage.Contain(func() error {
		v.Matches = r.test.Holds(f)
		return nil
	})
	return v
}

// kindRules finds the rules of a kind that may fire: sets of their places in the book, as bits.
type kindRules[D any] struct {
	created, deleted, anyChange bitset
	byField, byEvent            map[string]bitset
}

type bitset []uint64

func (b *bitset) add(i int) {
	for len(*b) <= i/64 {
		*b = append(*b, 0)
	}
	(*b)[i/64] |= 1 << (i % 64)
}

// merge adds what is in the other set, in place where there is room.
func (b bitset) merge(o bitset) bitset {
	for len(b) < len(o) {
		b = append(b, 0)
	}
	for i, w := range o {
		b[i] |= w
	}
	return b
}

// NewRulebook compiles rules, each against the vocabulary of its kind.
//
// Errors: *storage.Invalid; a fault of the third rule's condition is at "2.if/all/0/field".
func NewRulebook[D any](words func(kind string) *Vocabulary[D], rules ...Rule) (*Rulebook[D], error) {
	b := &Rulebook[D]{kinds: map[string]*kindRules[D]{}}
	var bad storage.Invalid
	bad.Check(len(rules) <= MaxRules, "", storage.CodeTooLong, "")
	seen := map[string]bool{}
	for i, r := range rules {
		path := strconv.Itoa(i) + "."
		bad.Check(!seen[r.Name], path+"name", storage.CodeDuplicate, r.Name)
		seen[r.Name] = true
		if c := compileRule(&bad, path, words, r); c != nil {
			b.rules = append(b.rules, c)
		}
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	slices.SortFunc(b.rules, func(x, y *compiledRule[D]) int {
		return cmp.Or(cmp.Compare(x.Order, y.Order), strings.Compare(x.Name, y.Name))
	})
	for i, r := range b.rules {
		r.asks = r.test.root.asks()
		if !r.Paused {
			b.index(i, r)
		}
	}
	return b, nil
}

func compileRule[D any](bad *storage.Invalid, path string, words func(string) *Vocabulary[D], r Rule) *compiledRule[D] {
	before := len(bad.Fields)
	if r.check(bad, path); len(bad.Fields) > before {
		return nil
	}
	v := words(r.Kind)
	if v == nil {
		bad.Add(path+"kind", storage.CodeUnknown, clip(r.Kind))
		return nil
	}
	c := &compiledRule[D]{Rule: r}
	test, err := v.Compile(r.If)
	if invalid, ok := err.(*storage.Invalid); ok {
		for _, f := range invalid.Fields {
			bad.Add(path+"if"+f.Path, f.Code, f.Text)
		}
		return nil
	}
	c.test = test
	for i, t := range r.On {
		at := path + "on." + strconv.Itoa(i)
		for j, name := range t.Fields {
			_, ok := v.byName[name]
			bad.Check(ok, at+".fields."+strconv.Itoa(j), CodeUnknownField, clip(name))
		}
		if t.Date != "" {
			n, ok := v.byName[t.Date]
			bad.Check(ok && (v.facts[n].Kind == KindDate || v.facts[n].Kind == KindInstant), at+".date", CodeUnknownField, clip(t.Date))
		}
	}
	return c
}

// index enters a rule under what makes it look. A change that names no fields is watched through those that the condition reads; a
// condition that reads none, or asks a predicate, through all.
func (b *Rulebook[D]) index(i int, r *compiledRule[D]) {
	k := b.kinds[r.Kind]
	if k == nil {
		k = &kindRules[D]{byField: map[string]bitset{}, byEvent: map[string]bitset{}}
		b.kinds[r.Kind] = k
	}
	under := func(m map[string]bitset, name string) {
		set := m[name]
		set.add(i)
		m[name] = set
	}
	for _, t := range r.On {
		switch {
		case t.Create:
			k.created.add(i)
		case t.Delete:
			k.deleted.add(i)
		case t.Event != "":
			under(k.byEvent, t.Event)
		case t.Change:
			watched := t.Fields
			if len(watched) == 0 {
				watched = r.test.Reads()
			}
			if len(watched) == 0 || len(t.Fields) == 0 && r.asks {
				k.anyChange.add(i)
			}
			for _, name := range watched {
				under(k.byField, name)
			}
		}
	}
}

// asks reports whether a predicate is among the nodes.
func (n *node[D]) asks() bool {
	return n.kind == nodePredicate || slices.ContainsFunc(n.below, func(b node[D]) bool { return b.asks() })
}

// candidates adds the rules that may fire to a set.
func (b *Rulebook[D]) candidates(h *Happening[D], set bitset) bitset {
	k := b.kinds[h.Kind]
	if k == nil {
		return set
	}
	set = set.merge(k.byEvent[h.Event])
	switch {
	case h.Created:
		set = set.merge(k.created)
	case h.Deleted:
		set = set.merge(k.deleted)
	case len(h.Changed) > 0:
		set = set.merge(k.anyChange)
		for _, name := range h.Changed {
			set = set.merge(k.byField[name])
		}
	}
	return set
}

// A Verdict is what a rule that had to look found.
type Verdict struct {
	Rule    *Rule
	Matches bool
	// Failure is what a predicate that panicked said; then nothing matches.
	Failure error
}

// Ask finds the rules that have to look at a happening, in the order of their turns, and whether each matches. Rules after one that
// matches and stops are left out.
func (b *Rulebook[D]) Ask(h *Happening[D]) (list []Verdict) {
	var room [16]uint64 // a thousand rules need no memory but for the answer
	set, n := b.candidates(h, room[:0]), 0
	for _, word := range set {
		n += bits.OnesCount64(word)
	}
	if n == 0 {
		return nil
	}
	list = make([]Verdict, 0, n)
	for i, word := range set {
		for ; word != 0; word &= word - 1 {
			r := b.rules[i*64+bits.TrailingZeros64(word)]
			v := r.judge(&h.Facts)
			if list = append(list, v); v.Matches && r.Stop {
				return list
			}
		}
	}
	return list
}

// Rules lists the rules in the order of their turns.
func (b *Rulebook[D]) Rules() (list []Rule) {
	for _, r := range b.rules {
		list = append(list, r.Rule)
	}
	return list
}
