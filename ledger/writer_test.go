package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
)

// A crowd calls one writer, and goes together where a test says so.
type crowd struct {
	t       *testing.T
	b       *ledger.Books
	w       *ledger.Writer
	entered chan struct{}
	gate    chan struct{}
}

// note is a row that a guard writes, of which there can be one only.
type note struct{ Name string }

var notes = storage.Define("test.note", func(n *note) []storage.Field { return []storage.Field{storage.Text("name", &n.Name).Key()} })

func newCrowd(t *testing.T, o ledger.WriterOptions) *crowd {
	c := &crowd{t: t, entered: make(chan struct{}, 100), gate: make(chan struct{})}
	now := day("2017-06-01").Time(time.UTC, 9, 0)
	var mu sync.Mutex
	store := storage.Open(memory.New(), storage.WithGuard(c.guard), storage.Attempts(3, time.Microsecond), storage.Clock(func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(time.Millisecond)
		return now
	}))
	require.NoError(t, store.Migrate(t.Context(), event.Package(), ledger.Package(),
		storage.Package{Name: "test", Tables: []storage.Declaration{notes}}))
	db, err := store.CreateTenant(t.Context(), storage.Tenant{ID: "acme", Currency: "EUR"}, ledger.Template(ledger.TradingChart()))
	require.NoError(t, err)
	c.b, c.w = ledger.New(db), ledger.NewWriter(db, o)
	return c
}

// guard does what the text of an entry says.
func (c *crowd) guard(ctx context.Context, tx *storage.Tx, _ storage.Ref, _ string, _, after any) error {
	e, ok := after.(*ledger.Entry)
	if !ok {
		return nil
	}
	switch e.Text {
	case "gate":
		c.entered <- struct{}{}
		<-c.gate
	case "until the end":
		c.entered <- struct{}{}
		<-ctx.Done()
	case "veto":
		return errors.New("no")
	case "panic":
		panic("the guard fell")
	case "exit":
		runtime.Goexit()
	case "note":
		return notes.Insert(ctx, tx, &note{Name: "one"})
	}
	return nil
}

func keyedAs(key, text string) ledger.Entry {
	e := simple("2017-03-01", ledger.Bank, ledger.Revenue, "10")
	e.Key, e.Text = storage.Key(key), text
	return e
}

// An answer is what a caller gets, once it has.
type answer struct {
	done   chan struct{}
	posted []ledger.Posted
	err    error
	panics any
}

// add starts a caller, and returns when its call is inside.
func (c *crowd) add(ctx context.Context, list ...ledger.Entry) *answer {
	a, n := &answer{done: make(chan struct{})}, c.w.Waiting()
	go func() {
		defer close(a.done)
		defer func() { a.panics = recover() }()
		a.posted, a.err = c.w.Post(ctx, list...)
	}()
	for c.w.Waiting() == n {
		select {
		case <-a.done:
			return a
		default:
			runtime.Gosched()
		}
	}
	return a
}

// hold lets a caller begin a group that does not end before the gate is opened.
func (c *crowd) hold() *answer {
	a := c.add(c.t.Context(), keyedAs("gate", "gate"))
	<-c.entered
	return a
}

func (a *answer) wait() *answer {
	<-a.done
	return a
}

// one is the entry of a call that was not refused.
func (a *answer) one(t *testing.T) ledger.Posted {
	t.Helper()
	<-a.done
	require.Nil(t, a.panics)
	require.NoError(t, a.err)
	require.Len(t, a.posted, 1)
	return a.posted[0]
}

func (c *crowd) balance() string {
	m, err := c.b.Balance(c.t.Context(), ledger.Bank, "EUR", date.Date{})
	require.NoError(c.t, err)
	return m.String()
}

func TestCallersThatComeDuringACommitGoTogether(t *testing.T) {
	c := newCrowd(t, ledger.WriterOptions{})
	alone, err := c.w.Post(t.Context(), keyedAs("alone", ""))
	require.NoError(t, err)
	require.Len(t, alone, 1)
	first := c.hold()
	var list []*answer
	for i := range 20 {
		list = append(list, c.add(t.Context(), keyedAs(fmt.Sprint("k", i), "")))
	}
	close(c.gate)
	head := first.one(t)
	seen := map[storage.ID[ledger.Posted]]bool{head.ID: true}
	for i, a := range list {
		p := a.one(t)
		require.Equal(t, list[0].posted[0].At, p.At, "all of them in one transaction")
		require.NotEqual(t, head.At, p.At)
		require.False(t, seen[p.ID], "each its own")
		seen[p.ID] = true
		again, err := c.b.Post(t.Context(), keyedAs(fmt.Sprint("k", i), ""))
		require.NoError(t, err)
		require.Equal(t, p, again[0], "what the writer posted under a key, the books know")
	}
	require.Equal(t, "220.00 EUR", c.balance())
}

