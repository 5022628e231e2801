package acceptance_test

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/storagetest"
)

// A desk is a Writer with the books it writes to. An entry with the text "gate" holds up its group until the gate opens.
type desk struct {
	t             *testing.T
	db            *storage.DB
	b             *ledger.Books
	w             *ledger.Writer
	entered, gate chan struct{}
}

func openDesk(t *testing.T, e driver.Engine, tenant string, o ledger.WriterOptions) *desk {
	d := &desk{t: t, entered: make(chan struct{}, 10), gate: make(chan struct{})}
	store := storage.Open(e, storage.WithGuard(func(_ context.Context, _ *storage.Tx, _ storage.Ref, _ string, _, after any) error {
		if e, ok := after.(*ledger.Entry); ok && e.Text == "gate" {
			d.entered <- struct{}{}
			<-d.gate
		}
		return nil
	}))
	require.NoError(t, store.Migrate(t.Context(), event.Package(), ledger.Package()))
	db, err := store.CreateTenant(t.Context(), storage.Tenant{ID: tenant, Currency: "EUR"}, ledger.Template(ledger.TradingChart()))
	require.NoError(t, err)
	d.db, d.b, d.w = db, ledger.New(db), ledger.NewWriter(db, o)
	return d
}

func sale(key, text string) ledger.Entry {
	return ledger.Entry{Key: storage.Key(key), Date: someDate, Text: text, Legs: []ledger.Leg{
		ledger.Debit(ledger.Bank, eur("1"), ledger.Dims{Customer: "c"}), ledger.Credit(ledger.Revenue, eur("1"), ledger.Dims{})}}
}

type reply struct {
	posted []ledger.Posted
	err    error
}

// call starts a caller, and returns when its call waits.
func (d *desk) call(ctx context.Context, list ...ledger.Entry) <-chan reply {
	out, n := make(chan reply, 1), d.w.Waiting()
	go func() {
		posted, err := d.w.Post(ctx, list...)
		out <- reply{posted, err}
	}()
	for d.w.Waiting() == n {
		runtime.Gosched()
	}
	return out
}

// hold begins a group that does not end before the gate opens.
func (d *desk) hold() <-chan reply {
	c := d.call(d.t.Context(), sale("gate", "gate"))
	<-d.entered
	return c
}

func (d *desk) balance() string {
	m, err := d.b.Balance(d.t.Context(), ledger.Bank, "EUR", date.Date{})
	require.NoError(d.t, err)
	return m.String()
}

func TestAWriterAnswersEachOf32CallersForItself(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		d := openDesk(t, e.open(t), "acme", ledger.WriterOptions{MaxEntries: 20, MaxWaiting: 16, FoldAfter: 50})
		require.NoError(t, d.b.Lock(t.Context(), ledger.Lock{Through: someDate.AddDays(-1)}))
		twin := ledger.NewWriter(d.db, ledger.WriterOptions{}) // as in another process
		const callers, each = 32, 12
		var all sync.WaitGroup
		for i := range callers {
			all.Go(func() {
				for j := range each {
					name := fmt.Sprint(i, ".", j)
					first := sale(name, name)
					switch j % 4 {
					case 0, 1:
						posted, err := d.w.Post(t.Context(), first)
						if err != nil || posted[0].Text != name {
							t.Errorf("%s: %v, %v", name, posted, err)
						}
					case 2: // two entries of which the second is poison
						second := sale(name+"b", "")
						second.Legs[1].Account = "no such"
						if _, err := d.w.Post(t.Context(), first, second); !storage.Has(err, "entries.1.legs.1.account", "ledger.no_account") {
							t.Errorf("%s: %v", name, err)
						}
						first.Date = someDate.AddDays(-1)
						if _, err := d.w.Post(t.Context(), first); !storage.Has(err, "date", "ledger.closed_period") {
							t.Errorf("%s: %v", name, err)
						}
					default: // a key that many use at once, in two writers
						shared := sale(fmt.Sprint("shared", j), fmt.Sprint("shared", j))
						w := d.w
						if i%2 == 0 {
							w = twin
						}
						if posted, err := w.Post(t.Context(), shared, sale(name, name)); err != nil || posted[0].Text != shared.Text || posted[1].Text != name {
							t.Errorf("%s: %v, %v", name, posted, err)
						}
					}
				}
			})
		}
		all.Wait()
		require.NoError(t, d.w.Close(t.Context()))
		want := callers*(each*3/4) + each/4
		require.Equal(t, fmt.Sprint(want)+".00 EUR", d.balance())
		seen := map[storage.ID[ledger.Posted]]bool{}
		for p, err := range d.b.Entries(t.Context(), ledger.EntryFilter{}) {
			require.NoError(t, err)
			require.False(t, seen[p.ID])
			seen[p.ID] = true
		}
		require.Len(t, seen, want)
	})
}

