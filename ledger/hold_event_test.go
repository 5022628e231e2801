package ledger

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
)

func TestPayloadsOfHoldsKeepTheirForm(t *testing.T) {
	plain := HoldPayload{Date: date.FromDays(17000), Source: storage.Ref{Kind: "order", ID: "1"},
		Expires: time.Date(2016, 7, 20, 12, 0, 0, 0, time.UTC)}
	open, posted := plain, plain
	open.Open = true
	posted.Entry = storage.ID[Posted]{6: 0x70, 15: 9}
	for name, payload := range map[string]HoldPayload{"ledger.hold.placed.1": open, "ledger.hold.posted.1": posted,
		"ledger.hold.voided.1": plain, "ledger.hold.expired.1": plain} {
		got, err := json.MarshalIndent(payload, "", "  ")
		require.NoError(t, err)
		file := filepath.Join("testdata", name+".json")
		if *update {
			require.NoError(t, os.WriteFile(file, append(got, '\n'), 0o644))
		}
		want, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, string(bytes.TrimSpace(want)), string(got), name)
	}
}
