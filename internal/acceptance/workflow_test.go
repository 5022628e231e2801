package acceptance_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/storagetest"
	"github.com/tutas/tutas/workflow"
)

// A paper is a document of the host's own that rules and timers are about.
type paper struct {
	ID      storage.ID[paper]
	Version int64
	State   string
	Total   money.Amount
	Due     date.Date
	// Generation changes with each decision: timers of an older one are void.
	Generation int64
}

var papers = storage.Define("host.paper", func(p *paper) []storage.Field {
	return []storage.Field{storage.UUID("id", &p.ID).Key(), storage.Version(&p.Version), storage.Enum("state", &p.State, "open", "paid", "approved", "escalated"),
		storage.Minor("total", &p.Total), storage.Date("due", &p.Due).Optional(), storage.Int("generation", &p.Generation)}
}, storage.Index("due", "due"))

// An outcome is a row for each effect. Its number is its own, so an effect that came twice leaves two.
type outcome struct {
	ID   storage.ID[outcome]
	What string
	At   time.Time
}

var outcomes = storage.Define("host.outcome", func(o *outcome) []storage.Field {
	return []storage.Field{storage.UUID("id", &o.ID).Key(), storage.Text("what", &o.What).Limit(300), storage.Instant("at", &o.At)}
})

func note(ctx context.Context, tx *storage.Tx, what string) error {
	return outcomes.Insert(ctx, tx, &outcome{ID: storage.NewID[outcome](tx), What: what, At: tx.Now()})
}

// A flow is a process that ticks: a store with its rules, plans and timers.
type flow struct {
	store     *storage.Store
	rules     *workflow.Rules
	schedules *workflow.Schedules
	timers    *workflow.Timers
	relay     *event.Relay
	ticker    *event.Ticker
	broken    *sync.Map // actions that fail
}

// A clock that stands still until it is moved.
type hands struct{ now atomic.Pointer[time.Time] }

func (h *hands) set(s string) {
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	h.now.Store(&at)
}

func openFlow(t testing.TB, e driver.Engine, h *hands) *flow {
	t.Helper()
	d := &flow{broken: &sync.Map{}}
	d.store = storage.Open(e, storage.Clock(func() time.Time { return *h.now.Load() }))
	require.NoError(t, d.store.Migrate(t.Context(), event.Package(), workflow.Package(),
		storage.Package{Name: "host", Tables: []storage.Declaration{papers, outcomes}}))
	d.restart()
	return d
}

// restart is the process anew over the same store: all that it knew is gone.
func (d *flow) restart() {
	d.rules, d.schedules, d.timers = workflow.NewRules(nil), workflow.NewSchedules(), workflow.NewTimers()
	for _, do := range []string{"a", "b", "c", "log"} {
		d.rules.Handle(do, func(ctx context.Context, tx *storage.Tx, c workflow.ActionCall) error {
			if _, broken := d.broken.Load(do); broken {
				return errors.New(do + " is broken")
			}
			return note(ctx, tx, c.Rule+"."+do+" of "+subjectName(c.Subject))
		})
	}
	d.schedules.Handle("hourly", func(ctx context.Context, tx *storage.Tx, r workflow.Run) (bool, error) {
		return true, note(ctx, tx, r.Key)
	})
	d.timers.Handle("remind", func(ctx context.Context, tx *storage.Tx, timer workflow.Timer) error {
		return note(ctx, tx, fmt.Sprintf("remind %s gen %d", timer.For.ID, timer.Generation))
	})
	d.timers.Handle("escalate", escalate)
	d.rules.Attach(d.timers)
	d.schedules.Attach(d.timers)
	d.relay = event.NewRelay(d.rules.Reader())
	d.ticker = event.NewTicker(d.store, d.relay)
	d.timers.Attach(d.ticker)
}

// subjectName is what a paper is known by in outcomes: its number differs from run to run.
func subjectName(ref storage.Ref) string { return ref.Kind }

