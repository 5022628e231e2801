package ledger

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/memory"
)

// emptyBooks are those of a tenant without a chart.
func emptyBooks(t *testing.T) *Books {
	store, _ := openLog(t, memory.New())
	db, err := store.CreateTenant(t.Context(), storage.Tenant{ID: "audit", Currency: "EUR"})
	require.NoError(t, err)
	return New(db)
}

// bytesOf is a trial balance and all entries of the log, as bytes.
func bytesOf(t *testing.T, b *Books) string {
	t.Helper()
	trial, err := b.TrialBalance(t.Context(), TrialFilter{})
	require.NoError(t, err)
	trial.Cost = Cost{}
	var log []Sealed
	for s, err := range b.Log(t.Context(), 1) {
		require.NoError(t, err)
		log = append(log, s)
	}
	out, err := json.Marshal([]any{trial, log})
	require.NoError(t, err)
	return string(out)
}

func TestReplayBuildsTheSameBooks(t *testing.T) {
	l := newLog(t)
	require.NoError(t, l.b.EraseText(t.Context(), EraseText{Entry: l.ids[3]}))
	to := emptyBooks(t)
	head, err := Replay(t.Context(), l.b, to)
	require.NoError(t, err)
	require.Equal(t, l.head, head)

	n, err := l.b.Seal(t.Context())
	require.NoError(t, err)
	require.Equal(t, 2, n)
	_, err = Replay(t.Context(), l.b, to) // goes on
	require.NoError(t, err)
	v, err := to.Verify(t.Context(), VerifyFilter{Anchors: []Head{l.head}})
	require.NoError(t, err)
	want, err := l.b.Head(t.Context())
	require.NoError(t, err)
	require.Equal(t, Verification{Checked: 12, Erased: 2, Head: want}, v)
	require.Equal(t, bytesOf(t, l.b), bytesOf(t, to))
	for n := range int64(12) {
		a, b := blockBytes(t, l.b, n), blockBytes(t, to, n)
		require.Equal(t, a, b)
	}
	n, err = to.Seal(t.Context())
	require.NoError(t, err)
	require.Zero(t, n)
	again, err := Replay(t.Context(), l.b, to)
	require.NoError(t, err)
	require.Equal(t, want, again)

	// Both go on, each by itself, also after the copy has found its own place in its tail.
	trips(t, l.b, 2)
	_, err = Replay(t.Context(), l.b, to)
	require.NoError(t, err)
	n, err = to.Seal(t.Context())
	require.NoError(t, err)
	require.Zero(t, n)
	_, err = to.Reverse(t.Context(), Reverse{Entry: l.ids[5], Date: date.Must(2017, 6, 1)})
	require.NoError(t, err)
	_, err = to.Post(t.Context(), aTrip(1))
	require.NoError(t, err)
	_, err = to.Seal(t.Context())
	require.NoError(t, err)
	v, err = to.Verify(t.Context(), VerifyFilter{})
	require.NoError(t, err)
	require.Nil(t, v.Break)
	require.Equal(t, int64(16), v.Checked)
	trips(t, l.b, 1)
	_, err = Replay(t.Context(), l.b, to)
	require.ErrorIs(t, err, ErrOtherLog)
}

func blockBytes(t *testing.T, b *Books, n int64) (out block) {
	require.NoError(t, b.s.View(t.Context(), func(tx *storage.Tx) error {
		out.Number = n
		_, err := blocks.Load(t.Context(), tx, &out)
		return err
	}))
	return out
}

func TestLimitsDoNotJudgeWhatIsReplayedAndHoldAfterwards(t *testing.T) {
	l := newLog(t)
	in := Entry{Date: date.Must(2017, 1, 1), Legs: []Leg{Debit(Bank, money.MustParse("100 EUR"), Dims{}),
		Credit(ShareCapital, money.MustParse("100 EUR"), Dims{})}}
	_, err := l.b.Post(t.Context(), in) // sealed last, so that the log by itself goes below zero
	require.NoError(t, err)
	_, err = l.b.Seal(t.Context())
	require.NoError(t, err)
	l.edit(func() {
		a := &Account{Code: Bank}
		_, err := accounts.LoadLocked(t.Context(), l.tx, a)
		require.NoError(t, err)
		old := *a
		a.Limits = []Limit{NonNegative()}
		require.NoError(t, changeLive(t.Context(), l.tx, &old, a))
		require.NoError(t, accounts.Update(t.Context(), l.tx, a))
	})
	to := emptyBooks(t)
	for range 2 {
		_, err = Replay(t.Context(), l.b, to)
		require.NoError(t, err)
		require.Equal(t, bytesOf(t, l.b), bytesOf(t, to))
		audit, err := to.Audit(t.Context())
		require.NoError(t, err)
		require.Empty(t, audit.Findings)
		_, err = to.Post(t.Context(), Entry{Date: date.Must(2017, 5, 1), Legs: []Leg{Debit(Travel, money.MustParse("90 EUR"), Dims{}),
			Credit(Bank, money.MustParse("90 EUR"), Dims{})}})
		require.ErrorIs(t, err, ErrBelowFloor)
	}
}

func TestReplayStopsAtWhatWasMeddledWith(t *testing.T) {
	l := newLog(t)
	l.edit(func() { l.parts(9, func(p []*part) { p[0].Amount++; p[2].Amount-- }) })
	to := emptyBooks(t)
	head, err := Replay(t.Context(), l.b, to)
	require.ErrorIs(t, err, ErrBroken)
	require.ErrorContains(t, err, l.ids[9].String())
	require.Equal(t, int64(6), head.Sequence, "the block before is there")
	_, err = emptyBooks(t).Head(t.Context())
	require.NoError(t, err)
}

func TestAnExportHoldsTheSameBooks(t *testing.T) {
	store, db := openLog(t, memory.New())
	b := New(db)
	trips(t, b, 20)
	require.Equal(t, bytesOf(t, b), bytesOf(t, importInto(t, store)))
}

func TestReplayRefusesBooksThatHoldMore(t *testing.T) {
	l := newLog(t)
	for _, seal := range []bool{false, true} {
		to := emptyBooks(t)
		_, err := Replay(t.Context(), l.b, to)
		require.NoError(t, err)
		_, err = to.Post(t.Context(), aTrip(1))
		require.NoError(t, err)
		if seal {
			_, err = to.Seal(t.Context())
			require.NoError(t, err)
		}
		_, err = Replay(t.Context(), l.b, to)
		require.ErrorIs(t, err, ErrOtherLog)
	}
}
