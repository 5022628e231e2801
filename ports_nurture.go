package tutas

import (
	"cmp"
	"context"

	"github.com/tutas/tutas/crm/activity"
	"github.com/tutas/tutas/crm/contact"
	"github.com/tutas/tutas/crm/nurture"
	"github.com/tutas/tutas/storage"
)

// nurtured lets sequences know the contact book, and plan tasks.
type nurtured struct{}

// ZoneField is the name of the field of a contact's own, or of its person's, that sequences read the time zone from, as
// "Europe/Berlin". A company that wants its mails to leave by the contact's clocks declares it, as a text.
const ZoneField = "zone"

// Person returns what sequences need of a contact: the first e-mail of the person, what the contact said about e-mails for the
// purpose, and as facts the contact's own fields, its "role" and the person's "language". A contact that was merged into another
// is that one; an archived one is gone.
func (nurtured) Person(ctx context.Context, tx *storage.Tx, ref storage.Ref, purpose string) (p nurture.Person, err error) {
	id, err := storage.RefID[contact.Contact](ref)
	if err != nil || ref.Kind != (&contact.Contact{}).Ref().Kind {
		return p, storage.ErrNotFound.With("%s is no contact", ref)
	}
	book := contact.New(tx, contact.Ports{})
	c, err := book.Resolve(ctx, id)
	if err != nil {
		return p, err
	}
	if !c.Archived.IsZero() {
		return p, storage.ErrNotFound.With("%s is archived", ref)
	}
	card, err := book.Card(ctx, c.ID)
	if err != nil {
		return p, err
	}
	said, err := book.Said(ctx, c.ID)
	if err != nil {
		return p, err
	}
	if p.Consent = contact.Allowed(said, contact.Email, purpose, tx.Now()); p.Consent {
		for _, w := range said {
			if w.Given && w.Channel == contact.Email && w.Purpose == purpose && !w.At.After(tx.Now()) && w.At.After(p.Since) {
				p.Since = w.At
			}
		}
	}
	if len(card.Person.Emails) > 0 {
		p.Address = card.Person.Emails[0]
	}
	own, _ := c.Fields[ZoneField].(string)
	theirs, _ := card.Person.Fields[ZoneField].(string)
	p.Zone = cmp.Or(own, theirs)
	facts := map[string]any{"role": c.Role, "language": card.Person.Language}
	for name, v := range c.Fields {
		facts[name] = v
	}
	p.Facts, err = nurture.NewFacts(facts)
	return p, err
}

// Plan adds a task on the contact's timeline.
func (nurtured) Plan(ctx context.Context, tx *storage.Tx, t nurture.Task) error {
	_, err := activity.New(tx).Plan(ctx, activity.Plan{Key: t.Key, Subject: t.Contact, Title: t.Title, Text: t.Text, Owner: t.Owner, Due: t.Due})
	return err
}