func (d *flow) tenant(t testing.TB, id string) *storage.DB {
	t.Helper()
	db, err := d.store.CreateTenant(t.Context(), storage.Tenant{ID: id, Currency: "EUR"})
	require.NoError(t, err)
	return db
}

// settle ticks until nothing is left to do.
func (d *flow) settle(t testing.TB) {
	t.Helper()
	for range 10_000 {
		stats, err := d.ticker.Tick(t.Context())
		require.NoError(t, errors.Join(err, stats.Err))
		if stats.Left == 0 {
			return
		}
		<-time.After(time.Millisecond)
	}
	t.Fatal("there is no end of work")
}

func (d *flow) rule(t testing.TB, on storage.Session, r workflow.Rule) {
	t.Helper()
	_, err := d.rules.Set(t.Context(), on, workflow.SetRule{Rule: r})
	require.NoError(t, err)
}

// write adds a paper.
func write(ctx context.Context, on storage.Session, total, due string) (p *paper, err error) {
	err = on.Update(ctx, func(tx *storage.Tx) error {
		p = &paper{ID: storage.NewID[paper](tx), State: "open", Total: eur(total)}
		if due != "" {
			p.Due = date.MustParse(due)
		}
		return event.Apply(ctx, tx, papers, event.Change[paper]{Verb: "host.paper.write", After: p})
	})
	return p, err
}

// edit changes a paper.
func edit(ctx context.Context, on storage.Session, id storage.ID[paper], fn func(*paper)) error {
	return on.Update(ctx, func(tx *storage.Tx) error {
		old, err := papers.Lock(ctx, tx, id)
		if err != nil {
			return err
		}
		next := *old
		fn(&next)
		return event.Apply(ctx, tx, papers, event.Change[paper]{Verb: "host.paper.edit", Before: old, After: &next})
	})
}

// happened lists the outcomes, sorted, with their instants where asked for.
func happened(t testing.TB, db *storage.DB, format string) (list []string) {
	t.Helper()
	for _, o := range each(t, outcomes.All(t.Context(), db, storage.Query{})) {
		if s := o.What; format != "" {
			list = append(list, s+" at "+o.At.UTC().Format(format))
		} else {
			list = append(list, s)
		}
	}
	slices.Sort(list)
	return list
}

func must[T any](t testing.TB) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		require.NoError(t, err)
		return v
	}
}

func TestAnOutageIsMadeUpForOnEachEngine(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		for name, c := range map[string]struct {
			policy workflow.CatchUp
			runs   []string
			missed int64
		}{
			"skip":   {workflow.CatchUp{Policy: workflow.CatchUpSkip}, nil, 4},
			"latest": {workflow.CatchUp{}, []string{"hourly/2026-05-04T14:00:00Z at 14:00"}, 3},
			"all": {workflow.CatchUp{Policy: workflow.CatchUpAll, Max: 100, Window: 24 * time.Hour},
				[]string{"hourly/2026-05-04T11:00:00Z at 11:00", "hourly/2026-05-04T12:00:00Z at 12:00", "hourly/2026-05-04T13:00:00Z at 13:00",
					"hourly/2026-05-04T14:00:00Z at 14:00"}, 0},
		} {
			t.Run("W27 "+name, func(t *testing.T) {
				h, engine := &hands{}, e.open(t)
				h.set("2026-05-04T10:00:00Z")
				d, other := openFlow(t, engine, h), openFlow(t, engine, h)
				db := d.tenant(t, "acme")
				_, err := d.schedules.SetPlan(t.Context(), db, workflow.SetPlan{Schedule: workflow.Schedule{Name: "hourly", Every: time.Hour,
					Anchor: *h.now.Load(), CatchUp: c.policy}})
				require.NoError(t, err)
				h.set("2026-05-04T14:40:00Z")
				d.settle(t)
				other.settle(t) // a second scheduler inserts nothing
				d.restart()
				d.settle(t)
				require.Equal(t, c.runs, happened(t, db, "15:04"))
				plans := each(t, workflow.Plans(t.Context(), db))
				require.Equal(t, c.missed, plans[0].Missed)
				require.Equal(t, "15:00", plans[0].Next.UTC().Format("15:04"))
				h.set("2026-05-04T15:00:00Z")
				other.settle(t)
				require.Len(t, happened(t, db, ""), len(c.runs)+1)
			})
		}
	})
}

