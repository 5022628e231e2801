package ledger

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

func TestPayloadsOfSettingsAndPeriodsKeepTheirForm(t *testing.T) {
	exception := ExceptionPayload{Actor: storage.Ref{Kind: "user", ID: "7"}, From: date.FromDays(17167), To: date.FromDays(17197),
		Until: time.Date(2017, 2, 3, 0, 0, 0, 0, time.UTC)}
	for name, payload := range map[string]any{
		"ledger.books.configured.1": ConfiguredPayload{Base: "EUR"},
		"ledger.rate.changed.1": RatePayload{From: "EUR", To: "USD", Date: date.FromDays(17000),
			Value: decimal.RequireFromString("1.3"), Per: decimal.NewFromInt(1),
			Was: decimal.RequireFromString("1.2"), WasPer: decimal.NewFromInt(1)},
		"ledger.books.revalued.1":      RevaluedPayload{date.FromDays(17256), date.FromDays(17257), money.MustParse("500 INR")},
		"ledger.year.opened.1":         YearPayload{2017, date.FromDays(17167), date.FromDays(17531), PeriodOpen},
		"ledger.year.closed.1":         YearPayload{2017, date.FromDays(17167), date.FromDays(17531), HardClosed},
		"ledger.year.reopened.1":       YearPayload{2017, date.FromDays(17167), date.FromDays(17531), PeriodOpen},
		"ledger.period.closed.1":       PeriodPayload{2017, 1, date.FromDays(17167), date.FromDays(17197), SoftClosed},
		"ledger.period.reopened.1":     PeriodPayload{2017, 1, date.FromDays(17167), date.FromDays(17197), PeriodOpen},
		"ledger.exception.permitted.1": exception,
		"ledger.exception.revoked.1":   exception,
		"ledger.entry.posted.1.exception": PostedPayload{Date: date.FromDays(17000), Adjusting: true,
			Exception: storage.ID[Exception]{6: 0x70, 15: 9}},
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
