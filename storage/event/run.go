package event

import (
	"context"
	"errors"
	"time"

	"github.com/tutas/tutas/storage"
)

// shortestPause is how long Run waits at least between Ticks.
const shortestPause = 10 * time.Millisecond

// longestPause is how long Run waits at most while the engine fails.
const longestPause = time.Minute

// Run ticks at once and then after each pause, of 10 ms at least, until the context ends: then it finishes the step in hand, gives the tenant's turn back, and returns the
// context's error. What went wrong is told to each, if there is such a function, and tried again with a later Tick, after an error of the engine with pauses that
// double up to a minute.
//
// Errors: those of the context; storage.ErrClosed.
func (t *Ticker) Run(ctx context.Context, every time.Duration, each func(Stats)) error {
	every = max(every, shortestPause)
	step, abandon := context.WithCancel(context.WithoutCancel(ctx))
	defer abandon()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(t.bounds.Grace, abandon) })()
	log := t.store.Log()
	log.InfoContext(ctx, "the runner begins", "process", t.holder, "every", every)
	pause := time.NewTimer(0)
	defer pause.Stop()
	for wait := every; ; {
		select {
		case <-pause.C:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			log.InfoContext(ctx, "the runner ends", "process", t.holder)
			return ctx.Err()
		}
		stats, err := t.tick(step, ctx)
		switch {
		case err == nil || ctx.Err() != nil:
			wait = every
		case errors.Is(err, storage.ErrClosed):
			return err
		default:
			stats.Err = err
			wait = max(every, min(2*wait, longestPause))
			log.ErrorContext(ctx, "the engine failed, trying again", "after", wait, "err", err)
		}
		if each != nil {
			each(stats)
		}
		pause.Reset(wait)
	}
}
