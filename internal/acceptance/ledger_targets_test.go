package acceptance_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// openCounter makes books with two purses that hold no less than nothing.
func openCounter(t *testing.T, store *storage.Store, tenant string) *ledger.Books {
	chart := []ledger.OpenAccount{{Code: "bank", Name: "Bank", Type: ledger.Asset}}
	for _, code := range []string{"a", "b"} {
		chart = append(chart, ledger.OpenAccount{Code: code, Name: code, Type: ledger.Liability,
			Bounds: ledger.Bounds{Limits: []ledger.Limit{ledger.NonNegative()}}})
	}
	db, err := store.CreateTenant(t.Context(), storage.Tenant{ID: tenant, Currency: "EUR"}, ledger.Template(chart))
	require.NoError(t, err)
	return ledger.New(db)
}

// Correctness targets of the ledger on every engine. C7 is below, C9 and C10 are tested where the rules are, in package
// ledger, and by the auditor here; C11 (average cost) is the affair of a stock ledger, which is not part of this package.
func TestLedgerTargets(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		now := someDay
		store := storage.Open(e.open(t), storage.Clock(func() time.Time { return now }), storage.Attempts(50, time.Millisecond))
		require.NoError(t, store.Migrate(t.Context(), event.Package(), ledger.Package()))
		for i, c := range []struct {
			name string
			test func(*testing.T, *ledger.Books, *time.Time)
		}{
			{"LT-C1 a bulk is never seen in part", bulkIsNeverSeenInPart},
			{"LT-C2 LT-C3 each business date has its own balance", eachDateHasItsBalance},
			{"LT-C4 a key answers the same forever", keysAnswerForever},
			{"LT-C5 a hold counts at once and ends by the clock", holdsCountAtOnce},
			{"LT-C6 nothing, itself and too much", nothingItselfTooMuch},
			{"LT-C8 a reversal repairs all balances in its commit", reversalRepairs},
			{"LT-C12 a floor and a ceiling on the account, on every path", boundsOnEveryPath},
			{"LT-C13 the answer has the balances of its commit", answerHasBalances},
		} {
			t.Run(c.name, func(t *testing.T) {
				now = someDay
				c.test(t, openCounter(t, store, fmt.Sprint("counter", i)), &now)
			})
		}
	})
}

// While bulks of ten succeed and others fail at their last entry, each snapshot has a multiple of ten.
func bulkIsNeverSeenInPart(t *testing.T, b *ledger.Books, _ *time.Time) {
	stop := make(chan struct{})
	var all, reader sync.WaitGroup
	looks := 0
	reader.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			var sum int64
			entries := 0
			err := b.Snapshot(t.Context(), func(b *ledger.Books) error {
				a, err := b.Balance(t.Context(), "bank", "EUR", date.Date{})
				sum = units(a)
				for _, err := range b.Entries(t.Context(), ledger.EntryFilter{}) {
					if err != nil {
						return err
					}
					entries++
				}
				return err
			})
			if err != nil || entries%10 != 0 || sum != int64(entries) {
				t.Errorf("%d entries with %d: %v", entries, sum, err)
				return
			}
			looks++
		}
	})
	for range 3 {
		all.Go(func() {
			for i := range 12 {
				var list []ledger.Entry
				for range 10 {
					list = append(list, transfer(someDate, "bank", "a", 1))
				}
				if bad := i%2 == 1; bad { // the last of them lacks money
					list[9] = transfer(someDate, "b", "bank", 1)
				}
				if _, err := b.Post(t.Context(), list...); (i%2 == 1) != errors.Is(err, ledger.ErrBelowFloor) {
					t.Errorf("bulk %d: %v", i, err)
				}
			}
		})
	}
	all.Wait()
	close(stop)
	reader.Wait()
	require.Positive(t, looks)
	held, err := b.Balance(t.Context(), "bank", "EUR", date.Date{})
	require.NoError(t, err)
	require.Equal(t, int64(180), units(held))
}

