package postgres

import (
	"context"
	"strconv"

	"github.com/tutas/tutas/storage/driver"
)

// A savepoint is one level of nesting. What it says to the server travels with the next statement; if there is none, it
// is never said.
type savepoint struct {
	tx    *tx
	name  string
	ended bool
}

func (t *tx) Savepoint(ctx context.Context) (driver.Savepoint, error) {
	if err := t.ready(); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, t.doom(err)
	}
	if t.across {
		return nil, t.doom(driver.ErrReadOnly)
	}
	s := &savepoint{tx: t, name: "tutas_" + strconv.Itoa(len(t.savepoints)+1)}
	t.savepoints = append(t.savepoints, s)
	t.control("SAVEPOINT " + s.name)
	return s, nil
}

func (s *savepoint) Release(context.Context) error {
	t := s.tx
	if s.ended && !t.over {
		return driver.ErrClosed
	}
	if err := t.ready(); err != nil {
		return err
	}
	if !s.unsay() {
		t.control("RELEASE SAVEPOINT " + s.name)
	}
	s.end()
	return nil
}

func (s *savepoint) RollBack(context.Context) error {
	t := s.tx
	if s.ended || t.over || t.engine.closed.Load() {
		return driver.ErrClosed
	}
	if t.wire.pg != nil && t.wire.pg.IsClosed() {
		return driver.ErrDoomed // with the connection everything is undone, and nothing can go on
	}
	if !s.unsay() {
		t.queue = t.queue[:0] // all of it was said since s, which is being undone
		t.control("ROLLBACK TO SAVEPOINT " + s.name)
		t.control("RELEASE SAVEPOINT " + s.name)
	}
	t.doomed = false
	s.end()
	return nil
}

// unsay takes back a savepoint that the server has not heard of, and what was queued since.
func (s *savepoint) unsay() bool {
	for i := len(s.tx.queue) - 1; i >= 0; i-- {
		if s.tx.queue[i].sql == "SAVEPOINT "+s.name {
			s.tx.queue = s.tx.queue[:i]
			return true
		}
	}
	return false
}

// end ends a savepoint and those inside it.
func (s *savepoint) end() {
	t := s.tx
	for i, other := range t.savepoints {
		if other == s {
			for _, inner := range t.savepoints[i:] {
				inner.ended = true
			}
			t.savepoints = t.savepoints[:i]
			return
		}
	}
}
