package acceptance_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/storagetest"
)

// A job is the subject of the events here.
type job struct {
	ID      storage.ID[job]
	Version int64
	Text    string
}

// A progress is how far a reader has come with one subject: what it writes shows whether each event took effect once, and in order.
type progress struct {
	Subject storage.Ref
	Last    int64
	Count   int64
}

var (
	jobs = storage.Define("host.job", func(j *job) []storage.Field {
		return []storage.Field{storage.UUID("id", &j.ID).Key(), storage.Version(&j.Version), storage.Text("text", &j.Text)}
	})
	progresses = storage.Define("host.progress", func(p *progress) []storage.Field {
		return []storage.Field{storage.RefTo("subject", &p.Subject).Key(), storage.Int("last", &p.Last), storage.Int("count",
			&p.Count)}
	})
	jobTables = storage.Package{Name: "jobs", Tables: []storage.Declaration{jobs, progresses, sights}}
)

type step struct{ N int64 }

var moved = event.NewType[step]("host.job.moved")

// A yard is a store with jobs in it and one tenant.
type yard struct {
	t     testing.TB
	now   atomic.Pointer[time.Time]
	store *storage.Store
	db    *storage.DB
}

func newYard(t testing.TB, e driver.Engine) *yard {
	y := &yard{t: t}
	y.advance(0)
	y.store = storage.Open(e, storage.Clock(func() time.Time { return *y.now.Load() }), storage.Attempts(100, time.Millisecond))
	require.NoError(t, y.store.Migrate(t.Context(), event.Package(), jobTables))
	var err error
	y.db, err = y.store.CreateTenant(t.Context(), storage.Tenant{ID: "acme"})
	require.NoError(t, err)
	return y
}

func (y *yard) advance(d time.Duration) {
	now := someDay
	if old := y.now.Load(); old != nil {
		now = old.Add(d)
	}
	y.now.Store(&now)
}

func (y *yard) job(text string) storage.ID[job] {
	j := &job{Text: text}
	require.NoError(y.t, y.db.Update(y.t.Context(), func(tx *storage.Tx) error {
		j.ID, j.Version = storage.NewID[job](tx), 0
		return event.Apply(y.t.Context(), tx, jobs, event.Change[job]{Verb: "host.job.create", After: j})
	}))
	return j.ID
}

// move changes a job under its lock and tells of it; the event's N is the job's version before.
func move(ctx context.Context, tx *storage.Tx, id storage.ID[job]) error {
	j, err := jobs.Lock(ctx, tx, id)
	if err != nil {
		return err
	}
	old := *j
	j.Text = fmt.Sprint("after ", j.Version)
	return event.Apply(ctx, tx, jobs, event.Change[job]{Verb: "host.job.move", Before: &old, After: j,
		Events: []event.Draft{moved.Draft(step{old.Version})}})
}

func (y *yard) move(id storage.ID[job]) {
	y.t.Helper()
	require.NoError(y.t, y.db.Update(y.t.Context(), func(tx *storage.Tx) error { return move(y.t.Context(), tx, id) }))
}

// follower is a reader that notes how far it has come, and complains of an event out of turn or for the second time.
func follower(faults chan<- string) event.Reader {
	return event.Reader{Name: "follower", Names: []string{moved.Name}, Handle: func(ctx context.Context, tx *storage.Tx,
		e event.Event) error {
		p, err := moved.Read(e)
		if err != nil {
			return err
		}
		at := &progress{Subject: e.Subject}
		if _, err := progresses.InsertNew(ctx, tx, at); err != nil {
			return err
		}
		if _, err := progresses.LoadLocked(ctx, tx, at); err != nil {
			return err
		}
		if at.Last != 0 && p.N != at.Last+1 || p.N+1 != e.Order {
			select {
			case faults <- fmt.Sprintf("%v: event %d came after %d", e.Subject, p.N, at.Last):
			default:
			}
		}
		at.Last, at.Count = p.N, at.Count+1
		if err := sights.Insert(ctx, tx, &seen{Event: e.ID, Subject: e.Subject}); err != nil {
			return err
		}
		return progresses.Update(ctx, tx, at)
	}}
}

func (y *yard) deliver(r *event.Relay) {
	y.t.Helper()
	for {
		p, err := r.Deliver(context.WithoutCancel(y.t.Context()), y.db)
		require.NoError(y.t, err)
		require.Zero(y.t, p.Failed)
		if !p.Behind {
			return
		}
	}
}

// W33 with two transactions: the one that began first commits last, and is not lost.
func TestW33AnEventThatCommitsLateIsDelivered(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		y := newYard(t, e.open(t))
		first, second := y.job("first"), y.job("second")
		faults := make(chan string, 10)
		relay := event.NewRelay(follower(faults))
		began, release, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
		var once sync.Once
		go func() {
			ended <- y.db.Update(context.Background(), func(tx *storage.Tx) error {
				err := move(context.Background(), tx, first)
				if err == nil {
					err = tx.Flush(context.Background())
				}
				once.Do(func() { close(began) })
				<-release
				return err
			})
		}()
		<-began
		if e.single() { // the second waits for the first in any case
			close(release)
			require.NoError(t, <-ended)
		}
		y.move(second)
		_, err := relay.Deliver(t.Context(), y.db)
		require.NoError(t, err)
		if !e.single() {
			close(release)
			require.NoError(t, <-ended)
		}
		y.deliver(relay)
		for _, id := range []storage.ID[job]{first, second} {
			require.Equal(t, &progress{Subject: jobs.Ref(id), Last: 1, Count: 1}, y.progress(id))
		}
		require.Empty(t, faults)
	})
}

