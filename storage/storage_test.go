package storage_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/memory"
)

type Note struct {
	ID      storage.ID[Note]
	Version int64
	Owner   storage.Ref
	Title   string
	State   string
	Price   money.Amount
	Hours   decimal.Decimal
	Exact   decimal.Decimal
	Due     date.Date
	Seen    time.Time
	Tags    []string
	Secret  string
	Fields  storage.Fields
}

var notes = storage.Define("test.note", func(n *Note) []storage.Field {
	return []storage.Field{
		storage.UUID("id", &n.ID).Key(), storage.Version(&n.Version), storage.RefTo("owner", &n.Owner),
		storage.Text("title", &n.Title).Limit(500), storage.Enum("state", &n.State, "open", "done"), storage.Minor("price", &n.Price),
		storage.Scaled("hours", 4, &n.Hours), storage.Exact("exact", &n.Exact), storage.Date("due", &n.Due).Optional(),
		storage.Instant("seen", &n.Seen).Optional(), storage.JSON("tags", &n.Tags), storage.Text("secret", &n.Secret), storage.Custom(&n.Fields),
	}
}, storage.Index("state", "state", "title"), storage.Index("owner", "owner"), storage.Unique("title", "title"))

func open(t *testing.T, o ...storage.Option) (*storage.Store, *storage.DB) {
	t.Helper()
	store := storage.Open(memory.New(), o...)
	t.Cleanup(func() { _ = store.Close() })
	require.NoError(t, store.Migrate(t.Context(), storage.Package{Name: "test", Tables: []storage.Declaration{notes}}))
	db, err := store.CreateTenant(t.Context(), storage.Tenant{ID: "acme", Zone: "Asia/Almaty", Currency: "KZT"})
	require.NoError(t, err)
	return store, db
}

func add(t *testing.T, db *storage.DB, n Note) *Note {
	t.Helper()
	if n.State == "" {
		n.State = "open"
	}
	require.NoError(t, db.Update(t.Context(), func(tx *storage.Tx) error {
		n.ID = storage.NewID[Note](tx)
		n.Version = 0
		return notes.Insert(t.Context(), tx, &n)
	}))
	return &n
}

func TestEveryFieldKindReadsBackAsWritten(t *testing.T) {
	_, db := open(t)
	in := add(t, db, Note{Title: "әғқңөұүһі", Owner: storage.Ref{Kind: "shop.person", ID: "42"}, Price: money.MustParse("-12.30 USD"),
		Hours: decimal.RequireFromString("1.25"), Exact: decimal.RequireFromString("0.00000000000000000001"), Due: date.MustParse("2026-02-28"),
		Seen: time.Date(2026, 1, 2, 3, 4, 5, 678000, time.UTC), Tags: []string{"a", "b"}})
	require.NoError(t, db.View(t.Context(), func(tx *storage.Tx) error {
		out, err := notes.Get(t.Context(), tx, in.ID)
		require.NoError(t, err)
		require.Equal(t, notes.Show(in), notes.Show(out))
		require.EqualValues(t, 1, out.Version)
		return nil
	}))
}

func TestBadValuesAreRefusedByFieldAndNothingIsWritten(t *testing.T) {
	_, db := open(t)
	for name, c := range map[string]struct {
		n          Note
		path, code string
	}{
		"NUL":             {Note{Title: "a\x00b"}, "title", storage.CodeEncoding},
		"invalid UTF-8":   {Note{Title: "a\xff"}, "title", storage.CodeEncoding},
		"long":            {Note{Title: strings.Repeat("ж", 10000)}, "title", storage.CodeTooLong},
		"choice":          {Note{State: "odd"}, "state", storage.CodeChoice},
		"scale":           {Note{Hours: decimal.RequireFromString("0.00001")}, "hours", storage.CodeScale},
		"range":           {Note{Hours: decimal.RequireFromString("1e30")}, "hours", storage.CodeRange},
		"fine money":      {Note{Price: money.MustParse("0.001 USD")}, "price", storage.CodeScale},
		"json UTF-8":      {Note{Tags: []string{"\xff"}}, "tags", storage.CodeEncoding},
		"json NUL":        {Note{Tags: []string{"\x00"}}, "tags", storage.CodeEncoding},
		"own field":       {Note{Fields: storage.Fields{"nope": "x"}}, "fields.nope", storage.CodeUnknown},
		"instant too far": {Note{Seen: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}, "seen", storage.CodeRange},
	} {
		t.Run(name, func(t *testing.T) {
			err := db.Update(t.Context(), func(tx *storage.Tx) error {
				n := c.n
				n.ID = storage.NewID[Note](tx)
				if n.State == "" {
					n.State = "open"
				}
				return notes.Insert(t.Context(), tx, &n)
			})
			require.True(t, storage.Has(err, c.path, c.code), "%v", err)
		})
	}
	require.NoError(t, db.View(t.Context(), func(tx *storage.Tx) error {
		n, err := notes.Count(t.Context(), tx, storage.Query{})
		require.Zero(t, n)
		return err
	}))
}

