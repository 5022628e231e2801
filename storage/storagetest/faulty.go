package storagetest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/tutas/tutas/storage/driver"
)

// ErrFault is what a failing call returns, unless the Plan names another error.
var ErrFault = errors.New("injected fault")

// A CallKind is a kind of call to an engine that Faulty can let fail.
type CallKind uint8

// The kinds of calls. Bind counts as CallBegin; a savepoint's Release and RollBack have kinds of their own.
const (
	CallBegin CallKind = iota + 1
	CallDo
	CallQuery
	CallSum
	CallTail
	CallSavepoint
	CallRelease
	CallReturn
	CallCommit
	CallRollback
)

// String names the kind as the method is called.
func (k CallKind) String() string {
	names := []string{"?", "Begin", "Do", "Query", "Sum", "Tail", "Savepoint", "Release", "RollBack", "Commit", "Rollback"}
	return names[min(int(k), len(names)-1)]
}

// A Call is one call to an engine: its running number, from 1, among those that the Plan counts, and its kind.
type Call struct {
	N    int
	Kind CallKind
}

// A Plan says which calls fail, and how. The zero Plan lets none fail, and so serves to count.
type Plan struct {
	// N is the running number of the call to fail, from 1.
	N int
	// Kinds limits the plan to some kinds of calls, for counting too. Nil is all.
	Kinds []CallKind
	// After lets the call take effect before it fails, as when the answer is lost on its way. A Commit that fails so
	// returns ErrUnknown; one that fails before, Err.
	After bool
	// Err is the error; nil is ErrFault. A Commit that fails before it took effect may return driver.ErrUnknown just as well.
	Err error
	// Rate, instead of N, lets one call in Rate fail at random, half of them after they took effect, seeded by Seed.
	Rate int
	Seed uint64
}

// A FaultyEngine is an engine of which chosen calls fail.
type FaultyEngine struct {
	driver.Engine
	plan Plan

	mu     sync.Mutex
	random *rand.Rand
	calls  []Call
	failed []Call
}

// Faulty wraps an engine so that the calls which a plan chooses fail. So each call of a whole deed can fail in turn:
//
//	for n := 1; ; n++ {
//		e := storagetest.Faulty(engine, storagetest.Plan{N: n})
//		deed(e) // may return an error
//		// check what must always hold, on the engine itself
//		if len(e.Failed()) == 0 {
//			break // there were fewer than n calls
//		}
//	}
//
// and then the same with After. Migrate and Close never fail, and are not counted.
func Faulty(e driver.Engine, plan Plan) *FaultyEngine {
	if plan.Err == nil {
		plan.Err = ErrFault
	}
	return &FaultyEngine{Engine: e, plan: plan, random: rand.New(rand.NewPCG(plan.Seed, 0))}
}

// arm lets the next call of the plan's kinds fail, whatever was counted before.
func (f *FaultyEngine) arm(plan Plan) {
	f.mu.Lock()
	defer f.mu.Unlock()
	plan.N = 1
	f.plan, f.calls, f.failed = plan, nil, nil
}

// Calls lists the calls that were counted.
func (f *FaultyEngine) Calls() []Call {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.calls)
}

// Failed lists the calls that were made to fail.
func (f *FaultyEngine) Failed() []Call {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.failed)
}

// Host wraps a host's transaction, so that the calls of what is bound to it count and fail too.
func (f *FaultyEngine) Host(h driver.HostTx) driver.HostTx { return &faultyHost{f, h} }

// moment says when a call fails.
type moment uint8

const (
	never moment = iota
	before
	after
)

// strike counts a call and says whether it fails.
func (f *FaultyEngine) strike(kind CallKind) (moment, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.plan.Kinds != nil && !slices.Contains(f.plan.Kinds, kind) {
		return never, nil
	}
	c := Call{len(f.calls) + 1, kind}
	f.calls = append(f.calls, c)
	late := f.plan.After
	if f.plan.Rate > 0 {
		if f.random.IntN(f.plan.Rate) != 0 {
			return never, nil
		}
		late = f.random.IntN(2) == 0
	} else if c.N != f.plan.N {
		return never, nil
	}
	f.failed = append(f.failed, c)
	err := fmt.Errorf("call %d (%s): %w", c.N, kind, f.plan.Err)
	if !late {
		return before, err
	}
	if kind == CallCommit && !errors.Is(err, driver.ErrUnknown) {
		err = fmt.Errorf("%w: %w", driver.ErrUnknown, err)
	}
	return after, err
}

// Begin opens a transaction of which chosen calls fail.
func (f *FaultyEngine) Begin(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	return f.begin(ctx, func() (driver.Tx, error) { return f.Engine.Begin(ctx, o) })
}

