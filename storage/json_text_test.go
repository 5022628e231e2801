package storage_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/memory"
)

type letter struct {
	No   int
	Body json.RawMessage
	Head map[string]json.RawMessage
}

var letters = storage.Define("test.letter", func(l *letter) []storage.Field {
	return []storage.Field{storage.Int("no", &l.No).Key(), storage.JSONText("body", &l.Body), storage.JSON("head", &l.Head)}
})

// JSON that someone else has encoded is a text, too: no engine is given bytes that are none.
func TestJSONOfOthersIsText(t *testing.T) {
	store := storage.Open(memory.New())
	require.NoError(t, store.Migrate(t.Context(), storage.Package{Name: "test", Tables: []storage.Declaration{letters}}))
	db, err := store.CreateTenant(t.Context(), storage.Tenant{ID: "acme"})
	require.NoError(t, err)
	insert := func(l letter) error {
		return db.Update(t.Context(), func(tx *storage.Tx) error { return letters.Insert(t.Context(), tx, &l) })
	}
	for _, bad := range []string{"\"a\xffb\"", "\"a\x00b\"", `"\ufffd"`} {
		require.True(t, storage.Has(insert(letter{Body: json.RawMessage(bad)}), "body", storage.CodeEncoding), "%q", bad)
	}
	require.True(t, storage.Has(insert(letter{Head: map[string]json.RawMessage{"x": json.RawMessage("\"\xff\"")}}), "head", storage.CodeEncoding))
	require.NoError(t, insert(letter{Body: json.RawMessage(`{"a":"ұ"}`)}))
}
