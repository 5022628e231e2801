package party

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tutas/tutas/storage"
)

// Kind says what a party is.
type Kind string

// The kinds.
const (
	Person       Kind = "person"
	Organisation Kind = "organisation"
)

// A Party is a person or an organisation that the company deals with.
type Party struct {
	ID      storage.ID[Party] `json:"id"`
	Version int64             `json:"version"`
	Kind    Kind              `json:"kind"`
	// Name is what people call it, at most 500 bytes.
	Name string `json:"name"`
	// LegalName is the one for contracts and invoices; "" where Name serves.
	LegalName   string       `json:"legal_name"`
	Identifiers []Identifier `json:"identifiers"`
	Addresses   []Address    `json:"addresses"`
	Emails      []string     `json:"emails"`
	Phones      []string     `json:"phones"`
	// Language is a BCP 47 tag: "kk", "en-GB".
	Language string `json:"language"`
	// Parent is the organisation that this one belongs to, zero for none.
	Parent storage.ID[Party] `json:"parent"`
	Sector string            `json:"sector"`
	Tags   []string          `json:"tags"`
	Fields storage.Fields    `json:"fields"`
	// Archived is when it was put away; zero while it is in use.
	Archived time.Time `json:"archived"`
	Created  time.Time `json:"created"`

	search string // the name as search compares it
}

// An Identifier is a number or word that someone else gave the party: a tax number, a registration, a customer number elsewhere.
type Identifier struct {
	// Scheme says whose it is: "vat", "bin", "duns". "email" and "phone" are taken.
	Scheme string `json:"scheme"`
	Value  string `json:"value"`
}

// FormalName is the name for contracts and invoices.
func (p *Party) FormalName() string {
	if p.LegalName != "" {
		return p.LegalName
	}
	return p.Name
}

// Ref points to the party.
func (p *Party) Ref() storage.Ref { return parties.Ref(p.ID) }

// The most bytes of texts, and the most entries of lists.
const (
	maxName  = 500
	maxWord  = 200
	maxEntry = 200
)

// Check finds what is wrong with a party, without any storage: everything at once.
//
// Errors: *storage.Invalid.
func (p *Party) Check() error {
	var bad storage.Invalid
	bad.Check(p.Kind == Person || p.Kind == Organisation, "kind", storage.CodeChoice, "person or organisation")
	bad.Check(strings.TrimSpace(p.Name) != "", "name", storage.CodeRequired, "")
	bad.Text("name", p.Name, maxName)
	bad.Text("legal_name", p.LegalName, maxName)
	bad.Text("sector", p.Sector, maxWord)
	if p.Language != "" && !languageTag(p.Language) {
		bad.Add("language", storage.CodeFormat, "a language tag such as kk or en-GB")
	}
	bad.Check(p.Parent.IsZero() || p.Parent != p.ID, "parent", codeCycle, "nobody is above itself")
	bad.Check(p.Parent.IsZero() || p.Kind == Organisation, "parent", storage.CodeChoice, "a person has no parent; see package contact")
	for _, list := range []struct {
		path string
		n    int
	}{{"identifiers", len(p.Identifiers)}, {"addresses", len(p.Addresses)}, {"emails", len(p.Emails)}, {"phones", len(p.Phones)},
		{"tags", len(p.Tags)}} {
		bad.Check(list.n <= maxEntry, list.path, storage.CodeRange, "at most 200")
	}
	for i, id := range p.Identifiers {
		at := "identifiers." + strconv.Itoa(i)
		bad.Check(id.Scheme != "", at+".scheme", storage.CodeRequired, "")
		bad.Check(id.Scheme != Email && id.Scheme != Phone, at+".scheme", storage.CodeChoice, "taken")
		bad.Text(at+".scheme", id.Scheme, 50)
		bad.Text(at+".value", id.Value, maxWord)
		bad.Check(NormalIdentifier(id.Value) != "", at+".value", storage.CodeRequired, "")
	}
	for i, a := range p.Addresses {
		a.check(&bad, "addresses."+strconv.Itoa(i))
	}
	for i, e := range p.Emails {
		if _, ok := NormalEmail(e); !ok {
			bad.Add("emails."+strconv.Itoa(i), storage.CodeFormat, "not an e-mail address")
		}
	}
	for i, n := range p.Phones {
		if _, ok := NormalPhone(n); !ok {
			bad.Add("phones."+strconv.Itoa(i), storage.CodeFormat, "not a phone number")
		}
	}
	for i, t := range p.Tags {
		bad.Text("tags."+strconv.Itoa(i), t, maxWord)
		bad.Check(slices.Index(p.Tags, t) == i, "tags."+strconv.Itoa(i), storage.CodeDuplicate, "")
	}
	return bad.Err()
}

// clone copies the party so deep that no caller shares its lists.
func (p *Party) clone() *Party {
	c := *p
	c.Identifiers, c.Addresses, c.Tags = slices.Clone(p.Identifiers), slices.Clone(p.Addresses), slices.Clone(p.Tags)
	c.Emails, c.Phones, c.Fields = slices.Clone(p.Emails), slices.Clone(p.Phones), maps.Clone(p.Fields)
	return &c
}

// languageTag reports whether a text has the form of a BCP 47 tag; it does not know which languages exist.
func languageTag(s string) bool {
	for i, part := range strings.Split(s, "-") {
		if len(part) < 1 || len(part) > 8 || (i == 0 && len(part) < 2) {
			return false
		}
		if strings.Trim(part, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "" {
			return false
		}
	}
	return len(s) <= 35
}