func eachDateHasItsBalance(t *testing.T, b *ledger.Books, _ *time.Time) {
	put := func(day int, debit, credit string, n int64) error {
		_, err := b.Post(t.Context(), transfer(someDate.AddDays(day), debit, credit, n))
		return err
	}
	require.NoError(t, put(-10, "bank", "a", 100))
	require.NoError(t, put(-5, "a", "bank", 80))
	require.ErrorIs(t, put(-9, "a", "bank", 30), ledger.ErrBelowFloor, "five days later it would be -10")
	require.NoError(t, put(5, "bank", "a", 1000))
	require.ErrorIs(t, put(0, "a", "bank", 21), ledger.ErrBelowFloor, "the money of later is not there today")
	require.NoError(t, put(0, "a", "bank", 20))
	require.NoError(t, put(5, "a", "bank", 1000))
}

func keysAnswerForever(t *testing.T, b *ledger.Books, now *time.Time) {
	_, err := b.Post(t.Context(), transfer(someDate, "bank", "a", 100))
	require.NoError(t, err)
	good, poor := transfer(someDate, "a", "bank", 10), transfer(someDate, "b", "bank", 10)
	good.Key, poor.Key = "good", "poor"
	first, err := b.Post(t.Context(), good)
	require.NoError(t, err)
	_, no := b.Post(t.Context(), poor)
	require.ErrorIs(t, no, ledger.ErrBelowFloor)
	_, err = b.Post(t.Context(), transfer(someDate, "bank", "b", 1000))
	require.NoError(t, err)
	*now = now.AddDate(20, 0, 0)
	again, err := b.Post(t.Context(), good)
	require.NoError(t, err)
	require.Equal(t, first, again, "twenty years later")
	_, still := b.Post(t.Context(), poor)
	require.ErrorIs(t, still, ledger.ErrBelowFloor, "though now it would go")
	require.Equal(t, no.Error(), still.Error())
	good.Legs[0].Amount, good.Legs[1].Amount = amountOf("EUR", 11), amountOf("EUR", -11)
	_, err = b.Post(t.Context(), good)
	require.ErrorIs(t, err, storage.ErrKeyReused)
	require.ErrorContains(t, err, "good", "it says which key")
	held, err := b.Balance(t.Context(), "a", "EUR", date.Date{})
	require.NoError(t, err)
	require.Equal(t, int64(-90), units(held))
}

func holdsCountAtOnce(t *testing.T, b *ledger.Books, now *time.Time) {
	_, err := b.Post(t.Context(), transfer(someDate, "bank", "a", 100))
	require.NoError(t, err)
	_, err = b.Hold(t.Context(), ledger.Hold{Entry: transfer(someDate, "a", "bank", 70), Expires: now.Add(time.Minute)})
	require.NoError(t, err)
	_, err = b.Post(t.Context(), transfer(someDate, "a", "bank", 31))
	require.ErrorIs(t, err, ledger.ErrBelowFloor)
	*now = now.Add(time.Minute)
	_, err = b.Post(t.Context(), transfer(someDate, "a", "bank", 31))
	require.NoError(t, err, "it has expired, though nobody called")
}

func nothingItselfTooMuch(t *testing.T, b *ledger.Books, _ *time.Time) {
	for path, e := range map[string]ledger.Entry{
		"legs.0.amount zero":                 transfer(someDate, "bank", "a", 0),
		"legs.1.account self":                transfer(someDate, "bank", "bank", 5),
		"legs.0.amount " + storage.CodeRange: transfer(someDate, "bank", "a", ledger.MaxMinor+1),
	} {
		_, err := b.Post(t.Context(), e)
		var at, code string
		_, scanned := fmt.Sscan(path, &at, &code)
		require.NoError(t, scanned)
		require.True(t, storage.Has(err, at, code), "%s: %v", path, err)
	}
	zero, self := transfer(someDate, "bank", "a", 0), transfer(someDate, "bank", "bank", 5)
	zero.AllowZero, self.AllowSelf = true, true
	_, err := b.Post(t.Context(), zero, self)
	require.NoError(t, err, "asked for")
}

