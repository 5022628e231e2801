package ledger

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"

	"github.com/tutas/tutas/storage"
)

// join queues a call, and reports whether it leads.
func (w *Writer) join(c *call) bool {
	w.queue = append(w.queue, c)
	w.size, w.bytes = w.size+len(c.list), w.bytes+c.bytes
	if w.led {
		if w.enough() {
			select {
			case w.full <- struct{}{}:
			default:
			}
		}
		return false
	}
	w.led, c.stage = true, leads
	return true
}

// follow waits for the outcome, or for the turn to lead. The error is that of a caller that left.
func (w *Writer) follow(c *call) error {
	select {
	case <-c.wake:
	case <-c.ctx.Done():
	}
	w.mu.Lock()
	switch c.stage {
	case settled:
		w.mu.Unlock()
		return nil
	case leads:
		w.mu.Unlock()
		return w.lead(c)
	case goes:
		w.mu.Unlock()
		return unsettled{c.ctx.Err()}
	}
	defer w.mu.Unlock()
	w.withdraw(c)
	return c.ctx.Err()
}

// unsettled is the error of a caller that left while its call was under way.
type unsettled struct{ cause error }

func (u unsettled) Error() string   { return storage.ErrUnknown.Error() + ": " + u.cause.Error() }
func (u unsettled) Unwrap() []error { return []error{storage.ErrUnknown, u.cause} }

// withdraw takes a call off the queue.
func (w *Writer) withdraw(c *call) {
	if i := slices.Index(w.queue, c); i >= 0 {
		w.queue = slices.Delete(w.queue, i, i+1)
		w.size, w.bytes = w.size-len(c.list), w.bytes-c.bytes
	}
}

// lead carries out a group of calls, the leader's own among them.
func (w *Writer) lead(c *call) error {
	if c.ctx.Err() == nil {
		w.gather(c.ctx)
	}
	w.mu.Lock()
	if err := c.ctx.Err(); err != nil {
		w.withdraw(c)
		w.next()
		w.mu.Unlock()
		return err
	}
	g := w.take(c)
	w.mu.Unlock()
	w.run(g)
	w.fold(c)
	return nil
}

// take picks the leader's call and those that go with it, in their order. A call with a key of another one goes later.
func (w *Writer) take(c *call) []*call {
	w.withdraw(c)
	c.stage = goes
	g, size, bytes := []*call{c}, len(c.list), c.bytes
	keys := map[storage.Key]bool{}
	add := func(c *call) {
		for _, k := range c.commands {
			keys[k.Key] = true
		}
	}
	add(c)
	left := w.queue[:0]
	for i, o := range w.queue {
		if size+len(o.list) > w.o.MaxEntries || bytes+o.bytes > w.o.MaxBytes {
			left = append(left, w.queue[i:]...)
			break
		}
		if slices.ContainsFunc(o.commands, func(k storage.Command) bool { return keys[k.Key] }) {
			left = append(left, o)
			continue
		}
		o.stage = goes
		g, size, bytes = append(g, o), size+len(o.list), bytes+o.bytes
		add(o)
	}
	clear(w.queue[len(left):])
	w.queue, w.size, w.bytes = left, 0, 0
	for _, o := range left {
		w.size, w.bytes = w.size+len(o.list), w.bytes+o.bytes
	}
	return g
}

// next hands the lead to whoever waits longest.
func (w *Writer) next() {
	if w.led = len(w.queue) > 0; w.led {
		w.queue[0].stage = leads
		w.queue[0].wake <- struct{}{}
	}
}

// run carries out a group. Whatever happens, a panic of a guard included, nobody is left waiting.
func (w *Writer) run(g []*call) {
	done := false
	var err error
	defer func() {
		if !done && len(g) > 1 {
			_ = recover() // it comes again where it belongs
		}
		alone := len(g) > 1 && (!done || refused(err))
		w.mu.Lock()
		defer w.mu.Unlock()
		for i, c := range g {
			if c.alone = alone; err != nil {
				c.err = err
			}
			if c.err == nil && !alone {
				w.tail += len(c.fresh)
			}
			if c.stage = settled; i > 0 {
				c.wake <- struct{}{}
			}
		}
		w.next()
	}()
	ctx, end := together(g)
	defer end()
	err = w.post(ctx, g)
	done = true
}

// refused reports whether an error of a group could be that of one call.
func refused(err error) bool {
	var coded *storage.Error
	var bad *storage.Invalid
	var key *storage.KeyError
	return errors.As(err, &coded) || errors.As(err, &bad) || errors.As(err, &key) || errors.Is(err, storage.ErrOverflow)
}

// together is the context of a group: it ends when those of all callers have.
func together(g []*call) (context.Context, func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(g[0].ctx))
	for _, c := range g {
		if c.ctx.Done() == nil {
			return ctx, cancel
		}
	}
	var left atomic.Int64
	left.Store(int64(len(g)))
	stops := make([]func() bool, len(g))
	for i, c := range g {
		stops[i] = context.AfterFunc(c.ctx, func() {
			if left.Add(-1) == 0 {
				cancel()
			}
		})
	}
	return ctx, func() {
		for _, stop := range stops {
			stop()
		}
		cancel()
	}
}

// post carries out the calls of a group in one transaction, each by itself and in turn.
func (w *Writer) post(ctx context.Context, g []*call) error {
	var list []*Entry
	callers := make([][]storage.Command, len(g))
	for i, c := range g {
		callers[i] = c.commands
		for j := range c.list {
			list = append(list, &c.list[j])
		}
	}
	n := needOf(list)
	var rules Rules
	var readIn *storage.Tx
	answers, err := storage.OnceGroup(ctx, w.db, verbPost, callers, func(tx *storage.Tx, i int, todo []int) ([]answer, error) {
		if readIn != tx {
			var err error
			if rules, err = n.read(ctx, tx); err != nil {
				return nil, err
			}
			if rules.anyLive() {
				rules.ahead = aheadOf(list)
			}
			readIn = tx
		}
		c := g[i]
		chosen := make([]*Entry, len(todo))
		for j, at := range todo {
			chosen[j] = &c.list[at]
		}
		if len(c.list) == 1 {
			todo = nil
		}
		var err error
		if c.fresh, err = rules.post(ctx, tx, chosen, todo); err != nil {
			return nil, placed(err, todo)
		}
		all := make([]answer, len(c.fresh))
		for j := range c.fresh {
			all[j] = answerOf(&c.fresh[j])
		}
		return all, nil
	}, n.announce)
	for i, a := range answers {
		g[i].answers, g[i].err = a.Results, a.Err
	}
	return err
}

// fold folds the totals when enough was posted since. The posts do not depend on it, so its failure is nobody's: the parts
// stay in the tail for the next one.
func (w *Writer) fold(c *call) {
	if w.o.FoldAfter < 0 {
		return
	}
	w.mu.Lock()
	due := w.tail >= w.o.FoldAfter
	if due {
		w.tail = 0
	}
	w.mu.Unlock()
	if due && !c.alone {
		_, _ = w.books.Fold(c.ctx)
	}
}
