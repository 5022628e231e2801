package acceptance_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas"
	"github.com/tutas/tutas/crm/contact"
	"github.com/tutas/tutas/crm/party"
	"github.com/tutas/tutas/crm/pipeline"
	"github.com/tutas/tutas/erp"
	"github.com/tutas/tutas/erp/billing"
	"github.com/tutas/tutas/erp/insight"
	"github.com/tutas/tutas/erp/project"
	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/workflow/approval"
)

// year is the period that reports are made of.
var year = date.Period{From: date.MustParse("2026-01-01"), To: date.MustParse("2026-12-31")}

// moving opens a business on an engine, with identifiers that come from a seed.
func moving(t *testing.T, e engine, seed uint64) *world {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 3))
	random := storage.Randomness(func(b []byte) {
		for i := range b {
			b[i] = byte(r.Uint32())
		}
	})
	return begin(t, e.open(t), []storage.Option{random}, []tutas.Option{tutas.WithReaders(watcher())}, hostTables)
}

// busy fills a company with a bit of everything: chains, an open deal, an unpaid invoice, a credit note, a draft, an
// approval that waits, contacts, fields of its
// own, a changed and an archived party.
func busy(t *testing.T, w *world) *tutas.Company {
	t.Helper()
	ctx := t.Context()
	c := w.company(t, "acme")
	require.NoError(t, storage.DeclareField(ctx, c, storage.FieldSpec{Name: "po", Type: storage.TextField, Indexed: true}))
	require.NoError(t, storage.DeclareField(ctx, c, storage.FieldSpec{Name: "rate", Type: storage.DecimalField, Indexed: true}))
	for _, key := range []string{"b", "a", "c"} {
		_, err := chain(ctx, c, key, seller{by: ana, fields: storage.Fields{"po": "№ " + key + " Ә", "rate": dec("0.10")}})
		require.NoError(t, err)
	}
	w.settle(t)
	_, err := c.Books.Fold(ctx)
	require.NoError(t, err)
	_, err = c.Books.Seal(ctx)
	require.NoError(t, err)
	way, _, err := setup(ctx, c)
	require.NoError(t, err)
	_, err = c.Deals.Open(ctx, pipeline.Open{Name: "Құрылыс", Pipeline: way.ID, Amount: eur("777.77"),
		Expected: someDate.AddDays(40)})
	require.NoError(t, err)
	draft := billing.Draft{Customer: someone, Currency: "EUR", Lines: []erp.Line{{Text: "line \"1\" <&>\u2028",
		Quantity: dec("0.3333"), Price: dec("10.123456"), TaxPercent: dec("20"), TaxCode: "standard"}},
		Fields: storage.Fields{"po": "7"}}
	_, err = c.Invoices.Draft(ctx, draft)
	require.NoError(t, err)
	_, err = c.Invoices.IssueNew(ctx, draft)
	require.NoError(t, err)
	back, err := c.Invoices.IssueNew(ctx, draft)
	require.NoError(t, err)
	_, err = c.Invoices.Credit(ctx, billing.CreditInvoice{Invoice: back.ID})
	require.NoError(t, err)
	_, err = c.Invoices.Receive(ctx, billing.Receive{Customer: someone, Amount: eur("1"), KeepCredit: true})
	require.NoError(t, err)
	for _, name := range []string{"Әлия Һафизқызы", "Bo \"B\" O'Neill"} {
		_, err = c.Contacts.Add(ctx, contact.Add{Name: name, Emails: []string{"x@example.org"}, Role: "buyer"})
		require.NoError(t, err)
	}
	p, err := c.Parties.Create(ctx, party.Create{Kind: party.Organisation, Name: "Gone"})
	require.NoError(t, err)
	_, err = c.Parties.Archive(ctx, party.Archive{ID: p.ID, Why: "closed"})
	require.NoError(t, err)
	_, err = c.Approvals.SetPolicy(ctx, approval.SetPolicy{Policy: approval.Policy{Name: "gift", Measure: approval.Always,
		Stages: []approval.Stage{{Who: approval.People, People: []storage.Ref{manager}}}}})
	require.NoError(t, err)
	_, err = c.Approvals.Submit(ctx, approval.Submit{By: ana, Policy: "gift", Subject: p.Ref(), Digest: "d", Amount: eur("5")})
	require.NoError(t, err)
	return c
}