func TestRulesTurnsFailuresAndReplaysOnEachEngine(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		t.Run("W29", func(t *testing.T) {
			h := &hands{}
			h.set("2026-05-04T12:00:00Z")
			d := openFlow(t, e.open(t), h)
			db := d.tenant(t, "acme")
			on := []workflow.Trigger{{Create: true}}
			d.rule(t, db, workflow.Rule{Name: "r3", Kind: "host.paper", Order: 20, On: on, Actions: []workflow.Task{{Do: "log"}}})
			d.rule(t, db, workflow.Rule{Name: "r2", Kind: "host.paper", Order: 20, On: on, Actions: []workflow.Task{{Do: "a"}, {Do: "b"}, {Do: "c"}}})
			d.rule(t, db, workflow.Rule{Name: "r1", Kind: "host.paper", Order: 10, On: on, Actions: []workflow.Task{{Do: "log"}}})
			d.broken.Store("b", true)
			p := must[*paper](t)(write(t.Context(), db, "1", "")) // the save succeeds, whatever rules do
			d.settle(t)
			first := []string{"r1.log of host.paper at 12:00", "r2.a of host.paper at 12:00", "r3.log of host.paper at 12:00"}
			require.Equal(t, first, happened(t, db, "15:04"))
			var run *workflow.RuleRun
			for i, at := range []string{"12:00", "12:01", "12:03", "12:07", "12:15", "13:15"} {
				h.set("2026-05-04T" + at + ":00Z")
				d.settle(t)
				run = each(t, workflow.RuleRuns(t.Context(), db, workflow.RuleRunFilter{Rule: "r2", Subject: papers.Ref(p.ID)}))[0]
				require.Equal(t, min(i+1, 5), run.Attempts)
				require.Equal(t, map[bool]workflow.RuleRunState{true: workflow.RuleRunWaiting, false: workflow.RuleRunDead}[i < 4], run.State)
			}
			require.Equal(t, first, happened(t, db, "15:04"), "c never ran, a not again")
			d.broken.Delete("b")
			require.NoError(t, d.rules.Replay(t.Context(), db, run.ID))
			require.NoError(t, d.rules.Replay(t.Context(), db, run.ID), "once more is nothing")
			require.Equal(t, slices.Sorted(slices.Values(append(first, "r2.b of host.paper at 13:15", "r2.c of host.paper at 13:15"))), happened(t, db, "15:04"))
		})
		t.Run("W30", func(t *testing.T) {
			h := &hands{}
			h.set("2026-04-30T05:00:00Z")
			d := openFlow(t, e.open(t), h)
			db := d.tenant(t, "acme")
			d.rule(t, db, workflow.Rule{Name: "remind", Kind: "host.paper", On: []workflow.Trigger{{Date: "due", Days: -3, At: workflow.At(6, 0)}},
				If: workflow.Condition{Field: "state", Op: workflow.OpEq, Value: []byte(`"open"`)}, Actions: []workflow.Task{{Do: "log"}}})
			ids := map[string]storage.ID[paper]{}
			for name, due := range map[string]string{"fourth": "2026-05-04", "fifth": "2026-05-05", "moved": "2026-05-04", "paid": "2026-05-05"} {
				ids[name] = must[*paper](t)(write(t.Context(), db, "1", due)).ID
			}
			reminded := func(at string) (names []string) {
				h.set(at)
				d.settle(t)
				for _, run := range each(t, workflow.RuleRuns(t.Context(), db, workflow.RuleRunFilter{})) {
					for name, id := range ids {
						if run.Subject == papers.Ref(id) {
							names = append(names, name)
						}
					}
				}
				slices.Sort(names)
				require.Len(t, happened(t, db, ""), len(names))
				return names
			}
			require.Empty(t, reminded("2026-04-30T06:00:00Z"))
			h.set("2026-05-01T12:00:00Z") // nobody ticks on the first
			require.NoError(t, edit(t.Context(), db, ids["moved"], func(p *paper) { p.Due = date.MustParse("2026-05-20") }))
			require.NoError(t, edit(t.Context(), db, ids["paid"], func(p *paper) { p.State = "paid" }))
			require.Equal(t, []string{"fifth", "fourth"}, reminded("2026-05-02T06:00:00Z"))
			require.Equal(t, []string{"fifth", "fourth"}, reminded("2026-05-16T06:00:00Z"))
			require.Equal(t, []string{"fifth", "fourth", "moved"}, reminded("2026-05-17T06:00:00Z"))
			require.Len(t, reminded("2026-06-17T06:00:00Z"), 3)
		})
	})
}

