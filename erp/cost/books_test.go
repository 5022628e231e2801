package cost_test

import (
	"context"
	"testing"
	"time"

	"github.com/tutas/tutas/erp/cost"
	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/memory"
)

// ourBooks satisfies the ports with package ledger: what a host would write.
type ourBooks struct{ books *ledger.Books }

func (b ourBooks) CentreTotals(ctx context.Context, tx *storage.Tx, during date.Period) (list []cost.Total, err error) {
	cut, err := b.books.In(tx).Totals(ctx, ledger.TotalsFilter{Period: during, ByAccount: true,
		GroupBy: []ledger.Dimension{ledger.CostCentre},
		Chosen:  ledger.Chosen{Types: []ledger.Type{ledger.Income, ledger.Expense}}})
	for _, r := range cut.Rows {
		list = append(list, cost.Total{Centre: r.Dims.CostCentre, Account: r.Account, Amount: r.Amount})
	}
	return list, err
}

func (b ourBooks) Post(ctx context.Context, tx *storage.Tx, e ledger.Entry) (storage.Ref, error) {
	posted, err := b.books.In(tx).Post(ctx, e)
	if err != nil {
		return storage.Ref{}, err
	}
	return posted[0].Ref(), nil
}

func TestCostsAreSharedInRealBooks(t *testing.T) {
	ctx := t.Context()
	store := storage.Open(memory.New(), storage.Clock(func() time.Time { return time.Date(2017, 3, 31, 9, 0, 0, 0, time.UTC) }))
	if err := store.Migrate(ctx, event.Package(), ledger.Package(), cost.Package()); err != nil {
		t.Fatal(err)
	}
	db, err := store.CreateTenant(ctx, storage.Tenant{ID: "acme", Currency: "USD"})
	if err != nil {
		t.Fatal(err)
	}
	books := ledger.New(db)
	if err := books.OpenAccounts(ctx, storage.Ref{}, ledger.ServicesChart()...); err != nil {
		t.Fatal(err)
	}
	ports := ourBooks{books}
	s := cost.New(db, cost.Ports{Books: ports, Journal: ports})
	for _, code := range []string{"rent", "sales", "delivery"} {
		centre(t, s, code, storage.ID[cost.Centre]{})
	}
	if _, err := books.Post(ctx, ledger.Entry{Date: date.MustParse("2017-03-01"), Legs: []ledger.Leg{
		ledger.Debit(ledger.RentExpense, usd("100.03"), ledger.Dims{CostCentre: "rent"}),
		ledger.Credit(ledger.Bank, usd("100.03"), ledger.Dims{})}}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.SetRule(ctx, cost.SetRule{Name: "premises", From: "rent",
		Shares: []cost.Share{{Centre: "sales", Weight: dec("0.7")}, {Centre: "delivery", Weight: dec("0.3")}}}); err != nil {
		t.Fatal(err)
	}
	march := month("2017-03").Period()
	for range 2 { // the second time there is nothing to share
		if _, err := s.Allocate(ctx, cost.Allocate{Rule: "premises", During: march, On: march.To}); err != nil {
			t.Fatal(err)
		}
	}
	lines, err := s.Compare(ctx, cost.Comparison{From: month("2017-03"), To: month("2017-03")})
	want := "delivery/" + ledger.RentExpense + " 0.00-30.01=-30.01 0%; rent/" + ledger.RentExpense + " 0.00-0.00=0.00 0%; sales/" +
		ledger.RentExpense + " 0.00-70.02=-70.02 0%"
	if err != nil || show(lines) != want {
		t.Errorf("%s, %v\nwant %s", show(lines), err, want)
	}
}
