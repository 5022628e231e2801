package acceptance_test

import (
	"bytes"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/postgres/pgtest"
	"github.com/tutas/tutas/workflow/approval"
)

// A command has locked its request and is about to cancel the timers, which are due, when somebody ticks. The ticker waits for the command without having locked
// what that is going to want.
func TestATickerHoldsNothingThatACommandBeforeItWaitsFor(t *testing.T) {
	var log bytes.Buffer
	o := openRegistry(t, pgtest.DSN(t), storage.Logger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	_, err := o.SetPolicy(t.Context(), approval.SetPolicy{Policy: named("claim",
		approval.Stage{Who: approval.Role, Role: "pair", Due: 2 * time.Millisecond, Remind: []int{50}})})
	require.NoError(t, err)
	q, err := o.Submit(t.Context(), approval.Submit{By: approver("ana"), Policy: "claim", Subject: claim(1), Digest: "d", Amount: money.MustParse("10 EUR")})
	require.NoError(t, err)
	locked, ticked := make(chan struct{}), make(chan error, 1)
	go func() {
		<-locked
		stats, err := o.ticker.Tick(t.Context())
		ticked <- errors.Join(err, stats.Err)
	}()
	attempts := 0
	require.NoError(t, o.db.Update(t.Context(), func(tx *storage.Tx) error {
		attempts++
		in := o.In(tx)
		if _, err := in.Comment(t.Context(), approval.Say{By: approver("fay"), Request: q.ID, Text: "one moment"}); err != nil {
			return err
		}
		if err := tx.Flush(t.Context()); err != nil || attempts > 1 {
			return err
		}
		close(locked)
		for o.count(t, "pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'") == 0 {
			<-time.After(time.Millisecond)
		}
		_, err := in.Approve(t.Context(), approval.Vote{By: approver("fay"), Request: q.ID})
		return err
	}))
	require.NoError(t, <-ticked)
	require.Equal(t, 1, attempts)
	require.NotContains(t, log.String(), "lost a race", "neither was in the other's way")
	q, err = o.Get(t.Context(), q.ID)
	require.NoError(t, err)
	require.Equal(t, approval.Approved, q.State)
}
