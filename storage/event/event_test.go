package event_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
)

type Task struct {
	ID      storage.ID[Task]
	Version int64
	Name    string
	Phone   string
}

var tasks = storage.Define("test.task", func(k *Task) []storage.Field {
	return []storage.Field{storage.UUID("id", &k.ID).Key(), storage.Version(&k.Version), storage.Text("name", &k.Name),
		storage.Text("phone", &k.Phone).Personal()}
})

type payload struct{ N int }

var renamed = event.NewType[payload]("test.task.renamed")

type world struct {
	t     *testing.T
	now   time.Time
	store *storage.Store
	db    *storage.DB
}

func newWorld(t *testing.T, o ...storage.Option) *world {
	w := &world{t: t, now: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)}
	w.store = storage.Open(memory.New(), append(o, storage.Clock(func() time.Time { return w.now }))...)
	require.NoError(t, w.store.Migrate(t.Context(), event.Package(), storage.Package{Name: "test", Tables: []storage.Declaration{tasks}}))
	var err error
	w.db, err = w.store.CreateTenant(t.Context(), storage.Tenant{ID: "acme"})
	require.NoError(t, err)
	return w
}

func (w *world) create(name string) *Task {
	k := &Task{Name: name, Phone: "+7 700"}
	require.NoError(w.t, w.db.Update(w.t.Context(), func(tx *storage.Tx) error {
		k.ID, k.Version = storage.NewID[Task](tx), 0
		return event.Apply(w.t.Context(), tx, tasks, event.Change[Task]{Verb: "test.task.create", After: k})
	}))
	return k
}

func (w *world) rename(id storage.ID[Task], n int) {
	require.NoError(w.t, w.db.Update(w.t.Context(), func(tx *storage.Tx) error { return rename(w.t.Context(), tx, id, n) }))
}

func rename(ctx context.Context, tx *storage.Tx, id storage.ID[Task], n int) error {
	k, err := tasks.Lock(ctx, tx, id)
	if err != nil {
		return err
	}
	old := *k
	k.Name = fmt.Sprint("name ", n)
	return event.Apply(ctx, tx, tasks, event.Change[Task]{Verb: "test.task.rename", Why: "because", Before: &old, After: k,
		Events: []event.Draft{renamed.Draft(payload{n})}})
}

func (w *world) deliver(r *event.Relay) {
	for {
		p, err := r.Deliver(w.t.Context(), w.db)
		require.NoError(w.t, err)
		if !p.Behind {
			return
		}
	}
}

func TestTheTrailSaysWhoChangedWhatAndForgetsPersonsOnly(t *testing.T) {
	w := newWorld(t)
	k := w.create("first")
	w.rename(k.ID, 7)
	read := func() (list []*event.Entry) {
		for e, err := range event.Trail(t.Context(), w.db, event.Filter{Subject: tasks.Ref(k.ID)}) {
			require.NoError(t, err)
			list = append(list, e)
		}
		return list
	}
	trail := read()
	require.Len(t, trail, 2)
	require.Equal(t, "test.task.rename", trail[1].Verb)
	require.Equal(t, "because", trail[1].Why)
	require.JSONEq(t, `"first"`, string(trail[1].Changes[0].Old))
	require.JSONEq(t, `"name 7"`, string(trail[1].Changes[0].New))
	require.Len(t, trail[0].Changes, 2)
	require.NoError(t, w.db.Update(t.Context(), func(tx *storage.Tx) error {
		n, err := event.Forget(t.Context(), tx, tasks.Ref(k.ID))
		require.Equal(t, 1, n)
		return err
	}))
	require.Len(t, read()[0].Changes, 1)
	require.True(t, read()[0].Erased)
}

func TestReadersGetEachEventOnceInOrderAndKeepTheirPlace(t *testing.T) {
	w := newWorld(t)
	a, b := w.create("a"), w.create("b")
	for i := range 150 {
		w.rename(a.ID, i)
		w.rename(b.ID, i)
	}
	got := map[storage.Ref][]int{}
	reader := event.Reader{Name: "r", Names: []string{renamed.Name}, Handle: func(_ context.Context, _ *storage.Tx, e event.Event) error {
		p, err := renamed.Read(e)
		got[e.Subject] = append(got[e.Subject], p.N)
		return err
	}}
	w.deliver(event.NewRelay(reader))
	w.rename(a.ID, 150)
	w.now = w.now.Add(2 * time.Minute)
	w.deliver(event.NewRelay(reader)) // another process, after the lease
	require.Len(t, got[tasks.Ref(a.ID)], 151)
	require.Len(t, got[tasks.Ref(b.ID)], 150)
	for i, n := range got[tasks.Ref(a.ID)] {
		require.Equal(t, i, n)
	}
}

