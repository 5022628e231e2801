package workflow_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
	"github.com/tutas/tutas/workflow"
)

// An invoice is a document of the host's own.
type invoice struct {
	ID      storage.ID[invoice]
	Version int64
	State   string
	Total   money.Amount
	Due     date.Date
	Note    string
}

var invoices = storage.Define("host.invoice", func(i *invoice) []storage.Field {
	return []storage.Field{storage.UUID("id", &i.ID).Key(), storage.Version(&i.Version), storage.Enum("state", &i.State, "open", "paid"),
		storage.Minor("total", &i.Total), storage.Date("due", &i.Due).Optional(), storage.Text("note", &i.Note)}
}, storage.Index("due", "due"))

// office is a tenant with rules over invoices.
type office struct {
	t      testing.TB
	clock  *clock
	store  *storage.Store
	db     *storage.DB
	rules  *workflow.Rules
	ticker *event.Ticker
	log    []string
	broken map[string]bool
}

func newOffice(t testing.TB) *office {
	o := &office{t: t, clock: &clock{}, broken: map[string]bool{}}
	o.clock.set(noon)
	o.store = storage.Open(memory.New(), storage.Clock(func() time.Time { return *o.clock.now.Load() }))
	host := storage.Package{Name: "host", Tables: []storage.Declaration{invoices}}
	require.NoError(t, o.store.Migrate(t.Context(), event.Package(), workflow.Package(), host))
	var err error
	o.db, err = o.store.CreateTenant(t.Context(), storage.Tenant{ID: "acme", Currency: "EUR"})
	require.NoError(t, err)
	o.rules = workflow.NewRules(map[string]workflow.Predicate[*workflow.Document]{
		"never": func(*workflow.Facts[*workflow.Document]) bool { return false },
		"bomb":  func(*workflow.Facts[*workflow.Document]) bool { panic("boom") }})
	for _, do := range []string{"a", "b", "c", "log"} {
		o.rules.Handle(do, func(_ context.Context, tx *storage.Tx, c workflow.ActionCall) error {
			if o.broken[do] {
				return errors.New(do + " is broken")
			}
			o.log = append(o.log, fmt.Sprintf("%s.%s %s", c.Rule, do, tx.Now().Format("02 15:04")))
			return nil
		})
	}
	o.rules.Handle("touch", func(ctx context.Context, tx *storage.Tx, c workflow.ActionCall) error {
		id, err := storage.ParseID[invoice](c.Subject.ID)
		if err != nil {
			return err
		}
		old, err := invoices.Lock(ctx, tx, id)
		if err != nil {
			return err
		}
		next := *old
		next.Note += "."
		o.log = append(o.log, c.Rule+".touch")
		return event.Apply(ctx, tx, invoices, event.Change[invoice]{Verb: "host.invoice.touch", Before: old, After: &next})
	})
	relay, timers := event.NewRelay(o.rules.Reader()), workflow.NewTimers()
	o.rules.Attach(timers)
	o.ticker = event.NewTicker(o.store, relay)
	timers.Attach(o.ticker)
	return o
}

func (o *office) set(r workflow.Rule) {
	o.t.Helper()
	_, err := o.rules.Set(o.t.Context(), o.db, workflow.SetRule{Rule: r})
	require.NoError(o.t, err)
}

func (o *office) create(total, due string) storage.ID[invoice] {
	o.t.Helper()
	var id storage.ID[invoice]
	require.NoError(o.t, o.db.Update(o.t.Context(), func(tx *storage.Tx) error {
		i := &invoice{ID: storage.NewID[invoice](tx), State: "open", Total: money.MustParse(total + " EUR")}
		if due != "" {
			i.Due = date.MustParse(due)
		}
		id = i.ID
		return event.Apply(o.t.Context(), tx, invoices, event.Change[invoice]{Verb: "host.invoice.create", After: i})
	}))
	return id
}

func (o *office) change(id storage.ID[invoice], fn func(*invoice)) {
	o.t.Helper()
	require.NoError(o.t, o.db.Update(o.t.Context(), func(tx *storage.Tx) error {
		old, err := invoices.Lock(o.t.Context(), tx, id)
		if err != nil {
			return err
		}
		next := *old
		fn(&next)
		return event.Apply(o.t.Context(), tx, invoices, event.Change[invoice]{Verb: "host.invoice.edit", Before: old, After: &next})
	}))
}

func (o *office) tick(d time.Duration) {
	o.t.Helper()
	o.clock.set(o.clock.now.Load().Add(d))
	tick(o.t, o.ticker)
}

func condition(t testing.TB, src string) workflow.Condition {
	c, err := workflow.ParseCondition([]byte(src))
	require.NoError(t, err)
	return c
}

