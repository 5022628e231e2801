package workflow_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
	"github.com/tutas/tutas/storage/storagetest"
	"github.com/tutas/tutas/workflow"
)

// Random rules that set one another off come to an end: each fires once for a record and a root, and no chain is longer than MaxChain.
func TestChainsOfRandomRulesEnd(t *testing.T) {
	seed := storagetest.Seed(t)
	rounds := 40
	if storagetest.Long() {
		rounds = 2000
	}
	longest, deep := 0, 0
	for round := range rounds {
		r := rand.New(rand.NewPCG(seed, uint64(round)))
		o := newOffice(t)
		changing := func(fn func(*invoice)) workflow.ActionHandler {
			return func(ctx context.Context, tx *storage.Tx, c workflow.ActionCall) error {
				id, err := storage.ParseID[invoice](c.Subject.ID)
				if err != nil {
					return err
				}
				old, err := invoices.Lock(ctx, tx, id)
				if err != nil {
					return err
				}
				next := *old
				fn(&next)
				return event.Apply(ctx, tx, invoices, event.Change[invoice]{Verb: "host.invoice.react", Before: old, After: &next})
			}
		}
		o.rules.Handle("append", changing(func(i *invoice) { i.Note += "." }))
		o.rules.Handle("bump", changing(func(i *invoice) { i.Total = money.MustParse(fmt.Sprint(len(i.Note)+1) + " EUR") }))
		o.rules.Handle("flip", changing(func(i *invoice) {
			i.State = map[string]string{"open": "paid", "paid": "open"}[i.State]
		}))
		o.rules.Handle("spawn", func(ctx context.Context, tx *storage.Tx, _ workflow.ActionCall) error {
			i := &invoice{ID: storage.NewID[invoice](tx), State: "open", Total: money.MustParse("1 EUR")}
			return event.Apply(ctx, tx, invoices, event.Change[invoice]{Verb: "host.invoice.create", After: i})
		})
		n := 1 + r.IntN(6)
		for k := range n {
			rule := workflow.Rule{Name: fmt.Sprint("r", k), Kind: "host.invoice", Order: r.IntN(3), Stop: r.IntN(8) == 0,
				Repeat: []workflow.Repeat{workflow.Always, workflow.Always, workflow.Always, workflow.OnceEver, workflow.OnceAgain}[r.IntN(5)]}
			for range 1 + r.IntN(3) {
				rule.On = append(rule.On, []workflow.Trigger{{Create: true}, {Change: true}, {Change: true, Fields: []string{"note"}},
					{Change: true, Fields: []string{"state", "total"}}, {Event: "host.invoice.changed"}}[r.IntN(5)])
			}
			if r.IntN(3) == 0 {
				rule.If = condition(t, `{"field":"state","op":"eq","value":"paid"}`)
			}
			for range 1 + r.IntN(2) {
				rule.Actions = append(rule.Actions, workflow.Task{Do: []string{"append", "bump", "flip"}[r.IntN(3)]})
			}
			if k == 0 { // one that makes records: a chain of these has a root of its own for each, so only its length ends it
				rule.Actions = append(rule.Actions, workflow.Task{Do: "spawn"})
			}
			o.set(rule)
		}
		roots := 0
		for range 1 + r.IntN(3) {
			id := o.create("1", "")
			o.change(id, func(i *invoice) { i.State, i.Note = "paid", "x" })
			roots += 2
		}
		for range 100 { // minutes pass, so that what is tried again is
			o.tick(time.Minute)
		}
		stats, err := o.ticker.Tick(t.Context())
		require.NoError(t, err)
		require.Equal(t, event.Stats{}, stats, "round %d: there is work without end", round)
		once := map[string]bool{}
		for run, err := range workflow.RuleRuns(t.Context(), o.db, workflow.RuleRunFilter{}) {
			require.NoError(t, err)
			key := run.Rule + " " + run.Subject.String() + " " + run.Root
			require.False(t, once[key], "round %d: %s", round, key)
			once[key] = true
			if run.State == workflow.RuleRunTooDeep {
				deep++
				require.Zero(t, run.Next)
			} else {
				require.Equal(t, workflow.RuleRunDone, run.State)
			}
		}
		for e, err := range event.All(t.Context(), o.db, event.Filter{}) {
			require.NoError(t, err)
			longest = max(longest, e.Depth)
			require.LessOrEqual(t, e.Depth, workflow.MaxChain, "round %d", round)
		}
	}
	require.Equal(t, workflow.MaxChain, longest, "some chain was ended by its length")
	t.Logf("%d rounds, the longest chain %d, %d runs too deep", rounds, longest, deep)
}