func TestARefusedCallFailsNoneOfItsNeighbours(t *testing.T) {
	c := newCrowd(t, ledger.WriterOptions{})
	require.NoError(t, c.b.Lock(t.Context(), ledger.Lock{Through: day("2017-01-31")}))
	first := c.hold()
	late, nobody := keyedAs("late", ""), keyedAs("nobody", "")
	late.Date, nobody.Legs[0].Account = day("2017-01-31"), "no such"
	good := func(key string) *answer { return c.add(t.Context(), keyedAs(key, "")) }
	a := good("a")
	closed := c.add(t.Context(), late)
	b := good("b")
	missing := c.add(t.Context(), nobody)
	whole := c.add(t.Context(), keyedAs("w1", ""), keyedAs("w2", "veto"), keyedAs("w3", ""))
	d := c.add(t.Context(), keyedAs("d1", ""), keyedAs("d2", ""))
	crooked := keyedAs("crooked", "")
	crooked.Legs[0].Amount = eur("11")
	require.ErrorIs(t, c.add(t.Context(), crooked).wait().err, ledger.ErrUnbalanced, "not even queued")
	close(c.gate)
	first.one(t)
	at := a.one(t).At
	require.Equal(t, at, b.one(t).At)
	require.NoError(t, d.wait().err)
	require.Equal(t, []time.Time{at, at}, []time.Time{d.posted[0].At, d.posted[1].At})
	require.ErrorIs(t, closed.wait().err, ledger.ErrClosedPeriod)
	require.True(t, storage.Has(closed.err, "date", "ledger.closed_period"))
	require.ErrorIs(t, missing.wait().err, ledger.ErrNoAccount)
	require.ErrorIs(t, whole.wait().err, storage.ErrForbidden)
	require.Equal(t, "50.00 EUR", c.balance(), "gate, a, b and the two of d")

	// The refusal is kept with the key of a single entry, and of no other.
	require.NoError(t, c.b.Lock(t.Context(), ledger.Lock{}))
	_, err := c.b.Post(t.Context(), late)
	require.ErrorIs(t, err, ledger.ErrClosedPeriod)
	late.Text = "other"
	_, err = c.w.Post(t.Context(), late)
	require.ErrorIs(t, err, storage.ErrKeyReused)
	posted, err := c.w.Post(t.Context(), keyedAs("w1", ""), keyedAs("w2", ""), keyedAs("w3", ""))
	require.NoError(t, err)
	require.Len(t, posted, 3)
}

func TestAKeyOfTwoCallersPostsOnce(t *testing.T) {
	c := newCrowd(t, ledger.WriterOptions{})
	first := c.hold()
	a, b := c.add(t.Context(), keyedAs("k", "")), c.add(t.Context(), keyedAs("k", ""))
	other := c.add(t.Context(), keyedAs("k", "other"))
	beside := c.add(t.Context(), keyedAs("beside", ""))
	close(c.gate)
	first.one(t)
	require.Equal(t, a.one(t), b.one(t))
	require.ErrorIs(t, other.wait().err, storage.ErrKeyReused)
	require.Equal(t, a.posted[0].At, beside.one(t).At)
	require.Equal(t, "30.00 EUR", c.balance())
	_, err := c.w.Post(t.Context(), keyedAs("x", ""), keyedAs("x", ""))
	require.True(t, storage.Has(err, "entries.1.key", storage.CodeDuplicate))
	_, err = c.w.Post(t.Context(), keyedAs("", ""))
	require.True(t, storage.Has(err, "key", storage.CodeRequired))
	mixed, err := c.w.Post(t.Context(), keyedAs("k", ""), keyedAs("new", ""))
	require.NoError(t, err)
	require.Equal(t, a.posted[0], mixed[0], "a call of which a part was done before")
	require.Equal(t, "40.00 EUR", c.balance())
}

