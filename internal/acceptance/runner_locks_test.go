package acceptance_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
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

// While a page is delivered somebody else receives one of its messages, as another reader of the same consumer may: it takes effect once, and so do the others.
func TestAMessageThatIsReceivedElsewhereMeanwhileTakesEffectOnce(t *testing.T) {
	o := openRegistry(t, pgtest.DSN(t))
	require.NoError(t, o.db.Update(t.Context(), func(tx *storage.Tx) error {
		for i := range 50 {
			if err := event.Append(t.Context(), tx, storage.Ref{}, claim(i), 1, event.Draft{Name: "test.asked"}); err != nil {
				return err
			}
		}
		return nil
	}))
	var ids []string
	for e, err := range event.All(t.Context(), o.db, event.Filter{}) {
		require.NoError(t, err)
		ids = append(ids, e.ID.String())
	}
	receive := func(ctx context.Context, tx *storage.Tx, message, by string) error {
		_, err := event.Once(ctx, tx, "mails", message, func(tx *storage.Tx) error { return note(ctx, tx, message+by) })
		return err
	}
	began := false
	relay := event.NewRelay(event.Reader{Name: "mails", Handle: func(ctx context.Context, tx *storage.Tx, e event.Event) error {
		if err := receive(ctx, tx, e.ID.String(), ""); err != nil || began {
			return err
		}
		began = true
		return o.db.Update(ctx, func(tx *storage.Tx) error { return receive(ctx, tx, ids[30], " elsewhere") })
	}})
	p, err := relay.Deliver(t.Context(), o.db)
	require.NoError(t, err)
	require.Zero(t, p.Failed)
	require.Equal(t, 50, p.Handled)
	ids[30] += " elsewhere"
	require.ElementsMatch(t, ids, happened(t, o.db, ""))
}