func TestAnUnclearCommandHappensOnceAndItsRefusalIsRemembered(t *testing.T) {
	_, db := open(t)
	refused := storage.NewError("test.no", "no")
	runs := 0
	do := func(key storage.Key, text string, fail bool) (string, error) {
		return storage.Once(t.Context(), db, key, "test.note.add", text, func(tx *storage.Tx) (string, error) {
			runs++
			n := &Note{ID: storage.NewID[Note](tx), Title: text, State: "open"}
			if err := notes.Insert(t.Context(), tx, n); err != nil {
				return "", err
			}
			if err := tx.Flush(t.Context()); err != nil {
				return "", err
			}
			if fail {
				return "", refused.With("because of %s", text)
			}
			return n.ID.String(), nil
		})
	}
	first, err := do("k1", "one", false)
	require.NoError(t, err)
	again, err := do("k1", "one", false)
	require.NoError(t, err)
	require.Equal(t, first, again)
	_, err = do("k1", "two", false)
	require.ErrorIs(t, err, storage.ErrKeyReused)
	_, err = do("k2", "three", true)
	require.ErrorIs(t, err, refused)
	_, err = do("k2", "three", false)
	require.ErrorIs(t, err, refused, "the state allows it now, but the first outcome stands")
	require.Equal(t, 2, runs)
	require.NoError(t, db.View(t.Context(), func(tx *storage.Tx) error {
		n, err := notes.Count(t.Context(), tx, storage.Query{})
		require.EqualValues(t, 1, n, "a refusal leaves nothing")
		return err
	}))
}

