package catalog_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/erp/catalog"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
)

func open(ctx context.Context) *storage.DB {
	store := storage.Open(memory.New())
	_ = store.Migrate(ctx, event.Package(), catalog.Package())
	db, _ := store.CreateTenant(ctx, storage.Tenant{ID: "acme", Currency: "USD"})
	return db
}

func TestPricesHoldFromTheirDates(t *testing.T) {
	products := catalog.New(open(t.Context()))
	p, err := products.Create(t.Context(), catalog.Create{Code: "A", Name: "Қалам", Price: money.MustParse("10 USD"), From: date.MustParse("2026-01-01")})
	require.NoError(t, err)
	higher := money.MustParse("12 USD")
	p, err = products.Change(t.Context(), catalog.Change{Product: p.ID, Version: 1, Price: &higher, From: date.MustParse("2026-07-01")})
	require.NoError(t, err)
	for day, want := range map[string]string{"2026-01-01": "10 USD", "2026-06-30": "10 USD", "2026-07-01": "12 USD"} {
		got, err := p.PriceOn(date.MustParse(day))
		require.NoError(t, err)
		require.True(t, money.MustParse(want).Equal(got), day)
	}
	_, err = p.PriceOn(date.MustParse("2025-12-31"))
	require.ErrorIs(t, err, catalog.ErrNoPrice)
	_, err = products.Change(t.Context(), catalog.Change{Product: p.ID, Version: 1, Price: &higher})
	require.ErrorIs(t, err, storage.ErrStale)
}

func TestBadProductsAreRefusedByField(t *testing.T) {
	products := catalog.New(open(t.Context()))
	for path, c := range map[string]catalog.Create{
		"code required":    {Name: "x"},
		"name too_long":    {Code: "x", Name: strings.Repeat("ә", 10000)},
		"name encoding":    {Code: "x", Name: "a\x00"},
		"price negative":   {Code: "x", Name: "x", Price: money.MustParse("-1 USD")},
		"fields.x unknown": {Code: "x", Name: "x", Fields: storage.Fields{"x": 1}},
	} {
		_, err := products.Create(t.Context(), c)
		name, code, _ := strings.Cut(path, " ")
		require.True(t, storage.Has(err, name, code), "%s: %v", path, err)
	}
	_, err := products.Create(t.Context(), catalog.Create{Code: "'; DROP TABLE catalog_product; --", Name: "x"})
	require.NoError(t, err)
	_, err = products.Create(t.Context(), catalog.Create{Code: "'; DROP TABLE catalog_product; --", Name: "y"})
	require.ErrorIs(t, err, catalog.ErrCode)
}

func TestWE_D1DiscountOnAMarkedUpPrice(t *testing.T) {
	price := decimal.NewFromInt(1000).Mul(decimal.RequireFromString("1.1"))
	require.Equal(t, "990", catalog.Discounted(price, decimal.NewFromInt(10)).String())
	below, err := catalog.BelowList(money.MustParse("1100 USD"), money.MustParse("990 USD"))
	require.NoError(t, err)
	require.Equal(t, "10", below.String())
}

func ExampleDated_On() {
	prices := catalog.Dated{}.With(date.MustParse("2026-01-01"), money.MustParse("10 USD")).With(date.MustParse("2026-07-01"), money.MustParse("12 USD"))
	price, _ := prices.On(date.MustParse("2026-06-30"))
	fmt.Println(price)
	// Output: 10.00 USD
}

func ExampleProducts_Create() {
	ctx := context.Background()
	products := catalog.New(open(ctx))
	_, _ = products.Create(ctx, catalog.Create{Code: "GTX-PRO", Name: "GTX Pro", Price: money.MustParse("4821 USD")})
	p, err := products.ByCode(ctx, "GTX-PRO")
	fmt.Println(p.Name, p.Unit, err)
	// Output: GTX Pro piece <nil>
}
