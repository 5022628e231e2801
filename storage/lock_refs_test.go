package storage_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/memory"
)

// A watched engine notes which rows are locked.
type watched struct {
	driver.Engine
	locked []string
}

type watchedTx struct {
	driver.Tx
	w *watched
}

func (w *watched) Begin(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	tx, err := w.Engine.Begin(ctx, o)
	return &watchedTx{tx, w}, err
}

func (t *watchedTx) Do(ctx context.Context, ops ...driver.Op) ([]driver.Result, error) {
	for _, op := range ops {
		for _, row := range op.Rows {
			if op.Kind == driver.Lock {
				t.w.locked = append(t.w.locked, op.Table.Name+" "+row[0].Text())
			}
		}
	}
	return t.Tx.Do(ctx, ops...)
}

type pin struct{ Name string }

var (
	earlyPins = storage.Define("test.early", func(p *pin) []storage.Field { return []storage.Field{storage.Text("name", &p.Name).Key()} }, storage.Rank(1))
	latePins  = storage.Define("test.late", func(p *pin) []storage.Field { return []storage.Field{storage.Text("name", &p.Name).Key()} }, storage.Rank(2))
)

func TestLockRefsLocksInTheOneOrderAndPassesOverWhatIsNotThere(t *testing.T) {
	w := &watched{Engine: memory.New()}
	store := storage.Open(w)
	require.NoError(t, store.Migrate(t.Context(), storage.Package{Name: "test", Tables: []storage.Declaration{earlyPins, latePins, notes}}))
	db, err := store.CreateTenant(t.Context(), storage.Tenant{ID: "acme"})
	require.NoError(t, err)
	late := func(name string) storage.Ref { return storage.Ref{Kind: "test.late", ID: name} }
	require.NoError(t, db.Update(t.Context(), func(tx *storage.Tx) error {
		return latePins.Insert(t.Context(), tx, &pin{"a"}, &pin{"b"})
	}))
	w.locked = nil
	require.NoError(t, db.Update(t.Context(), func(tx *storage.Tx) error {
		return storage.LockRefs(t.Context(), tx, late("b"), late("gone"), storage.Ref{Kind: "test.early", ID: "x"}, late("a"), late("b"), storage.Ref{},
			storage.Ref{Kind: "host.thing", ID: "1"}, storage.Ref{Kind: "test.note", ID: "not a number"})
	}))
	require.Equal(t, []string{"test_early x", "test_late a", "test_late b", "test_late gone"}, w.locked)
	require.NoError(t, db.Update(t.Context(), func(tx *storage.Tx) error { return storage.LockRefs(t.Context(), tx) }))
}
