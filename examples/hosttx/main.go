package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	dsn := flag.String("dsn", "", "an empty PostgreSQL database; without it SQLite is used")
	flag.Parse()
	if err := run(context.Background(), *dsn); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, dsn string) error {
	if dsn != "" {
		return onPostgreSQL(ctx, dsn, os.Stdout)
	}
	dir, err := os.MkdirTemp("", "hosttx")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	return onSQLite(ctx, filepath.Join(dir, "shop.db"), os.Stdout)
}