func TestACallerThatLeavesKeepsNobodyElseFromPosting(t *testing.T) {
	c := newCrowd(t, ledger.WriterOptions{})
	first := c.hold()
	ctx, leave := context.WithCancel(t.Context())
	gone := c.add(ctx, keyedAs("gone", ""))
	next := c.add(t.Context(), keyedAs("next", ""))
	leave()
	require.Equal(t, context.Canceled, gone.wait().err, "it was not under way")
	close(c.gate)
	first.one(t)
	next.one(t)
	require.Equal(t, "20.00 EUR", c.balance())
	again, err := c.b.Post(t.Context(), keyedAs("gone", "now otherwise"))
	require.NoError(t, err, "the key was not used")
	require.Len(t, again, 1)
}

func TestTheEndOfALeaderOrAFollowerUnderWayIsTheirOwn(t *testing.T) {
	for _, who := range []string{"leader", "follower"} {
		t.Run(who, func(t *testing.T) {
			c := newCrowd(t, ledger.WriterOptions{})
			first := c.hold()
			leaderCtx, endLeader := context.WithCancel(t.Context())
			defer endLeader()
			followerCtx, endFollower := context.WithCancel(t.Context())
			defer endFollower()
			entry := keyedAs("follower", "gate")
			leader, follower := c.add(leaderCtx, keyedAs("leader", "")), c.add(followerCtx, entry)
			third := c.add(t.Context(), keyedAs("third", ""))
			c.gate <- struct{}{}
			first.one(t)
			<-c.entered // the group of three is under way
			if who == "leader" {
				endLeader()
				close(c.gate)
				require.Equal(t, leader.one(t).At, third.one(t).At, "it came through all the same")
				follower.one(t)
			} else {
				endFollower()
				require.ErrorIs(t, follower.wait().err, storage.ErrUnknown)
				require.ErrorIs(t, follower.err, context.Canceled)
				entry.Legs[0].Amount = eur("99") // its own again
				close(c.gate)
				require.Equal(t, leader.one(t).At, third.one(t).At)
				again, err := c.w.Post(t.Context(), keyedAs("follower", "gate"))
				require.NoError(t, err)
				require.Equal(t, leader.posted[0].At, again[0].At, "the key tells that it was posted")
			}
			require.Equal(t, "40.00 EUR", c.balance())
		})
	}
}

func TestAGroupThatEverybodyLeftIsGivenUp(t *testing.T) {
	c := newCrowd(t, ledger.WriterOptions{})
	first := c.hold()
	ctx, leave := context.WithCancel(t.Context())
	a, b := c.add(ctx, keyedAs("a", "")), c.add(ctx, keyedAs("b", "until the end"))
	c.gate <- struct{}{}
	first.one(t)
	<-c.entered
	leave()
	require.ErrorIs(t, a.wait().err, context.Canceled)
	require.ErrorIs(t, b.wait().err, context.Canceled)
	require.Equal(t, "10.00 EUR", c.balance())
	_, err := c.w.Post(t.Context(), keyedAs("a", "otherwise"))
	require.NoError(t, err)
}

func TestAPanicReachesItsOwnCallerOnly(t *testing.T) {
	for _, how := range []string{"panic", "exit"} {
		c := newCrowd(t, ledger.WriterOptions{})
		first := c.hold()
		a, falls, b := c.add(t.Context(), keyedAs("a", "")), c.add(t.Context(), keyedAs("falls", how)), c.add(t.Context(), keyedAs("b", ""))
		close(c.gate)
		first.one(t)
		b.one(t)
		require.Empty(t, falls.wait().posted)
		if how == "panic" {
			require.Equal(t, "the guard fell", falls.panics)
			a.one(t)
			require.Equal(t, "30.00 EUR", c.balance())
		}
		alone := c.add(t.Context(), keyedAs("falls alone", how)).wait() // a group of one
		require.Empty(t, alone.posted)
		_, err := c.w.Post(t.Context(), keyedAs("after", ""))
		require.NoError(t, err, "the writer goes on")
	}
}

func TestWhatTheCommitRefusesFailsItsOwnCallOnly(t *testing.T) {
	c := newCrowd(t, ledger.WriterOptions{})
	_, err := c.b.Post(t.Context(), keyedAs("one", "note"))
	require.NoError(t, err)
	first := c.hold()
	a, twice, b := c.add(t.Context(), keyedAs("a", "")), c.add(t.Context(), keyedAs("twice", "note")), c.add(t.Context(), keyedAs("b", ""))
	close(c.gate)
	first.one(t)
	a.one(t)
	b.one(t)
	require.True(t, storage.IsDuplicate(twice.wait().err, notes, ""), "%v", twice.err)
	require.Equal(t, "40.00 EUR", c.balance())
}

