package contact

import "github.com/tutas/tutas/storage"

var contacts = storage.Define("contact.contact", func(c *Contact) []storage.Field {
	return []storage.Field{
		storage.UUID("id", &c.ID).Key(), storage.Version(&c.Version), storage.UUID("person", &c.Person),
		storage.RefTo("organisation", &c.Organisation), storage.Text("role", &c.Role).Limit(maxRole), storage.Custom(&c.Fields),
		storage.UUID("into", &c.Into), storage.Instant("archived", &c.Archived).Optional(), storage.Instant("created", &c.Created),
	}
}, storage.Index("person", "person"), storage.Index("organisation", "organisation"), storage.Index("into", "into"))

var consents = storage.Define("contact.consent", func(c *Consent) []storage.Field {
	return []storage.Field{
		storage.UUID("id", &c.ID).Key(), storage.UUID("contact", &c.Contact),
		storage.Enum("channel", &c.Channel, Email, Phone, Message, Post), storage.Text("purpose", &c.Purpose).Limit(200),
		storage.Bool("given", &c.Given), storage.Instant("at", &c.At), storage.Text("source", &c.Source).Limit(500),
		storage.RefTo("by", &c.By), storage.Instant("recorded", &c.Recorded),
	}
}, storage.ChildOf(contacts, "contact"), storage.Index("contact", "contact"))

var merges = storage.Define("contact.merge", func(m *Merging) []storage.Field {
	return []storage.Field{
		storage.UUID("id", &m.ID).Key(), storage.Version(&m.Version), storage.UUID("kept", &m.Kept), storage.UUID("gone", &m.Gone),
		storage.JSON("given", &m.Given).Personal(), storage.Bool("person_archived", &m.PersonArchived),
		storage.Instant("at", &m.At), storage.RefTo("by", &m.By), storage.Instant("undone", &m.Undone).Optional(),
	}
}, storage.Index("kept", "kept"), storage.Index("gone", "gone"))

// Package is what this package keeps in a store; it needs crm/party's.
func Package() storage.Package {
	return storage.Package{Name: "crm/contact", Tables: []storage.Declaration{contacts, consents, merges}}
}
