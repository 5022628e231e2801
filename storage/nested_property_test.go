package storage_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/memory"
)

// A tally is a row with a name that is there once.
type tally struct {
	ID      storage.ID[tally]
	Version int64
	Name    string
	N       int64
}

var tallies = storage.Define("test.tally", func(v *tally) []storage.Field {
	return []storage.Field{storage.UUID("id", &v.ID).Key(), storage.Version(&v.Version), storage.Text("name", &v.Name), storage.Int("n", &v.N)}
}, storage.Unique("name", "name"))

var errUndo = errors.New("undo")

// nest does random work in a transaction and in Updates within it, some of which are undone, and keeps beside it what should be there.
type nest struct {
	*rand.Rand
	t     *testing.T
	ctx   context.Context
	trace []string
}

func (n *nest) did(depth int, format string, args ...any) {
	n.trace = append(n.trace, fmt.Sprintf("%*s"+format, append([]any{depth * 2, ""}, args...)...))
}

// work returns what should be there afterwards.
func (n *nest) work(tx *storage.Tx, rows map[string]tally, depth int) map[string]tally {
	for range 1 + n.IntN(6) {
		name := string(rune('a' + n.IntN(4)))
		old, there := rows[name]
		switch n.IntN(9) {
		case 0, 1:
			n.did(depth, "write %s", name)
			next := old
			if next.N++; there {
				require.NoError(n.t, tallies.Update(n.ctx, tx, &next))
			} else {
				next.ID, next.Name = storage.NewID[tally](tx), name
				require.NoError(n.t, tallies.Insert(n.ctx, tx, &next))
			}
			rows[name] = next
		case 2:
			if n.did(depth, "delete %s", name); there {
				require.NoError(n.t, tallies.Delete(n.ctx, tx, &old))
				delete(rows, name)
			}
		case 3:
			n.did(depth, "insert new %s", name)
			next := tally{ID: storage.NewID[tally](tx), Name: name, N: 100}
			done, err := tallies.InsertNew(n.ctx, tx, &next)
			require.NoError(n.t, err)
			if require.Equal(n.t, !there, done[0], n.trace); done[0] {
				rows[name] = next
			}
		case 4:
			n.did(depth, "count")
			found, err := tallies.Count(n.ctx, tx, storage.Query{})
			require.NoError(n.t, err)
			require.EqualValues(n.t, len(rows), found, n.trace)
		case 6:
			n.did(depth, "count another table")
			found, err := papers.Count(n.ctx, tx, storage.Query{})
			require.NoError(n.t, err)
			require.Zero(n.t, found)
		case 5:
			if n.did(depth, "lock %s", name); there {
				got, err := tallies.Lock(n.ctx, tx, old.ID)
				require.NoError(n.t, err, n.trace)
				require.Equal(n.t, old, *got, n.trace)
			}
		default:
			if depth == 3 {
				continue
			}
			var want map[string]tally
			undo := n.IntN(2) == 0
			n.did(depth, "update, undone %v", undo)
			err := tx.Update(n.ctx, func(tx *storage.Tx) error {
				want = n.work(tx, maps.Clone(rows), depth+1)
				if undo {
					return errUndo
				}
				return nil
			})
			if undo {
				require.ErrorIs(n.t, err, errUndo)
			} else {
				require.NoError(n.t, err)
				rows = want
			}
		}
	}
	return rows
}

// An Update that is undone takes back what it did and nothing else, whatever is buffered, sent or read around it.
func TestWhatIsUndoneIsWhatTheUpdateDid(t *testing.T) {
	ctx := t.Context()
	store := storage.Open(memory.New())
	require.NoError(t, store.Migrate(ctx, storage.Package{Name: "test", Tables: []storage.Declaration{tallies, papers}}))
	for seed := range uint64(3000) {
		db, err := store.CreateTenant(ctx, storage.Tenant{ID: fmt.Sprint("t", seed)})
		require.NoError(t, err)
		n := &nest{Rand: rand.New(rand.NewPCG(seed, 1)), t: t, ctx: ctx}
		want := map[string]tally{}
		for range 3 {
			require.NoError(t, db.Update(ctx, func(tx *storage.Tx) error {
				want = n.work(tx, want, 0)
				return nil
			}), "seed %d: %v", seed, n.trace)
			got := map[string]tally{}
			for row, err := range tallies.All(ctx, db, storage.Query{}) {
				require.NoError(t, err)
				got[row.Name] = *row
			}
			require.Equal(t, want, got, "seed %d: %v", seed, n.trace)
		}
		require.NoError(t, store.DropTenant(ctx, db.Tenant().ID))
	}
}
