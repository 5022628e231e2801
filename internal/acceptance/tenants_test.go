package acceptance_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tutas/tutas"
	"github.com/tutas/tutas/crm/activity"
	"github.com/tutas/tutas/crm/contact"
	"github.com/tutas/tutas/crm/party"
	"github.com/tutas/tutas/crm/pipeline"
	"github.com/tutas/tutas/erp/billing"
	"github.com/tutas/tutas/erp/catalog"
	"github.com/tutas/tutas/erp/people"
	"github.com/tutas/tutas/erp/project"
	"github.com/tutas/tutas/erp/sales"
	"github.com/tutas/tutas/ledger"
	"github.com/tutas/tutas/storage"
	"github.com/tutas/tutas/storage/event"
	"github.com/tutas/tutas/storage/storagetest"
)

// Ten tenants have work. What a Tick does for them does not depend on how many others have none, and with no work at all it
// asks once.
func TestATickDoesTheWorkOfBusyTenantsHoweverManyAreIdle(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		idle := 1000
		switch {
		case testing.Short():
			idle = 200
		case e.fast:
			idle = 10_000
		}
		board := &switchboard{Engine: e.open(t)}
		w := begin(t, board, nil, []tutas.Option{tutas.WithReaders(watcher())}, hostTables)
		first := func(ctx context.Context, tx *storage.Tx) error { // each tenant has something, and had work once
			_, err := w.Company(tx).Parties.Create(ctx, party.Create{Kind: party.Person, Name: "Aigerim"})
			return err
		}
		add := func(name string, n int) {
			for i := range n {
				_, err := w.Create(t.Context(), storage.Tenant{ID: fmt.Sprintf("%s-%05d", name, i), Currency: "EUR"}, first)
				require.NoError(t, err)
			}
			w.settle(t)
		}
		work := func() {
			for i := range 10 {
				c, err := w.Tenant(t.Context(), fmt.Sprintf("busy-%05d", i))
				require.NoError(t, err)
				for n := range 5 {
					_, err := c.Parties.Create(t.Context(), party.Create{Kind: party.Organisation,
						Name: fmt.Sprint("Customer ", n)})
					require.NoError(t, err)
				}
			}
		}
		var tick func() (map[storagetest.CallKind]int, event.Stats, time.Duration)
		tick = func() (map[storagetest.CallKind]int, event.Stats, time.Duration) {
			counting := storagetest.Faulty(board.Engine, storagetest.Plan{})
			board.plugged.Store(counting)
			defer board.plugged.Store(nil)
			start := time.Now()
			stats, err := w.Tick(t.Context())
			took := time.Since(start)
			require.NoError(t, errors.Join(err, stats.Err))
			if stats.Left > 0 { // on a server that others use as well, a transaction of theirs holds events back: once more
				board.plugged.Store(nil)
				w.settle(t)
				work()
				return tick()
			}
			calls := map[storagetest.CallKind]int{}
			for _, c := range counting.Calls() {
				calls[c.Kind]++
			}
			return calls, stats, took
		}

		add("busy", 10)
		work()
		alone, stats, took := tick()
		require.Equal(t, 10, stats.Tenants)
		t.Logf("10 busy tenants alone: %v, %v", took, alone)
		add("idle", idle)
		work()
		among, stats, took := tick()
		require.Equal(t, 10, stats.Tenants)
		t.Logf("10 busy tenants among %d idle ones: %v, %v", idle, took, among)
		require.Equal(t, alone, among, "the calls to the engine are those for the busy tenants")
		none, stats, took := tick()
		t.Logf("%d tenants, all idle: %v, %v", idle+10, took, none)
		require.Zero(t, stats.Tenants)
		require.Equal(t, map[storagetest.CallKind]int{storagetest.CallBegin: 2, storagetest.CallQuery: 1,
			storagetest.CallRollback: 2}, none)
		for i := range 10 {
			n := counts(t, w.Store(), fmt.Sprintf("busy-%05d", i))
			require.GreaterOrEqual(t, n["storage_event"], 11)
			require.Equal(t, n["storage_event"], n["host_seen"])
			require.Zero(t, n["storage_wake"])
		}
	})
}