func TestAWriterHasBounds(t *testing.T) {
	t.Run("entries of a group", func(t *testing.T) {
		c := newCrowd(t, ledger.WriterOptions{MaxEntries: 4})
		first := c.hold()
		var list []*answer
		for i := range 10 {
			list = append(list, c.add(t.Context(), keyedAs(fmt.Sprint("k", i), "")))
		}
		var large []ledger.Entry
		for i := range 6 {
			large = append(large, keyedAs(fmt.Sprint("l", i), ""))
		}
		big := c.add(t.Context(), large...)
		close(c.gate)
		first.one(t)
		sizes := map[time.Time]int{}
		for _, a := range list {
			sizes[a.one(t).At]++
		}
		require.NoError(t, big.wait().err)
		sizes[big.posted[0].At] += 6
		var counts []int
		for _, n := range sizes {
			counts = append(counts, n)
		}
		require.ElementsMatch(t, []int{4, 4, 2, 6}, counts)
	})
	t.Run("bytes of a group", func(t *testing.T) {
		c := newCrowd(t, ledger.WriterOptions{MaxBytes: 1})
		first := c.hold()
		a, b := c.add(t.Context(), keyedAs("a", "")), c.add(t.Context(), keyedAs("b", ""))
		close(c.gate)
		first.one(t)
		require.NotEqual(t, a.one(t).At, b.one(t).At)
	})
	t.Run("delay", func(t *testing.T) {
		c := newCrowd(t, ledger.WriterOptions{MaxEntries: 3, MaxDelay: time.Hour})
		a, b := c.add(t.Context(), keyedAs("a", "")), c.add(t.Context(), keyedAs("b", ""))
		last := c.add(t.Context(), keyedAs("c", ""))
		require.Equal(t, a.one(t).At, b.one(t).At)
		require.Equal(t, a.one(t).At, last.one(t).At)
		ctx, leave := context.WithCancel(t.Context())
		lonely := c.add(ctx, keyedAs("d", ""))
		leave()
		require.Equal(t, context.Canceled, lonely.wait().err)
		require.Equal(t, "30.00 EUR", c.balance())
	})
	t.Run("callers inside", func(t *testing.T) {
		c := newCrowd(t, ledger.WriterOptions{MaxWaiting: 2})
		first := c.hold()
		second := c.add(t.Context(), keyedAs("second", ""))
		ctx, leave := context.WithCancel(t.Context())
		leave()
		_, err := c.w.Post(ctx, keyedAs("third", ""))
		require.ErrorIs(t, err, ledger.ErrWriterBusy)
		require.ErrorIs(t, err, context.Canceled)
		third := make(chan error, 1)
		go func() {
			_, err := c.w.Post(t.Context(), keyedAs("third", ""))
			third <- err
		}()
		close(c.gate)
		require.NoError(t, <-third, "it had to wait for room only")
		first.one(t)
		second.one(t)
		require.Equal(t, "30.00 EUR", c.balance())
	})
}

func TestCloseLetsThoseInsideFinish(t *testing.T) {
	c := newCrowd(t, ledger.WriterOptions{MaxWaiting: 2})
	first := c.hold()
	second := c.add(t.Context(), keyedAs("second", ""))
	refused := make(chan error, 1)
	go func() {
		_, err := c.w.Post(t.Context(), keyedAs("third", ""))
		refused <- err
	}()
	ended, end := context.WithCancel(t.Context())
	end()
	require.ErrorIs(t, c.w.Close(ended), context.Canceled, "those inside are not through")
	require.ErrorIs(t, <-refused, storage.ErrClosed)
	close(c.gate)
	require.NoError(t, c.w.Close(t.Context()))
	first.one(t)
	second.one(t)
	require.NoError(t, c.w.Close(t.Context()))
	_, err := c.w.Post(t.Context(), keyedAs("late", ""))
	require.ErrorIs(t, err, storage.ErrClosed)
	require.Equal(t, "20.00 EUR", c.balance())
}

func TestTheLeaderFoldsALongTail(t *testing.T) {
	for after, want := range map[int]int64{10: 0, -1: 40} {
		c := newCrowd(t, ledger.WriterOptions{FoldAfter: after})
		for i := range 20 {
			_, err := c.w.Post(t.Context(), keyedAs(fmt.Sprint("k", i), ""))
			require.NoError(t, err)
		}
		got, err := c.b.Totals(t.Context(), ledger.TotalsFilter{})
		require.NoError(t, err)
		require.Equal(t, want, got.Cost.Tail)
	}
}
