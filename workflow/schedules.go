package workflow

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// A Plan is a schedule that is kept.
type Plan struct {
	Name     string   `json:"name"`
	Version  int64    `json:"version"`
	Schedule Schedule `json:"schedule"`
	// Calendar is what it rolls by; one without a name is none.
	Calendar Calendar `json:"calendar"`
	Paused   bool     `json:"paused,omitempty"`
	// External plans have no handler: whoever lists their runs, or follows RunBegun, does them and calls Finish.
	External bool `json:"external,omitempty"`
	// Last is the instant up to which it has been looked at, Next when it comes due next.
	Last   time.Time `json:"last"`
	Next   time.Time `json:"next"`
	Missed int64     `json:"missed"`
}

var plans = storage.Define("workflow.plan", func(p *Plan) []storage.Field {
	return []storage.Field{
		storage.Text("name", &p.Name).Key().Limit(200), storage.Version(&p.Version), storage.JSON("schedule", &p.Schedule),
		storage.JSON("calendar", &p.Calendar), storage.Bool("paused", &p.Paused), storage.Bool("external", &p.External), storage.Instant("last", &p.Last).Optional(),
		storage.Instant("next", &p.Next).Optional(), storage.Int("missed", &p.Missed),
	}
}, storage.Rank(16))

// RunState is what became of a run.
type RunState string

// The states of runs.
const (
	RunGoing   RunState = "going"
	RunDone    RunState = "done"
	RunQueued  RunState = "queued"  // waits for the one before
	RunSkipped RunState = "skipped" // left out, because the one before went on
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
}

var runs = storage.Define("workflow.run", func(r *Run) []storage.Field {
	return []storage.Field{
		storage.Text("key", &r.Key).Key().Limit(300), storage.Text("plan", &r.Plan).Limit(200), storage.Version(&r.Version),
		storage.Instant("nominal", &r.Nominal), storage.Instant("at", &r.At),
		storage.Enum("state", &r.State, RunGoing, RunDone, RunQueued, RunSkipped),
	}
}, storage.Rank(17), storage.Index("plan", "plan", "at"))

// RunHandler does one run in a transaction, with the clock at its instant. It answers false where the work goes on elsewhere: then
// Finish ends the run.
type RunHandler func(ctx context.Context, tx *storage.Tx, r Run) (done bool, err error)

// planTimer is the name of the timers of plans.
const planTimer = "workflow.plan"

// Schedules keeps plans and runs them.
type Schedules struct{ handlers map[string]RunHandler }

// NewSchedules makes a set of handlers; Attach them to Timers.
func NewSchedules() *Schedules { return &Schedules{handlers: map[string]RunHandler{}} }

// Handle names who runs a plan. Call it before the first Tick.
func (s *Schedules) Handle(plan string, h RunHandler) { s.handlers[plan] = h }

// Attach lets timers run the plans.
func (s *Schedules) Attach(t *Timers) { t.Handle(planTimer, s.due) }

// SetPlan keeps a schedule, or changes one; what came due before is not made up for.
type SetPlan struct {
	By       storage.Ref `json:"by"`
	Key      storage.Key `json:"key,omitempty"`
	Why      string      `json:"why,omitempty"`
	Schedule Schedule    `json:"schedule"`
	Calendar Calendar    `json:"calendar"`
	Paused   bool        `json:"paused,omitempty"`
	External bool        `json:"external,omitempty"`
}

