package workflow

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// RunState is what became of a run.
type RunState string

// The states of runs.
const (
	RunGoing   RunState = "going"
	RunDone    RunState = "done"
	RunQueued  RunState = "queued"  // waits for the one before
	RunSkipped RunState = "skipped" // left out, because the one before went on
	RunFailed  RunState = "failed"  // given up, as DefaultRetries say; the plan goes on, and Repeat does it again
)

// A Run is one time that a plan came due.
type Run struct {
	// Key is for good: the plan's name and the nominal time.
	Key     string    `json:"key"`
	Plan    string    `json:"plan"`
	Version int64     `json:"version"`
	Nominal time.Time `json:"nominal"`
	At      time.Time `json:"at"`
	State   RunState  `json:"state"`
	// Failure is why a run failed.
	Failure string `json:"failure,omitempty"`
}

var runs = storage.Define("workflow.run", func(r *Run) []storage.Field {
	return []storage.Field{
		storage.Text("key", &r.Key).Key().Limit(300), storage.Text("plan", &r.Plan).Limit(200), storage.Version(&r.Version),
		storage.Instant("nominal", &r.Nominal), storage.Instant("at", &r.At),
		storage.Enum("state", &r.State, RunGoing, RunDone, RunQueued, RunSkipped, RunFailed),
		storage.Text("failure", &r.Failure),
	}
}, storage.Rank(17), storage.Index("plan", "plan", "at"))

// RunHandler does one run in a transaction, with the clock at its instant. It answers false where the work goes on elsewhere: then
// Finish ends the run.
type RunHandler func(ctx context.Context, tx *storage.Tx, r Run) (done bool, err error)

// begin starts a run, or skips or queues it. One that is there already is not started again. At the last attempt a failure is kept with the run,
// so that the plan goes on.
func (s *Schedules) begin(ctx context.Context, tx *storage.Tx, p *Plan, r *Run, last bool) error {
	r.State = RunGoing
	if p.Schedule.Overlap != OverlapAllow {
		going, err := runs.Count(ctx, tx, storage.Query{Where: []storage.Cond{storage.Eq("plan", p.Name), storage.In("state", RunGoing, RunQueued)}})
		if err != nil {
			return err
		}
		if going > 0 && p.Schedule.Overlap == OverlapQueue {
			r.State = RunQueued
		} else if going > 0 {
			r.State = RunSkipped
		}
	}
	fresh, err := runs.InsertNew(ctx, tx, r)
	if err != nil || !fresh[0] || r.State != RunGoing {
		return err
	}
	if !last {
		return s.run(ctx, tx, r)
	}
	going, earliest := *r, tx.Value(earliestKey{})
	bad := tx.Update(ctx, func(tx *storage.Tx) error {
		if err := s.run(ctx, tx, r); err != nil {
			return err
		}
		return tx.Flush(ctx)
	})
	if bad == nil || passing(ctx, bad) {
		return bad
	}
	*r = going
	tx.SetValue(earliestKey{}, earliest)
	r.State, r.Failure = RunFailed, told(bad)
	return runs.Update(ctx, tx, r)
}

// run lets the handler work, and takes note if it is done at once. A plan that is external is run by whoever lists its runs.
func (s *Schedules) run(ctx context.Context, tx *storage.Tx, r *Run) error {
	if err := event.Append(ctx, tx, storage.Ref{}, storage.Ref{Kind: plans.Kind(), ID: r.Plan}, r.At.UnixMicro(), RunBegun.Draft(*r)); err != nil {
		return err
	}
	handler := s.handlers[r.Plan]
	if handler == nil {
		return nil
	}
	done := false
	err := storage.Contain(func() (err error) {
		done, err = handler(ctx, tx.At(r.At), *r)
		return err
	})
	if err != nil || !done {
		return err
	}
	r.State = RunDone
	return runs.Update(ctx, tx, r)
}

// RunBegun is the event of each run that begins.
var RunBegun = event.NewType[Run]("workflow.run.begun")

// Finish ends a run that went on, and begins the one that waited for it. Ending it twice is nothing.
//
// Errors: storage.ErrNotFound, those of the handler of the run that waited.
func (s *Schedules) Finish(ctx context.Context, on storage.Session, key string) error {
	return on.Update(ctx, func(tx *storage.Tx) error {
		r := &Run{Key: key}
		if found, err := runs.Load(ctx, tx, r); err != nil {
			return err
		} else if !found[0] {
			return storage.ErrNotFound.With("run %s", clip(key))
		}
		if _, err := plans.LoadLocked(ctx, tx, &Plan{Name: r.Plan}); err != nil {
			return err
		}
		if _, err := runs.LoadLocked(ctx, tx, r); err != nil || r.State != RunGoing {
			return err
		}
		r.State = RunDone
		if err := runs.Update(ctx, tx, r); err != nil {
			return err
		}
		next, err := runs.First(ctx, tx, storage.Query{Order: []string{"at"}, Where: []storage.Cond{storage.Eq("plan", r.Plan),
			storage.Eq("state", RunQueued)}})
		if errors.Is(err, storage.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		next.State = RunGoing
		if err := runs.Update(ctx, tx, next); err != nil {
			return err
		}
		return s.run(ctx, tx, next)
	})
}

// Repeat does a failed run again, with the clock at the instant at which it was due. A run in another state is left alone.
//
// Errors: storage.ErrNotFound, those of the handler.
func (s *Schedules) Repeat(ctx context.Context, on storage.Session, key string) error {
	return on.Update(ctx, func(tx *storage.Tx) error {
		r := &Run{Key: key}
		found, err := runs.LoadLocked(ctx, tx, r)
		if err != nil {
			return err
		}
		if !found[0] {
			return storage.ErrNotFound.With("run %s", clip(key))
		}
		if r.State != RunFailed {
			return nil
		}
		r.State, r.Failure = RunGoing, ""
		if err := runs.Update(ctx, tx, r); err != nil {
			return err
		}
		return s.run(ctx, tx, r)
	})
}

// Runs lists the runs of a plan, by instant.
func Runs(ctx context.Context, on storage.Session, plan string) iter.Seq2[*Run, error] {
	return runs.All(ctx, on, storage.Query{Order: []string{"at"}, Where: []storage.Cond{storage.Eq("plan", plan)}})
}