func TestOfTwoProcessesWithOneNameOneWorks(t *testing.T) {
	w := newWorld(t)
	k := w.create("a")
	for i := range 250 {
		w.rename(k.ID, i)
	}
	reader := event.Reader{Name: "r", Handle: func(context.Context, *storage.Tx, event.Event) error { return nil }}
	one, two := event.NewRelay(reader), event.NewRelay(reader)
	p, err := one.Deliver(t.Context(), w.db)
	require.NoError(t, err)
	require.Equal(t, 100, p.Handled)
	p, err = two.Deliver(t.Context(), w.db)
	require.NoError(t, err)
	require.Zero(t, p.Handled, "the first holds the lease")
	w.now = w.now.Add(time.Hour)
	p, err = two.Deliver(t.Context(), w.db)
	require.NoError(t, err)
	require.Equal(t, 100, p.Handled, "the lease has run out")
}

// W34: three deliveries of one message have one effect; a poisoned event holds its subject's later ones (Block) or lets them pass (Skip), is
// dead after five attempts, and replays in order once mended.
func TestW34RedeliveryPoisonReplay(t *testing.T) {
	for _, policy := range []event.Poison{event.Block, event.Skip} {
		t.Run("policy "+string(policy), func(t *testing.T) {
			w := newWorld(t)
			for range 3 {
				require.NoError(t, w.db.Update(t.Context(), func(tx *storage.Tx) error {
					_, err := event.Once(t.Context(), tx, "ledger", "m17", func(tx *storage.Tx) error {
						return event.Append(t.Context(), tx, storage.Ref{}, storage.Ref{Kind: "m", ID: "17"}, 1, event.Draft{Name: "test.effect"})
					})
					return err
				}))
			}
			effects := 0
			for e, err := range event.All(t.Context(), w.db, event.Filter{}) {
				require.NoError(t, err)
				if e.Name == "test.effect" {
					effects++
				}
			}
			require.Equal(t, 1, effects)

			k1, k2 := w.create("k1"), w.create("k2")
			for i := 1; i <= 3; i++ {
				w.rename(k1.ID, i)
			}
			w.rename(k2.ID, 4)
			var got []int
			mended := false
			relay := event.NewRelay(event.Reader{Name: "r", Names: []string{renamed.Name}, OnPoison: policy,
				Handle: func(_ context.Context, _ *storage.Tx, e event.Event) error {
					p, err := renamed.Read(e)
					if p.N == 1 && !mended {
						return errors.New("poison")
					}
					got = append(got, p.N)
					return err
				}})
			ticker := event.NewTicker(w.store, relay)
			for range 40 { // the pauses are 1, 2, 4 and 8 minutes
				_, err := ticker.Tick(t.Context())
				require.NoError(t, err)
				w.now = w.now.Add(time.Minute)
			}
			var dead []*event.Delivery
			for d, err := range event.Deliveries(t.Context(), w.db, "r", event.Dead) {
				require.NoError(t, err)
				dead = append(dead, d)
			}
			require.Len(t, dead, 1)
			require.Equal(t, 5, dead[0].Attempts)
			require.Equal(t, "poison", dead[0].Reason)
			if policy == event.Block {
				require.Equal(t, []int{4}, got)
			} else {
				require.Equal(t, []int{2, 3, 4}, got)
			}
			mended, got = true, nil
			require.NoError(t, event.Replay(t.Context(), w.db, "r", dead[0].Event))
			_, err := ticker.Tick(t.Context())
			require.NoError(t, err)
			if policy == event.Block {
				require.Equal(t, []int{1, 2, 3}, got)
			} else {
				require.Equal(t, []int{1}, got)
			}
		})
	}
}

