package workflow

import (
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// A RuleRun is a rule that fired: its actions, as they were then, are done one after the other, each once.
type RuleRun struct {
	ID      storage.ID[RuleRun] `json:"id"`
	Version int64               `json:"version"`
	Rule    string              `json:"rule"`
	Subject storage.Ref         `json:"subject"`
	// Cause is the event, Root the first in the chain that led to it: a rule fires once for a document and root.
	Cause storage.ID[event.Event] `json:"cause"`
	Root  string                  `json:"root"`
	At    time.Time               `json:"at"`
	Tasks []Task                  `json:"tasks"`
	// Next is the place of the action to be done next.
	Next     int          `json:"next"`
	State    RuleRunState `json:"state"`
	Attempts int          `json:"attempts,omitempty"`
	Failure  string       `json:"failure,omitempty"`
}

// RuleRunState is what became of a run.
type RuleRunState string

// The states of runs of rules.
const (
	RuleRunDone RuleRunState = "done"
	// RuleRunWaiting will try the failed action again.
	RuleRunWaiting RuleRunState = "waiting"
	// RuleRunDead has given up; Replay goes on at the failed action.
	RuleRunDead RuleRunState = "dead"
	// RuleRunTooDeep did nothing: the chain of causes is too long.
	RuleRunTooDeep RuleRunState = "too_deep"
	// RuleRunUnjudged did nothing: a predicate of its condition panicked.
	RuleRunUnjudged RuleRunState = "unjudged"
)

// MaxChain is how long a chain of events may be, each caused by the one before, that rules go on.
const MaxChain = 10

var ruleRuns = storage.Define("workflow.rule_run", func(r *RuleRun) []storage.Field {
	return []storage.Field{
		storage.UUID("id", &r.ID).Key(), storage.Version(&r.Version), storage.Text("rule", &r.Rule).Limit(200), storage.RefTo("subject", &r.Subject),
		storage.UUID("cause", &r.Cause), storage.Text("root", &r.Root).Limit(100), storage.Instant("at", &r.At), storage.JSON("tasks", &r.Tasks),
		storage.Int("next", &r.Next), storage.Enum("state", &r.State, RuleRunDone, RuleRunWaiting, RuleRunDead, RuleRunTooDeep, RuleRunUnjudged),
		storage.Int("attempts", &r.Attempts), storage.Text("failure", &r.Failure).Limit(1000),
	}
}, storage.Rank(19), storage.Unique("once", "subject", "rule", "root"), storage.Index("state", "state", "at"))

// mark says whether a rule matched a document when it was last looked at.
type mark struct {
	Rule    string
	Subject storage.Ref
	Matched bool
}

var marks = storage.Define("workflow.rule_mark", func(m *mark) []storage.Field {
	return []storage.Field{storage.Text("rule", &m.Rule).Key().Limit(200), storage.RefTo("subject", &m.Subject).Key(), storage.Bool("matched", &m.Matched)}
}, storage.Rank(18))

// ruleTimer is the name of the timers that try again.
const ruleTimer = "workflow.rule_run"

// Reader follows all events; give it to the business's relay.
func (r *Rules) Reader() event.Reader {
	return event.Reader{Name: "workflow.rules", OnPoison: event.Skip, Handle: r.react}
}

// Attach lets timers try failed actions again, and look at dates.
func (r *Rules) Attach(t *Timers) {
	r.timers = t
	t.Handle(ruleTimer, func(ctx context.Context, tx *storage.Tx, t Timer) error {
		id, err := storage.ParseID[RuleRun](t.For.ID)
		if err != nil {
			return err
		}
		run, err := ruleRuns.Lock(ctx, tx, id)
		if err != nil || run.State != RuleRunWaiting {
			return err
		}
		return r.proceed(ctx, tx, run)
	})
	t.Handle(dateTimer, r.lookAtDates)
}

// react asks the rules about an event.
func (r *Rules) react(ctx context.Context, tx *storage.Tx, e event.Event) error {
	b, err := r.current(ctx, tx)
	if err != nil || b == nil || b.book.kinds[e.Subject.Kind] == nil {
		return err
	}
	h, err := b.happening(ctx, tx, e)
	if err != nil {
		return err
	}
	verdicts := b.book.Ask(h)
	if len(verdicts) == 0 {
		return nil
	}
	root, err := event.Root(ctx, tx, e)
	if err != nil {
		return err
	}
	for _, v := range verdicts {
		run := &RuleRun{Rule: v.Rule.Name, Subject: e.Subject, Cause: e.ID, Root: root.String(), Tasks: v.Rule.Actions}
		if e.Depth >= MaxChain {
			run.State = RuleRunTooDeep
		}
		if err := r.fire(ctx, tx, v, run); err != nil {
			return err
		}
	}
	return nil
}

// happening makes of an event what rules are asked about.
func (b *tenantBook) happening(ctx context.Context, tx *storage.Tx, e event.Event) (*Happening[*Document], error) {
	before, after, err := event.States(ctx, tx, e)
	if err != nil {
		return nil, err
	}
	kind := b.kinds[e.Subject.Kind]
	h := &Happening[*Document]{Kind: e.Subject.Kind, Event: e.Name, Created: before == nil, Deleted: after == nil,
		Facts: Facts[*Document]{Doc: documentOf(e.Subject, kind.desc, after), Old: documentOf(e.Subject, kind.desc, before), Now: tx.Now(), Today: tx.Today()}}
	if h.Deleted {
		h.Doc = h.Old // a rule may still ask what it was
	}
	h.Facts.Changed = !h.Created && !h.Deleted
	if !h.Facts.Changed {
		return h, nil
	}
	for _, f := range kind.facts {
		if !f.same(h.Doc, h.Old) {
			h.Changed = append(h.Changed, f.Name)
		}
	}
	return h, nil
}

// fire begins a run of a rule that matches, unless its Repeat or an earlier run of the same root forbids it.
func (r *Rules) fire(ctx context.Context, tx *storage.Tx, v Verdict, run *RuleRun) error {
	switch {
	case v.Failure != nil:
		run.State, run.Failure = RuleRunUnjudged, told(v.Failure)
		return r.begin(ctx, tx, run)
	case v.Rule.Repeat != Always:
		m := &mark{Rule: v.Rule.Name, Subject: run.Subject}
		found, err := marks.LoadLocked(ctx, tx, m)
		if err != nil {
			return err
		}
		was := m.Matched
		m.Matched = v.Matches || was && v.Rule.Repeat == OnceEver
		switch {
		case !found[0] && m.Matched:
			err = marks.Insert(ctx, tx, m)
		case found[0] && m.Matched != was:
			err = marks.Update(ctx, tx, m)
		}
		if err != nil || was {
			return err
		}
	}
	if !v.Matches {
		return nil
	}
	return r.begin(ctx, tx, run)
}

// begin stores a run, unless the rule has fired for this cause, and does it, unless its state says that nothing is to be done.
func (r *Rules) begin(ctx context.Context, tx *storage.Tx, run *RuleRun) error {
	run.ID, run.At = storage.NewID[RuleRun](tx), tx.Now()
	_, err := ruleRuns.First(ctx, tx, storage.Query{Where: []storage.Cond{storage.Eq("subject", run.Subject), storage.Eq("rule", run.Rule),
		storage.Eq("root", run.Root)}})
	if !errors.Is(err, storage.ErrNotFound) {
		return err // it has fired, or something is wrong
	}
	idle := run.State != ""
	if !idle {
		run.State = RuleRunWaiting
	}
	if err := ruleRuns.Insert(ctx, tx, run); err != nil || idle {
		return err
	}
	return r.proceed(ctx, tx, run)
}

// proceed does the actions of a run from where it stands until one fails or all are done.
func (r *Rules) proceed(ctx context.Context, tx *storage.Tx, run *RuleRun) error {
	for run.Next < len(run.Tasks) {
		bad, count := r.do(ctx, tx, run), event.Tally{}
		if run.Attempts > 0 {
			count.Retried++
		}
		if bad == nil {
			count.Done++
			r.counted(tx, count)
			run.Next, run.Attempts, run.Failure = run.Next+1, 0, ""
			continue
		}
		if passing(ctx, bad) {
			return bad
		}
		run.Attempts++
		run.Failure = told(bad)
		wait, again := r.retries.After(run.Attempts)
		if count.Failed++; !again {
			count.Dead++
		}
		r.counted(tx, count)
		logFailure(ctx, tx, again, "an action of a rule", "rule", run.Rule, "action", run.Tasks[run.Next].Do, "subject", run.Subject.String(), "attempts", run.Attempts,
			"err", run.Failure)
		if !again {
			run.State = RuleRunDead
			return ruleRuns.Update(ctx, tx, run)
		}
		run.State = RuleRunWaiting
		if err := ruleRuns.Update(ctx, tx, run); err != nil {
			return err
		}
		return SetTimer(ctx, tx, Timer{Name: ruleTimer, For: ruleRuns.Ref(run.ID), Due: tx.Present().Add(wait)})
	}
	run.State = RuleRunDone
	return ruleRuns.Update(ctx, tx, run)
}

// counted counts what was done with actions, once it is sure.
func (r *Rules) counted(tx *storage.Tx, n event.Tally) {
	tx.AfterCommit(func() { r.timers.counted(ruleWork, n) })
}

// ruleWork is the kind under which actions are counted.
const ruleWork = "workflow.rules"

// do does the next action, in a savepoint, as a reaction to the run's cause.
func (r *Rules) do(ctx context.Context, tx *storage.Tx, run *RuleRun) error {
	task := run.Tasks[run.Next]
	handler := r.handlers[task.Do]
	if handler == nil {
		return storage.ErrNotFound.With("action %s", task.Do)
	}
	call := ActionCall{Key: storage.Key(run.ID.String() + "/" + itoa(run.Next)), Rule: run.Rule, Do: task.Do, With: task.With,
		Subject: run.Subject, Event: run.Cause}
	act := func() error {
		return tx.Update(ctx, func(tx *storage.Tx) error {
			if err := storage.Contain(func() error { return handler(ctx, tx, call) }); err != nil {
				return err
			}
			return tx.Flush(ctx) // what is refused is refused here, and costs this action only
		})
	}
	if run.Cause.IsZero() {
		return act()
	}
	cause, err := event.Find(ctx, tx, run.Cause)
	if errors.Is(err, storage.ErrNotFound) {
		return act()
	}
	if err != nil {
		return err
	}
	return event.Because(tx, *cause, act)
}

// Replay lets a dead run go on at the action that failed; those before it are not done again.
//
// Errors: storage.ErrNotFound.
func (r *Rules) Replay(ctx context.Context, on storage.Session, id storage.ID[RuleRun]) error {
	return on.Update(ctx, func(tx *storage.Tx) error {
		run, err := ruleRuns.Lock(ctx, tx, id)
		if err != nil || run.State != RuleRunDead {
			return err
		}
		run.Attempts, run.State = 0, RuleRunWaiting
		return r.proceed(ctx, tx, run)
	})
}

// RuleRunFilter narrows a list of runs.
type RuleRunFilter struct {
	Rule    string
	Subject storage.Ref
	States  []RuleRunState
}

// RuleRuns lists runs by instant.
func RuleRuns(ctx context.Context, on storage.Session, f RuleRunFilter) iter.Seq2[*RuleRun, error] {
	q := storage.Query{Order: []string{"at"}}
	if f.Rule != "" {
		q.Where = append(q.Where, storage.Eq("rule", f.Rule))
	}
	if !f.Subject.IsZero() {
		q.Where = append(q.Where, storage.Eq("subject", f.Subject))
	}
	if len(f.States) > 0 {
		q.Where = append(q.Where, storage.In("state", slices.Clone(f.States)...))
	}
	return ruleRuns.All(ctx, on, q)
}
