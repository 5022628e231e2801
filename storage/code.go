package storage

import (
	"context"
	"errors"

	"github.com/tutas/tutas/storage/driver"
)

// CodeOf is the stable code of an error, for logs, metrics and a UI that has words of its own: that of an *Error; "invalid" for an *Invalid, whose
// Fields have codes each; for what an engine reports "exists", "reference", "conflict", "busy", "unknown_outcome", "overflow", "read_only", "doomed",
// "closed" and "schema"; "cancelled" where the caller gave up; "internal" for any other error, and "" for none.
func CodeOf(err error) string {
	var refusal *Error
	var fault *Invalid
	switch {
	case err == nil:
		return ""
	case errors.As(err, &refusal):
		return refusal.Code
	case errors.As(err, &fault):
		return "invalid"
	}
	for _, known := range engineCodes {
		if errors.Is(err, known.err) {
			return known.code
		}
	}
	return "internal"
}

// engineCodes are looked at in this order: the first that fits says most.
var engineCodes = []struct {
	err  error
	code string
}{
	{driver.ErrUnknown, "unknown_outcome"}, {driver.ErrExists, "exists"}, {driver.ErrReference, "reference"}, {driver.ErrOverflow, "overflow"},
	{driver.ErrBusy, "busy"}, {driver.ErrConflict, "conflict"}, {driver.ErrReadOnly, "read_only"}, {driver.ErrSchema, "schema"},
	{driver.ErrDoomed, "doomed"}, {driver.ErrClosed, "closed"}, {context.Canceled, "cancelled"}, {context.DeadlineExceeded, "cancelled"},
}
