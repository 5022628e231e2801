package workflow

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// A Timer comes due once. It survives the process, and there is at most one of a name about a subject.
type Timer struct {
	ID storage.ID[Timer] `json:"id"`
	// Name chooses who handles it: "approval.deadline".
	Name string      `json:"name"`
	For  storage.Ref `json:"for"`
	Due  time.Time   `json:"due"`
	// Generation is that of the subject when the timer was set: a handler that finds the subject in another one does nothing.
	Generation int64           `json:"generation"`
	Payload    json.RawMessage `json:"payload,omitempty"`
	Version    int64           `json:"version"`
	// Attempts counts failures; Failure is the last one. Dead timers are not tried again until Replay.
	Attempts int       `json:"attempts,omitempty"`
	Failure  string    `json:"failure,omitempty"`
	Dead     bool      `json:"dead,omitempty"`
	Set      time.Time `json:"set"`
}

var timerTable = storage.Define("workflow.timer", func(t *Timer) []storage.Field {
	return []storage.Field{
		storage.UUID("id", &t.ID).Key(), storage.Text("name", &t.Name).Limit(100), storage.RefTo("for", &t.For),
		storage.Instant("due", &t.Due), storage.Int("generation", &t.Generation), storage.JSON("payload", &t.Payload), storage.Version(&t.Version),
		storage.Int("attempts", &t.Attempts), storage.Text("failure", &t.Failure).Limit(1000), storage.Bool("dead", &t.Dead),
		storage.Instant("set", &t.Set),
	}
}, storage.Rank(35), storage.Unique("what", "for", "name"), storage.Index("due", "dead", "due"))

// timerWork is the kind of the wake-ups of timers.
const timerWork = "workflow.timers"

// SetTimer sets a timer, or sets the one of this name and subject anew. The ID and what counts attempts are ours.
//
// Errors: *storage.Invalid.
func SetTimer(ctx context.Context, tx *storage.Tx, t Timer) error {
	var bad storage.Invalid
	bad.Check(t.Name != "", "name", storage.CodeRequired, "")
	bad.Text("name", t.Name, 100)
	bad.Check(!t.For.IsZero(), "for", storage.CodeRequired, "")
	bad.Check(!t.Due.IsZero(), "due", storage.CodeRequired, "")
	bad.Check(len(t.Payload) <= event.MaxPayload, "payload", storage.CodeTooLong, "")
	bad.Check(utf8.Valid(t.Payload), "payload", storage.CodeEncoding, "")
	if err := bad.Err(); err != nil {
		return err
	}
	t.Due, t.Set = t.Due.UTC().Truncate(time.Microsecond), tx.Now()
	t.Attempts, t.Failure, t.Dead = 0, "", false
	void(tx, t.For, func(name string) bool { return name == t.Name })
	old, err := timerTable.First(ctx, tx, timerOf(t.Name, t.For))
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	if old == nil {
		t.ID = storage.NewID[Timer](tx)
		if err = timerTable.Insert(ctx, tx, &t); err == nil {
			if err = tx.Flush(ctx); err != nil && storage.IsDuplicate(err, timerTable, "what") {
				err = storage.ErrConflict // someone else sets it at this moment; the next attempt finds it
			}
		}
	} else {
		t.ID, t.Version = old.ID, old.Version
		err = timerTable.Update(ctx, tx, &t)
	}
	if err != nil {
		return err
	}
	if first, ok := tx.Value(earliestKey{}).(time.Time); !ok || t.Due.Before(first) {
		tx.SetValue(earliestKey{}, t.Due)
	}
	return event.Wake(ctx, tx, t.Due, timerWork, storage.Ref{})
}

// earliestKey keeps the earliest instant for which the transaction has set a timer.
type earliestKey struct{}

func timerOf(name string, about storage.Ref) storage.Query {
	return storage.Query{Where: []storage.Cond{storage.Eq("for", about), storage.Eq("name", name)}}
}

// CancelTimers removes the timers of some names about a subject, all of them where no name is given.
func CancelTimers(ctx context.Context, tx *storage.Tx, about storage.Ref, names ...string) error {
	void(tx, about, func(name string) bool { return len(names) == 0 || slices.Contains(names, name) })
	q := storage.Query{Where: []storage.Cond{storage.Eq("for", about)}}
	if len(names) > 0 {
		q.Where = append(q.Where, storage.In("name", names...))
	}
	var gone []*Timer
	for t, err := range timerTable.All(ctx, tx, q) {
		if err != nil {
			return err
		}
		gone = append(gone, t)
	}
	return timerTable.Delete(ctx, tx, gone...)
}

// TimerFilter narrows a list of timers.
type TimerFilter struct {
	For storage.Ref
	// Dead keeps those that were given up.
	Dead bool
}

// AllTimers lists timers by due instant.
func AllTimers(ctx context.Context, s storage.Session, f TimerFilter) iter.Seq2[*Timer, error] {
	q := storage.Query{Order: []string{"due"}, Where: []storage.Cond{storage.Eq("dead", f.Dead)}}
	if !f.For.IsZero() {
		q.Where = append(q.Where, storage.Eq("for", f.For))
	}
	return timerTable.All(ctx, s, q)
}

// ReplayTimer lets a timer that was given up come due again now.
//
// Errors: storage.ErrNotFound.
func ReplayTimer(ctx context.Context, s storage.Session, id storage.ID[Timer]) error {
	return s.Update(ctx, func(tx *storage.Tx) error {
		t, err := timerTable.Lock(ctx, tx, id)
		if err != nil {
			return err
		}
		t.Attempts, t.Dead, t.Due = 0, false, tx.Now()
		if err := timerTable.Update(ctx, tx, t); err != nil {
			return err
		}
		return event.Wake(ctx, tx, t.Due, timerWork, storage.Ref{})
	})
}

// String names the timer for logs.
func (t *Timer) String() string {
	return t.Name + " of " + t.For.String() + ", generation " + strconv.FormatInt(t.Generation, 10)
}
