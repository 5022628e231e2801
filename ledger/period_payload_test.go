package ledger

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger/date"
)

func TestPayloadsOfSettingsAndPeriodsKeepTheirForm(t *testing.T) {
	for name, payload := range map[string]any{
		"ledger.books.configured.1": ConfiguredPayload{Base: "EUR"},
		"ledger.rate.changed.1": RatePayload{From: "EUR", To: "USD", Date: date.FromDays(17000), Value: decimal.RequireFromString("1.3"),
			Per: decimal.NewFromInt(1), Was: decimal.RequireFromString("1.2"), WasPer: decimal.NewFromInt(1)},
	} {
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
