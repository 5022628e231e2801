package nurture

import (
	"context"
	"maps"

	"github.com/tutas/tutas/storage"
)

// Enrol is the command to begin a sequence with a contact.
type Enrol struct {
	By  storage.Ref
	Key storage.Key
	Why string
	// Sequence is the name; its present version is the one that the enrolment keeps.
	Sequence string
	Contact  storage.Ref
	// Owner is whose tasks those are whose steps name nobody; zero is the actor.
	Owner storage.Ref
	// Origin is what led to it.
	Origin storage.Ref
	Fields storage.Fields
}

// Enrol begins a sequence with a contact: the first step has its turn now, with the next Tick. A contact that is on its way
// through the sequence already, or paused there, is not enrolled again: the answer is the enrolment that there is. So it is for
// one that has ended, where the sequence is for Once.
//
// Errors: *storage.Invalid, storage.ErrNotFound for the sequence or the contact, ErrClosed, ErrNoPort, storage.ErrKeyReused.
func (n *Nurture) Enrol(ctx context.Context, c Enrol) (*Enrolment, error) {
	var bad storage.Invalid
	bad.Check(c.Sequence != "", "sequence", storage.CodeRequired, "")
	bad.Text("sequence", c.Sequence, maxName)
	bad.Check(!c.Contact.IsZero(), "contact", storage.CodeRequired, "")
	if err := bad.Err(); err != nil {
		return nil, err
	}
	return storage.Once(ctx, n.s, c.Key, "nurture.enrolment.enrol", c, func(tx *storage.Tx) (*Enrolment, error) {
		q, err := sequenceNamed(ctx, tx, c.Sequence)
		if err != nil {
			return nil, err
		}
		if err := n.able(q); err != nil {
			return nil, err
		}
		p, err := lockPlace(ctx, tx, c.Sequence, c.Contact)
		if err != nil {
			return nil, err
		}
		if !p.Enrolment.IsZero() {
			old, err := enrolments.Lock(ctx, tx, p.Enrolment)
			if err != nil || old.Open() || q.Once {
				return old, err
			}
		}
		if q.Closed {
			return nil, ErrClosed.With("%s", q.Name)
		}
		person, err := n.p.Contacts.Person(ctx, tx, c.Contact, q.Purpose)
		if err != nil {
			return nil, err
		}
		if person.Zone != "" {
			if _, err := zoneOf(person.Zone); err != nil {
				return nil, err
			}
		}
		e := Enrolment{ID: storage.NewID[Enrolment](tx), Sequence: q.Name, Edition: q.Version, Contact: c.Contact, Owner: c.Owner, Origin: c.Origin,
			Fields: maps.Clone(c.Fields)}
		if e.Owner.IsZero() {
			e.Owner = c.By
		}
		cmd := Command{By: c.By, Action: Begin, Why: c.Why}
		list, err := Decide(e, cmd, Situation{Sequence: q}, tx.Now())
		if err != nil {
			return nil, err
		}
		p.Enrolment = e.ID
		if err := places.Update(ctx, tx, p); err != nil {
			return nil, err
		}
		return n.store(ctx, tx, nil, e, cmd, Situation{Sequence: q, Person: &person}, list)
	})
}

// able reports who is missing to carry out a sequence.
func (n *Nurture) able(q *Sequence) error {
	if n.p.Contacts == nil {
		return ErrNoPort.With("no Contacts")
	}
	if q.mails() && n.p.Sender == nil {
		return ErrNoPort.With("no Sender")
	}
	for _, s := range q.Steps {
		if s.Do == AskPerson && n.p.Tasks == nil {
			return ErrNoPort.With("no Tasks")
		}
	}
	return nil
}