// reports are all figures that a company can be asked for, as JSON.
func reports(t *testing.T, c *tutas.Company, today date.Date) map[string]string {
	t.Helper()
	ctx := t.Context()
	out := map[string]string{}
	keep := func(name string, v any, err error) {
		t.Helper()
		require.NoError(t, err, name)
		b, err := json.Marshal(v)
		require.NoError(t, err, name)
		out[name] = string(b)
	}
	trial, err := c.Books.TrialBalance(ctx, ledger.TrialFilter{Period: year})
	trial.Cost = ledger.Cost{} // how it was added up is the engine's affair
	keep("trial balance", trial, err)
	for _, d := range append(ledger.Dimensions(), "") {
		s, err := c.Books.IncomeStatement(ctx, ledger.IncomeFilter{Period: year, GroupBy: d})
		s.Cost = ledger.Cost{}
		keep("income by "+string(d), s, err)
	}
	cut, err := c.Books.Totals(ctx, ledger.TotalsFilter{GroupBy: []ledger.Dimension{ledger.Customer, ledger.Product},
		ByAccount: true, ByMonth: true})
	cut.Cost = ledger.Cost{}
	keep("a cut by customer and product", cut, err)
	keep("statement", each(t, c.Books.Statement(ctx, ledger.LineFilter{Account: ledger.Bank})), nil)
	log, err := c.Books.Verify(ctx, ledger.VerifyFilter{})
	keep("log", log, err)
	require.Nil(t, log.Break)
	keep("entries", each(t, c.Books.Entries(ctx, ledger.EntryFilter{})), nil)
	ageing, err := c.Invoices.Ageing(ctx, billing.Filter{}, today)
	keep("ageing", ageing, err)
	keep("invoices", each(t, c.Invoices.All(ctx, billing.Filter{Order: []string{"number"}})), nil)
	keep("invoices by own field", each(t, c.Invoices.All(ctx, billing.Filter{Where: []storage.Cond{storage.Eq("fields.rate",
		dec("0.1"))}})), nil)
	for _, g := range []pipeline.Group{pipeline.All, pipeline.ByCustomer, pipeline.ByProduct, pipeline.ByMonth} {
		stats, err := c.Deals.Stats(ctx, pipeline.StatsFilter{Group: g})
		keep("deals by "+string(g), stats, err)
	}
	forecast, err := c.Deals.Forecast(ctx, pipeline.Filter{}, today)
	keep("forecast", forecast, err)
	back, err := c.Deals.BackTest(ctx, pipeline.Filter{}, today.AddDays(-1), today)
	keep("back-test", back, err)
	hours, err := c.Projects.Totals(ctx, project.TimeFilter{})
	keep("hours", hours, err)
	keep("parties", each(t, c.Parties.All(ctx, party.Filter{})), nil)
	keep("contacts", each(t, c.Contacts.All(ctx, contact.Filter{})), nil)
	keep("requests", each(t, c.Approvals.All(ctx, approval.Filter{})), nil)
	keep("events", each(t, event.All(ctx, c, event.Filter{})), nil)
	keep("trail", each(t, event.Trail(ctx, c, event.Filter{})), nil)
	ties, err := c.Insight.Checks(ctx, insight.CheckFilter{Currency: "EUR", Period: date.Period{From: year.From, To: today}})
	for _, tie := range ties {
		require.True(t, tie.Holds(), "%+v", tie)
	}
	keep("checks", ties, err)
	facts, err := c.Insight.Facts(ctx, insight.DiagnosisFilter{Period: date.Period{From: year.From, To: today}})
	keep("facts", facts, err)
	return out
}

func TestTheSameDeedsLeaveTheSameBytesOnEveryEngine(t *testing.T) {
	var first []byte
	onEach(t, func(t *testing.T, e engine) {
		w := moving(t, e, 1)
		busy(t, w)
		got := export(t, w.Store(), "acme")
		if first == nil {
			first = got
		}
		sameBytes(t, first, got)
	})
}

func TestATenantMovesFromEachEngineToEachOtherUnchanged(t *testing.T) {
	for _, from := range engines {
		t.Run("from "+from.name, func(t *testing.T) {
			w := moving(t, from, 1)
			c := busy(t, w)
			moved := export(t, w.Store(), "acme")
			want := reports(t, c, w.today())
			w.settle(t)
			_, err := chain(t.Context(), c, "later")
			require.NoError(t, err)
			w.settle(t)
			_, err = c.Books.Fold(t.Context())
			require.NoError(t, err)
			_, err = c.Books.Seal(t.Context())
			require.NoError(t, err)
			later := counts(t, w.Store(), "acme")
			for _, to := range engines {
				t.Run("to "+to.name, func(t *testing.T) {
					there := moving(t, to, 2)
					_, err := there.Store().ImportTenant(t.Context(), bytes.NewReader(moved), "")
					require.NoError(t, err)
					sameBytes(t, moved, export(t, there.Store(), "acme"))
					c, err := there.Tenant(t.Context(), "acme")
					require.NoError(t, err)
					for name, report := range reports(t, c, there.today()) {
						require.Equal(t, want[name], report, name)
					}
					_, err = there.Store().ImportTenant(t.Context(), bytes.NewReader(moved), "")
					require.ErrorIs(t, err, storage.ErrTenantExists)

					// Life goes on: nothing that was delivered or folded before is so again, and keys are remembered.
					there.settle(t)
					_, err = chain(t.Context(), c, "a", seller{by: ana, fields: storage.Fields{"po": "№ a Ә", "rate": dec("0.10")}})
					require.NoError(t, err)
					_, err = chain(t.Context(), c, "later")
					require.NoError(t, err)
					there.settle(t)
					_, err = c.Books.Fold(t.Context())
					require.NoError(t, err)
					_, err = c.Books.Seal(t.Context())
					require.NoError(t, err)
					require.Equal(t, later, counts(t, there.Store(), "acme"))
					require.Empty(t, each(t, event.Deliveries(t.Context(), c, "watcher")))
					reports(t, c, there.today()) // whose checks hold
				})
			}
		})
	}
}

// sameBytes compares two exports line by line, so that the first difference can be read.
func sameBytes(t *testing.T, want, got []byte) {
	t.Helper()
	if bytes.Equal(want, got) {
		return
	}
	a, b := bytes.Split(want, []byte("\n")), bytes.Split(got, []byte("\n"))
	table := ""
	for i := range min(len(a), len(b)) {
		if bytes.HasPrefix(a[i], []byte("{")) {
			table = string(a[i])
		}
		require.Equal(t, string(a[i]), string(b[i]), "line %d, in %s", i+1, table)
	}
	require.Len(t, b, len(a))
}
