package storagetest

import (
	"errors"
	"sync"
	"time"

	"github.com/tutas/tutas/storage/driver"
)

// elsewhere runs fn on a goroutine of its own and returns its error.
func (p *probe) elsewhere(fn func() error) error {
	done := make(chan error, 1)
	go func() {
		err := errors.New("the goroutine ended early")
		defer func() { done <- err }()
		err = fn()
	}()
	return <-done
}

// together runs fn n times at once, waits for all, and ends the scenario if one of them failed.
func (p *probe) together(n int, fn func(i int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			fn(i)
		})
	}
	close(start)
	wg.Wait()
	if p.failed() {
		p.fail("%d goroutines at once", n)
	}
}

// retry runs fn in a write transaction and commits it, again and again as long as it loses races.
func (p *probe) retry(fn func(tx driver.Tx) error) {
	var err error
	for range 10_000 {
		if err = p.ctx.Err(); err != nil {
			break
		}
		if err = p.once(fn); err == nil {
			return
		}
		if !errors.Is(err, driver.ErrConflict) && !errors.Is(err, driver.ErrBusy) {
			break
		}
	}
	p.fail("gave up: %v", err)
}

func (p *probe) once(fn func(tx driver.Tx) error) error {
	tx, err := p.e.Begin(p.ctx, driver.TxOptions{Tenant: p.tenant})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(p.ctx) }() // does nothing after a commit
	if err := fn(tx); err != nil {
		return err
	}
	if err := tx.Commit(p.ctx); !errors.Is(err, driver.ErrClosed) {
		return err
	}
	return nil // fn ended the transaction itself
}

// overlapping reports whether the engine lets two write transactions be open at once. An engine with a single writer
// makes the second wait for the first.
func (p *probe) overlapping() bool {
	if p.suite.overlap != nil {
		return *p.suite.overlap
	}
	n := notes()
	e := p.suite.harness.Open(p.t)
	defer func() { _ = e.Close() }()
	p.ok(e.Migrate(p.ctx, driver.Schema{Tables: []*driver.Table{n}}))
	first, err := e.Begin(p.ctx, driver.TxOptions{Tenant: p.tenant})
	p.ok(err)
	p.do(first, insert(n, row(1, "first")))
	passed := make(chan error, 1)
	go func() {
		tx, err := e.Begin(p.ctx, driver.TxOptions{Tenant: p.tenant})
		if err == nil {
			_, err = tx.Do(p.ctx, insert(n, row(2, "second")))
			_ = tx.Rollback(p.ctx)
		}
		passed <- err
	}()
	overlap := false
	select {
	case err := <-passed:
		overlap = err == nil
	case <-time.After(2 * time.Second):
		p.rollback(first)
		<-passed
	}
	p.rollback(first)
	p.suite.overlap = &overlap
	p.t.Logf("two write transactions at once: %v", overlap)
	return overlap
}
