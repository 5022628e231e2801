package acceptance_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/storagetest"
)

// A till is books with purses, and a clock that is moved by hand.
type till struct {
	store *storage.Store
	b     *ledger.Books
	late  atomic.Int64
}

// purses are liabilities, with the least and the most that each may hold, in minor units; -1 is no bound.
var purses = map[string][2]int64{"w0": {0, -1}, "w1": {0, -1}, "w2": {0, 60_000}, "w3": {-5_000, -1}}

func openTill(t *testing.T, e driver.Engine, tenant string) *till {
	w := &till{}
	w.store = storage.Open(e, storage.Clock(func() time.Time { return someDay.Add(time.Duration(w.late.Load())) }))
	require.NoError(t, w.store.Migrate(t.Context(), event.Package(), ledger.Package()))
	w.company(t, tenant)
	return w
}

// company opens another tenant with the same purses, 400.00 in each.
func (w *till) company(t *testing.T, tenant string) {
	t.Helper()
	db, err := w.store.CreateTenant(t.Context(), storage.Tenant{ID: tenant, Currency: "EUR"}, ledger.Template(ledger.TradingChart()))
	require.NoError(t, err)
	w.b = ledger.New(db)
	for _, code := range purseCodes() {
		var list []ledger.Limit
		least, err := money.Minor("EUR", purses[code][0])
		require.NoError(t, err)
		list = append(list, ledger.Floor(least))
		if most := purses[code][1]; most >= 0 {
			a, err := money.Minor("EUR", most)
			require.NoError(t, err)
			list = append(list, ledger.CreditLimit(a))
		}
		_, err = w.b.OpenAccount(t.Context(), ledger.OpenAccount{Code: code, Name: code, Type: ledger.Liability,
			Bounds: ledger.Bounds{Limits: list}})
		require.NoError(t, err)
		_, err = w.b.Post(t.Context(), transfer(someDate.AddDays(-400), ledger.Bank, code, 40_000))
		require.NoError(t, err)
	}
}

func purseCodes() []string { return []string{"w0", "w1", "w2", "w3"} }

func transfer(d date.Date, debit, credit string, n int64) ledger.Entry {
	a, _ := money.Minor("EUR", n)
	return ledger.Entry{Date: d, Legs: []ledger.Leg{ledger.Debit(debit, a, ledger.Dims{}), ledger.Credit(credit, a, ledger.Dims{})}}
}

// someEntry spends, deposits or moves, in the past, today or in the future.
func someEntry(r *rand.Rand) ledger.Entry {
	codes := append(purseCodes(), ledger.Bank)
	from := r.IntN(len(codes))
	to := (from + 1 + r.IntN(len(codes)-1)) % len(codes)
	return transfer(someDate.AddDays(r.IntN(800)-400), codes[from], codes[to], 1+r.Int64N(20_000))
}

// busy does n things as one of many.
func (w *till) busy(ctx context.Context, seed uint64, n int) (refused int, err error) {
	r := rand.New(rand.NewPCG(seed, 11))
	var held []storage.ID[ledger.Held]
	took := func(err error) bool {
		return err == nil || errors.Is(err, ledger.ErrBelowFloor) || errors.Is(err, ledger.ErrAboveCeiling) ||
			errors.Is(err, ledger.ErrHoldExpired)
	}
	for range n {
		var err error
		switch r.IntN(8) {
		case 0, 1:
			cmd := ledger.Hold{Entry: someEntry(r)}
			if r.IntN(2) == 0 {
				cmd.Expires = w.store.Now().Add(time.Duration(1+r.IntN(20)) * time.Minute)
			}
			var h *ledger.Held
			if h, err = w.b.Hold(ctx, cmd); err == nil {
				held = append(held, h.ID)
			} else if storage.Has(err, "expires", storage.CodeRange) {
				continue // the clock was moved meanwhile
			}
		case 2, 3:
			if len(held) == 0 {
				continue
			}
			id := held[len(held)-1]
			held = held[:len(held)-1]
			if r.IntN(3) == 0 {
				_, err = w.b.VoidHold(ctx, ledger.VoidHold{Hold: id})
			} else {
				_, err = w.b.PostHold(ctx, ledger.PostHold{Hold: id})
			}
		case 4:
			w.late.Add(int64(time.Minute))
			var p []ledger.Posted
			if p, err = w.b.Post(ctx, someEntry(r), someEntry(r)); err == nil {
				_, err = w.b.Reverse(ctx, ledger.Reverse{Entry: p[0].ID})
			}
		default:
			_, err = w.b.Post(ctx, someEntry(r))
		}
		if !took(err) {
			return refused, err
		}
		if err != nil {
			refused++
		}
	}
	return refused, nil
}

