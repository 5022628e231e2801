package memory

import (
	"context"
	"slices"
	"sync"
	"time"
)

// A turn is a lock that is handed on in the order of asking.
type turn struct {
	mu      sync.Mutex
	held    bool
	waiting []chan struct{}
}

// take waits for the turn. It returns false when the time is up or the engine closes, and the context's error when that is done.
func (t *turn) take(ctx context.Context, patience time.Duration, closed <-chan struct{}) (bool, error) {
	t.mu.Lock()
	if !t.held {
		t.held = true
		t.mu.Unlock()
		return true, nil
	}
	mine := make(chan struct{})
	t.waiting = append(t.waiting, mine)
	t.mu.Unlock()

	timer := time.NewTimer(patience)
	defer timer.Stop()
	var err error
	select {
	case <-mine:
		return true, nil
	case <-ctx.Done():
		err = ctx.Err()
	case <-timer.C:
	case <-closed:
	}
	t.mu.Lock()
	i := slices.Index(t.waiting, mine)
	if i >= 0 {
		t.waiting = slices.Delete(t.waiting, i, i+1)
	}
	t.mu.Unlock()
	if i < 0 { // handed to us at the last moment
		t.pass()
	}
	return false, err
}

// pass gives the turn to whoever has waited longest.
func (t *turn) pass() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.waiting) == 0 {
		t.held = false
		return
	}
	close(t.waiting[0])
	t.waiting[0] = nil
	t.waiting = t.waiting[1:]
}
