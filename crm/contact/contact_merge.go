package contact

import (
	"context"
	"time"

	"github.com/tutas/tutas/crm/party"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// Merge is the command to make two contacts one.
type Merge struct {
	By  storage.Ref
	Key storage.Key
	Why string
	// Keep stays and receives what it lacks; Gone is archived and points to it.
	Keep storage.ID[Contact]
	Gone storage.ID[Contact]
	// KeepVersion and GoneVersion are those that the decision was based on; 0 is whatever is stored.
	KeepVersion int64
	GoneVersion int64
}

// Merge makes two contacts one: the kept one receives what it lacks of e-mails, phones, role and so on; the other is archived and
// points to it. The person behind the other is archived too, unless that person is another contact as well.
//
// Errors: storage.ErrNotFound, storage.ErrStale, ErrSame, ErrArchived, ErrMerged, storage.ErrKeyReused; those of changing the
// person.
func (s *Contacts) Merge(ctx context.Context, c Merge) (*Merging, error) {
	if c.Keep == c.Gone {
		return nil, ErrSame
	}
	return storage.Once(ctx, s.s, c.Key, "contact.contact.merge", c, func(tx *storage.Tx) (*Merging, error) {
		keep, gone, err := lockPair(ctx, tx, c.Keep, c.Gone)
		if err != nil {
			return nil, err
		}
		if err := firstError(keep.Contact.live(), gone.Contact.live(), storage.CheckVersion(c.KeepVersion, keep.Contact.Version),
			storage.CheckVersion(c.GoneVersion, gone.Contact.Version)); err != nil {
			return nil, err
		}
		m := &Merging{ID: storage.NewID[Merging](tx), Kept: c.Keep, Gone: c.Gone, Given: Lacking(keep, gone), At: tx.Now(), By: c.By}
		was, out := keep.Contact.clone(), gone.Contact.clone()
		m.Given.give(keep, gone)
		out.Into, out.Archived = c.Keep, tx.Now()
		if err := s.applyPair(ctx, tx, change{c.By, "contact.contact.merge", c.Why}, keep, was, gone.Contact, out, Merged); err != nil {
			return nil, err
		}
		if m.Given.touchesPerson() {
			if _, err := party.New(tx).Change(ctx, party.Change{By: c.By, Why: c.Why, Party: *keep.Person}); err != nil {
				return nil, err
			}
		}
		alone, err := isAlone(ctx, tx, gone.Person.ID, c.Gone)
		if err != nil {
			return nil, err
		}
		if keep.Person.ID != gone.Person.ID && alone && gone.Person.Archived.IsZero() {
			if _, err := party.New(tx).Archive(ctx, party.Archive{By: c.By, Why: c.Why, ID: gone.Person.ID}); err != nil {
				return nil, err
			}
			m.PersonArchived = true
		}
		if err := event.Apply(ctx, tx, merges, event.Change[Merging]{By: c.By, Verb: "contact.merge.create", Why: c.Why, After: m}); err != nil {
			return nil, err
		}
		return m, nil
	})
}

// Undo is the command to undo a merge.
type Undo struct {
	By  storage.Ref
	Key storage.Key
	Why string
	ID  storage.ID[Merging]
}

// Undo makes two contacts of one again: the archived one comes back, and the kept one loses what it received, as far as that is
// still there unchanged. What happened to the kept one since then stays with it.
//
// Errors: storage.ErrNotFound, ErrUndone, ErrMerged if the kept one was itself merged since, ErrArchived if it was put away,
// storage.ErrKeyReused.
func (s *Contacts) Undo(ctx context.Context, c Undo) (*Merging, error) {
	return storage.Once(ctx, s.s, c.Key, "contact.contact.unmerge", c, func(tx *storage.Tx) (*Merging, error) {
		old, err := merges.Lock(ctx, tx, c.ID)
		if err != nil {
			return nil, err
		}
		if !old.Undone.IsZero() {
			return nil, ErrUndone
		}
		m := *old
		keep, gone, err := lockPair(ctx, tx, m.Kept, m.Gone)
		if err == nil {
			err = keep.Contact.live()
		}
		if err != nil {
			return nil, err
		}
		was, back := keep.Contact.clone(), gone.Contact.clone()
		m.Given.takeBack(keep, gone)
		back.Into, back.Archived = storage.ID[Contact]{}, time.Time{}
		if err := s.applyPair(ctx, tx, change{c.By, "contact.contact.unmerge", c.Why}, keep, was, gone.Contact, back, Unmerged); err != nil {
			return nil, err
		}
		if m.Given.touchesPerson() {
			if _, err := party.New(tx).Change(ctx, party.Change{By: c.By, Why: c.Why, Party: *keep.Person}); err != nil {
				return nil, err
			}
		}
		if m.PersonArchived && !gone.Person.Archived.IsZero() {
			if _, err := party.New(tx).Restore(ctx, party.Archive{By: c.By, Why: c.Why, ID: gone.Person.ID}); err != nil {
				return nil, err
			}
		}
		m.Undone = tx.Now()
		undone := event.Change[Merging]{By: c.By, Verb: "contact.merge.undo", Why: c.Why, Before: old, After: &m}
		if err := event.Apply(ctx, tx, merges, undone); err != nil {
			return nil, err
		}
		return &m, nil
	})
}

// Merges lists the merges that a contact was kept in, oldest first; undone ones too.
//
// Errors: storage.ErrNotFound.
func (s *Contacts) Merges(ctx context.Context, kept storage.ID[Contact], by ...storage.Ref) (list []*Merging, err error) {
	err = s.s.View(ctx, func(tx *storage.Tx) error {
		list = nil
		if _, err := contacts.Get(ctx, tx, kept, by...); err != nil {
			return err
		}
		for m, err := range merges.All(ctx, tx, storage.Query{Where: []storage.Cond{storage.Eq("kept", kept)}}) {
			if err != nil {
				return err
			}
			list = append(list, m)
		}
		return nil
	})
	return list, err
}

// change says who does what to a pair of contacts, and why.
type change struct {
	by   storage.Ref
	verb string
	why  string
}

// applyPair writes both contacts of a merge, or of its undoing. The event is about the one that goes or comes back.
func (s *Contacts) applyPair(ctx context.Context, tx *storage.Tx, c change, keep Card, was, old, now *Contact, kind event.Type[Happened]) error {
	if _, err := apply(ctx, tx, event.Change[Contact]{By: c.by, Verb: c.verb, Why: c.why, Before: was, After: keep.Contact}); err != nil {
		return err
	}
	_, err := apply(ctx, tx, event.Change[Contact]{By: c.by, Verb: c.verb, Why: c.why, Before: old, After: now,
		Events: []event.Draft{kind.Draft(Happened{now.Person, now.Organisation, keep.Contact.ID})}})
	return err
}

// lockPair locks two contacts in the order of their keys and reads who they are.
func lockPair(ctx context.Context, tx *storage.Tx, a, b storage.ID[Contact]) (x, y Card, err error) {
	x.Contact, y.Contact = &Contact{ID: a}, &Contact{ID: b}
	found, err := contacts.LoadLocked(ctx, tx, x.Contact, y.Contact)
	if err != nil {
		return x, y, err
	}
	for i, id := range []storage.ID[Contact]{a, b} {
		if !found[i] {
			return x, y, storage.ErrNotFound.With("%s %s", contacts.Kind(), id)
		}
	}
	if x.Person, err = party.New(tx).Get(ctx, x.Contact.Person); err == nil {
		y.Person, err = party.New(tx).Get(ctx, y.Contact.Person)
	}
	return x, y, err
}

// isAlone reports whether a person is no other contact in use than one.
func isAlone(ctx context.Context, tx *storage.Tx, person storage.ID[party.Party], but storage.ID[Contact]) (bool, error) {
	for c, err := range contacts.All(ctx, tx, Filter{Person: person}.query()) {
		if err != nil || c.ID != but {
			return false, err
		}
	}
	return true, nil
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
