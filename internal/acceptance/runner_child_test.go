package acceptance_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/postgres"
	"github.com/tutas/tutas/workflow"
	"github.com/tutas/tutas/workflow/approval"
)

// What tells a child process what it is, where the registry is, and its seed.
const (
	registryRole  = "TUTAS_REGISTRY_ROLE"
	registryPlace = "TUTAS_REGISTRY_PLACE"
	registrySeed  = "TUTAS_REGISTRY_SEED"
)

// A registry is where approvals are asked for and decided by several processes.
type registry struct {
	*approval.Approvals
	db     *storage.DB
	pool   *pgxpool.Pool
	ticker *event.Ticker
}

// decideIn is how long there is for a step; half of it passes until the reminder.
const decideIn = 400 * time.Millisecond

// openRegistry opens the registry as one process sees it, and founds it if it is not there. Who follows all events notes each; who follows the outcomes has one effect for
// each.
func openRegistry(t testing.TB, place string, options ...storage.Option) *registry {
	t.Helper()
	config, err := pgxpool.ParseConfig(place)
	require.NoError(t, err)
	config.MaxConns = 20
	o := &registry{}
	o.pool, err = pgxpool.NewWithConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(o.pool.Close)
	e, err := postgres.Open(t.Context(), o.pool, postgres.BusyTimeout(time.Minute))
	require.NoError(t, err)
	store := storage.Open(e, append(options, storage.Attempts(30, time.Millisecond))...)
	require.NoError(t, store.Migrate(t.Context(), event.Package(), workflow.Package(), approval.Package(),
		storage.Package{Name: "host", Tables: []storage.Declaration{outcomes}}))
	o.db, err = store.Tenant(t.Context(), "registry")
	if errors.Is(err, storage.ErrUnknownTenant) {
		o.db, err = store.CreateTenant(t.Context(), storage.Tenant{ID: "registry", Currency: "EUR"})
	}
	require.NoError(t, err)
	o.Approvals = approval.New(o.db, approval.Ports{Org: chartOf{}, Roles: chartOf{}})
	effect := func(name string, names ...string) event.Reader {
		return event.Reader{Name: name, Names: names, Handle: func(ctx context.Context, tx *storage.Tx, e event.Event) error {
			_, err := event.Once(ctx, tx, name, e.ID.String(), func(tx *storage.Tx) error {
				what := name + " " + e.ID.String()
				if len(names) > 0 {
					what = name + " " + e.Subject.ID
				}
				return note(ctx, tx, what)
			})
			return err
		}}
	}
	o.ticker = event.NewTicker(store, event.NewRelay(effect("saw"), effect("ended", approval.Granted.Name, approval.Refused.Name)))
	o.ticker.Bound(event.Bounds{Lease: time.Second, Turn: 5})
	timers := workflow.NewTimers()
	approval.HandleTimers(timers, o.In)
	timers.Attach(o.ticker)
	return o
}

// TestRegistryChild is a process that is killed; in a run of the tests it has nothing to do.
func TestRegistryChild(t *testing.T) {
	role := os.Getenv(registryRole)
	if role == "" {
		return
	}
	o := openRegistry(t, os.Getenv(registryPlace))
	if role == "runner" {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		defer stop()
		err := o.ticker.Run(ctx, 5*time.Millisecond, func(event.Stats) {
			c := o.ticker.Counters()
			fmt.Println("ran", c.Turns, c.Busy, c.Kinds["events"].Done, c.Kinds["workflow.timers"].Done, c.Kinds["events"].Failed+c.Kinds["workflow.timers"].Failed)
		})
		require.ErrorIs(t, err, context.Canceled)
		return
	}
	seed, err := strconv.ParseUint(os.Getenv(registrySeed), 10, 64)
	require.NoError(t, err)
	var say sync.Mutex
	print := func(words ...any) {
		say.Lock()
		defer say.Unlock()
		fmt.Println(words...)
	}
	var all sync.WaitGroup
	for g := range 16 {
		who := []string{"fay", "gus", "cem", "dia"}[g%4]
		all.Go(func() { o.decide(approver(who), rand.New(rand.NewPCG(seed, uint64(g))), print) })
	}
	all.Wait()
}

// decide votes on what is on a person's list, forever.
func (o *registry) decide(who storage.Ref, rng *rand.Rand, print func(words ...any)) {
	ctx := context.Background()
	for {
		var mine []*approval.Task
		for task, err := range o.Tasks(ctx, approval.TaskFilter{Approver: who}) {
			if err != nil || len(mine) == 100 {
				break
			}
			if who.ID == "cem" && sleepy(task.Subject) { // only who is asked when time is up decides on it
				continue
			}
			mine = append(mine, task)
		}
		rng.Shuffle(len(mine), func(i, j int) { mine[i], mine[j] = mine[j], mine[i] })
		for _, task := range mine[:min(len(mine), 10)] {
			vote := approval.Vote{By: who, Request: task.Request, Step: task.Step + 1,
				Key: storage.Key(fmt.Sprint(task.Request, "/", task.Step, "/", who.ID))}
			verb := o.Approve
			if refused(task.Subject) {
				verb = o.Reject
			}
			name := fmt.Sprint(task.Request, "/", task.Step+1, "/", who.ID)
			print("begin", name)
			switch _, err := verb(ctx, vote); {
			case err == nil:
				print("done", name)
			case errors.Is(err, approval.ErrStepClosed) || errors.Is(err, approval.ErrNotAssigned):
				print("late", name)
			default:
				print("failed", name, err)
			}
		}
		if len(mine) == 0 {
			<-time.After(5 * time.Millisecond)
		}
	}
}

// claim is what the i-th request is about.
func claim(i int) storage.Ref { return storage.Ref{Kind: "claim", ID: strconv.Itoa(i)} }

// sleepy claims are not decided on in time.
func sleepy(s storage.Ref) bool { return strings.HasSuffix(s.ID, "3") }

// refused claims are.
func refused(s storage.Ref) bool { return strings.HasSuffix(s.ID, "7") }
