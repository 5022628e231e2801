package contact

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/crm/party"
	"github.com/tutas/tutas/storage"
)

// A Merging is the record of a merge: what is needed to undo it.
type Merging struct {
	ID      storage.ID[Merging] `json:"id"`
	Version int64               `json:"version"`
	Kept    storage.ID[Contact] `json:"kept"`
	Gone    storage.ID[Contact] `json:"gone"`
	// Given is what the kept one received.
	Given Gift `json:"given"`
	// PersonArchived says that the person behind the other one was put away too.
	PersonArchived bool        `json:"person_archived"`
	At             time.Time   `json:"at"`
	By             storage.Ref `json:"by"`
	// Undone is when it was undone; zero while it stands.
	Undone time.Time `json:"undone"`
}

// A Gift is what one contact lacked and another had.
type Gift struct {
	Emails      []string           `json:"emails,omitempty"`
	Phones      []string           `json:"phones,omitempty"`
	Identifiers []party.Identifier `json:"identifiers,omitempty"`
	Addresses   []party.Address    `json:"addresses,omitempty"`
	Tags        []string           `json:"tags,omitempty"`
	LegalName   string             `json:"legal_name,omitempty"`
	Language    string             `json:"language,omitempty"`
	Sector      string             `json:"sector,omitempty"`

	Role         string      `json:"role,omitempty"`
	Organisation storage.Ref `json:"organisation"`
	// PersonFields and Fields name the fields of the tenant's own that were empty.
	PersonFields []string `json:"person_fields,omitempty"`
	Fields       []string `json:"fields,omitempty"`
}

// Lacking is what a card lacks and another has: e-mails, phones and identifiers by their normal form.
func Lacking(keep, gone Card) (g Gift) {
	k, o := keep.Person, gone.Person
	g.Emails = missing(k.Emails, o.Emails, func(a, b string) bool { return same(party.NormalEmail, a, b) })
	g.Phones = missing(k.Phones, o.Phones, func(a, b string) bool { return same(party.NormalPhone, a, b) })
	g.Identifiers = missing(k.Identifiers, o.Identifiers, func(a, b party.Identifier) bool {
		return a.Scheme == b.Scheme && party.NormalIdentifier(a.Value) == party.NormalIdentifier(b.Value)
	})
	g.Addresses = missing(k.Addresses, o.Addresses, func(a, b party.Address) bool { return a == b })
	g.Tags = missing(k.Tags, o.Tags, func(a, b string) bool { return a == b })
	g.LegalName, g.Language, g.Sector = lack(k.LegalName, o.LegalName), lack(k.Language, o.Language), lack(k.Sector, o.Sector)
	g.PersonFields = lackingFields(k.Fields, o.Fields)
	g.Role = lack(keep.Contact.Role, gone.Contact.Role)
	g.Organisation = lack(keep.Contact.Organisation, gone.Contact.Organisation)
	g.Fields = lackingFields(keep.Contact.Fields, gone.Contact.Fields)
	return g
}

// give adds the gift to a card; the values of own fields come from the other one.
func (g Gift) give(keep, gone Card) {
	p := keep.Person
	p.Emails, p.Phones = append(p.Emails, g.Emails...), append(p.Phones, g.Phones...)
	p.Identifiers, p.Addresses, p.Tags = append(p.Identifiers, g.Identifiers...), append(p.Addresses, g.Addresses...), append(p.Tags, g.Tags...)
	fill(&p.LegalName, g.LegalName)
	fill(&p.Language, g.Language)
	fill(&p.Sector, g.Sector)
	fill(&keep.Contact.Role, g.Role)
	fill(&keep.Contact.Organisation, g.Organisation)
	p.Fields = withFields(p.Fields, gone.Person.Fields, g.PersonFields)
	keep.Contact.Fields = withFields(keep.Contact.Fields, gone.Contact.Fields, g.Fields)
}

// takeBack removes the gift from a card, as far as it is still there unchanged.
func (g Gift) takeBack(keep, gone Card) {
	p := keep.Person
	p.Emails, p.Phones, p.Tags = without(p.Emails, g.Emails), without(p.Phones, g.Phones), without(p.Tags, g.Tags)
	p.Identifiers, p.Addresses = without(p.Identifiers, g.Identifiers), without(p.Addresses, g.Addresses)
	empty(&p.LegalName, g.LegalName)
	empty(&p.Language, g.Language)
	empty(&p.Sector, g.Sector)
	empty(&keep.Contact.Role, g.Role)
	empty(&keep.Contact.Organisation, g.Organisation)
	for _, name := range g.PersonFields {
		if equalValue(p.Fields[name], gone.Person.Fields[name]) {
			delete(p.Fields, name)
		}
	}
	for _, name := range g.Fields {
		if equalValue(keep.Contact.Fields[name], gone.Contact.Fields[name]) {
			delete(keep.Contact.Fields, name)
		}
	}
}

// touchesPerson reports whether the person behind the kept contact receives anything.
func (g Gift) touchesPerson() bool {
	return len(g.Emails)+len(g.Phones)+len(g.Identifiers)+len(g.Addresses)+len(g.Tags)+len(g.PersonFields) > 0 ||
		g.LegalName != "" || g.Language != "" || g.Sector != ""
}

func same(normal func(string) (string, bool), a, b string) bool {
	x, okX := normal(a)
	y, okY := normal(b)
	return okX && okY && x == y
}

func missing[T any](have, more []T, same func(a, b T) bool) (lack []T) {
	for _, v := range more {
		if !slices.ContainsFunc(have, func(h T) bool { return same(h, v) }) {
			lack = append(lack, v)
		}
	}
	return lack
}

func without[T comparable](list, gone []T) []T {
	return slices.DeleteFunc(slices.Clone(list), func(v T) bool { return slices.Contains(gone, v) })
}

func lack[T comparable](have, other T) (zero T) {
	if have == zero {
		return other
	}
	return zero
}

func fill[T comparable](to *T, v T) {
	var zero T
	if v != zero {
		*to = v
	}
}

func empty[T comparable](to *T, v T) {
	var zero T
	if *to == v {
		*to = zero
	}
}

func lackingFields(have, other storage.Fields) (names []string) {
	for name, v := range other {
		if have[name] == nil && v != nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func withFields(to, from storage.Fields, names []string) storage.Fields {
	if len(names) > 0 && to == nil {
		to = storage.Fields{}
	}
	for _, name := range names {
		to[name] = from[name]
	}
	return to
}

// equalValue compares two values of a field of the tenant's own.
func equalValue(a, b any) bool {
	switch x := a.(type) {
	case decimal.Decimal:
		y, ok := b.(decimal.Decimal)
		return ok && x.Equal(y)
	case time.Time:
		y, ok := b.(time.Time)
		return ok && x.Equal(y)
	}
	return a == b
}
