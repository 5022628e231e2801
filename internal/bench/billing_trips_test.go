package bench_test

import (
	"context"
	"net"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/erp"
	"github.com/tutas/tutas/erp/billing"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/postgres"
	"github.com/tutas/tutas/storage/postgres/pgtest"
)

// What becomes of an invoice costs as many round trips as it did before receivables were open items in the books.
func TestBillingTakesFewRoundTrips(t *testing.T) {
	config, err := pgxpool.ParseConfig(pgtest.DSN(t))
	require.NoError(t, err)
	trips := &atomic.Int64{}
	dial := config.ConnConfig.DialFunc
	config.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		return &countingConn{Conn: c, trips: trips}, err
	}
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	e, err := postgres.Open(t.Context(), pool, postgres.Schema("trips"))
	require.NoError(t, err)
	s := open(t, e)
	customer := storage.Ref{Kind: "shop.customer", ID: "c"}
	lines := []erp.Line{{Text: "Machine", Quantity: dec("1"), Price: dec("500"), TaxCode: "standard", TaxPercent: dec("20")}}
	issue := func() *billing.Invoice {
		i, err := s.company.Invoices.IssueNew(t.Context(), billing.Draft{By: agent, Customer: customer, Terms: erp.Terms{Days: 30}, Currency: "EUR", Lines: lines})
		require.NoError(t, err)
		return i
	}
	receive := func(amount string, of ...billing.Settle) *billing.Payment {
		a := money.MustParse(amount + " EUR")
		p, err := s.company.Invoices.Receive(t.Context(), billing.Receive{By: agent, Customer: customer, Amount: a, For: of, KeepCredit: true})
		require.NoError(t, err)
		return p
	}
	count := func(fn func()) int64 {
		before := trips.Load()
		fn()
		return trips.Load() - before
	}
	got := map[string]int64{}
	for range 2 { // the second time all statements are prepared
		var i *billing.Invoice
		got["issue"] = count(func() { i = issue() })
		got["part payment"] = count(func() { receive("100", billing.Settle{Invoice: i.ID}) })
		var p *billing.Payment
		got["payment"] = count(func() { p = receive("500", billing.Settle{Invoice: i.ID}) })
		got["release of a payment"] = count(func() {
			_, err := s.company.Invoices.Release(t.Context(), billing.Release{Payment: p.ID})
			require.NoError(t, err)
		})
		got["allocation"] = count(func() {
			_, err := s.company.Invoices.Allocate(t.Context(), billing.Allocate{Payment: p.ID, For: []billing.Settle{{Invoice: i.ID}}})
			require.NoError(t, err)
		})
		i = issue()
		got["payment with write-off"] = count(func() { p = receive("599", billing.Settle{Invoice: i.ID, WriteOff: true}) })
		got["release of a write-off"] = count(func() {
			_, err := s.company.Invoices.Release(t.Context(), billing.Release{Payment: p.ID})
			require.NoError(t, err)
		})
		got["credit"] = count(func() {
			_, err := s.company.Invoices.Credit(t.Context(), billing.CreditInvoice{Invoice: i.ID})
			require.NoError(t, err)
		})
		i, j := issue(), issue()
		got["payment of two"] = count(func() { receive("1200", billing.Settle{Invoice: i.ID}, billing.Settle{Invoice: j.ID}) })
		got["advance"] = count(func() { receive("100") })
	}
	require.Equal(t, map[string]int64{"issue": 2, "part payment": 3, "payment": 3, "payment with write-off": 3, "payment of two": 3, "advance": 2,
		"credit": 5, "allocation": 4, "release of a payment": 8, "release of a write-off": 15}, got)
}
