package event

import (
	"bytes"
	"context"
	"encoding/json"
	"strconv"

	"github.com/tutas/tutas/storage"
)

// A Change is one verb on one aggregate.
type Change[T any] struct {
	// By is who does it; zero is the system.
	By storage.Ref
	// Verb is "package.noun.verb": "billing.invoice.issue".
	Verb string
	// Why is the actor's reason, for the audit trail; it may be empty.
	Why string
	// Before is the aggregate as it was read in this transaction; nil creates it.
	Before *T
	// After is the aggregate as it shall be; nil deletes it.
	After *T
	// Events are the facts that others may react to. Without any there is one that says no more than that the aggregate was created, changed or
	// deleted ("crm.deal.changed"), so that no change goes unseen.
	Events []Draft
}

// Apply carries out a change: it asks the host's guards, writes the row, an audit entry with the fields that changed, and the events. It is the one
// path on which aggregates are written, so that no path escapes a guard or the trail.
//
// Errors: storage.ErrForbidden or the guard's own, *storage.Invalid, and those of the table.
func Apply[T any](ctx context.Context, tx *storage.Tx, t *storage.Table[T], c Change[T]) error {
	var before, after any
	if c.Before != nil {
		before = c.Before
	}
	if c.After != nil {
		after = c.After
	}
	if err := tx.Guard(ctx, c.By, c.Verb, before, after); err != nil {
		return err
	}
	subject := c.After
	var err error
	switch {
	case c.After == nil:
		subject = c.Before
		err = t.Delete(ctx, tx, c.Before)
	case c.Before == nil:
		err = t.Insert(ctx, tx, c.After)
	default:
		err = t.Update(ctx, tx, c.After)
	}
	if err != nil {
		return err
	}
	ref, version := t.RefOf(subject), t.VersionOf(subject)
	if err := record(ctx, tx, ref, version, c.By, c.Verb, c.Why, differences(t, c.Before, c.After)); err != nil {
		return err
	}
	if len(c.Events) == 0 {
		c.Events = []Draft{{Name: ref.Kind + plainly(c.Before == nil, c.After == nil), Payload: struct{}{}}}
	}
	return Append(ctx, tx, c.By, ref, version, c.Events...)
}

// plainly is the end of the name of an event that says no more than what was done.
func plainly(created, deleted bool) string {
	switch {
	case created:
		return ".created"
	case deleted:
		return ".deleted"
	}
	return ".changed"
}

// differences lists the fields that a change changes, personal ones apart.
func differences[T any](t *storage.Table[T], before, after *T) (d diff) {
	t.Compare(before, after, func(name string, personal bool, old, now any) {
		if name == "version" || name == "id" || same(old, now, before == nil || after == nil) {
			return
		}
		a, b := encoded(old), encoded(now)
		if bytes.Equal(a, b) || (before == nil && empty(b)) || (after == nil && empty(a)) {
			return
		}
		one := FieldChange{Field: name}
		if before != nil {
			one.Old = a
		}
		if after != nil {
			one.New = b
		}
		if personal {
			d.personal = append(d.personal, one)
		} else {
			d.plain = append(d.plain, one)
		}
	})
	return d
}

// encoded is a value's JSON. What is most common is written without asking what it is.
func encoded(v any) json.RawMessage {
	switch v := v.(type) {
	case nil:
		return json.RawMessage("null")
	case int64:
		return strconv.AppendInt(nil, v, 10)
	case bool:
		return strconv.AppendBool(nil, v)
	case string:
		if plain(v) {
			return append(append(append(make([]byte, 0, len(v)+2), '"'), v...), '"')
		}
	}
	b, _ := json.Marshal(v)
	return b
}

// plain reports whether a text is its own JSON but for the quotes.
func plain(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ' || c > '~', c == '"', c == '\\', c == '<', c == '>', c == '&':
			return false
		}
	}
	return true
}

// same reports whether two values as Show has them are plain and equal, so that their JSON need not be made. Of an aggregate that is created or deleted one side
// is absent: a value that says nothing is the same as that.
func same(a, b any, oneSided bool) bool {
	if a == nil {
		a, b = b, a
	}
	absent := b == nil && oneSided
	switch a := a.(type) {
	case nil:
		return true
	case string:
		other, ok := b.(string)
		return a == other && (ok || absent)
	case int64:
		other, ok := b.(int64)
		return a == other && (ok || absent)
	case bool:
		other, ok := b.(bool)
		return a == other && (ok || absent)
	}
	return false
}

// empty reports whether JSON says nothing, so that creating an aggregate does not list its empty fields.
func empty(b []byte) bool {
	switch string(b) {
	case `null`, `""`, `0`, `"0"`, `false`, `{}`, `[]`:
		return true
	}
	return false
}
