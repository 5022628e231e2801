package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tutas/tutas"
	"github.com/tutas/tutas/storage/postgres"
)

// onPostgreSQL plays the orders in a database that holds the shop's tables and, in a schema of their own, the library's.
func onPostgreSQL(ctx context.Context, dsn string, out io.Writer) error {
	pool, err := pgxpool.New(ctx, dsn)
	if err != nil {
		return err
	}
	defer pool.Close()
	engine, err := postgres.Open(ctx, pool)
	if err != nil {
		return err
	}
	acme, err := open(ctx, engine)
	if err != nil {
		return err
	}
	if _, err := pool.Exec(ctx, createOrders); err != nil {
		return err
	}
	for _, o := range orders {
		outcome, err := sellOnPostgreSQL(ctx, pool, engine, acme, o)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "order %d, %s: %s\n", o.id, o.item, outcome)
	}
	rows, err := pool.Query(ctx, `SELECT id, outcome FROM shop_order ORDER BY id`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var outcome string
		if err := rows.Scan(&id, &outcome); err != nil {
			return err
		}
		fmt.Fprintf(out, "the shop: order %d, %s\n", id, outcome)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return report(ctx, acme, out)
}

// sellOnPostgreSQL writes the shop's row and the library's invoice in one transaction, the shop's.
func sellOnPostgreSQL(ctx context.Context, pool *pgxpool.Pool, engine *postgres.Engine, acme *tutas.Company, o order) (
	outcome string, err error) {
	tx, err := pool.Begin(ctx)
	if err != nil {
		return "", err
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) // after a Commit it does nothing
	if _, err := tx.Exec(ctx, `INSERT INTO shop_order (id, item, outcome) VALUES ($1, $2, '')`, o.id, o.item); err != nil {
		return "", err
	}
	joined, err := acme.Join(ctx, engine.Join(tx))
	if err != nil {
		return "", err
	}
	invoice, err := bill(ctx, joined, o)
	switch {
	case errors.Is(err, errLimit): // nothing of the invoice is left, and the shop goes on
		outcome = "on hold: " + err.Error()
	case err != nil:
		return "", err
	default:
		outcome = "invoice " + invoice.Number
	}
	if _, err := tx.Exec(ctx, `UPDATE shop_order SET outcome = $1 WHERE id = $2`, outcome, o.id); err != nil {
		return "", err
	}
	if o.declined {
		return outcome + ", but the card is declined: rolled back", tx.Rollback(ctx)
	}
	return outcome, tx.Commit(ctx)
}
