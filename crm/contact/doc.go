// Package contact answers: whom do we talk to there, and may we?
//
// Its three nouns:
//
//   - Contact, a person at an organisation, with a role; the person is a party, and may be a contact in several places;
//   - Consent, what someone allowed or forbade: one channel, one purpose, an instant, a source;
//   - Merge, two contacts found to be one, in a way that can be undone.
//
// In use:
//
//	book := contact.New(db, contact.Ports{})
//	c, err := book.Add(ctx, contact.Add{By: actor, Name: "Ляззат Ә.", Emails: []string{"l@acme.kz"}, Organisation: acme.Ref(), Role: "buyer"})
//	c, err = book.Consent(ctx, contact.Consents{ID: c.ID, Channel: contact.Email, Purpose: "newsletter", Given: true, Source: "web form"})
//	same, err := book.Duplicates(ctx, c.ID)
//	merge, err := book.Merge(ctx, contact.Merge{Keep: c.ID, Gone: same[0].Contact.ID})
//
// # Decisions
//
// The rule for possible duplicates is simple and says its reason: the same e-mail, the same phone, or the same name at the same
// organisation, all in the normal forms of package party. It proposes; people decide.
//
// A merge archives one contact and points it to the other, which receives what it lacked. What points to the archived one is left
// alone, and Resolve leads on to the one that is kept. So undoing takes back exactly what the merge gave, whatever else has
// changed since.
//
// Nothing is allowed that nobody allowed. The latest word counts, and at the same instant the no. Consent of merged contacts
// counts for the one that is kept.
//
// An import carries out each row by itself: a row with a fault leaves nothing behind, and the report names each row's outcome.
// An import with a Key can be started again after a crash and goes on where it was.
//
// It does not send anything, does not guess that "Bob" is "Robert", and does not know what the law asks for beyond keeping the
// record.
package contact
