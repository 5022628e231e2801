package workflow

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/event"
)

// TimerHandler does what a timer is for, in the transaction that removes it, with the clock at the instant at which it was due. It may
// set the timer again. An error undoes what it did and lets the timer be tried later.
type TimerHandler func(ctx context.Context, tx *storage.Tx, t Timer) error

// Timers fires what is due. Several processes may do so at once: each timer is handled by one of them.
type Timers struct {
	handlers map[string]TimerHandler
	subjects map[string]func(Timer) storage.Ref
	retries  Retries
	ticker   *event.Ticker
}

// NewTimers makes a set of handlers by the names of timers.
func NewTimers() *Timers {
	return &Timers{handlers: map[string]TimerHandler{}, subjects: map[string]func(Timer) storage.Ref{}, retries: DefaultRetries}
}

// Handle names who handles timers of a name. Call it before the first Fire.
//
// The row that For leads to is locked before the timer, and all of them that are due in their order, so that a command that locks a document and then sets or cancels its
// timers never waits for one that waits for it. Where For leads to no row, see Subject.
func (t *Timers) Handle(name string, h TimerHandler) { t.handlers[name] = h }

// Subject says which row timers of a name are about, and shall lock before themselves, where that is not the one that For leads to. Call it before the first Fire.
func (t *Timers) Subject(name string, of func(Timer) storage.Ref) { t.subjects[name] = of }

// Attach lets a ticker fire the timers.
func (t *Timers) Attach(ticker *event.Ticker) {
	t.ticker = ticker
	ticker.HandleAll(timerWork, func(ctx context.Context, db *storage.DB, _ storage.Ref) (bool, error) {
		_, seen, err := t.fireSome(ctx, db)
		if err == nil && seen > 0 {
			return false, event.ErrMore
		}
		if err != nil {
			return false, err
		}
		return t.knowsAll(ctx, db)
	})
}

// counted tells the ticker, if there is one, what was done.
func (t *Timers) counted(kind string, n event.Tally) {
	if t != nil && t.ticker != nil {
		t.ticker.Counted(kind, n)
	}
}

// knowsAll reports whether no timer is due that only other processes know: their wake-ups must stay.
func (t *Timers) knowsAll(ctx context.Context, db *storage.DB) (all bool, err error) {
	err = db.View(ctx, func(tx *storage.Tx) error {
		q := storage.Query{Where: []storage.Cond{storage.Eq("dead", false), storage.Le("due", tx.Now())}}
		for name := range t.handlers {
			q.Where = append(q.Where, storage.Ne("name", name))
		}
		_, err := timerTable.First(ctx, tx, q)
		if all = errors.Is(err, storage.ErrNotFound); all {
			return nil
		}
		return err
	})
	return all, err
}

// Retries says how often something that failed is tried again: after First, then after twice as long each time, until it has failed Attempts times.
type Retries struct {
	Attempts int
	First    time.Duration
}

// DefaultRetries tries five times in all: after one, two, four and eight minutes.
var DefaultRetries = Retries{Attempts: 5, First: time.Minute}

// After is how long to wait after a number of failures; ok is false when it is time to give up.
func (r Retries) After(failed int) (wait time.Duration, ok bool) {
	if failed >= r.Attempts {
		return 0, false
	}
	return r.First << min(failed-1, 20), true
}

// timerBatch is how many timers a transaction fires.
const timerBatch = 100

// Fire handles up to 100 timers that are due, in the order in which they are, in one transaction, and answers how many there
// were. A handler that fails costs only its own timer: it is tried again later, and given up as Retries say.
func (t *Timers) Fire(ctx context.Context, db *storage.DB) (fired int, err error) {
	fired, _, err = t.fireSome(ctx, db)
	return fired, err
}

// fireSome is Fire; seen is how many were due, of which another process may have fired some.
func (t *Timers) fireSome(ctx context.Context, db *storage.DB) (fired, seen int, err error) {
	fired, seen, err = t.fireDue(ctx, db, false)
	// Perhaps what a handler wrote was refused only when it was sent: find out whose it was.
	if err != nil && (!passing(ctx, err) || errors.Is(err, driver.ErrDoomed) && ctx.Err() == nil) {
		fired, seen, err = t.fireDue(ctx, db, true)
	}
	return fired, seen, err
}

