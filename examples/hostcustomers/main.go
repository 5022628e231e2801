package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas"
	"github.com/tutas/tutas/crm/pipeline"
	"github.com/tutas/tutas/erp"
	"github.com/tutas/tutas/erp/billing"
	"github.com/tutas/tutas/erp/insight"
	"github.com/tutas/tutas/erp/people"
	"github.com/tutas/tutas/erp/project"
	"github.com/tutas/tutas/erp/sales"
	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/sqlite"
)

func main() {
	if err := thrownAway(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// thrownAway runs the shop in a file that is gone afterwards.
func thrownAway(ctx context.Context, out io.Writer) error {
	dir, err := os.MkdirTemp("", "hostcustomers")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	return run(ctx, filepath.Join(dir, "shop.db"), out)
}

func run(ctx context.Context, path string, out io.Writer) error {
	engine, err := sqlite.Open(ctx, path)
	if err != nil {
		return err
	}
	defer engine.Close()
	if _, err := engine.DB().ExecContext(ctx, createCustomers); err != nil {
		return err
	}
	clock := storage.Clock(func() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) })
	business := tutas.Open(storage.Open(engine, clock), tutas.WithPorts(tutas.Ports{
		Names: customers{engine.DB()}, Kinds: map[ledger.Dimension]string{ledger.Customer: "shop.customer"}}))
	if err := business.Migrate(ctx); err != nil {
		return err
	}
	acme, err := business.Create(ctx, storage.Tenant{ID: "acme", Currency: "EUR"}, tutas.ServicesCompany)
	if err != nil {
		return err
	}
	fitter, err := hire(ctx, acme)
	if err != nil {
		return err
	}
	for _, job := range []struct {
		customer int64
		hours    string
	}{{42, "6"}, {7, "14"}, {42, "4.5"}} {
		if err := sell(ctx, acme, customer(job.customer), fitter, decimal.RequireFromString(job.hours), out); err != nil {
			return err
		}
	}
	margins, err := acme.Insight.Margins(ctx, insight.MarginFilter{Per: ledger.Customer})
	if err != nil {
		return err
	}
	for _, row := range margins.Rows {
		fmt.Fprintf(out, "%s (%s): revenue %s, delivery %s, kept %s\n", row.Name, row.Value, row.Revenue, row.Delivery, row.Kept)
	}
	return nil
}

// hire takes on a fitter whose hour costs 40.
func hire(ctx context.Context, acme *tutas.Company) (storage.Ref, error) {
	first := date.MustParse("2026-01-01")
	mira, err := acme.People.Hire(ctx, people.Hire{Hired: first, Profile: people.Profile{Name: "Mira", Week: people.FullTime()}})
	if err != nil {
		return storage.Ref{}, err
	}
	_, err = acme.People.SetRate(ctx, people.SetRate{Person: mira.ID, From: first, Hour: money.MustParse("40 EUR")})
	return people.Ref(mira.ID), err
}

// sell goes from a deal to an invoice, at a fixed price however long the fitter works.
func sell(ctx context.Context, acme *tutas.Company, buyer, fitter storage.Ref, hours decimal.Decimal, out io.Writer) error {
	price := money.MustParse("700 EUR")
	deal, err := acme.Deals.Open(ctx, pipeline.Open{Name: "Counter", Customer: buyer, Amount: price})
	if err != nil {
		return err
	}
	if deal, err = acme.Deals.Win(ctx, pipeline.Win{ID: deal.ID}); err != nil {
		return err
	}
	lines := []erp.Line{{Text: "Counter, fitted", Quantity: decimal.NewFromInt(1), Price: deal.Value.Decimal(),
		Dims: ledger.Dims{Deal: deal.ID.String()}}}
	order, err := acme.Orders.Place(ctx, sales.Draft{Customer: deal.Customer, Origin: deal.Ref(), Currency: "EUR", Lines: lines})
	if err != nil {
		return err
	}
	job, err := acme.Projects.Open(ctx, project.Open{Origin: sales.Ref(order.ID),
		Terms: project.Terms{Name: "Fitting", Customer: order.Customer, Deal: deal.ID.String()}})
	if err != nil {
		return err
	}
	if _, err := acme.Projects.Start(ctx, project.Move{Project: job.ID}); err != nil {
		return err
	}
	if _, err := acme.Projects.LogTime(ctx, project.LogTime{Times: []project.Hours{
		{Project: job.ID, Person: fitter, Date: date.MustParse("2026-03-02"), Hours: hours}}}); err != nil {
		return err
	}
	invoice, err := acme.Invoices.IssueNew(ctx, billing.Draft{Customer: order.Customer, Origin: project.Ref(job.ID), Currency: "EUR",
		Lines: order.Lines})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "invoice %s to customer %s: %s\n", invoice.Number, invoice.Customer.ID, invoice.Gross)
	return nil
}
