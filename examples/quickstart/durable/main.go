// Command durable plays the quick start on a database and prints the same report, byte for byte:
//
//	go run ./examples/quickstart/durable -db company.db
//	go run ./examples/quickstart/durable -dsn postgres://localhost/company
//
// It needs a new file, or a database without the schema tutas.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tutas/tutas/examples/quickstart/seller"
	"github.com/tutas/tutas/storage/driver"
	"github.com/tutas/tutas/storage/postgres"
	"github.com/tutas/tutas/storage/sqlite"
)

func main() {
	file := flag.String("db", "", "SQLite file to create")
	dsn := flag.String("dsn", "", "PostgreSQL to connect to")
	verbose := flag.Bool("v", false, "print every table")
	flag.Parse()
	if err := run(context.Background(), *file, *dsn, *verbose); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, file, dsn string, verbose bool) error {
	began := time.Now()
	engine, name, err := open(ctx, file, dsn)
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "engine:", name)
	err = seller.Run(ctx, engine, seller.Output{Report: os.Stdout, Progress: os.Stderr, Verbose: verbose})
	fmt.Fprintf(os.Stderr, "done in %.1f s\n", time.Since(began).Seconds())
	return err
}

func open(ctx context.Context, file, dsn string) (driver.Engine, string, error) {
	switch {
	case file != "" && dsn == "":
		e, err := sqlite.Open(ctx, file)
		return e, "SQLite", err
	case dsn != "" && file == "":
		pool, err := pgxpool.New(ctx, dsn)
		if err != nil {
			return nil, "", err
		}
		e, err := postgres.Open(ctx, pool)
		return e, "PostgreSQL", err
	}
	return nil, "", fmt.Errorf("name a database: either -db FILE or -dsn DSN")
}