func TestTwoTenantsNeverSeeEachOtherThroughAnyService(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		ctx := t.Context()
		w := begin(t, e.open(t), nil, nil)
		a, b := w.company(t, "a"), w.company(t, "b")
		_, err := chain(ctx, a, "same key")
		require.NoError(t, err)
		before := export(t, w.Store(), "a")
		theirs, err := chain(ctx, b, "same key") // a key of one tenant means nothing to another
		require.NoError(t, err)
		require.Equal(t, "1", theirs.Number, "each tenant numbers from 1")
		require.True(t, slices.Equal(before, export(t, w.Store(), "a")), "what one tenant does changes nothing of another's")
		finished(t, a, 1)
		finished(t, b, 1)

		for name, list := range lists(ctx, a) {
			for _, id := range list(t) {
				for _, r := range []storage.Ref{theirs.Customer, theirs.Deal, theirs.Order, theirs.Project, theirs.Invoice,
					theirs.Payment} {
					require.NotEqual(t, r.ID, id, "%s of one tenant lists what is another's", name)
				}
			}
		}
		for name, get := range gets(ctx, a, theirs) {
			require.ErrorIs(t, get(), storage.ErrNotFound, "%s of one tenant answers about what is another's", name)
		}
		for name, get := range gets(ctx, b, theirs) {
			if name[0] == '-' {
				continue // a command: not to be carried out
			}
			require.NoError(t, get(), "%s does not answer its own tenant", name)
		}
		for _, about := range []storage.Ref{theirs.Customer, theirs.Deal, theirs.Order, theirs.Project, theirs.Invoice} {
			require.Empty(t, each(t, event.All(ctx, a, event.Filter{Subject: about})))
			require.Empty(t, each(t, event.Trail(ctx, a, event.Filter{Subject: about})))
		}
		entries, err := a.Books.BySource(ctx, theirs.Invoice)
		require.NoError(t, err)
		require.Empty(t, entries)
		require.Equal(t, "0.00", revenue(t, a, ledger.Dims{Customer: theirs.Customer.ID}))
		require.True(t, slices.Equal(before, export(t, w.Store(), "a")),
			"asking, and commands on what is another's, change nothing")

		_, err = w.Tenant(ctx, "nobody")
		require.ErrorIs(t, err, storage.ErrUnknownTenant)
		require.NoError(t, w.Store().DropTenant(ctx, "b"))
		require.True(t, slices.Equal(before, export(t, w.Store(), "a")), "dropping one tenant changes nothing of another's")
		_, err = w.Tenant(ctx, "b")
		require.ErrorIs(t, err, storage.ErrUnknownTenant)
	})
}

// lists reads the identifiers of all that each service lists.
func lists(ctx context.Context, c *tutas.Company, by ...storage.Ref) map[string]func(testing.TB) []string {
	var who storage.Ref
	if len(by) > 0 {
		who = by[0]
	}
	return map[string]func(testing.TB) []string{
		"parties": func(t testing.TB) (ids []string) {
			for _, p := range each(t, c.Parties.All(ctx, party.Filter{By: who})) {
				ids = append(ids, p.ID.String())
			}
			return ids
		},
		"contacts": func(t testing.TB) (ids []string) {
			for _, p := range each(t, c.Contacts.All(ctx, contact.Filter{By: who})) {
				ids = append(ids, p.ID.String())
			}
			return ids
		},
		"deals": func(t testing.TB) (ids []string) {
			for _, d := range each(t, c.Deals.All(ctx, pipeline.Filter{By: who})) {
				ids = append(ids, d.ID.String(), d.Customer.ID)
			}
			return ids
		},
		"a page of deals": func(t testing.TB) (ids []string) {
			page, err := c.Deals.Page(ctx, pipeline.Filter{By: who}, "")
			require.NoError(t, err)
			for _, d := range page.Items {
				ids = append(ids, d.ID.String(), d.Customer.ID)
			}
			return ids
		},
		"orders": func(t testing.TB) (ids []string) {
			for _, d := range each(t, c.Orders.All(ctx, sales.Filter{By: who})) {
				ids = append(ids, d.ID.String(), d.Customer.ID, d.Origin.ID)
			}
			return ids
		},
		"projects": func(t testing.TB) (ids []string) {
			for _, d := range each(t, c.Projects.All(ctx, project.Filter{By: who})) {
				ids = append(ids, d.ID.String(), d.Customer.ID, d.Origin.ID)
			}
			return ids
		},
		"hours": func(t testing.TB) (ids []string) {
			for _, d := range each(t, c.Projects.Times(ctx, project.TimeFilter{By: who})) {
				ids = append(ids, d.Project.String(), d.Invoice.ID)
			}
			return ids
		},
		"invoices": func(t testing.TB) (ids []string) {
			for _, d := range each(t, c.Invoices.All(ctx, billing.Filter{By: who})) {
				ids = append(ids, d.ID.String(), d.Customer.ID, d.Origin.ID)
			}
			return ids
		},
		"lines of invoices": func(t testing.TB) (ids []string) {
			for _, l := range each(t, c.Invoices.Lines(ctx, billing.Filter{By: who})) {
				ids = append(ids, l.Source.ID, l.Dims.Deal, l.Dims.Customer)
			}
			return ids
		},
		"payments": func(t testing.TB) (ids []string) {
			for _, d := range each(t, c.Invoices.Payments(ctx, storage.Ref{}, who)) {
				ids = append(ids, d.ID.String(), d.Customer.ID)
			}
			return ids
		},
		"people": func(t testing.TB) (ids []string) {
			for _, d := range each(t, c.People.All(ctx, people.Filter{By: who})) {
				ids = append(ids, d.ID.String())
			}
			return ids
		},
		"products": func(t testing.TB) (ids []string) {
			for _, d := range each(t, c.Products.All(ctx, catalog.Filter{By: who})) {
				ids = append(ids, d.ID.String())
			}
			return ids
		},
		"activities": func(t testing.TB) (ids []string) {
			for _, d := range each(t, c.Activities.All(ctx, activity.Filter{By: who})) {
				ids = append(ids, d.ID.String())
			}
			return ids
		},
		"entries": func(t testing.TB) (ids []string) {
			for _, d := range each(t, c.Books.Entries(ctx, ledger.EntryFilter{By: who})) {
				ids = append(ids, d.ID.String(), d.Source.ID)
			}
			return ids
		},
		"events": func(t testing.TB) (ids []string) {
			for _, d := range each(t, event.All(ctx, c, event.Filter{By: who})) {
				ids = append(ids, d.Subject.ID)
			}
			return ids
		},
		"trail": func(t testing.TB) (ids []string) {
			for _, d := range each(t, event.Trail(ctx, c, event.Filter{By: who})) {
				ids = append(ids, d.Subject.ID)
			}
			return ids
		},
	}
}

