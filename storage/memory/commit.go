package memory

import (
	"context"

	"github.com/tutas/tutas/storage/driver"
)

// maxInPlace is how many rows a commit may put in place while readers wait for it: a matter of a few milliseconds.
const maxInPlace = 2000

// finish runs the last operations. A transaction that has written nothing before, as nearly all, changes the committed trees themselves, unless a
// snapshot is out that would see it.
func (t *Tx) finish(ctx context.Context, last []driver.Op) error {
	n := 0
	for i := range last {
		n += len(last[i].Rows)
	}
	if n <= maxInPlace && t.host == nil && !t.readOnly && t.iterating == 0 && (t.p == nil || !t.p.dirty) {
		if err := t.turn(ctx); err != nil {
			return t.fail(err)
		}
		if done, err := t.inPlace(ctx, last); done {
			return err
		}
	}
	_, err := t.Do(ctx, last...)
	return err
}

// turn waits for the turn to write.
func (t *Tx) turn(ctx context.Context) error {
	if t.p != nil {
		return nil
	}
	if t.home == nil {
		t.home = t.e.makeTenant(t.name)
	}
	p, err := t.e.open(ctx, t.home)
	t.p = p
	return err
}

// inPlace runs operations on the committed trees, all or none. It is not done when a snapshot is out.
func (t *Tx) inPlace(ctx context.Context, ops []driver.Op) (done bool, err error) {
	e, home := t.e, t.home
	e.mu.RLock()
	defer e.mu.RUnlock()
	home.mu.Lock()
	defer home.mu.Unlock()
	s := home.state.Load()
	if s == &nothing || home.seen.Load() == s || s.frozen != e.frozen {
		return false, nil
	}
	p := t.p
	p.state, p.since, p.shared, p.inPlace = *s, s.since, false, t.scratch
	var res driver.Result
	for i := 0; i < len(ops) && err == nil; i++ {
		err = t.run(ctx, &ops[i], &res)
	}
	if err == nil {
		err = e.publishGlobals(p)
	}
	if err != nil {
		t.undo(p)
		p.seq = s.seq
	}
	s.tables, s.seq = p.tables, p.seq
	p.dirty = false // nothing is left to publish
	return true, err
}

// A change is what was done to one row; old is nil where it is new, now where it is gone.
type change struct {
	pair
	ts       *tableState
	old, now *record
}

// did remembers a change that may have to be undone one by one.
func (p *part) did(pr pair, ts *tableState, old, now *record) {
	if s := p.inPlace; s != nil {
		s.changes = append(s.changes, change{pr, ts, old, now})
	}
}

// undo takes back what was done in place, the latest first.
func (t *Tx) undo(p *part) {
	changes := t.scratch.changes
	p.inPlace = nil
	for i := len(changes) - 1; i >= 0; i-- {
		c := changes[i]
		w := writer{pair: c.pair, t: t, p: p, ts: c.ts}
		if c.now != nil {
			w.remove(c.now)
		}
		if c.old != nil {
			t.row = w.cells(t.row[:0], c.old)
			k := &t.keys[0]
			k.fill(w.table, t.row)
			w.ts.rows.set(w.ts.epoch, k.primary, c.old)
			w.enterAll(c.old, k)
		}
	}
	p.log = nil
}