// escalate is what a deadline does to a paper that nobody has decided on.
func escalate(ctx context.Context, tx *storage.Tx, timer workflow.Timer) error {
	id, err := storage.ParseID[paper](timer.For.ID)
	if err != nil {
		return err
	}
	p, err := papers.Lock(ctx, tx, id)
	if err != nil || p.Generation != timer.Generation {
		return err
	}
	next := *p
	next.State, next.Generation = "escalated", p.Generation+1
	if err := event.Apply(ctx, tx, papers, event.Change[paper]{Verb: "host.paper.escalate", Before: p, After: &next}); err != nil {
		return err
	}
	return note(ctx, tx, "escalated "+timer.For.ID)
}

var errDecided = storage.NewError("test.decided", "somebody has decided")

// approve is the user's command: it holds for papers of a generation. Whether it cancels the timer or lets it find a new generation is all one.
func approve(ctx context.Context, on storage.Session, id storage.ID[paper], generation int64, cancel bool) error {
	return on.Update(ctx, func(tx *storage.Tx) error {
		p, err := papers.Lock(ctx, tx, id)
		if err != nil {
			return err
		}
		if p.Generation != generation {
			return errDecided
		}
		next := *p
		next.State, next.Generation = "approved", p.Generation+1
		if err := event.Apply(ctx, tx, papers, event.Change[paper]{Verb: "host.paper.approve", Before: p, After: &next}); err != nil {
			return err
		}
		if cancel {
			if err := workflow.CancelTimers(ctx, tx, papers.Ref(id)); err != nil {
				return err
			}
		}
		return note(ctx, tx, "approved "+id.String())
	})
}