func TestAGuardSeesEveryVerbAndAVetoLeavesNothing(t *testing.T) {
	var seen []string
	w := newWorld(t, storage.WithGuard(func(_ context.Context, _ *storage.Tx, by storage.Ref, verb string, before, after any) error {
		seen = append(seen, verb)
		if after != nil && after.(*Task).Name == "name 13" {
			return errors.New("unlucky")
		}
		return nil
	}))
	k := w.create("a")
	err := w.db.Update(t.Context(), func(tx *storage.Tx) error { return rename(t.Context(), tx, k.ID, 13) })
	require.ErrorIs(t, err, storage.ErrForbidden)
	require.Equal(t, []string{"test.task.create", "test.task.rename"}, seen)
	var told []string
	for e, err := range event.All(t.Context(), w.db, event.Filter{Subject: tasks.Ref(k.ID)}) {
		require.NoError(t, err)
		told = append(told, e.Name)
	}
	require.Equal(t, []string{"test.task.created"}, told, "a change that names no event has a plain one; a veto leaves none")
}

func TestTickCostsWhatBusyTenantsCostAndKeepsEachDueInstant(t *testing.T) {
	w := newWorld(t)
	for i := range 300 {
		_, err := w.store.CreateTenant(t.Context(), storage.Tenant{ID: fmt.Sprint("idle", i)})
		require.NoError(t, err)
	}
	var order []string
	ticker := event.NewTicker(w.store, nil)
	ticker.Handle("bell", func(ctx context.Context, db *storage.DB, about storage.Ref) (bool, error) {
		return true, db.Update(ctx, func(tx *storage.Tx) error {
			order = append(order, about.ID+" "+tx.Now().Format("15:04"))
			if about.ID == "a" && tx.Now().Hour() < 12 {
				return event.Wake(ctx, tx, tx.Now().Add(time.Hour), "bell", about)
			}
			return nil
		})
	})
	require.NoError(t, w.db.Update(t.Context(), func(tx *storage.Tx) error {
		if err := event.Wake(t.Context(), tx, w.now.Add(90*time.Minute), "bell", storage.Ref{ID: "b"}); err != nil {
			return err
		}
		return event.Wake(t.Context(), tx, w.now, "bell", storage.Ref{ID: "a"})
	}))
	w.now = w.now.Add(10 * time.Hour) // one jump
	stats, err := ticker.Tick(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"a 09:00", "a 10:00", "b 10:30", "a 11:00", "a 12:00"}, order)
	require.Equal(t, event.Stats{Tenants: 1, Done: 5}, stats)
}

func TestAReaderGoesOnWhereItWasAfterAMove(t *testing.T) {
	w := newWorld(t)
	k := w.create("a")
	got := 0
	reader := event.Reader{Name: "r", Handle: func(context.Context, *storage.Tx, event.Event) error { got++; return nil }}
	move := func() *world {
		there := newWorld(t)
		var b bytes.Buffer
		require.NoError(t, w.store.ExportTenant(t.Context(), "acme", &b))
		var err error
		there.db, err = there.store.ImportTenant(t.Context(), &b, "moved")
		require.NoError(t, err)
		there.now = w.now
		return there
	}
	for i := range 2300 { // more than it passes over at a time
		w.rename(k.ID, i)
	}
	w.deliver(event.NewRelay(reader))
	require.Equal(t, 2301, got, "the creation and each change")
	there := move()
	there.deliver(event.NewRelay(reader))
	require.Equal(t, 2301, got, "nothing comes twice")
	there.rename(k.ID, 1)
	there.deliver(event.NewRelay(reader))
	require.Equal(t, 2302, got, "what is new comes")

	w.now = w.now.Add(24 * time.Hour)
	w.deliver(event.NewRelay(reader))
	n, err := event.Prune(t.Context(), w.db, w.now, 10_000)
	require.NoError(t, err)
	require.Equal(t, 2300, n, "the reader's mark stays")
	w.rename(k.ID, 1)
	there = move()
	there.deliver(event.NewRelay(reader))
	require.Equal(t, 2303, got)
	require.NoError(t, event.Rewind(t.Context(), there.db, "r"))
	there.deliver(event.NewRelay(reader))
	require.Equal(t, 2305, got, "from the beginning of what is kept")
}