// history replays the books in the order of their recording: after each entry, no wallet is beyond its bounds at the end of any
// business date since its first.
func (w *till) history(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	_, err := w.b.Seal(ctx)
	require.NoError(t, err)
	days := map[string]map[date.Date]int64{}
	for s, err := range w.b.Log(ctx, 1) {
		require.NoError(t, err)
		for _, l := range s.Entry.Legs {
			bounds, watched := purses[l.Account]
			if !watched {
				continue
			}
			n, err := l.Amount.Minor()
			require.NoError(t, err)
			if days[l.Account] == nil {
				days[l.Account] = map[date.Date]int64{}
			}
			days[l.Account][s.Entry.Date] -= n
			var sum int64
			for _, d := range sortedDays(days[l.Account]) {
				sum += days[l.Account][d]
				require.GreaterOrEqual(t, sum, bounds[0], "%s on %s after entry %d", l.Account, d, s.Sequence)
				if bounds[1] >= 0 {
					require.LessOrEqual(t, sum, bounds[1], "%s on %s after entry %d", l.Account, d, s.Sequence)
				}
			}
		}
	}
	for code, list := range days {
		var sum int64
		for _, n := range list {
			sum += n
		}
		l, err := w.b.LiveBalance(ctx, code, "EUR", date.Must(2999, 12, 31))
		require.NoError(t, err)
		booked, err := l.Booked.Minor()
		require.NoError(t, err)
		require.Equal(t, sum, booked, code)
	}
	trial, err := w.b.TrialBalance(ctx, ledger.TrialFilter{})
	require.NoError(t, err)
	require.True(t, trial.Totals[0].Closing.IsZero(), "money is conserved")
	audit, err := w.b.Audit(ctx)
	require.NoError(t, err)
	require.Empty(t, audit.Findings)
}

func sortedDays(m map[date.Date]int64) (list []date.Date) {
	for d := range m {
		list = append(list, d)
	}
	slices.SortFunc(list, date.Date.Compare)
	return list
}

func TestLimitsHoldAtEveryMomentAndOnEveryDayUnder32Writers(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		seed := storagetest.Seed(t)
		w := openTill(t, e.open(t), "acme")
		n := 8
		if storagetest.Long() {
			n = 100
		}
		var wg sync.WaitGroup
		var refused atomic.Int64
		failed := make(chan error, 32)
		for i := range uint64(32) {
			wg.Go(func() {
				no, err := w.busy(t.Context(), seed+i, n)
				refused.Add(int64(no))
				if err != nil {
					failed <- err
				}
			})
		}
		wg.Wait()
		close(failed)
		for err := range failed {
			require.NoError(t, err)
		}
		require.NotZero(t, refused.Load())
		w.history(t)
		ticker := event.NewTicker(w.store, nil)
		ledger.Handle(ticker)
		w.late.Add(int64(time.Hour))
		_, err := ticker.Tick(t.Context())
		require.NoError(t, err)
		for h, err := range w.b.Holds(t.Context(), ledger.HoldFilter{State: ledger.HoldOpen}) {
			require.NoError(t, err)
			_, err = w.b.VoidHold(t.Context(), ledger.VoidHold{Hold: h.ID})
			require.NoError(t, err)
		}
		for _, code := range purseCodes() {
			l, err := w.b.LiveBalance(t.Context(), code, "EUR", date.Must(2999, 12, 31))
			require.NoError(t, err)
			require.True(t, l.Held.IsZero() && l.Coming.IsZero(), "%+v", l)
		}
		w.history(t)
	})
}

