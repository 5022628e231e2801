package ledger

import (
	"context"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// ReopenYear undoes the closing of a year.
type ReopenYear struct {
	By  storage.Ref `json:"by"`
	Key storage.Key `json:"key,omitempty"`
	// Why is required.
	Why  string `json:"why"`
	Year int    `json:"year"`
}

// ReopenYear reverses the closing entries of a year, on their own date, and opens the year: its periods are then what they
// were before it was closed. A year that is open stays as it is.
//
// Errors: *storage.Invalid, ErrNoYear; ErrYearClosed while a later year is closed; ErrClosedPeriod where the books are locked by
// date through the last day; storage.ErrKeyReused, storage.ErrForbidden.
func (b *Books) ReopenYear(ctx context.Context, cmd ReopenYear) (*Year, error) {
	var bad storage.Invalid
	if reason(&bad, cmd.Why); bad.Err() != nil {
		return nil, bad.Err()
	}
	return storage.Once(ctx, b.s, cmd.Key, "ledger.year.reopen", cmd, func(tx *storage.Tx) (y *Year, err error) {
		err = closing(ctx, tx, func() error {
			y, err = reopenYear(ctx, tx, cmd)
			return err
		})
		return y, err
	})
}

func reopenYear(ctx context.Context, tx *storage.Tx, cmd ReopenYear) (*Year, error) {
	old, err := yearOf(ctx, tx, cmd.Year)
	if err != nil || old.Status == PeriodOpen {
		return old, err
	}
	for other, err := range years.All(ctx, tx, YearFilter{Status: HardClosed}.query()) {
		if err != nil {
			return nil, err
		}
		if other.From.After(old.From) {
			return nil, ErrYearClosed.With("%d", other.Number)
		}
	}
	y := *old
	for i := len(y.Closings) - 1; i >= 0; i-- {
		entry, err := entries.Lock(ctx, tx, y.Closings[i])
		if err != nil {
			return nil, err
		}
		if _, err := undo(ctx, tx, entry, Reverse{By: cmd.By, Why: cmd.Why, Date: entry.Date, Source: entry.Source},
			&y, nil); err != nil {
			return nil, err
		}
	}
	y.Closings, y.Status = nil, PeriodOpen
	y.reopened(cmd.By, tx.Now(), cmd.Why)
	return &y, event.Apply(ctx, tx, years, event.Change[Year]{By: cmd.By, Verb: "ledger.year.reopen", Why: cmd.Why, Before: old,
		After: &y, Events: []event.Draft{YearReopened.Draft(y.payload())}})
}
