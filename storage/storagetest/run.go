package storagetest

import (
	"context"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/tutas/tutas/storage/driver"
)

// Harness says how to come by the engine under test.
type Harness struct {
	// Open returns a fresh and empty engine, on which Migrate was not called. The suite closes it; closing it once
	// more in a t.Cleanup does no harm.
	Open func(t *testing.T) driver.Engine
	// Reopen closes the engine and opens what it stored again, as a new process would. Nil if nothing outlives the engine.
	Reopen func(t *testing.T, e driver.Engine) driver.Engine
	// Host begins a transaction as a host of the engine would, with the database's own driver, and joins it. Nil if
	// the engine has no host's transactions.
	Host func(t *testing.T, e driver.Engine) (host driver.HostTx, commit, rollback func(ctx context.Context) error)
	// Impatient is Open, but the engine waits for another writer no longer than a second before it gives up with
	// ErrBusy. Nil if the engine never gives up.
	Impatient func(t *testing.T) driver.Engine
	// Gaps names cases that the backend does not pass, each with the reason. A gap whose case passes fails the suite,
	// so that the list stays true.
	Gaps map[string]string
}

// A scenario is one case: the sentence that a backend promises, and how it is put to the test.
type scenario struct {
	name    string
	promise string
	run     func(p *probe)
	// once is set where running it for a neighbour first would make no sense, as the case is about the whole engine.
	once bool
	// needs names what the harness must offer; "" is nothing beyond Open.
	needs string
}

// What a scenario may need.
const (
	needsReopen    = "Reopen"
	needsHost      = "Host"
	needsImpatient = "Impatient"
)

// The two tenants of each case. The first name is a prefix of the second, so that a key glued together carelessly shows.
const (
	neighbour = "t1"
	own       = "t10"
)

// Run checks every promise of package driver against an engine.
func Run(t *testing.T, h Harness) {
	t.Helper()
	s := &suite{harness: h, seed: Seed(t)}
	known := map[string]bool{}
	for _, g := range groups() {
		for _, sc := range g.scenarios {
			if known[sc.name] {
				t.Fatalf("two cases are called %q", sc.name)
			}
			known[sc.name] = true
		}
	}
	for name := range h.Gaps {
		if !known[name] {
			t.Errorf("a gap is declared for %q, but there is no such case", name)
		}
	}
	for _, g := range groups() {
		t.Run(g.name, func(t *testing.T) {
			for _, sc := range g.scenarios {
				if s.concerns(sc) {
					t.Run(sc.name, func(t *testing.T) { s.check(t, sc) })
				}
			}
		})
	}
}

type group struct {
	name      string
	scenarios []scenario
}

func groups() []group {
	return []group{
		{"basic", basicCases()},
		{"conditions", conditionCases()},
		{"sums", sumCases()},
		{"indexes", indexCases()},
		{"transactions", transactionCases()},
		{"failure", failureCases()},
		{"concurrency", append(concurrencyCases(), pagingCases()...)},
		{"checking", checkCases()},
		{"ordering", orderingCases()},
		{"decimals_times", valueCases()},
		{"tenants", tenantCases()},
		{"joining", joiningCases()},
		{"tailing", tailingCases()},
		{"evolution", evolutionCases()},
		{"model", modelCases()},
		{"typed", typedCases()},
	}
}

type suite struct {
	harness Harness
	seed    uint64
	// overlap remembers whether two write transactions can be open at once; nil is not known yet.
	overlap *bool
}

// check runs a scenario and holds the outcome against the declared gaps.
func (s *suite) check(t *testing.T, sc scenario) {
	t.Helper()
	gap, declared := s.harness.Gaps[sc.name]
	failures := s.outcome(t, sc)
	switch {
	case declared && len(failures) == 0 && !t.Failed():
		t.Errorf("declared as a gap (%s), but it passes: remove it from Gaps", gap)
	case declared:
		t.Skipf("declared gap: %s", gap)
	case len(failures) > 0:
		for _, f := range failures {
			t.Error(f)
		}
		t.Errorf("the broken promise: %s", sc.promise)
	}
}

// concerns reports whether a case means something for the engine: nothing outlives one that lives in memory, say. A case
// that is declared as a gap concerns it in any event.
func (s *suite) concerns(sc scenario) bool {
	_, declared := s.harness.Gaps[sc.name]
	return declared || s.missing(sc) == ""
}

func (s *suite) missing(sc scenario) string {
	if sc.needs == needsReopen && s.harness.Reopen == nil ||
		sc.needs == needsHost && s.harness.Host == nil ||
		sc.needs == needsImpatient && s.harness.Impatient == nil {
		return sc.needs
	}
	return ""
}

// outcome plays the scenario for the neighbour, changes what that left behind a little, plays it again for the tenant
// under test, and looks whether the neighbour's rows are as they were.
func (s *suite) outcome(t *testing.T, sc scenario) []string {
	t.Helper()
	if s.missing(sc) != "" {
		return []string{"the harness has no " + sc.needs}
	}
	open := s.harness.Open
	if sc.needs == needsImpatient {
		open = s.harness.Impatient
	}
	p := &probe{t: t, suite: s, e: open(t), tenant: neighbour}
	defer func() { _ = p.e.Close() }()
	if !sc.once {
		p.play(sc.run)
		if len(p.failures) > 0 || t.Failed() {
			return p.failures
		}
	}
	var before string
	p.play(func(p *probe) {
		p.disturb()
		before = p.dump(neighbour)
	})
	if len(p.failures) > 0 {
		return p.failures
	}
	p.tenant = own
	p.play(sc.run)
	if len(p.failures) > 0 || sc.once || t.Failed() {
		return p.failures
	}
	p.play(func(p *probe) {
		if after := p.dump(neighbour); after != before {
			p.fail("another tenant's rows have changed:\nbefore:\n%s\nafter:\n%s", before, after)
		}
	})
	return p.failures
}

// patience is how long a case may take before its context ends.
func patience() time.Duration {
	if Long() {
		return 15 * time.Minute
	}
	return 2 * time.Minute
}

// play runs fn on a goroutine of its own, which a failure ends, and tidies up behind it.
func (p *probe) play(fn func(p *probe)) {
	ctx, cancel := context.WithTimeout(context.Background(), patience())
	defer cancel()
	p.ctx = ctx
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer p.rollBackAll()
		fn(p)
	}()
	select {
	case <-done:
	case <-time.After(patience() + 10*time.Second):
		stacks := make([]byte, 1<<16)
		p.record("the case hangs, though its context has ended\n" + string(stacks[:runtime.Stack(stacks, true)]))
	}
}

// Long reports whether TUTAS_LONG=1 asks for the long form of the tests.
func Long() bool { return os.Getenv("TUTAS_LONG") == "1" }

// Seed returns the seed of the random cases: that in TUTAS_SEED, or a new one. It is logged either way.
func Seed(t testing.TB) uint64 {
	t.Helper()
	seed := rand.Uint64()
	if s := os.Getenv("TUTAS_SEED"); s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatalf("TUTAS_SEED: %v", err)
		}
		seed = n
	}
	t.Logf("TUTAS_SEED=%d repeats the random cases of this run", seed)
	return seed
}
