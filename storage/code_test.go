package storage_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/driver"
)

// Each error has a code, however it is wrapped.
func ExampleCodeOf() {
	fmt.Println(storage.CodeOf(storage.ErrNotFound.With("invoice 7")))
	fmt.Println(storage.CodeOf(fmt.Errorf("posting: %w", storage.ErrOverflow)))
	// Output:
	// not_found
	// overflow
}

func TestEachErrorHasACode(t *testing.T) {
	for want, err := range map[string]error{
		"":                nil,
		"stale":           storage.ErrStale,
		"invalid":         &storage.Invalid{Fields: []storage.Fault{{Path: "name", Code: storage.CodeRequired}}},
		"exists":          &driver.KeyError{Table: "t", Err: driver.ErrExists},
		"reference":       &driver.KeyError{Table: "t", Err: driver.ErrReference},
		"conflict":        storage.ErrConflict,
		"busy":            storage.ErrBusy,
		"unknown_outcome": fmt.Errorf("%w: %w", storage.ErrUnknown, context.Canceled),
		"read_only":       storage.ErrReadOnly,
		"doomed":          errors.Join(storage.ErrDoomed, storage.ErrClosed),
		"closed":          storage.ErrClosed,
		"schema":          storage.ErrSchema,
		"cancelled":       fmt.Errorf("waiting: %w", context.DeadlineExceeded),
		"internal":        errors.New("no space on the disk"),
	} {
		require.Equal(t, want, storage.CodeOf(err), "%v", err)
	}
}