// W33 for one subject: the transaction that began first, and wrote something else, is the second to hold the subject.
func TestW33EventsOfASubjectComeInItsOrderWhicheverTransactionBeganFirst(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		if e.single() {
			t.Log("one writer at a time: the order of beginning is that of committing")
		}
		y := newYard(t, e.open(t))
		subject, other := y.job("subject"), y.job("other")
		faults := make(chan string, 10)
		relay := event.NewRelay(follower(faults))
		began, release, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
		var once sync.Once
		go func() {
			ended <- y.db.Update(context.Background(), func(tx *storage.Tx) error {
				if err := move(context.Background(), tx, other); err != nil {
					return err
				}
				err := tx.Flush(context.Background())
				once.Do(func() { close(began) })
				<-release
				return errors.Join(err, move(context.Background(), tx, subject))
			})
		}()
		<-began
		if e.single() {
			close(release)
			require.NoError(t, <-ended)
		}
		y.move(subject)
		y.move(subject)
		if !e.single() {
			close(release)
			require.NoError(t, <-ended)
		}
		y.deliver(relay)
		require.Equal(t, &progress{Subject: jobs.Ref(subject), Last: 3, Count: 3}, y.progress(subject))
		require.Empty(t, faults)
	})
}

// W33 with eight writers and a reader that runs meanwhile: each event takes effect exactly once, those of a subject in its
// order, and one transaction that began
// before all others and commits after them is part of it.
func TestW33EightWritersAndAReaderLoseNothing(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		y := newYard(t, e.open(t))
		seed := storagetest.Seed(t)
		const writers, subjects = 8, 5
		times := 30
		if storagetest.Long() {
			times = 300
		}
		var ids []storage.ID[job]
		for i := range subjects {
			ids = append(ids, y.job(fmt.Sprint(i)))
		}
		slow := y.job("slow")
		ctx := context.WithoutCancel(t.Context())

		release, ended, began := make(chan struct{}), make(chan error, 1), make(chan struct{})
		if e.single() {
			close(release) // it would keep all others waiting
		}
		var once sync.Once
		go func() {
			ended <- y.db.Update(ctx, func(tx *storage.Tx) error {
				if err := move(ctx, tx, slow); err != nil {
					return err
				}
				err := tx.Flush(ctx)
				once.Do(func() { close(began) })
				<-release
				return errors.Join(err, move(ctx, tx, ids[0]))
			})
		}()
		<-began

		faults := make(chan string, 100)
		relay := event.NewRelay(follower(faults))
		stop, reader := make(chan struct{}), make(chan error, 1)
		go func() {
			for {
				p, err := relay.Deliver(ctx, y.db)
				if err == nil && p.Failed > 0 {
					err = fmt.Errorf("%d deliveries failed", p.Failed)
				}
				if err != nil {
					reader <- err
					return
				}
				select {
				case <-stop:
					reader <- nil
					return
				case <-time.After(time.Millisecond):
				}
			}
		}()

		errGiveUp := errors.New("given up on purpose")
		var done [subjects]atomic.Int64
		var all sync.WaitGroup
		for w := range writers {
			all.Go(func() {
				r := rand.New(rand.NewPCG(seed, uint64(w)))
				for range times {
					one, two := r.IntN(subjects), r.IntN(subjects)
					early, given := r.IntN(3) == 0, r.IntN(6) == 0
					err := y.db.Update(ctx, func(tx *storage.Tx) error {
						if early { // a number of its own before any lock
							if err := sights.Insert(ctx, tx, &seen{Event: storage.NewID[event.Event](tx)}); err != nil {
								return err
							}
							if err := tx.Flush(ctx); err != nil {
								return err
							}
						}
						if err := move(ctx, tx, ids[min(one, two)]); err != nil {
							return err
						}
						if one != two {
							if err := move(ctx, tx, ids[max(one, two)]); err != nil {
								return err
							}
						}
						if given {
							return errors.Join(tx.Flush(ctx), errGiveUp)
						}
						return nil
					})
					switch {
					case given && errors.Is(err, errGiveUp):
					case err != nil:
						t.Errorf("writer %d: %v", w, err)
						return
					default:
						done[one].Add(1)
						if one != two {
							done[two].Add(1)
						}
					}
				}
			})
		}
		all.Wait()
		if !e.single() {
			close(release)
		}
		require.NoError(t, <-ended)
		done[0].Add(1)
		close(stop)
		require.NoError(t, <-reader)
		y.deliver(relay)
		close(faults)
		for f := range faults {
			t.Error(f)
		}
		for i, id := range ids {
			n := done[i].Load()
			require.Equal(t, &progress{Subject: jobs.Ref(id), Last: n, Count: n}, y.progress(id), "subject %d", i)
		}
		require.Equal(t, &progress{Subject: jobs.Ref(slow), Last: 1, Count: 1}, y.progress(slow))
	})
}

