package ledger

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
)

func TestRunsCutSpansWhereAnyBeginsOrEnds(t *testing.T) {
	for _, c := range []struct {
		give []span
		want string
	}{
		{nil, "[]"},
		{[]span{{1, 3}}, "[[{1 3}]]"},
		{[]span{{1, 3}, {1, 3}}, "[[{1 3}]]"},
		{[]span{{1, 3}, {4, 6}}, "[[{1 3} {4 6}]]"},
		{[]span{{1, 5}, {3, 8}}, "[[{1 2} {3 5} {6 8}]]"},
		{[]span{{1, 2}, {5, 6}}, "[[{1 2}] [{5 6}]]"},
		{[]span{{math.MinInt64, 4}, {5, math.MaxInt64}}, "[[{-9223372036854775808 4} {5 9223372036854775807}]]"},
	} {
		require.Equal(t, c.want, fmt.Sprint(runs(c.give)))
	}
}

// Each day of a period is in its months or in its days, and in one of them only.
func TestAStretchHasEachDayOfItsPeriodOnce(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	begin := date.Must(2017, 1, 1)
	check := func(p date.Period) {
		s := stretchOf(p)
		for d := date.Must(2016, 12, 1); d.Before(date.Must(2017, 8, 1)); d = d.AddDays(1) {
			n := 0
			for _, m := range s.months {
				if m.holds(monthNumber(d.Month())) {
					n++
				}
			}
			for _, days := range s.days {
				if days.holds(d.Days()) {
					n++
				}
			}
			require.Equal(t, p.Contains(d), n == 1, "%s in %s", d, p)
			require.LessOrEqual(t, n, 1)
		}
	}
	check(date.Period{})
	check(date.Period{From: begin})
	check(date.Period{To: begin})
	check(date.Period{From: date.Must(9999, 12, 5)})
	check(date.Period{To: date.Must(1, 1, 5)})
	for range 200 {
		check(date.Period{From: begin.AddDays(rng.IntN(150)), To: begin.AddDays(rng.IntN(150))})
	}
}

// Books folded by a version that kept no totals of days fold anew, and are exact before and after.
func TestBooksWithoutTotalsOfDaysFoldAnew(t *testing.T) {
	db := openInside(t)
	b := New(db)
	postInside(t, b, "2017-03-05", "7")
	_, err := b.Fold(t.Context())
	require.NoError(t, err)
	require.NoError(t, db.Update(t.Context(), func(tx *storage.Tx) error { // as the older version left it
		for d, err := range dayTotals.All(t.Context(), tx, storage.Query{}) {
			require.NoError(t, err)
			require.NoError(t, dayTotals.Delete(t.Context(), tx, d))
		}
		at, err := lockFold(t.Context(), tx)
		require.NoError(t, err)
		at.Days = false
		return folds.Update(t.Context(), tx, at)
	}))
	postInside(t, b, "2017-03-06", "5")
	for _, cost := range []Cost{{Parts: 2, Tail: 2}, {Totals: 2}} {
		got, err := b.Balances(t.Context(), BalanceFilter{AsOf: date.Must(2017, 3, 5)})
		require.NoError(t, err)
		require.Equal(t, "-7.00 EUR", got.Rows[0].Amount.String())
		require.Equal(t, cost, got.Cost)
		all, err := b.TrialBalance(t.Context(), TrialFilter{})
		require.NoError(t, err)
		require.Equal(t, "12.00 EUR", all.Totals[0].Debit.String())
		_, err = b.Fold(t.Context())
		require.NoError(t, err)
	}
}