// gets asks each service for one thing by its identifier; those with a dash are commands about it.
func gets(ctx context.Context, c *tutas.Company, r result) map[string]func() error {
	customer, _ := storage.RefID[party.Party](r.Customer)
	deal, _ := storage.RefID[pipeline.Deal](r.Deal)
	order, _ := storage.RefID[sales.Order](r.Order)
	delivery, _ := storage.RefID[project.Project](r.Project)
	invoice, _ := storage.RefID[billing.Invoice](r.Invoice)
	payment, _ := storage.RefID[billing.Payment](r.Payment)
	return map[string]func() error{
		"party":   func() error { _, err := c.Parties.Get(ctx, customer); return err },
		"deal":    func() error { _, err := c.Deals.Get(ctx, deal); return err },
		"history": func() error { _, err := c.Deals.History(ctx, deal); return err },
		"order":   func() error { _, err := c.Orders.Get(ctx, order); return err },
		"project": func() error { _, err := c.Projects.Get(ctx, delivery); return err },
		"to bill": func() error { _, err := c.Projects.ToBill(ctx, project.Unbilled{Project: delivery}); return err },
		"invoice": func() error { _, err := c.Invoices.Get(ctx, invoice); return err },
		"payment": func() error { _, err := c.Invoices.Payment(ctx, payment); return err },
		"origins": func() error { _, err := c.Origins(ctx, r.Invoice); return err },
		"name": func() error {
			return c.View(ctx, func(tx *storage.Tx) error { _, err := c.Parties.Name(ctx, tx, r.Customer); return err })
		},
		"-reopen":  func() error { _, err := c.Deals.Reopen(ctx, pipeline.Reopen{ID: deal}); return err },
		"-cancel":  func() error { _, err := c.Orders.Cancel(ctx, sales.Cancel{Order: order}); return err },
		"-close":   func() error { _, err := c.Projects.Close(ctx, project.Move{Project: delivery}); return err },
		"-credit":  func() error { _, err := c.Invoices.Credit(ctx, billing.CreditInvoice{Invoice: invoice}); return err },
		"-release": func() error { _, err := c.Invoices.Release(ctx, billing.Release{Payment: payment}); return err },
		"-archive": func() error { _, err := c.Parties.Archive(ctx, party.Archive{ID: customer}); return err },
		"-settlement": func() error {
			_, err := c.Invoices.Receive(ctx, billing.Receive{Customer: r.Customer, Amount: eur("1"),
				For: []billing.Settle{{Invoice: invoice}}})
			return err
		},
		"-hours": func() error {
			_, err := c.Projects.LogTime(ctx, project.LogTime{Times: []project.Hours{{Project: delivery,
				Person: people.Ref(storage.ID[people.Person]{1}), Date: someDate, Hours: dec("1")}}})
			return err
		},
	}
}
