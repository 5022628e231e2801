package party

import (
	"context"
	"errors"
	"time"

	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// Create is the command to add a party.
type Create struct {
	By  storage.Ref
	Key storage.Key
	Why string

	Kind        Kind
	Name        string
	LegalName   string
	Identifiers []Identifier
	Addresses   []Address
	Emails      []string
	Phones      []string
	Language    string
	Parent      storage.ID[Party]
	Sector      string
	Tags        []string
	Fields      storage.Fields
}

// Create adds a party.
//
// Errors: *storage.Invalid, ErrParent, storage.ErrKeyReused, and what the host's guards say.
func (s *Parties) Create(ctx context.Context, c Create) (*Party, error) {
	draft := Party{Kind: c.Kind, Name: c.Name, LegalName: c.LegalName, Identifiers: c.Identifiers, Addresses: c.Addresses, Emails: c.Emails,
		Phones: c.Phones, Language: c.Language, Parent: c.Parent, Sector: c.Sector, Tags: c.Tags, Fields: c.Fields}
	if err := draft.Check(); err != nil {
		return nil, err
	}
	return storage.Once(ctx, s.s, c.Key, "party.party.create", c, func(tx *storage.Tx) (*Party, error) {
		p := draft.clone()
		p.ID, p.Created = storage.NewID[Party](tx), tx.Now()
		return apply(ctx, tx, event.Change[Party]{By: c.By, Verb: "party.party.create", Why: c.Why, After: p,
			Events: []event.Draft{Created.Draft(Happened{p.Kind, p.Parent})}})
	})
}

// Change is the command to change a party: as it was read, with what shall be different.
type Change struct {
	By  storage.Ref
	Key storage.Key
	Why string
	// Party takes the place of the stored one. Its Version must be the stored one, or 0 for whatever is stored. ID says which;
	// Kind, Archived and Created stay as they are.
	Party Party
}

// Change changes what is known of a party.
//
// Errors: *storage.Invalid, storage.ErrNotFound, storage.ErrStale, ErrArchived, ErrParent, ErrCycle, storage.ErrKeyReused.
func (s *Parties) Change(ctx context.Context, c Change) (*Party, error) {
	h := head{c.By, c.Key, "party.party.change", c.Why, c.Party.ID, c.Party.Version}
	return s.change(ctx, h, c, func(_ *storage.Tx, old, p *Party) (event.Draft, error) {
		if !old.Archived.IsZero() {
			return event.Draft{}, ErrArchived
		}
		*p = *c.Party.clone()
		p.ID, p.Version, p.Kind, p.Archived, p.Created = old.ID, old.Version, old.Kind, old.Archived, old.Created
		return Changed.Draft(Happened{p.Kind, p.Parent}), p.Check()
	})
}

// Archive is the command to put a party away, and Restore's to bring it back.
type Archive struct {
	By      storage.Ref
	Key     storage.Key
	Why     string
	ID      storage.ID[Party]
	Version int64
}

// Archive puts a party away: it stays where it is, and lists leave it out.
//
// Errors: storage.ErrNotFound, storage.ErrStale, ErrArchived, storage.ErrKeyReused.
func (s *Parties) Archive(ctx context.Context, c Archive) (*Party, error) {
	h := head{c.By, c.Key, "party.party.archive", c.Why, c.ID, c.Version}
	return s.change(ctx, h, c, func(tx *storage.Tx, old, p *Party) (event.Draft, error) {
		if !old.Archived.IsZero() {
			return event.Draft{}, ErrArchived
		}
		p.Archived = tx.Now()
		return Archived.Draft(Happened{p.Kind, p.Parent}), nil
	})
}

// Restore brings an archived party back.
//
// Errors: storage.ErrNotFound, storage.ErrStale, ErrLive, storage.ErrKeyReused.
func (s *Parties) Restore(ctx context.Context, c Archive) (*Party, error) {
	h := head{c.By, c.Key, "party.party.restore", c.Why, c.ID, c.Version}
	return s.change(ctx, h, c, func(_ *storage.Tx, old, p *Party) (event.Draft, error) {
		if old.Archived.IsZero() {
			return event.Draft{}, ErrLive
		}
		p.Archived = time.Time{}
		return Restored.Draft(Happened{p.Kind, p.Parent}), nil
	})
}

// head is what all commands about a party have in common.
type head struct {
	by      storage.Ref
	key     storage.Key
	verb    string
	why     string
	id      storage.ID[Party]
	version int64
}

// change locks a party, lets a verb work on a copy, and applies it.
func (s *Parties) change(ctx context.Context, h head, command any,
	do func(tx *storage.Tx, old, p *Party) (event.Draft, error)) (*Party, error) {
	return storage.Once(ctx, s.s, h.key, h.verb, command, func(tx *storage.Tx) (*Party, error) {
		old, err := parties.Lock(ctx, tx, h.id)
		if err == nil {
			err = storage.CheckVersion(h.version, old.Version)
		}
		if err != nil {
			return nil, err
		}
		p := old.clone()
		happened, err := do(tx, old, p)
		if err != nil {
			return nil, err
		}
		return apply(ctx, tx, event.Change[Party]{By: h.by, Verb: h.verb, Why: h.why, Before: old, After: p, Events: []event.Draft{happened}})
	})
}

// apply writes a party with what it is looked up by, after looking at who stands above it.
func apply(ctx context.Context, tx *storage.Tx, c event.Change[Party]) (*Party, error) {
	p := c.After
	p.search = NormalName(p.Name)
	if !p.Parent.IsZero() && (c.Before == nil || c.Before.Parent != p.Parent) {
		if err := checkParent(ctx, tx, p); err != nil {
			return nil, err
		}
	}
	if err := event.Apply(ctx, tx, parties, c); err != nil {
		return nil, err
	}
	if err := rekey(ctx, tx, c.Before, p); err != nil {
		return nil, err
	}
	return p, nil
}

// checkParent walks up from a new parent. It locks what it passes, so that two changes cannot close a circle between them.
func checkParent(ctx context.Context, tx *storage.Tx, p *Party) error {
	for id := p.Parent; !id.IsZero(); {
		if id == p.ID {
			return ErrCycle
		}
		above, err := parties.Lock(ctx, tx, id)
		if errors.Is(err, storage.ErrNotFound) {
			return ErrParent.Because(err)
		}
		if err != nil {
			return err
		}
		if id == p.Parent && (above.Kind != Organisation || !above.Archived.IsZero()) {
			return ErrParent
		}
		id = above.Parent
	}
	return nil
}
