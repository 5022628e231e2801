package contact

import (
	"context"
	"slices"

	"github.com/tutas/tutas/crm/party"
	"github.com/tutas/tutas/storage"
)

// A Reason says why two contacts may be one.
type Reason string

// The reasons.
const (
	SameEmail Reason = "email"
	SamePhone Reason = "phone"
	SameName  Reason = "name" // at the same organisation
)

// A Match is a contact that may be the same as another.
type Match struct {
	Contact *Contact     `json:"contact"`
	Person  *party.Party `json:"person"`
	Why     []Reason     `json:"why"`
}

// Alike says why two contacts may be one; nothing if they are not alike.
func Alike(a, b Card) (why []Reason) {
	share := func(x, y []string, normal func(string) (string, bool)) bool {
		return slices.ContainsFunc(x, func(v string) bool {
			n, ok := normal(v)
			return ok && slices.ContainsFunc(y, func(w string) bool {
				m, ok := normal(w)
				return ok && m == n
			})
		})
	}
	if share(a.Person.Emails, b.Person.Emails, party.NormalEmail) {
		why = append(why, SameEmail)
	}
	if share(a.Person.Phones, b.Person.Phones, party.NormalPhone) {
		why = append(why, SamePhone)
	}
	if !a.Contact.Organisation.IsZero() && a.Contact.Organisation == b.Contact.Organisation &&
		party.NormalName(a.Person.Name) == party.NormalName(b.Person.Name) {
		why = append(why, SameName)
	}
	return why
}

// Duplicates finds the contacts in use that may be the same as one, oldest first.
//
// Errors: storage.ErrNotFound.
func (s *Contacts) Duplicates(ctx context.Context, id storage.ID[Contact], by ...storage.Ref) (list []Match, err error) {
	err = s.s.View(ctx, func(tx *storage.Tx) error {
		card, err := s.In(tx).Card(ctx, id, by...)
		if err != nil {
			return err
		}
		list, err = matches(ctx, tx, card, by...)
		return err
	})
	return list, err
}

// matches finds the contacts in use that are like a card, which need not be stored. It looks up keys and names: the cost goes
// with what is alike.
func matches(ctx context.Context, tx *storage.Tx, card Card, by ...storage.Ref) (list []Match, err error) {
	parties, people := party.New(tx), map[storage.ID[party.Party]]*party.Party{}
	find := func(scheme string, values []string) error {
		for _, v := range values {
			found, err := parties.Find(ctx, scheme, v, by...)
			if err != nil {
				return err
			}
			for _, p := range found {
				people[p.ID] = p
			}
		}
		return nil
	}
	if err := find(party.Email, card.Person.Emails); err != nil {
		return nil, err
	}
	if err := find(party.Phone, card.Person.Phones); err != nil {
		return nil, err
	}
	var who storage.Ref
	if len(by) > 0 {
		who = by[0]
	}
	if !card.Contact.Organisation.IsZero() {
		f := party.Filter{By: who, Kind: party.Person, Where: []storage.Cond{storage.Eq("search", party.NormalName(card.Person.Name))}}
		for p, err := range parties.All(ctx, f) {
			if err != nil {
				return nil, err
			}
			people[p.ID] = p
		}
	}
	ids := make([]storage.ID[party.Party], 0, len(people))
	for id := range people {
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	for c, err := range contacts.All(ctx, tx, Filter{By: who, Where: []storage.Cond{storage.In("person", ids...)}}.query()) {
		if err != nil {
			return nil, err
		}
		if c.ID == card.Contact.ID || (c.Person == card.Contact.Person && c.Organisation != card.Contact.Organisation) {
			continue // itself, or the same person in another place, which is how it should be
		}
		if why := Alike(card, Card{c, people[c.Person]}); len(why) > 0 {
			list = append(list, Match{c, people[c.Person], why})
		}
	}
	return list, nil
}
