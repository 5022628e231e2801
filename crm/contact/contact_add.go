package contact

import (
	"context"
	"errors"
	"maps"

	"github.com/tutas/tutas/crm/party"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// Add is the command to enter a contact: for a person who is known, or with what makes one.
type Add struct {
	By  storage.Ref
	Key storage.Key
	Why string

	// Person is a party that exists; zero makes one of Name, Emails, Phones and Language.
	Person   storage.ID[party.Party]
	Name     string
	Emails   []string
	Phones   []string
	Language string

	Organisation storage.Ref
	Role         string
	Fields       storage.Fields
}

// Add enters a contact.
//
// Errors: *storage.Invalid, ErrPerson, storage.ErrKeyReused, and what the host's guards say.
func (s *Contacts) Add(ctx context.Context, a Add) (*Contact, error) {
	return storage.Once(ctx, s.s, a.Key, "contact.contact.add", a, func(tx *storage.Tx) (*Contact, error) {
		return add(ctx, tx, a)
	})
}

func add(ctx context.Context, tx *storage.Tx, a Add) (*Contact, error) {
	c := &Contact{Person: a.Person, Organisation: a.Organisation, Role: a.Role, Fields: maps.Clone(a.Fields)}
	var bad storage.Invalid
	c.check(&bad)
	if a.Person.IsZero() { // everything that is wrong, at once
		draft := party.Party{Kind: party.Person, Name: a.Name, Emails: a.Emails, Phones: a.Phones, Language: a.Language}
		var found *storage.Invalid
		if errors.As(draft.Check(), &found) {
			bad.Fields = append(found.Fields, bad.Fields...)
		}
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	if a.Person.IsZero() {
		p, err := party.New(tx).Create(ctx, party.Create{By: a.By, Why: a.Why, Kind: party.Person, Name: a.Name, Emails: a.Emails, Phones: a.Phones,
			Language: a.Language})
		if err != nil {
			return nil, err
		}
		c.Person = p.ID
	} else if err := isPerson(ctx, tx, a.Person); err != nil {
		return nil, err
	}
	c.ID, c.Created = storage.NewID[Contact](tx), tx.Now()
	return apply(ctx, tx, event.Change[Contact]{By: a.By, Verb: "contact.contact.add", Why: a.Why, After: c,
		Events: []event.Draft{Added.Draft(happened(c))}})
}

func apply(ctx context.Context, tx *storage.Tx, c event.Change[Contact]) (*Contact, error) {
	if err := event.Apply(ctx, tx, contacts, c); err != nil {
		return nil, err
	}
	return c.After, nil
}

func isPerson(ctx context.Context, tx *storage.Tx, id storage.ID[party.Party]) error {
	p, err := party.New(tx).Get(ctx, id)
	if errors.Is(err, storage.ErrNotFound) {
		return ErrPerson.Because(err)
	}
	if err == nil && (p.Kind != party.Person || !p.Archived.IsZero()) {
		return ErrPerson
	}
	return err
}

// Change is the command to change a contact: as it was read, with what shall be different. The person is changed as a party.
type Change struct {
	By  storage.Ref
	Key storage.Key
	Why string
	// Contact takes the place of the stored one in Organisation, Role and Fields. Its Version must be the stored one, or 0 for
	// whatever is stored.
	Contact Contact
}

// Change changes a contact.
//
// Errors: *storage.Invalid, storage.ErrNotFound, storage.ErrStale, ErrArchived, ErrMerged, storage.ErrKeyReused.
func (s *Contacts) Change(ctx context.Context, c Change) (*Contact, error) {
	h := head{c.By, c.Key, "contact.contact.change", c.Why, c.Contact.ID, c.Contact.Version}
	return s.change(ctx, h, c, func(_ *storage.Tx, n *Contact) (event.Draft, error) {
		n.Organisation, n.Role, n.Fields = c.Contact.Organisation, c.Contact.Role, maps.Clone(c.Contact.Fields)
		var bad storage.Invalid
		n.check(&bad)
		return Changed.Draft(happened(n)), bad.Err()
	})
}

// Archive is the command to put a contact away.
type Archive struct {
	By      storage.Ref
	Key     storage.Key
	Why     string
	ID      storage.ID[Contact]
	Version int64
}

// Archive puts a contact away; the person stays.
//
// Errors: storage.ErrNotFound, storage.ErrStale, ErrArchived, ErrMerged, storage.ErrKeyReused.
func (s *Contacts) Archive(ctx context.Context, c Archive) (*Contact, error) {
	h := head{c.By, c.Key, "contact.contact.archive", c.Why, c.ID, c.Version}
	return s.change(ctx, h, c, func(tx *storage.Tx, n *Contact) (event.Draft, error) {
		n.Archived = tx.Now()
		return Archived.Draft(happened(n)), nil
	})
}

// head is what all commands about a contact have in common.
type head struct {
	by      storage.Ref
	key     storage.Key
	verb    string
	why     string
	id      storage.ID[Contact]
	version int64
}

// change locks a contact in use, lets a verb work on a copy, and applies it.
func (s *Contacts) change(ctx context.Context, h head, command any, do func(*storage.Tx, *Contact) (event.Draft, error)) (*Contact, error) {
	return storage.Once(ctx, s.s, h.key, h.verb, command, func(tx *storage.Tx) (*Contact, error) {
		old, err := contacts.Lock(ctx, tx, h.id)
		if err == nil {
			err = storage.CheckVersion(h.version, old.Version)
		}
		if err == nil {
			err = old.live()
		}
		if err != nil {
			return nil, err
		}
		n := old.clone()
		draft, err := do(tx, n)
		if err != nil {
			return nil, err
		}
		return apply(ctx, tx, event.Change[Contact]{By: h.by, Verb: h.verb, Why: h.why, Before: old, After: n,
			Events: []event.Draft{draft}})
	})
}

// live answers nil for a contact in use.
func (c *Contact) live() error {
	switch {
	case !c.Into.IsZero():
		return ErrMerged
	case !c.Archived.IsZero():
		return ErrArchived
	}
	return nil
}
