package main

import (
	"context"
	"database/sql"
	"errors"
	"strconv"

	"github.com/tutas/tutas/storage"
)

const createCustomers = `CREATE TABLE customer (id integer PRIMARY KEY, name text NOT NULL);
	INSERT INTO customer (id, name) VALUES (42, 'Aigerim''s Bakery'), (7, 'Ұлы Дала Hotels')`

// customer points to a row of the shop's table.
func customer(id int64) storage.Ref {
	return storage.Ref{Kind: "shop.customer", ID: strconv.FormatInt(id, 10)}
}

// customers is the port: the shop's table, as the library asks for it.
type customers struct{ db *sql.DB }

// Name says what a customer is called. It satisfies party.Directory.
func (c customers) Name(ctx context.Context, _ *storage.Tx, r storage.Ref) (name string, err error) {
	if r.Kind != "shop.customer" {
		return "", storage.ErrNotFound.With("%s", r)
	}
	err = c.db.QueryRowContext(ctx, `SELECT name FROM customer WHERE id = ?`, r.ID).Scan(&name)
	if errors.Is(err, sql.ErrNoRows) {
		return "", storage.ErrNotFound.With("%s", r)
	}
	return name, err
}
