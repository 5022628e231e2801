package memory

// own returns a node that epoch may change.
func (n *node[V]) own(epoch uint64) *node[V] {
	if n.epoch == epoch {
		return n
	}
	var c *node[V]
	if n.kids == nil {
		c = newLeaf[V](epoch)
		copy(c.vals[:n.n], n.vals[:n.n])
	} else {
		c = newInner[V](epoch)
		copy(c.kids[:n.n], n.kids[:n.n])
	}
	c.n, c.size = n.n, n.size
	copy(c.ends[:n.n], n.ends[:n.n])
	c.text = append(make([]byte, 0, len(n.text)+len(n.text)/8+16), n.text...)
	return c
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

// set puts val under key, of which it keeps a copy, and returns what it replaced.
func (t *tree[V]) set(epoch uint64, key []byte, val V) (old V, had bool) {
	if t.root == nil {
		t.root = newLeaf[V](epoch)
	}
	t.root = t.root.own(epoch)
	old, had, right, at := t.root.set(epoch, key, val)
	if right != nil {
		var none V
		left := t.root
		t.root = newInner[V](epoch)
		t.root.insert(0, nil, none, left)
		t.root.insert(1, at, none, right)
		t.root.recount()
	}
	return old, had
}

// set works on a node that epoch owns. When the node had to be split, right is its new neighbour, and at the least key there.
func (n *node[V]) set(epoch uint64, key []byte, val V) (old V, had bool, right *node[V], at []byte) {
	if n.kids == nil {
		i := n.find(key)
		if i < int(n.n) && string(n.key(i)) == string(key) {
			old, n.vals[i] = n.vals[i], val
			return old, true, nil, nil
		}
		if n.n < fan {
			n.insert(i, key, val, nil)
			n.size++
			return old, false, nil, nil
		}
		right = n.split(epoch, i, key, val, nil)
		return old, false, right, right.key(0)
	}
	i := n.child(key)
	kid := n.kids[i].own(epoch)
	n.kids[i] = kid
	old, had, extra, bound := kid.set(epoch, key, val)
	if !had {
		n.size++
	}
	if extra == nil {
		return old, had, nil, nil
	}
	var none V
	if n.n < fan {
		n.insert(i+1, bound, none, extra)
		return old, had, nil, nil
	}
	right = n.split(epoch, i+1, bound, none, extra)
	return old, had, right, right.key(0)
}

// split makes a full node two, and puts one more entry at i. Where that is the very end nothing is moved, so that keys that arrive
// in order leave full nodes behind.
func (n *node[V]) split(epoch uint64, i int, key []byte, val V, kid *node[V]) *node[V] {
	var right *node[V]
	if n.kids == nil {
		right = newLeaf[V](epoch)
	} else {
		right = newInner[V](epoch)
	}
	right.text = make([]byte, 0, len(n.text)+16)
	if i < fan {
		right.move(n, fan/2)
	}
	if i > int(n.n) || n.n == fan {
		right.insert(i-int(n.n), key, val, kid)
	} else {
		n.insert(i, key, val, kid)
	}
	n.recount()
	right.recount()
	return right
}

// move appends to n what b holds from place m on, and cuts it off there.
func (n *node[V]) move(b *node[V], m int) {
	shift := uint32(len(n.text)) - b.start(m)
	n.text = append(n.text, b.text[b.start(m):]...)
	for i := m; i < int(b.n); i++ {
		n.ends[n.n] = b.ends[i] + shift
		if n.kids == nil {
			n.vals[n.n] = b.vals[i]
		} else {
			n.kids[n.n] = b.kids[i]
		}
		n.n++
	}
	b.text = b.text[:b.start(m)]
	if b.kids == nil {
		clear(b.vals[m:])
	} else {
		clear(b.kids[m:])
	}
	b.n = int32(m)
}

// insert makes room at i; the caller sees to size.
func (n *node[V]) insert(i int, key []byte, val V, kid *node[V]) {
	begin, end, size := n.start(i), int(n.n), uint32(len(key))
	n.text = append(n.text, key...)
	copy(n.text[begin+size:], n.text[begin:])
	copy(n.text[begin:], key)
	copy(n.ends[i+1:end+1], n.ends[i:end])
	n.ends[i] = begin
	for j := i; j <= end; j++ {
		n.ends[j] += size
	}
	if n.kids == nil {
		copy(n.vals[i+1:end+1], n.vals[i:end])
		n.vals[i] = val
	} else {
		copy(n.kids[i+1:end+1], n.kids[i:end])
		n.kids[i] = kid
	}
	n.n++
}

// remove closes the gap at i; the caller sees to size.
func (n *node[V]) remove(i int) {
	begin, last, size := n.start(i), int(n.n)-1, n.ends[i]-n.start(i)
	n.text = append(n.text[:begin], n.text[n.ends[i]:]...)
	copy(n.ends[i:last], n.ends[i+1:])
	for j := i; j < last; j++ {
		n.ends[j] -= size
	}
	if n.kids == nil {
		var none V
		copy(n.vals[i:last], n.vals[i+1:])
		n.vals[last] = none
	} else {
		copy(n.kids[i:last], n.kids[i+1:])
		n.kids[last] = nil
	}
	n.n--
}

// del removes key and returns what was there.
func (t *tree[V]) del(epoch uint64, key []byte) (old V, had bool) {
	if t.root == nil {
		return old, false
	}
	t.root = t.root.own(epoch)
	old, had = t.root.del(epoch, key)
	for t.root.kids != nil && t.root.n == 1 {
		t.root = t.root.kids[0]
	}
	if t.root.n == 0 {
		t.root = nil
	}
	return old, had
}

func (n *node[V]) del(epoch uint64, key []byte) (old V, had bool) {
	if n.kids == nil {
		i := n.find(key)
		if i == int(n.n) || string(n.key(i)) != string(key) {
			return old, false
		}
		old = n.vals[i]
		n.remove(i)
		n.size--
		return old, true
	}
	i := n.child(key)
	kid := n.kids[i].own(epoch)
	n.kids[i] = kid
	if old, had = kid.del(epoch, key); !had {
		return old, false
	}
	n.size--
	if kid.n == 0 {
		n.remove(i)
	} else if kid.n < fan/4 && n.n > 1 {
		n.merge(epoch, max(0, i-1))
	}
	return old, true
}

// merge joins kid i with the one after it if the two fit well into one node.
func (n *node[V]) merge(epoch uint64, i int) {
	b := n.kids[i+1]
	if n.kids[i].n+b.n > fan*3/4 {
		return
	}
	a := n.kids[i].own(epoch)
	n.kids[i] = a
	b = b.own(epoch)
	if b.kids != nil { // its key 0 meant nothing there, but does here
		first := b.kids[0]
		b.remove(0)
		var none V
		b.insert(0, n.key(i+1), none, first)
	}
	a.size += b.size
	a.move(b, 0)
	n.remove(i + 1)
}
