package memory

// set puts val under key and returns what it replaced.
func (t *tree[V]) set(epoch uint64, key string, val V) (old V, had bool) {
	if t.root == nil {
		t.root = &node[V]{epoch: epoch}
	}
	t.root = t.root.own(epoch)
	old, had, right := t.root.set(epoch, key, val)
	if right != nil {
		left := t.root
		t.root = &node[V]{epoch: epoch, n: 2, size: left.size + right.size, kids: &[fan]*node[V]{left, right}}
		t.root.keys[1] = right.keys[0]
	}
	return old, had
}

// set works on a node that epoch owns; right is the node's new neighbour when it had to be split.
func (n *node[V]) set(epoch uint64, key string, val V) (old V, had bool, right *node[V]) {
	if n.kids == nil {
		i := n.find(key)
		if i < int(n.n) && n.keys[i] == key {
			old, n.keys[i], n.vals[i] = n.vals[i], key, val
			return old, true, nil
		}
		at := n
		if n.n == fan {
			right = n.split(epoch, i)
			if i > int(n.n) || n.n == fan {
				at, i = right, i-int(n.n)
			}
		}
		at.insert(i, key, val, nil)
		at.size++
		return old, false, right
	}
	i := n.child(key)
	kid := n.kids[i].own(epoch)
	n.kids[i] = kid
	old, had, extra := kid.set(epoch, key, val)
	if !had {
		n.size++
	}
	if extra == nil {
		return old, had, nil
	}
	at, i := n, i+1
	if n.n == fan {
		right = n.split(epoch, i)
		if i > int(n.n) || n.n == fan {
			at, i = right, i-int(n.n)
		}
	}
	var none V
	at.insert(i, extra.keys[0], none, extra)
	if right != nil {
		n.recount()
		right.recount()
	}
	return old, had, right
}

// split moves the upper half of a full node to a new one. Where the next entry goes to the very end nothing is moved, so that
// keys that arrive in order leave full nodes behind.
func (n *node[V]) split(epoch uint64, next int) *node[V] {
	right := &node[V]{epoch: epoch}
	if n.kids != nil {
		right.kids = new([fan]*node[V])
	}
	if next == int(n.n) {
		return right
	}
	m := int(n.n) / 2
	right.n = int32(copy(right.keys[:], n.keys[m:]))
	copy(right.vals[:], n.vals[m:])
	clear(n.keys[m:])
	clear(n.vals[m:])
	if n.kids != nil {
		copy(right.kids[:], n.kids[m:])
		clear(n.kids[m:])
	}
	n.n = int32(m)
	right.recount()
	n.recount()
	return right
}

// insert makes room at i; the caller sees to size.
func (n *node[V]) insert(i int, key string, val V, kid *node[V]) {
	end := int(n.n)
	copy(n.keys[i+1:end+1], n.keys[i:end])
	n.keys[i] = key
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
	last := int(n.n) - 1
	var none V
	copy(n.keys[i:last], n.keys[i+1:])
	n.keys[last] = ""
	if n.kids == nil {
		copy(n.vals[i:last], n.vals[i+1:])
		n.vals[last] = none
	} else {
		copy(n.kids[i:last], n.kids[i+1:])
		n.kids[last] = nil
	}
	n.n--
}

// del removes key and returns what was there.
func (t *tree[V]) del(epoch uint64, key string) (old V, had bool) {
	if t.root == nil {
		return old, false
	}
	t.root = t.root.own(epoch)
	old, had = t.root.del(epoch, key)
	for t.root != nil && t.root.kids != nil && t.root.n == 1 {
		t.root = t.root.kids[0]
	}
	if t.root.n == 0 {
		t.root = nil
	}
	return old, had
}

func (n *node[V]) del(epoch uint64, key string) (old V, had bool) {
	if n.kids == nil {
		i := n.find(key)
		if i == int(n.n) || n.keys[i] != key {
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
	copy(a.keys[a.n:], b.keys[:b.n])
	if a.kids == nil {
		copy(a.vals[a.n:], b.vals[:b.n])
	} else {
		a.keys[a.n] = n.keys[i+1]
		copy(a.kids[a.n:], b.kids[:b.n])
	}
	a.n += b.n
	a.size += b.size
	n.remove(i + 1)
}
