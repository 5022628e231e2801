package tax_test

import (
	"context"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/tutas/tutas/erp/tax"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
)

func ExampleRates_At() {
	ctx := context.Background()
	store := storage.Open(memory.New())
	_ = store.Migrate(ctx, event.Package(), tax.Package())
	db, _ := store.CreateTenant(ctx, storage.Tenant{ID: "acme"})
	rates := tax.New(db)
	for from, percent := range map[string]int64{"2020-01-01": 12, "2026-01-01": 16} {
		_, _ = rates.Define(ctx, tax.DefineRate{Code: "standard", Percent: decimal.NewFromInt(percent), From: date.MustParse(from)})
	}
	before, _ := rates.At(ctx, "standard", "KZ", date.MustParse("2025-12-31"))
	after, _ := rates.At(ctx, "standard", "KZ", date.MustParse("2026-01-01"))
	fmt.Println(before.Percent, after.Percent)
	// Output: 12 16
}