// SetPlan keeps a schedule under its name.
//
// Errors: those of Schedule.Compile and Calendar.Compile; *storage.Invalid for a plan that nobody handles and that is not external; storage.ErrKeyReused, storage.ErrForbidden.
func (s *Schedules) SetPlan(ctx context.Context, on storage.Session, cmd SetPlan) (*Plan, error) {
	next := &Plan{Name: cmd.Schedule.Name, Schedule: cmd.Schedule, Calendar: cmd.Calendar, Paused: cmd.Paused,
		External: cmd.External}
	if s.handlers[next.Name] == nil && !cmd.External {
		return nil, &storage.Invalid{Fields: []storage.Fault{{Path: "schedule.name", Code: storage.CodeUnknown, Text: "nobody handles this plan"}}}
	}
	table, err := next.compile()
	if err != nil {
		return nil, err
	}
	return storage.Once(ctx, on, cmd.Key, "workflow.plan.set", cmd, func(tx *storage.Tx) (*Plan, error) {
		p, change := *next, event.Change[Plan]{By: cmd.By, Verb: "workflow.plan.set", Why: cmd.Why}
		old := &Plan{Name: p.Name}
		found, err := plans.LoadLocked(ctx, tx, old)
		if err != nil {
			return nil, err
		}
		if found[0] {
			change.Before, p.Version, p.Missed = old, old.Version, old.Missed
		}
		o, err := table.Next(tx.Now())
		if err != nil {
			return nil, err
		}
		p.Last, p.Next, change.After = tx.Now(), o.At, &p
		if err := event.Apply(ctx, tx, plans, change); err != nil {
			return nil, err
		}
		if p.Paused {
			return &p, CancelTimers(ctx, tx, plans.RefOf(&p))
		}
		return &p, SetTimer(ctx, tx, Timer{Name: planTimer, For: plans.RefOf(&p), Due: p.Next})
	})
}

func (p *Plan) compile() (*Timetable, error) {
	if p.Calendar.Name == "" {
		return p.Schedule.Compile(nil)
	}
	hours, err := p.Calendar.Compile()
	if err != nil {
		return nil, err
	}
	return p.Schedule.Compile(hours)
}

// ErrNoHandler: nothing was registered that does this.
var ErrNoHandler = storage.NewError("workflow.no_handler", "nobody handles this here")

// due runs a plan: all that its policies ask for at the present of the store, which is later than the timer's instant after an outage.
func (s *Schedules) due(ctx context.Context, tx *storage.Tx, t Timer) error {
	p := &Plan{Name: t.For.ID}
	found, err := plans.LoadLocked(ctx, tx, p)
	if err != nil || !found[0] || p.Paused {
		return err
	}
	if s.handlers[p.Name] == nil && !p.External {
		return ErrNoHandler.With("plan %s", p.Name) // another process may have it; else the timer is dead until ReplayTimer
	}
	table, err := p.compile()
	if err != nil {
		return err
	}
	now := present(tx)
	due, err := table.Due(p.Last, now)
	if err != nil {
		return err
	}
	for _, o := range due.Runs {
		if err := s.begin(ctx, tx, p, &Run{Key: string(table.Key(o)), Plan: p.Name, Nominal: o.Nominal, At: o.At}); err != nil {
			return err
		}
	}
	p.Last, p.Next, p.Missed = now, due.Next.At, p.Missed+int64(due.Missed)
	if err := plans.Update(ctx, tx, p); err != nil {
		return err
	}
	return SetTimer(ctx, tx, Timer{Name: planTimer, For: t.For, Due: p.Next})
}

// begin starts a run, or skips or queues it. One that is there already is not started again.
func (s *Schedules) begin(ctx context.Context, tx *storage.Tx, p *Plan, r *Run) error {
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
	return s.run(ctx, tx, r)
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
// Errors: storage.ErrNotFound.
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

// Plans lists what is kept, by name.
func Plans(ctx context.Context, on storage.Session) iter.Seq2[*Plan, error] {
	return plans.All(ctx, on, storage.Query{})
}

// Runs lists the runs of a plan, by instant.
func Runs(ctx context.Context, on storage.Session, plan string) iter.Seq2[*Run, error] {
	return runs.All(ctx, on, storage.Query{Order: []string{"at"}, Where: []storage.Cond{storage.Eq("plan", plan)}})
}
