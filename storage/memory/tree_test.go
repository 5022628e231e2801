package memory

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tutas/tutas/storage/driver"
)

// sound checks what must hold of every node and returns the depth.
func (n *node[V]) sound(t *testing.T, lo, hi []byte, root bool) int {
	t.Helper()
	if n.n == 0 && !root || int(n.n) > fan || uint32(len(n.text)) != n.start(int(n.n)) {
		t.Fatalf("a node has %d entries and %d bytes of keys, not %d", n.n, len(n.text), n.start(int(n.n)))
	}
	size, depth := n.size, 0
	n.recount()
	if n.size != size {
		t.Fatalf("a node says that it holds %d entries, not %d", size, n.size)
	}
	for i := range int(n.n) {
		key := n.key(i)
		if n.kids == nil || i > 0 {
			if bytes.Compare(key, lo) < 0 || hi != nil && bytes.Compare(key, hi) >= 0 || i > 1 && bytes.Compare(n.key(i-1), key) >= 0 {
				t.Fatalf("key %x is out of place", key)
			}
		}
		if n.kids == nil {
			continue
		}
		from, to := key, hi
		if i == 0 {
			from = lo
		}
		if i+1 < int(n.n) {
			to = n.key(i + 1)
		}
		if d := n.kids[i].sound(t, from, to, false); i == 0 {
			depth = d
		} else if d != depth {
			t.Fatalf("leaves lie at depths %d and %d", depth, d)
		}
	}
	return depth + 1
}

func TestATreeIsAnOrderedMapAndItsCopiesDoNotChange(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 2))
	for _, space := range []int{8, 300, 20000} {
		var tr tree[int]
		model, epoch := map[string]int{}, uint64(1)
		type copied struct {
			tr    tree[int]
			model map[string]int
		}
		var copies []copied
		grow := true
		for i := range 6 * min(space, 4000) {
			if i%1500 == 1499 {
				copies = append(copies, copied{tr, cloneMap(model)})
				epoch++
				grow = !grow
			}
			key := fmt.Sprintf("%0*d", 1+r.IntN(2)*9, r.IntN(space))
			if i%5 == 0 && space > 1000 {
				key = fmt.Sprintf("z%09d", i) // in order, as identifiers by time are
			}
			if r.IntN(10) < 7 == grow {
				old, had := tr.set(epoch, []byte(key), i)
				if was, ok := model[key]; ok != had || was != old {
					t.Fatalf("set of %s returned %d, %v; want %d, %v", key, old, had, was, ok)
				}
				model[key] = i
			} else {
				old, had := tr.del(epoch, []byte(key))
				if was, ok := model[key]; ok != had || was != old {
					t.Fatalf("del of %s returned %d, %v; want %d, %v", key, old, had, was, ok)
				}
				delete(model, key)
			}
		}
		copies = append(copies, copied{tr, model})
		for _, c := range copies {
			compareTree(t, r, c.tr, c.model)
		}
		for key := range model { // to nothing, from all sides
			tr.del(epoch, []byte(key))
			if tr.root != nil && r.IntN(20) == 0 {
				tr.root.sound(t, nil, nil, true)
			}
		}
		if tr.size() != 0 || tr.root != nil {
			t.Fatalf("%d entries are left", tr.size())
		}
	}
}

func cloneMap(m map[string]int) map[string]int {
	c := make(map[string]int, len(m))
	for k, v := range m {
		c[k] = v
	}
	return c
}

func compareTree(t *testing.T, r *rand.Rand, tr tree[int], model map[string]int) {
	t.Helper()
	if tr.root != nil {
		tr.root.sound(t, nil, nil, true)
	}
	keys := make([]string, 0, len(model))
	for k, v := range model {
		keys = append(keys, k)
		if got, ok := tr.get([]byte(k)); !ok || got != v {
			t.Fatalf("get of %s is %d, %v; want %d", k, got, ok, v)
		}
	}
	slices.Sort(keys)
	for range 50 {
		s := span{lo: []byte(fmt.Sprint(r.IntN(3000)))}
		if r.IntN(3) > 0 {
			s.hi = []byte(fmt.Sprint(r.IntN(3000)))
		}
		var want, up, down []int
		for _, k := range keys {
			if k >= string(s.lo) && (s.hi == nil || k < string(s.hi)) {
				want = append(want, model[k])
			}
		}
		tr.ascend(s, func(v int) bool { up = append(up, v); return true })
		tr.descend(s, func(v int) bool { down = append(down, v); return true })
		slices.Reverse(down)
		if !slices.Equal(up, want) || !slices.Equal(down, want) || tr.count(s) != len(want) {
			t.Fatalf("between %s and %s: %d up, %d down, %d counted; want %d",
				s.lo, s.hi, len(up), len(down), tr.count(s), len(want))
		}
		i, _ := slices.BinarySearch(keys, string(s.lo))
		if key, _, ok := tr.first(s.lo); ok != (i < len(keys)) || ok && string(key) != keys[i] {
			t.Fatalf("the first from %s on is %s, %v", s.lo, key, ok)
		}
	}
}

func TestEncodedValuesCompareAsValuesDo(t *testing.T) {
	text := []driver.Value{driver.Null}
	for _, s := range []string{"", "\x00", "\x00\x00", "\x00\x01", "\x00\xff", "\x01", "a", "a\x00", "a\x00b", "a\x01", "ab", "b", "\xff", "\xff\xff"} {
		text = append(text, driver.TextValue(s))
	}
	ints := []driver.Value{driver.Null}
	for _, i := range []int64{-1 << 63, -1<<63 + 1, -256, -1, 0, 1, 255, 1<<63 - 1} {
		ints = append(ints, driver.IntValue(i))
	}
	for kind, values := range map[driver.Kind][]driver.Value{driver.Text: text, driver.Int: ints} {
		for i, a := range values {
			for j, b := range values {
				x, y := appendValue(nil, kind, a), appendValue(nil, kind, b)
				if got := bytes.Compare(x, y); got != driver.Compare(a, b) {
					t.Errorf("%v and %v compare as %d when encoded", a, b, got)
				}
				if i != j && bytes.HasPrefix(y, x) {
					t.Errorf("the encoding of %v begins that of %v", a, b)
				}
			}
		}
	}
}
