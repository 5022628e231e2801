package contact

import (
	"context"
	"errors"
	"iter"

	"github.com/tutas/tutas/crm/party"
	"github.com/tutas/tutas/storage"
)

// Ports is what the contact book asks of others. All may be left out.
type Ports struct {
	// Names knows what a host's own customers are called, for exports.
	Names party.Directory
}

// Contacts is the contact book of a tenant.
type Contacts struct {
	s     storage.Session
	ports Ports
}

// New makes the service over a tenant's data, or inside a transaction.
func New(s storage.Session, p Ports) *Contacts { return &Contacts{s, p} }

// In is the same service inside a transaction.
func (s *Contacts) In(tx *storage.Tx) *Contacts { return &Contacts{tx, s.ports} }

// A Filter narrows a list of contacts.
type Filter struct {
	// By is on whose behalf.
	By           storage.Ref
	Organisation storage.Ref
	Person       storage.ID[party.Party]
	// Archived lists those that were put away or merged into others instead of those in use.
	Archived bool
	// Where holds further conditions, on fields of the tenant's own above all.
	Where []storage.Cond
	// Limit is the most contacts; 0 is all (for a page: 50).
	Limit int
}

func (f Filter) query() storage.Query {
	q := storage.Query{By: f.By, Limit: f.Limit, Where: append([]storage.Cond(nil), f.Where...)}
	if !f.Organisation.IsZero() {
		q.Where = append(q.Where, storage.Eq("organisation", f.Organisation))
	}
	if !f.Person.IsZero() {
		q.Where = append(q.Where, storage.Eq("person", f.Person))
	}
	if f.Archived {
		q.Where = append(q.Where, storage.Present("archived"))
	} else {
		q.Where = append(q.Where, storage.Absent("archived"))
	}
	return q
}

// Get reads a contact, also an archived one; with an actor only if that actor may see it.
//
// Errors: storage.ErrNotFound.
func (s *Contacts) Get(ctx context.Context, id storage.ID[Contact], by ...storage.Ref) (c *Contact, err error) {
	err = s.s.View(ctx, func(tx *storage.Tx) error {
		c, err = contacts.Get(ctx, tx, id, by...)
		return err
	})
	return c, err
}

// Card reads a contact with the person.
//
// Errors: storage.ErrNotFound.
func (s *Contacts) Card(ctx context.Context, id storage.ID[Contact], by ...storage.Ref) (card Card, err error) {
	err = s.s.View(ctx, func(tx *storage.Tx) error {
		if card.Contact, err = contacts.Get(ctx, tx, id, by...); err != nil {
			return err
		}
		card.Person, err = party.New(tx).Get(ctx, card.Contact.Person, by...)
		return err
	})
	return card, err
}

// Resolve reads the contact that stands for one now: itself, or the one that it was merged into.
//
// Errors: storage.ErrNotFound.
func (s *Contacts) Resolve(ctx context.Context, id storage.ID[Contact], by ...storage.Ref) (c *Contact, err error) {
	err = s.s.View(ctx, func(tx *storage.Tx) error {
		for c, err = contacts.Get(ctx, tx, id, by...); err == nil && !c.Into.IsZero(); {
			c, err = contacts.Get(ctx, tx, c.Into, by...)
		}
		return err
	})
	return c, err
}

// All yields contacts, oldest first.
func (s *Contacts) All(ctx context.Context, f Filter) iter.Seq2[*Contact, error] {
	return contacts.All(ctx, s.s, f.query())
}

// Page reads one screen of contacts, oldest first.
//
// Errors: storage.ErrBadCursor, *storage.Invalid.
func (s *Contacts) Page(ctx context.Context, f Filter, from storage.Cursor) (storage.Page[Contact], error) {
	return contacts.Page(ctx, s.s, f.query(), from)
}

// Describe tells a UI what a contact is made of and what may be done with this one.
//
// Errors: storage.ErrNotFound.
func (s *Contacts) Describe(ctx context.Context, id storage.ID[Contact], by ...storage.Ref) (d storage.Description, err error) {
	err = s.s.View(ctx, func(tx *storage.Tx) error {
		c, err := contacts.Get(ctx, tx, id, by...)
		if err != nil {
			return err
		}
		d, err = contacts.Describe(ctx, tx)
		d.Verbs = Verbs(c)
		return err
	})
	return d, err
}

// organisationName is what the organisation of a contact is called: by the parties, or else by the host; "" if neither knows.
func (s *Contacts) organisationName(ctx context.Context, tx *storage.Tx, r storage.Ref) (string, error) {
	if r.IsZero() {
		return "", nil
	}
	name, err := party.New(tx).Name(ctx, tx, r)
	if errors.Is(err, storage.ErrNotFound) && s.ports.Names != nil {
		name, err = s.ports.Names.Name(ctx, tx, r)
	}
	if errors.Is(err, storage.ErrNotFound) {
		return "", nil
	}
	return name, err
}
