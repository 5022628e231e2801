// Package party answers: who is it, and how do we reach them?
//
// Its three nouns:
//
//   - Party, a person or an organisation: a customer, a supplier, an employee's family doctor;
//   - Parties, the service that keeps them;
//   - Directory, the one thing that others want to know of whatever a Ref points to: its name. Parties is one, and a
//     host that keeps its own customers becomes one in ten lines.
//
// In use:
//
//	parties := party.New(db)
//	acme, err := parties.Create(ctx, party.Create{Kind: party.Organisation, Name: "Acme", Emails: []string{"hello@acme.kz"}})
//	acme.Sector = "retail"
//	acme, err = parties.Change(ctx, party.Change{By: actor, Party: *acme})
//	for p, err := range parties.All(ctx, party.Filter{Name: "ac"}) { … }
//
// # Decisions
//
// Names are stored as they were given; a second, normalised column serves search: letters and digits in lower case, one
// space between words. Search is by how the name begins.
//
// E-mails, phones and identifiers are kept as given too, and in normal form in a table of their own, so that Find is one look-up.
// Two parties may share an identifier: that is something to find and to mend, not a reason to refuse what a customer says.
//
// Change takes the whole party, as read and edited; its Version says from which state. A parent must exist, and nobody is
// above itself. Archived parties stay where they are and are left out of lists.
//
// Events of a party carry no name and no address, since events are kept: whoever reacts reads the party.
//
// It does not know roles, consent or merging (package contact), nor prices, credit or payment terms.
package party