func TestNumbersHaveNoGapsWithFiftyWritersOfWhichSomeRollBack(t *testing.T) {
	_, db := open(t)
	var mu sync.Mutex
	got := map[int64]bool{}
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			for j := range 4 {
				var n int64
				err := db.Update(t.Context(), func(tx *storage.Tx) (err error) {
					if n, err = tx.Number(t.Context(), "INV"); err != nil {
						return err
					}
					if (i+j)%3 == 0 {
						return errors.New("changed my mind")
					}
					return nil
				})
				if err == nil {
					mu.Lock()
					got[n] = true
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	for n := range len(got) {
		require.True(t, got[int64(n+1)], "number %d is missing", n+1)
	}
	require.NoError(t, db.Update(t.Context(), func(tx *storage.Tx) error {
		err := tx.Update(t.Context(), func(tx *storage.Tx) error {
			_, err := tx.Numbers(t.Context(), "INV", 3)
			require.NoError(t, err)
			return errors.New("no")
		})
		require.Error(t, err)
		n, err := tx.Number(t.Context(), "INV")
		require.EqualValues(t, len(got)+1, n, "a refused part leaves no gap")
		return err
	}))
}

func TestLostUpdatesAreRetriedAndStaleCommandsAreNot(t *testing.T) {
	_, db := open(t)
	n := add(t, db, Note{Title: "counter"})
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			err := db.Update(t.Context(), func(tx *storage.Tx) error {
				row, err := notes.Lock(t.Context(), tx, n.ID)
				if err != nil {
					return err
				}
				row.Hours = row.Hours.Add(decimal.NewFromInt(1))
				return notes.Update(t.Context(), tx, row)
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	require.NoError(t, db.View(t.Context(), func(tx *storage.Tx) error {
		row, err := notes.Get(t.Context(), tx, n.ID)
		require.Equal(t, "16", row.Hours.String())
		require.ErrorIs(t, storage.CheckVersion(3, row.Version), storage.ErrStale)
		return err
	}))
}

func TestScopesNarrowEveryReadAndGuardsEveryVerb(t *testing.T) {
	_, db := open(t, storage.WithScope(func(_ string, by storage.Ref, kind string) storage.Narrowing {
		return storage.Narrowing{Where: []storage.Cond{storage.Eq("owner", by)}, Hidden: []string{"secret"}}
	}))
	ann, bob := storage.Ref{Kind: "person", ID: "ann"}, storage.Ref{Kind: "person", ID: "bob"}
	mine := add(t, db, Note{Title: "a", Owner: ann, Secret: "x"})
	theirs := add(t, db, Note{Title: "b", Owner: bob})
	ctx := t.Context()
	require.NoError(t, db.View(ctx, func(tx *storage.Tx) error {
		n, err := notes.Get(ctx, tx, mine.ID, ann)
		require.NoError(t, err)
		require.Empty(t, n.Secret)
		_, err = notes.Get(ctx, tx, theirs.ID, ann)
		require.ErrorIs(t, err, storage.ErrNotFound)
		count, err := notes.Count(ctx, tx, storage.Query{By: ann})
		require.EqualValues(t, 1, count)
		require.NoError(t, err)
		page, err := notes.Page(ctx, tx, storage.Query{By: ann}, "")
		require.Len(t, page.Items, 1)
		require.NoError(t, err)
		m, err := tx.Look(ctx, ann, notes.Ref(mine.ID))
		require.NotContains(t, m, "secret")
		require.NoError(t, err)
		ok, err := tx.Visible(ctx, ann, notes.Ref(theirs.ID))
		require.False(t, ok)
		return err
	}))
}

func TestOwnFieldsFilterByTheirSlotOrByTheirValue(t *testing.T) {
	_, db := open(t)
	ctx := t.Context()
	for _, f := range []storage.FieldSpec{
		{Kind: "test.note", Name: "po", Type: storage.TextField, Indexed: true},
		{Name: "weight", Type: storage.DecimalField},
		{Kind: "test.note", Name: "from", Type: storage.DateField, Indexed: true},
	} {
		require.NoError(t, storage.DeclareField(ctx, db, f))
	}
	for i := range 120 {
		add(t, db, Note{Title: fmt.Sprint(i), Fields: storage.Fields{"po": fmt.Sprintf("PO-%d", i%10), "weight": decimal.New(int64(i), -1),
			"from": date.MustParse("2026-01-01").AddDays(i)}})
	}
	count := func(where ...storage.Cond) (n int) {
		for v, err := range notes.All(ctx, db, storage.Query{Where: where}) {
			require.NoError(t, err)
			require.IsType(t, decimal.Decimal{}, v.Fields["weight"])
			n++
		}
		return n
	}
	require.Equal(t, 12, count(storage.Eq("fields.po", "PO-3")))
	require.Equal(t, 20, count(storage.Ge("fields.weight", decimal.RequireFromString("10"))))
	require.Equal(t, 31, count(storage.Lt("fields.from", date.MustParse("2026-02-01"))))
	var got int
	for from := storage.Cursor(""); ; {
		page, err := notes.Page(ctx, db, storage.Query{Limit: 7, Where: []storage.Cond{storage.Ge("fields.weight", decimal.RequireFromString("5"))}}, from)
		require.NoError(t, err)
		got += len(page.Items)
		if from = page.Next; from == "" {
			break
		}
	}
	require.Equal(t, 70, got)
	_, err := notes.Page(ctx, db, storage.Query{Where: []storage.Cond{storage.Eq("fields.nope", "x")}}, "")
	require.True(t, storage.Has(err, "fields.nope", storage.CodeUnknown), "%v", err)
}

func TestOwnFieldsSurviveJSONAndAreTakenAsTexts(t *testing.T) {
	_, db := open(t)
	for name, kind := range map[string]storage.FieldType{"n": storage.IntField, "d": storage.DateField, "w": storage.DecimalField} {
		require.NoError(t, storage.DeclareField(t.Context(), db, storage.FieldSpec{Name: name, Type: kind}))
	}
	var f storage.Fields
	require.NoError(t, json.Unmarshal([]byte(`{"n":7,"d":"2026-01-02","w":"1.50"}`), &f))
	n := add(t, db, Note{Title: "x", Fields: f})
	require.NoError(t, db.View(t.Context(), func(tx *storage.Tx) error {
		got, err := notes.Get(t.Context(), tx, n.ID)
		require.NoError(t, err)
		require.Equal(t, storage.Fields{"n": int64(7), "d": date.MustParse("2026-01-02"), "w": decimal.RequireFromString("1.5")}, got.Fields)
		return nil
	}))
	err := db.Update(t.Context(), func(tx *storage.Tx) error {
		return notes.Insert(t.Context(), tx, &Note{ID: storage.NewID[Note](tx), State: "open", Title: "y", Fields: storage.Fields{"d": "tomorrow"}})
	})
	require.True(t, storage.Has(err, "fields.d", storage.CodeType), "%v", err)
}

func TestAnExportImportedElsewhereExportsTheSame(t *testing.T) {
	store, db := open(t)
	require.NoError(t, storage.DeclareField(t.Context(), db, storage.FieldSpec{Kind: "test.note", Name: "po", Type: storage.TextField, Indexed: true}))
	for i := range 30 {
		add(t, db, Note{Title: fmt.Sprint("n", i), Fields: storage.Fields{"po": "x"}})
	}
	var one, two bytes.Buffer
	require.NoError(t, store.ExportTenant(t.Context(), "acme", &one))
	other := storage.Open(memory.New())
	require.NoError(t, other.Migrate(t.Context(), storage.Package{Name: "test", Tables: []storage.Declaration{notes}}))
	_, err := other.ImportTenant(t.Context(), bytes.NewReader(one.Bytes()), "")
	require.NoError(t, err)
	require.NoError(t, other.ExportTenant(t.Context(), "acme", &two))
	require.Equal(t, one.String(), two.String())
	for _, cut := range []int{one.Len() / 2, bytes.LastIndexByte(one.Bytes()[:one.Len()-1], '\n') + 1} { // within a line, and at the end of one
		_, err = other.ImportTenant(t.Context(), bytes.NewReader(one.Bytes()[:cut]), "half")
		require.ErrorIs(t, err, storage.ErrBadExport)
		_, err = other.Tenant(t.Context(), "half")
		require.ErrorIs(t, err, storage.ErrUnknownTenant)
	}
	require.NoError(t, store.DropTenant(t.Context(), "acme"))
	_, err = store.Tenant(t.Context(), "acme")
	require.ErrorIs(t, err, storage.ErrUnknownTenant)
}

func TestARefusedCallInsideAHostsTransactionLeavesNothing(t *testing.T) {
	store, db := open(t)
	e := store.Engine().(*memory.Engine)
	ctx := context.Background()
	host, err := e.Host(ctx)
	require.NoError(t, err)
	tx, err := db.Join(ctx, host)
	require.NoError(t, err)
	put := func(title string) error {
		return tx.Update(ctx, func(tx *storage.Tx) error {
			return notes.Insert(ctx, tx, &Note{ID: storage.NewID[Note](tx), Title: title, State: "open"})
		})
	}
	require.NoError(t, put("one"))
	require.ErrorIs(t, put("one"), storage.ErrExists)
	require.NoError(t, put("two"))
	require.NoError(t, host.Commit(ctx))
	require.NoError(t, db.View(ctx, func(tx *storage.Tx) error {
		n, err := notes.Count(ctx, tx, storage.Query{})
		require.EqualValues(t, 2, n)
		return err
	}))
}

func TestTheWordsOfAChoiceAreThereAndDiffer(t *testing.T) {
	_, db := open(t)
	ctx := t.Context()
	err := storage.DeclareField(ctx, db, storage.FieldSpec{Name: "size", Type: storage.ChoiceField, Choices: []string{"s", "", "s"}})
	require.True(t, storage.Has(err, "choices.1", storage.CodeRequired), "%v", err)
	require.True(t, storage.Has(err, "choices.2", storage.CodeDuplicate), "%v", err)
}