func (f *FaultyEngine) begin(ctx context.Context, open func() (driver.Tx, error)) (driver.Tx, error) {
	when, fault := f.strike(CallBegin)
	if when == before {
		return nil, fault
	}
	tx, err := open()
	if err != nil {
		return nil, err
	}
	if when == after {
		_ = tx.Rollback(ctx) // nobody else can any more
		return nil, fault
	}
	return &faultyTx{engine: f, tx: tx}, nil
}

type faultyHost struct {
	engine *FaultyEngine
	host   driver.HostTx
}

func (h *faultyHost) Bind(ctx context.Context, tenant string) (driver.Tx, error) {
	return h.engine.begin(ctx, func() (driver.Tx, error) { return h.host.Bind(ctx, tenant) })
}

// A faultyTx dooms itself when a fault strikes, as any engine would.
type faultyTx struct {
	engine *FaultyEngine
	tx     driver.Tx
	doomed bool
}

// around makes one call, with its fault before or after it.
func (t *faultyTx) around(kind CallKind, call func() error) error {
	if t.doomed {
		return driver.ErrDoomed
	}
	when, fault := t.engine.strike(kind)
	if when == before {
		t.doomed = true
		return fault
	}
	if err := call(); err != nil {
		return err
	}
	if when == after {
		t.doomed = true
		return fault
	}
	return nil
}

func (t *faultyTx) Do(ctx context.Context, ops ...driver.Op) (res []driver.Result, err error) {
	err = t.around(CallDo, func() (err error) {
		res, err = t.tx.Do(ctx, ops...)
		return err
	})
	if err != nil {
		return nil, err
	}
	return res, nil
}

func (t *faultyTx) Query(ctx context.Context, q driver.Query) iter.Seq2[driver.Row, error] {
	return t.rows(CallQuery, func() iter.Seq2[driver.Row, error] { return t.tx.Query(ctx, q) })
}

func (t *faultyTx) Sum(ctx context.Context, q driver.Query, sum, by []int) iter.Seq2[driver.Row, error] {
	return t.rows(CallSum, func() iter.Seq2[driver.Row, error] { return t.tx.Sum(ctx, q, sum, by) })
}

// rows yields a result; a fault after it strikes when the last row has been read.
func (t *faultyTx) rows(kind CallKind, open func() iter.Seq2[driver.Row, error]) iter.Seq2[driver.Row, error] {
	return func(yield func(driver.Row, error) bool) {
		stopped := false
		err := t.around(kind, func() error {
			for r, err := range open() {
				if err != nil {
					return err
				}
				if !yield(r, nil) {
					stopped = true
					return nil
				}
			}
			return nil
		})
		if err != nil && !stopped {
			yield(nil, err)
		}
	}
}

func (t *faultyTx) Tail(ctx context.Context, q driver.TailQuery) (page driver.TailPage, err error) {
	err = t.around(CallTail, func() (err error) {
		page, err = t.tx.Tail(ctx, q)
		return err
	})
	if err != nil {
		return driver.TailPage{}, err
	}
	return page, nil
}

func (t *faultyTx) Savepoint(ctx context.Context) (driver.Savepoint, error) {
	var sp driver.Savepoint
	err := t.around(CallSavepoint, func() (err error) {
		sp, err = t.tx.Savepoint(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &faultySavepoint{t, sp}, nil
}

func (t *faultyTx) Commit(ctx context.Context, last ...driver.Op) error {
	if t.doomed {
		_ = t.tx.Rollback(ctx)
		return driver.ErrDoomed
	}
	when, fault := t.engine.strike(CallCommit)
	if when == before {
		_ = t.tx.Rollback(ctx)
		return fault
	}
	if err := t.tx.Commit(ctx, last...); err != nil {
		return err
	}
	return fault
}

// Rollback always takes effect: a database undoes what was not committed, whether or not it could be told to.
func (t *faultyTx) Rollback(ctx context.Context) error {
	_, fault := t.engine.strike(CallRollback)
	return errors.Join(t.tx.Rollback(ctx), fault)
}

type faultySavepoint struct {
	tx *faultyTx
	sp driver.Savepoint
}

func (s *faultySavepoint) Release(ctx context.Context) error {
	return s.tx.around(CallRelease, func() error { return s.sp.Release(ctx) })
}

// RollBack fails whole: if a fault strikes, the transaction stays doomed.
func (s *faultySavepoint) RollBack(ctx context.Context) error {
	when, fault := s.tx.engine.strike(CallReturn)
	if when == before {
		s.tx.doomed = true
		return fault
	}
	if err := s.sp.RollBack(ctx); err != nil {
		return err
	}
	s.tx.doomed = when == after
	return fault
}