func TestAGroupIsOneTransactionAndItsCallsStandAlone(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		counting := storagetest.Faulty(e.open(t), storagetest.Plan{Kinds: []storagetest.CallKind{storagetest.CallCommit}})
		d := openDesk(t, counting, "acme", ledger.WriterOptions{})
		before := len(counting.Calls())
		first := d.hold()
		ctx, leave := context.WithCancel(t.Context())
		gone := d.call(ctx, sale("gone", ""))
		var good []<-chan reply
		for i := range 15 {
			good = append(good, d.call(t.Context(), sale(fmt.Sprint("k", i), "")))
		}
		poison := sale("poison", "")
		poison.Legs[0].Account = "no such"
		bad := d.call(t.Context(), poison)
		other := sale("k3", "other") // goes in a group of its own, after the one with the key
		twice, reused := d.call(t.Context(), sale("k3", "")), d.call(t.Context(), other)
		last := d.call(t.Context(), sale("last", ""), sale("last2", ""))
		leave()
		require.Equal(t, context.Canceled, (<-gone).err)
		close(d.gate)
		require.NoError(t, (<-first).err)
		ids := map[storage.ID[ledger.Posted]]bool{}
		var third reply
		for i, c := range good {
			r := <-c
			require.NoError(t, r.err)
			ids[r.posted[0].ID] = true
			if i == 3 {
				third = r
			}
		}
		require.Len(t, ids, 15)
		require.ErrorIs(t, (<-bad).err, ledger.ErrNoAccount)
		require.NoError(t, (<-last).err)
		again := <-twice
		require.NoError(t, again.err)
		require.Equal(t, third.posted[0].ID, again.posted[0].ID)
		require.ErrorIs(t, (<-reused).err, storage.ErrKeyReused)
		require.Equal(t, "18.00 EUR", d.balance())
		require.Equal(t, 6, len(counting.Calls())-before, "the one held up, the group, and the two with its key, each tried as new before")
	})
}

func TestAGroupWhoseCommitFailsIsPostedOnceUnderItsKeys(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		board := &switchboard{Engine: e.open(t)}
		commit, do := []storagetest.CallKind{storagetest.CallCommit}, []storagetest.CallKind{storagetest.CallDo}
		for i, plan := range []storagetest.Plan{
			{N: 2, Kinds: commit, After: true}, // the answer is lost on its way
			{N: 2, Kinds: commit, Err: driver.ErrUnknown},
			{N: 2, Kinds: commit, Err: driver.ErrConflict},
			{N: 2, Kinds: commit},
			{N: 2, Kinds: do},
			{N: 2, Kinds: do, Err: driver.ErrBusy},
		} {
			d := openDesk(t, board, fmt.Sprint("t", i), ledger.WriterOptions{})
			// A group whose accounts are known needs no call but its commit; the lock of a live account is one.
			_, err := d.b.ChangeAccount(t.Context(), ledger.ChangeAccount{Code: ledger.Bank, Name: "Bank", Bounds: &ledger.Bounds{Live: true}})
			require.NoError(t, err)
			_, err = d.w.Post(t.Context(), sale("known", ""))
			require.NoError(t, err)
			faulty := storagetest.Faulty(board.Engine, plan)
			board.plugged.Store(faulty)
			first := d.hold()
			var calls []<-chan reply
			for k := range 8 {
				calls = append(calls, d.call(t.Context(), sale(fmt.Sprint("k", k), "")))
			}
			close(d.gate)
			require.NoError(t, (<-first).err)
			for _, c := range calls {
				switch r := <-c; {
				case i < 3:
					require.NoError(t, r.err, "the keys resolve it")
				case plan.Err != nil:
					require.ErrorIs(t, r.err, plan.Err, "all of the group learn of it")
				default:
					require.ErrorIs(t, r.err, storagetest.ErrFault, "all of the group learn of it")
				}
			}
			require.NotEmpty(t, faulty.Failed())
			board.plugged.Store(nil)
			for k := range 8 {
				_, err := d.w.Post(t.Context(), sale(fmt.Sprint("k", k), ""))
				require.NoError(t, err)
			}
			require.Equal(t, "10.00 EUR", d.balance(), "once each")
		}
	})
}

func TestRisingCallersOnOneAccountAllGetThrough(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		d := openDesk(t, e.open(t), "acme", ledger.WriterOptions{})
		posted := 0
		for _, callers := range []int{1, 2, 8, 32} {
			var all sync.WaitGroup
			for i := range callers {
				all.Go(func() {
					for j := range 64 / callers {
						if _, err := d.w.Post(t.Context(), sale(fmt.Sprint(callers, ".", i, ".", j), "")); err != nil {
							t.Error(err)
						}
					}
				})
			}
			all.Wait()
			posted += 64
			require.Equal(t, fmt.Sprint(posted)+".00 EUR", d.balance())
		}
	})
}
