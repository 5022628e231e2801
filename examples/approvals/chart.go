package main

import (
	"context"

	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

func staff(name string) storage.Ref { return storage.Ref{Kind: "clinic.staff", ID: name} }

// chart is the clinic's own organisation: who reports to whom, up to what each may sign, and who is there no more.
type chart struct {
	reports map[string]string
	signs   map[string]string
	left    map[string]bool
}

// Manager is asked for the one above.
func (c chart) Manager(_ context.Context, _ *storage.Tx, person storage.Ref) (storage.Ref, error) {
	boss, ok := c.reports[person.ID]
	if !ok {
		return storage.Ref{}, nil
	}
	return staff(boss), nil
}

// Limit is the largest amount that a person signs alone; the head of the house has none.
func (c chart) Limit(_ context.Context, _ *storage.Tx, person storage.Ref, _ string) (money.Amount, bool, error) {
	limit, ok := c.signs[person.ID]
	if !ok {
		return money.Amount{}, false, nil
	}
	amount, err := money.Parse(limit)
	return amount, true, err
}

// Left says who is there no more: the next one above decides.
func (c chart) Left(_ context.Context, _ *storage.Tx, person storage.Ref) (bool, error) {
	return c.left[person.ID], nil
}
