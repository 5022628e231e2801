package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/storagetest"
)

func TestSealersAndPostersAtOnceLeaveADenseLog(t *testing.T) {
	_, db := openOn(t, newEngine(t))
	b := ledger.New(db)
	stop := make(chan struct{})
	var posters, sealers sync.WaitGroup
	const each = 40
	for i := range 8 {
		posters.Go(func() {
			for n := range each {
				e := simple("2017-03-15", ledger.Travel, ledger.Bank, "1")
				e.Key = storage.Key(fmt.Sprint(i, "-", n))
				posted, err := b.Post(context.Background(), e)
				if err == nil && n%10 == 0 {
					_, err = b.Reverse(context.Background(), ledger.Reverse{Entry: posted[0].ID, Key: e.Key + "r"})
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range 2 {
		sealers.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				var err error
				if i == 0 && n%3 == 0 { // a sealer that is struck down before its commit
					err = db.Update(context.Background(), func(tx *storage.Tx) error {
						if _, err := b.In(tx).Seal(context.Background()); err != nil {
							return err
						}
						return errUndone
					})
				} else {
					_, err = b.Seal(context.Background())
				}
				if err != nil && !errors.Is(err, errUndone) {
					t.Error(err)
				}
			}
		})
	}
	posters.Wait()
	close(stop)
	sealers.Wait()
	_, err := b.Seal(t.Context())
	require.NoError(t, err)
	dense(t, b, 8*each+8*4)
}

// dense checks that the log has each entry once, numbered 1 to n, and that it is sound.
func dense(t *testing.T, b *ledger.Books, n int) {
	t.Helper()
	seen := map[storage.ID[ledger.Posted]]bool{}
	for s, err := range b.Log(t.Context(), 1) {
		require.NoError(t, err)
		require.False(t, seen[s.Entry.ID])
		seen[s.Entry.ID] = true
		require.Equal(t, int64(len(seen)), s.Sequence)
	}
	require.Len(t, seen, n)
	for p, err := range b.Entries(t.Context(), ledger.EntryFilter{}) {
		require.NoError(t, err)
		require.True(t, seen[p.ID])
	}
	v, err := b.Verify(t.Context(), ledger.VerifyFilter{})
	require.NoError(t, err)
	require.Nil(t, v.Break)
	require.Equal(t, []int64{int64(n), 0}, []int64{v.Checked, v.Open})
}

// faultBoard is an engine that can be made to fail.
type faultBoard struct {
	driver.Engine
	faulty *storagetest.FaultyEngine
}

func (f *faultBoard) Begin(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	if f.faulty != nil {
		return f.faulty.Begin(ctx, o)
	}
	return f.Engine.Begin(ctx, o)
}

func TestAFaultAtEachStorageCallOfSealLeavesTheLogWhole(t *testing.T) {
	for _, plan := range []storagetest.Plan{{}, {After: true},
		{Err: driver.ErrUnknown, Kinds: []storagetest.CallKind{storagetest.CallCommit}}} {
		board := &faultBoard{Engine: newEngine(t)}
		_, db := openOn(t, board)
		b := ledger.New(db)
		posted := 0
		for n := 1; ; n++ {
			posted += ledger.MaxBlock + 3
			var list []ledger.Entry
			for range ledger.MaxBlock + 3 {
				list = append(list, simple("2017-03-15", ledger.Travel, ledger.Bank, "1"))
			}
			post(t, b, list...)
			plan.N = n
			board.faulty = storagetest.Faulty(board.Engine, plan)
			_, err := b.Seal(t.Context())
			struck := len(board.faulty.Failed()) > 0
			board.faulty = nil
			if !struck {
				require.NoError(t, err)
				break
			}
			v, err := b.Verify(t.Context(), ledger.VerifyFilter{})
			require.NoError(t, err)
			require.Nil(t, v.Break, "%+v", plan)
			require.Equal(t, int64(posted), v.Checked+v.Open)
			_, err = b.Seal(t.Context())
			require.NoError(t, err)
		}
		require.Greater(t, plan.N, 1)
		dense(t, b, posted)
	}
}
