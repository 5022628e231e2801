package memory

import "bytes"

// fan is the most entries of a node: few enough that copying a node is cheap, many enough that a tree stays low.
const fan = 32

// A tree is an ordered map from encoded keys to values. Copying a tree value is a snapshot: a change copies each node on its way
// that was made in another epoch, so whoever holds an epoch alone may change the nodes of that epoch in place.
type tree[V any] struct{ root *node[V] }

// A node is a leaf, or has kids. In an inner node key i is a lower bound of what lies under kid i, key 0 meaning nothing. The keys
// lie one after the other in text: a search then stays within a few cache lines, and the garbage collector has nothing to follow.
type node[V any] struct {
	epoch uint64
	n     int32
	size  int32 // entries under this node
	text  []byte
	ends  [fan]uint32    // where each key ends in text
	kids  *[fan]*node[V] // of an inner node
	vals  *[fan]V        // of a leaf
}

// Either kind of node is one piece of memory.
type (
	leaf[V any] struct {
		node[V]
		all [fan]V
	}
	inner[V any] struct {
		node[V]
		all [fan]*node[V]
	}
)

func newLeaf[V any](epoch uint64) *node[V] {
	l := &leaf[V]{}
	l.epoch, l.vals = epoch, &l.all
	return &l.node
}

func newInner[V any](epoch uint64) *node[V] {
	in := &inner[V]{}
	in.epoch, in.kids = epoch, &in.all
	return &in.node
}

// start returns where key i begins in text.
func (n *node[V]) start(i int) uint32 {
	if i == 0 {
		return 0
	}
	return n.ends[i-1]
}

func (n *node[V]) key(i int) []byte { return n.text[n.start(i):n.ends[i]] }

// find returns the first place whose key is not below key. Keys that arrive in order belong behind the last one.
func (n *node[V]) find(key []byte) int {
	lo, hi := 0, int(n.n)-1
	if hi < 0 || string(n.key(hi)) < string(key) {
		return hi + 1
	}
	for lo < hi {
		if m := int(uint(lo+hi) >> 1); string(n.key(m)) < string(key) {
			lo = m + 1
		} else {
			hi = m
		}
	}
	return lo
}

// child returns the place of the kid under which key belongs.
func (n *node[V]) child(key []byte) int {
	lo, hi := 1, int(n.n)-1
	if hi < 1 || string(n.key(hi)) <= string(key) {
		return hi
	}
	for lo < hi {
		if m := int(uint(lo+hi) >> 1); string(n.key(m)) <= string(key) {
			lo = m + 1
		} else {
			hi = m
		}
	}
	return lo - 1
}

func (t tree[V]) size() int {
	if t.root == nil {
		return 0
	}
	return int(t.root.size)
}

func (t tree[V]) get(key []byte) (v V, ok bool) {
	n := t.root
	if n == nil {
		return v, false
	}
	for n.kids != nil {
		n = n.kids[n.child(key)]
	}
	if i := n.find(key); i < int(n.n) && string(n.key(i)) == string(key) {
		return n.vals[i], true
	}
	return v, false
}

// first returns the first entry whose key is not below lo. The key must be looked at before the tree changes.
func (t tree[V]) first(lo []byte) (key []byte, v V, ok bool) {
	n, next := t.root, (*node[V])(nil)
	if n == nil {
		return nil, v, false
	}
	for n.kids != nil {
		i := n.child(lo)
		if i+1 < int(n.n) {
			next = n.kids[i+1]
		}
		n = n.kids[i]
	}
	i := n.find(lo)
	if i == int(n.n) {
		if next == nil {
			return nil, v, false
		}
		for n, i = next, 0; n.kids != nil; {
			n = n.kids[0]
		}
	}
	return n.key(i), n.vals[i], true
}

// rank returns how many keys are below key.
func (t tree[V]) rank(key []byte) int {
	n, r := t.root, 0
	if n == nil {
		return 0
	}
	for n.kids != nil {
		i := n.child(key)
		for _, k := range n.kids[:i] {
			r += int(k.size)
		}
		n = n.kids[i]
	}
	return r + n.find(key)
}

// A span is a stretch of keys from lo up to, and without, hi; a nil hi is without end.
type span struct{ lo, hi []byte }

// and returns what two spans have in common.
func (s span) and(o span) span {
	if bytes.Compare(s.lo, o.lo) < 0 {
		s.lo = o.lo
	}
	if o.hi != nil && (s.hi == nil || bytes.Compare(o.hi, s.hi) < 0) {
		s.hi = o.hi
	}
	return s
}

// count returns how many keys are in a span.
func (t tree[V]) count(s span) int {
	if s.hi == nil {
		return t.size() - t.rank(s.lo)
	}
	return max(0, t.rank(s.hi)-t.rank(s.lo))
}

// ascend calls fn for the entries in a span, upwards, until it returns false.
func (t tree[V]) ascend(s span, fn func(V) bool) {
	if t.root != nil {
		t.root.ascend(s, fn)
	}
}

func (n *node[V]) ascend(s span, fn func(V) bool) bool {
	if n.kids == nil {
		end := int(n.n)
		if s.hi != nil {
			end = n.find(s.hi)
		}
		for i := n.find(s.lo); i < end; i++ {
			if !fn(n.vals[i]) {
				return false
			}
		}
		return end == int(n.n)
	}
	for i := n.child(s.lo); i < int(n.n); i++ {
		if !n.kids[i].ascend(s, fn) {
			return false
		}
		s.lo = nil
	}
	return true
}

// descend calls fn for the entries in a span, downwards, until it returns false.
func (t tree[V]) descend(s span, fn func(V) bool) {
	if t.root != nil {
		t.root.descend(s, fn)
	}
}

func (n *node[V]) descend(s span, fn func(V) bool) bool {
	end := int(n.n)
	if n.kids == nil {
		if s.hi != nil {
			end = n.find(s.hi)
		}
		begin := n.find(s.lo)
		for i := end - 1; i >= begin; i-- {
			if !fn(n.vals[i]) {
				return false
			}
		}
		return begin == 0
	}
	if s.hi != nil {
		end = n.child(s.hi) + 1
	}
	for i := end - 1; i >= 0; i-- {
		if !n.kids[i].descend(s, fn) {
			return false
		}
		s.hi = nil
	}
	return true
}
