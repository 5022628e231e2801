package contact_test

import (
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/tutas/tutas/crm/contact"
	"github.com/tutas/tutas/crm/party"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
)

func open() *storage.DB {
	store := storage.Open(memory.New())
	if err := store.Migrate(ctx, event.Package(), party.Package(), contact.Package()); err != nil {
		log.Fatal(err)
	}
	db, err := store.CreateTenant(ctx, storage.Tenant{ID: "acme"})
	if err != nil {
		log.Fatal(err)
	}
	return db
}

// The first contact, at a host's own customer, and what may be sent there.
func Example() {
	book := contact.New(open(), contact.Ports{})
	c, _ := book.Add(ctx, contact.Add{Name: "Ляззат Ә.", Emails: []string{"l@acme.kz"}, Organisation: storage.Ref{Kind: "shop.customer", ID: "42"}, Role: "buyer"})
	_, err := book.Consent(ctx, contact.Consents{ID: c.ID, Channel: contact.Email, Purpose: "newsletter", Given: true, Source: "web form"})
	news, _ := book.Allowed(ctx, c.ID, contact.Email, "newsletter")
	calls, _ := book.Allowed(ctx, c.ID, contact.Phone, "offers")
	fmt.Println(news, calls, err)
	// Output: true false <nil>
}

// The rules need no storage.
func ExampleAlike() {
	a := contact.Card{Contact: &contact.Contact{}, Person: &party.Party{Name: "Ann", Emails: []string{"Ann@Acme.kz"}}}
	b := contact.Card{Contact: &contact.Contact{}, Person: &party.Party{Name: "A. Smith", Emails: []string{"ann@acme.kz"}, Phones: []string{"+77010000000"}}}
	fmt.Println(contact.Alike(a, b), contact.Lacking(a, b).Phones)
	// Output: [email] [+77010000000]
}

// A list from a spreadsheet: what can be entered is, and each line says what became of it.
func ExampleContacts_Import() {
	book := contact.New(open(), contact.Ports{})
	report, err := book.Import(ctx, contact.Import{Source: strings.NewReader("name,email\nAnn,ann@acme.kz\nBob,nobody\nA.,ANN@acme.kz\n")})
	for _, row := range report.Rows {
		fmt.Println(row.Line, row.Outcome, row.Err)
	}
	fmt.Println(err, book.Export(ctx, os.Stdout, contact.Filter{}))
	// Output:
	// 2 entered <nil>
	// 3 refused invalid input: email (format) not an e-mail address
	// 4 duplicate <nil>
	// name,email,phone,organisation,role,language
	// Ann,ann@acme.kz,,,,
	// <nil> <nil>
}
