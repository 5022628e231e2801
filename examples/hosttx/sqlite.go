package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/tutas/tutas"
	"github.com/tutas/tutas/storage/sqlite"
)

// onSQLite plays the orders in a file that holds the shop's tables and the library's.
func onSQLite(ctx context.Context, path string, out io.Writer) error {
	engine, err := sqlite.Open(ctx, path)
	if err != nil {
		return err
	}
	defer engine.Close()
	acme, err := open(ctx, engine)
	if err != nil {
		return err
	}
	if _, err := engine.DB().ExecContext(ctx, createOrders); err != nil {
		return err
	}
	for _, o := range orders {
		outcome, err := sellOnSQLite(ctx, engine, acme, o)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "order %d, %s: %s\n", o.id, o.item, outcome)
	}
	rows, err := engine.DB().QueryContext(ctx, `SELECT id, outcome FROM shop_order ORDER BY id`)
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

// sellOnSQLite writes the shop's row and the library's invoice in one transaction, the shop's.
func sellOnSQLite(ctx context.Context, engine *sqlite.Engine, acme *tutas.Company, o order) (outcome string, err error) {
	tx, err := engine.DB().BeginTx(ctx, nil)
	if err != nil {
		return "", err
	}
	defer tx.Rollback() // after a Commit it does nothing
	if _, err := tx.ExecContext(ctx, `INSERT INTO shop_order (id, item, outcome) VALUES (?, ?, '')`, o.id, o.item); err != nil {
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
	if _, err := tx.ExecContext(ctx, `UPDATE shop_order SET outcome = ? WHERE id = ?`, outcome, o.id); err != nil {
		return "", err
	}
	if o.declined {
		return outcome + ", but the card is declined: rolled back", tx.Rollback()
	}
	return outcome, tx.Commit()
}
