package contact

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// A Channel is a way to reach someone.
type Channel string

// The channels.
const (
	Email   Channel = "email"
	Phone   Channel = "phone"
	Message Channel = "message"
	Post    Channel = "post"
)

// A Consent is one word of a contact about being reached: yes or no, for one channel and one purpose.
type Consent struct {
	ID      storage.ID[Consent] `json:"id"`
	Contact storage.ID[Contact] `json:"contact"`
	Channel Channel             `json:"channel"`
	// Purpose is what for: "newsletter", "offers".
	Purpose string `json:"purpose"`
	// Given is true for yes and false for a withdrawal.
	Given bool `json:"given"`
	// At is when it was said; Recorded is when it was entered, By whom.
	At time.Time `json:"at"`
	// Source says where from: "web form 2026-03", "by phone".
	Source   string      `json:"source"`
	By       storage.Ref `json:"by"`
	Recorded time.Time   `json:"recorded"`
}

// Allowed reports whether a channel may be used for a purpose at an instant: by the latest word until then; at the same instant
// the no counts, and without any word nothing is allowed.
func Allowed(said []Consent, c Channel, purpose string, at time.Time) bool {
	var last time.Time
	yes := false
	for _, w := range said {
		if w.Channel != c || w.Purpose != purpose || w.At.After(at) || w.At.Before(last) {
			continue
		}
		yes = w.Given && (yes || !w.At.Equal(last))
		last = w.At
	}
	return yes
}

// Consents is the command to record what a contact said.
type Consents struct {
	By      storage.Ref
	Key     storage.Key
	Why     string
	ID      storage.ID[Contact]
	Version int64
	Channel Channel
	Purpose string
	// Given is true for yes and false for a withdrawal.
	Given bool
	// At is when it was said; zero is now.
	At     time.Time
	Source string
}

// Spoke is the payload of Consented.
type Spoke struct {
	Channel Channel   `json:"channel"`
	Purpose string    `json:"purpose"`
	Given   bool      `json:"given"`
	At      time.Time `json:"at"`
}

// Consent records that a contact allowed or forbade to be reached.
//
// Errors: *storage.Invalid, storage.ErrNotFound, storage.ErrStale, ErrArchived, ErrMerged, storage.ErrKeyReused.
func (s *Contacts) Consent(ctx context.Context, c Consents) (*Contact, error) {
	h := head{c.By, c.Key, "contact.contact.consent", c.Why, c.ID, c.Version}
	return s.change(ctx, h, c, func(tx *storage.Tx, n *Contact) (event.Draft, error) {
		at := c.At
		if at.IsZero() {
			at = tx.Now()
		}
		var bad storage.Invalid
		bad.Check(slices.Contains([]Channel{Email, Phone, Message, Post}, c.Channel), "channel", storage.CodeChoice, "")
		bad.Check(strings.TrimSpace(c.Purpose) != "", "purpose", storage.CodeRequired, "")
		bad.Text("purpose", c.Purpose, 200)
		bad.Text("source", c.Source, 500)
		bad.Check(!at.After(tx.Now()), "at", storage.CodeRange, "in the future")
		if err := bad.Err(); err != nil {
			return event.Draft{}, err
		}
		word := &Consent{ID: storage.NewID[Consent](tx), Contact: n.ID, Channel: c.Channel, Purpose: c.Purpose, Given: c.Given, At: at,
			Source: c.Source, By: c.By, Recorded: tx.Now()}
		return Consented.Draft(Spoke{c.Channel, c.Purpose, c.Given, at}), consents.Insert(ctx, tx, word)
	})
}

// Said lists what a contact, and those merged into it, said about being reached, oldest first.
//
// Errors: storage.ErrNotFound.
func (s *Contacts) Said(ctx context.Context, id storage.ID[Contact], by ...storage.Ref) (said []Consent, err error) {
	err = s.s.View(ctx, func(tx *storage.Tx) error {
		said = nil
		if _, err := contacts.Get(ctx, tx, id, by...); err != nil {
			return err
		}
		for ids := []storage.ID[Contact]{id}; len(ids) > 0; {
			for w, err := range consents.All(ctx, tx, storage.Query{Where: []storage.Cond{storage.In("contact", ids...)}}) {
				if err != nil {
					return err
				}
				said = append(said, *w)
			}
			var merged []storage.ID[Contact]
			for c, err := range contacts.All(ctx, tx, storage.Query{Where: []storage.Cond{storage.In("into", ids...)}}) {
				if err != nil {
					return err
				}
				merged = append(merged, c.ID)
			}
			ids = merged
		}
		slices.SortStableFunc(said, func(a, b Consent) int { return a.At.Compare(b.At) })
		return nil
	})
	return said, err
}

// Allowed reports whether a contact may be reached now by a channel for a purpose.
//
// Errors: storage.ErrNotFound.
func (s *Contacts) Allowed(ctx context.Context, id storage.ID[Contact], c Channel, purpose string) (ok bool, err error) {
	err = s.s.View(ctx, func(tx *storage.Tx) error {
		said, err := s.In(tx).Said(ctx, id)
		ok = Allowed(said, c, purpose, tx.Now())
		return err
	})
	return ok, err
}
