package insight_test

import (
	"context"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas/crm/activity"
	"github.com/tutas/tutas/crm/party"
	"github.com/tutas/tutas/crm/pipeline"
	"github.com/tutas/tutas/erp/billing"
	"github.com/tutas/tutas/erp/catalog"
	"github.com/tutas/tutas/erp/insight"
	"github.com/tutas/tutas/erp/people"
	"github.com/tutas/tutas/erp/planning"
	"github.com/tutas/tutas/erp/project"
	"github.com/tutas/tutas/erp/sales"
	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
	"github.com/tutas/tutas/workflow/approval"
)

// journal wires documents to the books.
type journal struct{}

func (journal) Post(ctx context.Context, tx *storage.Tx, e ledger.Entry) (storage.Ref, error) {
	posted, err := ledger.New(tx).Post(ctx, e)
	if err != nil {
		return storage.Ref{}, err
	}
	return posted[0].Ref(), nil
}

// desk is a company to try things on: everything that reports read.
type desk struct {
	t   testing.TB
	now time.Time
	db  *storage.DB
	insight.Sources
	books *ledger.Books
	look  *insight.Insight
}

func open(t testing.TB, options ...storage.Option) *desk {
	t.Helper()
	d := &desk{t: t, now: time.Date(2017, 12, 31, 18, 0, 0, 0, time.UTC)}
	store := storage.Open(memory.New(), append([]storage.Option{storage.Clock(func() time.Time { return d.now })}, options...)...)
	d.ok(store.Migrate(t.Context(), event.Package(), ledger.Package(), party.Package(), approval.Package(), activity.Package(),
		pipeline.Package(),
		catalog.Package(), people.Package(), billing.Package(), project.Package(), planning.Package(), sales.Package()))
	db, err := store.CreateTenant(t.Context(), storage.Tenant{ID: "acme", Currency: "USD"}, ledger.Template(ledger.TradingChart()))
	d.ok(err)
	d.db, d.books = db, ledger.New(db)
	staff, projects := people.New(db), project.New(db, project.Ports{})
	d.Sources = insight.Sources{Deals: pipeline.New(db), Orders: sales.New(db, sales.Ports{}), People: staff, Projects: projects,
		Approvals: approval.New(db, approval.Ports{}), Activities: activity.New(db),
		Plans: planning.New(db, planning.Ports{People: staff, Hours: projects}),
		Invoices: billing.New(db, billing.Ports{Journal: journal{}, Accounts: billing.Accounts{Receivable: ledger.Receivables,
			Revenue: ledger.GoodsRevenue,
			Tax:     ledger.TaxPayable, Bank: ledger.Bank, WriteOff: ledger.BadDebts, Rounding: ledger.Rounding}})}
	d.look = insight.New(db, d.Sources)
	return d
}

func (d *desk) ok(err error) {
	d.t.Helper()
	require.NoError(d.t, err)
}

// post puts an entry of two legs, both about the same, in the books.
func (d *desk) post(on, debit, credit, amount string, about ledger.Dims) {
	d.t.Helper()
	a := usd(amount)
	_, err := d.books.Post(d.t.Context(), ledger.Entry{Date: day(on), Legs: []ledger.Leg{ledger.Debit(debit, a, about),
		ledger.Credit(credit, a, about)}})
	d.ok(err)
}

func usd(s string) money.Amount { return money.MustParse(s + " USD") }

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

func day(s string) date.Date { return date.MustParse(s) }

func period(from, to string) date.Period { return date.Period{From: day(from), To: day(to)} }

var year = period("2017-01-01", "2017-12-31")

func shop(id string) storage.Ref { return storage.Ref{Kind: "shop.customer", ID: id} }

func TestAReportWithoutItsSourceOrCurrencyRefuses(t *testing.T) {
	d := open(t)
	bare := insight.New(d.db, insight.Sources{})
	_, err := bare.Forecast(t.Context(), insight.ForecastFilter{})
	require.ErrorIs(t, err, insight.ErrSource)
	_, err = bare.Receivables(t.Context(), insight.ReceivablesFilter{})
	require.ErrorIs(t, err, insight.ErrSource)
	_, err = bare.Discounts(t.Context(), insight.DiscountFilter{})
	require.ErrorIs(t, err, insight.ErrSource)
	_, err = bare.Load(t.Context(), insight.LoadFilter{During: year})
	require.ErrorIs(t, err, insight.ErrSource)
	_, err = bare.Retention(t.Context(), insight.RetentionFilter{Basis: insight.FromDeals})
	require.ErrorIs(t, err, insight.ErrSource)
	var bad *storage.Invalid
	_, err = bare.Retention(t.Context(), insight.RetentionFilter{Basis: "gossip"})
	require.ErrorAs(t, err, &bad)
	_, err = bare.Margins(t.Context(), insight.MarginFilter{Per: "moon"})
	require.ErrorAs(t, err, &bad)
	_, err = bare.Diagnose(t.Context(), insight.DiagnosisFilter{})
	require.ErrorAs(t, err, &bad)
	_, err = bare.Cash(t.Context(), insight.CashPlan{Months: -1})
	require.ErrorAs(t, err, &bad)

	// A ledger alone is enough for a result, an outlook and a diagnosis, which say what they lack.
	o, err := bare.Cash(t.Context(), insight.CashPlan{})
	d.ok(err)
	require.Equal(t, []string{"invoices", "deals"}, o.Coverage.Missing)
	found, err := bare.Diagnose(t.Context(), insight.DiagnosisFilter{Period: year})
	d.ok(err)
	require.Equal(t, []string{"deals", "plans", "invoices"}, found.Missing)
	require.Equal(t, insight.Side(""), found.First)

	store := storage.Open(memory.New())
	d.ok(store.Migrate(t.Context(), event.Package(), ledger.Package()))
	poor, err := store.CreateTenant(t.Context(), storage.Tenant{ID: "poor"})
	d.ok(err)
	_, err = insight.New(poor, insight.Sources{}).Result(t.Context(), insight.ResultFilter{})
	require.ErrorIs(t, err, insight.ErrCurrency)
	_, err = insight.New(poor, insight.Sources{}).Result(t.Context(), insight.ResultFilter{Currency: "KZT"})
	d.ok(err)
}

func TestInsideATransactionReportsSeeWhatItHasWritten(t *testing.T) {
	d := open(t)
	d.ok(d.db.Update(t.Context(), func(tx *storage.Tx) error {
		_, err := d.books.In(tx).Post(t.Context(), ledger.Entry{Date: day("2017-05-01"), Legs: []ledger.Leg{
			ledger.Debit(ledger.Bank, usd("100"), ledger.Dims{}), ledger.Credit(ledger.Revenue, usd("100"), ledger.Dims{Product: "a"})}})
		d.ok(err)
		table, err := d.look.In(tx).Margins(t.Context(), insight.MarginFilter{Period: year, Per: ledger.Product})
		d.ok(err)
		require.Equal(t, usd("100"), table.Total.Gross)
		require.True(t, insight.Hold(table.Ties))
		return nil
	}))
}

// shopNames is a host that knows its own customers.
type shopNames struct{}

func (shopNames) Name(_ context.Context, _ *storage.Tx, r storage.Ref) (string, error) {
	if r.Kind != "shop.customer" || r.ID == "gone" {
		return "", storage.ErrNotFound
	}
	return "Shop " + r.ID, nil
}