func TestAtTheInstantOfADeadlineTheCommandGoesFirst(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		t.Run("W16", func(t *testing.T) {
			h := &hands{}
			h.set("2026-05-04T09:00:00Z")
			d := openFlow(t, e.open(t), h)
			db := d.tenant(t, "acme")
			deadline := func() *paper {
				p := must[*paper](t)(write(t.Context(), db, "1", ""))
				require.NoError(t, db.Update(t.Context(), func(tx *storage.Tx) error {
					return workflow.SetTimer(t.Context(), tx, workflow.Timer{Name: "escalate", For: papers.Ref(p.ID), Due: h.now.Load().Add(time.Hour)})
				}))
				return p
			}
			moved, left, late := deadline(), deadline(), deadline()
			h.set("2026-05-04T10:00:00Z")
			require.NoError(t, approve(t.Context(), db, moved.ID, 0, true))
			require.NoError(t, approve(t.Context(), db, left.ID, 0, false))
			d.settle(t)
			require.ErrorIs(t, approve(t.Context(), db, late.ID, 0, true), errDecided, "the timer has fired")
			require.ElementsMatch(t, []string{"approved " + moved.ID.String(), "approved " + left.ID.String(), "escalated " + late.ID.String()}, happened(t, db, ""))
			require.Empty(t, each(t, workflow.AllTimers(t.Context(), db, workflow.TimerFilter{})))
		})
		t.Run("W16 in a race the first commit wins", func(t *testing.T) {
			h := &hands{}
			h.set("2026-05-04T09:00:00Z")
			d := openFlow(t, e.open(t), h)
			db := d.tenant(t, "acme")
			const n = 40
			list := make([]*paper, n)
			for i := range list {
				list[i] = must[*paper](t)(write(t.Context(), db, "1", ""))
				require.NoError(t, db.Update(t.Context(), func(tx *storage.Tx) error {
					return workflow.SetTimer(t.Context(), tx, workflow.Timer{Name: "escalate", For: papers.Ref(list[i].ID),
						Due: h.now.Load().Add(time.Hour + time.Duration(i/4)*time.Minute)})
				}))
			}
			d.settle(t)
			refused := make([]error, n)
			for i := 0; i < n; i += 4 { // four papers fall due, and at this instant somebody decides on them
				h.set(fmt.Sprintf("2026-05-04T10:%02d:00Z", i/4))
				var all sync.WaitGroup
				all.Go(func() {
					for j := i; j < i+4; j++ {
						refused[j] = approve(t.Context(), db, list[j].ID, 0, j%2 == 0)
					}
				})
				all.Go(func() {
					if stats, err := d.ticker.Tick(t.Context()); errors.Join(err, stats.Err) != nil {
						t.Error(errors.Join(err, stats.Err))
					}
				})
				all.Wait()
			}
			d.settle(t)
			got := happened(t, db, "")
			require.Len(t, got, n, "one decision for each paper")
			approved := 0
			for i, p := range list {
				now := each(t, papers.All(t.Context(), db, storage.Query{Where: []storage.Cond{storage.Eq("id", p.ID)}}))[0]
				require.EqualValues(t, 1, now.Generation)
				if refused[i] == nil {
					approved++
					require.Equal(t, "approved", now.State)
				} else {
					require.ErrorIs(t, refused[i], errDecided)
					require.Equal(t, "escalated", now.State)
				}
			}
			t.Logf("%d approved, %d escalated", approved, n-approved)
			require.Empty(t, each(t, workflow.AllTimers(t.Context(), db, workflow.TimerFilter{})))
		})
	})
}

// bureau begins a tenant with a bit of each: timers that are due and one that is not, an hourly plan, rules on events and dates.
func bureau(t testing.TB, d *flow, h *hands, tenant string) *storage.DB {
	t.Helper()
	h.set("2026-05-04T05:00:00Z")
	db := d.tenant(t, tenant)
	d.rule(t, db, workflow.Rule{Name: "new", Kind: "host.paper", On: []workflow.Trigger{{Create: true}}, Actions: []workflow.Task{{Do: "a"}, {Do: "b"}}})
	d.rule(t, db, workflow.Rule{Name: "once", Kind: "host.paper", Repeat: workflow.OnceEver, On: []workflow.Trigger{{Create: true}, {Change: true}},
		Actions: []workflow.Task{{Do: "c"}}})
	d.rule(t, db, workflow.Rule{Name: "due", Kind: "host.paper", On: []workflow.Trigger{{Date: "due", At: workflow.At(6, 0)}}, Actions: []workflow.Task{{Do: "log"}}})
	_, err := d.schedules.SetPlan(t.Context(), db, workflow.SetPlan{Schedule: workflow.Schedule{Name: "hourly", Every: time.Hour, Anchor: *h.now.Load(),
		CatchUp: workflow.CatchUp{Policy: workflow.CatchUpAll}}})
	require.NoError(t, err)
	p := must[*paper](t)(write(t.Context(), db, "1", "2026-05-04"))
	must[*paper](t)(write(t.Context(), db, "2", ""))
	require.NoError(t, edit(t.Context(), db, p.ID, func(p *paper) { p.Total = eur("3") }))
	require.NoError(t, db.Update(t.Context(), func(tx *storage.Tx) error {
		for i := range 4 {
			if err := workflow.SetTimer(t.Context(), tx, workflow.Timer{Name: "remind", For: storage.Ref{Kind: "x", ID: fmt.Sprint(i)},
				Due: tx.Now().Add(time.Duration(i+1) * 50 * time.Minute)}); err != nil {
				return err
			}
		}
		return nil
	}))
	h.set("2026-05-04T07:10:00Z")
	return db
}

