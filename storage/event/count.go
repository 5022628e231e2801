package event

import (
	"maps"
	"time"
)

// A Tally is what became of work of one kind, since this process began.
type Tally struct {
	// Done is what succeeded: events, timers, actions of rules; of other work wake-ups.
	Done int64
	// Failed counts attempts that ended in an error, Retried attempts that were not the first.
	Failed, Retried int64
	// Dead is what was given up, and waits for whoever replays it.
	Dead int64
}

func (c Tally) plus(d Tally) Tally {
	return Tally{Done: c.Done + d.Done, Failed: c.Failed + d.Failed, Retried: c.Retried + d.Retried, Dead: c.Dead + d.Dead}
}

// Counters say what a process has done, for a host that shows them to whoever watches it.
type Counters struct {
	// Ticks is how many were begun, Turns how often a tenant's work was, Busy how often another process was at it.
	Ticks, Turns, Busy int64
	// Lag is for how long the oldest due work of all tenants had been waiting when the latest Tick looked; zero where nothing was due.
	Lag time.Duration
	// Kinds is what became of work, by its kind: "events", "workflow.timers", "workflow.rules", "ledger.fold".
	Kinds map[string]Tally
}

// Counters returns what this process has done so far. It may be called at any time, also while it ticks.
func (t *Ticker) Counters() Counters {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.counters
	c.Kinds = maps.Clone(c.Kinds)
	return c
}

// Counted adds to the counters of a kind of work that counts for itself: see HandleAll.
func (t *Ticker) Counted(kind string, c Tally) {
	if c == (Tally{}) {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.counters.Kinds == nil {
		t.counters.Kinds = map[string]Tally{}
	}
	t.counters.Kinds[kind] = t.counters.Kinds[kind].plus(c)
}

// note changes the counters that have no kind.
func (t *Ticker) note(fn func(c *Counters)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fn(&t.counters)
}