// fireDue is fireSome. With care, what each handler writes is sent before the next one has its turn.
func (t *Timers) fireDue(ctx context.Context, db *storage.DB, care bool) (fired, seen int, err error) {
	var count event.Tally
	err = db.Update(ctx, func(tx *storage.Tx) (err error) {
		count = event.Tally{}
		var due []*Timer
		due, seen, err = t.take(ctx, tx)
		if fired = len(due); err != nil || fired == 0 {
			return err
		}
		if err := timerTable.Delete(ctx, tx, due...); err != nil {
			return err
		}
		tx.SetValue(earliestKey{}, nil)
		tx.SetValue(flightKey{}, due)
		for _, timer := range due {
			first, set := tx.Value(earliestKey{}).(time.Time)
			before := set && first.Before(timer.Due) // one that was just set comes before them
			if !tx.FirstTime(voided{timer.ID}) {
				continue
			}
			if before {
				err = timerTable.Insert(ctx, tx, timer)
			} else {
				err = t.fire(ctx, tx, *timer, care, &count)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		t.counted(timerWork, count)
	}
	return fired, seen, err
}

// voided marks a timer of the transaction's batch that an earlier one set anew or cancelled.
type voided struct{ id storage.ID[Timer] }

// flightKey keeps the timers that the transaction is firing.
type flightKey struct{}

// void keeps timers from firing that are taken already and have yet to have their turn.
func void(tx *storage.Tx, about storage.Ref, is func(name string) bool) {
	flight, _ := tx.Value(flightKey{}).([]*Timer)
	for _, t := range flight {
		if t.For == about && is(t.Name) {
			tx.FirstTime(voided{t.ID})
		}
	}
}

// take locks the timers that are due and that we know, as they are now, after what they are about. Seen is how many there were before.
func (t *Timers) take(ctx context.Context, tx *storage.Tx) (mine []*Timer, seen int, err error) {
	names := make([]string, 0, len(t.handlers))
	for name := range t.handlers {
		names = append(names, name)
	}
	slices.Sort(names)
	var due []*Timer
	q := storage.Query{Where: []storage.Cond{storage.Eq("dead", false), storage.Le("due", tx.Now()), storage.In("name", names...)},
		Order: []string{"due"}, Limit: timerBatch}
	for timer, err := range timerTable.All(ctx, tx, q) {
		if err != nil {
			return nil, 0, err
		}
		due = append(due, timer)
	}
	subjects := make([]storage.Ref, len(due))
	for i, timer := range due {
		if subjects[i] = timer.For; t.subjects[timer.Name] != nil {
			subjects[i] = t.subjects[timer.Name](*timer)
		}
	}
	if err := storage.LockRefs(ctx, tx, subjects...); err != nil {
		return nil, 0, err
	}
	found, err := timerTable.LoadLocked(ctx, tx, due...)
	if err != nil {
		return nil, 0, err
	}
	for i, timer := range due {
		if found[i] && !timer.Dead && !timer.Due.After(tx.Now()) { // another process may have fired it, or someone set it anew
			mine = append(mine, timer)
		}
	}
	slices.SortStableFunc(mine, func(a, b *Timer) int {
		return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.Name, b.Name), cmp.Compare(a.For.Kind, b.For.Kind), cmp.Compare(a.For.ID, b.For.ID))
	})
	return mine, len(due), nil
}

// fire lets the handler do one timer, in a savepoint.
func (t *Timers) fire(ctx context.Context, tx *storage.Tx, timer Timer, care bool, count *event.Tally) error {
	if timer.Attempts > 0 {
		count.Retried++
	}
	earliest := tx.Value(earliestKey{})
	bad := tx.At(timer.Due).Update(ctx, func(tx *storage.Tx) error {
		err := storage.Contain(func() error { return t.handlers[timer.Name](ctx, tx, timer) })
		if err == nil && care {
			err = tx.Flush(ctx)
		}
		return err
	})
	if bad == nil {
		count.Done++
		return nil
	}
	if passing(ctx, bad) {
		return bad
	}
	count.Failed++
	tx.SetValue(earliestKey{}, earliest)
	timer.Attempts++
	timer.Failure = told(bad)
	wait, again := t.retries.After(timer.Attempts)
	timer.Dead = !again
	timer.ID, timer.Version = storage.NewID[Timer](tx), 0
	logFailure(ctx, tx, again, "a timer", "timer", timer.Name, "for", timer.For.String(), "attempts", timer.Attempts, "err", timer.Failure)
	if !again {
		count.Dead++
	} else {
		timer.Due = tx.Present().Add(wait)
		if err := event.Wake(ctx, tx, timer.Due, timerWork, storage.Ref{}); err != nil {
			return err
		}
	}
	return timerTable.Insert(ctx, tx, &timer)
}

// logFailure logs, once it is sure, that something failed.
func logFailure(ctx context.Context, tx *storage.Tx, again bool, what string, about ...any) {
	about = append([]any{"tenant", tx.Tenant().ID}, about...)
	tx.AfterCommit(func() {
		if log := tx.DB().Store().Log(); again {
			log.WarnContext(ctx, what+" failed and will be tried again", about...)
		} else {
			log.ErrorContext(ctx, what+" is given up", about...)
		}
	})
}

// passing reports whether an error is the engine's, so that the whole transaction has to be tried again, rather than the handler's.
func passing(ctx context.Context, err error) bool {
	for _, e := range []error{driver.ErrConflict, driver.ErrBusy, driver.ErrDoomed, driver.ErrClosed, driver.ErrUnknown} {
		if errors.Is(err, e) {
			return true
		}
	}
	return ctx.Err() != nil
}
