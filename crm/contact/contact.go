package contact

import (
	"maps"
	"time"

	"github.com/tutas/tutas/crm/party"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
)

// A Contact is a person at an organisation.
type Contact struct {
	ID      storage.ID[Contact] `json:"id"`
	Version int64               `json:"version"`
	// Person is the party; name, e-mails and phones are there.
	Person storage.ID[party.Party] `json:"person"`
	// Organisation is where: a party or a host's customer; zero for someone who stands for nobody else.
	Organisation storage.Ref `json:"organisation"`
	// Role is what the person does there: "buyer", "signs".
	Role   string         `json:"role"`
	Fields storage.Fields `json:"fields"`
	// Into is the contact that this one was merged into, zero if none.
	Into storage.ID[Contact] `json:"into"`
	// Archived is when it was put away; zero while it is in use.
	Archived time.Time `json:"archived"`
	Created  time.Time `json:"created"`
}

// A Card is a contact with the person.
type Card struct {
	Contact *Contact     `json:"contact"`
	Person  *party.Party `json:"person"`
}

// Ref points to the contact.
func (c *Contact) Ref() storage.Ref { return contacts.Ref(c.ID) }

func (c *Contact) clone() *Contact {
	d := *c
	d.Fields = maps.Clone(c.Fields)
	return &d
}

// check notes what is wrong with a contact.
func (c *Contact) check(bad *storage.Invalid) {
	bad.Text("role", c.Role, maxRole)
}

const maxRole = 200

// Refusals.
var (
	// ErrArchived: the contact was put away.
	ErrArchived = storage.NewError("contact.archived", "the contact is archived")
	// ErrMerged: the contact was merged into another, or the one that it was merged into was merged on; undo that first.
	ErrMerged = storage.NewError("contact.merged", "the contact is merged into another")
	// ErrSame: a contact cannot be merged into itself.
	ErrSame = storage.NewError("contact.same", "both are the same contact")
	// ErrUndone: the merge was undone before.
	ErrUndone = storage.NewError("contact.undone", "the merge is undone already")
	// ErrPerson: the party is not a person in use.
	ErrPerson = storage.NewError("contact.person", "not a person in use")
)

// What happens to a contact. Payloads name no one.
var (
	Added     = event.NewType[Happened]("contact.contact.added")
	Changed   = event.NewType[Happened]("contact.contact.changed")
	Archived  = event.NewType[Happened]("contact.contact.archived")
	Consented = event.NewType[Spoke]("contact.contact.consented")
	Merged    = event.NewType[Happened]("contact.contact.merged")
	Unmerged  = event.NewType[Happened]("contact.contact.unmerged")
)

// Happened is the payload of a contact's events.
type Happened struct {
	Person       storage.ID[party.Party] `json:"person"`
	Organisation storage.Ref             `json:"organisation"`
	// Into is the contact that this one was merged into.
	Into storage.ID[Contact] `json:"into"`
}

func happened(c *Contact) Happened { return Happened{c.Person, c.Organisation, c.Into} }

// Verbs says what may be done with a contact now.
func Verbs(c *Contact) []storage.Verb {
	why := ""
	switch {
	case !c.Into.IsZero():
		why = ErrMerged.Text
	case !c.Archived.IsZero():
		why = ErrArchived.Text
	}
	return []storage.Verb{{Name: "contact.contact.change", Why: why}, {Name: "contact.contact.consent", Why: why},
		{Name: "contact.contact.merge", Why: why}, {Name: "contact.contact.archive", Why: why}}
}
