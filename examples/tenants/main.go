// Command tenants keeps two companies, and a thousand idle ones, in one store, and moves one of them to another engine.
//
// It answers one question: what does it mean that everything belongs to a tenant? Each company counts its own invoices and sees
// nothing of the other; the export of one is read into a SQLite file and its books are the same; and Tick costs what those cost
// that have work.
//
//	go run ./examples/tenants
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas"
	"github.com/tutas/tutas/erp"
	"github.com/tutas/tutas/erp/billing"
	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/memory"
	"github.com/tutas/tutas/storage/sqlite"
)

func main() {
	dir, err := os.MkdirTemp("", "tenants")
	if err == nil {
		err = run(context.Background(), filepath.Join(dir, "bakery.db"), os.Stdout)
		os.RemoveAll(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

var buyer = storage.Ref{Kind: "shop.customer", ID: "42"}

func run(ctx context.Context, path string, out io.Writer) error {
	business, err := open(ctx, memory.New())
	if err != nil {
		return err
	}
	bakery, err := business.Create(ctx, storage.Tenant{ID: "bakery", Name: "Aigerim's Bakery", Zone: "Asia/Almaty", Currency: "KZT"})
	if err != nil {
		return err
	}
	hotel, err := business.Create(ctx, storage.Tenant{ID: "hotel", Name: "Hotel Bär", Zone: "Europe/Berlin", Currency: "EUR"})
	if err != nil {
		return err
	}
	if err := trade(ctx, bakery, "KZT", out, "9500", "4200"); err != nil {
		return err
	}
	if err := trade(ctx, hotel, "EUR", out, "310"); err != nil {
		return err
	}
	if err := apart(ctx, bakery, hotel, out); err != nil {
		return err
	}
	if err := idle(ctx, business, hotel, out); err != nil {
		return err
	}
	return move(ctx, business, path, out)
}

// open connects the library over any engine.
func open(ctx context.Context, engine driver.Engine) (*tutas.Business, error) {
	clock := storage.Clock(func() time.Time { return time.Date(2026, 3, 2, 20, 0, 0, 0, time.UTC) })
	business := tutas.Open(storage.Open(engine, clock))
	return business, business.Migrate(ctx)
}

// trade issues an invoice for each price.
func trade(ctx context.Context, c *tutas.Company, cur money.Currency, out io.Writer, prices ...string) error {
	for _, p := range prices {
		i, err := c.Invoices.IssueNew(ctx, billing.Draft{Customer: buyer, Currency: cur,
			Lines: []erp.Line{{Text: "bread", Quantity: decimal.NewFromInt(1), Price: decimal.RequireFromString(p)}}})
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "invoice %s of %s, %s\n", i.Number, i.Date, i.Gross)
	}
	return nil
}

// apart shows that one company cannot find what belongs to the other.
func apart(ctx context.Context, bakery, hotel *tutas.Company, out io.Writer) error {
	for i, err := range bakery.Invoices.All(ctx, billing.Filter{Limit: 1}) {
		if err != nil {
			return err
		}
		_, err = hotel.Invoices.Get(ctx, i.ID)
		fmt.Fprintln(out, "the hotel finds the bakery's invoice:", !errors.Is(err, storage.ErrNotFound))
	}
	return nil
}

// idle adds a thousand companies that do nothing, and has the due work done while one company is busy.
func idle(ctx context.Context, business *tutas.Business, busy *tutas.Company, out io.Writer) error {
	for n := range 1000 {
		if _, err := business.Store().CreateTenant(ctx, storage.Tenant{ID: fmt.Sprintf("idle-%04d", n)}); err != nil {
			return err
		}
	}
	if _, err := business.Tick(ctx); err != nil {
		return err
	}
	if err := trade(ctx, busy, "EUR", out, "75"); err != nil {
		return err
	}
	stats, err := business.Tick(ctx)
	fmt.Fprintln(out, "of 1,002 companies, those with work:", stats.Tenants)
	return err
}

// move takes the bakery to a file of its own: the same company, on another engine.
func move(ctx context.Context, from *tutas.Business, path string, out io.Writer) error {
	var export bytes.Buffer
	if err := from.Store().ExportTenant(ctx, "bakery", &export); err != nil {
		return err
	}
	engine, err := sqlite.Open(ctx, path)
	if err != nil {
		return err
	}
	defer engine.Close()
	to, err := open(ctx, engine)
	if err != nil {
		return err
	}
	if _, err := to.Store().ImportTenant(ctx, &export, ""); err != nil {
		return err
	}
	for _, b := range []*tutas.Business{from, to} {
		c, err := b.Tenant(ctx, "bakery")
		if err != nil {
			return err
		}
		owed, err := c.Books.Balance(ctx, ledger.Receivables, "KZT", date.Date{})
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%T: customers owe the bakery %s\n", b.Store().Engine(), owed)
	}
	if err := from.Store().DropTenant(ctx, "bakery"); err != nil {
		return err
	}
	moved, err := to.Tenant(ctx, "bakery")
	if err != nil {
		return err
	}
	return trade(ctx, moved, "KZT", out, "1300") // and the numbers go on
}