// runners are processes over one store, whose deeds a seed interleaves; what they do is written down where they do it.
func runners(t *testing.T, n int, r *rand.Rand) (effects []string, perRecord map[string][]string) {
	c, engine := &clock{}, memory.New()
	c.set(noon)
	var offices []*office
	host := storage.Package{Name: "host", Tables: []storage.Declaration{invoices}}
	perRecord = map[string][]string{}
	names := map[string]string{}
	write := func(tx *storage.Tx, subject storage.Ref, what string) {
		tx.AfterCommit(func() {
			effects = append(effects, names[subject.ID]+" "+what)
			source, _, _ := strings.Cut(what, " ")
			key := names[subject.ID] + " " + map[bool]string{true: "timers", false: "rules"}[source == "timer"]
			perRecord[key] = append(perRecord[key], what)
		})
	}
	for range n {
		o := &office{t: t, clock: c}
		o.store = storage.Open(engine, storage.Clock(func() time.Time { return *c.now.Load() }))
		require.NoError(t, o.store.Migrate(t.Context(), event.Package(), workflow.Package(), host))
		var err error
		if len(offices) == 0 {
			o.db, err = o.store.CreateTenant(t.Context(), storage.Tenant{ID: "acme", Currency: "EUR"})
		} else {
			o.db, err = o.store.Tenant(t.Context(), "acme")
		}
		require.NoError(t, err)
		o.rules = workflow.NewRules(nil)
		o.rules.Handle("log", func(ctx context.Context, tx *storage.Tx, call workflow.ActionCall) error {
			e, err := event.Find(ctx, tx, call.Event)
			if err != nil {
				return err
			}
			write(tx, call.Subject, fmt.Sprintf("%s %s %d at %s", call.Rule, e.Name, e.Order, tx.Now().Format("15:04:05")))
			about := storage.Ref{Kind: call.Subject.Kind, ID: fmt.Sprint(call.Subject.ID, "/", e.Order)}
			return workflow.SetTimer(ctx, tx, workflow.Timer{Name: call.Rule, For: about, Due: tx.Now().Add(time.Hour), Generation: e.Order})
		})
		timers := workflow.NewTimers()
		for _, name := range []string{"made", "noted", "paid"} {
			timers.Handle(name, func(_ context.Context, tx *storage.Tx, timer workflow.Timer) error {
				id, _, _ := strings.Cut(timer.For.ID, "/")
				write(tx, storage.Ref{ID: id}, fmt.Sprintf("timer %s gen %d at %s", name, timer.Generation, tx.Now().Format("15:04:05")))
				return nil
			})
		}
		o.rules.Attach(timers)
		o.ticker = event.NewTicker(o.store, event.NewRelay(o.rules.Reader()))
		timers.Attach(o.ticker)
		offices = append(offices, o)
	}
	one := offices[0]
	for name, rule := range map[string]workflow.Rule{
		"made":  {On: []workflow.Trigger{{Create: true}}},
		"noted": {On: []workflow.Trigger{{Change: true, Fields: []string{"note"}}}},
		"paid":  {On: []workflow.Trigger{{Change: true}}, If: condition(t, `{"field":"state","op":"changed_to","value":"paid"}`)},
	} {
		rule.Name, rule.Kind, rule.Actions = name, "host.invoice", []workflow.Task{{Do: "log"}}
		one.set(rule)
	}
	// What users do comes from a seed of its own, so that it is the same however many there are to react.
	users := rand.New(rand.NewPCG(r.Uint64(), 1))
	turns := rand.New(rand.NewPCG(r.Uint64(), uint64(n)))
	var ids []storage.ID[invoice]
	for range 60 {
		c.set(c.now.Load().Add(time.Duration(1+users.IntN(200)) * time.Second))
		if len(ids) < 3 || users.IntN(6) == 0 {
			id := one.create("1", "")
			names[id.String()] = fmt.Sprint("record ", len(ids))
			ids = append(ids, id)
		} else {
			flip, note := users.IntN(2) == 0, users.IntN(3) > 0
			one.change(ids[users.IntN(len(ids))], func(i *invoice) {
				if note {
					i.Note += "."
				}
				if flip {
					i.State = map[string]string{"open": "paid", "paid": "open"}[i.State]
				}
				if !note && !flip {
					i.Total = money.MustParse(fmt.Sprint(users.IntN(1000)) + ".50 EUR")
				}
			})
		}
		if n == 1 {
			one.tick(0)
			continue
		}
		for range turns.IntN(4) { // or nobody
			o := offices[turns.IntN(n)]
			if turns.IntN(2) == 0 {
				o.tick(0)
			} else {
				ctx, stop := context.WithCancel(t.Context())
				left := turns.IntN(8)
				stats, err := o.ticker.Tick(&short{ctx, &left, stop}) // dies somewhere
				stop()
				require.True(t, err == nil || errors.Is(err, context.Canceled), "%v %v", err, stats.Err)
			}
		}
	}
	for range 4 {
		for _, o := range offices {
			o.tick(2 * time.Hour)
		}
	}
	slices.Sort(effects)
	return effects, perRecord
}

// short is a context that ends after it was asked a number of times.
type short struct {
	context.Context
	left *int
	stop func()
}

func (s *short) Err() error {
	if *s.left--; *s.left < 0 {
		s.stop()
	}
	return s.Context.Err()
}

// Two runners, some of whose turns are cut short, have the effects of one that does all at once: as a multiset, and for each record rules in the order
// of what happened, and timers in that of their instants. Between the two there is none: after an outage rules catch up first.
func TestTwoRunnersEqualOne(t *testing.T) {
	seed := storagetest.Seed(t)
	rounds := 20
	if storagetest.Long() {
		rounds = 1000
	}
	for round := range rounds {
		want, order := runners(t, 1, rand.New(rand.NewPCG(seed, uint64(round))))
		got, orders := runners(t, 2, rand.New(rand.NewPCG(seed, uint64(round))))
		require.Equal(t, strings.Join(want, "\n"), strings.Join(got, "\n"), "round %d", round)
		require.Equal(t, order, orders, "round %d", round)
	}
}