// whatABureauDoes is each effect once, as of the instant at which it was due.
var whatABureauDoes = []string{"due.log of host.paper at 06:00", "hourly/2026-05-04T06:00:00Z at 06:00", "hourly/2026-05-04T07:00:00Z at 07:00",
	"new.a of host.paper at 05:00", "new.a of host.paper at 05:00", "new.b of host.paper at 05:00", "new.b of host.paper at 05:00",
	"once.c of host.paper at 05:00", "once.c of host.paper at 05:00", "remind 0 gen 0 at 05:50", "remind 1 gen 0 at 06:40"}

func TestAFaultAtEachStorageCallOfATickLeavesEachEffectOnce(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		board, h := &switchboard{Engine: e.open(t)}, &hands{}
		h.set("2026-05-04T05:00:00Z")
		d := openFlow(t, board, h)
		db := bureau(t, d, h, "sound")
		counting := storagetest.Faulty(board.Engine, storagetest.Plan{})
		board.plugged.Store(counting)
		stats, err := d.ticker.Tick(t.Context())
		board.plugged.Store(nil)
		require.NoError(t, errors.Join(err, stats.Err))
		d.settle(t)
		require.Equal(t, whatABureauDoes, happened(t, db, "15:04"))
		want, effects := counts(t, d.store, "sound"), happened(t, db, "")

		blows := blowsFor(counting.Calls())
		all := len(blows)
		if (!e.fast || testing.Short()) && !storagetest.Long() {
			blows = sample(blows, 20, storagetest.Seed(t))
		}
		t.Logf("%d storage calls, %d of %d faults", len(counting.Calls()), len(blows), all)
		for i, b := range blows {
			tenant := fmt.Sprint("t", i)
			db := bureau(t, d, h, tenant)
			faulty := storagetest.Faulty(board.Engine, b.plan)
			board.plugged.Store(faulty)
			stats, err := d.ticker.Tick(t.Context())
			board.plugged.Store(nil)
			require.True(t, len(faulty.Failed()) == 1 || b.n > len(counting.Calls())-10, "%s did not strike", b.where)
			struck := errors.Join(err, stats.Err)
			if i%2 == 0 {
				d.restart() // the process died of it
			}
			h.set("2026-05-04T07:12:00Z") // a delivery that failed waits for a minute
			d.settle(t)
			require.Equal(t, effects, happened(t, db, ""), "%s: after %v", b.where, struck) // when is another matter: what failed waits
			got := counts(t, d.store, tenant)
			require.Equal(t, want, got, "%s: after %v", b.where, struck)
		}
	})
}

// A process that dies before or after any commit, and one that goes on.
func TestACrashAtEachCommitAndARestartGiveTheSame(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		board, h := &switchboard{Engine: e.open(t)}, &hands{}
		h.set("2026-05-04T05:00:00Z")
		d := openFlow(t, board, h)
		commits := []storagetest.CallKind{storagetest.CallCommit}
		for n := 1; ; n++ {
			struck := false
			for _, after := range []bool{false, true} {
				db := bureau(t, d, h, fmt.Sprintf("t%d%v", n, after))
				faulty := storagetest.Faulty(board.Engine, storagetest.Plan{N: n, Kinds: commits, After: after})
				ctx, die := context.WithCancel(t.Context())
				board.plugged.Store(faulty)
				_, _ = d.ticker.Tick(&dying{ctx, faulty, die})
				die()
				board.plugged.Store(nil)
				struck = struck || len(faulty.Failed()) > 0
				d.restart()
				h.set("2026-05-04T07:12:00Z")
				d.settle(t)
				require.Equal(t, whatABureauDoes, happened(t, db, "15:04"), "commit %d, after: %v", n, after)
			}
			if !struck {
				t.Logf("%d commits", n-1)
				return
			}
		}
	})
}