func (y *yard) progress(id storage.ID[job]) *progress {
	y.t.Helper()
	p := &progress{Subject: jobs.Ref(id)}
	require.NoError(y.t, y.db.View(context.WithoutCancel(y.t.Context()), func(tx *storage.Tx) error {
		_, err := progresses.Load(context.WithoutCancel(y.t.Context()), tx, p)
		return err
	}))
	return p
}

// W34: three deliveries of one message have one effect, also where the process died before it could acknowledge. A poisoned
// event holds its subject's later ones
// (Block) or lets them pass (Skip), is dead after five attempts, and replays in order once mended.
func TestW34RedeliveryPoisonReplay(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		for _, policy := range []event.Poison{event.Block, event.Skip} {
			t.Run("policy "+string(policy), func(t *testing.T) {
				ctx := t.Context()
				y := newYard(t, e.open(t))
				for range 3 {
					require.NoError(t, y.db.Update(ctx, func(tx *storage.Tx) error {
						_, err := event.Once(ctx, tx, "ledger", "m17", func(tx *storage.Tx) error {
							return event.Append(ctx, tx, storage.Ref{}, storage.Ref{Kind: "m", ID: "17"}, 1,
								event.Draft{Name: "test.effect"})
						})
						return err
					}))
				}
				require.Len(t, each(t, event.All(ctx, y.db, event.Filter{Subject: storage.Ref{Kind: "m", ID: "17"}})), 1)
				require.Equal(t, 1, counts(t, y.store, "acme")["storage_inbox"])

				k1, k2 := y.job("k1"), y.job("k2")
				for range 3 {
					y.move(k1)
				}
				y.move(k2)
				var got []string
				mended := false
				reader := event.Reader{Name: "r", Names: []string{moved.Name}, OnPoison: policy,
					Handle: func(_ context.Context, _ *storage.Tx, e event.Event) error {
						p, err := moved.Read(e)
						name := "k1"
						if e.Subject == jobs.Ref(k2) {
							name = "k2"
						}
						if name == "k1" && p.N == 1 && !mended {
							return errors.New("poison")
						}
						got = append(got, fmt.Sprint(name, ".", p.N))
						return err
					}}
				ticker := event.NewTicker(y.store, event.NewRelay(reader))
				for range 40 { // the pauses are 1, 2, 4 and 8 minutes
					stats, err := ticker.Tick(ctx)
					require.NoError(t, errors.Join(err, stats.Err))
					y.advance(time.Minute)
				}
				dead := each(t, event.Deliveries(ctx, y.db, "r", event.Dead))
				require.Len(t, dead, 1)
				require.Equal(t, 5, dead[0].Attempts)
				require.Equal(t, "poison", dead[0].Reason)
				held := each(t, event.Deliveries(ctx, y.db, "r", event.Held))
				if policy == event.Block {
					require.Equal(t, []string{"k2.1"}, got)
					require.Len(t, held, 2)
				} else {
					require.Equal(t, []string{"k1.2", "k1.3", "k2.1"}, got)
					require.Empty(t, held)
				}
				mended, got = true, nil
				require.NoError(t, event.Replay(ctx, y.db, "r", dead[0].Event))
				_, err := ticker.Tick(ctx)
				require.NoError(t, err)
				if policy == event.Block {
					require.Equal(t, []string{"k1.1", "k1.2", "k1.3"}, got)
				} else {
					require.Equal(t, []string{"k1.1"}, got)
				}
				require.Empty(t, each(t, event.Deliveries(ctx, y.db, "r")))
				got = nil
				require.NoError(t, event.Rewind(ctx, y.db, "r"))
				_, err = ticker.Tick(ctx)
				require.NoError(t, err)
				require.Equal(t, []string{"k1.1", "k1.2", "k1.3", "k2.1"}, got, "replayed from the beginning, in order")
			})
		}
	})
}

// W34: the process dies between the commit of an effect and the word that it was done; what handled the event has handled it once.
func TestW34ACrashAfterTheCommitHasOneEffect(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		board := &switchboard{Engine: e.open(t)}
		y := newYard(t, board)
		id := y.job("a")
		y.move(id)
		faults := make(chan string, 10)
		board.plugged.Store(storagetest.Faulty(board.Engine, storagetest.Plan{N: 1, After: true,
			Kinds: []storagetest.CallKind{storagetest.CallCommit}}))
		_, err := event.NewRelay(follower(faults)).Deliver(t.Context(), y.db)
		require.ErrorIs(t, err, storage.ErrUnknown)
		board.plugged.Store(nil)
		y.advance(time.Hour) // the lease of the one that died runs out
		y.deliver(event.NewRelay(follower(faults)))
		require.Equal(t, &progress{Subject: jobs.Ref(id), Last: 1, Count: 1}, y.progress(id))
		require.Empty(t, faults)
	})
}
