package acceptance_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
	"github.com/tutas/tutas/storage/storagetest"
)

// sealed seals until nothing is open.
func sealed(t *testing.T, books *ledger.Books) ledger.Verification {
	t.Helper()
	for range 10_000 {
		_, err := books.Seal(t.Context())
		require.NoError(t, err)
		v, err := books.Verify(t.Context(), ledger.VerifyFilter{})
		require.NoError(t, err)
		require.Nil(t, v.Break)
		if v.Open == 0 {
			return v
		}
		<-time.After(time.Millisecond) // another transaction on the server holds the tail back
	}
	t.Fatal("it is never sealed")
	return ledger.Verification{}
}

func TestTheLogIsDenseKnownAtAnySequenceAndReplayedOnEachEngine(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		books := openBank(t, e.open(t))
		stop := make(chan struct{})
		var posters, sealers sync.WaitGroup
		seed := storagetest.Seed(t)
		const deeds = 15
		for g := range 8 {
			posters.Go(func() {
				rng := rand.New(rand.NewPCG(seed, uint64(g)))
				for i := range deeds {
					a := eur(fmt.Sprint(1 + rng.IntN(50)))
					_, err := books.Post(context.WithoutCancel(t.Context()), ledger.Entry{Key: storage.Key(fmt.Sprint(g, "-", i)),
						Date: someDate.AddDays(rng.IntN(20) - 10), Legs: []ledger.Leg{
							ledger.Debit("bank", a, ledger.Dims{}), ledger.Credit(wallet(rng.IntN(wallets)), a, ledger.Dims{})}})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		for range 2 {
			sealers.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					if _, err := books.Seal(context.WithoutCancel(t.Context())); err != nil {
						t.Error(err)
					}
				}
			})
		}
		posters.Wait()
		close(stop)
		sealers.Wait()
		v := sealed(t, books)
		require.Equal(t, int64(wallets+8*deeds), v.Head.Sequence)
		require.Equal(t, v.Head.Sequence, v.Checked)
		audit, err := books.Audit(t.Context())
		require.NoError(t, err)
		require.Empty(t, audit.Findings)

		// What was known at a sequence is the sum of the entries up to it.
		held := map[string]int64{}
		n := int64(0)
		as := someDate
		for s, err := range books.Log(t.Context(), 1) {
			require.NoError(t, err)
			n++
			require.Equal(t, n, s.Sequence)
			for _, l := range s.Entry.Legs {
				if !s.Entry.Date.After(as) {
					m, err := l.Amount.Minor()
					require.NoError(t, err)
					held[l.Account] += m
				}
			}
			if n%17 > 0 && n != v.Head.Sequence {
				continue
			}
			known, err := books.KnownAt(t.Context(), ledger.KnownFilter{Sequence: n, AsOf: as})
			require.NoError(t, err)
			for _, row := range known.Rows {
				m, err := row.Amount.Minor()
				require.NoError(t, err)
				require.Equal(t, held[row.Account], m, "%s at %d", row.Account, n)
			}
		}

		// The log replayed, and the whole tenant moved, give the same head; both go on.
		store := storage.Open(memory.New())
		require.NoError(t, store.Migrate(t.Context(), event.Package(), ledger.Package()))
		db, err := store.CreateTenant(t.Context(), storage.Tenant{ID: "audit", Currency: "EUR"})
		require.NoError(t, err)
		head, err := ledger.Replay(t.Context(), books, ledger.New(db))
		require.NoError(t, err)
		require.Equal(t, v.Head, head)
		want, err := books.Balances(t.Context(), ledger.BalanceFilter{})
		require.NoError(t, err)
		got, err := ledger.New(db).Balances(t.Context(), ledger.BalanceFilter{})
		require.NoError(t, err)
		require.Equal(t, want.Rows, got.Rows)

		var moved bytes.Buffer
		require.NoError(t, store.ExportTenant(t.Context(), "audit", &moved))
		there := storage.Open(e.open(t))
		require.NoError(t, there.Migrate(t.Context(), event.Package(), ledger.Package()))
		back, err := there.ImportTenant(t.Context(), &moved, "")
		require.NoError(t, err)
		require.Equal(t, v.Head, sealed(t, ledger.New(back)).Head)
		_, err = ledger.New(back).Post(t.Context(), ledger.Entry{Date: date.Must(2026, 3, 1), Legs: []ledger.Leg{
			ledger.Debit("bank", eur("1"), ledger.Dims{}), ledger.Credit(wallet(0), eur("1"), ledger.Dims{})}})
		require.NoError(t, err)
		require.Equal(t, v.Head.Sequence+1, sealed(t, ledger.New(back)).Head.Sequence)
	})
}