func TestRulesFireOnWhatHappened(t *testing.T) {
	o := newOffice(t)
	on := func(name string, tr workflow.Trigger, src string) workflow.Rule {
		return workflow.Rule{Name: name, Kind: "host.invoice", On: []workflow.Trigger{tr}, If: condition(t, src), Actions: []workflow.Task{{Do: "log"}}}
	}
	large := `{"field":"total","op":"ge","value":{"amount":"1000","currency":"EUR"}}`
	o.set(on("created", workflow.Trigger{Create: true}, large))
	o.set(on("grew", workflow.Trigger{Change: true}, `{"all":[`+large+`,{"not":{"field":"total","op":"ge","value":{"amount":"1000","currency":"EUR"},"old":true}}]}`))
	o.set(on("paid", workflow.Trigger{Change: true}, `{"field":"state","op":"changed_to","value":"paid"}`))
	o.set(on("noted", workflow.Trigger{Change: true, Fields: []string{"note"}}, `{}`))
	o.set(on("by event", workflow.Trigger{Event: "host.invoice.changed"}, `{"predicate":"never"}`))
	o.tick(0)
	require.Empty(t, o.log)
	small, big := o.create("10", ""), o.create("1000", "")
	// The rules see each version as it was, though the document has changed again before they look.
	o.change(small, func(i *invoice) { i.Total = money.MustParse("2000 EUR") })
	o.change(small, func(i *invoice) { i.Total = money.MustParse("5 EUR") })
	o.change(big, func(i *invoice) { i.State = "paid" })
	o.change(big, func(i *invoice) { i.Note = "thanks" })
	o.tick(0)
	require.Equal(t, []string{"created.log 04 12:00", "grew.log 04 12:00", "paid.log 04 12:00", "noted.log 04 12:00"}, o.log)

	fired, err := o.rules.WouldHaveFired(t.Context(), o.db, on("trial", workflow.Trigger{Change: true}, `{"field":"total","op":"changed"}`),
		noon.Add(-time.Hour), noon.Add(time.Hour))
	require.NoError(t, err)
	require.Len(t, fired, 2)
}

func TestRulesTurnsFailuresAndReplays(t *testing.T) {
	t.Run("W29", func(t *testing.T) {
		o := newOffice(t)
		on := []workflow.Trigger{{Create: true}}
		o.set(workflow.Rule{Name: "r3", Kind: "host.invoice", Order: 20, On: on, Actions: []workflow.Task{{Do: "log"}}})
		o.set(workflow.Rule{Name: "r2", Kind: "host.invoice", Order: 20, On: on, Actions: []workflow.Task{{Do: "a"}, {Do: "b"}, {Do: "c"}}})
		o.set(workflow.Rule{Name: "r1", Kind: "host.invoice", Order: 10, On: on, Actions: []workflow.Task{{Do: "log"}}})
		o.broken["b"] = true
		id := o.create("1", "") // the save succeeds, whatever rules do
		o.tick(0)
		require.Equal(t, []string{"r1.log 04 12:00", "r2.a 04 12:00", "r3.log 04 12:00"}, o.log)
		var run *workflow.RuleRun
		for _, minutes := range []time.Duration{0, 1, 2, 4, 8, 60} {
			o.tick(minutes * time.Minute)
			for r, err := range workflow.RuleRuns(t.Context(), o.db, workflow.RuleRunFilter{Rule: "r2", Subject: invoices.Ref(id)}) {
				require.NoError(t, err)
				run = r
			}
			if minutes < 8 {
				require.Equal(t, workflow.RuleRunWaiting, run.State)
			}
		}
		require.Equal(t, workflow.RuleRunDead, run.State)
		require.Equal(t, 5, run.Attempts)
		require.Equal(t, "b is broken", run.Failure)
		require.Len(t, o.log, 3, "c never ran, a not again")
		o.broken["b"] = false
		require.NoError(t, o.rules.Replay(t.Context(), o.db, run.ID))
		require.NoError(t, o.rules.Replay(t.Context(), o.db, run.ID), "once more is nothing")
		require.Equal(t, []string{"r2.b 04 13:15", "r2.c 04 13:15"}, o.log[3:])
	})
	t.Run("stop", func(t *testing.T) {
		o := newOffice(t)
		on := []workflow.Trigger{{Create: true}}
		o.set(workflow.Rule{Name: "first", Kind: "host.invoice", Order: 1, Stop: true, On: on, Actions: []workflow.Task{{Do: "log"}},
			If: condition(t, `{"field":"total","op":"gt","value":{"amount":"5","currency":"EUR"}}`)})
		o.set(workflow.Rule{Name: "second", Kind: "host.invoice", Order: 2, On: on, Actions: []workflow.Task{{Do: "log"}}})
		o.create("1", "")
		o.create("10", "")
		o.tick(0)
		require.Equal(t, []string{"second.log 04 12:00", "first.log 04 12:00"}, o.log)
	})
	t.Run("a rule that sets itself off ends", func(t *testing.T) {
		o := newOffice(t)
		o.set(workflow.Rule{Name: "loop", Kind: "host.invoice", On: []workflow.Trigger{{Change: true, Fields: []string{"note"}}},
			Actions: []workflow.Task{{Do: "touch"}}})
		o.set(workflow.Rule{Name: "pool", Kind: "host.invoice", On: []workflow.Trigger{{Change: true, Fields: []string{"note"}}},
			Actions: []workflow.Task{{Do: "touch"}}})
		id := o.create("1", "")
		o.change(id, func(i *invoice) { i.Note = "x" })
		o.tick(0)
		require.Equal(t, []string{"loop.touch", "pool.touch"}, o.log, "once for a rule, a record and a root cause")
	})
	t.Run("once, and again when it stopped matching", func(t *testing.T) {
		for repeat, want := range map[workflow.Repeat]int{workflow.Always: 4, workflow.OnceEver: 1, workflow.OnceAgain: 2} {
			o := newOffice(t)
			o.set(workflow.Rule{Name: "r", Kind: "host.invoice", Repeat: repeat, On: []workflow.Trigger{{Change: true, Fields: []string{"total"}}},
				If: condition(t, `{"field":"total","op":"ge","value":{"amount":"1000","currency":"EUR"}}`), Actions: []workflow.Task{{Do: "log"}}})
			id := o.create("1", "")
			for _, total := range []string{"1000", "2000", "10", "3000", "4000"} {
				o.change(id, func(i *invoice) { i.Total = money.MustParse(total + " EUR") })
				o.tick(time.Minute)
			}
			require.Len(t, o.log, want, string(repeat))
		}
	})
}