func TestAtomicBatchesOverSharedAccountsNeverFailOrWaitForOneAnother(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		w := openTill(t, e.open(t), "acme")
		seed := storagetest.Seed(t)
		var wg sync.WaitGroup
		failed := make(chan error, 100)
		for i := range uint64(8) {
			wg.Go(func() {
				r := rand.New(rand.NewPCG(seed+i, 5))
				for k := range 3 {
					var list []ledger.Entry
					for j := range 100 { // each pair gives what it takes, so nothing is ever short
						codes := purseCodes()
						from := r.IntN(4)
						to := (from + 1 + r.IntN(3)) % 4
						d := someDate.AddDays(r.IntN(300))
						a, b := transfer(d, codes[from], codes[to], 1), transfer(d, codes[to], codes[from], 1)
						a.Key = storage.Key(fmt.Sprintf("%d-%d-%d-a", i, k, j))
						b.Key = storage.Key(fmt.Sprintf("%d-%d-%d-b", i, k, j))
						list = append(list, a, b)
					}
					if _, err := w.b.Post(t.Context(), list[:100]...); err != nil {
						failed <- err
					}
					if _, err := w.b.Post(t.Context(), list[100:]...); err != nil {
						failed <- err
					}
				}
			})
		}
		wg.Wait()
		close(failed)
		for err := range failed {
			require.NoError(t, err)
		}
		w.history(t)
	})
}

func TestAFaultAtEachStorageCallLeavesNothingHalfOfLimitsAndHolds(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		board := &switchboard{Engine: e.open(t)}
		w := openTill(t, board, "sound")
		deed := func() error {
			ctx := t.Context()
			post := func(key string, entry ledger.Entry) error {
				entry.Key = storage.Key(key)
				_, err := w.b.Post(ctx, entry)
				return err
			}
			if err := post("in", transfer(someDate, ledger.Bank, "w0", 1_000)); err != nil {
				return err
			}
			cmd := ledger.Hold{Entry: transfer(someDate, "w0", "w1", 30_000)}
			cmd.Key = "hold"
			h, err := w.b.Hold(ctx, cmd)
			if err != nil {
				return err
			}
			if err := post("much", transfer(someDate, "w0", ledger.Bank, 20_000)); !errors.Is(err, ledger.ErrBelowFloor) {
				return fmt.Errorf("not refused: %w", err)
			}
			a, _ := money.Minor("EUR", 10_000)
			if _, err := w.b.PostHold(ctx, ledger.PostHold{Key: "part", Hold: h.ID, Amount: a, Keep: true}); err != nil {
				return err
			}
			_, err = w.b.VoidHold(ctx, ledger.VoidHold{Key: "void", Hold: h.ID})
			return err
		}
		stands := func() [2]string {
			var out [2]string
			for i, code := range []string{"w0", "w1"} {
				l, err := w.b.LiveBalance(t.Context(), code, "EUR", someDate)
				require.NoError(t, err)
				out[i] = fmt.Sprint(l.Booked, l.Held, l.Coming)
			}
			return out
		}
		counting := storagetest.Faulty(board.Engine, storagetest.Plan{})
		board.plugged.Store(counting)
		err := deed()
		board.plugged.Store(nil)
		require.NoError(t, err)
		want := stands()
		blows := blowsFor(counting.Calls())
		if seed := storagetest.Seed(t); !storagetest.Long() {
			blows = sample(blows, 15, seed)
		}
		for i, b := range blows {
			w.company(t, fmt.Sprint("t", i))
			board.plugged.Store(storagetest.Faulty(board.Engine, b.plan))
			_ = deed()
			board.plugged.Store(nil)
			w.history(t)
			require.NoError(t, deed(), b.where)
			require.Equal(t, want, stands(), b.where)
			w.history(t)
		}
	})
}