// After a reversal at the original date every balance that is kept has it, of all days and without a fold.
func reversalRepairs(t *testing.T, b *ledger.Books, _ *time.Time) {
	on := someDate.AddDays(-100)
	posted, err := b.Post(t.Context(), transfer(on, "bank", "a", 100), transfer(on.AddDays(50), "bank", "a", 7))
	require.NoError(t, err)
	_, err = b.Fold(t.Context())
	require.NoError(t, err)
	p, err := b.Reverse(t.Context(), ledger.Reverse{Entry: posted[0].ID})
	require.NoError(t, err)
	require.Equal(t, on, p.Date)
	for day, want := range map[int]int64{0: 0, 49: 0, 50: 7, 100: 7} {
		at := on.AddDays(day)
		held, err := b.Balance(t.Context(), "bank", "EUR", at)
		require.NoError(t, err)
		live, err := b.LiveBalance(t.Context(), "a", "EUR", at)
		require.NoError(t, err)
		require.Equal(t, [2]int64{want, want}, [2]int64{units(held), units(live.Booked)}, "%s", at)
	}
	trial, err := b.TrialBalance(t.Context(), ledger.TrialFilter{Period: on.Month().Period()})
	require.NoError(t, err)
	for _, r := range trial.Rows {
		require.True(t, r.Closing.IsZero())
	}
	audit, err := b.Audit(t.Context())
	require.NoError(t, err)
	require.Empty(t, audit.Findings)
}

func boundsOnEveryPath(t *testing.T, b *ledger.Books, _ *time.Time) {
	ctx := t.Context()
	_, err := b.OpenAccount(ctx, ledger.OpenAccount{Code: "c", Name: "c", Type: ledger.Liability,
		Bounds: ledger.Bounds{Limits: []ledger.Limit{ledger.Floor(eur("-1")), ledger.CreditLimit(eur("2"))}}})
	require.NoError(t, err)
	in, err := b.Post(ctx, transfer(someDate, "bank", "c", 150))
	require.NoError(t, err)
	out, err := b.Post(ctx, transfer(someDate, "c", "bank", 200))
	require.NoError(t, err)
	over := transfer(someDate, "bank", "c", 251)
	under := transfer(someDate, "c", "bank", 51)
	for name, do := range map[string]func(e ledger.Entry) error{
		"post":  func(e ledger.Entry) error { _, err := b.Post(ctx, e); return err },
		"batch": func(e ledger.Entry) error { _, err := b.Post(ctx, transfer(someDate, "bank", "a", 1), e); return err },
		"hold":  func(e ledger.Entry) error { _, err := b.Hold(ctx, ledger.Hold{Entry: e}); return err },
		"correct": func(e ledger.Entry) error {
			e.Legs = slices.Clone(e.Legs)
			for i := range e.Legs { // in place of what was paid out
				n := units(e.Legs[i].Amount)
				if e.Legs[i].Account == "c" {
					n += 200
				} else {
					n -= 200
				}
				e.Legs[i].Amount = amountOf("EUR", n)
			}
			_, err := b.Correct(ctx, ledger.Correct{Entry: out[0].ID, Instead: e})
			return err
		},
	} {
		require.ErrorIs(t, do(over), ledger.ErrAboveCeiling, name)
		require.ErrorIs(t, do(under), ledger.ErrBelowFloor, name)
	}
	_, err = b.Reverse(ctx, ledger.Reverse{Entry: in[0].ID})
	require.ErrorIs(t, err, ledger.ErrBelowFloor)
	held, err := b.Balance(ctx, "c", "EUR", date.Date{})
	require.NoError(t, err)
	require.Equal(t, int64(50), units(held))
}

func answerHasBalances(t *testing.T, b *ledger.Books, _ *time.Time) {
	var all sync.WaitGroup
	var mu sync.Mutex
	seen := map[int64]bool{}
	for range 8 {
		all.Go(func() {
			for range 5 {
				posted, err := b.Post(t.Context(), transfer(someDate, "bank", "a", 1))
				if err != nil || len(posted[0].Balances) != 1 {
					t.Errorf("%v %v", posted, err)
					return
				}
				mu.Lock()
				seen[units(posted[0].Balances[0].Booked)] = true
				mu.Unlock()
			}
		})
	}
	all.Wait()
	require.Len(t, seen, 40, "each answer has the balance after its own entry")
}
