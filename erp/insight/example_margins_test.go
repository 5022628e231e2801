package insight_test

import (
	"context"
	"fmt"
	"log"

	"github.com/tutas/tutas/erp/insight"
	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
)

// trade makes a company with a sale in each of two regions, and its rent.
func trade(ctx context.Context) *storage.DB {
	store := storage.Open(memory.New())
	if err := store.Migrate(ctx, event.Package(), ledger.Package()); err != nil {
		log.Fatal(err)
	}
	db, err := store.CreateTenant(ctx, storage.Tenant{ID: "acme", Currency: "USD"}, ledger.Template(ledger.TradingChart()))
	if err != nil {
		log.Fatal(err)
	}
	post := func(debit, credit, amount string, about ledger.Dims) {
		a := money.MustParse(amount + " USD")
		if _, err := ledger.New(db).Post(ctx, ledger.Entry{Date: date.MustParse("2026-03-10"),
			Legs: []ledger.Leg{ledger.Debit(debit, a, about), ledger.Credit(credit, a, about)}}); err != nil {
			log.Fatal(err)
		}
	}
	east, west := ledger.Dims{Region: "East"}, ledger.Dims{Region: "West"}
	post(ledger.Bank, ledger.GoodsRevenue, "1000", east)
	post(ledger.GoodsCost, ledger.Bank, "600", east)
	post(ledger.Bank, ledger.GoodsRevenue, "2000", west)
	post(ledger.GoodsCost, ledger.Bank, "1500", west)
	post(ledger.DirectLabour, ledger.Bank, "80", ledger.Dims{})
	post(ledger.RentExpense, ledger.Bank, "300", ledger.Dims{})
	return db
}

// Where is money kept? West sells more, East keeps a larger part; and the table is the income statement's gross profit, to the
// cent.
func ExampleInsight_Margins() {
	ctx := context.Background()
	look := insight.New(trade(ctx), insight.Sources{})
	table, err := look.Margins(ctx, insight.MarginFilter{Per: ledger.Region})
	for _, row := range table.Rows {
		fmt.Printf("%-6s %8s %8s %6s %%\n", row.Name, row.Revenue.Text(), row.Gross.Text(), row.GrossRate)
	}
	fmt.Println(table.Total.Gross, insight.Hold(table.Ties), err)
	// Output:
	// West    2000.00   500.00     25 %
	// East    1000.00   400.00     40 %
	// (none)     0.00   -80.00      0 %
	// 820.00 USD true <nil>
}

// What is kept of every 100 that came in?
func ExampleInsight_Result() {
	ctx := context.Background()
	look := insight.New(trade(ctx), insight.Sources{})
	r, err := look.Result(ctx, insight.ResultFilter{Period: date.MustParse("2026-03-01").Month().Period()})
	fmt.Println(r.Revenue, "-", r.Goods, "-", r.Delivery, "=", r.Gross)
	fmt.Println("kept", r.Kept, "or", r.KeptRate, "of every 100;", r.Tie.Text+":", r.Tie.Holds(), err)
	// Output:
	// 3000.00 USD - 2100.00 USD - 80.00 USD = 820.00 USD
	// kept 520.00 USD or 17.33 of every 100; what was kept is the profit of the income statement: true <nil>
}
