package pipeline_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/tutas/tutas/crm/pipeline"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
)

// open makes an empty company to try things on.
func open(ctx context.Context, options ...storage.Option) *storage.DB {
	clock := storage.Clock(func() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) })
	store := storage.Open(memory.New(), append([]storage.Option{clock}, options...)...)
	if err := store.Migrate(ctx, event.Package(), pipeline.Package()); err != nil {
		log.Fatal(err)
	}
	db, err := store.CreateTenant(ctx, storage.Tenant{ID: "acme", Currency: "USD"})
	if err != nil {
		log.Fatal(err)
	}
	return db
}

// The first deal.
func Example() {
	ctx := context.Background()
	deals := pipeline.New(open(ctx))
	sales, _ := deals.CreatePipeline(ctx, pipeline.CreatePipeline{Name: "Sales", Stages: pipeline.Usual()})
	deal, _ := deals.Open(ctx, pipeline.Open{Name: "Forty chairs", Pipeline: sales.ID, Amount: money.MustParse("4800 USD"),
		Customer: storage.Ref{Kind: "shop.customer", ID: "42"}})
	deal, err := deals.Win(ctx, pipeline.Win{ID: deal.ID, Value: money.MustParse("4500 USD")})
	fmt.Println(deal.Name, deal.Status, deal.Value, err)
	// Output: Forty chairs won 4500.00 USD <nil>
}

// The rules need no storage: a deal goes its way by itself.
func ExampleDeal_Wins() {
	way := &pipeline.Pipeline{Name: "Sales", Stages: pipeline.Usual()}
	if err := way.Check(); err != nil {
		fmt.Println(err)
	}
	deal := pipeline.Deal{Stage: "prospecting", Status: pipeline.StatusOpen, Opened: date.MustParse("2026-01-05"), Amount: money.MustParse("900 USD")}
	deal, _ = deal.Advanced(way, "engaging", date.MustParse("2026-01-12"))
	deal, err := deal.Wins(way, "", money.MustParse("850 USD"), nil, date.MustParse("2026-02-11"))
	days, _ := deal.Cycle()
	fmt.Println(deal.Status, deal.Value, days, err)
	_, err = deal.Loses(way, "", "too dear", date.MustParse("2026-02-12"))
	fmt.Println(err)
	// Output:
	// won 850.00 USD 30 <nil>
	// the deal is won
}

// A field of the company's own travels with the deal, and finds it again.
func ExampleDeals_Open_customField() {
	ctx := context.Background()
	db := open(ctx)
	_ = storage.DeclareField(ctx, db, storage.FieldSpec{Name: "showroom", Type: storage.TextField, Indexed: true})
	deals := pipeline.New(db)
	sales, _ := deals.CreatePipeline(ctx, pipeline.CreatePipeline{Name: "Sales", Stages: pipeline.Usual()})
	_, err := deals.Open(ctx, pipeline.Open{Name: "Forty chairs", Pipeline: sales.ID, Fields: storage.Fields{"showroom": "Қызылорда"}})
	for deal := range deals.All(ctx, pipeline.Filter{Where: []storage.Cond{storage.Eq("fields.showroom", "Қызылорда")}}) {
		fmt.Println(deal.Name, deal.Fields["showroom"], deal.Amount, err)
	}
	// Output: Forty chairs Қызылорда 0.00 USD <nil>
}
