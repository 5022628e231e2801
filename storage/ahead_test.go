package storage_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/memory"
)

// counting counts the statements that reach an engine.
type counting struct {
	driver.Engine
	trips int
}

type countingTx struct {
	driver.Tx
	e *counting
}

func (c *counting) Begin(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	tx, err := c.Engine.Begin(ctx, o)
	return countingTx{tx, c}, err
}

func (t countingTx) Do(ctx context.Context, ops ...driver.Op) ([]driver.Result, error) {
	t.e.trips++
	return t.Tx.Do(ctx, ops...)
}

func TestRowsAnnouncedTravelWithTheNextRead(t *testing.T) {
	e := &counting{Engine: memory.New()}
	store := storage.Open(e)
	require.NoError(t, store.Migrate(t.Context(), storage.Package{Name: "test", Tables: []storage.Declaration{notes}}))
	db, err := store.CreateTenant(t.Context(), storage.Tenant{ID: "acme"})
	require.NoError(t, err)
	a, b := add(t, db, Note{Title: "a"}), add(t, db, Note{Title: "b"})
	require.NoError(t, db.Update(t.Context(), func(tx *storage.Tx) error {
		e.trips = 0
		one, two := &Note{ID: a.ID}, &Note{ID: b.ID}
		require.NoError(t, notes.Ahead(tx, one))
		require.NoError(t, notes.Ahead(tx, one)) // twice is once
		_, err := notes.Load(t.Context(), tx, two)
		require.NoError(t, err)
		_, err = notes.Load(t.Context(), tx, one)
		require.NoError(t, err)
		require.Equal(t, "a", one.Title)
		require.Equal(t, "b", two.Title)
		require.Equal(t, 1, e.trips)
		_, err = notes.Load(t.Context(), tx, one)
		require.NoError(t, err)
		require.Equal(t, 2, e.trips, "what came ahead answers once")

		require.NoError(t, notes.Ahead(tx, one))
		_, err = notes.Load(t.Context(), tx, two)
		require.NoError(t, err)
		changed := *one
		changed.Title = "changed"
		require.NoError(t, notes.Update(t.Context(), tx, &changed))
		_, err = notes.Load(t.Context(), tx, one)
		require.NoError(t, err)
		require.Equal(t, "changed", one.Title, "a write voids what was read ahead")
		return nil
	}))
}

func TestOnceEachPostsWhatIsNewAndReplaysTheRest(t *testing.T) {
	_, db := open(t)
	var done []int
	run := func(fail error, commands ...storage.Command) ([]string, error) {
		done = nil
		return storage.OnceEach(t.Context(), db, "test.each", commands, func(_ *storage.Tx, todo []int) (out []string, err error) {
			done = todo
			for _, i := range todo {
				out = append(out, "did "+string(commands[i].Key))
			}
			return out, fail
		})
	}
	refused := storage.NewError("test.refused", "no")
	_, err := run(refused, storage.Command{Key: "a", Content: 1}, storage.Command{Key: "b", Content: 2})
	require.ErrorIs(t, err, refused)
	out, err := run(nil, storage.Command{Key: "a", Content: 1})
	require.NoError(t, err)
	require.Equal(t, []string{"did a"}, out)
	out, err = run(nil, storage.Command{Key: "b", Content: 2}, storage.Command{Key: "a", Content: 1}, storage.Command{Content: 3})
	require.NoError(t, err)
	require.Equal(t, []string{"did b", "did a", "did "}, out)
	require.Equal(t, []int{0, 2}, done)
	_, err = run(nil, storage.Command{Key: "c", Content: 2}, storage.Command{Key: "a", Content: 9})
	require.ErrorIs(t, err, storage.ErrKeyReused)
	_, err = run(nil, storage.Command{Key: "c", Content: 2}, storage.Command{Key: "c", Content: 2})
	require.True(t, storage.Has(err, "key", storage.CodeDuplicate))
}
