package party_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/tutas/tutas/crm/party"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
)

// open makes an empty company to try things on.
func open(ctx context.Context) *storage.DB {
	store := storage.Open(memory.New(), storage.Clock(func() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) }))
	if err := store.Migrate(ctx, event.Package(), party.Package()); err != nil {
		log.Fatal(err)
	}
	db, err := store.CreateTenant(ctx, storage.Tenant{ID: "acme", Currency: "EUR"})
	if err != nil {
		log.Fatal(err)
	}
	return db
}

// The first parties, and one found by how its name begins.
func Example() {
	ctx := context.Background()
	parties := party.New(open(ctx))
	group, _ := parties.Create(ctx, party.Create{Kind: party.Organisation, Name: "Сұңқар Holding"})
	_, err := parties.Create(ctx, party.Create{Kind: party.Organisation, Name: "Acme, Inc.", Parent: group.ID, Phones: []string{"+7 (727) 250-00-00"}})
	for p := range parties.All(ctx, party.Filter{Name: "acme i"}) {
		fmt.Println(p.Name, p.Phones, err)
	}
	for p := range parties.Subsidiaries(ctx, group.ID) {
		fmt.Println(p.Name, "belongs to", group.Name)
	}
	// Output:
	// Acme, Inc. [+7 (727) 250-00-00] <nil>
	// Acme, Inc. belongs to Сұңқар Holding
}

// The rules need no storage.
func ExampleNormalPhone() {
	a, _ := party.NormalPhone("+7 (727) 250-00-00 ext. 12")
	b, _ := party.NormalPhone("007 727 2500000")
	fmt.Println(a, a == b)
	fmt.Println(party.NormalName("  ACME, Inc.") == party.NormalName("Acme inc"))
	fmt.Println(party.Address{Street: "Абай даңғылы 1", City: "Алматы", PostalCode: "050000", Country: "KZ"}.Lines())
	// Output:
	// +77272500000 true
	// true
	// [Абай даңғылы 1 050000 Алматы KZ]
}

// clients is a host's own table of customers, with integer keys.
type clients map[string]string

// Name makes it a Directory.
func (c clients) Name(_ context.Context, _ *storage.Tx, r storage.Ref) (string, error) {
	if name, ok := c[r.ID]; ok && r.Kind == "shop.client" {
		return name, nil
	}
	return "", storage.ErrNotFound.With("%s", r)
}

// A host that keeps its own customers tells the library what they are called.
func ExampleDirectory() {
	var names party.Directory = clients{"42": "Aigerim's Bakery"}
	name, err := names.Name(context.Background(), nil, storage.Ref{Kind: "shop.client", ID: "42"})
	fmt.Println(name, err)
	// Output: Aigerim's Bakery <nil>
}
