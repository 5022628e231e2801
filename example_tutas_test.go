package tutas_test

import (
	"context"
	"fmt"

	"github.com/tutas/tutas"
	"github.com/tutas/tutas/crm/pipeline"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/memory"
)

// The first deal of the first company. The README shows these five lines.
func Example() {
	ctx := context.Background()

	business := tutas.Open(storage.Open(memory.New()))
	_ = business.Migrate(ctx)
	acme, _ := business.Create(ctx, storage.Tenant{ID: "acme", Currency: "USD"})
	deal, err := acme.Deals.Open(ctx, pipeline.Open{Name: "Forty desks", Amount: money.MustParse("12000 USD")})
	fmt.Println(deal.Name, deal.Amount, deal.Status, err)
	// Output: Forty desks 12000.00 USD open <nil>
}
