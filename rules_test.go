package tutas_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas"
	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/memory"
	"github.com/tutas/tutas/workflow"
)

// A rule on a document of ours, a plan and a timer, all done by one Tick.
func TestATickCarriesOutRulesPlansAndTimers(t *testing.T) {
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	var done []string
	rules := workflow.NewRules(nil)
	rules.Handle("note", func(_ context.Context, _ *storage.Tx, c workflow.ActionCall) error {
		done = append(done, "rule about "+c.Subject.ID)
		return nil
	})
	b := tutas.Open(storage.Open(memory.New(), storage.Clock(func() time.Time { return now })), tutas.WithRules(rules))
	b.Timers().Handle("egg", func(context.Context, *storage.Tx, workflow.Timer) error { done = append(done, "timer"); return nil })
	b.Schedules().Handle("nightly", func(context.Context, *storage.Tx, workflow.Run) (bool, error) {
		done = append(done, "plan")
		return true, nil
	})
	require.NoError(t, b.Migrate(t.Context()))
	c, err := b.Create(t.Context(), storage.Tenant{ID: "acme", Currency: "EUR"})
	require.NoError(t, err)
	var rule workflow.Rule
	require.NoError(t, json.Unmarshal([]byte(`{"name": "new cash account", "kind": "ledger.account", "on": [{"create": true}],
		"if": {"all": [{"field": "type", "op": "eq", "value": "asset"}, {"field": "name", "op": "prefix", "value": "Cash"}]},
		"actions": [{"do": "note"}]}`), &rule))
	_, err = rules.Set(t.Context(), c, workflow.SetRule{Rule: rule})
	require.NoError(t, err)
	_, err = b.Schedules().SetPlan(t.Context(), c, workflow.SetPlan{Schedule: workflow.Schedule{Name: "nightly", Cron: "0 3 * * *"}})
	require.NoError(t, err)
	require.NoError(t, c.Update(t.Context(), func(tx *storage.Tx) error {
		return workflow.SetTimer(t.Context(), tx, workflow.Timer{Name: "egg", For: storage.Ref{Kind: "host.pot", ID: "1"}, Due: now.Add(time.Minute)})
	}))
	for code, name := range map[string]string{"1021": "Cash box", "1022": "Savings"} {
		_, err = c.Books.OpenAccount(t.Context(), ledger.OpenAccount{Code: code, Name: name, Type: ledger.Asset})
		require.NoError(t, err)
	}
	now = now.AddDate(0, 0, 1)
	stats, err := b.Tick(t.Context())
	require.NoError(t, err)
	require.NoError(t, stats.Err)
	require.Equal(t, []string{"rule about 1021", "timer", "plan"}, done)
}
