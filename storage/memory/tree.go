package memory

// fan is the most entries of a node. A node of 31 fills an allocation of 768 bytes exactly.
const fan = 31

// A tree is an ordered map from encoded keys to values. Copying a tree value is a snapshot: a change copies each node on its way
// that was made in another epoch, so whoever holds an epoch alone may change the nodes of that epoch in place.
type tree[V any] struct{ root *node[V] }

// A node is a leaf, or has kids. In an inner node keys[i] is a lower bound of what lies under kids[i], keys[0] meaning nothing.
type node[V any] struct {
	epoch uint64
	n     int32
	size  int32 // entries under this node
	kids  *[fan]*node[V]
	keys  [fan]string
	vals  [fan]V
}

// find returns the first place whose key is not below key.
func (n *node[V]) find(key string) int {
	lo, hi := 0, int(n.n)
	for lo < hi {
		if m := int(uint(lo+hi) >> 1); n.keys[m] < key {
			lo = m + 1
		} else {
			hi = m
		}
	}
	return lo
}

// child returns the place of the kid under which key belongs.
func (n *node[V]) child(key string) int {
	lo, hi := 1, int(n.n)
	for lo < hi {
		if m := int(uint(lo+hi) >> 1); n.keys[m] <= key {
			lo = m + 1
		} else {
			hi = m
		}
	}
	return lo - 1
}

// own returns a node that epoch may change.
func (n *node[V]) own(epoch uint64) *node[V] {
	if n.epoch == epoch {
		return n
	}
	c := *n
	c.epoch = epoch
	if n.kids != nil {
		kids := *n.kids
		c.kids = &kids
	}
	return &c
}

func (n *node[V]) recount() {
	if n.kids == nil {
		n.size = n.n
		return
	}
	n.size = 0
	for _, k := range n.kids[:n.n] {
		n.size += k.size
	}
}

func (t tree[V]) size() int {
	if t.root == nil {
		return 0
	}
	return int(t.root.size)
}

func (t tree[V]) get(key string) (v V, ok bool) {
	n := t.root
	if n == nil {
		return v, false
	}
	for n.kids != nil {
		n = n.kids[n.child(key)]
	}
	if i := n.find(key); i < int(n.n) && n.keys[i] == key {
		return n.vals[i], true
	}
	return v, false
}

// first returns the first entry whose key is not below lo.
func (t tree[V]) first(lo string) (key string, v V, ok bool) {
	n, next := t.root, (*node[V])(nil)
	if n == nil {
		return "", v, false
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
			return "", v, false
		}
		for n, i = next, 0; n.kids != nil; {
			n = n.kids[0]
		}
	}
	return n.keys[i], n.vals[i], true
}

// rank returns how many keys are below key.
func (t tree[V]) rank(key string) int {
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

// count returns how many keys are in [lo, hi); an empty hi is without end.
func (t tree[V]) count(lo, hi string) int {
	if hi == "" {
		return t.size() - t.rank(lo)
	}
	return max(0, t.rank(hi)-t.rank(lo))
}

// ascend calls fn for the entries in [lo, hi) upwards until it returns false; an empty hi is without end.
func (t tree[V]) ascend(lo, hi string, fn func(V) bool) {
	if t.root != nil {
		t.root.ascend(lo, hi, fn)
	}
}

func (n *node[V]) ascend(lo, hi string, fn func(V) bool) bool {
	if n.kids == nil {
		end := int(n.n)
		if hi != "" {
			end = n.find(hi)
		}
		for i := n.find(lo); i < end; i++ {
			if !fn(n.vals[i]) {
				return false
			}
		}
		return end == int(n.n)
	}
	for i := n.child(lo); i < int(n.n); i++ {
		if !n.kids[i].ascend(lo, hi, fn) {
			return false
		}
		lo = ""
	}
	return true
}

// descend calls fn for the entries in [lo, hi) downwards until it returns false.
func (t tree[V]) descend(lo, hi string, fn func(V) bool) {
	if t.root != nil {
		t.root.descend(lo, hi, fn)
	}
}

func (n *node[V]) descend(lo, hi string, fn func(V) bool) bool {
	end := int(n.n)
	if n.kids == nil {
		if hi != "" {
			end = n.find(hi)
		}
		begin := n.find(lo)
		for i := end - 1; i >= begin; i-- {
			if !fn(n.vals[i]) {
				return false
			}
		}
		return begin == 0
	}
	if hi != "" {
		end = n.child(hi) + 1
	}
	for i := end - 1; i >= 0; i-- {
		if !n.kids[i].descend(lo, hi, fn) {
			return false
		}
		hi = ""
	}
	return true
}
