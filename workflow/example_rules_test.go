package workflow_test

import (
	"context"
	"fmt"
	"time"

	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
	"github.com/tutas/tutas/workflow"
)

// A receipt is a document of the host's own.
type receipt struct {
	ID      storage.ID[receipt]
	Version int64
	State   string
	Total   money.Amount
}

var receipts = storage.Define("host.receipt", func(b *receipt) []storage.Field {
	return []storage.Field{storage.UUID("id", &b.ID).Key(), storage.Version(&b.Version), storage.Enum("state", &b.State, "open", "paid"),
		storage.Minor("total", &b.Total)}
})

// A rule is JSON that an end user edits on a screen. Here it sends word of large receipts, a document of the host's own.
func ExampleRules() {
	ctx := context.Background()
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	store := storage.Open(memory.New(), storage.Clock(func() time.Time { return now }))
	host := storage.Package{Name: "host", Tables: []storage.Declaration{receipts}}
	check(store.Migrate(ctx, event.Package(), workflow.Package(), host))
	db, err := store.CreateTenant(ctx, storage.Tenant{ID: "acme", Currency: "EUR"})
	check(err)

	rules := workflow.NewRules(nil)
	rules.Handle("mail", func(_ context.Context, tx *storage.Tx, c workflow.ActionCall) error {
		fmt.Println("mail:", c.Rule, string(c.With))
		return nil
	})
	timers, ticker := workflow.NewTimers(), event.NewTicker(store, event.NewRelay(rules.Reader()))
	rules.Attach(timers)
	timers.Attach(ticker)

	rule, err := workflow.ParseRule([]byte(`{"name": "large receipt", "kind": "host.receipt", "on": [{"create": true}, {"change": true}],
		"if": {"field": "total", "op": "gt", "value": {"amount": "1000", "currency": "EUR"}},
		"actions": [{"do": "mail", "with": {"to": "finance"}}]}`))
	check(err)
	_, err = rules.Set(ctx, db, workflow.SetRule{Rule: rule})
	check(err)

	check(db.Update(ctx, func(tx *storage.Tx) error {
		b := &receipt{ID: storage.NewID[receipt](tx), State: "open", Total: money.MustParse("1500 EUR")}
		return event.Apply(ctx, tx, receipts, event.Change[receipt]{Verb: "host.receipt.create", After: b})
	}))
	_, err = ticker.Tick(ctx)
	check(err)

	rule.If.Field = "colour"
	_, err = rules.Set(ctx, db, workflow.SetRule{Rule: rule})
	fmt.Println(err)
	// Output:
	// mail: large receipt {"to":"finance"}
	// invalid input: if/field (unknown_field) colour
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
