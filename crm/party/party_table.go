package party

import (
	"context"
	"slices"

	"github.com/tutas/tutas/storage"
)

var parties = storage.Define("party.party", func(p *Party) []storage.Field {
	return []storage.Field{
		storage.UUID("id", &p.ID).Key(), storage.Version(&p.Version),
		storage.Enum("kind", &p.Kind, Person, Organisation),
		storage.Text("name", &p.Name).Limit(maxName).Personal(), storage.Text("search", &p.search).Personal(),
		storage.Text("legal_name", &p.LegalName).Limit(maxName).Personal(),
		storage.JSON("identifiers", &p.Identifiers).Personal(), storage.JSON("addresses", &p.Addresses).Personal(),
		storage.JSON("emails", &p.Emails).Personal(), storage.JSON("phones", &p.Phones).Personal(),
		storage.Text("language", &p.Language).Limit(35), storage.UUID("parent", &p.Parent),
		storage.Text("sector", &p.Sector).Limit(maxWord), storage.JSON("tags", &p.Tags), storage.Custom(&p.Fields),
		storage.Instant("archived", &p.Archived).Optional(), storage.Instant("created", &p.Created),
	}
}, storage.Index("search", "search"), storage.Index("subsidiaries", "parent", "search"), storage.Index("sector", "sector", "search"))

// A key is what a party can be looked up by: one row for each e-mail, phone and identifier, in normal form.
type key struct {
	Party  storage.ID[Party]
	Scheme string
	Value  string
}

var keys = storage.Define("party.key", func(k *key) []storage.Field {
	return []storage.Field{
		storage.UUID("party", &k.Party).Key(), storage.Text("scheme", &k.Scheme).Key().Limit(50),
		storage.Text("value", &k.Value).Key().Limit(1000).Personal(),
	}
}, storage.ChildOf(parties, "party"), storage.Index("value", "scheme", "value"))

// Package is what this package keeps in a store.
func Package() storage.Package {
	return storage.Package{Name: "crm/party", Tables: []storage.Declaration{parties, keys}}
}

// keysOf lists what a party can be found by.
func keysOf(p *Party) []key {
	var list []key
	add := func(scheme, value string) {
		k := key{p.ID, scheme, normal(scheme, value)}
		if k.Value != "" && !slices.Contains(list, k) {
			list = append(list, k)
		}
	}
	for _, e := range p.Emails {
		add(Email, e)
	}
	for _, n := range p.Phones {
		add(Phone, n)
	}
	for _, id := range p.Identifiers {
		add(id.Scheme, id.Value)
	}
	return list
}

// rekey makes the look-up rows of a party those of its new state; before is nil for a new one.
func rekey(ctx context.Context, tx *storage.Tx, before, after *Party) error {
	var old []key
	if before != nil {
		old = keysOf(before)
	}
	now := keysOf(after)
	for _, k := range old {
		if !slices.Contains(now, k) {
			if err := keys.Delete(ctx, tx, &k); err != nil {
				return err
			}
		}
	}
	for _, k := range now {
		if !slices.Contains(old, k) {
			if err := keys.Insert(ctx, tx, &k); err != nil {
				return err
			}
		}
	}
	return nil
}
