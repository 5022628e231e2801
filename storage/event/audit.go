package event

import (
	"context"
	"encoding/json"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/tutas/tutas/storage"
)

// An Entry is one line of the audit trail: who did what to which subject, when, and what it changed.
type Entry struct {
	ID      storage.ID[Entry] `json:"id"`
	Subject storage.Ref       `json:"subject"`
	Version int64             `json:"version"`
	By      storage.Ref       `json:"by"`
	Verb    string            `json:"verb"`
	Why     string            `json:"why,omitempty"`
	At      time.Time         `json:"at"`
	// Cause is the event in reaction to which it was done.
	Cause   storage.ID[Event] `json:"cause"`
	Changes []FieldChange     `json:"changes"`
	// Erased says that personal values were part of the change and have been erased since.
	Erased      bool `json:"erased,omitempty"`
	HasPersonal bool `json:"-"`

	hidden []string // fields that whoever reads it may not see
}

// A FieldChange is what happened to one field; the values are JSON, absent where the aggregate did not exist.
type FieldChange struct {
	Field string          `json:"field"`
	Old   json.RawMessage `json:"old,omitempty"`
	New   json.RawMessage `json:"new,omitempty"`
}

// personal holds the part of an entry that is about a person, keyed by the subject, so that it can be erased and the entry stay.
type personal struct {
	Subject storage.Ref
	Entry   storage.ID[Entry]
	Changes []FieldChange
}

var (
	entries = storage.Define("storage.audit", func(e *Entry) []storage.Field {
		return []storage.Field{
			storage.UUID("id", &e.ID).Key(), storage.RefTo("subject", &e.Subject), storage.Int("subject_version", &e.Version),
			storage.RefTo("by", &e.By), storage.Text("verb", &e.Verb).Limit(100), storage.Text("why", &e.Why).Limit(10000),
			storage.Instant("at", &e.At), storage.UUID("cause", &e.Cause), storage.JSON("changes", &e.Changes),
			storage.Bool("has_personal", &e.HasPersonal),
		}
	}, storage.Index("subject", "subject", "subject_version"))
	personals = storage.Define("storage.personal", func(p *personal) []storage.Field {
		return []storage.Field{
			storage.RefTo("subject", &p.Subject).Key(), storage.UUID("entry", &p.Entry).Key(), storage.JSON("changes", &p.Changes),
		}
	})
)

type diff struct{ plain, personal []FieldChange }

func record(ctx context.Context, tx *storage.Tx, subject storage.Ref, version int64, by storage.Ref, verb, why string, d diff) error {
	e := &Entry{ID: storage.NewID[Entry](tx), Subject: subject, Version: version, By: by, Verb: verb, Why: why, At: tx.Now(),
		Cause: cause(tx).ID, Changes: d.plain, HasPersonal: len(d.personal) > 0}
	if err := entries.Insert(ctx, tx, e); err != nil || !e.HasPersonal {
		return err
	}
	return personals.Insert(ctx, tx, &personal{Subject: subject, Entry: e.ID, Changes: d.personal})
}

// Trail yields the audit entries of a subject, oldest first, as far as the actor in the filter may see the subject.
func Trail(ctx context.Context, s storage.Session, f Filter) iter.Seq2[*Entry, error] {
	q := storage.Query{Where: []storage.Cond{storage.Eq("subject", f.Subject)}, Order: []string{"subject_version"}}
	if f.From > 0 {
		q.Where = append(q.Where, storage.Ge("subject_version", f.From))
	}
	if f.Subject.IsZero() {
		q = storage.Query{}
	}
	all := visible(ctx, s, f.By, entries.All(ctx, s, q), func(e *Entry) storage.Ref { return e.Subject },
		func(e *Entry, fields []string) { e.hidden = fields })
	return func(yield func(*Entry, error) bool) {
		for e, err := range all {
			if err == nil && e.HasPersonal {
				err = s.View(ctx, func(tx *storage.Tx) error {
					p := &personal{Subject: e.Subject, Entry: e.ID}
					found, err := personals.Load(ctx, tx, p)
					if err == nil {
						e.Changes = append(e.Changes, p.Changes...)
						e.Erased = !found[0]
					}
					return err
				})
			}
			if err == nil && len(e.hidden) > 0 {
				e.hide()
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

// hide takes what happened to hidden fields out of an entry.
func (e *Entry) hide() {
	fields := e.hidden
	kept := e.Changes[:0]
	for _, c := range e.Changes {
		if slices.Contains(fields, c.Field) {
			continue
		}
		if c.Field == ownFields {
			var own []string
			for _, name := range fields {
				if one, ok := strings.CutPrefix(name, ownFields+"."); ok {
					own = append(own, one)
				}
			}
			c.Old, c.New = without(c.Old, own), without(c.New, own)
		}
		kept = append(kept, c)
	}
	e.Changes = kept
}

// Forget erases the personal values that the trail holds about a subject and returns how many entries lost some. The entries stay.
func Forget(ctx context.Context, tx *storage.Tx, subject storage.Ref) (int, error) {
	n := 0
	for p, err := range personals.All(ctx, tx, storage.Query{Where: []storage.Cond{storage.Eq("subject", subject)}}) {
		if err != nil {
			return n, err
		}
		if err := personals.Delete(ctx, tx, p); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
