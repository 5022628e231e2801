package backend

import (
	"context"
	"fmt"
	"iter"
	"sync"

	"github.com/tutas/tutas/storage/driver"
)

// A Guard keeps the rules that a transaction of every engine follows: after its end everything fails with ErrClosed;
// any error dooms it, and what is doomed fails with ErrDoomed until it is undone; a reader does not write, and across
// tenants there is only Query. A driver.Tx has one and runs everything through it. Its methods may be called at once, so
// that an engine can end the transactions that are open when it closes.
type Guard struct {
	options driver.TxOptions

	mu     sync.Mutex
	over   bool
	doomed bool
}

// NewGuard returns the guard of a new transaction.
func NewGuard(o driver.TxOptions) *Guard { return &Guard{options: o} }

// Run runs one statement, if the transaction may still run any. Whether it may run across tenants is for the caller to
// say. Its error dooms the transaction.
func (g *Guard) Run(ctx context.Context, across bool, statement func() error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.over:
		return driver.ErrClosed
	case g.doomed:
		return driver.ErrDoomed
	}
	err := ctx.Err()
	if err == nil && g.options.Across && !across {
		err = fmt.Errorf("%w: across tenants there is only Query", driver.ErrReadOnly)
	}
	if err == nil {
		err = statement()
	}
	g.doomed = err != nil
	return err
}

// Do runs operations one after another, for a Tx's Do, and collects the answers.
func (g *Guard) Do(
	ctx context.Context, ops []driver.Op, one func(op driver.Op, res *driver.Result) error,
) ([]driver.Result, error) {
	results := make([]driver.Result, len(ops))
	err := g.Run(ctx, len(ops) == 0, func() error {
		for i, op := range ops {
			if op.Kind != driver.Get && (g.options.ReadOnly || g.options.Across) {
				return driver.ErrReadOnly
			}
			if err := one(op, &results[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return results, nil
}

// Rows makes a sequence of what one statement reads, for a Tx's Query and Sum. It reads all rows before it yields the
// first one.
func (g *Guard) Rows(ctx context.Context, across bool, read func() ([]driver.Row, error)) iter.Seq2[driver.Row, error] {
	return func(yield func(driver.Row, error) bool) {
		var rows []driver.Row
		err := g.Run(ctx, across, func() (err error) {
			rows, err = read()
			return err
		})
		if err != nil {
			yield(nil, err)
			return
		}
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// End ends the transaction by what end does, once: afterwards it fails with ErrClosed.
func (g *Guard) End(end func() error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.over {
		return driver.ErrClosed
	}
	g.over = true
	return end()
}

// Undo runs what returns the transaction to a savepoint, also when it is doomed; if that succeeds, it no longer is.
func (g *Guard) Undo(undo func() error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.over {
		return driver.ErrClosed
	}
	err := undo()
	g.doomed = err != nil
	return err
}
