package workflow

import (
	"context"
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
	if p.Calendar.isZero() {
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
	now := tx.Present()
	due, err := table.Due(p.Last, now)
	if err != nil {
		return err
	}
	_, again := DefaultRetries.After(t.Attempts + 1)
	for _, o := range due.Runs {
		if err := s.begin(ctx, tx, p, &Run{Key: string(table.Key(o)), Plan: p.Name, Nominal: o.Nominal, At: o.At}, !again); err != nil {
			return err
		}
	}
	p.Last, p.Next, p.Missed = now, due.Next.At, p.Missed+int64(due.Missed)
	if err := plans.Update(ctx, tx, p); err != nil {
		return err
	}
	return SetTimer(ctx, tx, Timer{Name: planTimer, For: t.For, Due: p.Next})
}

// Plans lists what is kept, by name.
func Plans(ctx context.Context, on storage.Session) iter.Seq2[*Plan, error] {
	return plans.All(ctx, on, storage.Query{})
}