func TestRulesLookAtDates(t *testing.T) {
	t.Run("W30", func(t *testing.T) {
		o := newOffice(t)
		at := func(s string) { o.tick(utc(t, s).Sub(*o.clock.now.Load())) }
		o.clock.set(utc(t, "2026-04-30T05:00:00Z"))
		o.set(workflow.Rule{Name: "remind", Kind: "host.invoice", On: []workflow.Trigger{{Date: "due", Days: -3, At: workflow.At(6, 0)}},
			If: condition(t, `{"field":"state","op":"eq","value":"open"}`), Actions: []workflow.Task{{Do: "log"}}})
		o.create("1", "2026-05-04")
		o.create("2", "2026-05-05")
		moved, paid := o.create("3", "2026-05-04"), o.create("4", "2026-05-05")
		at("2026-04-30T06:00:00Z")
		require.Empty(t, o.log)
		o.clock.set(utc(t, "2026-05-01T12:00:00Z")) // nobody ticks on the first
		o.change(moved, func(i *invoice) { i.Due = date.Must(2026, 5, 20) })
		o.change(paid, func(i *invoice) { i.State = "paid" })
		at("2026-05-02T06:00:00Z")
		require.Len(t, o.log, 2, "both, the missed day is not lost: %v", o.log)
		at("2026-05-03T06:00:00Z")
		at("2026-05-16T06:00:00Z")
		require.Len(t, o.log, 2)
		at("2026-05-17T06:00:00Z")
		require.Len(t, o.log, 3)
		at("2026-06-17T06:00:00Z")
		require.Len(t, o.log, 3)
	})
}

func TestARuleThatMakesNoSenseIsRefusedWithThePlace(t *testing.T) {
	o := newOffice(t)
	good := workflow.Rule{Name: "r", Kind: "host.invoice", On: []workflow.Trigger{{Create: true}}, Actions: []workflow.Task{{Do: "log"}}}
	for want, change := range map[string]func(*workflow.Rule){
		"name required":               func(r *workflow.Rule) { r.Name = "" },
		"kind unknown":                func(r *workflow.Rule) { r.Kind = "host.dream" },
		"on required":                 func(r *workflow.Rule) { r.On = nil },
		"on.0 shape":                  func(r *workflow.Rule) { r.On[0].Delete = true },
		"on.0.date unknown_field":     func(r *workflow.Rule) { r.On[0] = workflow.Trigger{Date: "state"} },
		"on.0.fields.0 unknown_field": func(r *workflow.Rule) { r.On[0] = workflow.Trigger{Change: true, Fields: []string{"colour"}} },
		"if/field unknown_field":      func(r *workflow.Rule) { r.If = workflow.Condition{Field: "colour", Op: workflow.OpPresent} },
		"if/value choice":             func(r *workflow.Rule) { r.If = condition(t, `{"field":"state","op":"eq","value":"tired"}`) },
		"repeat choice":               func(r *workflow.Rule) { r.Repeat = "thrice" },
		"actions.0.do unknown":        func(r *workflow.Rule) { r.Actions[0].Do = "fly" },
		"actions.0.with format":       func(r *workflow.Rule) { r.Actions[0].With = json.RawMessage("{") },
		"actions.0.with encoding":     func(r *workflow.Rule) { r.Actions[0].With = json.RawMessage("\"\xff\"") },
		"actions required":            func(r *workflow.Rule) { r.Actions = nil },
	} {
		r := good
		r.On, r.Actions = append([]workflow.Trigger(nil), good.On...), append([]workflow.Task(nil), good.Actions...)
		change(&r)
		_, err := o.rules.Set(t.Context(), o.db, workflow.SetRule{Rule: r})
		var bad *storage.Invalid
		require.ErrorAs(t, err, &bad, want)
		require.Equal(t, want, bad.Fields[0].Path+" "+bad.Fields[0].Code)
	}
	old := good
	old.Version = 3
	_, err := o.rules.Set(t.Context(), o.db, workflow.SetRule{Rule: old})
	require.ErrorIs(t, err, storage.ErrStale, "there is no such rule any more")
	o.set(good)
	require.NoError(t, o.rules.DropRule(t.Context(), o.db, storage.Ref{}, "r"))
	require.ErrorIs(t, o.rules.DropRule(t.Context(), o.db, storage.Ref{}, "r"), storage.ErrNotFound)
	o.create("1", "")
	o.tick(0)
	require.Empty(t, o.log)
}

