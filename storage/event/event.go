package event

import (
	"context"
	"encoding/json"
	"iter"
	"strings"
	"time"

	"github.com/tutas/tutas/storage"
)

// An Event is a fact: something that happened to a subject.
type Event struct {
	ID storage.ID[Event] `json:"id"`
	// Name is "package.noun.pastTense": "pipeline.deal.won".
	Name string `json:"name"`
	// Schema is the version of the payload's form, from 1.
	Schema int `json:"schema"`
	// Subject is what it happened to.
	Subject storage.Ref `json:"subject"`
	// Order is the subject's version after the change: events of one subject come in this order.
	Order int64 `json:"order"`
	// By is who did it; zero is the system.
	By storage.Ref `json:"by"`
	// At is the instant of the transaction.
	At time.Time `json:"at"`
	// Cause is the event in reaction to which this one happened, zero for none. Depth counts how long the chain of causes is.
	Cause storage.ID[Event] `json:"cause"`
	Depth int               `json:"depth"`
	// Payload is JSON of the form that Name and Schema say, at most 256 KiB.
	Payload json.RawMessage `json:"payload"`
}

// MaxPayload is the most bytes a payload may have.
const MaxPayload = 256 << 10

var events = storage.Define("storage.event", func(e *Event) []storage.Field {
	return []storage.Field{
		storage.UUID("id", &e.ID).Key(), storage.Text("name", &e.Name).Limit(100), storage.Int("schema", &e.Schema),
		storage.RefTo("subject", &e.Subject), storage.Int("order", &e.Order).Was("ord"), storage.RefTo("by", &e.By),
		storage.Instant("at", &e.At), storage.UUID("cause", &e.Cause), storage.Int("depth", &e.Depth), storage.JSONText("payload", &e.Payload),
	}
}, storage.Tailed(), storage.Index("subject", "subject", "order"))

// Package is what this package keeps in a store: the events and the audit trail. Every package that writes aggregates (ledger, the
// documents, the masters) needs it beside its own in Store.Migrate.
func Package() storage.Package {
	return storage.Package{Name: "storage/event", Tables: []storage.Declaration{events, entries, personals, wakes, turns, readers, deliveries, inbox}}
}

// A Draft is an event that has not happened yet: Apply or Append adds the rest.
type Draft struct {
	Name    string
	Schema  int
	Payload any
}

// causeKey carries the event being handled, so that what a reader writes knows its cause.
type causeKey struct{}

// cause is the event that the transaction reacts to.
func cause(tx *storage.Tx) (c Event) {
	c, _ = tx.Value(causeKey{}).(Event)
	return c
}

// Append writes events about a subject in the transaction. Order is the subject's version.
//
// Errors: *storage.Invalid for a payload that is too large or is not JSON.
func Append(ctx context.Context, tx *storage.Tx, by, subject storage.Ref, order int64, drafts ...Draft) error {
	return AppendAll(ctx, tx, Note{By: by, Subject: subject, Order: order, Drafts: drafts})
}

// A Note is what happened to one of several subjects.
type Note struct {
	By, Subject storage.Ref
	// Order is the subject's version.
	Order  int64
	Drafts []Draft
}

// AppendAll writes events about several subjects.
//
// Errors: *storage.Invalid for a payload that is too large or is not JSON.
func AppendAll(ctx context.Context, tx *storage.Tx, notes ...Note) error {
	why, n := cause(tx), 0
	for i := range notes {
		n += len(notes[i].Drafts)
	}
	all, rows := make([]Event, n), make([]*Event, 0, n)
	for i := range notes {
		n := &notes[i]
		for _, d := range n.Drafts {
			b, err := encode(d.Payload)
			if err != nil || len(b) > MaxPayload {
				return &storage.Invalid{Fields: []storage.Fault{{Path: "payload", Code: storage.CodeTooLong, Text: d.Name}}}
			}
			e := &all[len(rows)]
			*e = Event{ID: storage.NewID[Event](tx), Name: d.Name, Schema: max(d.Schema, 1), Subject: n.Subject, Order: n.Order, By: n.By,
				At: tx.Now(), Cause: why.ID, Payload: b}
			if !why.ID.IsZero() {
				e.Depth = why.Depth + 1
			}
			rows = append(rows, e)
		}
	}
	if len(rows) == 0 {
		return nil
	}
	if err := events.Insert(ctx, tx, rows...); err != nil {
		return err
	}
	return Wake(ctx, tx, tx.Now(), relayKind, storage.Ref{})
}

// encode is json.Marshal, but for payloads that write themselves.
func encode(payload any) ([]byte, error) {
	if p, ok := payload.(JSONAppender); ok {
		return p.AppendJSON(make([]byte, 0, 128))
	}
	return json.Marshal(payload)
}

// A JSONAppender is a payload that appends to b what json.Marshal would make of it. It is for events that come with every command; see storage.AppendJSON.
type JSONAppender interface {
	AppendJSON(b []byte) ([]byte, error)
}

// A Filter narrows a list of events.
type Filter struct {
	// By is on whose behalf: events about subjects that the actor may not see are left out, and of the others what bears the name of a field
	// that is hidden from the actor.
	By      storage.Ref
	Subject storage.Ref
	// From is the first version of the subject that counts, in the trail.
	From int64
}

// All yields events: those of a subject in their order, or all by time.
func All(ctx context.Context, s storage.Session, f Filter) iter.Seq2[*Event, error] {
	q := storage.Query{}
	if !f.Subject.IsZero() {
		q.Where = append(q.Where, storage.Eq("subject", f.Subject))
		q.Order = []string{"order"}
	}
	return visible(ctx, s, f.By, events.All(ctx, s, q), func(e *Event) storage.Ref { return e.Subject },
		func(e *Event, hidden []string) { e.Payload = without(e.Payload, hidden) })
}

// visible leaves out what is about subjects that an actor may not see, and hides fields of the others.
func visible[T any](ctx context.Context, s storage.Session, by storage.Ref, all iter.Seq2[*T, error], subject func(*T) storage.Ref,
	hide func(v *T, fields []string)) iter.Seq2[*T, error] {
	if by.IsZero() {
		return all
	}
	return func(yield func(*T, error) bool) {
		for v, err := range all {
			if err == nil {
				var ok bool
				err = s.View(ctx, func(tx *storage.Tx) (err error) {
					if ok, err = tx.Visible(ctx, by, subject(v)); ok && err == nil {
						if hidden := tx.Hidden(by, subject(v).Kind); len(hidden) > 0 {
							hide(v, hidden)
						}
					}
					return err
				})
				if err == nil && !ok {
					continue
				}
			}
			if !yield(v, err) || err != nil {
				return
			}
		}
	}
}

// without takes the members of these names off a JSON object; "fields.x" is the member x of its member "fields".
func without(raw json.RawMessage, names []string) json.RawMessage {
	var object map[string]json.RawMessage
	if json.Unmarshal(raw, &object) != nil || object == nil {
		return raw
	}
	for _, name := range names {
		delete(object, name)
		if own, ok := strings.CutPrefix(name, ownFields+"."); ok && object[ownFields] != nil {
			object[ownFields] = without(object[ownFields], []string{own})
		}
	}
	kept, err := json.Marshal(object)
	if err != nil {
		return nil
	}
	return kept
}

// ownFields is the name under which an aggregate keeps the fields that a tenant declared for itself.
const ownFields = "fields"
