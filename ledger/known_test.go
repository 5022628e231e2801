package ledger_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
)

// The balance as of each date and as known at each sequence is the sum of the postings that the log had by then.
func TestKnownAtIsTheSumOfWhatTheLogHad(t *testing.T) {
	for _, seed := range []uint64{1, rand.Uint64()} {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			_, db := openOn(t, newEngine(t))
			w := &world{t: t, rng: rand.New(rand.NewPCG(seed, 2)), b: ledger.New(db), m: &model{},
				undid: map[storage.ID[ledger.Posted]]bool{}}
			for range 45 {
				w.step()
				if w.rng.IntN(4) == 0 {
					_, err := w.b.Seal(t.Context())
					require.NoError(t, err)
				}
			}
			require.NotEmpty(t, w.undid)
			known := &model{}
			w.checkKnown(0, known)
			n := int64(0)
			for s, err := range w.b.Log(t.Context(), 1) {
				require.NoError(t, err)
				n = s.Sequence
				for _, l := range s.Entry.Legs {
					for _, p := range l.Parts {
						known.moves = append(known.moves, move{l.Account, l.Amount.Currency(), s.Entry.Date, units(t, p.Amount), p.Dims,
							s.Entry.Closing})
					}
				}
				w.checkKnown(n, known)
			}
			require.Greater(t, n, int64(20))
		})
	}
}

func (w *world) checkKnown(n int64, known *model) {
	w.t.Helper()
	for d := day("2016-11-14"); d.Before(day("2017-04-20")); d = d.AddDays(1 + w.rng.IntN(60)) {
		f := ledger.KnownFilter{Sequence: n, AsOf: d}
		var accounts []string
		switch w.rng.IntN(4) {
		case 0:
			f.AsOf = date.Date{}
		case 1:
			f.Where = f.Where.With(ledger.Department, "d1")
		case 2:
			f.Types, accounts = []ledger.Type{ledger.Income, ledger.Expense}, worldAccounts[4:]
		}
		got, err := w.b.KnownAt(w.t.Context(), f)
		require.NoError(w.t, err)
		have := map[modelKey]modelSum{}
		for _, r := range got.Rows {
			have[modelKey{account: r.Account, currency: r.Currency}] = modelSum{units(w.t, r.Debit), units(w.t, r.Credit)}
		}
		want := known.sum(date.Period{To: f.AsOf}, accounts, f.Where, nil, true, false, true)
		require.Equal(w.t, want, have, "%+v", f)
	}
}

func TestKnownAtInsideATransactionAndBeyondTheLog(t *testing.T) {
	_, db := openOn(t, newEngine(t))
	b := ledger.New(db)
	for i := range 3 {
		post(t, b, simple("2017-03-15", ledger.Travel, ledger.Bank, fmt.Sprint(i+1)))
	}
	_, err := b.Seal(t.Context())
	require.NoError(t, err)
	require.NoError(t, db.Update(t.Context(), func(tx *storage.Tx) error {
		post(t, b.In(tx), simple("2017-03-15", ledger.Travel, ledger.Bank, "10"))
		got, err := b.In(tx).KnownAt(t.Context(), ledger.KnownFilter{Sequence: 2})
		require.NoError(t, err)
		require.Equal(t, eur("3"), got.Rows[1].Amount)
		return nil
	}))
	got, err := b.KnownAt(t.Context(), ledger.KnownFilter{Sequence: 3})
	require.NoError(t, err)
	require.Equal(t, eur("6"), got.Rows[1].Amount)
	for _, n := range []int64{-1, 4} {
		_, err = b.KnownAt(t.Context(), ledger.KnownFilter{Sequence: n})
		var bad *storage.Invalid
		require.ErrorAs(t, err, &bad)
	}
	n, err := b.SequenceAt(t.Context(), time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC))
	require.NoError(t, err)
	require.Equal(t, int64(3), n)
}