func TestARuleIsReadFromJSONOrRefused(t *testing.T) {
	r, err := workflow.ParseRule([]byte(`{"name":"r","kind":"host.invoice","on":[{"date":"due","at":"09:00"}],"if":{"field":"state","op":"is_present"},"actions":[{"do":"log","with":{"x":[1]}}]}`))
	require.NoError(t, err)
	require.Equal(t, workflow.Rule{Name: "r", Kind: "host.invoice", On: []workflow.Trigger{{Date: "due", At: workflow.At(9, 0)}},
		If: workflow.Condition{Field: "state", Op: workflow.OpPresent}, Actions: []workflow.Task{{Do: "log", With: json.RawMessage(`{"x":[1]}`)}}}, r)
	for src, want := range map[string]string{
		`{"name":"r","iff":{"field":"state","op":"is_present"}}`:   storage.CodeFormat,
		`{"name":"r","if":{"al":[{"field":"x","op":"is_empty"}]}}`: storage.CodeFormat,
		`{"name":"r","on":[{"date":"due","at":"25 o'clock"}]}`:     storage.CodeFormat,
		`{} {}`: storage.CodeFormat,
		``:      storage.CodeFormat,
		`{"if":` + strings.Repeat(`{"not":`, 100_000):    workflow.CodeTooDeep,
		`{"name":"` + strings.Repeat("x", 10<<20) + `"}`: storage.CodeTooLong,
	} {
		_, err := workflow.ParseRule([]byte(src))
		require.True(t, storage.Has(err, "/", want), "%.100s: %v", src, err)
		require.Less(t, len(err.Error()), 500)
	}
}

// One change asked of a thousand rules looks at the few that watch what changed.
func TestAChangeAsksOnlyTheRulesThatWatchIt(t *testing.T) {
	book, h := thousandRules(t)
	verdicts := book.Ask(h)
	require.Len(t, verdicts, 10)
	require.LessOrEqual(t, testing.AllocsPerRun(10, func() { book.Ask(h) }), 1.0, "nothing but the answer")
}

func thousandRules(t testing.TB) (*workflow.Rulebook[*deal], *workflow.Happening[*deal]) {
	words := dealWords(t)
	var list []workflow.Rule
	fields := []string{"name", "stage", "chance", "hot", "due", "seen", "tags"}
	for i := range 1000 {
		r := workflow.Rule{Name: fmt.Sprintf("r%04d", i), Kind: "crm.deal", On: []workflow.Trigger{{Change: true, Fields: []string{fields[i%len(fields)]}}},
			If: condition(t, `{"field":"stage","op":"eq","value":"won"}`), Actions: []workflow.Task{{Do: "log"}}}
		if i%100 == 0 {
			r.On[0].Fields = []string{"value"}
		}
		list = append(list, r)
	}
	book, err := workflow.NewRulebook(func(string) *workflow.Vocabulary[*deal] { return words }, list...)
	require.NoError(t, err)
	return book, &workflow.Happening[*deal]{Kind: "crm.deal", Event: "crm.deal.changed", Changed: []string{"value"}, Facts: *facts(aDeal(), aDeal())}
}

func BenchmarkOneChangeAgainstAThousandRules(b *testing.B) {
	book, h := thousandRules(b)
	b.ReportAllocs()
	for b.Loop() {
		if len(book.Ask(h)) != 10 {
			b.Fatal("not ten")
		}
	}
}