// dying is the context of a process that dies of the first fault.
type dying struct {
	context.Context
	faulty *storagetest.FaultyEngine
	die    func()
}

func (d *dying) Err() error {
	if len(d.faulty.Failed()) > 0 {
		d.die()
	}
	return d.Context.Err()
}

// Two processes with a store each tick over one database, while timers are set and papers written.
func TestTwoTickersOverOneDatabaseDoEachThingOnce(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		timers, written := 500, 200
		if storagetest.Long() {
			timers, written = 10_000, 10_000
		}
		h, engine := &hands{}, e.open(t)
		h.set("2026-05-04T05:00:00Z")
		desks := []*flow{openFlow(t, engine, h), openFlow(t, engine, h)}
		db := desks[0].tenant(t, "acme")
		desks[0].rule(t, db, workflow.Rule{Name: "new", Kind: "host.paper", On: []workflow.Trigger{{Create: true}}, Actions: []workflow.Task{{Do: "a"}}})
		there := must[*storage.DB](t)(desks[1].store.Tenant(t.Context(), "acme"))
		seed := storagetest.Seed(t)
		want := map[string]int{"new.a of host.paper": written}
		for i := range timers {
			want[fmt.Sprintf("remind %d gen 0", i)] = 1
		}
		var all, makers sync.WaitGroup
		var over atomic.Bool
		for k, d := range desks {
			on, r := []*storage.DB{db, there}[k], rand.New(rand.NewPCG(seed, uint64(k)))
			turns := rand.New(rand.NewPCG(seed, uint64(k+len(desks))))
			makers.Go(func() {
				for i := k; i < timers; i += 10 {
					err := on.Update(t.Context(), func(tx *storage.Tx) error {
						for j := i; j < min(i+10, timers); j += 2 {
							if err := workflow.SetTimer(t.Context(), tx, workflow.Timer{Name: "remind", For: storage.Ref{Kind: "x", ID: fmt.Sprint(j)},
								Due: tx.Now().Add(-time.Duration(r.IntN(100)) * time.Second)}); err != nil {
								return err
							}
						}
						return nil
					})
					if err != nil {
						t.Error(err)
					}
					for w := i * written / timers; w < (i+10)*written/timers; w++ {
						if w%2 == k {
							if _, err := write(t.Context(), on, "1", ""); err != nil {
								t.Error(err)
							}
						}
					}
				}
			})
			all.Go(func() {
				for !over.Load() {
					if turns.IntN(3) == 0 {
						if _, err := d.timers.Fire(t.Context(), on); err != nil {
							t.Error(err)
						}
					} else if stats, err := d.ticker.Tick(t.Context()); errors.Join(err, stats.Err) != nil {
						t.Error(errors.Join(err, stats.Err))
					}
				}
			})
		}
		makers.Wait()
		over.Store(true)
		all.Wait()
		now := h.now.Load().Add(2 * time.Minute) // whoever held the events holds them no longer
		h.now.Store(&now)
		for range 3 {
			for _, d := range desks {
				d.settle(t)
			}
		}
		got := map[string]int{}
		for _, what := range happened(t, db, "") {
			got[what]++
		}
		lost := slices.DeleteFunc(slices.Collect(maps.Keys(want)), func(s string) bool { return got[s] == want[s] })
		require.Empty(t, lost, strings.Join(lost, ", "))
		require.Equal(t, want, got)
		require.Empty(t, each(t, workflow.AllTimers(t.Context(), db, workflow.TimerFilter{})))
		require.Empty(t, each(t, event.Deliveries(t.Context(), db, "workflow.rules")))
	})
}
