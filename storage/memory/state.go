package memory

import "sync/atomic"

// A state is all rows of one tenant at one moment. What is committed is changed in place until a snapshot holds it.
type state struct {
	tables []*tableState // by table.ord; shorter than the schema, or nil, where nothing was ever written
	seq    uint64        // the last place given out in the order of commits
	since  uint64        // tables of this epoch or a later one are in this state alone
	frozen uint64        // as Engine.frozen was when the state came about
}

// A tableState is the trees of one table.
type tableState struct {
	epoch   uint64      // nodes of this epoch are in these trees alone
	frozen  atomic.Bool // a statement is reading them
	rows    tree[*record]
	tail    tree[*record]
	indexes []tree[*record] // as in table.indexes; shorter in a snapshot from before an index was added
}

var (
	emptyState tableState
	nothing    state
)

func (s *state) table(ord int) *tableState {
	if ord < len(s.tables) && s.tables[ord] != nil {
		return s.tables[ord]
	}
	return &emptyState
}

// A part is what one transaction has changed, not yet committed, in one tenant whose turn it holds.
type part struct {
	state         // as the transaction sees it
	base   *state // what is committed
	home   *tenant
	first  uint64 // the epoch in which it began
	since  uint64 // tables of this epoch or a later one may be changed
	epoch  uint64 // of those that are made now
	shared bool   // tables is also held by base or a mark
	dirty  bool
	log    []globalChange

	inPlace *scratch // set where the state is the committed one, and holds what has to be undone if it fails
}

// A globalChange is to be made in a global index when the part is committed.
type globalChange struct {
	index  int // index.global
	unique int // how many leading bytes of key must be unique; 0 for none
	key    []byte
	rec    *record // nil to remove
}

// A mark is a place a part can go back to.
type mark struct {
	state state
	log   int
	dirty bool
}

func (p *part) mark(epoch uint64) mark {
	p.next(epoch)
	return mark{p.state, len(p.log), p.dirty}
}

// next begins another epoch: what is held now stays as it is.
func (p *part) next(epoch uint64) { p.shared, p.since, p.epoch = true, epoch, epoch }

func (p *part) restore(m mark) {
	p.state, p.log, p.dirty, p.shared = m.state, p.log[:m.log], m.dirty, true
}

// write returns a table's trees for changing.
func (p *part) write(t *table) *tableState {
	p.dirty = true
	if n := t.ord + 1 - len(p.tables); p.shared || n > 0 {
		tables := make([]*tableState, len(p.tables)+max(0, n))
		copy(tables, p.tables)
		p.tables, p.shared = tables, false
	}
	old := p.tables[t.ord]
	if old != nil && old.epoch >= p.since && !old.frozen.Load() && len(old.indexes) == len(t.indexes) {
		return old
	}
	ts := &tableState{epoch: p.epoch, indexes: make([]tree[*record], len(t.indexes))}
	if old != nil {
		ts.rows, ts.tail = old.rows, old.tail
		copy(ts.indexes, old.indexes)
	}
	p.tables[t.ord] = ts
	return ts
}
