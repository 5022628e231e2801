package acceptance_test

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/postgres/pgtest"
	"github.com/tutas/tutas/storage/storagetest"
	"github.com/tutas/tutas/workflow"
	"github.com/tutas/tutas/workflow/approval"
)

// A child is a process of the registry.
type child struct {
	cmd   *exec.Cmd
	ended chan struct{}
	began map[string]bool // votes that it is in the midst of
	ran   [5]int          // turns, those of the other, events, timers, failures
}

// count asks the database itself.
func (o *registry) count(t *testing.T, what string) (n int) {
	t.Helper()
	require.NoError(t, o.pool.QueryRow(t.Context(), "select count(*) from "+what).Scan(&n))
	return n
}

// Two processes that run and one of sixteen deciders, of which one or the other is killed until every twentieth approval has been in the midst of a vote when that
// happened: each approval ends once, each effect happens once, no timer is lost, and the outbox loses nothing.
func TestKilledRunnersAndDecidersEndEachApprovalOnce(t *testing.T) {
	n, patience := 200, time.Minute
	if storagetest.Long() {
		n, patience = 10_000, 20*time.Minute
	}
	place, seed := pgtest.DSN(t), storagetest.Seed(t)
	o := openRegistry(t, place)
	_, err := o.SetPolicy(t.Context(), approval.SetPolicy{Policy: named("claim",
		approval.Stage{Who: approval.Role, Role: "pair", Due: decideIn, Remind: []int{50}},
		approval.Stage{Who: approval.People, People: []storage.Ref{approver("cem")}, Due: decideIn, Remind: []int{50},
			Escalate: &approval.Escalation{To: []storage.Ref{approver("dia")}}})})
	require.NoError(t, err)
	r := &rush{registry: o, t: t, place: place, seed: seed, voted: map[string]bool{}}
	runners := []*child{r.start("runner"), r.start("runner")}
	deciders := r.start("deciders")
	var asking sync.WaitGroup
	for g := range 2 {
		asking.Go(func() {
			for i := g; i < n; i += 2 {
				if _, err := o.Submit(t.Context(), approval.Submit{By: approver("ana"), Policy: "claim", Subject: claim(i), Digest: "d",
					Amount: money.MustParse("10 EUR")}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	begin, rng := time.Now(), rand.New(rand.NewPCG(seed, 99))
	midway, kills := 0, 0
	for next := 0; midway < n/20; kills++ {
		next += 1 + rng.IntN(max(n/32, 40))
		for r.acknowledged() < next {
			require.Less(t, time.Since(begin), patience, "nothing moves")
			<-time.After(time.Millisecond)
		}
		midway += r.kill(deciders)
		r.kill(runners[kills%2])
		deciders, runners[kills%2] = r.start("deciders"), r.start("runner")
	}
	asking.Wait()
	for o.count(t, "tutas.host_outcome") < n+o.count(t, "tutas.storage_event") || o.count(t, "tutas.approval_request where state = 'pending'") > 0 {
		require.Less(t, time.Since(begin), patience, "something is lost")
		<-time.After(20 * time.Millisecond)
	}
	took := time.Since(begin)
	r.kill(deciders)
	for _, c := range runners {
		r.end(c)
	}
	require.Empty(t, r.strange)
	t.Logf("%d approvals in %v, %d kills, %d votes cut off; %d turns, %d times the other's, %d events, %d timers; %d events, %d timers by the two that were left",
		n, took.Round(time.Millisecond), 2*kills, midway, r.ran[0], r.ran[1], r.ran[2], r.ran[3], runners[0].ran[2]+runners[1].ran[2], runners[0].ran[3]+runners[1].ran[3])
	require.Zero(t, r.ran[4], "no event and no timer failed")
	o.audit(t, n, r.voted)
}

// audit checks what is left when all is over.
func (o *registry) audit(t *testing.T, n int, voted map[string]bool) {
	t.Helper()
	before := o.count(t, "tutas.host_outcome")
	for stats := (event.Stats{Left: 1}); stats.Left > 0; <-time.After(time.Millisecond) {
		var err error
		stats, err = o.ticker.Tick(t.Context())
		require.NoError(t, errors.Join(err, stats.Err))
	}
	require.Equal(t, before, o.count(t, "tutas.host_outcome"), "nothing was left to do")
	times := map[string]int{}
	for _, what := range happened(t, o.db, "") {
		times[what]++
	}
	told := 0
	for e, err := range event.All(t.Context(), o.db, event.Filter{}) {
		require.NoError(t, err)
		require.Equal(t, 1, times["saw "+e.ID.String()], e.Name)
		told++
	}
	seen := map[string]bool{}
	asked := 0
	for q, err := range o.All(t.Context(), approval.Filter{}) {
		require.NoError(t, err)
		asked++
		require.Equal(t, 1, times["ended "+q.ID.String()])
		var state approval.Request
		votes, late := map[string]int{}, ""
		for e, err := range o.History(t.Context(), q.ID) {
			require.NoError(t, err)
			state = approval.Evolve(state, *e)
			switch e.Name {
			case approval.DidVote:
				vote := fmt.Sprintf("%s/%d/%s", q.ID, e.Step, e.By.ID)
				votes[vote]++
				seen[vote] = true
				late += fmt.Sprint(e.Step, e.By.ID, " ")
			case approval.DidRemind, approval.DidEscalate, approval.DidLapse:
				late += fmt.Sprint(e.Step, e.Name, " ")
			}
		}
		want := approval.Approved
		if refused(q.Subject) {
			want = approval.Rejected
		}
		require.Equal(t, want, q.State)
		require.Equal(t, q.State, state.State, "the history makes the request")
		for vote, times := range votes {
			require.Equal(t, 1, times, vote)
		}
		require.Len(t, votes, map[approval.State]int{approval.Approved: 2, approval.Rejected: 1}[q.State], late)
		if sleepy(q.Subject) {
			require.Regexp(t, `2reminded 2escalated (2reminded )?(2overdue )?2dia $`, late, "its timers came, each once and in order")
		}
		require.LessOrEqual(t, strings.Count(late, "escalated"), 1)
	}
	require.Equal(t, n, asked)
	require.Len(t, times, n+told, "nothing else happened")
	for vote := range voted {
		require.True(t, seen[vote], "%s was acknowledged", vote)
	}
	require.Empty(t, each(t, workflow.AllTimers(t.Context(), o.db, workflow.TimerFilter{})))
	require.Empty(t, each(t, workflow.AllTimers(t.Context(), o.db, workflow.TimerFilter{Dead: true})))
	require.Empty(t, each(t, o.Tasks(t.Context(), approval.TaskFilter{})))
	for _, reader := range []string{"saw", "ended"} {
		require.Empty(t, each(t, event.Deliveries(t.Context(), o.db, reader)))
	}
	var deadlocks int
	require.NoError(t, o.pool.QueryRow(t.Context(), "select deadlocks from pg_stat_database where datname = current_database()").Scan(&deadlocks))
	require.Zero(t, deadlocks, "locks are taken in one order")
}

// A rush is a registry at work, and what its processes said.
type rush struct {
	*registry
	t       *testing.T
	place   string
	seed    uint64
	started int

	mu      sync.Mutex
	voted   map[string]bool // and acknowledged
	ran     [5]int
	strange []string
}

// start starts a process.
func (r *rush) start(role string) *child {
	r.t.Helper()
	r.started++
	c := &child{cmd: exec.CommandContext(r.t.Context(), os.Args[0], "-test.run=^TestRegistryChild$"), ended: make(chan struct{}), began: map[string]bool{}}
	c.cmd.Env = append(os.Environ(), registryRole+"="+role, registryPlace+"="+r.place, registrySeed+"="+fmt.Sprint(r.seed+uint64(r.started)))
	out, err := c.cmd.StdoutPipe()
	require.NoError(r.t, err)
	require.NoError(r.t, c.cmd.Start())
	go func() {
		defer close(c.ended)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			r.heard(c, lines.Text())
		}
	}()
	return c
}

func (r *rush) heard(c *child, line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch verb, rest, _ := strings.Cut(line, " "); verb {
	case "begin":
		c.began[rest] = true
	case "done":
		r.voted[rest] = true
		delete(c.began, rest)
	case "late":
		delete(c.began, rest)
	case "ran":
		_, _ = fmt.Sscan(rest, &c.ran[0], &c.ran[1], &c.ran[2], &c.ran[3], &c.ran[4])
	case "PASS":
	default:
		r.strange = append(r.strange, line)
	}
}

func (r *rush) acknowledged() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.voted)
}

// kill ends a process at once, and answers how many votes it was in the midst of.
func (r *rush) kill(c *child) int {
	r.t.Helper()
	require.NoError(r.t, c.cmd.Process.Kill())
	var exit *exec.ExitError
	require.ErrorAs(r.t, r.over(c), &exit, "it ended by itself")
	return len(c.began)
}

// end asks a process to end when it has finished what it is at.
func (r *rush) end(c *child) {
	r.t.Helper()
	require.NoError(r.t, c.cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(r.t, r.over(c))
}

func (r *rush) over(c *child) error {
	<-c.ended
	for i, v := range c.ran {
		r.ran[i] += v
	}
	return c.cmd.Wait()
}
